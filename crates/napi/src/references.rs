//! References and finalisers: `napi_ref`, and everything else that must be told when an object dies or the agent ends.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_void;
use std::rc::Rc;

use spey_engine::{Local, PersistentId, Scope, Value};
use spey_host::{agent, enter};

use crate::abi::{EnvPtr, Finalize, NapiValue, Out, Status};
use crate::env::{Env, State, basic, plain, plain_value};

/// A finaliser with its arguments.
#[derive(Clone, Copy)]
pub(crate) struct Finalizer {
    pub(crate) callback: Finalize,
    pub(crate) data: *mut c_void,
    pub(crate) hint: *mut c_void,
    /// Exceptions are uncaught whatever version the addon was built for.
    reports: bool,
}
impl Finalizer {
    /// With exceptions treated as the addon's version asks for.
    pub(crate) fn quiet(self) -> Finalizer {
        Finalizer { reports: false, ..self }
    }
    /// A finaliser, if there is a callback.
    pub(crate) fn new(callback: Option<Finalize>, data: *mut c_void, hint: *mut c_void) -> Option<Finalizer> {
        callback.map(|callback| Finalizer { callback, data, hint, reports: true })
    }
    /// Calls it.
    pub(crate) fn call(self, env: EnvPtr) {
        // SAFETY: the addon's function with the addon's arguments, called once.
        unsafe { (self.callback)(env, self.data, self.hint) }
    }
}

/// Who ends the life of a [`Reference`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// It goes with its object.
    Runtime,
    /// The addon deletes it.
    Addon,
}

/// `napi_ref`: a value held strongly while the count is above 0, weakly else; or a finaliser without a value.
pub struct Reference {
    slot: Option<PersistentId>,
    can_be_weak: bool,
    count: u32,
    owner: Owner,
    finalizer: Option<Finalizer>,
    data: *mut c_void,
}
/// `napi_ref` as C has it: the number of a reference, never 0. One that has been deleted is not found again.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct RefPtr(usize);
impl RefPtr {
    /// For C.
    pub(crate) fn new(id: u64) -> RefPtr {
        RefPtr(id as usize)
    }
}

/// All references of an environment, by numbers that are unique in the agent. They grow, so that the last is the youngest.
#[derive(Default)]
pub(crate) struct Tracked {
    /// Those whose finaliser has not run.
    finalizing: BTreeMap<u64, Reference>,
    plain: BTreeMap<u64, Reference>,
    /// Finalisers to run outside of collections.
    pending: VecDeque<u64>,
}

impl Tracked {
    fn insert(&mut self, id: u64, r: Reference) {
        let map = if r.finalizer.is_some() { &mut self.finalizing } else { &mut self.plain };
        map.insert(id, r);
    }
    fn get(&mut self, id: u64) -> Option<&mut Reference> {
        self.finalizing.get_mut(&id).or_else(|| self.plain.get_mut(&id))
    }
    /// The reference that C refers to; None if it has been deleted.
    fn find(&mut self, r: RefPtr) -> Option<&mut Reference> {
        self.get(r.0 as u64)
    }
    fn remove(&mut self, id: u64) -> Option<Reference> {
        self.finalizing.remove(&id).or_else(|| self.plain.remove(&id))
    }
    /// Takes the finaliser out; the reference goes, too, unless the addon owns it.
    fn take_finalizer(&mut self, id: u64) -> Option<(Finalizer, Option<PersistentId>)> {
        let mut r = self.finalizing.remove(&id)?;
        let finalizer = r.finalizer.take()?;
        let slot = r.slot.take();
        if r.owner == Owner::Addon {
            self.plain.insert(id, r);
        }
        Some((finalizer, slot))
    }
    /// Something waits for [`drain`].
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }
    /// Lets the finaliser of `id` run soon.
    pub(crate) fn enqueue(&mut self, id: u64) {
        if self.finalizing.contains_key(&id) {
            self.pending.push_back(id);
        }
    }
}

/// Can be the target of a weak reference.
fn can_be_weak(v: Local<'_, Value>) -> bool {
    v.is_object() || v.is_symbol()
}

/// A new reference to `v`.
pub(crate) fn new_reference(
    env: &Env,
    s: &mut Scope<'_>,
    v: Local<'_, Value>,
    count: u32,
    owner: Owner,
    finalizer: Option<Finalizer>,
    data: *mut c_void,
) -> u64 {
    let can_be_weak = can_be_weak(v);
    let slot = (count > 0 || can_be_weak).then(|| {
        let raw = v.raw();
        let slot = s.vm().heap.persistents.insert(raw);
        if count == 0 {
            s.vm().heap.persistents.make_weak(slot);
        }
        slot
    });
    let id = env.new_id();
    env.tracked.borrow_mut().insert(id, Reference { slot, can_be_weak, count, owner, finalizer, data });
    id
}
/// Tracks a finaliser that belongs to no value; the number is for [`Tracked::enqueue`] and [`forget`].
pub(crate) fn track(env: &Env, finalizer: Finalizer) -> u64 {
    let data = finalizer.data;
    track_data(env, Some(finalizer), Owner::Runtime, data)
}
fn track_data(env: &Env, finalizer: Option<Finalizer>, owner: Owner, data: *mut c_void) -> u64 {
    let id = env.new_id();
    let r = Reference { slot: None, can_be_weak: false, count: 0, owner, finalizer, data };
    env.tracked.borrow_mut().insert(id, r);
    id
}
/// Forgets a reference; its finaliser does not run.
pub(crate) fn forget(env: &Env, id: u64) {
    let removed = env.tracked.borrow_mut().remove(id);
    if let Some(slot) = removed.and_then(|r| r.slot) {
        env.scope().vm().heap.persistents.remove(slot);
    }
}
/// Data of a reference.
pub(crate) fn data_of(env: &Env, id: u64) -> Option<*mut c_void> {
    env.tracked.borrow_mut().get(id).map(|r| r.data)
}
/// The environment that has the reference of a wrap: addons may hand wrapped objects to each other.
pub(crate) fn owner_of(env: &Env, id: u64) -> Option<Rc<Env>> {
    let mut s = env.scope();
    let envs = &agent(&mut s).extension::<State>().envs;
    envs.iter().find(|e| e.tracked.borrow_mut().get(id).is_some()).cloned()
}
/// Ends a wrap: the finaliser will not run; the reference stays if the addon owns it.
pub(crate) fn release_wrap(env: &Env, id: u64) {
    let mut tracked = env.tracked.borrow_mut();
    let Some(r) = tracked.get(id) else { return };
    if r.owner == Owner::Addon {
        if let Some(mut r) = tracked.finalizing.remove(&id) {
            r.finalizer = None;
            tracked.plain.insert(id, r);
        }
        return;
    }
    drop(tracked);
    forget(env, id);
}

/// After a major collection: finds the references whose value has died. Runs inside of the collector's epilogue.
pub(crate) fn sweep(env: &Env) {
    let mut s = env.scope();
    let mut run_now = vec![];
    {
        let mut tracked = env.tracked.borrow_mut();
        let Tracked { finalizing, plain, pending, .. } = &mut *tracked;
        let persistents = &mut s.vm().heap.persistents;
        let mut died = |r: &mut Reference| match r.slot {
            Some(slot) if r.count == 0 && persistents.is_cleared(slot) => {
                persistents.remove(slot);
                r.slot = None;
                true
            }
            _ => false,
        };
        for (id, r) in finalizing.iter_mut() {
            if died(r) {
                if env.is_experimental() {
                    run_now.push(*id);
                } else {
                    pending.push_back(*id);
                }
            }
        }
        plain.retain(|_, r| !(died(r) && r.owner == Owner::Runtime));
    }
    // Finalisers of the experimental interface must not touch the heap, and so may run here.
    env.in_collection.set(true);
    for id in run_now {
        let finalizer = env.tracked.borrow_mut().take_finalizer(id);
        if let Some((finalizer, _)) = finalizer {
            finalizer.call(env.ptr());
        }
    }
    env.in_collection.set(false);
}
/// Runs the finalisers that wait.
pub(crate) fn drain(env: &Env, s: &mut Scope<'_>) {
    loop {
        let Some(id) = env.tracked.borrow_mut().pending.pop_front() else { return };
        run_finalizer(env, s, id);
    }
}
fn run_finalizer(env: &Env, s: &mut Scope<'_>, id: u64) {
    let taken = env.tracked.borrow_mut().take_finalizer(id);
    let Some((finalizer, slot)) = taken else { return };
    if let Some(slot) = slot {
        s.vm().heap.persistents.remove(slot);
    }
    let call = |s: &mut Scope<'_>| {
        s.nested(|s| env.call_addon_from_loop(s, finalizer.reports, |env| finalizer.call(env)));
    };
    if env.can_run_js() { enter(s, call) } else { call(s) }
}
/// The agent ends: runs all finalisers, the youngest first, then forgets all references.
pub(crate) fn finalize_all(env: &Env, s: &mut Scope<'_>) {
    drain(env, s);
    loop {
        let last = env.tracked.borrow().finalizing.last_key_value().map(|e| *e.0);
        let Some(id) = last else { break };
        run_finalizer(env, s, id);
    }
    loop {
        let last = env.tracked.borrow_mut().plain.pop_last();
        let Some((_, r)) = last else { return };
        if let Some(slot) = r.slot {
            s.vm().heap.persistents.remove(slot);
        }
    }
}

/// napi_create_reference
#[unsafe(no_mangle)]
pub extern "C" fn napi_create_reference(
    env: EnvPtr,
    value: NapiValue,
    initial_count: u32,
    result: Out<RefPtr>,
) -> Status {
    plain(env, |env, s| {
        let v = value.required()?;
        result.required()?;
        if env.version < 10 && !can_be_weak(v) {
            return Err(Status::InvalidArg.into());
        }
        let id = new_reference(env, s, v, initial_count, Owner::Addon, None, std::ptr::null_mut());
        result.set(RefPtr::new(id));
        Ok(())
    })
}
/// napi_delete_reference
#[unsafe(no_mangle)]
pub extern "C" fn napi_delete_reference(env: EnvPtr, reference: RefPtr) -> Status {
    basic(env, |env| {
        env.tracked.borrow_mut().find(reference).ok_or(Status::InvalidArg)?;
        forget(env, reference.0 as u64);
        Ok(())
    })
}
/// napi_reference_ref
#[unsafe(no_mangle)]
pub extern "C" fn napi_reference_ref(env: EnvPtr, reference: RefPtr, result: Out<u32>) -> Status {
    plain(env, |env, s| {
        let mut tracked = env.tracked.borrow_mut();
        let r = tracked.find(reference).ok_or(Status::InvalidArg)?;
        // The value may have died.
        if let Some(slot) = r.slot {
            r.count += 1;
            if r.count == 1 {
                s.vm().heap.persistents.make_strong(slot);
            }
        }
        result.set(if r.slot.is_some() { r.count } else { 0 });
        Ok(())
    })
}
/// napi_reference_unref
#[unsafe(no_mangle)]
pub extern "C" fn napi_reference_unref(env: EnvPtr, reference: RefPtr, result: Out<u32>) -> Status {
    plain(env, |env, s| {
        let mut tracked = env.tracked.borrow_mut();
        let r = tracked.find(reference).ok_or(Status::InvalidArg)?;
        if r.count == 0 {
            return Err(Status::GenericFailure.into());
        }
        r.count -= 1;
        if let (0, Some(slot)) = (r.count, r.slot) {
            if r.can_be_weak {
                s.vm().heap.persistents.make_weak(slot);
            } else {
                s.vm().heap.persistents.remove(slot);
                r.slot = None;
            }
        }
        result.set(r.count);
        Ok(())
    })
}
/// napi_get_reference_value
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_reference_value(env: EnvPtr, reference: RefPtr, result: Out<NapiValue>) -> Status {
    let mut found = false;
    let status = plain_value(env, result, |env, s| {
        let slot = env.tracked.borrow_mut().find(reference).ok_or(Status::InvalidArg)?.slot;
        let slot = slot.filter(|slot| !s.vm().heap.persistents.is_cleared(*slot));
        found = slot.is_some();
        Ok(match slot {
            Some(slot) => {
                let v = s.vm().heap.persistents.get(slot);
                s.local(v)
            }
            None => s.undefined(),
        })
    });
    if status == Status::Ok && !found {
        result.set(NapiValue::NULL);
    }
    status
}
/// napi_add_finalizer
#[unsafe(no_mangle)]
pub extern "C" fn napi_add_finalizer(
    env: EnvPtr,
    object: NapiValue,
    data: *mut c_void,
    callback: Option<Finalize>,
    hint: *mut c_void,
    result: Out<RefPtr>,
) -> Status {
    plain(env, |env, s| {
        let v = object.required()?;
        let finalizer = Finalizer::new(callback, data, hint).ok_or(Status::InvalidArg)?;
        if !v.is_object() {
            return Err(Status::InvalidArg.into());
        }
        let owner = if result.is_null() { Owner::Runtime } else { Owner::Addon };
        let id = new_reference(env, s, v, 0, owner, Some(finalizer), data);
        result.set(RefPtr::new(id));
        Ok(())
    })
}
/// node_api_post_finalizer
#[unsafe(no_mangle)]
pub extern "C" fn node_api_post_finalizer(
    env: EnvPtr,
    callback: Option<Finalize>,
    data: *mut c_void,
    hint: *mut c_void,
) -> Status {
    basic(env, |env| {
        let finalizer = Finalizer::new(callback, data, hint).ok_or(Status::InvalidArg)?;
        let id = track(env, finalizer);
        env.tracked.borrow_mut().enqueue(id);
        Ok(())
    })
}
/// napi_set_instance_data
#[unsafe(no_mangle)]
pub extern "C" fn napi_set_instance_data(
    env: EnvPtr,
    data: *mut c_void,
    callback: Option<Finalize>,
    hint: *mut c_void,
) -> Status {
    basic(env, |env| {
        // As in Node, what was set before is not finalised.
        if let Some(old) = env.instance.take() {
            forget(env, old);
        }
        let id = track_data(env, Finalizer::new(callback, data, hint), Owner::Addon, data);
        env.instance.set(Some(id));
        Ok(())
    })
}
/// napi_get_instance_data
#[unsafe(no_mangle)]
pub extern "C" fn napi_get_instance_data(env: EnvPtr, data: Out<*mut c_void>) -> Status {
    basic(env, |env| {
        data.required()?;
        let found = env.instance.get().and_then(|id| data_of(env, id));
        data.set(found.unwrap_or(std::ptr::null_mut()));
        Ok(())
    })
}
