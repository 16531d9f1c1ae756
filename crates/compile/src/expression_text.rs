//! Expressions as messages of errors show them, in V8's words: `a.b(...)` for `a.b(1, 2)`.

use oxc_ast::ast::*;

use crate::literal::{number_to_string, strip};

/// What stands for what is not shown.
pub const INTERMEDIATE: &str = "(intermediate value)";

struct Text {
    text: String,
    /// What stands for the arguments of a call.
    calls: &'static str,
}

/// The text of an expression.
pub fn of(e: &Expression) -> String {
    let mut out = Text { text: String::new(), calls: "(...)" };
    expression(e, &mut out);
    out.text
}

/// The text of an expression that is iterated: without the parentheses of calls.
pub fn of_iterated(e: &Expression) -> String {
    let mut out = Text { text: String::new(), calls: "" };
    expression(e, &mut out);
    out.text
}

/// The text of something called: what is said of a call's value names the function.
pub fn of_called(e: &Expression) -> Option<String> {
    match strip(e) {
        Expression::CallExpression(c) => Some(of_iterated(&c.callee)),
        Expression::NewExpression(n) => Some(of_iterated(&n.callee)),
        Expression::TaggedTemplateExpression(t) => Some(of_iterated(&t.tag)),
        _ => None,
    }
}

fn expression(e: &Expression, out: &mut Text) {
    match strip(e) {
        Expression::Identifier(id) => out.text.push_str(&id.name),
        Expression::ThisExpression(_) => out.text.push_str("this"),
        Expression::NullLiteral(_) => out.text.push_str("null"),
        Expression::BooleanLiteral(b) => out.text.push_str(if b.value { "true" } else { "false" }),
        Expression::NumericLiteral(n) => out.text.push_str(&number_to_string(n.value)),
        Expression::StringLiteral(s) => quoted(&s.value, out),
        Expression::RegExpLiteral(r) => {
            out.text += &format!("/{}/{}", r.regex.pattern.text, r.regex.flags);
        }
        Expression::TemplateLiteral(t) => match t.quasis.first() {
            Some(text) if t.expressions.is_empty() => {
                quoted(text.value.cooked.as_ref().map_or("", |t| t.as_str()), out)
            }
            _ => t.expressions.iter().for_each(|e| expression(e, out)),
        },
        Expression::ArrayExpression(a) => {
            out.text.push('[');
            for (i, element) in a.elements.iter().enumerate() {
                if i > 0 {
                    out.text.push(',');
                }
                match element {
                    ArrayExpressionElement::SpreadElement(s) => {
                        out.text.push_str("(...");
                        expression(&s.argument, out);
                        out.text.push(')');
                    }
                    other => other.as_expression().into_iter().for_each(|e| expression(e, out)),
                }
            }
            out.text.push(']');
        }
        Expression::ObjectExpression(o) => {
            out.text += &format!("{{{}}}", INTERMEDIATE.repeat(o.properties.len()))
        }
        Expression::ClassExpression(c) => {
            let methods =
                c.body.body.iter().filter(|e| matches!(e, ClassElement::MethodDefinition(_))).count();
            out.text += &INTERMEDIATE.repeat((methods + usize::from(c.heritage.is_some())).max(1));
        }
        Expression::StaticMemberExpression(m) => {
            expression(&m.object, out);
            member(m.optional, &m.property.name, out);
        }
        Expression::ComputedMemberExpression(m) => {
            expression(&m.object, out);
            match constant_key(&m.expression) {
                Some(name) => member(m.optional, name, out),
                None => {
                    out.text.push_str(if m.optional { "?.[" } else { "[" });
                    expression(&m.expression, out);
                    out.text.push(']');
                }
            }
        }
        Expression::PrivateFieldExpression(m) => {
            expression(&m.object, out);
            out.text += &format!("{}[#{}]", if m.optional { "?." } else { "" }, m.field.name);
        }
        Expression::CallExpression(c) => {
            expression(&c.callee, out);
            out.text.push_str(out.calls);
        }
        Expression::TaggedTemplateExpression(t) => {
            expression(&t.tag, out);
            out.text.push_str(out.calls);
        }
        Expression::UnaryExpression(u) => match strip(&u.argument) {
            Expression::NumericLiteral(n) if u.operator == UnaryOperator::UnaryNegation => {
                out.text.push_str(&number_to_string(-n.value))
            }
            argument => {
                let space = if u.operator.is_keyword() { " " } else { "" };
                out.text += &format!("({}{space}", u.operator.as_str());
                expression(argument, out);
                out.text.push(')');
            }
        },
        Expression::UpdateExpression(u) => {
            let operator = u.operator.as_str();
            let (before, after) = if u.prefix { (operator, "") } else { ("", operator) };
            out.text += &format!("({before}");
            simple_target(&u.argument, out);
            out.text += &format!("{after})");
        }
        Expression::BinaryExpression(b) => operation(e, b.operator.as_str(), out),
        Expression::LogicalExpression(l) => operation(e, l.operator.as_str(), out),
        Expression::SequenceExpression(s) => {
            out.text.push('(');
            for (i, e) in s.expressions.iter().enumerate() {
                if i > 0 {
                    out.text.push_str(" , ");
                }
                expression(e, out);
            }
            out.text.push(')');
        }
        Expression::ConditionalExpression(_) => out.text += &INTERMEDIATE.repeat(3),
        Expression::AssignmentExpression(a) => match a.left.as_simple_assignment_target() {
            Some(target) => simple_target(target, out),
            None => out.text.push_str(INTERMEDIATE),
        },
        Expression::NewTarget(_) => out.text.push_str(".new.target"),
        _ => out.text.push_str(INTERMEDIATE),
    }
}

fn quoted(text: &str, out: &mut Text) {
    out.text += &format!("\"{text}\"");
}

fn member(optional: bool, name: &str, out: &mut Text) {
    out.text += &format!("{}{name}", if optional { "?." } else { "." });
}

/// The name that a computed key is shown as.
fn constant_key<'b>(e: &'b Expression) -> Option<&'b str> {
    match strip(e) {
        Expression::StringLiteral(s) => Some(s.value.as_str()),
        Expression::TemplateLiteral(t) if t.expressions.is_empty() => {
            t.quasis.first()?.value.cooked.as_ref().map(|t| t.as_str())
        }
        _ => None,
    }
}

fn simple_target(target: &SimpleAssignmentTarget, out: &mut Text) {
    match target {
        SimpleAssignmentTarget::AssignmentTargetIdentifier(id) => out.text.push_str(&id.name),
        SimpleAssignmentTarget::StaticMemberExpression(m) => {
            expression(&m.object, out);
            member(m.optional, &m.property.name, out);
        }
        _ => out.text.push_str(INTERMEDIATE),
    }
}

/// `a + b + c` in one pair of parentheses, as far as the operator is the same.
fn operation(e: &Expression, operator: &str, out: &mut Text) {
    let mut operands = vec![];
    let mut first = strip(e);
    while let Some((left, here, right)) = parts(first)
        && here == operator
    {
        operands.push(right);
        first = strip(left);
    }
    out.text.push('(');
    expression(first, out);
    for operand in operands.iter().rev() {
        out.text += &format!(" {operator} ");
        expression(operand, out);
    }
    out.text.push(')');
}

fn parts<'a, 'b>(e: &'b Expression<'a>) -> Option<(&'b Expression<'a>, &'static str, &'b Expression<'a>)> {
    match e {
        Expression::BinaryExpression(b) => Some((&b.left, b.operator.as_str(), &b.right)),
        Expression::LogicalExpression(l) => Some((&l.left, l.operator.as_str(), &l.right)),
        _ => None,
    }
}
