//! The options of `import()`.

use spey_engine::{JsResult, Local, Object, Scope, Value, object};

/// The import attributes in the options of `import()`, as an object without prototype: EvaluateImportCall, ECMA-262
/// §13.3.10.2.
pub fn import_attributes<'s>(s: &mut Scope<'s>, options: Local<'_, Value>) -> JsResult<Local<'s, Object>> {
    let null = s.null();
    let attributes = object::new_object_with(s, null, 1);
    if options.is_undefined() {
        return Ok(attributes);
    }
    let Some(o) = options.as_object() else {
        return s.throw_type_error("The second argument of import() must be an object");
    };
    let with = object::get_named(s, o, "with")?;
    if with.is_undefined() {
        return Ok(attributes);
    }
    let Some(with) = with.as_object() else {
        return s.throw_type_error("The 'options.with' of import() must be an object");
    };
    for k in object::own_property_keys(s, with)? {
        if k.is_symbol() {
            continue;
        }
        match object::get_own_property(s, with, k)? {
            Some(d) if d.enumerable == Some(true) => {}
            _ => continue,
        }
        let v = object::get(s, with, k)?;
        if !v.is_string() {
            return s.throw_type_error("Import attribute value must be a string");
        }
        object::create_data_property_or_throw(s, attributes, k, v)?;
    }
    Ok(attributes)
}
