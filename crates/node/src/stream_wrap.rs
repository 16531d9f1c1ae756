//! Binding `stream_wrap`: the requests of streams.

use spey_engine::{Local, NativeSpec, Object, Scope};

use crate::stream_base::{construct_request, define_requests};

static REQUESTS: &[NativeSpec] = &[
    NativeSpec::constructor("WriteWrap", 0, construct_request),
    NativeSpec::constructor("ShutdownWrap", 0, construct_request),
];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    define_requests(s, target, REQUESTS);
}
