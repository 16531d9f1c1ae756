//! Binding `trace_events`: events in the format of Chrome's trace viewer, gathered by all agents and written to one file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spey_engine::{Args, JsResult, Local, NativeSpec, Object, Scope, Value, call, conversion, object};
use spey_host::{SharedArray, agent, define_functions, define_value};

use crate::source::text_argument;

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Events in a file, at most; then the next file is begun.
const EVENTS_PER_FILE: usize = 1 << 19;

/// What all agents share.
#[derive(Default)]
struct Tracing(Mutex<State>);
#[derive(Default)]
struct State {
    /// Categories that are on, by who turned them on.
    sets: BTreeMap<u32, Vec<String>>,
    next_set: u32,
    /// Name of the files, with `${pid}` and `${rotation}`; empty while nothing has been traced.
    pattern: String,
    rotation: u32,
    events: Vec<String>,
    metadata: Vec<String>,
}
impl State {
    /// A group of categories, as `node,node.fs`, is on when one of them is.
    fn is_on(&self, group: &str) -> bool {
        self.sets.values().flatten().any(|on| group.split(',').any(|name| name == on))
    }
    fn write(&mut self) {
        if self.pattern.is_empty() {
            return;
        }
        self.rotation += 1;
        let name = self
            .pattern
            .replace("${pid}", &std::process::id().to_string())
            .replace("${rotation}", &self.rotation.to_string());
        let mut text = String::from("{\"traceEvents\":[");
        text.push_str(
            &self.metadata.iter().chain(&self.events).map(String::as_str).collect::<Vec<_>>().join(",\n"),
        );
        text.push_str("]}\n");
        self.events.clear();
        if let Err(e) = std::fs::write(&name, text) {
            eprintln!("Could not open trace file {name}: {e}");
        }
    }
}
/// The arrays of this agent that tell whether a category is on.
#[derive(Default)]
struct Switches {
    arrays: Vec<(String, SharedArray<u8>)>,
    handler: Option<spey_engine::Global<Object>>,
}

fn tracing(s: &mut Scope<'_>) -> Arc<Tracing> {
    agent(s).shared.extension::<Tracing>()
}
impl Tracing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
/// A JSON string.
fn quote(text: &str) -> String {
    let mut out = String::new();
    spey_engine::heap_snapshot::quote(&mut out, text);
    out
}
/// A value as JSON; nothing of what has none.
fn json(s: &mut Scope<'_>, v: Local<'_, Value>) -> JsResult<Option<String>> {
    let global = s.global();
    let holder = object::get_named(s, global, "JSON")?;
    let holder = conversion::to_object(s, holder)?;
    let stringify = object::get_named(s, holder, "stringify")?;
    let text = call::call(s, stringify, holder.value(), &[v])?;
    Ok(text.as_string().map(|t| t.to_text(s)))
}
fn thread_id(s: &mut Scope<'_>) -> u32 {
    let process = std::process::id();
    agent(s).worker.as_ref().map_or(process, |w| process + w.id)
}
/// Sets the arrays after a change, and tells the library.
fn refresh(s: &mut Scope<'_>) -> JsResult<()> {
    let tracing = tracing(s);
    let hooks = {
        let state = tracing.lock();
        for (category, array) in &agent(s).extension::<Switches>().arrays {
            array.set(0, u8::from(state.is_on(category)));
        }
        state.is_on("node,node.async_hooks")
    };
    if let Some(f) = agent(s).extension::<Switches>().handler.as_ref().map(|f| f.get(s)) {
        let (u, on) = (s.undefined(), s.bool(hooks));
        call::call(s, f.value(), u, &[on])?;
    }
    Ok(())
}

/// trace(phase, category, name, id, data, args)
fn trace<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let tracing = tracing(s);
    let category = text_argument(s, args.get(1))?;
    if !tracing.lock().is_on(&category) {
        return Ok(s.undefined());
    }
    let phase = char::from(conversion::to_number(s, args.get(0))? as u8);
    let name = text_argument(s, args.get(2))?;
    let id = match args.get(3).as_number() {
        Some(n) => format!(",\"id\":\"{:#x}\"", n as i64),
        None => String::new(),
    };
    let data = if args.get(4).is_undefined() { None } else { json(s, args.get(4))? };
    let arguments = match data {
        Some(data) => format!("{{\"data\":{data}}}"),
        None if args.get(5).is_undefined() => "{}".to_owned(),
        None => json(s, args.get(5))?.unwrap_or_else(|| "{}".to_owned()),
    };
    let ts = agent(s).loop_.hrtime_ns() / 1000;
    let event = format!(
        "{{\"pid\":{},\"tid\":{},\"ts\":{ts},\"tts\":0,\"ph\":{},\"cat\":{},\"name\":{},\"dur\":0,\"tdur\":0{id},\"args\":{arguments}}}",
        std::process::id(),
        thread_id(s),
        quote(&phase.to_string()),
        quote(&category),
        quote(&name),
    );
    let mut state = tracing.lock();
    state.events.push(event);
    if state.events.len() >= EVENTS_PER_FILE {
        state.write();
    }
    Ok(s.undefined())
}
/// metadata(name, args): what the viewer shows of the process and its threads.
fn metadata<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let name = text_argument(s, args.get(0))?;
    let data = json(s, args.get(1))?.unwrap_or_else(|| "{}".to_owned());
    let event = format!(
        "{{\"pid\":{},\"tid\":{},\"ts\":0,\"tts\":0,\"ph\":\"M\",\"cat\":\"__metadata\",\"name\":{},\"dur\":0,\"tdur\":0,\"args\":{data}}}",
        std::process::id(),
        thread_id(s),
        quote(&name),
    );
    tracing(s).lock().metadata.push(event);
    Ok(s.undefined())
}
/// enable(categories, pattern) -> number of the set, for `disable`
fn enable<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let categories = text_argument(s, args.get(0))?;
    let pattern = text_argument(s, args.get(1))?;
    let tracing = tracing(s);
    let (number, is_first) = {
        let mut state = tracing.lock();
        state.next_set += 1;
        let number = state.next_set;
        state.sets.insert(number, categories.split(',').map(str::to_owned).collect());
        let is_first = state.pattern.is_empty();
        if is_first {
            state.pattern = pattern;
        }
        (number, is_first)
    };
    if is_first {
        agent(s).at_exit.push(tracing_end);
    }
    refresh(s)?;
    Ok(s.number(f64::from(number)))
}
fn tracing_end(s: &mut Scope<'_>) {
    tracing(s).lock().write();
}
fn disable<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let number = conversion::to_uint32(s, args.get(0))?;
    tracing(s).lock().sets.remove(&number);
    refresh(s)?;
    Ok(s.undefined())
}

static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("trace", 6, trace),
    NativeSpec::new("metadata", 2, metadata),
    NativeSpec::new("enable", 2, enable),
    NativeSpec::new("disable", 1, disable),
    NativeSpec::new("isTraceCategoryEnabled", 1, |s, _, args| {
        let category = text_argument(s, args.get(0))?;
        let on = tracing(s).lock().is_on(&category);
        Ok(s.bool(on))
    }),
    NativeSpec::new("getEnabledCategories", 0, |s, _, _| {
        let tracing = tracing(s);
        let names: BTreeSet<String> = tracing.lock().sets.values().flatten().cloned().collect();
        if names.is_empty() {
            return Ok(s.undefined());
        }
        Ok(s.string_value(&names.into_iter().collect::<Vec<_>>().join(",")))
    }),
    NativeSpec::new("getCategoryEnabledBuffer", 1, |s, _, args| {
        let category = text_argument(s, args.get(0))?;
        let array = SharedArray::<u8>::new(s, 1)?;
        array.set(0, u8::from(tracing(s).lock().is_on(&category)));
        let v = array.object(s);
        agent(s).extension::<Switches>().arrays.push((category, array));
        Ok(v.value())
    }),
    NativeSpec::new("setTraceCategoryStateUpdateHandler", 1, |s, _, args| {
        let f = args.get(0).as_object().map(|f| spey_engine::Global::new(s, f));
        agent(s).extension::<Switches>().handler = f;
        Ok(s.undefined())
    }),
];
pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, FUNCTIONS);
    let yes = s.bool(true);
    define_value(s, target, "available", yes);
}
