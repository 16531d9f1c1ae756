//! Function.prototype.toString (ECMA-262 §20.2.3.5).

use crate::cell::{Kind, Object};
use crate::scope::{Local, Scope};

/// Source text of a function, or the native form.
pub fn source_text(s: &mut Scope<'_>, f: Local<'_, Object>) -> String {
    if f.kind() == Kind::Function {
        let code = crate::function::closure_code(f);
        let (from, to) = {
            let m = code.meta();
            (m.source_start as usize, m.source_end as usize)
        };
        if let Some(t) = code.script().source.get(from..to) {
            if !t.is_empty() {
                return t.to_string();
            }
        }
    }
    let name = crate::error::function_name(s, f);
    format!("function {name}() {{ [native code] }}")
}
