//! `internalBinding('async_wrap')` and `internalBinding('async_context_frame')`.
//!
//! Async ids are the library's own business: once a program has a hook, native handles and requests report through the
//! functions that the library gives.

use spey_engine::{Global, Local, NativeSpec, Object, Scope, Value, call, object};
use spey_host::{agent, constant_number, define_functions, define_value, trigger_uncaught};

/// Functions of the library: newAsyncId, emitInit, emitBefore, emitAfter, emitDestroy.
#[derive(Default)]
struct Hooks {
    functions: Option<[Global<Object>; 5]>,
}
const NAMES: [&str; 5] = ["newAsyncId", "emitInit", "emitBefore", "emitAfter", "emitDestroy"];
const NEW_ID: usize = 0;
const INIT: usize = 1;
const BEFORE: usize = 2;
const AFTER: usize = 3;
const DESTROY: usize = 4;

fn report<'s>(s: &mut Scope<'s>, which: usize, args: &[Local<'_, Value>]) -> Option<Local<'s, Value>> {
    let f = agent(s).extension::<Hooks>().functions.as_ref()?[which].get(s);
    let u = s.undefined();
    match call::call(s, f.value(), u, args) {
        Ok(v) => Some(v),
        Err(t) => {
            if !s.vm().terminating {
                let e = s.take_exception(t);
                trigger_uncaught(s, e, false);
            }
            None
        }
    }
}
/// Does anybody want to know?
pub(crate) fn is_watched(s: &mut Scope<'_>) -> bool {
    agent(s).extension::<Hooks>().functions.is_some()
}
/// A resource of this provider begins. The result is its id; 0 if nobody wants to know.
pub(crate) fn init(s: &mut Scope<'_>, provider: &str, resource: Local<'_, Object>) -> f64 {
    if !is_watched(s) {
        return 0.0;
    }
    s.nested(|s| {
        let Some(id) = report(s, NEW_ID, &[]) else { return 0.0 };
        let (provider, u) = (s.string_value(provider), s.undefined());
        report(s, INIT, &[id, provider, u, resource.value()]);
        id.as_number().unwrap_or(0.0)
    })
}
/// Runs `f` as a callback of the resource.
pub(crate) fn callback(
    s: &mut Scope<'_>,
    id: f64,
    resource: Local<'_, Object>,
    f: impl FnOnce(&mut Scope<'_>) -> bool,
) {
    if id == 0.0 {
        f(s);
        return;
    }
    spey_host::enter(s, |s| {
        s.nested(|s| {
            let (n, u) = (s.number(id), s.undefined());
            report(s, BEFORE, &[n, u, resource.value()]);
            // An exception has emptied the stack of ids.
            if f(s) {
                report(s, AFTER, &[n]);
            }
        });
    });
}
/// The resource has ended.
pub(crate) fn destroy(s: &mut Scope<'_>, id: f64) {
    if id != 0.0 {
        s.nested(|s| {
            let n = s.number(id);
            report(s, DESTROY, &[n]);
        });
    }
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("setupHooks", 1, |s, _, args| {
        let Some(o) = args.get(0).as_object() else { return Ok(s.undefined()) };
        let mut functions = vec![];
        for name in NAMES {
            match object::get_named(s, o, name)?.as_object() {
                Some(f) => functions.push(Global::new(s, f)),
                None => return s.throw_type_error("setupHooks needs functions"),
            }
        }
        agent(s).extension::<Hooks>().functions = functions.try_into().ok();
        Ok(s.undefined())
    }),
    NativeSpec::new("setPromiseHooks", 4, |s, _, args| {
        let mut any = false;
        for i in 0..4 {
            let f = args.get(i).as_object().map(|f| Global::new(s, f));
            any |= f.is_some();
            agent(s).promise_hooks[i] = f;
        }
        s.vm().promise_hooks = any;
        Ok(s.undefined())
    }),
];

/// Provider types, in Node's order.
static PROVIDERS: &[&str] = &[
    "NONE",
    "DIRHANDLE",
    "DNSCHANNEL",
    "ELDHISTOGRAM",
    "FILEHANDLE",
    "FILEHANDLECLOSEREQ",
    "BLOBREADER",
    "FSEVENTWRAP",
    "FSREQCALLBACK",
    "FSREQPROMISE",
    "GETADDRINFOREQWRAP",
    "GETNAMEINFOREQWRAP",
    "HEAPSNAPSHOT",
    "CPUHEAPPROFILE",
    "HTTP2SESSION",
    "HTTP2STREAM",
    "HTTP2PING",
    "HTTP2SETTINGS",
    "HTTPINCOMINGMESSAGE",
    "HTTPCLIENTREQUEST",
    "JSSTREAM",
    "JSUDPWRAP",
    "MESSAGEPORT",
    "PIPECONNECTWRAP",
    "PIPESERVERWRAP",
    "PIPEWRAP",
    "PROCESSWRAP",
    "PROMISE",
    "QUERYWRAP",
    "SHUTDOWNWRAP",
    "SIGNALWRAP",
    "STATWATCHER",
    "STREAMPIPE",
    "TCPCONNECTWRAP",
    "TCPSERVERWRAP",
    "TCPWRAP",
    "TTYWRAP",
    "UDPSENDWRAP",
    "UDPWRAP",
    "SIGINTWATCHDOG",
    "WORKER",
    "WORKERHEAPSNAPSHOT",
    "WRITEWRAP",
    "ZLIB",
    "Timeout",
    "Immediate",
    "TickObject",
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    let null = s.null();
    let providers = object::new_object_with(s, null, 0);
    for (i, name) in PROVIDERS.iter().enumerate() {
        constant_number(s, providers, name, i as f64);
    }
    define_value(s, target, "Providers", providers.value());
}

static FRAME_FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("get", 0, |s, _, _| {
        let v = s.vm().async_context;
        Ok(s.local(v))
    }),
    NativeSpec::new("set", 1, |s, _, args| {
        let v = args.get(0).raw();
        s.vm().async_context = v;
        Ok(s.undefined())
    }),
];
pub(crate) fn install_context_frame(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FRAME_FUNCTIONS);
}
