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

/// Adds the spans of all functions (and the program) whose own code has a direct eval.
pub fn find(program: &Program, found: &mut FxHashSet<Span>) {
    Finder { stack: vec![program.span], found }.visit_program(program);
}
