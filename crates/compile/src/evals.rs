//! Finds the functions that contain a direct eval, so that scope analysis knows them on entry.

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;
use rustc_hash::FxHashSet;

use crate::literal;

struct Finder<'s> {
    stack: Vec<Span>,
    found: &'s mut FxHashSet<Span>,
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_function(&mut self, f: &Function<'a>, flags: ScopeFlags) {
        self.stack.push(f.span);
        walk::walk_function(self, f, flags);
        self.stack.pop();
    }
    fn visit_arrow_function_expression(&mut self, f: &ArrowFunctionExpression<'a>) {
        self.stack.push(f.span);
        walk::walk_arrow_function_expression(self, f);
        self.stack.pop();
    }
    fn visit_call_expression(&mut self, c: &CallExpression<'a>) {
        if literal::direct_eval(c).is_some()
            && let Some(f) = self.stack.last()
        {
            self.found.insert(*f);
        }
        walk::walk_call_expression(self, c);
    }
}

/// Could there be a direct eval in a source text? The word as that of a property does not count.
pub fn may_have(source: &str) -> bool {
    source.match_indices("eval").any(|(at, word)| {
        let before = source[..at].trim_end();
        let after = source[at + word.len()..].trim_start();
        // In parentheses, or with a comment in between, too.
        let called = after.starts_with(['(', ')', '/']);
        called && (!before.ends_with('.') || before.ends_with("..."))
    })
}
/// Adds the spans of all functions (and the program) whose own code has a direct eval.
pub fn find(program: &Program, found: &mut FxHashSet<Span>) {
    Finder { stack: vec![program.span], found }.visit_program(program);
}

#[cfg(test)]
mod tests {
    use super::may_have;

    #[test]
    fn words_that_could_be_direct_evals() {
        for yes in ["eval(x)", "(eval)(x)", "f(eval\n (x))", "eval/* */(x)", "f(...eval (x))"] {
            assert!(may_have(yes), "{yes}");
        }
        for no in
            ["", "window.eval(x)", "a?.eval(x)", "evaluate(x)", "retrieval", "let eval = 1", "o. eval (x)"]
        {
            assert!(!may_have(no), "{no}");
        }
    }
}
