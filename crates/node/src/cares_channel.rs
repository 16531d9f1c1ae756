//! `ChannelWrap` of the binding `cares_wrap`: DNS queries with a program's own servers and patience.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use spey_engine::{
    Args, Global, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, array_buffer, object,
    string,
};
use spey_host as host;
use spey_loop::{UvError, WorkKind, entropy};

use crate::dns_query::{self, Code, Record, RecordType, Settings};
use crate::stream_base::*;

const TAG: i32 = 0x44;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_TRIES: u32 = 4;
/// The number c-ares has for a malformed address.
const BAD_STRING: i32 = 17;

/// A query that has no answer yet.
struct Pending {
    number: u64,
    req: Global<Object>,
    context: Context,
}

struct Channel {
    settings: Settings,
    pending: Vec<Pending>,
    queries: u64,
}

type ChannelRef = Rc<RefCell<Channel>>;

struct ChannelData(ChannelRef);

impl NativeData for ChannelData {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

static CLASS: NativeSpec = NativeSpec::constructor("ChannelWrap", 3, construct_channel);

macro_rules! query_methods {
    ($($name:ident = $text:literal, $kind:ident;)*) => {
        $(
            fn $name<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
                let name = string_of(s, args.get(1));
                start(s, this, args, crate::url::to_ascii(&name), RecordType::$kind)
            }
        )*

        static METHODS: &[PropertySpec] = &[
            $(PropertySpec::Method(NativeSpec::new($text, 2, $name)),)*
            PropertySpec::Method(NativeSpec::new("getHostByAddr", 2, get_host_by_address)),
            PropertySpec::Method(NativeSpec::new("getServers", 0, get_servers)),
            PropertySpec::Method(NativeSpec::new("setServers", 1, set_servers)),
            PropertySpec::Method(NativeSpec::new("setLocalAddress", 2, set_local_address)),
            PropertySpec::Method(NativeSpec::new("cancel", 0, cancel)),
        ];
    };
}

query_methods! {
    query_any = "queryAny", Any;
    query_a = "queryA", A;
    query_aaaa = "queryAaaa", Aaaa;
    query_caa = "queryCaa", Caa;
    query_cname = "queryCname", Cname;
    query_mx = "queryMx", Mx;
    query_naptr = "queryNaptr", Naptr;
    query_ns = "queryNs", Ns;
    query_ptr = "queryPtr", Ptr;
    query_soa = "querySoa", Soa;
    query_srv = "querySrv", Srv;
    query_tlsa = "queryTlsa", Tlsa;
    query_txt = "queryTxt", Txt;
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_class(s, target, &CLASS, METHODS);
}

/// new ChannelWrap(timeoutMs, tries, maxTimeoutMs); what is not positive means the default.
fn construct_channel<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let positive = |i: usize| args.get(i).as_number().filter(|n| *n > 0.0);
    let settings = Settings {
        servers: dns_query::system_servers(),
        local_v4: None,
        local_v6: None,
        timeout: positive(0).map_or(DEFAULT_TIMEOUT, |ms| Duration::from_millis(ms as u64)),
        tries: positive(1).map_or(DEFAULT_TRIES, |tries| tries as u32),
        max_timeout: positive(2).map(|ms| Duration::from_millis(ms as u64)),
    };
    let channel = Rc::new(RefCell::new(Channel { settings, pending: Vec::new(), queries: 0 }));
    let object = host::new_host_object(s, args, TAG, Box::new(ChannelData(channel)), 0)?;
    Ok(object.value())
}

fn channel_of(s: &mut Scope<'_>, this: Local<'_, Value>) -> spey_engine::JsResult<ChannelRef> {
    host::with_data_mut::<ChannelData, _>(s, this, |channel| channel.0.clone())
}

fn random_id() -> u16 {
    let mut bytes = [0; 2];
    // Without entropy the number is 0; the source port is still the system's choice.
    let _ = entropy::fill(&mut bytes);
    u16::from_ne_bytes(bytes)
}

fn start<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    args: &Args<'s>,
    name: String,
    wanted: RecordType,
) -> Returned<'s> {
    let channel = channel_of(s, this)?;
    let Some(req) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let (req, context) = (Global::new(s, req), Context::current(s));
    let (number, settings) = {
        let mut state = channel.borrow_mut();
        state.queries += 1;
        let number = state.queries;
        state.pending.push(Pending { number, req, context });
        (number, state.settings.clone())
    };
    let work = move || dns_query::query(&settings, &name, wanted, random_id);
    host::agent(s).submit(WorkKind::SlowIo, work, move |s, result| {
        let mut state = channel.borrow_mut();
        let Some(position) = state.pending.iter().position(|pending| pending.number == number) else {
            return;
        };
        let pending = state.pending.remove(position);
        drop(state);
        answer(s, &pending, result, wanted);
    });
    Ok(s.int(0))
}

fn answer(s: &mut Scope<'_>, pending: &Pending, result: Result<Vec<Record>, Code>, wanted: RecordType) {
    let req = pending.req.get(s);
    match result {
        Err(code) => {
            let code = s.string_value(code);
            pending.context.call(s, req, "oncomplete", &[code]);
        }
        Ok(records) => {
            let zero = s.int(0);
            if wanted == RecordType::Soa {
                let first = records.first().map(|record| record_value(s, record, false));
                let first = first.unwrap_or(zero);
                pending.context.call(s, req, "oncomplete", &[zero, first]);
                return;
            }
            let list = object::new_array(s, 0);
            let ttls = object::new_array(s, 0);
            for record in &records {
                s.nested(|s| {
                    let value = record_value(s, record, wanted == RecordType::Any);
                    object::array_push(s, list, value);
                    if let Record::A { ttl_s, .. } | Record::Aaaa { ttl_s, .. } = record {
                        let ttl = s.number(f64::from(*ttl_s));
                        object::array_push(s, ttls, ttl);
                    }
                });
            }
            let ttls = match wanted {
                RecordType::A | RecordType::Aaaa => ttls.value(),
                _ => s.undefined(),
            };
            pending.context.call(s, req, "oncomplete", &[zero, list.value(), ttls]);
        }
    }
}

/// A record as JavaScript knows it; among records of all types it says which it is.
fn record_value<'s>(s: &mut Scope<'s>, record: &Record, any: bool) -> Local<'s, Value> {
    let latin1 = |s: &mut Scope<'s>, bytes: &[u8]| string::new_latin1(s, bytes).value();
    let o = object::new_object(s);
    let set = |s: &mut Scope<'s>, name: &str, value: Local<'s, Value>| host::define_value(s, o, name, value);
    let plain = |s: &mut Scope<'s>, name: &str, value: &str, kind: &str| {
        let value = s.string_value(value);
        if !any {
            return value;
        }
        set(s, name, value);
        let kind = s.string_value(kind);
        set(s, "type", kind);
        o.value()
    };
    let kind = match record {
        Record::A { address, ttl_s } => {
            let value = plain(s, "address", &address.to_string(), "A");
            if any {
                host::constant_number(s, o, "ttl", f64::from(*ttl_s));
            }
            return value;
        }
        Record::Aaaa { address, ttl_s } => {
            let value = plain(s, "address", &address.to_string(), "AAAA");
            if any {
                host::constant_number(s, o, "ttl", f64::from(*ttl_s));
            }
            return value;
        }
        Record::Cname(name) => return plain(s, "value", name, "CNAME"),
        Record::Ns(name) => return plain(s, "value", name, "NS"),
        Record::Ptr(name) => return plain(s, "value", name, "PTR"),
        Record::Txt(texts) => {
            let list = object::new_array(s, 0);
            for text in texts {
                let text = latin1(s, text);
                object::array_push(s, list, text);
            }
            if !any {
                return list.value();
            }
            set(s, "entries", list.value());
            "TXT"
        }
        Record::Mx { exchange, priority } => {
            host::constant_string(s, o, "exchange", exchange);
            host::constant_number(s, o, "priority", f64::from(*priority));
            "MX"
        }
        Record::Srv { name, port, priority, weight } => {
            host::constant_string(s, o, "name", name);
            host::constant_number(s, o, "port", f64::from(*port));
            host::constant_number(s, o, "priority", f64::from(*priority));
            host::constant_number(s, o, "weight", f64::from(*weight));
            "SRV"
        }
        Record::Soa { nsname, hostmaster, numbers } => {
            host::constant_string(s, o, "nsname", nsname);
            host::constant_string(s, o, "hostmaster", hostmaster);
            for (name, number) in ["serial", "refresh", "retry", "expire", "minttl"].iter().zip(numbers) {
                host::constant_number(s, o, name, f64::from(*number));
            }
            "SOA"
        }
        Record::Naptr { order, preference, texts, replacement } => {
            for (name, text) in ["flags", "service", "regexp"].iter().zip(texts) {
                let text = latin1(s, text);
                set(s, name, text);
            }
            host::constant_string(s, o, "replacement", replacement);
            host::constant_number(s, o, "order", f64::from(*order));
            host::constant_number(s, o, "preference", f64::from(*preference));
            "NAPTR"
        }
        Record::Tlsa { usage, selector, matching, data } => {
            host::constant_number(s, o, "certUsage", f64::from(*usage));
            host::constant_number(s, o, "selector", f64::from(*selector));
            host::constant_number(s, o, "match", f64::from(*matching));
            let data = array_buffer::from_vec(s, data.clone()).value();
            set(s, "data", data);
            "TLSA"
        }
        Record::Caa { critical, tag, value } => {
            host::constant_number(s, o, "critical", f64::from(*critical));
            let value = latin1(s, value);
            set(s, &String::from_utf8_lossy(tag), value);
            "CAA"
        }
    };
    if any {
        host::constant_string(s, o, "type", kind);
    }
    o.value()
}

fn get_host_by_address<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    match string_of(s, args.get(1)).parse::<IpAddr>() {
        Ok(address) => start(s, this, args, dns_query::reverse_name(address), RecordType::Ptr),
        Err(_) => Ok(s.int(UvError::EINVAL.code())),
    }
}

fn get_servers<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let servers = channel_of(s, this)?.borrow().settings.servers.clone();
    let list = object::new_array(s, 0);
    for server in servers {
        s.nested(|s| {
            let (address, port) = (s.string_value(&server.ip().to_string()), s.int(server.port().into()));
            let pair = object::array_from_list(s, &[address, port]);
            object::array_push(s, list, pair.value());
        });
    }
    Ok(list.value())
}

/// setServers([family, address, port][])
fn set_servers<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let channel = channel_of(s, this)?;
    let Some(list) = args.get(0).as_object() else { return s.throw_type_error("Illegal invocation") };
    let mut servers = Vec::new();
    for i in 0..object::length_of_array_like(s, list)? {
        let key = object::index_key(s, i);
        let Some(entry) = object::get(s, list, key)?.as_object() else { return Ok(s.int(BAD_STRING)) };
        let key = object::index_key(s, 1);
        let address = object::get(s, entry, key)?;
        let address = string_of(s, address);
        let key = object::index_key(s, 2);
        let port = object::get(s, entry, key)?.as_number().unwrap_or(53.0) as u16;
        match spey_loop::parse_address(&address, port) {
            Ok(server) => servers.push(server),
            Err(_) => return Ok(s.int(BAD_STRING)),
        }
    }
    channel.borrow_mut().settings.servers = servers;
    Ok(s.int(0))
}

fn set_local_address<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let channel = channel_of(s, this)?;
    let (mut v4, mut v6) = (None, None);
    for i in 0..2 {
        let Some(text) = args.get(i).as_string() else { continue };
        let text = text.to_text(s);
        match text.parse() {
            Ok(IpAddr::V4(address)) if v4.is_none() => v4 = Some(address),
            Ok(IpAddr::V6(address)) if v6.is_none() => v6 = Some(address),
            Ok(_) => {
                let family = if v4.is_some() { "IPv4" } else { "IPv6" };
                let message = format!("Cannot specify two {family} addresses.");
                return host::node_type_error(s, "ERR_INVALID_ARG_VALUE", &message);
            }
            Err(_) => return host::node_type_error(s, "ERR_INVALID_ARG_VALUE", "Invalid IP address."),
        }
    }
    let mut state = channel.borrow_mut();
    state.settings.local_v4 = v4;
    state.settings.local_v6 = v6;
    drop(state);
    Ok(s.undefined())
}

/// All queries that are going on end with ECANCELLED, later; answers that still come are dropped.
fn cancel<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let pending = std::mem::take(&mut channel_of(s, this)?.borrow_mut().pending);
    if !pending.is_empty() {
        host::agent(s).submit(
            WorkKind::SlowIo,
            || (),
            move |s, ()| {
                for pending in &pending {
                    s.nested(|s| answer(s, pending, Err("ECANCELLED"), RecordType::A));
                }
            },
        );
    }
    Ok(s.undefined())
}
