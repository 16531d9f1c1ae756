//! Which JavaScript object stands for which function, structure, array or exception of WebAssembly: always the same one,
//! as long as anybody has it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spey_core::cell::Object;
use spey_core::scope::{Local, Scope};
use spey_gc::PersistentId;
use wasmtime::{ExternRef, RootScope, StoreContextMut};

use crate::class;
use crate::exception::ExceptionData;
use crate::gc_object::GcObject;
use crate::runtime::Data;

/// What tells functions apart: code and instance. The same function has several descriptors.
pub type FunctionKey = [usize; 2];

/// The tables.
#[derive(Default)]
pub struct Identity {
    functions: RefCell<HashMap<FunctionKey, u32>>,
    objects: RefCell<Objects>,
}
#[derive(Default)]
struct Objects {
    /// Weak roots by address in the store's heap, which changes with a collection there.
    by_address: HashMap<u32, PersistentId>,
    /// Set by the death of a reference that nothing holds: there has been a collection.
    collected: Option<Arc<AtomicBool>>,
    /// Entries after the last removal of dead ones.
    kept: usize,
}
struct Sentinel(Arc<AtomicBool>);
impl Drop for Sentinel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Identity {
    /// Slot of the object of a function.
    pub fn function(&self, key: FunctionKey) -> Option<u32> {
        self.functions.borrow().get(&key).copied()
    }
    /// Records the slot of the object of a function.
    pub fn set_function(&self, key: FunctionKey, slot: u32) {
        self.functions.borrow_mut().insert(key, slot);
    }
    /// Brings the addresses up to date. To be called before an address is taken; after that nothing may be allocated in the
    /// store until the address has been looked up and recorded.
    pub fn watch(&self, s: &mut Scope<'_>, context: &mut StoreContextMut<'_, Data>) -> wasmtime::Result<()> {
        let mut objects = self.objects.borrow_mut();
        if objects.collected.as_ref().is_some_and(|c| !c.load(Ordering::Relaxed)) {
            return Ok(());
        }
        // The next collection finds this reference dead. Making it may collect, so the addresses are looked up after it.
        let flag = Arc::new(AtomicBool::new(false));
        {
            let mut scope = RootScope::new(&mut *context);
            ExternRef::new(&mut scope, Sentinel(flag.clone()))?;
        }
        objects.collected = Some(flag);
        let old = std::mem::take(&mut objects.by_address);
        for id in old.into_values() {
            let address = if s.vm().heap.persistents.is_cleared(id) {
                None
            } else {
                let v = s.vm().heap.persistents.get(id);
                s.nested(|s| s.local(v).as_object().and_then(|o| address_of(o, context)))
            };
            match address {
                Some(a) => {
                    objects.by_address.insert(a, id);
                }
                None => s.vm().heap.persistents.remove(id),
            }
        }
        objects.kept = objects.by_address.len();
        Ok(())
    }
    /// The object of the thing at an address of the store's heap.
    pub fn object<'s>(&self, s: &mut Scope<'s>, address: u32) -> Option<Local<'s, Object>> {
        let id = *self.objects.borrow().by_address.get(&address)?;
        if s.vm().heap.persistents.is_cleared(id) {
            return None;
        }
        let v = s.vm().heap.persistents.get(id);
        s.local(v).as_object()
    }
    /// Records the object of the thing at an address.
    pub fn set_object(&self, s: &mut Scope<'_>, address: u32, o: Local<'_, Object>) {
        let mut objects = self.objects.borrow_mut();
        let raw = o.raw();
        let id = s.vm().heap.persistents.insert(raw);
        s.vm().heap.persistents.make_weak(id);
        if let Some(old) = objects.by_address.insert(address, id) {
            s.vm().heap.persistents.remove(old);
        }
        if objects.by_address.len() > 2 * objects.kept + 64 {
            let persistents = &mut s.vm().heap.persistents;
            objects.by_address.retain(|_, &mut id| {
                let dead = persistents.is_cleared(id);
                if dead {
                    persistents.remove(id);
                }
                !dead
            });
            objects.kept = objects.by_address.len();
        }
    }
}
/// Address in the store's heap of what an object stands for.
fn address_of(o: Local<'_, Object>, context: &mut StoreContextMut<'_, Data>) -> Option<u32> {
    let mut scope = RootScope::new(&mut *context);
    if let Some(d) = class::data::<GcObject>(o) {
        return d.root.to_rooted(&mut scope).to_raw(&mut scope).ok();
    }
    let d = class::data::<ExceptionData>(o)?;
    d.root.to_rooted(&mut scope).to_raw(&mut scope).ok()
}
