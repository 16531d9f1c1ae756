//! `$262.agent`: agents on threads of their own, each with a VM.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use spey_engine::array_buffer::{self, SharedBlock};
use spey_engine::{Engine, Global, Kind, Local, NativeSpec, Object, Scope, VmConfig};
use spey_engine::{bigint, call, conversion, object, script};

use super::realm::{number_argument, put};
use super::state;

/// Native stack of an agent.
const STACK_BYTES: usize = 16 << 20;

/// What a broadcast carries.
pub(super) struct Message {
    block: Arc<SharedBlock>,
    id: Option<i64>,
    received: Sender<()>,
}
/// The main agent's view of the others, or an agent's mailbox.
pub(super) enum Agents {
    Main(Vec<Sender<Message>>),
    Other { inbox: Receiver<Message>, callback: Option<Global<Object>>, leaving: bool },
}
impl Agents {
    pub(super) fn main() -> Agents {
        Agents::Main(vec![])
    }
}

static REPORTS: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

static AGENT_START: NativeSpec = NativeSpec::new("start", 1, |s, _, args| {
    let source = conversion::to_text(s, args.get(0))?;
    let (outbox, inbox) = channel();
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || run(source, inbox));
    match (&mut state(s).agents, thread) {
        (Agents::Main(list), Ok(_)) => list.push(outbox),
        _ => return s.throw_type_error("Cannot start an agent here"),
    }
    Ok(s.undefined())
});
static BROADCAST: NativeSpec = NativeSpec::new("broadcast", 1, |s, _, args| {
    let block = match args.get(0).as_object().filter(|o| o.kind() == Kind::SharedArrayBuffer) {
        Some(o) => array_buffer::shared_block(o),
        None => None,
    };
    let Some(block) = block else { return s.throw_type_error("broadcast needs a SharedArrayBuffer") };
    let id = if args.get(1).is_undefined() {
        None
    } else if args.get(1).is_bigint() {
        Some(bigint::to_f64(args.get(1).raw()) as i64)
    } else {
        Some(number_argument(s, args, 1)? as i64)
    };
    if let Agents::Main(list) = &mut state(s).agents {
        let (received, all) = channel();
        list.retain(|outbox| {
            outbox.send(Message { block: block.clone(), id, received: received.clone() }).is_ok()
        });
        drop(received);
        // Returns when every agent has the message, or has ended.
        while all.recv().is_ok() {}
    }
    Ok(s.undefined())
});
static GET_REPORT: NativeSpec = NativeSpec::new("getReport", 0, |s, _, _| {
    let report = REPORTS.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    Ok(match report {
        Some(t) => s.string_value(&t),
        None => s.null(),
    })
});
static REPORT: NativeSpec = NativeSpec::new("report", 1, |s, _, args| {
    let text = conversion::to_text(s, args.get(0))?;
    REPORTS.lock().unwrap_or_else(PoisonError::into_inner).push_back(text);
    Ok(s.undefined())
});
static RECEIVE: NativeSpec = NativeSpec::new("receiveBroadcast", 1, |s, _, args| {
    let Some(f) = args.get(0).as_object().filter(|f| f.value().is_callable()) else {
        return s.throw_type_error("receiveBroadcast needs a function");
    };
    let f = Global::new(s, f);
    match &mut state(s).agents {
        Agents::Other { callback, .. } => *callback = Some(f),
        Agents::Main(_) => return s.throw_type_error("The main agent gets no broadcasts"),
    }
    Ok(s.undefined())
});
static LEAVING: NativeSpec = NativeSpec::new("leaving", 0, |s, _, _| {
    if let Agents::Other { leaving, .. } = &mut state(s).agents {
        *leaving = true;
    }
    Ok(s.undefined())
});
static SLEEP: NativeSpec = NativeSpec::new("sleep", 1, |s, _, args| {
    let ms = number_argument(s, args, 0)?;
    if ms > 0.0 {
        std::thread::sleep(Duration::from_secs_f64((ms / 1e3).min(1e6)));
    }
    Ok(s.undefined())
});
static NOW: NativeSpec = NativeSpec::new("monotonicNow", 0, |s, _, _| {
    let ms = START.elapsed().as_secs_f64() * 1e3;
    Ok(s.number(ms))
});

/// The `agent` object.
pub(super) fn new_object<'s>(s: &mut Scope<'s>) -> Local<'s, Object> {
    LazyLock::force(&START);
    let o = object::new_object(s);
    for spec in [&AGENT_START, &BROADCAST, &GET_REPORT, &REPORT, &RECEIVE, &LEAVING, &SLEEP, &NOW] {
        put(s, o, spec);
    }
    o
}

/// Life of an agent: its script, then the broadcasts.
fn run(source: String, inbox: Receiver<Message>) {
    let config = VmConfig { native_stack_bytes: STACK_BYTES - (2 << 20), ..VmConfig::default() };
    let mut engine = Engine::new(config);
    engine.scope(|s| {
        super::set_up(s, "agent", Agents::Other { inbox, callback: None, leaving: false });
        super::realm::install(s);
        let r = script::evaluate(s, &source, &script::Origin::file("agent")).map(|_| ());
        let mut r = r.and_then(|()| super::finish(s, None));
        while r.is_ok() {
            let Some(message) = next_message(s) else { return };
            r = s.nested(|s| {
                let Agents::Other { callback: Some(f), .. } = &state(s).agents else { return Ok(()) };
                let f = f.get(s);
                let buffer = array_buffer::from_shared(s, message.block)?;
                let id = match message.id {
                    Some(n) => s.number(n as f64),
                    None => s.undefined(),
                };
                let u = s.undefined();
                drop(message.received);
                call::call(s, f.value(), u, &[buffer.value(), id])?;
                super::finish(s, None)
            });
        }
        if let Err(t) = r {
            let e = s.take_exception(t);
            eprintln!("Uncaught in agent: {}", super::describe(s, e));
        }
    });
}
fn next_message(s: &mut Scope<'_>) -> Option<Message> {
    match &state(s).agents {
        Agents::Other { inbox, callback: Some(_), leaving: false } => inbox.recv().ok(),
        _ => None,
    }
}
