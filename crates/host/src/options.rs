//! Command-line options as JavaScript sees them.

use rustc_hash::FxHashMap;

/// Value of an option.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// A switch.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// May be given more than once.
    List(Vec<String>),
}

/// Values by canonical name (`--eval`).
#[derive(Clone, Debug, Default)]
pub struct Options {
    values: FxHashMap<&'static str, OptionValue>,
}

impl Options {
    /// Sets an option.
    pub fn set(&mut self, name: &'static str, v: OptionValue) {
        self.values.insert(name, v);
    }
    /// Adds to an option that is a list.
    pub fn push(&mut self, name: &'static str, v: String) {
        match self.values.entry(name).or_insert_with(|| OptionValue::List(vec![])) {
            OptionValue::List(list) => list.push(v),
            other => *other = OptionValue::List(vec![v]),
        }
    }
    /// The value, if the option was given or has a default.
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.values.get(name)
    }
    /// A switch that is on.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some(OptionValue::Bool(true)))
    }
    /// The text of an option.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(OptionValue::Text(t)) => Some(t),
            _ => None,
        }
    }
    /// The number of an option.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(OptionValue::Number(n)) => Some(*n),
            _ => None,
        }
    }
    /// The values of a list.
    pub fn list(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(OptionValue::List(l)) => l,
            _ => &[],
        }
    }
    /// All options that have a value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &OptionValue)> {
        self.values.iter().map(|(k, v)| (*k, v))
    }
}
