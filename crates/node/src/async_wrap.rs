//! `internalBinding('async_wrap')` and `internalBinding('async_context_frame')`.
//!
//! Async ids are the library's own business; native handles do not report to `async_hooks`.

use spey_engine::{Local, NativeSpec, Object, Scope, object};
use spey_host::{constant_number, define_functions, define_value};

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
