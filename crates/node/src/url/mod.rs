//! Binding `url`: the URL standard of the WHATWG.

mod host;
mod parser;

use spey_engine::error::ErrorKind;
use spey_engine::{Args, JsResult, Local, NativeSpec, Object, Scope, Value, attr, conversion, error, object};
use spey_host::{self as host_api, SharedArray, agent};

pub(crate) use host::{to_ascii, to_unicode};
use parser::{Components, Url};

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Where the parts of the last URL are, shared with JavaScript.
#[derive(Default)]
struct UrlState {
    components: Option<SharedArray<u32>>,
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("parse", 3, parse),
    NativeSpec::new("canParse", 2, can_parse),
    NativeSpec::new("update", 3, update),
    NativeSpec::new("format", 5, format),
    NativeSpec::new("domainToASCII", 1, domain_to_ascii),
    NativeSpec::new("domainToUnicode", 1, domain_to_unicode),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host_api::define_functions(s, target, FUNCTIONS);
    if let Ok(components) = SharedArray::<u32>::new(s, 9) {
        let array = components.object(s);
        host_api::define_value(s, target, "urlComponents", array.value());
        agent(s).extension::<UrlState>().components = Some(components);
    }
}

fn publish(s: &mut Scope<'_>, components: &Components) {
    if let Some(shared) = &agent(s).extension::<UrlState>().components {
        for (i, n) in components.iter().enumerate() {
            shared.set(i, *n);
        }
    }
}
/// The href of a URL, with its components published.
fn publish_url<'s>(s: &mut Scope<'s>, url: &Url) -> Local<'s, Value> {
    let (href, components) = url.serialize();
    publish(s, &components);
    s.string_value(&href)
}
fn optional_text(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<String>> {
    if v.is_undefined() { Ok(None) } else { conversion::to_text(s, v).map(Some) }
}
fn parse_with_base(input: &str, base: Option<&str>) -> Option<Url> {
    let base = match base {
        Some(b) => Some(Url::parse(b, None).ok()?),
        None => None,
    };
    Url::parse(input, base.as_ref()).ok()
}
/// ERR_INVALID_URL; its stack starts without the code.
fn throw_invalid_url<'s>(s: &mut Scope<'s>, input: &str, base: Option<&str>) -> Returned<'s> {
    let e = error::create(s, ErrorKind::TypeError, "Invalid URL");
    let properties = [("code", Some("ERR_INVALID_URL")), ("input", Some(input)), ("base", base)];
    for (name, text) in properties {
        let Some(text) = text else { continue };
        let key = s.key(name);
        let v = s.string_value(text);
        object::define(s, e, key, v, attr::ALL);
    }
    s.throw(e.value())
}
/// parse(href, base | undefined, raiseException) -> href | undefined
fn parse<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let input = conversion::to_text(s, args.get(0))?;
    let base = optional_text(s, args.get(1))?;
    match parse_with_base(&input, base.as_deref()) {
        Some(url) => Ok(publish_url(s, &url)),
        None if conversion::to_boolean(args.get(2).raw()) => throw_invalid_url(s, &input, base.as_deref()),
        None => Ok(s.undefined()),
    }
}
/// canParse(href, base?) -> boolean
fn can_parse<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let input = conversion::to_text(s, args.get(0))?;
    let base = optional_text(s, args.get(1))?;
    let valid = parse_with_base(&input, base.as_deref()).is_some();
    Ok(s.bool(valid))
}
/// What `update` changes; numbered as the library does.
static SETTERS: [fn(&mut Url, &str); 9] = [
    Url::set_protocol,
    Url::set_host,
    Url::set_hostname,
    Url::set_port,
    Url::set_username,
    Url::set_password,
    Url::set_pathname,
    Url::set_search,
    Url::set_hash,
];
/// update(href, action, value) -> href | false
fn update<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let href = conversion::to_text(s, args.get(0))?;
    let action = args.get(1).as_number().map_or(usize::MAX, |n| n as usize);
    let value = conversion::to_text(s, args.get(2))?;
    // The last action replaces all of it.
    if action == SETTERS.len() {
        return Ok(match Url::parse(&value, None) {
            Ok(url) => publish_url(s, &url),
            Err(_) => s.bool(false),
        });
    }
    let Some(setter) = SETTERS.get(action) else { return Ok(s.bool(false)) };
    let Ok(mut url) = Url::parse(&href, None) else { return Ok(s.bool(false)) };
    setter(&mut url, &value);
    Ok(publish_url(s, &url))
}
/// format(href, hash, unicode, search, auth) -> href without the parts not wanted
fn format<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let href = conversion::to_text(s, args.get(0))?;
    let [hash, unicode, search, auth] = [1, 2, 3, 4].map(|i| conversion::to_boolean(args.get(i).raw()));
    let Ok(mut url) = Url::parse(&href, None) else { return Ok(s.string_value(&href)) };
    if !hash {
        url.fragment = None;
    }
    if !search {
        url.query = None;
    }
    if !auth {
        url.username.clear();
        url.password.clear();
    }
    if unicode {
        url.host = url.host.map(|h| host::domain_to_unicode(&h));
    }
    Ok(s.string_value(&url.serialize().0))
}
fn special_host(s: &mut Scope<'_>, domain: Local<'_, Value>) -> JsResult<Option<String>> {
    let domain = conversion::to_text(s, domain)?;
    Ok(Url::special_host(&domain))
}
fn domain_to_ascii<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let host = special_host(s, args.get(0))?.unwrap_or_default();
    Ok(s.string_value(&host))
}
fn domain_to_unicode<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let host = special_host(s, args.get(0))?.map(|h| host::domain_to_unicode(&h)).unwrap_or_default();
    Ok(s.string_value(&host))
}
