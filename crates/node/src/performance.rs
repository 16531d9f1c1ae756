//! `internalBinding('performance')`: clocks.

use spey_engine::{Local, NativeSpec, Object, Scope, object};
use spey_host::{agent, constant_number, define_functions, define_value};

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("now", 0, |s, _, _| {
        let a = agent(s);
        let ms = (a.loop_.hrtime_ns() - a.start_ns) as f64 / 1e6;
        Ok(s.number(ms))
    }),
    NativeSpec::new("loopIdleTime", 0, |s, _, _| {
        let ms = agent(s).loop_.idle_time_ns() as f64 / 1e6;
        Ok(s.number(ms))
    }),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    let a = agent(s);
    let bootstrap = (a.loop_.hrtime_ns() - a.start_ns) as f64 / 1e6;
    let origin = a.start_epoch_ms;
    constant_number(s, target, "timeOrigin", origin);
    let milestones = object::new_object(s);
    for (name, ms) in [
        ("nodeStart", 0.0),
        ("v8Start", 0.0),
        ("environment", 0.0),
        ("bootstrapComplete", bootstrap),
        ("loopStart", -1.0),
        ("loopExit", -1.0),
    ] {
        constant_number(s, milestones, name, ms);
    }
    define_value(s, target, "milestones", milestones.value());
}
