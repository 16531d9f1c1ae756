//! Tag and Exception, and exceptions on their way between JavaScript and WebAssembly.

use std::ops::ControlFlow;

use spey_core::cell::Object;
use spey_core::function::NativeSpec;
use spey_core::realm::Intrinsic;
use spey_core::scope::{Args, JsResult, Local, Scope, Value};
use spey_core::{conversion, error, iteration, object};
use wasmtime::{
    ExnRef, ExnRefPre, ExnType, ExternRef, FuncType, OwnedRooted, RootScope, StoreContextMut, Tag, TagType,
    Val, ValType,
};

use crate::class::{self, Class, Property};
use crate::errors;
use crate::runtime::{self, Data, State};
use crate::value;

/// WebAssembly.Tag
pub static TAG: Class = Class { name: "Tag", tag: -205, prototype: Intrinsic::WasmTagPrototype };
/// WebAssembly.Exception
pub static EXCEPTION: Class =
    Class { name: "Exception", tag: -206, prototype: Intrinsic::WasmExceptionPrototype };

/// Data of a tag.
#[derive(Clone)]
pub struct TagData {
    /// The tag.
    pub tag: Tag,
}
/// Data of an exception.
#[derive(Clone)]
pub struct ExceptionData {
    /// The exception.
    pub root: OwnedRooted<ExnRef>,
    /// Its tag.
    pub tag: Tag,
    /// The state it belongs to.
    pub state: *const State,
}
class::native_data!(TagData, ExceptionData);

static TAG_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Tag", 1, construct_tag);
static EXCEPTION_CONSTRUCTOR: NativeSpec = NativeSpec::constructor("Exception", 2, construct);
static PROPERTIES: &[Property] = &[
    Property::Method(NativeSpec::new("getArg", 2, get_arg)),
    Property::Method(NativeSpec::new("is", 1, is)),
    Property::Getter("stack", NativeSpec::new("get stack", 0, stack)),
];

/// Defines Tag.
pub fn install_tag(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &TAG, &TAG_CONSTRUCTOR, &[], &[]);
}
/// Defines Exception.
pub fn install(s: &mut Scope<'_>, namespace: Local<'_, Object>) {
    class::define(s, namespace, &EXCEPTION, &EXCEPTION_CONSTRUCTOR, &[], PROPERTIES);
}
/// The object WebAssembly.JSTag, one in a VM.
pub fn js_tag_object<'s>(s: &mut Scope<'s>) -> JsResult<Local<'s, Value>> {
    let state = runtime_state(s)?;
    if let Some(slot) = state.js_tag_object.get() {
        return Ok(state.kept(s, slot));
    }
    let tag = match state.with(|c| state.js_tag(c).map(|t| t.tag)) {
        Ok(tag) => tag,
        Err(e) => return errors::throw_outcome(s, state, e),
    };
    let o = class::wrap(s, &TAG, Box::new(TagData { tag }));
    state.js_tag_object.set(Some(state.keep(s, o.value())));
    Ok(o.value())
}
/// The state, or a RangeError where there is no WebAssembly.
pub fn runtime_state<'a>(s: &mut Scope<'_>) -> JsResult<&'a State> {
    match runtime::state(s) {
        Ok(state) => Ok(state),
        Err(e) => s.throw_range_error(&e.to_string()),
    }
}

/// The state that an object belongs to.
pub fn object_state<'a>(s: &mut Scope<'_>, o: Local<'_, Object>) -> JsResult<&'a State> {
    match runtime::state_of(s, o) {
        Ok(state) => Ok(state),
        Err(e) => s.throw_range_error(&e.to_string()),
    }
}

// ---------------------------------------------------------------- Tag

/// Tag ( type )
fn construct_tag<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    class::require_new(s, args, "Tag")?;
    let Some(descriptor) = args.get(0).as_object() else {
        return s.throw_type_error("WebAssembly.Tag(): Argument 0 must be a tag type");
    };
    let list = object::get_named(s, descriptor, "parameters")?;
    if !list.is_object() {
        return s.throw_type_error("WebAssembly.Tag(): Argument 0 must be a tag type with 'parameters'");
    }
    let mut params = vec![];
    iteration::iterate(s, list, |s, v| {
        let text = conversion::to_text(s, v)?;
        match value::type_of_name(&text) {
            Some(ty) => params.push(ty),
            None => {
                return s.throw_type_error(&format!(
                    "WebAssembly.Tag(): Argument 0 parameter type at index #{} must be a value type",
                    params.len()
                ));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let proto = class::prototype_of(s, args.new_target(), TAG.prototype)?;
    let state = runtime_state(s)?;
    let tag = state.with(|c| {
        let ty = FuncType::try_new(c.engine(), params, [])?;
        Tag::new(&mut *c, &TagType::new(ty))
    });
    match tag {
        Ok(tag) => Ok(class::create(s, &TAG, proto, Box::new(TagData { tag })).value()),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
/// The tag behind a value, if it is a Tag object.
pub fn tag_of_value(v: Local<'_, Value>) -> Option<Tag> {
    class::object_of(&TAG, v).and_then(class::data::<TagData>).map(|d| d.tag)
}

// ---------------------------------------------------------------- Exception

fn require_tag<'a>(s: &mut Scope<'_>, v: Local<'_, Value>, api: &str) -> JsResult<(Tag, &'a State)> {
    match (tag_of_value(v), v.as_object()) {
        (Some(tag), Some(o)) => Ok((tag, object_state(s, o)?)),
        _ => s.throw_type_error(&format!("{api}: Argument 0 must be a WebAssembly tag")),
    }
}
/// Exception ( exceptionTag, payload, options )
fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Exception()";
    class::require_new(s, args, "Exception")?;
    let (tag, state) = require_tag(s, args.get(0), API)?;
    let is_js = state.with(|c| match state.js_tag(c) {
        Ok(js) => Tag::eq(&js.tag, &tag, &*c),
        Err(_) => false,
    });
    if is_js {
        return s.throw_type_error(&format!("{API}: Argument 0 cannot be WebAssembly.JSTag"));
    }
    if !args.get(1).is_object() {
        return s.throw_type_error(&format!("{API}: Argument 1 must be iterable"));
    }
    let record = iteration::get_iterator(s, args.get(1))?;
    let list = iteration::iterator_to_list(s, &record)?;
    let types: Vec<ValType> = state.with(|c| tag.ty(&*c).ty().params().collect());
    if types.len() != list.len() {
        return s
            .throw_type_error(&format!("{API}: Number of exception values does not match signature length"));
    }
    let mut prepared = Vec::with_capacity(list.len());
    for (v, ty) in list.iter().zip(&types) {
        match value::prepare(s, state, *v, ty)? {
            Some(p) => prepared.push(p),
            None => {
                return s.throw_type_error(&format!("{API}: {}", mismatch_text(ty)));
            }
        }
    }
    let trace = match args.get(2).as_object() {
        None => false,
        Some(o) => {
            let v = object::get_named(s, o, "traceStack")?;
            conversion::to_boolean(v.raw())
        }
    };
    let proto = class::prototype_of(s, args.new_target(), EXCEPTION.prototype)?;
    let made = state.with(|c| -> wasmtime::Result<OwnedRooted<ExnRef>> {
        let mut scope = RootScope::new(&mut *c);
        let context = &mut wasmtime::AsContextMut::as_context_mut(&mut scope);
        let fields = prepared
            .iter()
            .map(|p| value::make(s, state, context, p))
            .collect::<wasmtime::Result<Vec<Val>>>()?;
        let ty = ExnType::from_tag_type(&tag.ty(&*context))?;
        let pre = ExnRefPre::new(&mut *context, ty);
        ExnRef::new(&mut *context, &pre, &tag, &fields)?.to_owned_rooted(&mut *context)
    });
    let root = match made {
        Ok(root) => root,
        Err(e) => return errors::throw_outcome(s, state, e),
    };
    let o = new_object(s, state, proto, root, tag)?;
    if trace {
        let e = error::create(s, error::ErrorKind::Error, "");
        let key = s.names().stack;
        let stack = object::get(s, e, key)?;
        o.set_slot(s, class::OWN, stack.raw());
    }
    Ok(o.value())
}
fn new_object<'s>(
    s: &mut Scope<'s>,
    state: &State,
    proto: Local<'_, Value>,
    root: OwnedRooted<ExnRef>,
    tag: Tag,
) -> JsResult<Local<'s, Object>> {
    let data = ExceptionData { root: root.clone(), tag, state };
    let o = class::create_in(s, state, &EXCEPTION, proto, Box::new(data));
    let recorded = state.with(|c| -> wasmtime::Result<()> {
        state.identity.watch(s, c)?;
        let address = {
            let mut scope = RootScope::new(&mut *c);
            root.to_rooted(&mut scope).to_raw(&mut scope)?
        };
        state.identity.set_object(s, address, o);
        Ok(())
    });
    match recorded {
        Ok(()) => Ok(o),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
/// What is wrong with a value for a reference type, in V8's words.
pub fn mismatch_text(ty: &ValType) -> String {
    use wasmtime::HeapType as H;
    let ValType::Ref(r) = ty else {
        return format!("invalid type {ty}");
    };
    let text = match r.heap_type() {
        H::Func | H::ConcreteFunc(_) | H::NoFunc => {
            "function-typed object must be null (if nullable) or a Wasm function object"
        }
        H::Eq => {
            "eqref object must be null (if nullable), or a wasm struct/array, or a Number that fits in i31ref range"
        }
        H::I31 => "i31ref object must be null (if nullable) or a Number that fits in i31ref range",
        H::Struct => "structref object must be null (if nullable) or a wasm struct",
        H::Array => "arrayref object must be null (if nullable) or a wasm array",
        H::Any | H::Extern => "null is not allowed",
        H::None | H::NoExtern => "only null allowed for null types",
        H::Exn | H::NoExn | H::ConcreteExn(_) => return "invalid type (ref exn)".to_string(),
        _ => "object incompatible with wasm type",
    };
    text.to_string()
}

/// Exception.prototype.is ( exceptionTag )
fn is<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Exception.is()";
    let (_, data) = class::receiver::<ExceptionData>(s, &EXCEPTION, this, API)?;
    let (tag, state) = require_tag(s, args.get(0), API)?;
    let same = std::ptr::eq(data.state, state) && state.with(|c| Tag::eq(&data.tag, &tag, &*c));
    Ok(s.bool(same))
}
/// Exception.prototype.getArg ( exceptionTag, index )
fn get_arg<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> JsResult<Local<'s, Value>> {
    const API: &str = "WebAssembly.Exception.getArg()";
    let (_, data) = class::receiver::<ExceptionData>(s, &EXCEPTION, this, API)?;
    let (tag, state) = require_tag(s, args.get(0), API)?;
    let index = crate::descriptor::to_u32(s, args.get(1), API, "Index")?;
    if !std::ptr::eq(data.state, state) || !state.with(|c| Tag::eq(&data.tag, &tag, &*c)) {
        return s.throw_type_error(&format!("{API}: First argument does not match the exception tag"));
    }
    let types: Vec<ValType> = state.with(|c| tag.ty(&*c).ty().params().collect());
    let Some(ty) = types.get(index as usize) else {
        return s.throw_range_error(&format!("{API}: Index out of range"));
    };
    if value::is_opaque(ty) {
        return s.throw_type_error(&format!("{API}: Invalid type for exception value"));
    }
    let v = state.with(|c| {
        let mut scope = RootScope::new(&mut *c);
        let e = data.root.to_rooted(&mut scope);
        value::exception_field(
            s,
            state,
            &mut wasmtime::AsContextMut::as_context_mut(&mut scope),
            e,
            index as usize,
        )
    });
    match v {
        Ok(v) => Ok(v),
        Err(e) => errors::throw_outcome(s, state, e),
    }
}
/// get Exception.prototype.stack
fn stack<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let (o, _) = class::receiver::<ExceptionData>(s, &EXCEPTION, this, "WebAssembly.Exception.stack")?;
    Ok(o.slot_local(s, class::OWN))
}

// ---------------------------------------------------------------- passing the border

/// The exception behind a value, if it is an Exception object.
pub fn of_value(v: Local<'_, Value>) -> Option<ExceptionData> {
    class::object_of(&EXCEPTION, v).and_then(class::data::<ExceptionData>)
}
/// Throws the JavaScript value of a slot into WebAssembly.
pub fn throw_js(state: &State, context: &mut StoreContextMut<'_, Data>, slot: u32) -> wasmtime::Result<()> {
    let host = state.host_ref_of_slot(slot);
    let e = {
        let value = ExternRef::new(&mut *context, host)?;
        let js = state.js_tag(context)?;
        ExnRef::new(&mut *context, &js.pre, &js.tag, &[Val::ExternRef(Some(value))])?
    };
    context.throw(e)
}
/// Takes the exception that WebAssembly has not caught, as a JavaScript value.
pub fn take_pending<'s>(s: &mut Scope<'s>, state: &State) -> Local<'s, Value> {
    let taken = state.with(|c| -> wasmtime::Result<Result<Local<'s, Value>, _>> {
        let mut scope = RootScope::new(&mut *c);
        let context = &mut wasmtime::AsContextMut::as_context_mut(&mut scope);
        let Some(e) = context.take_pending_exception() else {
            wasmtime::bail!("no exception is pending");
        };
        let tag = e.tag(&mut *context)?;
        let js = state.js_tag(context)?.tag;
        if Tag::eq(&tag, &js, &*context) {
            return value::exception_field(s, state, context, e, 0).map(Ok);
        }
        state.identity.watch(s, context)?;
        let address = e.to_raw(&mut *context)?;
        if let Some(o) = state.identity.object(s, address) {
            return Ok(Ok(o.value()));
        }
        Ok(Err((e.to_owned_rooted(&mut *context)?, tag)))
    });
    let result = match taken {
        Ok(Ok(v)) => return v,
        Ok(Err((root, tag))) => {
            let proto = class::prototype(s, EXCEPTION.prototype);
            new_object(s, state, proto, root, tag).map(|o| o.value())
        }
        Err(e) => errors::throw_outcome(s, state, e),
    };
    match result {
        Ok(v) => v,
        Err(t) => s.take_exception(t),
    }
}
/// A tag of a state as an object.
pub fn tag_object<'s>(s: &mut Scope<'s>, state: &State, tag: Tag) -> Local<'s, Object> {
    class::wrap_in(s, state, &TAG, Box::new(TagData { tag }))
}
