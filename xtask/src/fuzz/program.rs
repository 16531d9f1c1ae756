//! Programs: statements over variables of known types, so that most of what is generated does something. All end: loops
//! are counted, and calls use up fuel.

use super::Case;
use super::random::Random;

/// What a variable holds, mostly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    Number,
    String,
    Boolean,
    BigInt,
    Array,
    Object,
    Typed,
    Map,
    Set,
    Any,
    Function,
    Generator,
    Class,
}
use Type::{Any, Array, BigInt, Boolean, Class, Function, Map, Number, Object, Set, Typed};

/// Types of values that variables are made for.
const VALUES: &[Type] = &[
    Number,
    Number,
    Number,
    Type::String,
    Type::String,
    Boolean,
    BigInt,
    Array,
    Array,
    Object,
    Object,
    Typed,
    Map,
    Set,
    Any,
];

#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) of: Type,
    pub(super) constant: bool,
}

/// What the code at hand is inside of.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) is_async: bool,
    pub(super) is_generator: bool,
    pub(super) in_function: bool,
    pub(super) in_loop: bool,
    /// Instance methods, with private names and `super`.
    pub(super) in_method: bool,
}

pub(super) struct Generator<'r> {
    pub(super) random: &'r mut Random,
    pub(super) variables: Vec<Variable>,
    pub(super) place: Place,
    lines: Case,
    indent: usize,
    names: usize,
    /// Statements that may still be made.
    budget: usize,
    loops: usize,
    /// Of the loops around.
    pub(super) labels: Vec<String>,
}

/// A case.
pub(super) fn generate(random: &mut Random) -> Case {
    let strict = random.chance(40);
    let mut g = Generator {
        place: Place {
            is_async: true,
            is_generator: false,
            in_function: false,
            in_loop: false,
            in_method: false,
        },
        budget: 25 + random.below(50),
        random,
        variables: vec![],
        lines: vec![],
        indent: 0,
        names: 0,
        loops: 0,
        labels: vec![],
    };
    if strict {
        g.line("'use strict';");
    }
    g.line("let fuel = 3000;");
    let is_async = g.random.chance(25);
    g.line(if is_async { "return (async () => {" } else { "(() => {" });
    g.place.is_async = is_async;
    for _ in 0..3 + g.random.below(4) {
        let of = *g.random.pick(VALUES);
        g.declare(of);
    }
    while g.budget > 0 {
        match g.random.chance(40) {
            // An exception ends one section, not the program.
            true => g.section(),
            false => g.statement(3),
        }
    }
    for _ in 0..3 {
        g.drive();
    }
    let rest: Vec<String> =
        g.variables.iter().filter(|v| VALUES.contains(&v.of)).map(|v| v.name.clone()).collect();
    g.line(&format!("log({});", rest.join(", ")));
    g.line("})();");
    g.lines
}

impl Generator<'_> {
    pub(super) fn line(&mut self, text: &str) {
        self.lines.push(format!("{:1$}{text}", "", self.indent));
    }
    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }
    /// A block: head, what `body` makes with the variables of an inner scope, and tail.
    pub(super) fn block(&mut self, head: &str, tail: &str, body: impl FnOnce(&mut Self)) {
        self.line(head);
        self.indent += 1;
        let scope = self.variables.len();
        body(self);
        self.variables.truncate(scope);
        self.indent -= 1;
        self.line(tail);
    }
    pub(super) fn statements(&mut self, depth: usize) {
        for _ in 0..1 + self.random.below(4) {
            self.statement(depth);
        }
    }
    /// `let`, `const` or `var` of a type.
    fn declare(&mut self, of: Type) {
        let value = self.bounded(of);
        let name = self.name("v");
        let constant = self.random.chance(25);
        let keyword = if constant { "const" } else { "let" };
        self.line(&format!("{keyword} {name} = {value};"));
        self.variables.push(Variable { name, of, constant });
    }
    /// An expression whose value does not grow without limit when it is assigned in a loop.
    fn bounded(&mut self, of: Type) -> String {
        let value = self.expression(of, 3);
        match of {
            Type::String => format!("String({value}).slice(-60)"),
            Array => format!("cut({value})"),
            BigInt => format!("BigInt.asIntN({}, {value})", self.random.pick(&["64", "128", "31"])),
            _ => value,
        }
    }
    pub(super) fn variable(&mut self, of: Type) -> Option<String> {
        let wanted: Vec<usize> = (0..self.variables.len()).filter(|&i| self.variables[i].of == of).collect();
        let last = wanted.len().checked_sub(1)?;
        // The newest are used most.
        let i = if self.random.chance(40) { last } else { self.random.below(wanted.len()) };
        Some(self.variables[wanted[i]].name.clone())
    }
    fn assignable(&mut self) -> Option<Variable> {
        let wanted: Vec<&Variable> =
            self.variables.iter().filter(|v| !v.constant && VALUES.contains(&v.of)).collect();
        if wanted.is_empty() {
            return None;
        }
        Some(wanted[self.random.below(wanted.len())].clone())
    }

    fn statement(&mut self, depth: usize) {
        self.budget = self.budget.saturating_sub(1);
        if self.budget == 0 {
            return;
        }
        let nested = depth > 0;
        match self.random.below(100) {
            0..10 => {
                let of = *self.random.pick(VALUES);
                self.declare(of);
            }
            10..20 => self.assignment(),
            20..26 if nested => self.more(depth - 1),
            20..26 => self.assignment(),
            26..33 => self.mutation(),
            33..38 => {
                let v = self.expression(Any, 3);
                self.line(&format!("log({v});"));
            }
            38..44 => {
                let call = self.call();
                self.line(&format!("log({call});"));
            }
            44..52 if nested => {
                let test = self.expression(Boolean, 2);
                self.block(&format!("if ({test}) {{"), "}", |g| g.statements(depth - 1));
                if self.random.chance(40) {
                    self.block("else {", "}", |g| g.statements(depth - 1));
                }
            }
            52..66 if nested => self.repetition(depth - 1),
            66..71 if nested => self.guarded(depth - 1),
            71..74 if nested => self.switch(depth - 1),
            74..82 if nested => self.function(depth - 1),
            82..86 if nested => self.class(depth - 1),
            86..90 => self.destructuring(),
            90..92 if self.place.in_loop => {
                let test = self.expression(Boolean, 2);
                let leave = *self.random.pick(&["break", "continue"]);
                let label = match self.labels.is_empty() {
                    true => String::new(),
                    false => format!(" {}", self.random.pick(&self.labels)),
                };
                self.line(&format!("if ({test}) {leave}{label};"));
            }
            92..94 if self.place.in_function => {
                let test = self.expression(Boolean, 2);
                let v = self.expression(Any, 2);
                self.line(&format!("if ({test}) return {v};"));
            }
            94..96 if self.place.is_generator => {
                let v = self.expression(Any, 2);
                let name = self.name("v");
                self.line(&format!("const {name} = yield {v};"));
                self.variables.push(Variable { name, of: Any, constant: true });
            }
            96 if self.place.is_async => {
                let v = self.expression(Any, 2);
                let name = self.name("v");
                self.line(&format!("const {name} = await {v};"));
                self.variables.push(Variable { name, of: Any, constant: true });
            }
            97 if !self.place.in_function => self.drive(),
            _ => self.assignment(),
        }
    }
    fn section(&mut self) {
        self.block("try {", "}", |g| {
            for _ in 0..3 + g.random.below(6) {
                g.statement(3);
            }
            g.drive();
        });
        let e = self.name("e");
        self.block(&format!("catch ({e}) {{"), "}", |g| g.line(&format!("log('caught', {e});")));
    }
    /// Calls a function until it is hot, with arguments of one type after the other.
    fn drive(&mut self) {
        let Some(f) = self.variable(Function) else { return };
        let arguments: Vec<String> = [Number, Type::String, Object, Array, Any]
            .into_iter()
            .filter(|_| self.random.chance(70))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|of| self.expression(of, 1))
            .collect();
        let (x, k, e) = (self.name("v"), self.name("i"), self.name("e"));
        self.block(&format!("for (const {x} of [7, {}]) {{", arguments.join(", ")), "}", |g| {
            g.line("fuel += 300;");
            g.block("try {", "}", |g| {
                let loops = format!("for (let {k} = 0; {k} < 30 && fuel > 0; {k}++) {{");
                g.block(&loops, "}", |g| g.line(&format!("log({f}({x}, {k}, {x}));")));
            });
            g.block(&format!("catch ({e}) {{"), "}", |g| g.line(&format!("log('caught', {e});")));
        });
    }
    fn assignment(&mut self) {
        let Some(v) = self.assignable() else { return self.declare(Number) };
        let name = v.name;
        let plain = |g: &mut Self, of| {
            let value = g.bounded(of);
            g.line(&format!("{name} = {value};"));
        };
        match v.of {
            Number => match self.random.below(10) {
                0..2 => self.line(&format!("{name}++;")),
                2 => self.line(&format!("--{name};")),
                3..7 => {
                    let operator =
                        *self.random.pick(&["+", "-", "*", "/", "%", "|", "^", "&", "<<", ">>", ">>>"]);
                    let value = self.expression(Number, 2);
                    self.line(&format!("{name} {operator}= {value};"));
                }
                _ => plain(self, Number),
            },
            Any => {
                let of = *self.random.pick(VALUES);
                plain(self, of);
            }
            of if self.random.chance(8) => {
                let operator = *self.random.pick(&["??=", "||=", "&&="]);
                let value = self.bounded(of);
                self.line(&format!("{name} {operator} {value};"));
            }
            // Sometimes of another type: what was learned about the variable is wrong from then on.
            _ if self.random.chance(4) => {
                let of = *self.random.pick(VALUES);
                plain(self, of);
            }
            of => plain(self, of),
        }
    }
    /// Statements that change what a variable holds.
    fn mutation(&mut self) {
        let v = self.expression(Any, 2);
        let n = self.index();
        if let (Some(a), 0..4) = (self.variable(Array), self.random.below(10)) {
            let text = match self.random.below(10) {
                0..3 => format!("if ({a}.length < 30) {a}.push({v});"),
                3..6 => format!("{a}[{n} & 31] = {v};"),
                6 => format!("{a}.pop();"),
                7 => format!("if ({a}.length < 30) {a}.splice({n}, 1, {v});"),
                8 => format!("delete {a}[{n}];"),
                _ => format!("{a}.length = {n} & 15;"),
            };
            return self.line(&text);
        }
        if let (Some(o), 0..4) = (self.variable(Object), self.random.below(10)) {
            let key = self.key();
            let text = match self.random.below(10) {
                0..6 => format!("{o}.{key} = {v};"),
                6 => format!("delete {o}.{key};"),
                7 => format!("{o}[{n}] = {v};"),
                8 => format!("Object.defineProperty({o}, '{key}', {{ value: {v}, configurable: true }});"),
                _ => format!("{o}.{key} += {v};"),
            };
            return self.line(&text);
        }
        if let (Some(t), 0..5) = (self.variable(Typed), self.random.below(10)) {
            let value = self.expression(Number, 2);
            let operator = *self.random.pick(&["=", "=", "+=", "^="]);
            return self.line(&format!("{t}[{n}] {operator} {value};"));
        }
        if let (Some(m), 0..5) = (self.variable(Set), self.random.below(10)) {
            let key = self.expression(Any, 1);
            let text = match self.random.below(6) {
                0..2 => format!("{m}.delete({key});"),
                _ => format!("if ({m}.size < 30) {m}.add({key});"),
            };
            return self.line(&text);
        }
        if let Some(m) = self.variable(Map) {
            let key = self.expression(Any, 1);
            let text = match self.random.below(6) {
                0 => format!("{m}.delete({key});"),
                _ => format!("if ({m}.size < 30) {m}.set({key}, {v});"),
            };
            return self.line(&text);
        }
        self.assignment();
    }
    fn repetition(&mut self, depth: usize) {
        self.loops += 1;
        let count = match self.loops {
            1 if self.place.in_function => 20,
            1 => *self.random.pick(&[3, 40, 300]),
            2 => 6,
            _ => 2,
        };
        let was = self.place;
        let labels = self.labels.len();
        self.place.in_loop = true;
        let mut label = String::new();
        if self.random.chance(20) {
            let name = self.name("loop");
            label = format!("{name}: ");
            self.labels.push(name);
        }
        let i = self.name("i");
        match self.random.below(10) {
            0..5 => {
                let step = *self.random.pick(&["++", " += 1", "++", " += 3"]);
                let head = format!("{label}for (let {i} = 0; {i} < {count}; {i}{step}) {{");
                self.block(&head, "}", |g| {
                    g.variables.push(Variable { name: i, of: Number, constant: true });
                    g.statements(depth);
                });
            }
            5..7 => {
                let of = *self.random.pick(&[Array, Array, Type::String, Map, Set, Type::Generator]);
                let list = match self.variable(Type::Generator) {
                    Some(f) if of == Type::Generator => format!("{f}({})", self.expression(Any, 1)),
                    _ => self.expression(if of == Type::Generator { Array } else { of }, 2),
                };
                self.block(&format!("{label}for (const {i} of {list}) {{"), "}", |g| {
                    g.line(&format!("if (fuel-- < {}) break;", if count > 20 { 100 } else { 0 }));
                    g.variables.push(Variable { name: i, of: Any, constant: true });
                    g.statements(depth);
                });
            }
            7 => {
                let o = self.expression(Object, 2);
                self.block(&format!("{label}for (const {i} in {o}) {{"), "}", |g| {
                    g.line("if (fuel-- < 0) break;");
                    g.variables.push(Variable { name: i, of: Type::String, constant: true });
                    g.statements(depth);
                });
            }
            8 => {
                let test = self.expression(Boolean, 2);
                self.line(&format!("let {i} = {count};"));
                self.block(&format!("{label}while ({i}-- > 0 && {test}) {{"), "}", |g| g.statements(depth));
            }
            _ => {
                self.line(&format!("let {i} = 0;"));
                self.block(&format!("{label}do {{"), &format!("}} while (++{i} < {count});"), |g| {
                    g.statements(depth)
                });
            }
        }
        self.place = was;
        self.labels.truncate(labels);
        self.loops -= 1;
    }
    fn guarded(&mut self, depth: usize) {
        self.block("try {", "}", |g| {
            g.statements(depth);
            if g.random.chance(40) {
                let test = g.expression(Boolean, 2);
                let v = g.expression(Any, 2);
                g.line(&format!("if ({test}) throw {v};"));
            }
        });
        let finally = self.random.chance(35);
        if !finally || self.random.chance(60) {
            let e = self.name("e");
            self.block(&format!("catch ({e}) {{"), "}", |g| {
                g.line(&format!("log('caught', {e});"));
                g.variables.push(Variable { name: e, of: Any, constant: true });
                g.statements(depth);
            });
        }
        if finally {
            self.block("finally {", "}", |g| g.statements(depth));
        }
    }
    fn switch(&mut self, depth: usize) {
        let v = self.expression(Any, 2);
        let was = self.place.in_loop;
        // `continue` would not belong to the switch.
        self.place.in_loop = false;
        self.block(&format!("switch ({v}) {{"), "}", |g| {
            for _ in 0..1 + g.random.below(3) {
                let label = g.expression(Any, 1);
                g.line(&format!("case {label}:"));
                g.statement(depth);
                if g.random.chance(60) {
                    g.line("break;");
                }
            }
            g.line("default:");
            g.statement(depth);
        });
        self.place.in_loop = was;
    }
    fn parameters(&mut self) -> String {
        let mut list = vec![];
        for _ in 0..self.random.below(4) {
            let name = self.name("p");
            let of = *self.random.pick(&[Number, Number, Type::String, Array, Any]);
            let text = match self.random.below(10) {
                0 => format!("{name} = {}", self.expression(of, 1)),
                1 => format!("[{name} = {}]", self.expression(of, 1)),
                2 => format!("{{ {name} = {} }} = {{}}", self.expression(of, 1)),
                _ => name.clone(),
            };
            list.push(text);
            self.variables.push(Variable { name, of, constant: self.random.chance(30) });
        }
        if self.random.chance(15) {
            let name = self.name("p");
            list.push(format!("...{name}"));
            self.variables.push(Variable { name, of: Array, constant: false });
        }
        list.join(", ")
    }
    /// The body of a function whose parameters are declared; `head` goes up to the parameters.
    pub(super) fn body(&mut self, head: &str, place: Place, tail: &str, depth: usize) {
        let (was, loops, scope) = (self.place, std::mem::take(&mut self.loops), self.variables.len());
        let labels = std::mem::take(&mut self.labels);
        self.place = Place { is_async: false, is_generator: false, ..place };
        let parameters = self.parameters();
        self.place = Place { in_function: true, in_loop: false, ..place };
        self.block(&format!("{head}({parameters}) {{"), tail, |g| {
            g.line("if (fuel-- < 0) return;");
            g.statements(depth);
            let v = g.expression(Any, 3);
            g.line(&format!("return {v};"));
        });
        self.variables.truncate(scope);
        self.place = was;
        self.loops = loops;
        self.labels = labels;
    }
    fn function(&mut self, depth: usize) {
        let place = Place { is_async: false, is_generator: false, in_method: false, ..self.place };
        let name = self.name("f");
        let mut of = Function;
        match self.random.below(10) {
            0..5 => self.body(&format!("function {name}"), place, "}", depth),
            5..7 => {
                // The list of parameters comes before the arrow.
                let (was, scope) = (std::mem::replace(&mut self.place, place), self.variables.len());
                let parameters = self.parameters();
                let v = self.expression(Any, 3);
                self.variables.truncate(scope);
                self.place = was;
                self.line(&format!("const {name} = ({parameters}) => {v};"));
            }
            7..9 => {
                of = Type::Generator;
                self.body(&format!("function* {name}"), Place { is_generator: true, ..place }, "}", depth);
            }
            _ => self.body(&format!("async function {name}"), Place { is_async: true, ..place }, "}", depth),
        }
        self.variables.push(Variable { name, of, constant: true });
    }
    fn class(&mut self, depth: usize) {
        let name = self.name("C");
        let base = if self.random.chance(40) { self.variable(Class) } else { None };
        let extends = base.map(|b| format!(" extends {b}")).unwrap_or_default();
        let place = Place {
            is_async: false,
            is_generator: false,
            in_function: true,
            in_loop: false,
            in_method: true,
        };
        self.block(&format!("class {name}{extends} {{"), "}", |g| {
            let was = std::mem::replace(&mut g.place, place);
            let initial = g.random.below(100);
            g.line(&format!("#private = {initial};"));
            for _ in 0..1 + g.random.below(4) {
                let key = g.key();
                match g.random.below(10) {
                    0..3 => {
                        let v = g.expression(Any, 2);
                        let kind = *g.random.pick(&["", "", "static "]);
                        g.line(&format!("{kind}{key} = {v};"));
                    }
                    3 => {
                        let v = g.expression(Any, 2);
                        g.line(&format!("get {key}() {{ return {v}; }}"));
                    }
                    4 => g.line(&format!("set {key}(v) {{ this.#private = v; }}")),
                    5 if !extends.is_empty() => {
                        let v = g.expression(Any, 1);
                        g.line(&format!("constructor(p) {{ super({v}); this.{key} = p; }}"));
                    }
                    6 if g.random.chance(50) => {
                        let v = g.expression(Any, 2);
                        let number = g.name("hidden");
                        let form = match g.random.below(4) {
                            0 => format!("#{number}(p) {{ return {v}; }} {key}(p) {{ return this.#{number}(p); }}"),
                            1 => format!("get #{number}() {{ return {v}; }} get {key}() {{ return this.#{number}; }}"),
                            2 => format!("static #{number} = {v}; static {key}(p) {{ return this.#{number} = p; }}"),
                            _ => format!("#{number} = {v}; {key}(p) {{ return #{number} in p ? p.#{number} : this.#{number}++; }}"),
                        };
                        g.line(&form);
                    }
                    6 => g.body(&format!("static {key}"), place, "}", depth),
                    7 => g.body(&format!("*{key}"), Place { is_generator: true, ..place }, "}", depth),
                    _ => g.body(&key, place, "}", depth),
                }
            }
            g.place = was;
        });
        self.variables.push(Variable { name, of: Class, constant: true });
    }
    fn destructuring(&mut self) {
        let (a, b) = (self.name("v"), self.name("v"));
        let default = self.expression(Any, 1);
        if self.random.chance(50) {
            let list = self.expression(Array, 2);
            let pattern = match self.random.below(3) {
                0 => format!("[{a}, ...{b}]"),
                1 => format!("[, {a} = {default}, {b}]"),
                _ => format!("[{a}, [{b} = {default}] = [1]]"),
            };
            self.line(&format!("let {pattern} = {list};"));
        } else {
            let object = self.expression(Object, 2);
            let (k, l) = (self.key(), self.key());
            let pattern = match self.random.below(3) {
                0 => format!("{{ {k}: {a}, ...{b} }}"),
                1 => format!("{{ {k}: {a} = {default}, {l}: {b} }}"),
                _ => format!("{{ ['{k}']: {a}, {l}: {{ length: {b} }} = 'ab' }}"),
            };
            self.line(&format!("let {pattern} = {object};"));
        }
        for name in [a, b] {
            self.variables.push(Variable { name, of: Any, constant: false });
        }
    }
}
