//! Command-line options of the tasks, one table row each.

use std::collections::HashMap;

/// One option.
#[derive(Clone, Copy)]
pub struct Opt {
    /// Name without the dashes.
    pub name: &'static str,
    /// Name of the value; empty for a flag.
    pub value: &'static str,
    /// One line of help.
    pub help: &'static str,
}

/// Shorthand for a table row.
pub const fn opt(name: &'static str, value: &'static str, help: &'static str) -> Opt {
    Opt { name, value, help }
}

/// Parsed options.
pub struct Args {
    values: HashMap<&'static str, String>,
    /// What is not an option.
    pub positional: Vec<String>,
}

impl Args {
    /// Parses `arguments` by `table`; prints the help and leaves on `--help`.
    pub fn parse(task: &str, arguments: Vec<String>, table: &'static [Opt]) -> Result<Args, String> {
        let mut args = Args { values: HashMap::new(), positional: Vec::new() };
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            let Some(text) = argument.strip_prefix("--") else {
                args.positional.push(argument);
                continue;
            };
            let (name, inline) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (text, None),
            };
            if name == "help" {
                println!("cargo xtask {task}");
                for o in table {
                    println!("  {:<34} {}", format!("--{} {}", o.name, o.value), o.help);
                }
                std::process::exit(0);
            }
            let found =
                table.iter().find(|o| o.name == name).ok_or_else(|| format!("{task}: no option --{name}"))?;
            let value = match (found.value.is_empty(), inline) {
                (true, None) => String::new(),
                (true, Some(_)) => return Err(format!("--{name} takes no value")),
                (false, Some(value)) => value,
                (false, None) => rest.next().ok_or_else(|| format!("--{name} needs {}", found.value))?,
            };
            args.values.insert(found.name, value);
        }
        Ok(args)
    }

    /// Is the flag given?
    pub fn flag(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
    /// Value of an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
    /// Value of an option that must be there.
    pub fn required(&self, name: &str) -> Result<&str, String> {
        self.value(name).ok_or_else(|| format!("--{name} is missing"))
    }
    /// Number, or `default`.
    pub fn number(&self, name: &str, default: u64) -> Result<u64, String> {
        match self.value(name) {
            Some(text) => text.parse().map_err(|_| format!("--{name} takes a number")),
            None => Ok(default),
        }
    }
    /// Comma-separated list.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.value(name).unwrap_or_default();
        text.split(',').filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }
}
