//! Internationalization, ECMA-402, on the data and algorithms of ICU4X; and Temporal.
//!
//! Entry point: [`install`], run in a realm that has the built-in objects. A file or folder per constructor; `class`
//! has what they share, `options` and `negotiation` the abstract operations of chapter 9.
//!
//! *Invariants*: nothing but an empty object per global name exists before its first use; objects keep their resolved
//! options and formatters outside the heap, immutable once made. *Not here*: the time zone of the process and the
//! methods that know no locale (spey-builtins).

use spey_core::scope::Scope;

mod class;
mod collator;
mod data;
mod date_time_format;
mod day_periods;
mod display_names;
mod duration_format;
mod intl_object;
mod list_format;
mod locale;
mod methods;
mod negotiation;
mod number_format;
mod options;
mod plural_rules;
mod relative_time_format;
mod segmenter;
mod temporal;
mod text_table;
mod zone;

/// Sets up the globals of this crate in the current realm. They are filled on first use.
pub fn install(s: &mut Scope<'_>) {
    intl_object::install(s);
    s.vm().locale_methods = Some(&methods::METHODS);
    temporal::install(s);
}
