//! `internalBinding('v8')`: statistics of the heap under V8's names.

use spey_engine::{
    Args, GcReason, Global, JsResult, Local, NativeSpec, Object, Scope, Value, conversion, heap_snapshot,
    object,
};
use spey_host::{agent, buffer_from_vec, constant_number, constant_string, define_functions};

fn numbers<'s>(s: &mut Scope<'s>, values: &[(&str, f64)]) -> Local<'s, Object> {
    let o = object::new_object(s);
    for (name, n) in values {
        constant_number(s, o, name, *n);
    }
    o
}
static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("getHeapStatistics", 0, |s, _, _| {
        let h = s.vm().heap.heap_statistics();
        let realms = s.vm().realms.iter().flatten().count() as f64;
        let free = h.limit_bytes.saturating_sub(h.total_bytes) as f64;
        Ok(numbers(
            s,
            &[
                ("total_heap_size", h.total_bytes as f64),
                ("total_heap_size_executable", 0.0),
                ("total_physical_size", h.total_bytes as f64),
                ("total_available_size", free),
                ("used_heap_size", h.used_bytes as f64),
                ("heap_size_limit", h.limit_bytes as f64),
                ("malloced_memory", h.external_bytes as f64),
                ("peak_malloced_memory", h.external_bytes as f64),
                ("does_zap_garbage", 0.0),
                ("number_of_native_contexts", realms),
                ("number_of_detached_contexts", 0.0),
                ("total_global_handles_size", h.persistent_count as f64 * 8.0),
                ("used_global_handles_size", h.persistent_count as f64 * 8.0),
                ("external_memory", h.external_bytes as f64),
                ("total_allocated_bytes", h.allocated_bytes as f64),
            ],
        )
        .value())
    }),
    NativeSpec::new("getHeapSpaceStatistics", 0, |s, _, _| {
        let h = s.vm().heap.heap_statistics();
        let list = object::new_array(s, 0);
        for (name, size, used) in [
            ("new_space", h.nursery_bytes, h.nursery_used),
            (
                "old_space",
                h.total_bytes.saturating_sub(h.nursery_bytes),
                h.used_bytes.saturating_sub(h.nursery_used),
            ),
            ("code_space", 0, 0),
        ] {
            let o = object::new_object(s);
            constant_string(s, o, "space_name", name);
            constant_number(s, o, "space_size", size as f64);
            constant_number(s, o, "space_used_size", used as f64);
            constant_number(s, o, "space_available_size", size.saturating_sub(used) as f64);
            constant_number(s, o, "physical_space_size", size as f64);
            object::array_push(s, list, o.value());
        }
        Ok(list.value())
    }),
    NativeSpec::new("getHeapCodeStatistics", 0, |s, _, _| {
        Ok(numbers(
            s,
            &[
                ("code_and_metadata_size", 0.0),
                ("bytecode_and_metadata_size", 0.0),
                ("external_script_source_size", 0.0),
                ("cpu_profiler_metadata_size", 0.0),
            ],
        )
        .value())
    }),
    NativeSpec::new("watchGc", 1, |s, _, args| {
        let f = args.get(0).as_object().map(|f| Global::new(s, f));
        s.vm().gc_log = f.is_some().then(Vec::new);
        agent(s).gc_callback = f;
        Ok(s.undefined())
    }),
    NativeSpec::new("takeGcEvents", 0, take_gc_events),
    NativeSpec::new("heapSnapshot", 0, |s, _, _| {
        let json = heap_snapshot::take(s);
        Ok(buffer_from_vec(s, json.into_bytes()).value())
    }),
    NativeSpec::new("queryObjects", 1, |s, _, args| {
        let Some(prototype) = args.get(0).as_object() else { return Ok(object::new_array(s, 0).value()) };
        let found: Vec<_> = heap_snapshot::instances(s, prototype).into_iter().map(|o| o.value()).collect();
        Ok(object::array_from_list(s, &found).value())
    }),
    NativeSpec::new("setFlagsFromString", 1, |s, _, args| {
        // `--expose-gc` and the like take effect when the program starts; others are V8's own.
        conversion::to_text(s, args.get(0))?;
        Ok(s.undefined())
    }),
    NativeSpec::new("cachedDataVersionTag", 0, |s, _, _| Ok(s.number(1_129_402_881.0))),
    NativeSpec::new("isStringOneByteRepresentation", 1, |s, _, args| {
        let Some(t) = args.get(0).as_string() else { return s.throw_type_error("The value is not a string") };
        t.flatten(s);
        let token = s.no_gc();
        let narrow = matches!(t.view(&token), spey_engine::StrView::Latin1(_));
        Ok(s.bool(narrow))
    }),
];

/// takeGcEvents() -> [[isMinor, isForced, start, duration, usedBefore, usedAfter], ...] with times in milliseconds since the
/// program began
fn take_gc_events<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, _: &Args<'s>) -> JsResult<Local<'s, Value>> {
    let events = s.vm().gc_log.as_mut().map(std::mem::take).unwrap_or_default();
    let now_ms = {
        let a = agent(s);
        (a.loop_.hrtime_ns() - a.start_ns) as f64 / 1e6
    };
    let list = object::new_array(s, 0);
    for (event, end) in events {
        s.nested(|s| {
            let duration_ms = event.pause_ns as f64 / 1e6;
            let start_ms = now_ms - end.elapsed().as_secs_f64() * 1e3 - duration_ms;
            let forced = matches!(event.reason, GcReason::Explicit) && !event.minor;
            let parts = [
                s.bool(event.minor),
                s.bool(forced),
                s.number(start_ms),
                s.number(duration_ms),
                s.number(event.before_bytes as f64),
                s.number(event.after_bytes as f64),
            ];
            let entry = object::array_from_list(s, &parts);
            object::array_push(s, list, entry.value());
        });
    }
    Ok(list.value())
}

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
}
