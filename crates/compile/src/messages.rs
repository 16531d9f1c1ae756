//! The parser's diagnostics in V8's words.

use oxc_diagnostics::OxcDiagnostic;
use spey_bytecode::{SyntaxError, SyntaxErrorKind};

/// Where an error occurred.
pub struct Context<'a> {
    pub source: &'a str,
    pub module: bool,
    pub strict: bool,
}

/// Position of a diagnostic: its last label, which is the offending place where there are several.
pub fn position(d: &OxcDiagnostic) -> u32 {
    range(d).0
}

fn range(d: &OxcDiagnostic) -> (u32, u32) {
    let labels = d.labels.iter().map(|l| (l.offset(), l.offset() + l.len()));
    let redeclared =
        d.message.contains("already been declared") || d.message.starts_with("Duplicated export");
    let found = if redeclared { labels.max() } else { labels.into_iter().next() };
    found.unwrap_or((0, 0))
}

const KEYWORDS: &[&str] = &[
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "new",
    "null",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
];
const STRICT_KEYWORDS: &[&str] =
    &["implements", "interface", "let", "package", "private", "protected", "public", "static", "yield"];
const PUNCTUATORS: &[&str] = &[
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=",
    ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>",
    "**", "{", "}", "(", ")", "[", "]", ".", ";", ",", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "!",
    "~", "?", ":", "=",
];

/// Is a word one of the reserved words?
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

fn syntax(message: impl Into<String>, start: u32, end: u32) -> SyntaxError {
    SyntaxError { message: message.into(), start, end, kind: SyntaxErrorKind::Syntax }
}

/// Skips white space and comments.
pub fn next_token(source: &str, at: u32) -> usize {
    let mut i = at as usize;
    while let Some(rest) = source.get(i..) {
        let trimmed = rest.trim_start();
        i += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            i += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            i += trimmed.find("*/").map_or(trimmed.len(), |n| n + 2);
        } else {
            break;
        }
    }
    i.min(source.len())
}

/// "Unexpected …" for the token at a position.
pub fn unexpected(context: &Context, at: u32) -> SyntaxError {
    let start = next_token(context.source, at);
    let rest = context.source.get(start..).unwrap_or("");
    let Some(c) = rest.chars().next() else {
        return syntax("Unexpected end of input", start as u32, start as u32);
    };
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '\u{200c}' || c == '\u{200d}';
    if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit())) {
        let len = rest.find(|c: char| !is_word(c) && c != '.').unwrap_or(rest.len());
        return syntax("Unexpected number", start as u32, (start + len) as u32);
    }
    if is_word(c) || rest.starts_with("\\u") {
        let escaped =
            rest.find(|c: char| !is_word(c) && !matches!(c, '\\' | '{' | '}')).unwrap_or(rest.len());
        if rest[..escaped].contains("\\u") {
            return syntax(
                "Keyword must not contain escaped characters",
                start as u32,
                (start + escaped) as u32,
            );
        }
        let len = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..len];
        let message = if KEYWORDS.contains(&word) {
            format!("Unexpected token '{word}'")
        } else if context.strict && STRICT_KEYWORDS.contains(&word) {
            "Unexpected strict mode reserved word".to_string()
        } else if context.module && word == "await" {
            "Unexpected reserved word".to_string()
        } else {
            format!("Unexpected identifier '{word}'")
        };
        return syntax(message, start as u32, (start + len) as u32);
    }
    if c == '"' || c == '\'' {
        let len = rest[1..].find(c).map_or(rest.len(), |n| n + 2);
        return syntax("Unexpected string", start as u32, (start + len) as u32);
    }
    if c == '`' {
        return syntax("Unexpected template string", start as u32, start as u32 + 1);
    }
    match PUNCTUATORS.iter().find(|p| rest.starts_with(**p)) {
        Some(p) => syntax(format!("Unexpected token '{p}'"), start as u32, (start + p.len()) as u32),
        None => syntax("Invalid or unexpected token", start as u32, (start + c.len_utf8()) as u32),
    }
}

/// Does the source have a Unicode escape here?
fn is_escaped(context: &Context, start: u32, end: u32) -> bool {
    context.source.get(start as usize..end as usize).is_some_and(|t| t.contains("\\u"))
}

/// Diagnostics with a fixed text: (beginning of the parser's message, V8's message).
const TABLE: &[(&str, &str)] = &[
    ("Unterminated string", "Invalid or unexpected token"),
    ("Unterminated multiline comment", "Invalid or unexpected token"),
    ("Unterminated regular expression", "Invalid regular expression: missing /"),
    ("Invalid Character", "Invalid or unexpected token"),
    ("File appears to be binary", "Invalid or unexpected token"),
    ("Invalid characters after number", "Invalid or unexpected token"),
    ("Invalid Number", "Invalid or unexpected token"),
    ("Invalid Unicode escape sequence", "Invalid Unicode escape sequence"),
    ("Bad escape sequence in untagged template literal", "Invalid escape sequence in template"),
    ("Invalid escape sequence", "\\8 and \\9 are not allowed in strict mode."),
    ("Keywords cannot contain escape characters", "Keyword must not contain escaped characters"),
    ("Unexpected flag", "Invalid regular expression flags"),
    ("Flag ", "Invalid regular expression flags"),
    ("The 'u' and 'v' regular expression flags", "Invalid regular expression flags"),
    ("Missing initializer in destructuring declaration", "Missing initializer in destructuring declaration"),
    ("Missing initializer in const declaration", "Missing initializer in const declaration"),
    ("Using declarations must have an initializer", "Missing initializer in using declaration"),
    (
        "Lexical declaration cannot appear in a single-statement context",
        "Lexical declaration cannot appear in a single-statement context",
    ),
    (
        "Async functions can only be declared",
        "Async functions can only be declared at the top level or inside a block.",
    ),
    (
        "Generators can only be declared",
        "Generators can only be declared at the top level or inside a block.",
    ),
    (
        "`await` is only allowed within async functions",
        "await is only valid in async functions and the top level bodies of modules",
    ),
    (
        "`for await` loops are only allowed",
        "await is only valid in async functions and the top level bodies of modules",
    ),
    ("Cannot assign to this expression", "Invalid left-hand side in assignment"),
    ("Invalid left-hand side in assignment", "Invalid left-hand side in assignment"),
    ("Invalid assignment in object literal", "Invalid shorthand property initializer"),
    ("Illegal break statement", "Illegal break statement"),
    ("Illegal continue statement", "Illegal continue statement: no surrounding iteration statement"),
    ("A rest element must be last", "Rest element must be last element"),
    ("A 'return' statement can only be used within a function body", "Illegal return statement"),
    ("import() requires a specifier", "import() requires a specifier"),
    ("Argument of dynamic import cannot be a spread", "Unexpected token '...'"),
    (
        "A rest parameter or binding pattern may not have a trailing comma",
        "Rest parameter must be last formal parameter",
    ),
    ("A rest element cannot have an initializer", "Invalid destructuring assignment target"),
    ("Cannot use `await` as an identifier", "Unexpected reserved word"),
    (
        "Declaration cannot appear in a single-statement context",
        "Lexical declaration cannot appear in a single-statement context",
    ),
    ("Spread must be last element", "Rest element must be last element"),
    ("A rest parameter must be last", "Rest parameter must be last formal parameter"),
    ("A rest parameter cannot have an initializer", "Rest parameter may not have a default initializer"),
    (
        "Invalid rest element target in destructuring pattern",
        "`...` must be followed by an identifier in declaration contexts",
    ),
    (
        "Invalid rest element target in destructuring assignment",
        "`...` must be followed by an assignable reference in assignment contexts",
    ),
    ("A 'get' accessor must not have any formal parameters", "Getter must not have any formal parameters."),
    ("A 'set' accessor must have exactly one parameter", "Setter must have exactly one formal parameter."),
    ("A 'set' accessor cannot have rest parameter", "Setter function argument must not be a rest parameter"),
    (
        "Classes may not have a static property named 'prototype'",
        "Classes may not have a static property named 'prototype'",
    ),
    (
        "Classes can't have an element named '#constructor'",
        "Classes may not have a private field named '#constructor'",
    ),
    ("Classes can't have a field named 'constructor'", "Classes may not have a field named 'constructor'"),
    ("Classes may not have a field named 'constructor'", "Classes may not have a field named 'constructor'"),
    ("Constructor can't have get/set modifier", "Class constructor may not be an accessor"),
    ("Constructor can't be an async method", "Class constructor may not be an async method"),
    ("Constructor can't be a generator", "Class constructor may not be a generator"),
    ("Multiple constructor implementations are not allowed", "A class may only have one constructor"),
    ("Missing catch or finally clause", "Missing catch or finally after try"),
    ("Private fields cannot be accessed on super", "Unexpected private field"),
    ("'super' can only", "'super' keyword unexpected here"),
    ("Super calls are not permitted", "'super' keyword unexpected here"),
    ("'new super()' is not allowed", "'super' keyword unexpected here"),
    ("Unexpected new.target expression", "new.target expression is not allowed here"),
    ("Unexpected import.meta expression", "Cannot use 'import.meta' outside a module"),
    ("Cannot use import statement outside a module", "Cannot use import statement outside a module"),
    ("Cannot use export statement outside a module", "Unexpected token 'export'"),
    ("Cannot use new with dynamic import", "Cannot use new with import"),
    ("Optional chaining cannot appear in the callee of new", "Invalid optional chain from new expression"),
    ("Invalid optional chain from new expression", "Invalid optional chain from new expression"),
    ("Tagged template expressions are not permitted", "Invalid tagged template on optional chain"),
    (
        "The left-hand side of a `for...of` statement may not be `async`",
        "The left-hand side of a for-of loop may not be 'async'.",
    ),
    (
        "The left-hand side of a `for...of` statement may not start with `let`",
        "The left-hand side of a for-of loop may not be 'let'.",
    ),
    ("'with' statements are not allowed", "Strict mode code may not include a with statement"),
    ("Delete of an unqualified identifier", "Delete of an unqualified identifier in strict mode."),
    ("The operand of a 'delete' operator cannot be a private", "Private fields can not be deleted"),
    ("`let` cannot be declared as a variable name", "let is disallowed as a lexically bound name"),
    ("Decimals with leading zeros", "Decimals with leading zeros are not allowed in strict mode."),
    (
        "Invalid function declaration",
        "In strict mode code, functions can only be declared at top level or inside a block.",
    ),
    ("Jump target cannot cross function boundary", "Undefined label"),
    (
        "await expression not allowed in formal parameter",
        "Illegal await-expression in formal parameters of async function",
    ),
    ("yield expression not allowed in formal parameter", "Yield expression not allowed in formal parameter"),
    (
        "Illegal 'use strict' directive",
        "Illegal 'use strict' directive in function with non-simple parameter list",
    ),
    ("A module cannot have multiple default exports", "Duplicate export of 'default'"),
    ("HTML comments are not allowed in modules", "HTML comments are not allowed in modules"),
    (
        "'arguments' is not allowed",
        "'arguments' is not allowed in class field initializer or static initialization block",
    ),
    ("Expected function name", "Function statements require a function name"),
    ("A class name is required", "Unexpected token '{'"),
    (
        "A unary expression with the",
        "Unary operator used immediately before exponentiation expression. Parenthesis must be used to disambiguate operator precedence",
    ),
    ("Line terminator not permitted before arrow", "Unexpected token '=>'"),
    ("Source length exceeds", "Invalid string length"),
];

fn quoted<'t>(text: &'t str, open: char, close: char) -> Option<&'t str> {
    let start = text.find(open)? + open.len_utf8();
    let end = text[start..].find(close)? + start;
    Some(&text[start..end])
}

/// Translates a diagnostic.
pub fn translate(d: &OxcDiagnostic, context: &Context) -> SyntaxError {
    let (start, end) = range(d);
    let message: &str = &d.message;
    let fixed = |text: String| syntax(text, start, end);
    if d.message.starts_with("Invalid regular expression") || message.contains("in regular expression:") {
        return fixed(message.to_string());
    }
    if message.contains("has already been declared") {
        let name = quoted(message, '`', '`').unwrap_or("");
        return fixed(match () {
            _ if message.starts_with("Label") => format!("Label '{name}' has already been declared"),
            _ if name == "__proto__" => {
                "Duplicate __proto__ fields are not allowed in object literals".to_string()
            }
            _ if is_parameter(d, context, name) => {
                "Duplicate parameter name not allowed in this context".to_string()
            }
            _ => format!("Identifier '{name}' has already been declared"),
        });
    }
    if message == "Unterminated string"
        && context.source.get(start as usize..).is_some_and(|t| t.starts_with(['`', '}']))
    {
        return fixed("Unterminated template literal".to_string());
    }
    if message.starts_with("Duplicated export") {
        let name = quoted(message, '\'', '\'').unwrap_or("");
        return fixed(format!("Duplicate export of '{name}'"));
    }
    if message.starts_with("Export '") {
        let name = quoted(message, '\'', '\'').unwrap_or("");
        return fixed(format!("Export '{name}' is not defined in module"));
    }
    if message.starts_with("Use of undefined label") {
        let name = context.source.get(start as usize..end as usize).unwrap_or("");
        return fixed(format!("Undefined label '{name}'"));
    }
    if message.contains("statement can only jump to a label of an enclosing") {
        let name = context.source.get(start as usize..end as usize).unwrap_or("");
        return fixed(format!("Illegal continue statement: '{name}' does not denote an iteration statement"));
    }
    if message.starts_with("Private ") {
        let name: String = message
            .find('#')
            .map_or(String::new(), |at| message[at..].chars().take_while(|&c| c != '\'').collect());
        return fixed(format!("Private field '{name}' must be declared in an enclosing class"));
    }
    if message.starts_with("Cannot assign to '") {
        return fixed("Unexpected eval or arguments in strict mode".to_string());
    }
    if message.starts_with("The keyword '") {
        let name = quoted(message, '\'', '\'').unwrap_or("");
        return fixed(match name {
            _ if is_escaped(context, start, end) => "Keyword must not contain escaped characters".to_string(),
            "await" => "Unexpected reserved word".to_string(),
            _ if STRICT_KEYWORDS.contains(&name) => "Unexpected strict mode reserved word".to_string(),
            _ => format!("Unexpected token '{name}'"),
        });
    }
    if message.starts_with("'0'-prefixed octal") {
        let is_number = context.source[start as usize..].starts_with(|c: char| c.is_ascii_digit());
        return fixed(if is_number {
            "Octal literals are not allowed in strict mode.".to_string()
        } else {
            "Octal escape sequences are not allowed in strict mode.".to_string()
        });
    }
    if message.ends_with("loop variable declaration may not have an initializer") {
        let kind = message.split(' ').next().unwrap_or("for-in");
        return fixed(format!("{kind} loop variable declaration may not have an initializer."));
    }
    if message.starts_with("A rest")
        && message.ends_with("trailing comma.")
        && before_is_bracket(context, start)
    {
        return fixed("Rest element must be last element".to_string());
    }
    if is_escaped(context, start, end) && !message.contains("dentifier") && !message.contains("escape") {
        return fixed("Keyword must not contain escaped characters".to_string());
    }
    if message.starts_with("Invalid function declaration")
        && d.help.as_deref().is_some_and(|h| h.contains("non-strict"))
    {
        return fixed(
            "In non-strict mode code, functions can only be declared at top level, inside a block, or as the body of an if statement."
                .to_string(),
        );
    }
    if message.starts_with("TS") || d.code.is_some() {
        if let Some((_, text)) = TABLE.iter().find(|(from, _)| message.starts_with(from)) {
            return fixed(text.to_string());
        }
        return fixed(message.to_string());
    }
    if let Some((from, text)) = TABLE.iter().find(|(from, _)| message.starts_with(from)) {
        if *from == "Invalid left-hand side in assignment" || *from == "Cannot assign to this expression" {
            return fixed(assignment_message(context, start, end));
        }
        if text.ends_with("flags") {
            let source = context.source.get(start as usize..end as usize).unwrap_or("");
            return fixed(format!("{text} '{source}'"));
        }
        return fixed(text.to_string());
    }
    if message.starts_with("Expected `,` or `)`") {
        let found = next_token(context.source, start);
        let in_parameters = before_bracket_is_function(d, context);
        if in_parameters {
            return syntax("missing ) after formal parameters", found as u32, found as u32 + 1);
        }
        return syntax("missing ) after argument list", found as u32, found as u32 + 1);
    }
    if message.starts_with("Expected a semicolon") {
        return unexpected(context, start);
    }
    if message.starts_with("Unexpected end of file") {
        if context.source.matches('`').count() % 2 == 1 {
            return fixed("Unterminated template literal".to_string());
        }
        return syntax("Unexpected end of input", context.source.len() as u32, context.source.len() as u32);
    }
    unexpected(context, start)
}

/// What V8 says about a target that is none, by what follows it.
fn assignment_message(context: &Context, start: u32, end: u32) -> String {
    let after = context.source.get(next_token(context.source, end)..).unwrap_or("");
    let before = context.source.get(..start as usize).unwrap_or("").trim_end();
    if after.starts_with("++") || after.starts_with("--") {
        "Invalid left-hand side expression in postfix operation".to_string()
    } else if before.ends_with("++") || before.ends_with("--") {
        "Invalid left-hand side expression in prefix operation".to_string()
    } else if after.starts_with("of ") || after.starts_with("in ") {
        "Invalid left-hand side in for-loop".to_string()
    } else {
        "Invalid left-hand side in assignment".to_string()
    }
}

/// Does the rest element belong to an array pattern?
fn before_is_bracket(context: &Context, at: u32) -> bool {
    let after = context.source.get(at as usize..).unwrap_or("");
    after.trim_start_matches(',').trim_start().starts_with(']')
}

/// Is the redeclared name a parameter of the same list?
fn is_parameter(d: &OxcDiagnostic, context: &Context, name: &str) -> bool {
    let mut places: Vec<usize> = d.labels.iter().map(|l| l.offset() as usize).collect();
    places.sort_unstable();
    let (Some(&first), Some(&second)) = (places.first(), places.last()) else { return false };
    let Some(between) = context.source.get(first + name.len()..second) else { return false };
    !between.contains([';', '{', '}', '(', '=', '\n'])
        && between.contains(',')
        && {
            let before = context.source[..first].trim_end();
            before.ends_with(['(', ',', '[']) || before.ends_with("...")
        }
        && !context.source[..first].contains("let ")
}

/// Does the unclosed bracket open a parameter list?
fn before_bracket_is_function(d: &OxcDiagnostic, context: &Context) -> bool {
    let Some(open) = d.labels.get(1).map(|l| l.offset() as usize) else { return false };
    let before = context.source.get(..open).unwrap_or("").trim_end();
    let word_start =
        before.rfind(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').map_or(0, |i| i + 1);
    let head = before[..word_start].trim_end();
    before.ends_with("function") || head.ends_with("function") || head.ends_with("function*")
}
