//! Private names (ECMA-262 §7.3.27-33). Private elements are properties under private symbols.

use crate::key::PropertyKey;
use crate::object::{self, Own};
use crate::scope::{JsResult, Local, Scope, Value};
use crate::shape::attr;

fn find(s: &mut Scope<'_>, v: Local<'_, Value>, key: PropertyKey) -> Own {
    let Some(o) = v.as_object() else { return Own::Missing };
    // SAFETY: live object: private elements are named properties of any kind of object, proxies included.
    unsafe { object::own_named(s.vm(), o.gc().as_ptr(), key) }
}
/// PrivateGet, §7.3.32
pub fn get<'s>(s: &mut Scope<'s>, v: Local<'_, Value>, key: PropertyKey) -> JsResult<Local<'s, Value>> {
    match find(s, v, key) {
        Own::Data(x, _) => Ok(s.local(x)),
        Own::Accessor(cell, _) => {
            let getter = cell.get;
            if getter.is_undefined() {
                return s.throw_type_error(&format!("'{}' was defined without a getter", key.to_text()));
            }
            let getter = s.local(getter);
            crate::call::call(s, getter, v, &[])
        }
        _ if v.is_nullish() => {
            let what = crate::error::describe(s, v);
            s.throw_type_error(&format!("Cannot read properties of {what} (reading '{}')", key.to_text()))
        }
        _ => s.throw_type_error(&format!(
            "Cannot read private member {} from an object whose class did not declare it",
            key.to_text()
        )),
    }
}
/// PrivateSet, §7.3.33
pub fn set(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    key: PropertyKey,
    value: Local<'_, Value>,
) -> JsResult<()> {
    match find(s, v, key) {
        Own::Data(_, a) if a & attr::WRITABLE != 0 => {
            let o = v.as_object().expect("object");
            object::write_existing(s, o, key, value);
            Ok(())
        }
        Own::Data(..) => s.throw_type_error(&format!("Private method '{}' is not writable", key.to_text())),
        Own::Accessor(cell, _) => {
            let setter = cell.set;
            if setter.is_undefined() {
                return s.throw_type_error(&format!("'{}' was defined without a setter", key.to_text()));
            }
            let setter = s.local(setter);
            crate::call::call(s, setter, v, &[value]).map(|_| ())
        }
        _ if v.is_nullish() => {
            let what = crate::error::describe(s, v);
            s.throw_type_error(&format!("Cannot set properties of {what} (setting '{}')", key.to_text()))
        }
        _ => s.throw_type_error(&format!(
            "Cannot write private member {} to an object whose class did not declare it",
            key.to_text()
        )),
    }
}
/// `#x in v`
pub fn has(s: &mut Scope<'_>, v: Local<'_, Value>, key: PropertyKey) -> JsResult<bool> {
    if !v.is_object() {
        let text = crate::error::describe_unquoted(s, v);
        return s.throw_type_error(&format!(
            "Cannot use 'in' operator to search for '{}' in {text}",
            key.to_text()
        ));
    }
    Ok(!matches!(find(s, v, key), Own::Missing))
}
fn check_new<'a>(
    s: &mut Scope<'_>,
    v: Local<'a, Value>,
    key: PropertyKey,
) -> JsResult<Local<'a, crate::cell::Object>> {
    let o = v.as_object().expect("instance");
    if !matches!(find(s, v, key), Own::Missing) {
        return s.throw_type_error(&format!("Cannot initialize {} twice on the same object", key.to_text()));
    }
    Ok(o)
}
/// PrivateFieldAdd, §7.3.28
pub fn add_field(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    key: PropertyKey,
    value: Local<'_, Value>,
) -> JsResult<()> {
    let o = check_new(s, v, key)?;
    object::add_named(s, o, key, value, attr::WRITABLE);
    Ok(())
}
/// PrivateMethodOrAccessorAdd, §7.3.29. `kind`: 0 method, 1 getter, 2 setter.
pub fn add_member(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    key: PropertyKey,
    f: Local<'_, Value>,
    kind: u8,
) -> JsResult<()> {
    let undefined = s.undefined();
    if kind == 0 {
        let o = check_new(s, v, key)?;
        object::add_named(s, o, key, f, 0);
        return Ok(());
    }
    let (mut get, mut set) = (undefined, undefined);
    let existing = find(s, v, key);
    if let Own::Accessor(cell, _) = existing {
        // The other half of a pair, if it is missing.
        let (g, w) = (cell.get, cell.set);
        if (kind == 1 && !g.is_undefined()) || (kind == 2 && !w.is_undefined()) {
            check_new(s, v, key)?;
        }
        get = s.local(g);
        set = s.local(w);
    }
    if kind == 1 {
        get = f;
    } else {
        set = f;
    }
    let o = v.as_object().expect("instance");
    let cell = object::new_accessor(s, get, set);
    match existing {
        Own::Accessor(..) => object::write_existing(s, o, key, cell),
        _ => {
            let o = check_new(s, v, key)?;
            object::add_named(s, o, key, cell, attr::ACCESSOR)
        }
    }
    Ok(())
}
