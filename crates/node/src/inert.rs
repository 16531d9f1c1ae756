//! Bindings of facilities this build has not: programs that look find them turned off.

use spey_engine::{Local, NativeSpec, Object, Scope};
use spey_host::{SharedArray, agent, define_functions, define_value};

#[derive(Default)]
struct State {
    arrays: Vec<SharedArray<u8>>,
}
/// A Uint8Array of one zero: a switch that is off.
fn off(s: &mut Scope<'_>, target: Local<'_, Object>, name: &str) {
    if let Ok(array) = SharedArray::<u8>::new(s, 1) {
        let v = array.object(s);
        define_value(s, target, name, v.value());
        agent(s).extension::<State>().arrays.push(array);
    }
}

static TRACE_FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("trace", 5, |s, _, _| Ok(s.undefined())),
    NativeSpec::new("isTraceCategoryEnabled", 1, |s, _, _| Ok(s.bool(false))),
    NativeSpec::new("setTraceCategoryStateUpdateHandler", 1, |s, _, _| Ok(s.undefined())),
    NativeSpec::new("getEnabledCategories", 0, |s, _, _| Ok(s.undefined())),
    NativeSpec::new("getCategoryEnabledBuffer", 1, |s, _, _| {
        let array = SharedArray::<u8>::new(s, 1)?;
        let v = array.object(s);
        agent(s).extension::<State>().arrays.push(array);
        Ok(v.value())
    }),
];
pub(crate) fn install_trace_events(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, TRACE_FUNCTIONS);
    let no = s.bool(false);
    define_value(s, target, "available", no);
}
pub(crate) fn install_mksnapshot(s: &mut Scope<'_>, target: Local<'_, Object>) {
    off(s, target, "isBuildingSnapshotBuffer");
}
static INSPECTOR_FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("isEnabled", 0, |s, _, _| Ok(s.bool(false))),
    NativeSpec::new("url", 0, |s, _, _| Ok(s.undefined())),
];
pub(crate) fn install_inspector(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_functions(s, target, INSPECTOR_FUNCTIONS);
}
/// Diagnostic reports: the library makes do without the native half.
pub(crate) fn install_report(_: &mut Scope<'_>, _: Local<'_, Object>) {}
