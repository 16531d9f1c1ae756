//! Intl and Temporal.

use spey_core::scope::Scope;

/// Sets up the globals of this crate in the current realm. They are filled on first use.
pub fn install(_: &mut Scope<'_>) {}
