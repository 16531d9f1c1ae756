//! Programs that must not compile: what the native API promises about handles. Run by `cargo test --doc -p spey-engine`.
//!
//! The first one compiles, so that the others fail for the right reason.
//!
//! ```
//! use spey_engine::{Engine, VmConfig};
//! Engine::new(VmConfig::default()).scope(|s| {
//!     let text = s.string("abc");
//!     let length = {
//!         let token = s.no_gc();
//!         text.view(&token).len()
//!     };
//!     let other = s.string("def");
//!     assert_eq!((length, other.length()), (3, 3));
//!     let v = s.nested_escape(|s| Ok(s.string("escapes"))).expect("nothing is thrown");
//!     assert_eq!(v.to_text(s), "escapes");
//! });
//! ```
//!
//! A handle does not leave the scope of its loop body:
//! ```compile_fail
//! use spey_engine::{Engine, VmConfig};
//! Engine::new(VmConfig::default()).scope(|s| {
//!     let escaped = s.nested(|s| s.string("abc"));
//!     assert_eq!(escaped.length(), 3);
//! });
//! ```
//!
//! Nor that of the engine:
//! ```compile_fail
//! use spey_engine::{Engine, Local, Value, VmConfig};
//! fn leak() -> Local<'static, Value> {
//!     let mut engine = Engine::new(VmConfig::default());
//!     engine.scope(|s| s.number(1.0))
//! }
//! ```
//!
//! Nor is it stored outside:
//! ```compile_fail,E0521
//! use spey_engine::{Engine, Local, Value, VmConfig};
//! let mut stored: Vec<Local<'_, Value>> = Vec::new();
//! Engine::new(VmConfig::default()).scope(|s| stored.push(s.number(1.0)));
//! ```
//!
//! Nothing is allocated while the text of a string is looked at:
//! ```compile_fail,E0502
//! use spey_engine::{Engine, VmConfig};
//! Engine::new(VmConfig::default()).scope(|s| {
//!     let text = s.string("abc");
//!     let token = s.no_gc();
//!     let view = text.view(&token);
//!     let other = s.string("def");
//!     assert_eq!(view.len(), other.length());
//! });
//! ```
//!
//! Nor is JavaScript run:
//! ```compile_fail,E0502
//! use spey_engine::{Engine, VmConfig, script};
//! Engine::new(VmConfig::default()).scope(|s| {
//!     let text = s.string("abc");
//!     let token = s.no_gc();
//!     let view = text.view(&token);
//!     let _ = script::evaluate(s, "gc()", &script::Origin::file("a.js"));
//!     assert_eq!(view.len(), 3);
//! });
//! ```
//!
//! An engine stays on its thread:
//! ```compile_fail,E0277
//! use spey_engine::{Engine, VmConfig};
//! let mut engine = Engine::new(VmConfig::default());
//! std::thread::spawn(move || engine.scope(|s| s.number(1.0).as_number()));
//! ```
