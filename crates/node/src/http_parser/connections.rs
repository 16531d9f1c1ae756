//! `ConnectionsList`: the parsers of a server, to find idle and late ones.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use spey_engine::{
    Args, JsResult, Local, NativeData, NativeSpec, Object, PropertySpec, Scope, Value, object,
};
use spey_host as host;

use super::binding::{HttpParser, ParserRef};
use crate::stream_base::Returned;

const TAG: i32 = 0x43;

/// The parsers; those that have died are skipped and removed in passing.
#[derive(Default)]
pub(super) struct Connections(RefCell<Vec<Weak<RefCell<HttpParser>>>>);

struct ListRef(Rc<Connections>);

impl NativeData for ListRef {
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// A parser's place in the list of its server.
pub(super) struct Membership {
    list: Rc<Connections>,
    /// When the current message began, in milliseconds of the loop; `None` between messages.
    pub(super) began_ms: Option<u64>,
    /// Not yet reported as late.
    watched: bool,
}

impl Membership {
    /// A message begins.
    pub(super) fn begin(&mut self, now_ms: u64) {
        self.began_ms = Some(now_ms);
        self.watched = true;
    }

    /// The message is complete.
    pub(super) fn end(&mut self) {
        self.began_ms = None;
        self.watched = false;
    }

    /// Leaves the list.
    pub(super) fn leave(self, parser: &HttpParser) {
        let mut list = self.list.0.borrow_mut();
        if let Some(position) =
            list.iter().position(|entry| std::ptr::eq(entry.as_ptr().cast(), parser.address))
        {
            list.swap_remove(position);
        }
    }
}

/// Enters a parser into the list `v`; TypeError if that is none.
pub(super) fn join(
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    parser: &ParserRef,
    now_ms: u64,
) -> JsResult<Membership> {
    let list = host::with_data_mut::<ListRef, _>(s, v, |list| list.0.clone())?;
    list.0.borrow_mut().push(Rc::downgrade(parser));
    // One that never sends anything is late, too.
    Ok(Membership { list, began_ms: Some(now_ms), watched: true })
}

static CLASS: NativeSpec = NativeSpec::constructor("ConnectionsList", 0, construct);
static METHODS: &[PropertySpec] = &[
    PropertySpec::Method(NativeSpec::new("all", 0, all)),
    PropertySpec::Method(NativeSpec::new("idle", 0, idle)),
    PropertySpec::Method(NativeSpec::new("active", 0, active)),
    PropertySpec::Method(NativeSpec::new("expired", 2, expired)),
];

pub(super) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_class(s, target, &CLASS, METHODS);
}

fn construct<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let object = host::new_host_object(s, args, TAG, Box::new(ListRef(Rc::default())), 0)?;
    Ok(object.value())
}

/// The objects of the parsers for which `f` holds, idle ones first, then by the age of their message.
fn select<'s>(
    s: &mut Scope<'s>,
    this: Local<'_, Value>,
    f: impl Fn(&mut Membership, bool) -> bool,
) -> Returned<'s> {
    let list = host::with_data_mut::<ListRef, _>(s, this, |list| list.0.clone())?;
    let mut found = Vec::new();
    list.0.borrow_mut().retain(|entry| {
        let Some(parser) = entry.upgrade() else { return false };
        {
            let mut state = parser.borrow_mut();
            let headers_completed = state.headers_completed;
            if let Some(membership) = &mut state.membership {
                if f(membership, headers_completed) {
                    found.push((membership.began_ms, parser.clone()));
                }
            }
        }
        true
    });
    found.sort_by_key(|(began_ms, _)| *began_ms);
    let array = object::new_array(s, 0);
    for (_, parser) in found {
        s.nested(|s| {
            let object = parser.borrow().object.as_ref().map(|object| object.get(s));
            if let Some(object) = object {
                object::array_push(s, array, object.value());
            }
        });
    }
    Ok(array.value())
}

fn all<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    select(s, this, |_, _| true)
}

fn idle<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    select(s, this, |membership, _| membership.began_ms.is_none())
}

fn active<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, _: &Args<'s>) -> Returned<'s> {
    select(s, this, |membership, _| membership.watched)
}

/// Those whose head or whole request takes longer than allowed; each is reported once.
fn expired<'s>(s: &mut Scope<'s>, this: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let milliseconds = |i: usize| args.get(i).as_number().filter(|ms| *ms > 0.0).map(|ms| ms as u64);
    let (mut headers, mut request) = (milliseconds(0), milliseconds(1));
    if let (Some(head), Some(whole)) = (headers, request) {
        if head > whole {
            (headers, request) = (request, headers);
        }
    }
    let now = host::agent(s).loop_.now();
    select(s, this, |membership, headers_completed| {
        let Some(began) = membership.began_ms.filter(|_| membership.watched) else { return false };
        let age = now.saturating_sub(began);
        let late = (!headers_completed && headers.is_some_and(|limit| age > limit))
            || request.is_some_and(|limit| age > limit);
        if late {
            membership.watched = false;
        }
        late
    })
}
