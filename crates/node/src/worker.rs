//! Binding `worker`: which thread this is. There is one so far.

use spey_engine::{Local, NativeSpec, Object, Scope};
use spey_host::{self as host, SharedArray};

static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("getEnvMessagePort", 0, |s, _, _| Ok(s.undefined()))];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    for (name, value) in [("isMainThread", true), ("isInternalThread", false), ("ownsProcessState", true)] {
        let v = s.bool(value);
        host::define_value(s, target, name, v);
    }
    host::constant_number(s, target, "threadId", 0.0);
    host::constant_string(s, target, "threadName", "");
    if let Ok(limits) = SharedArray::<f64>::new(s, 4) {
        let array = limits.object(s);
        host::define_value(s, target, "resourceLimits", array.value());
    }
    let limits = [
        "kMaxYoungGenerationSizeMb",
        "kMaxOldGenerationSizeMb",
        "kCodeRangeSizeMb",
        "kStackSizeMb",
        "kTotalResourceLimitCount",
    ];
    for (i, name) in limits.into_iter().enumerate() {
        host::constant_number(s, target, name, i as f64);
    }
}
