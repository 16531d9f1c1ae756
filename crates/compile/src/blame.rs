//! What stands at a place where an error was thrown, as V8 tells it: which callee is not a function, which expression is not
//! iterable, which property could not be taken out of what. The syntax tree is looked through only when there is an error.

use std::borrow::Cow;

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use crate::expression_text;
use crate::literal::{self, strip};
use crate::messages;
use crate::scope::FunctionNode;

/// What was being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// A call.
    Call,
    /// `new`
    Construct,
    /// Asking for an iterator.
    Iterate,
    /// Taking properties out of undefined or null.
    Destructure,
}

/// What stands there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Blame {
    /// This expression.
    Expression(String),
    /// The value of a call of this expression.
    ValueOf(String),
    /// The last argument of a call, spread.
    SpreadArgument(String),
    /// What `yield*` was given.
    Delegate,
    /// Properties are taken out of `source` (the value itself if there is no text), first of all this one.
    Pattern {
        /// The property, where messages name it.
        property: Option<String>,
        /// The expression.
        source: Option<String>,
    },
    /// Something without a name whose property is read.
    Read {
        /// The property, where messages name it.
        property: Option<String>,
    },
}

/// Where a call is: its function's name or, where it has none, its parenthesis.
pub fn call_position(c: &CallExpression, source: &str) -> u32 {
    let (name, is_word) = match &c.callee {
        Expression::Identifier(id) => (id.span, true),
        Expression::StaticMemberExpression(m) => (m.property.span, !messages::is_keyword(&m.property.name)),
        other => (other.span(), matches!(other, Expression::Super(_))),
    };
    if is_word && !c.optional {
        return name.start;
    }
    let mut at = c.type_arguments.as_ref().map_or(name.end, |t| t.span.end);
    at = messages::next_token(source, at) as u32;
    if c.optional && c.type_arguments.is_none() {
        // `?.`
        at = messages::next_token(source, at + 2) as u32;
    }
    at
}

/// A target and its default value.
pub(crate) fn split_default<'a, 'b>(
    t: &'b AssignmentTargetMaybeDefault<'a>,
) -> (Option<&'b AssignmentTarget<'a>>, Option<&'b Expression<'a>>) {
    match t {
        AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(d) => (Some(&d.binding), Some(&d.init)),
        other => (other.as_assignment_target(), None),
    }
}

/// Looks for what stands at a place in a function's code.
pub fn find(node: &FunctionNode, source: &str, at: u32, deed: Deed) -> Option<Blame> {
    let mut search = Search { source, at, deed, found: None };
    match node {
        FunctionNode::Program(p) | FunctionNode::Wrapper(p) => search.visit_program(p),
        FunctionNode::Function(f) => walk::walk_function(&mut search, f, ScopeFlags::empty()),
        FunctionNode::Arrow(f) => walk::walk_arrow_function_expression(&mut search, f),
        FunctionNode::Fields(c) | FunctionNode::Statics(c) => walk::walk_class(&mut search, c),
        FunctionNode::ReturnClosure | FunctionNode::DefaultConstructor => {}
    }
    search.found
}

/// A pattern of a declaration or of an assignment.
#[derive(Clone, Copy)]
pub(crate) enum Pattern<'a, 'b> {
    Binding(&'b BindingPattern<'a>),
    Target(&'b AssignmentTarget<'a>),
    Name,
}

/// A property of an object pattern.
struct Property<'a, 'b> {
    /// Where it begins.
    start: u32,
    key: Option<Cow<'b, str>>,
    is_computed: bool,
    value: Pattern<'a, 'b>,
    value_start: u32,
    default: Option<&'b Expression<'a>>,
}

/// What may be in a pattern.
enum Parts<'a, 'b> {
    /// Start, properties, and the rest element.
    Object(u32, Vec<Property<'a, 'b>>, Option<(u32, Pattern<'a, 'b>)>),
    /// Start and elements.
    Array(u32, Vec<(Pattern<'a, 'b>, Option<&'b Expression<'a>>)>),
    /// No pattern: a variable, or a member.
    Leaf,
}

impl<'a, 'b> Pattern<'a, 'b> {
    fn binding(p: &'b BindingPattern<'a>) -> (Self, Option<&'b Expression<'a>>) {
        match p {
            BindingPattern::AssignmentPattern(a) => (Pattern::Binding(&a.left), Some(&a.right)),
            p => (Pattern::Binding(p), None),
        }
    }
    fn target(t: &'b AssignmentTargetMaybeDefault<'a>) -> (Self, Option<&'b Expression<'a>>) {
        let (target, default) = split_default(t);
        (target.map_or(Pattern::Name, Pattern::Target), default)
    }
    fn parts(self) -> Parts<'a, 'b> {
        match self {
            Pattern::Binding(BindingPattern::ObjectPattern(o)) => {
                let properties = o.properties.iter().map(|p| {
                    let (value, default) = Self::binding(&p.value);
                    let (start, value_start) = (p.span.start, p.value.span().start);
                    Property { start, key: key(&p.key), is_computed: p.computed, value, value_start, default }
                });
                let rest = o.rest.as_ref().map(|r| (r.argument.span().start, Pattern::Binding(&r.argument)));
                Parts::Object(o.span.start, properties.collect(), rest)
            }
            Pattern::Target(AssignmentTarget::ObjectAssignmentTarget(o)) => {
                let properties = o.properties.iter().map(|p| match p {
                    AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(p) => Property {
                        start: p.span.start,
                        key: Some(p.binding.name.as_str().into()),
                        is_computed: false,
                        value: Pattern::Name,
                        value_start: p.span.start,
                        default: p.init.as_ref(),
                    },
                    AssignmentTargetProperty::AssignmentTargetPropertyProperty(p) => {
                        let (value, default) = Self::target(&p.binding);
                        let (start, value_start) = (p.span.start, p.binding.span().start);
                        Property {
                            start,
                            key: key(&p.name),
                            is_computed: p.computed,
                            value,
                            value_start,
                            default,
                        }
                    }
                });
                let rest = o.rest.as_ref().map(|r| (r.target.span().start, Pattern::Target(&r.target)));
                Parts::Object(o.span.start, properties.collect(), rest)
            }
            Pattern::Binding(BindingPattern::ArrayPattern(a)) => {
                let mut elements: Vec<_> = a.elements.iter().flatten().map(Self::binding).collect();
                elements.extend(a.rest.as_ref().map(|r| (Pattern::Binding(&r.argument), None)));
                Parts::Array(a.span.start, elements)
            }
            Pattern::Target(AssignmentTarget::ArrayAssignmentTarget(a)) => {
                let mut elements: Vec<_> = a.elements.iter().flatten().map(Self::target).collect();
                elements.extend(a.rest.as_ref().map(|r| (Pattern::Target(&r.target), None)));
                Parts::Array(a.span.start, elements)
            }
            _ => Parts::Leaf,
        }
    }
    fn is_leaf(self) -> bool {
        matches!(self.parts(), Parts::Leaf)
    }
    /// A member of an object, which is assigned to.
    fn is_member(self) -> bool {
        match self {
            Pattern::Target(t) => {
                self.is_leaf() && !matches!(t, AssignmentTarget::AssignmentTargetIdentifier(_))
            }
            _ => false,
        }
    }
    /// Where an object pattern takes something apart: what its first property is for.
    pub(crate) fn position(self) -> u32 {
        match self.parts() {
            Parts::Object(start, properties, rest) => match (properties.first(), rest) {
                (Some(p), _) if p.is_computed => start,
                (Some(p), _) if p.value.is_leaf() => p.value_start,
                // The place of a pattern within is its own.
                (Some(p), _) => p.start,
                (None, Some((start, _))) => start,
                (None, None) => start,
            },
            Parts::Array(start, _) => start,
            Parts::Leaf => 0,
        }
    }
}

/// The name that a key is shown as.
fn key<'b>(key: &'b PropertyKey<'b>) -> Option<Cow<'b, str>> {
    match key {
        PropertyKey::TemplateLiteral(t) if t.expressions.is_empty() => {
            Some(t.quasis.first()?.value.cooked.as_ref()?.as_str().into())
        }
        key => literal::key_name(key, false),
    }
}

/// Where the value that a pattern takes apart comes from.
#[derive(Clone, Copy)]
enum Origin<'a, 'b> {
    /// The initialiser of a declaration.
    Initial(&'b Expression<'a>),
    /// What is assigned.
    Assigned(&'b Expression<'a>),
    /// A default value: the value may be another one.
    Default(&'b Expression<'a>),
    /// Something that is shown as this text.
    Text(&'static str),
    /// An argument.
    Argument,
    /// A property of what an outer pattern takes apart.
    Property(Option<&'b str>, &'b Origin<'a, 'b>),
    /// Elsewhere.
    Unnamed,
}

const LOOP: &str = ".for";
const CATCH: &str = ".catch";

impl Origin<'_, '_> {
    /// The text; None for the value itself.
    fn text(&self) -> Option<String> {
        match self {
            Origin::Initial(e) | Origin::Assigned(e) | Origin::Default(e) => Some(expression_text::of(e)),
            Origin::Text(text) => Some((*text).into()),
            Origin::Argument | Origin::Property(..) | Origin::Unnamed => None,
        }
    }
    fn is_named(&self) -> bool {
        !matches!(self, Origin::Property(..) | Origin::Unnamed)
    }
}

struct Search<'s> {
    source: &'s str,
    at: u32,
    deed: Deed,
    found: Option<Blame>,
}

impl Search<'_> {
    fn contains(&self, span: Span) -> bool {
        self.found.is_none() && span.start <= self.at && self.at < span.end
    }
    /// A pattern and those within.
    fn pattern<'a>(&mut self, pattern: Pattern<'a, '_>, origin: Origin<'a, '_>) {
        match pattern.parts() {
            Parts::Object(_, properties, rest) => {
                if self.deed == Deed::Destructure && pattern.position() == self.at {
                    self.found = Some(destructured(properties.first(), rest.map(|r| r.1), origin));
                    return;
                }
                for p in &properties {
                    let inner = match p.default {
                        Some(e) => Origin::Default(e),
                        None if origin.is_named() => Origin::Property(p.key.as_deref(), &origin),
                        None => Origin::Unnamed,
                    };
                    self.pattern(p.value, inner);
                }
            }
            Parts::Array(start, elements) => {
                let place = match origin {
                    Origin::Initial(e) | Origin::Default(e) if matches!(pattern, Pattern::Binding(_)) => {
                        e.span().start
                    }
                    _ => start,
                };
                if self.deed == Deed::Iterate && place == self.at {
                    self.found = iterated_by_pattern(origin);
                    return;
                }
                for (element, default) in elements {
                    self.pattern(element, default.map_or(Origin::Unnamed, Origin::Default));
                }
            }
            Parts::Leaf => {}
        }
    }
    /// An expression whose value is iterated: who calls what is no function there hears of both.
    fn iterated_call(&mut self, e: &Expression) {
        if let Expression::CallExpression(c) = strip(e)
            && self.deed == Deed::Call
            && call_position(c, self.source) == self.at
        {
            self.found = expression_text::of_called(e).map(Blame::ValueOf);
        }
    }
    fn iterated(&mut self, e: &Expression) {
        self.iterated_call(e);
        if self.deed == Deed::Iterate && e.span().start == self.at {
            self.found = Some(value_of(e));
        }
    }
    fn arguments(&mut self, arguments: &[Argument]) {
        if let Some((Argument::SpreadElement(last), others)) = arguments.split_last()
            && self.deed == Deed::Iterate
            && last.span.start == self.at
            && !others.iter().any(|a| matches!(a, Argument::SpreadElement(_)))
        {
            self.found = Some(Blame::SpreadArgument(expression_text::of(&last.argument)));
        }
    }
}

fn value_of(e: &Expression) -> Blame {
    match expression_text::of_called(e) {
        Some(text) => Blame::ValueOf(text),
        None => Blame::Expression(expression_text::of_iterated(e)),
    }
}

fn destructured(first: Option<&Property>, rest: Option<Pattern>, origin: Origin) -> Blame {
    match first {
        Some(Property { key: Some(key), is_computed: false, value, default, .. }) => {
            let property = Some(key.to_string());
            let is_pattern = !value.is_leaf();
            match default {
                Some(e) if is_pattern && origin.is_named() => {
                    Blame::Pattern { property, source: Some(expression_text::of(e)) }
                }
                None if origin.is_named() && !value.is_member() => {
                    Blame::Pattern { property, source: origin.text() }
                }
                _ => Blame::Read { property },
            }
        }
        None if rest.is_some_and(Pattern::is_member) => Blame::Read { property: None },
        _ if origin.is_named() => Blame::Pattern { property: None, source: origin.text() },
        None if rest.is_some() => Blame::Read { property: None },
        _ => match origin {
            Origin::Property(key, outer) => {
                Blame::Pattern { property: key.map(str::to_owned), source: outer.text() }
            }
            _ => Blame::Read { property: None },
        },
    }
}

/// None if nothing is shown but the value.
fn iterated_by_pattern(origin: Origin) -> Option<Blame> {
    match origin {
        Origin::Initial(e) => match e {
            Expression::ParenthesizedExpression(_)
            | Expression::StaticMemberExpression(_)
            | Expression::ComputedMemberExpression(_)
            | Expression::PrivateFieldExpression(_)
            | Expression::BinaryExpression(_)
            | Expression::LogicalExpression(_)
            | Expression::AssignmentExpression(_)
            | Expression::ChainExpression(_)
            | Expression::SequenceExpression(_) => None,
            Expression::CallExpression(c) if !matches!(c.callee, Expression::Identifier(_)) => None,
            e => Some(value_of(e)),
        },
        Origin::Default(e) => match strip(e) {
            Expression::ObjectExpression(_)
            | Expression::ArrayExpression(_)
            | Expression::FunctionExpression(_)
            | Expression::ArrowFunctionExpression(_)
            | Expression::ClassExpression(_)
            | Expression::ThisExpression(_)
            | Expression::UnaryExpression(_) => None,
            e if e.is_literal() => None,
            e => Some(value_of(e)),
        },
        Origin::Text(LOOP) => Some(Blame::Expression(LOOP.into())),
        Origin::Property(Some(_), outer) => Some(Blame::Pattern { property: None, source: outer.text() }),
        _ => None,
    }
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_statement(&mut self, it: &Statement<'a>) {
        if self.contains(it.span()) {
            walk::walk_statement(self, it);
        }
    }
    fn visit_expression(&mut self, it: &Expression<'a>) {
        if self.contains(it.span()) {
            walk::walk_expression(self, it);
        }
    }
    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if self.deed == Deed::Call && call_position(it, self.source) == self.at {
            self.found = Some(Blame::Expression(expression_text::of(&it.callee)));
            return;
        }
        self.arguments(&it.arguments);
        walk::walk_call_expression(self, it);
    }
    fn visit_tagged_template_expression(&mut self, it: &TaggedTemplateExpression<'a>) {
        if self.deed == Deed::Call && it.quasi.span.start == self.at {
            self.found = Some(Blame::Expression(expression_text::of(&it.tag)));
            return;
        }
        walk::walk_tagged_template_expression(self, it);
    }
    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        if self.deed == Deed::Construct && it.span.start == self.at {
            self.found = Some(Blame::Expression(expression_text::of(&it.callee)));
            return;
        }
        self.arguments(&it.arguments);
        walk::walk_new_expression(self, it);
    }
    fn visit_array_expression_element(&mut self, it: &ArrayExpressionElement<'a>) {
        if let ArrayExpressionElement::SpreadElement(s) = it {
            self.iterated(&s.argument);
        }
        walk::walk_array_expression_element(self, it);
    }
    fn visit_yield_expression(&mut self, it: &YieldExpression<'a>) {
        if self.deed == Deed::Iterate
            && it.span.start == self.at
            && let (true, Some(e)) = (it.delegate, &it.argument)
        {
            self.found = match e {
                Expression::StaticMemberExpression(_)
                | Expression::ComputedMemberExpression(_)
                | Expression::PrivateFieldExpression(_)
                | Expression::CallExpression(_)
                | Expression::NewExpression(_)
                | Expression::TaggedTemplateExpression(_)
                | Expression::BinaryExpression(_)
                | Expression::LogicalExpression(_)
                | Expression::AssignmentExpression(_) => Some(Blame::Delegate),
                _ => None,
            };
            return;
        }
        walk::walk_yield_expression(self, it);
    }
    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(e) = &it.init {
            self.pattern(Pattern::Binding(&it.id), Origin::Initial(e));
            if matches!(it.id, BindingPattern::ArrayPattern(_)) {
                self.iterated_call(e);
            }
        }
        walk::walk_variable_declarator(self, it);
    }
    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        if !matches!(it.right, Expression::ChainExpression(_)) {
            self.iterated(&it.right);
        }
        match &it.left {
            ForStatementLeft::VariableDeclaration(d) => {
                for d in &d.declarations {
                    self.pattern(Pattern::Binding(&d.id), Origin::Text(LOOP));
                }
            }
            left => {
                if let Some(t) = left.as_assignment_target() {
                    self.pattern(Pattern::Target(t), Origin::Unnamed);
                }
            }
        }
        walk::walk_for_of_statement(self, it);
    }
    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        if let Some(t) = it.left.as_assignment_target() {
            self.pattern(Pattern::Target(t), Origin::Unnamed);
        }
        walk::walk_for_in_statement(self, it);
    }
    fn visit_catch_clause(&mut self, it: &CatchClause<'a>) {
        if let Some(p) = &it.param {
            self.pattern(Pattern::Binding(&p.pattern), Origin::Text(CATCH));
        }
        walk::walk_catch_clause(self, it);
    }
    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        // V8 makes a conditional expression of a default value.
        const DEFAULT: &str = "(intermediate value)(intermediate value)(intermediate value)";
        let origin = it.initializer.as_ref().map_or(Origin::Argument, |_| Origin::Text(DEFAULT));
        self.pattern(Pattern::Binding(&it.pattern), origin);
        walk::walk_formal_parameter(self, it);
    }
    fn visit_formal_parameter_rest(&mut self, it: &FormalParameterRest<'a>) {
        self.pattern(Pattern::Binding(&it.rest.argument), Origin::Argument);
        walk::walk_formal_parameter_rest(self, it);
    }
    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let AssignmentTarget::ObjectAssignmentTarget(_) | AssignmentTarget::ArrayAssignmentTarget(_) =
            &it.left
        {
            self.pattern(Pattern::Target(&it.left), Origin::Assigned(&it.right));
        }
        walk::walk_assignment_expression(self, it);
    }
}
