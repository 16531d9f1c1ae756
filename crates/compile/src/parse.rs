//! Parsing and early errors.

use oxc_allocator::{Allocator, Dummy};
use oxc_ast::ast::*;
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use spey_bytecode::{EvalSite, SyntaxError, SyntaxErrorKind};

use crate::analyze::{Top, analyze};
use crate::messages;
use crate::scope::{Analysis, FunctionNode};
use crate::{Goal, Language, Options};

/// Brackets may nest this deep.
const MAX_NESTING: usize = 10_000;

/// Native stack that parsing and compiling a text of this length may need: nesting costs at most this much a byte.
pub fn stack_for(length: usize) -> usize {
    length.saturating_mul(4096).clamp(256 << 10, 512 << 20)
}

fn source_type(options: &Options) -> SourceType {
    let base = match options.goal {
        Goal::Module => SourceType::mjs(),
        Goal::FunctionBody { .. } => SourceType::cjs(),
        _ => SourceType::script(),
    };
    match options.language {
        Language::JavaScript | Language::Builtins => base.with_jsx(false),
        Language::TypeScript => base.with_typescript(true).with_jsx(false),
        Language::Jsx => base.with_jsx(true),
        Language::Tsx => base.with_typescript(true).with_jsx(true),
    }
}

fn eval_site<'o>(options: &Options<'o>) -> Option<&'o EvalSite> {
    match options.goal {
        Goal::Eval { site } => site,
        _ => None,
    }
}

fn context<'a>(source: &'a str, options: &Options) -> messages::Context<'a> {
    let module = matches!(options.goal, Goal::Module);
    messages::Context { source, module, strict: module || source.starts_with("\"use strict\"") }
}

/// Parses a program; the tree lives in the arena.
fn program<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    options: &Options,
) -> Result<&'a Program<'a>, SyntaxError> {
    if nesting_exceeds(source, MAX_NESTING) {
        return Err(SyntaxError {
            message: "Maximum call stack size exceeded".into(),
            start: 0,
            end: 0,
            kind: SyntaxErrorKind::Range,
        });
    }
    let parse_options = ParseOptions {
        parse_regular_expression: true,
        allow_return_outside_function: matches!(options.goal, Goal::FunctionBody { .. }),
        allow_v8_intrinsics: options.language == Language::Builtins,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(allocator, source, source_type(options)).with_options(parse_options).parse();
    let site = eval_site(options);
    let context = context(source, options);
    if let Some(d) = first_error(parsed.diagnostics.errors(), site) {
        return Err(messages::translate(d, &context));
    }
    if parsed.panicked {
        return Err(messages::unexpected(&context, source.len() as u32));
    }
    let mut program = parsed.program;
    if site.is_some_and(|s| s.strict) && !program.directives.iter().any(|d| d.directive == "use strict") {
        // Eval code of a strict caller is strict.
        let mut directive = Directive::dummy(allocator);
        directive.directive = "use strict".into();
        directive.expression.value = "use strict".into();
        program.directives.insert(0, directive);
    }
    Ok(allocator.alloc(program))
}

/// Parses a program, finds its early errors and analyses its scopes.
pub fn analysis<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    options: &Options,
    top: Top<'a, '_>,
) -> Result<Analysis<'a>, SyntaxError> {
    let program = program(allocator, source, options)?;
    // Of types the analysis knows nothing.
    if matches!(options.language, Language::JavaScript | Language::Builtins) {
        let analysis = analyze(program, source, top.clone());
        if !analysis.suspect {
            return accepted(analysis);
        }
    }
    early_errors(program, source, options)?;
    // The check has left numbers of its own in the tree where the analysis keeps its.
    accepted(analyze(program, source, top))
}

fn accepted(analysis: Analysis<'_>) -> Result<Analysis<'_>, SyntaxError> {
    match analysis.error {
        Some(error) => Err(error),
        None => Ok(analysis),
    }
}

/// The early errors that the parser leaves to a second walk.
fn early_errors<'a>(program: &'a Program<'a>, source: &'a str, options: &Options) -> Result<(), SyntaxError> {
    let site = eval_site(options);
    let checked = SemanticBuilder::new_compiler().build(program);
    let mut errors: Vec<&OxcDiagnostic> = checked.diagnostics.errors().collect();
    errors.sort_by_key(|d| messages::position(d));
    if let Some(d) = first_error(errors.into_iter(), site) {
        return Err(messages::translate(d, &context(source, options)));
    }
    Ok(())
}

/// The first error that counts: what the caller of eval allows is none.
fn first_error<'d>(
    errors: impl Iterator<Item = &'d OxcDiagnostic>,
    site: Option<&EvalSite>,
) -> Option<&'d OxcDiagnostic> {
    let mut errors = errors;
    errors.find(|d| {
        // Quantifiers are mathematical values of any size; the RegExp itself knows what to do with them.
        let is_big_number = d.message.contains("Number is too large in");
        !is_big_number && !site.is_some_and(|site| allowed_in_eval(&d.message, site))
    })
}

fn allowed_in_eval(message: &str, site: &EvalSite) -> bool {
    if message.contains("new.target") {
        return site.allow_new_target;
    }
    if message.starts_with("Super calls")
        || message.contains("'super' can only be referenced in a derived class")
    {
        return site.allow_super_call;
    }
    if message.contains("'super' can only be") {
        return site.allow_super_property;
    }
    if message.starts_with("Private ")
        && let Some(at) = message.find('#')
    {
        let name: String = message[at..].chars().take_while(|&c| c != '\'').collect();
        return site.private_names.iter().any(|n| n.to_text() == name);
    }
    false
}

/// The source must be exactly one function.
pub fn lone_function<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    options: &Options,
) -> Result<(), SyntaxError> {
    let analysis = analysis(allocator, source, options, Top::Script)?;
    if let FunctionNode::Program(program) = analysis.functions[0].node
        && let [Statement::FunctionDeclaration(f)] = &program.body[..]
        && f.span.end as usize == source.len()
    {
        return Ok(());
    }
    Err(SyntaxError {
        message: "Unexpected token ')'".into(),
        start: 0,
        end: 0,
        kind: SyntaxErrorKind::Syntax,
    })
}

/// Do brackets nest deeper than `limit`? Strings, comments and template text are skipped; a regular expression that looks
/// like one of them can only hide brackets on its line.
fn nesting_exceeds(source: &str, limit: usize) -> bool {
    let bytes = source.as_bytes();
    // Mostly there are not so many.
    let is_opening = |b: &u8| matches!(b, b'(' | b'[' | b'{');
    if bytes.len() <= limit || bytes.iter().filter(|b| is_opening(b)).count() <= limit {
        return false;
    }
    let mut depth = 0usize;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            quote @ (b'"' | b'\'') => {
                let mut j = i + 1;
                while j < bytes.len() && bytes[j] != quote && bytes[j] != b'\n' {
                    j += 1 + (bytes[j] == b'\\') as usize;
                }
                i = j;
            }
            b'/' if bytes.get(i + 1) == Some(&b'/') => {
                while i < bytes.len() && bytes[i] != b'\n' {
                    i += 1;
                }
            }
            b'/' if bytes.get(i + 1) == Some(&b'*') => {
                i = source.get(i + 2..).and_then(|s| s.find("*/")).map_or(bytes.len(), |n| i + n + 3);
            }
            _ => {}
        }
        i += 1;
    }
    false
}
