//! The built-in objects of ECMA-262, chapters 18 to 28 and Annex B.
//!
//! Entry point: [`install`], run in a fresh realm. Each module is one section of the specification; its `install` makes
//! the prototype and constructor, records the intrinsics and defines the global property.
//!
//! *Invariants*: functions are static tables ([`spey_core::function::PropertySpec`]); nothing here keeps raw values
//! across an allocation. *Not here*: the ordinary and exotic internal methods, promise jobs and coroutines (spey-core).

use spey_core::scope::Scope;

mod array;
mod array_buffer;
pub mod atomics;
mod bigint;
mod boolean;
mod callsite;
mod data_view;
pub mod date;
mod disposable;
mod error;
mod function;
mod generator;
mod global;
mod iterator;
mod json;
mod map;
mod math;
pub mod module_source;
mod number;
mod object;
mod promise;
mod proxy;
mod reflect;
mod regexp;
mod set;
pub mod shadow_realm;
mod string;
pub mod support;
mod symbol;
mod typed_array;
pub mod weak;

/// Sets up the intrinsics and global properties of the current realm, in dependency order.
pub fn install(s: &mut Scope<'_>) {
    object::install(s);
    function::install(s);
    error::install(s);
    symbol::install(s);
    callsite::install(s);
    global::install(s);
    boolean::install(s);
    number::install(s);
    bigint::install(s);
    math::install(s);
    json::install(s);
    date::install(s);
    iterator::install(s);
    string::install(s);
    regexp::install(s);
    generator::install(s);
    promise::install(s);
    disposable::install(s);
    array::install(s);
    map::install(s);
    set::install(s);
    weak::install(s);
    array_buffer::install(s);
    typed_array::install(s);
    data_view::install(s);
    atomics::install(s);
    reflect::install(s);
    proxy::install(s);
    function::install_kinds(s);
}
