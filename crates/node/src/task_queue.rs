//! `internalBinding('task_queue')`: microtasks, the `nextTick` queue's door, promise rejections.

use spey_engine::{Global, JobKind, Local, NativeSpec, Object, Raw, Scope, object};
use spey_host::{agent, constant_number, define_functions, define_value, run_microtasks};

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("runMicrotasks", 0, |s, _, _| {
        run_microtasks(s);
        Ok(s.undefined())
    }),
    NativeSpec::new("enqueueMicrotask", 1, |s, _, args| {
        let f = args.get(0).raw();
        s.vm().enqueue_job(JobKind::Callback, [f, Raw::UNDEFINED, Raw::UNDEFINED, Raw::UNDEFINED]);
        Ok(s.undefined())
    }),
    NativeSpec::new("setTickCallback", 1, |s, _, args| {
        agent(s).tick_callback = args.get(0).as_object().map(|f| Global::new(s, f));
        Ok(s.undefined())
    }),
    NativeSpec::new("setPromiseRejectCallback", 1, |s, _, args| {
        agent(s).promise_reject_callback = args.get(0).as_object().map(|f| Global::new(s, f));
        Ok(s.undefined())
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    if let Some(info) = &agent(s).tick_info {
        let v = info.object(s);
        define_value(s, target, "tickInfo", v.value());
    }
    let events = object::new_object(s);
    for (i, name) in [
        "kPromiseRejectWithNoHandler",
        "kPromiseHandlerAddedAfterReject",
        "kPromiseRejectAfterResolved",
        "kPromiseResolveAfterResolved",
    ]
    .into_iter()
    .enumerate()
    {
        constant_number(s, events, name, i as f64);
    }
    define_value(s, target, "promiseRejectEvents", events.value());
}
