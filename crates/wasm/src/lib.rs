//! The WebAssembly JavaScript API.
