//! Name lookup at run time: `with` statements, sloppy direct eval, and global names (ECMA-262 §9.1).

use spey_bytecode::Mutability;
use spey_gc::Value as Raw;

use crate::cell::Object;
use crate::code::Code;
use crate::env::{Environment, env_flag};
use crate::key::PropertyKey;
use crate::object::{self, PropertyDescriptor};
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::attr;

/// Where a name was found.
enum Found<'s> {
    /// Slot of a declarative environment.
    Slot { env: Local<'s, Value>, slot: usize },
    /// Property of a with-object or eval-var object.
    Object { object: Local<'s, Object>, is_with: bool },
    /// Import binding of the module around.
    Import { env: Local<'s, Value>, slot: usize },
    /// Global or unresolvable.
    Global,
}

fn environment(v: Raw) -> *mut Environment {
    v.as_cell() as *mut Environment
}

/// Slot of a name in a named environment.
fn slot_of(e: *mut Environment, key: PropertyKey) -> Option<(usize, Mutability, bool)> {
    // SAFETY: live environment; its code is alive.
    unsafe {
        let (code, index) = Environment::scope_info(e)?;
        let info = &code.data().unit.scopes[index];
        let text = key.to_text();
        // NOTE: names are compared as text: bindings are few and lookups by name rare.
        info.bindings
            .iter()
            .find(|b| b.name.to_text() == text)
            .map(|b| (b.slot as usize, b.mutability, info.kind == spey_bytecode::ScopeKind::Imports))
    }
}

fn find<'s>(s: &mut Scope<'s>, env: Local<'_, Value>, key: PropertyKey) -> JsResult<Found<'s>> {
    let mut at = s.local(env.raw());
    while at.raw().is_cell() {
        // SAFETY: live environment.
        let flags = unsafe { (*environment(at.raw())).header.flags };
        if flags & (env_flag::WITH | env_flag::EVAL_VAR) != 0 {
            // SAFETY: object environments keep their object in slot 0.
            let o = unsafe { *Environment::at(environment(at.raw()), 0) };
            let o = s.local(o).as_object().expect("object environment");
            let is_with = flags & env_flag::WITH != 0;
            // HasBinding, §9.1.1.2.1
            if object::has_property(s, o, key)? && !(is_with && is_unscopable(s, o, key)?) {
                return Ok(Found::Object { object: o, is_with });
            }
        } else if let Some((slot, _, import)) = slot_of(environment(at.raw()), key) {
            if import {
                return Ok(Found::Import { env: at, slot });
            }
            return Ok(Found::Slot { env: at, slot });
        }
        // SAFETY: live environment.
        let parent = unsafe { (*environment(at.raw())).parent };
        at = s.local(parent);
    }
    Ok(Found::Global)
}
fn is_unscopable(s: &mut Scope<'_>, o: Local<'_, Object>, key: PropertyKey) -> JsResult<bool> {
    s.nested(|s| {
        let k = s.names().sym_unscopables;
        let u = object::get(s, o, k)?;
        match u.as_object() {
            Some(u) => {
                let v = object::get(s, u, key)?;
                Ok(crate::conversion::to_boolean(v.raw()))
            }
            None => Ok(false),
        }
    })
}
fn not_defined<T>(s: &mut Scope<'_>, key: PropertyKey) -> JsResult<T> {
    s.throw_reference_error(&format!("{} is not defined", key.to_text()))
}
fn tdz<T>(s: &mut Scope<'_>, key: PropertyKey) -> JsResult<T> {
    s.throw_reference_error(&format!("Cannot access '{}' before initialization", key.to_text()))
}
fn read_slot<'s>(
    s: &mut Scope<'s>,
    env: Local<'_, Value>,
    slot: usize,
    key: PropertyKey,
) -> JsResult<Local<'s, Value>> {
    // SAFETY: the slot exists by its scope description.
    let v = unsafe { *Environment::at(environment(env.raw()), slot) };
    if v.is_empty() { tdz(s, key) } else { Ok(s.local(v)) }
}
fn read_import<'s>(s: &mut Scope<'s>, env: Local<'_, Value>, slot: usize) -> JsResult<Local<'s, Value>> {
    // SAFETY: live named environment.
    match unsafe { Environment::scope_info(environment(env.raw())) } {
        Some((code, _)) => crate::module::get_import(s, code, slot),
        None => Ok(s.undefined()),
    }
}

/// Value of a name from an environment on. `must_exist`: ReferenceError if missing, else undefined.
pub fn lookup<'s>(
    s: &mut Scope<'s>,
    env: Local<'_, Value>,
    key: PropertyKey,
    must_exist: bool,
    strict: bool,
) -> JsResult<Local<'s, Value>> {
    let found = find(s, env, key)?;
    value_of(s, found, key, must_exist, strict)
}
fn value_of<'s>(
    s: &mut Scope<'s>,
    found: Found<'_>,
    key: PropertyKey,
    must_exist: bool,
    strict: bool,
) -> JsResult<Local<'s, Value>> {
    match found {
        Found::Slot { env, slot, .. } => read_slot(s, env, slot, key),
        Found::Import { env, slot } => read_import(s, env, slot),
        Found::Object { object, .. } => {
            // GetBindingValue, §9.1.1.2.6: sloppy code sees undefined when the property has gone.
            if object::has_property(s, object, key)? {
                object::get(s, object, key)
            } else if strict && must_exist {
                not_defined(s, key)
            } else {
                Ok(s.undefined())
            }
        }
        Found::Global => get_global(s, key, must_exist),
    }
}
/// Value of a global name.
pub fn get_global<'s>(s: &mut Scope<'s>, key: PropertyKey, must_exist: bool) -> JsResult<Local<'s, Value>> {
    if let Some(&i) = s.vm().realm().lexical.get(&key) {
        let v = s.vm().realm().lexical_values[i as usize];
        return if v.is_empty() { tdz(s, key) } else { Ok(s.local(v)) };
    }
    let g = s.global();
    if object::has_property(s, g, key)? {
        return object::get(s, g, key);
    }
    if must_exist { not_defined(s, key) } else { Ok(s.undefined()) }
}
/// Reference base of a name: environment, object, or undefined when it is global or unresolvable.
pub fn resolve<'s>(s: &mut Scope<'s>, env: Local<'_, Value>, key: PropertyKey) -> JsResult<Local<'s, Value>> {
    match find(s, env, key)? {
        Found::Slot { env, .. } | Found::Import { env, .. } => Ok(env),
        Found::Object { object, .. } => Ok(object.value()),
        Found::Global => {
            let known = s.vm().realm().lexical.contains_key(&key) || {
                let g = s.global();
                object::has_property(s, g, key)?
            };
            if known { Ok(s.null()) } else { Ok(s.undefined()) }
        }
    }
}
/// GetValue of a resolved reference.
pub fn get<'s>(
    s: &mut Scope<'s>,
    base: Local<'_, Value>,
    key: PropertyKey,
    strict: bool,
) -> JsResult<Local<'s, Value>> {
    if let Some(o) = base.as_object() {
        if !object::has_property(s, o, key)? {
            return if strict { not_defined(s, key) } else { Ok(s.undefined()) };
        }
        return object::get(s, o, key);
    }
    if base.raw().is_cell() {
        return match slot_of(environment(base.raw()), key) {
            Some((slot, _, true)) => read_import(s, base, slot),
            Some((slot, _, false)) => read_slot(s, base, slot, key),
            None => not_defined(s, key),
        };
    }
    get_global(s, key, true)
}
/// PutValue of a resolved reference.
pub fn put(
    s: &mut Scope<'_>,
    base: Local<'_, Value>,
    key: PropertyKey,
    v: Local<'_, Value>,
    strict: bool,
) -> JsResult<()> {
    if let Some(o) = base.as_object() {
        // SetMutableBinding of object environments, §9.1.1.2.5
        if !object::has_property(s, o, key)? && strict {
            return not_defined(s, key);
        }
        if !object::set_with(s, o, key, v, base)? && strict {
            return object::throw_read_only(s, base, key);
        }
        return Ok(());
    }
    if base.raw().is_cell() {
        let Some((slot, mutability, import)) = slot_of(environment(base.raw()), key) else {
            return not_defined(s, key);
        };
        if import {
            return s.throw_type_error("Assignment to constant variable.");
        }
        // SAFETY: the slot exists by its scope description.
        unsafe {
            let e = environment(base.raw());
            if (*Environment::at(e, slot)).is_empty() {
                return tdz(s, key);
            }
            match mutability {
                Mutability::Mutable => {
                    *Environment::at(e, slot) = v.raw();
                    s.vm().heap.write_barrier(e.cast(), v.raw());
                }
                Mutability::Silent if !strict => {}
                _ => return s.throw_type_error("Assignment to constant variable."),
            }
        }
        return Ok(());
    }
    if base.is_undefined() && strict {
        return not_defined(s, key);
    }
    put_global(s, key, v, strict)
}
/// Assignment to a global name.
pub fn put_global(s: &mut Scope<'_>, key: PropertyKey, v: Local<'_, Value>, strict: bool) -> JsResult<()> {
    if let Some(&i) = s.vm().realm().lexical.get(&key) {
        let realm = s.vm().realm();
        if realm.lexical_values[i as usize].is_empty() {
            return tdz(s, key);
        }
        if realm.lexical_const[i as usize] {
            return s.throw_type_error("Assignment to constant variable.");
        }
        let mark = realm.lexical_marks[i as usize];
        let old_is_undefined = realm.lexical_values[i as usize].is_undefined();
        s.vm().watches.changed(mark);
        let realm = s.vm().realm_mut();
        realm.lexical_marks[i as usize] = crate::watch::after_replacing(mark, old_is_undefined);
        realm.lexical_values[i as usize] = v.raw();
        return Ok(());
    }
    let g = s.global();
    if strict && !object::has_property(s, g, key)? {
        return not_defined(s, key);
    }
    if !object::set_with(s, g, key, v, g.value())? && strict {
        return object::throw_read_only(s, g.value(), key);
    }
    Ok(())
}
/// Callee and `this` of a call by name.
pub fn lookup_callee<'s>(
    s: &mut Scope<'s>,
    env: Local<'_, Value>,
    key: PropertyKey,
) -> JsResult<(Local<'s, Value>, Local<'s, Value>)> {
    match find(s, env, key)? {
        Found::Object { object, is_with: true } => {
            let f = if object::has_property(s, object, key)? {
                object::get(s, object, key)?
            } else {
                s.undefined()
            };
            Ok((f, object.value()))
        }
        found => {
            let f = value_of(s, found, key, true, false)?;
            Ok((f, s.undefined()))
        }
    }
}
/// `delete name`
pub fn delete(s: &mut Scope<'_>, env: Local<'_, Value>, key: PropertyKey) -> JsResult<bool> {
    match find(s, env, key)? {
        Found::Slot { .. } | Found::Import { .. } => Ok(false),
        Found::Object { object, .. } => object::delete(s, object, key),
        Found::Global => {
            if s.vm().realm().lexical.contains_key(&key) {
                return Ok(false);
            }
            let g = s.global();
            object::delete(s, g, key)
        }
    }
}

/// EvalDeclarationInstantiation for one name: the variable environment is the first eval-var environment outwards,
/// or the global object. `function`: value of a function declaration, else a `var`.
pub fn declare_var(
    s: &mut Scope<'_>,
    env: Local<'_, Value>,
    key: PropertyKey,
    function: Option<Local<'_, Value>>,
) -> JsResult<()> {
    let mut at = s.local(env.raw());
    while at.raw().is_cell() {
        // SAFETY: live environment.
        let e = environment(at.raw());
        let flags = unsafe { (*e).header.flags };
        if flags & env_flag::EVAL_VAR != 0 {
            // The function's own bindings lie in the environments just inside; a parameter or var of that name is it.
            // SAFETY: object environments keep their object in slot 0.
            let o = unsafe { *Environment::at(e, 0) };
            let o = s.local(o).as_object().expect("eval-var object");
            if !object::has_own_property(s, o, key)? {
                let v = match function {
                    Some(f) => f,
                    None => s.undefined(),
                };
                return object::create_data_property_or_throw(s, o, key, v);
            }
            if let Some(f) = function {
                object::set(s, o, key, f)?;
            }
            return Ok(());
        }
        if flags & env_flag::WITH == 0 {
            if let Some((slot, _, false)) = slot_of(e, key) {
                // SAFETY: the slot and the description exist.
                let is_function_scope = unsafe {
                    let (code, index) = Environment::scope_info(e).expect("named");
                    code.data().unit.scopes[index].kind == spey_bytecode::ScopeKind::Function
                };
                if is_function_scope {
                    if let Some(f) = function {
                        // SAFETY: as above.
                        unsafe {
                            *Environment::at(e, slot) = f.raw();
                            s.vm().heap.write_barrier(e.cast(), f.raw());
                        }
                    }
                    return Ok(());
                }
            }
        }
        // SAFETY: live environment.
        let parent = unsafe { (*e).parent };
        at = s.local(parent);
    }
    let g = s.global();
    match function {
        Some(f) => create_global_function(s, g, key, f, true),
        None => create_global_var(s, g, key, true),
    }
}
/// CreateGlobalVarBinding, §9.1.1.4.17
pub fn create_global_var(
    s: &mut Scope<'_>,
    g: Local<'_, Object>,
    key: PropertyKey,
    deletable: bool,
) -> JsResult<()> {
    if !object::has_own_property(s, g, key)? && object::is_extensible(s, g)? {
        let u = s.undefined();
        let a = if deletable { attr::ALL } else { attr::ALL & !attr::CONFIGURABLE };
        object::define_property_or_throw(s, g, key, &PropertyDescriptor::data(u, a))?;
    }
    Ok(())
}
/// CreateGlobalFunctionBinding, §9.1.1.4.18
pub fn create_global_function(
    s: &mut Scope<'_>,
    g: Local<'_, Object>,
    key: PropertyKey,
    f: Local<'_, Value>,
    deletable: bool,
) -> JsResult<()> {
    let current = object::get_own_property(s, g, key)?;
    let d = match current {
        Some(c) if c.configurable != Some(true) => {
            PropertyDescriptor { value: Some(f), ..Default::default() }
        }
        _ => {
            let a = if deletable { attr::ALL } else { attr::ALL & !attr::CONFIGURABLE };
            PropertyDescriptor::data(f, a)
        }
    };
    object::define_property_or_throw(s, g, key, &d)?;
    object::set(s, g, key, f)
}

/// GlobalDeclarationInstantiation checks and declarations for a script, §16.1.7, or sloppy eval code at global level.
pub fn declare_globals(s: &mut Scope<'_>, code: &Code, is_eval: bool) -> JsResult<()> {
    let script = code.script_rc();
    let d = script.declarations();
    let g = s.global();
    let names = |s: &mut Scope<'_>, n: &spey_bytecode::JsStr| {
        let v = crate::code::string_constant(s.vm(), n);
        crate::key::intern_value(v)
    };
    if !is_eval {
        for (n, _) in &d.lexical {
            let k = names(s, n);
            let declared = s.vm().realm().lexical.contains_key(&k);
            let restricted = s.nested(|s| -> JsResult<bool> {
                Ok(object::get_own_property(s, g, k)?.is_some_and(|d| d.configurable == Some(false)))
            })?;
            if declared || restricted {
                return s
                    .throw_syntax_error(&format!("Identifier '{}' has already been declared", k.to_text()));
            }
        }
    }
    for n in d.vars.iter().chain(&d.functions) {
        let k = names(s, n);
        if s.vm().realm().lexical.contains_key(&k) {
            return s.throw_syntax_error(&format!("Identifier '{}' has already been declared", k.to_text()));
        }
    }
    for n in &d.functions {
        // CanDeclareGlobalFunction, §9.1.1.4.16
        let k = names(s, n);
        let can = s.nested(|s| -> JsResult<bool> {
            Ok(match object::get_own_property(s, g, k)? {
                None => object::is_extensible(s, g)?,
                Some(d) => {
                    d.configurable == Some(true)
                        || (d.is_data() && d.writable == Some(true) && d.enumerable == Some(true))
                }
            })
        })?;
        if !can {
            return s.throw_type_error(&format!("Cannot redefine property: {}", k.to_text()));
        }
    }
    for n in &d.vars {
        let k = names(s, n);
        if !object::has_own_property(s, g, k)? && !object::is_extensible(s, g)? {
            return s.throw_type_error(&format!(
                "Cannot define global variable '{}', object is not extensible",
                k.to_text()
            ));
        }
    }
    for n in &d.annex_b_functions {
        let k = names(s, n);
        if !s.vm().realm().lexical.contains_key(&k) {
            create_global_var(s, g, k, is_eval)?;
        }
    }
    if is_eval {
        return Ok(());
    }
    for (n, constant) in &d.lexical {
        let k = names(s, n);
        let realm = s.vm().realm_mut();
        let i = realm.lexical_values.len() as u32;
        realm.lexical.insert(k, i);
        realm.lexical_values.push(Raw::EMPTY);
        realm.lexical_const.push(*constant);
        realm.lexical_marks.push(crate::watch::FRESH);
        realm.lexical_base = realm.lexical_values.as_mut_ptr();
    }
    if !d.lexical.is_empty() {
        s.vm().bump_prototype_epoch();
    }
    for n in &d.functions {
        let k = names(s, n);
        let u = s.undefined();
        create_global_function(s, g, k, u, false)?;
    }
    for n in &d.vars {
        let k = names(s, n);
        create_global_var(s, g, k, false)?;
    }
    Ok(())
}
