//! Evaluation of modules: the depth-first walk, and what is left to the asynchronous ones.

use spey_gc::Value as Raw;

use super::{Module, field, from_value, get_int, get_status, has_tla, status, to_value};
use crate::cell::Object;
use crate::function::{self, NativeSpec};
use crate::object;
use crate::promise;
use crate::scope::{JsResult, Local, Scope, Value};

/// Evaluate, §16.2.1.6.1.3: a promise.
pub fn evaluate<'s>(s: &mut Scope<'s>, m: Module<'_>) -> JsResult<Local<'s, Object>> {
    let mut m = from_value(s, m.raw());
    let st = get_status(m);
    if st == status::EVALUATING_ASYNC || st == status::EVALUATED {
        let root = m.at(field::CYCLE_ROOT);
        if root.is_cell() {
            m = from_value(s, root);
        }
    }
    let c = m.at(field::CAPABILITY);
    if let Some(p) = s.local(c).as_object() {
        return Ok(p);
    }
    let p = promise::new_promise(s);
    m.set_at(s, field::CAPABILITY, p.raw());
    let mut stack = vec![];
    match inner_evaluate(s, m, &mut stack, 0) {
        Err(t) => {
            let e = s.take_exception(t);
            for x in stack {
                x.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
                x.set_at(s, field::ERROR, e.raw());
                if x.at(field::CYCLE_ROOT).is_undefined() {
                    x.set_at(s, field::CYCLE_ROOT, x.raw());
                }
            }
            if m.at(field::ERROR).is_empty() {
                m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
                m.set_at(s, field::ERROR, e.raw());
            }
            promise::reject(s, p, e);
        }
        Ok(_) => {
            if m.at(field::ASYNC_ORDER).is_undefined() {
                let u = s.undefined();
                promise::resolve(s, p, u);
            }
        }
    }
    Ok(p)
}
/// InnerModuleEvaluation, §16.2.1.6.1.3.1
fn inner_evaluate<'s>(
    s: &mut Scope<'s>,
    m: Module<'s>,
    stack: &mut Vec<Module<'s>>,
    mut index: i32,
) -> JsResult<i32> {
    if !s.vm().native_stack_ok() {
        return crate::error::throw_stack_overflow(s);
    }
    let st = get_status(m);
    if st == status::EVALUATING_ASYNC || st == status::EVALUATED {
        let e = m.at(field::ERROR);
        if e.is_empty() {
            return Ok(index);
        }
        let e = s.local(e);
        return s.throw(e);
    }
    if st == status::EVALUATING {
        return Ok(index);
    }
    if m.at(field::CLOSURE).is_undefined() {
        // Synthetic module.
        m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
        m.set_at(s, field::CYCLE_ROOT, m.raw());
        let steps = s.local(m.at(field::STEPS));
        if steps.is_callable() {
            let u = s.undefined();
            if let Err(t) = crate::call::call(s, steps, u, &[]) {
                let e = s.take_exception(t);
                m.set_at(s, field::ERROR, e.raw());
                return s.throw(e);
            }
        }
        return Ok(index);
    }
    m.set_at(s, field::STATUS, Raw::int32(status::EVALUATING));
    m.set_at(s, field::DFS_INDEX, Raw::int32(index));
    m.set_at(s, field::DFS_ANCESTOR, Raw::int32(index));
    m.set_at(s, field::PENDING, Raw::int32(0));
    index += 1;
    stack.push(m);
    for mut x in super::deferred::evaluation_list(s, m) {
        index = inner_evaluate(s, x, stack, index)?;
        if x.at(field::CLOSURE).is_undefined() {
            continue;
        }
        if get_status(x) == status::EVALUATING {
            let a = get_int(m, field::DFS_ANCESTOR).min(get_int(x, field::DFS_ANCESTOR));
            m.set_at(s, field::DFS_ANCESTOR, Raw::int32(a));
        } else {
            let root = x.at(field::CYCLE_ROOT);
            if root.is_cell() {
                x = from_value(s, root);
            }
            let e = x.at(field::ERROR);
            if !e.is_empty() {
                let e = s.local(e);
                return s.throw(e);
            }
        }
        if x.at(field::ASYNC_ORDER).is_int32() && get_status(x) != status::EVALUATED {
            let p = get_int(m, field::PENDING) + 1;
            m.set_at(s, field::PENDING, Raw::int32(p));
            let parents = s.local(x.at(field::PARENTS)).as_object().expect("array");
            object::array_push(s, parents, to_value(m));
        }
    }
    if get_int(m, field::PENDING) > 0 || has_tla(s, m) {
        s.vm().module_async_order += 1;
        let order = s.vm().module_async_order;
        m.set_at(s, field::ASYNC_ORDER, Raw::int32(order));
        if get_int(m, field::PENDING) == 0 {
            execute_async(s, m)?;
        }
    } else {
        execute_sync(s, m)?;
    }
    if get_int(m, field::DFS_ANCESTOR) == get_int(m, field::DFS_INDEX) {
        while let Some(x) = stack.pop() {
            let st = if x.at(field::ASYNC_ORDER).is_undefined() {
                status::EVALUATED
            } else {
                status::EVALUATING_ASYNC
            };
            if get_status(x) == status::EVALUATING {
                x.set_at(s, field::STATUS, Raw::int32(st));
            }
            x.set_at(s, field::CYCLE_ROOT, m.raw());
            if x.is_same(m) {
                break;
            }
        }
    }
    Ok(index)
}
fn execute_sync(s: &mut Scope<'_>, m: Module<'_>) -> JsResult<()> {
    s.nested(|s| {
        let f = s.local(m.at(field::CLOSURE));
        let u = s.undefined();
        crate::call::call(s, f, u, &[]).map(|_| ())
    })
}
static FULFILLED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let v = function::native_data(s, args.callee(), 0);
    let m = from_value(s, v.raw());
    async_fulfilled(s, m);
    Ok(s.undefined())
});
static REJECTED: NativeSpec = NativeSpec::new("", 1, |s, _, args| {
    let v = function::native_data(s, args.callee(), 0);
    let m = from_value(s, v.raw());
    async_rejected(s, m, args.get(0));
    Ok(s.undefined())
});
/// ExecuteAsyncModule, §16.2.1.6.1.3.2
fn execute_async(s: &mut Scope<'_>, m: Module<'_>) -> JsResult<()> {
    s.nested(|s| {
        let f = s.local(m.at(field::CLOSURE));
        let u = s.undefined();
        let p = crate::call::call(s, f, u, &[])?;
        let p = promise::to_native_promise(s, p)?;
        let a = function::new_native_with(s, &FULFILLED, &[to_value(m)]);
        let b = function::new_native_with(s, &REJECTED, &[to_value(m)]);
        promise::perform_then(s, p, a.value(), b.value(), None);
        Ok(())
    })
}
/// GatherAvailableAncestors, §16.2.1.6.1.3.3
fn gather<'s>(s: &mut Scope<'s>, m: Module<'_>, list: &mut Vec<Module<'s>>) {
    let parents = s.local(m.at(field::PARENTS)).as_object().expect("array");
    let n = parents.slot(object::ARRAY_LENGTH).as_number() as u32;
    for i in 0..n {
        let v = object::dense_element(parents, i).expect("parent");
        let p = from_value(s, v);
        if list.iter().any(|x| x.is_same(p)) {
            continue;
        }
        let root = p.at(field::CYCLE_ROOT);
        if root.is_cell() && !from_value(s, root).at(field::ERROR).is_empty() {
            continue;
        }
        let pending = get_int(p, field::PENDING) - 1;
        p.set_at(s, field::PENDING, Raw::int32(pending));
        if pending == 0 {
            list.push(p);
            if !has_tla(s, p) {
                gather(s, p, list);
            }
        }
    }
}
/// AsyncModuleExecutionFulfilled, §16.2.1.6.1.3.4
fn async_fulfilled(s: &mut Scope<'_>, m: Module<'_>) {
    if get_status(m) == status::EVALUATED {
        return;
    }
    m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
    settle_capability(s, m, None);
    let mut list = vec![];
    gather(s, m, &mut list);
    list.sort_by_key(|x| get_int(*x, field::ASYNC_ORDER));
    for x in list {
        if get_status(x) == status::EVALUATED {
            continue;
        }
        if has_tla(s, x) {
            if let Err(t) = execute_async(s, x) {
                let e = s.take_exception(t);
                async_rejected(s, x, e);
            }
        } else {
            match execute_sync(s, x) {
                Err(t) => {
                    let e = s.take_exception(t);
                    async_rejected(s, x, e);
                }
                Ok(()) => {
                    x.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
                    settle_capability(s, x, None);
                }
            }
        }
    }
}
/// AsyncModuleExecutionRejected, §16.2.1.6.1.3.5
fn async_rejected(s: &mut Scope<'_>, m: Module<'_>, e: Local<'_, Value>) {
    if get_status(m) == status::EVALUATED {
        return;
    }
    m.set_at(s, field::ERROR, e.raw());
    m.set_at(s, field::STATUS, Raw::int32(status::EVALUATED));
    settle_capability(s, m, Some(e));
    let parents = s.local(m.at(field::PARENTS)).as_object().expect("array");
    let n = parents.slot(object::ARRAY_LENGTH).as_number() as u32;
    for i in 0..n {
        let v = object::dense_element(parents, i).expect("parent");
        let p = from_value(s, v);
        async_rejected(s, p, e);
    }
}
fn settle_capability(s: &mut Scope<'_>, m: Module<'_>, error: Option<Local<'_, Value>>) {
    let c = m.at(field::CAPABILITY);
    if let Some(p) = s.local(c).as_object() {
        match error {
            Some(e) => promise::reject(s, p, e),
            None => {
                let u = s.undefined();
                promise::resolve(s, p, u)
            }
        }
    }
}
