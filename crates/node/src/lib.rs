//! The native half of the `node:` modules: one file per binding, under Node's binding names, and the embedded library.
//!
//! Entry points: [`register`] gives an agent its bindings; [`start`] loads the library and runs the main script.
//!
//! *Invariants*: a binding touches JavaScript only inside the door of the host. *Not here*: the event loop, the door,
//! command-line parsing.

mod async_wrap;
mod blob;
mod bootstrap;
mod buffer;
mod builtins;
mod cares_channel;
mod cares_wrap;
mod compile_cache;
mod config;
mod constants;
mod contextify;
mod cpu_profile;
mod credentials;
mod crypto;
mod dns_query;
mod encoding_binding;
mod errors;
mod fs;
mod fs_dir;
mod fs_event_wrap;
mod http2;
mod http_parser;
mod icu;
mod inert;
mod library;
mod messaging;
mod module_wrap;
mod options;
mod os;
mod performance;
mod permission;
mod pipe_wrap;
mod process_methods;
mod process_wrap;
mod request;
mod serdes;
mod signal_wrap;
mod source;
mod spawn_sync;
mod sqlite;
mod stream_base;
mod stream_wrap;
mod string_decoder;
mod symbols;
mod task_queue;
mod tcp_wrap;
mod text;
mod timers;
mod tls_wrap;
mod trace_events;
mod transcode;
mod tty_wrap;
mod types;
mod udp_wrap;
mod url;
mod util;
mod uv;
mod v8;
mod worker;
mod zlib;

pub use bootstrap::start;
pub use util::parse_env;

use spey_host::Agent;

/// Registers all bindings. One line each, in alphabetical order.
pub fn register(agent: &mut Agent) {
    agent.register_binding("async_context_frame", async_wrap::install_context_frame);
    agent.register_binding("async_wrap", async_wrap::install);
    agent.register_binding("blob", blob::install);
    agent.register_binding("buffer", buffer::install);
    agent.register_binding("builtins", builtins::install);
    agent.register_binding("cares_wrap", cares_wrap::install);
    agent.register_binding("compile_cache", compile_cache::install);
    agent.register_binding("config", config::install);
    agent.register_binding("constants", constants::install);
    agent.register_binding("contextify", contextify::install);
    agent.register_binding("credentials", credentials::install);
    agent.register_binding("crypto", crypto::install);
    agent.register_binding("encoding_binding", encoding_binding::install);
    agent.register_binding("errors", errors::install);
    agent.register_binding("fs", fs::install);
    agent.register_binding("fs_dir", fs_dir::install);
    agent.register_binding("fs_event_wrap", fs_event_wrap::install);
    agent.register_binding("http2", http2::install);
    agent.register_binding("http_parser", http_parser::install);
    agent.register_binding("icu", icu::install);
    agent.register_binding("inspector", inert::install_inspector);
    agent.register_binding("messaging", messaging::install);
    agent.register_binding("mksnapshot", inert::install_mksnapshot);
    agent.register_binding("module_wrap", module_wrap::install);
    agent.register_binding("options", options::install);
    agent.register_binding("os", os::install);
    agent.register_binding("performance", performance::install);
    agent.register_binding("permission", permission::install);
    agent.register_binding("pipe_wrap", pipe_wrap::install);
    agent.register_binding("process_methods", process_methods::install);
    agent.register_binding("process_wrap", process_wrap::install);
    agent.register_binding("report", os::install_report);
    agent.register_binding("serdes", serdes::install);
    agent.register_binding("signal_wrap", signal_wrap::install);
    agent.register_binding("spawn_sync", spawn_sync::install);
    agent.register_binding("sqlite", sqlite::install);
    agent.register_binding("stream_wrap", stream_wrap::install);
    agent.register_binding("string_decoder", string_decoder::install);
    agent.register_binding("symbols", symbols::install);
    agent.register_binding("task_queue", task_queue::install);
    agent.register_binding("tcp_wrap", tcp_wrap::install);
    agent.register_binding("timers", timers::install);
    agent.register_binding("tls_wrap", tls_wrap::install);
    agent.register_binding("trace_events", trace_events::install);
    agent.register_binding("tty_wrap", tty_wrap::install);
    agent.register_binding("types", types::install);
    agent.register_binding("udp_wrap", udp_wrap::install);
    agent.register_binding("url", url::install);
    agent.register_binding("util", util::install);
    agent.register_binding("uv", uv::install);
    agent.register_binding("v8", v8::install);
    agent.register_binding("worker", worker::install);
    agent.register_binding("zlib", zlib::install);
}
