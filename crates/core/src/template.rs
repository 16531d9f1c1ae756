//! Template objects (ECMA-262 §13.2.8.4 GetTemplateObject).

use spey_gc::{Gc, Value as Raw};

use crate::cell::{Object, Record};
use crate::code::Code;
use crate::object::{self, PropertyDescriptor};
use crate::scope::{Local, Scope};

/// Template `index` of the unit of `code`; the same object for each site.
pub fn get_template_object<'s>(s: &mut Scope<'s>, code: Gc<Code>, index: usize) -> Local<'s, Object> {
    // Cached in the code's record of (index, object) pairs.
    let key = Raw::int32(index as i32);
    // SAFETY: live record.
    unsafe {
        if code.templates.is_cell() {
            let r = code.templates.as_cell() as *mut Record;
            for i in (0..(*r).header.word as usize).step_by(2) {
                if *Record::at(r, i) == key {
                    let v = *Record::at(r, i + 1);
                    return s.local(v).as_object().expect("template object");
                }
            }
        }
    }
    let script = code.script_rc();
    let t = &script.templates()[index];
    let string = |s: &mut Scope<'s>, x: &spey_bytecode::JsStr| {
        let v = crate::code::string_constant(s.vm(), x);
        s.local(v)
    };
    let raw: Vec<_> = t.raw.iter().map(|x| string(s, x)).collect();
    let cooked: Vec<_> = t
        .cooked
        .iter()
        .map(|x| match x {
            Some(x) => string(s, x),
            None => s.undefined(),
        })
        .collect();
    let raw = object::array_from_list(s, &raw);
    let cooked = object::array_from_list(s, &cooked);
    freeze(s, raw);
    let name = s.names().raw;
    object::define(s, cooked, name, raw.value(), 0);
    freeze(s, cooked);
    let n = if code.templates.is_cell() {
        // SAFETY: live record.
        unsafe { (*code.templates.as_cell()).word as usize }
    } else {
        0
    };
    let r = crate::record::new_local(s, 0, n + 2);
    for i in 0..n {
        // SAFETY: live record.
        let v = unsafe { *Record::at(code.templates.as_cell() as *mut Record, i) };
        r.set_at(s, i, v);
    }
    r.set_at(s, n, key);
    r.set_at(s, n + 1, cooked.raw());
    // SAFETY: live code cell.
    unsafe {
        (*code.as_ptr()).templates = r.raw();
        s.vm().heap.write_barrier(code.header(), r.raw());
    }
    cooked
}
fn freeze(s: &mut Scope<'_>, a: Local<'_, Object>) {
    let keys = object::ordinary_own_property_keys(s, a);
    for k in keys {
        let e = k != s.names().length && k != s.names().raw;
        let d = PropertyDescriptor {
            writable: Some(false),
            configurable: Some(false),
            enumerable: if e { Some(true) } else { None },
            ..Default::default()
        };
        let _ = object::define_own_property(s, a, k, &d);
    }
    let _ = object::prevent_extensions(s, a);
}
