//! `import defer`: modules that are linked, and evaluated when something is looked up in their namespace.
//!
//! What such a module needs that has top-level await is evaluated with the importing module, because a look-up cannot wait.

use super::{Module, Phase, evaluate, field, from_value, get_status, has_tla, requested, requests, status};
use crate::promise;
use crate::scope::{JsResult, Scope};

fn is_cyclic(m: Module<'_>) -> bool {
    !m.at(field::CLOSURE).is_undefined()
}
/// IsModuleSCCEvaluated: is the cycle that the module is part of evaluated?
fn is_evaluated(s: &mut Scope<'_>, m: Module<'_>) -> bool {
    s.nested(|s| {
        let root = m.at(field::CYCLE_ROOT);
        let m = if root.is_cell() { from_value(s, root) } else { from_value(s, m.raw()) };
        get_status(m) == status::EVALUATED
    })
}
/// The modules that InnerModuleEvaluation evaluates for `m`, in order: what it requests, and in the place of a deferred
/// request what [`gather_asynchronous`] finds there.
pub(super) fn evaluation_list<'s>(s: &mut Scope<'s>, m: Module<'_>) -> Vec<Module<'s>> {
    let mut list: Vec<Module<'s>> = vec![];
    for (i, request) in requests(s, m).iter().enumerate() {
        let Some(x) = requested(s, m, i) else { continue };
        let found = match Phase::of(request.phase) {
            Phase::Defer => gather_asynchronous(s, x),
            Phase::Evaluation => vec![x],
        };
        for x in found {
            if !list.iter().any(|known| known.is_same(x)) {
                list.push(x);
            }
        }
    }
    list
}
/// GatherAsynchronousTransitiveDependencies: the modules with top-level await that a deferred module depends on.
pub fn gather_asynchronous<'s>(s: &mut Scope<'s>, m: Module<'_>) -> Vec<Module<'s>> {
    let (mut seen, mut found) = (vec![], vec![]);
    // The dependencies still to visit, the next one last.
    let mut waiting = vec![from_value(s, m.raw())];
    while let Some(x) = waiting.pop() {
        if seen.iter().any(|known: &Module<'_>| known.is_same(x)) {
            continue;
        }
        seen.push(x);
        if !is_cyclic(x) || get_status(x) == status::EVALUATING || is_evaluated(s, x) {
            continue;
        }
        if has_tla(s, x) {
            found.push(x);
            continue;
        }
        for i in (0..requests(s, x).len()).rev() {
            waiting.extend(requested(s, x, i));
        }
    }
    found
}
/// ReadyForSyncExecution: can the module be evaluated without waiting?
fn is_ready(s: &mut Scope<'_>, m: Module<'_>) -> bool {
    s.nested(|s| {
        let mut seen = vec![];
        let mut waiting = vec![from_value(s, m.raw())];
        while let Some(x) = waiting.pop() {
            if seen.iter().any(|known: &Module<'_>| known.is_same(x)) {
                continue;
            }
            seen.push(x);
            if !is_cyclic(x) || is_evaluated(s, x) {
                continue;
            }
            if matches!(get_status(x), status::EVALUATING | status::EVALUATING_ASYNC) {
                return false;
            }
            if has_tla(s, x) {
                return false;
            }
            for i in 0..requests(s, x).len() {
                waiting.extend(requested(s, x, i));
            }
        }
        true
    })
}
/// EnsureDeferredNamespaceEvaluation and EvaluateModuleSync: evaluates the module, and throws what it throws.
pub(super) fn evaluate_synchronously(s: &mut Scope<'_>, m: Module<'_>) -> JsResult<()> {
    if is_evaluated(s, m) && m.at(field::ERROR).is_empty() {
        return Ok(());
    }
    if !is_ready(s, m) {
        return s.throw_type_error(
            "A deferred module cannot be evaluated while it, or what it depends on, is being evaluated",
        );
    }
    let p = evaluate(s, m)?;
    if promise::state(p) == promise::REJECTED {
        promise::mark_handled(s, p);
        let e = p.slot_local(s, promise::slot::RESULT);
        return s.throw(e);
    }
    Ok(())
}
