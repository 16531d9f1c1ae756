//! Message ports, HTML §9.4.
//!
//! The state of a port moves with it when it is transferred, also to another thread: the object it belonged to is closed,
//! a new one takes over.
//! An object lives as long as its handle on the loop is open.

use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use spey_engine::{
    Args, Global, Intrinsic, JsResult, Kind, Local, NativeData, NativeSpec, Object, PropertySpec, Raw, Scope,
    Value, call, function, native, object,
};
use spey_host::{self as host, Shared, agent, make_callback};
use spey_loop::{Completion, HandleId, Waker};

use super::message::{self, Message};
use super::{name_argument, throw_coded, transfer_argument};

type Returned<'s> = JsResult<Local<'s, Value>>;

/// Class tag of ports.
const TAG: i32 = 210;
/// Messages delivered before other events of the loop get their turn.
const BATCH: usize = 1000;

enum Item {
    Message(Message),
    /// The other side has been closed.
    Close,
}
/// Ports that hear each other.
struct Group {
    /// Name of a broadcast channel.
    name: Option<String>,
    members: Mutex<Vec<Weak<PortState>>>,
}
/// The part of a port that is transferred.
pub(crate) struct PortState {
    queue: Mutex<VecDeque<Item>>,
    group: Mutex<Option<Arc<Group>>>,
    /// Wakes the loop of the object it belongs to.
    waker: Mutex<Option<Waker>>,
}
/// The data of a port object; without a state once it is closed or transferred.
struct Port {
    state: Option<Arc<PortState>>,
    handle: HandleId,
    receiving: bool,
    referenced: bool,
    /// Messages no longer come or go, and it cannot be transferred.
    closing: bool,
    /// Its end has been told to the program.
    closed: bool,
}
impl NativeData for Port {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
/// What the binding keeps in the agent.
#[derive(Default)]
struct Messaging {
    prototype: Option<Global<Object>>,
    /// Called on each new port.
    init: Option<Global<Value>>,
    /// Called on a port with (data, ports, type) for each event.
    emit: Option<Global<Value>>,
}

/// The broadcast channels of the program.
#[derive(Default)]
struct Channels(Mutex<Vec<Weak<Group>>>);

/// The ports that messages to a thread go to, by the thread's id. A strong reference is one that the thread has not opened
/// yet.
#[derive(Default)]
struct Inboxes(Mutex<Vec<Inbox>>);
struct Inbox {
    thread: u32,
    reserved: Option<Arc<PortState>>,
    open: Weak<PortState>,
}

/// Makes the inbox of a thread that will start.
pub(crate) fn reserve_inbox(shared: &Shared, thread: u32) {
    let state = PortState::new();
    let open = Arc::downgrade(&state);
    lock(&shared.extension::<Inboxes>().0).push(Inbox { thread, reserved: Some(state), open });
}
/// The thread has ended.
pub(crate) fn remove_inbox(shared: &Shared, thread: u32) {
    let inboxes = shared.extension::<Inboxes>();
    let mut list = lock(&inboxes.0);
    let removed: Vec<Inbox> = list.extract_if(.., |i| i.thread == thread).collect();
    drop(list);
    // What was never read goes here, without the lock.
    drop(removed);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("postMessage", 1, post_message)),
    PropertySpec::Method(NativeSpec::new("start", 0, start)),
    PropertySpec::Method(NativeSpec::new("close", 0, close)),
    PropertySpec::Method(NativeSpec::new("drain", 0, drain)),
    PropertySpec::Method(NativeSpec::new("ref", 0, ref_port)),
    PropertySpec::Method(NativeSpec::new("unref", 0, unref_port)),
    PropertySpec::Method(NativeSpec::new("hasRef", 0, has_ref)),
];
static PORT: NativeSpec = NativeSpec::constructor("MessagePort", 0, |s, _, _| {
    throw_coded(s, "ERR_CONSTRUCT_CALL_INVALID", "Constructor cannot be called")
});
static CHANNEL: NativeSpec = NativeSpec::constructor("MessageChannel", 0, construct_channel);
static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("setMessageHooks", 2, set_message_hooks),
    NativeSpec::new("stopMessagePort", 1, stop_message_port),
    NativeSpec::new("drainMessagePort", 1, drain_message_port),
    NativeSpec::new("receiveMessageOnPort", 1, receive_message_on_port),
    NativeSpec::new("broadcastChannel", 1, broadcast_channel),
    NativeSpec::new("openInbox", 1, open_inbox),
    NativeSpec::new("postToInbox", 3, post_to_inbox),
];

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
    let class = host::define_class(s, target, &PORT, METHODS);
    host::define_class(s, target, &CHANNEL, &[]);
    let prototype = Global::new(s, class.prototype);
    agent(s).extension::<Messaging>().prototype = Some(prototype);
}
/// setMessageHooks(init, emit): `init.call(port)` for each new port, `emit.call(port, data, ports, type)` for each event of
/// the types message, messageerror and close.
fn set_message_hooks<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let (init, emit) = (Global::new(s, args.get(0)), Global::new(s, args.get(1)));
    let m = agent(s).extension::<Messaging>();
    m.init = Some(init);
    m.emit = Some(emit);
    Ok(s.undefined())
}

// ---------------------------------------------------------------- states

// No lock is held while a state may be dropped, which takes locks itself.
impl PortState {
    fn new() -> Arc<PortState> {
        Arc::new(PortState { queue: Mutex::default(), group: Mutex::default(), waker: Mutex::default() })
    }
    fn wake(&self) {
        if let Some(w) = &*lock(&self.waker) {
            w.wake();
        }
    }
    fn push(&self, item: Item) {
        lock(&self.queue).push_back(item);
        self.wake();
    }
    fn group(&self) -> Option<Arc<Group>> {
        lock(&self.group).clone()
    }
    fn is_channel(&self) -> bool {
        self.group().is_some_and(|g| g.name.is_none())
    }
    /// The other ports of the group.
    fn others(self: &Arc<Self>) -> Vec<Arc<PortState>> {
        let Some(group) = self.group() else { return Vec::new() };
        group.others(self)
    }
    /// Leaves the group. The other side of a channel is closed with it.
    fn disentangle(&self) {
        let Some(group) = lock(&self.group).take() else { return };
        let others = group.others(self);
        lock(&group.members).retain(|m| m.strong_count() > 0 && !std::ptr::eq(m.as_ptr(), self));
        if group.name.is_none() {
            for other in others {
                other.push(Item::Close);
            }
        }
    }
    fn join(self: &Arc<Self>, group: &Arc<Group>) {
        lock(&group.members).push(Arc::downgrade(self));
        *lock(&self.group) = Some(group.clone());
    }
}

impl Group {
    fn others(&self, port: &PortState) -> Vec<Arc<PortState>> {
        let members = lock(&self.members);
        members.iter().filter(|m| !std::ptr::eq(m.as_ptr(), port)).filter_map(Weak::upgrade).collect()
    }
}

impl Drop for PortState {
    fn drop(&mut self) {
        // A port that nobody received: the other side is closed.
        self.disentangle();
    }
}

/// Is it a port?
pub(super) fn is_port(o: Local<'_, Object>) -> bool {
    o.kind() == Kind::HostObject && o.slot(0) == Raw::int32(TAG)
}
fn with_port<R>(s: &mut Scope<'_>, o: Local<'_, Object>, f: impl FnOnce(&mut Port) -> R) -> Option<R> {
    if !is_port(o) {
        return None;
    }
    let cell = o.slot(1);
    native::with_raw::<Port, R>(s, cell, f)
}
/// The state of a port that is open.
pub(super) fn state(s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<Arc<PortState>> {
    with_port(s, o, |p| p.state.clone()).flatten()
}
/// Is it open, and not about to be closed?
pub(super) fn is_open(s: &mut Scope<'_>, o: Local<'_, Object>) -> bool {
    with_port(s, o, |p| p.state.is_some() && !p.closing) == Some(true)
}
/// Takes the state out of a port, which is closed.
pub(super) fn detach(s: &mut Scope<'_>, o: Local<'_, Object>) -> Option<Arc<PortState>> {
    let (state, handle) = with_port(s, o, |p| (p.state.take(), p.handle))?;
    let state = state?;
    *lock(&state.waker) = None;
    agent(s).loop_.close(handle);
    Some(state)
}
/// The states of two ports that hear each other.
pub(crate) fn channel() -> (Arc<PortState>, Arc<PortState>) {
    let group = Arc::new(Group { name: None, members: Mutex::default() });
    let (a, b) = (PortState::new(), PortState::new());
    a.join(&group);
    b.join(&group);
    (a, b)
}
/// A port object for a state.
pub(crate) fn new_port<'s>(s: &mut Scope<'s>, state: Arc<PortState>) -> JsResult<Local<'s, Object>> {
    // The library may not have been asked for its half yet.
    host::require_builtin(s, "internal/worker/io")?;
    let prototype = match &agent(s).extension::<Messaging>().prototype {
        Some(p) => p.get(s).value(),
        None => s.null(),
    };
    let o = object::new_kind(s, Kind::HostObject, prototype, 2);
    o.set_slot(s, 0, Raw::int32(TAG));
    let waker = agent(s).loop_.async_new();
    let handle = waker.handle();
    agent(s).loop_.unref_handle(handle);
    *lock(&state.waker) = Some(waker);
    host::set_slot_native(
        s,
        o,
        1,
        Box::new(Port {
            state: Some(state),
            handle,
            receiving: false,
            referenced: false,
            closing: false,
            closed: false,
        }),
    );
    let root = Global::new(s, o);
    let closed = Cell::new(false);
    agent(s).on_handle(
        handle,
        Rc::new(move |s: &mut Scope<'_>, c: Completion| {
            s.nested(|s| {
                let o = root.get(s);
                match c {
                    Completion::Async { .. } => deliver(s, o, false),
                    Completion::Closed { .. } if !closed.replace(true) => on_closed(s, o),
                    _ => {}
                }
            });
        }),
    );
    if let Some(init) = &agent(s).extension::<Messaging>().init {
        let init = init.get(s);
        call::call(s, init, o.value(), &[])?;
    }
    Ok(o)
}
fn construct_channel<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    if !args.is_construct() {
        return throw_coded(s, "ERR_CONSTRUCT_CALL_REQUIRED", "Cannot call constructor without `new`");
    }
    let channel =
        function::create_from_constructor(s, args.new_target(), Intrinsic::ObjectPrototype, Kind::Object, 0)?;
    let (first, second) = self::channel();
    for (name, state) in [("port1", first), ("port2", second)] {
        let port = new_port(s, state)?;
        host::define_value(s, channel, name, port.value());
    }
    Ok(channel.value())
}
/// broadcastChannel(name) -> port that hears all others of this name
fn broadcast_channel<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let name = name_argument(s, args.get(0))?;
    let channels = agent(s).shared.extension::<Channels>();
    let mut channels = lock(&channels.0);
    channels.retain(|c| c.strong_count() > 0);
    let known = channels.iter().filter_map(Weak::upgrade).find(|g| g.name.as_ref() == Some(&name));
    let group = known.unwrap_or_else(|| {
        let group = Arc::new(Group { name: Some(name), members: Mutex::default() });
        channels.push(Arc::downgrade(&group));
        group
    });
    drop(channels);
    let state = PortState::new();
    state.join(&group);
    Ok(new_port(s, state)?.value())
}

/// openInbox(threadId) -> port that gets what is posted to the thread's inbox
fn open_inbox<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let id = args.get(0).as_number().unwrap_or(0.0) as u32;
    let inboxes = agent(s).shared.extension::<Inboxes>();
    let mut list = lock(&inboxes.0);
    let reserved = list.iter_mut().find(|i| i.thread == id).and_then(|i| i.reserved.take());
    let state = reserved.unwrap_or_else(|| {
        let state = PortState::new();
        list.push(Inbox { thread: id, reserved: None, open: Arc::downgrade(&state) });
        state
    });
    drop(list);
    Ok(new_port(s, state)?.value())
}
/// postToInbox(threadId, value, transferList) -> false if there is no such inbox
fn post_to_inbox<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let id = args.get(0).as_number().unwrap_or(-1.0);
    let inboxes = agent(s).shared.extension::<Inboxes>();
    let found = lock(&inboxes.0).iter().find(|i| f64::from(i.thread) == id).and_then(|i| i.open.upgrade());
    let Some(inbox) = found else { return Ok(s.bool(false)) };
    let transfer = transfer_argument(s, args.get(2))?;
    let m = message::serialize(s, args.get(1), &transfer, None)?;
    inbox.push(Item::Message(m));
    Ok(s.bool(true))
}

// ---------------------------------------------------------------- delivery

/// Calls the library with an event of a port. False if it threw: the error has been dealt with.
fn emit(
    s: &mut Scope<'_>,
    o: Local<'_, Object>,
    data: Local<'_, Value>,
    ports: Local<'_, Value>,
    kind: &str,
) -> bool {
    let Some(f) = &agent(s).extension::<Messaging>().emit else { return true };
    let f = f.get(s);
    let kind = s.string_value(kind);
    make_callback(s, o, f, &[data, ports, kind]).is_some()
}
/// Takes the next item if the port may receive it.
fn next_item(s: &mut Scope<'_>, o: Local<'_, Object>, forced: bool) -> Option<Item> {
    with_port(s, o, |p| {
        let mut queue = lock(&p.state.as_ref()?.queue);
        let ready = forced || p.receiving || matches!(queue.front(), Some(Item::Close));
        if ready { queue.pop_front() } else { None }
    })
    .flatten()
}
/// Delivers what is in the queue of a port. `forced`: also if it has not been started.
fn deliver(s: &mut Scope<'_>, o: Local<'_, Object>, forced: bool) {
    let waiting = state(s, o).map_or(0, |p| lock(&p.queue).len());
    for _ in 0..waiting.max(BATCH) {
        let done = s.nested(|s| match next_item(s, o, forced) {
            None => true,
            Some(Item::Close) => {
                close_port(s, o);
                true
            }
            Some(Item::Message(m)) => {
                let event = host::enter(s, |s| receive(s, o, m));
                !event || s.vm().terminating
            }
        });
        if done {
            break;
        }
    }
    if let Some(p) = state(s, o) {
        let ready = with_port(s, o, |p| p.receiving) == Some(true);
        if ready && !lock(&p.queue).is_empty() {
            p.wake();
        }
    }
}
/// Makes the value of a message and tells the library.
fn receive(s: &mut Scope<'_>, o: Local<'_, Object>, m: Message) -> bool {
    match message::deserialize(s, m) {
        Ok((data, ports)) => {
            let ports = object::array_from_list(s, &ports);
            emit(s, o, data, ports.value(), "message")
        }
        Err(t) => {
            if s.vm().terminating {
                return false;
            }
            let e = s.take_exception(t);
            let ports = object::new_array(s, 0);
            emit(s, o, e, ports.value(), "messageerror")
        }
    }
}
fn close_port(s: &mut Scope<'_>, o: Local<'_, Object>) {
    let handle = with_port(s, o, |p| {
        p.closing = true;
        p.state.is_some().then_some(p.handle)
    });
    if let Some(handle) = handle.flatten() {
        agent(s).loop_.close(handle);
    }
}
fn on_closed(s: &mut Scope<'_>, o: Local<'_, Object>) {
    if let Some(state) = with_port(s, o, |p| p.state.take()).flatten() {
        *lock(&state.waker) = None;
        state.disentangle();
    }
    let u = s.undefined();
    emit(s, o, u, u, "close");
    with_port(s, o, |p| p.closed = true);
}

// ---------------------------------------------------------------- methods

/// `process.emitWarning(text)`
fn warn(s: &mut Scope<'_>, text: &str) -> JsResult<()> {
    let Some(process) = &agent(s).process else { return Ok(()) };
    let process = process.get(s);
    let f = object::get_named(s, process, "emitWarning")?;
    let text = s.string_value(text);
    call::call(s, f, process.value(), &[text]).map(|_| ())
}

fn this_port<'s>(s: &mut Scope<'_>, v: Local<'s, Value>) -> JsResult<Local<'s, Object>> {
    match v.as_object().filter(|o| is_port(*o)) {
        Some(o) => Ok(o),
        None => s.throw_type_error("Illegal invocation"),
    }
}
/// postMessage(value, transferListOrOptions) -> true if somebody may get it
fn post_message<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    if args.len() == 0 {
        return throw_coded(s, "ERR_MISSING_ARGS", "Not enough arguments to MessagePort.postMessage");
    }
    let o = this_port(s, this)?;
    let transfer = transfer_argument(s, args.get(1))?;
    let own = state(s, o);
    // The other side must not go into its own queue.
    let others = own.as_ref().map(PortState::others).unwrap_or_default();
    let mut m = message::serialize(s, args.get(0), &transfer, Some(o))?;
    let is_channel = own.as_ref().is_some_and(|p| p.is_channel());
    if !is_channel && others.len() > 1 && m.has_transfers() {
        return message::throw_data_clone_error(
            s,
            "Transferables cannot be used with multiple destinations.",
        );
    }
    if is_channel {
        if let Some(other) = others.first() {
            if m.holds_port(other) {
                warn(s, "The target port was posted to itself, and the communication channel was lost")?;
                other.disentangle();
                return Ok(s.bool(true));
            }
        }
    }
    if let Some((last, first)) = others.split_last() {
        for p in first {
            p.push(Item::Message(m.share()));
        }
        last.push(Item::Message(std::mem::take(&mut m)));
    }
    Ok(s.bool(own.is_some()))
}
fn start<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let o = this_port(s, this)?;
    if let Some(p) = state(s, o) {
        with_port(s, o, |p| p.receiving = true);
        if !lock(&p.queue).is_empty() {
            p.wake();
        }
    }
    Ok(s.undefined())
}
fn close<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let o = this_port(s, this)?;
    close_port(s, o);
    Ok(s.undefined())
}
fn drain<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let o = this_port(s, this)?;
    deliver(s, o, true);
    Ok(s.undefined())
}
fn set_ref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, referenced: bool) -> Returned<'s> {
    let o = this_port(s, this)?;
    let handle = with_port(s, o, |p| {
        p.referenced = referenced;
        p.state.is_some().then_some(p.handle)
    });
    if let Some(handle) = handle.flatten() {
        let l = &mut agent(s).loop_;
        if referenced { l.ref_handle(handle) } else { l.unref_handle(handle) }
    }
    Ok(s.undefined())
}
fn ref_port<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    set_ref(s, this, true)
}
fn unref_port<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    set_ref(s, this, false)
}
/// hasRef() -> boolean; undefined once the port has been closed
fn has_ref<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    let o = this_port(s, this)?;
    let (referenced, closed) =
        with_port(s, o, |p| (p.referenced && p.state.is_some(), p.closed)).unwrap_or((false, true));
    Ok(if closed { s.undefined() } else { s.bool(referenced) })
}
/// stopMessagePort(port)
fn stop_message_port<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let o = this_port(s, args.get(0))?;
    with_port(s, o, |p| p.receiving = false);
    Ok(s.undefined())
}
/// drainMessagePort(port): delivers all messages now
fn drain_message_port<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let o = this_port(s, args.get(0))?;
    deliver(s, o, true);
    Ok(s.undefined())
}
/// receiveMessageOnPort(port) -> value | no_message_symbol
fn receive_message_on_port<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(o) = args.get(0).as_object().filter(|o| is_port(*o)) else {
        return throw_coded(
            s,
            "ERR_INVALID_ARG_TYPE",
            "The \"port\" argument must be a MessagePort instance",
        );
    };
    let item = state(s, o).and_then(|p| {
        let mut queue = lock(&p.queue);
        if matches!(queue.front(), Some(Item::Message(_))) { queue.pop_front() } else { None }
    });
    match item {
        Some(Item::Message(m)) => Ok(message::deserialize(s, m)?.0),
        _ => {
            let symbols = host::internal_binding(s, "symbols")?;
            object::get_named(s, symbols, "no_message_symbol")
        }
    }
}
