//! `internalBinding('timers')`: the one timer behind the timer lists, and immediates.

use spey_engine::{Global, Local, NativeSpec, Object, Scope, conversion};
use spey_host::{SharedArray, agent, define_functions, define_value};

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("setupTimers", 2, |s, _, args| {
        agent(s).process_immediate = args.get(0).as_object().map(|f| Global::new(s, f));
        agent(s).process_timers = args.get(1).as_object().map(|f| Global::new(s, f));
        Ok(s.undefined())
    }),
    NativeSpec::new("getLibuvNow", 0, |s, _, _| {
        let l = &mut agent(s).loop_;
        l.update_time();
        let now = l.now();
        Ok(s.number(now as f64))
    }),
    NativeSpec::new("scheduleTimer", 1, |s, _, args| {
        let ms = conversion::to_number(s, args.get(0))?;
        let l = &mut agent(s).loop_;
        l.update_time();
        l.schedule_timer(ms.clamp(1.0, 1e15) as u64);
        Ok(s.undefined())
    }),
    NativeSpec::new("toggleTimerRef", 1, |s, _, args| {
        let on = conversion::to_boolean(args.get(0).raw());
        agent(s).loop_.toggle_timer_ref(on);
        Ok(s.undefined())
    }),
    NativeSpec::new("toggleImmediateRef", 1, |s, _, args| {
        let on = conversion::to_boolean(args.get(0).raw());
        agent(s).loop_.toggle_immediate_ref(on);
        Ok(s.undefined())
    }),
];

/// Keeps the array that counts active timers.
#[derive(Default)]
struct State {
    timer_info: Option<SharedArray<i32>>,
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    // Until JavaScript has a timer that holds the loop, none does.
    agent(s).loop_.toggle_timer_ref(false);
    if let Some(info) = &agent(s).immediate_info {
        let v = info.object(s);
        define_value(s, target, "immediateInfo", v.value());
    }
    if let Ok(info) = SharedArray::<i32>::new(s, 1) {
        let v = info.object(s);
        define_value(s, target, "timerInfo", v.value());
        agent(s).extension::<State>().timer_info = Some(info);
    }
}
