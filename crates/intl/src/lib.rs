//! Intl and Temporal.
