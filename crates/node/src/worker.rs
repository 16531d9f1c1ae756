//! Binding `worker`.

use spey_engine::{Local, Object, Scope};

pub(crate) fn install(_: &mut Scope<'_>, _: Local<'_, Object>) {}
