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
