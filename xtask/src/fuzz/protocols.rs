//! Statements about what objects can do besides holding properties: accessors, proxies, iterators, closures, arguments.

use super::program::{Generator, Place, Type, Variable};
use Type::{Any, Array, Boolean, Function, Number, Object};

impl Generator<'_> {
    /// One of them.
    pub(super) fn more(&mut self, depth: usize) {
        match self.random.below(13) {
            10 | 11 => self.asynchronous(depth),
            12 => self.asynchronous_iteration(),
            0 => self.proxy(),
            1 => self.accessor(),
            2 => self.iterable(depth),
            3 | 4 => self.closures(),
            5 => self.matches(),
            6 => self.arguments(depth),
            7 => self.delegation(),
            8 => self.tag(),
            _ => self.members(),
        }
    }
    /// An expression for a function of its own: without `await`, `super` and their kin.
    fn sealed(&mut self, depth: usize) -> String {
        let place = Place { is_async: false, is_generator: false, in_method: false, ..self.place };
        let was = std::mem::replace(&mut self.place, place);
        let v = self.expression(Any, depth);
        self.place = was;
        v
    }
    /// An object whose traps log and pass on. Its target inherits nothing: for-in of V8 ends at a proxy among the prototypes.
    fn proxy(&mut self) {
        let (name, target) = (self.name("v"), self.expression(Object, 2));
        let v = self.sealed(1);
        let traps = [
            "get(t, k, r) { if (typeof k === 'string') log('get', k); return Reflect.get(t, k, r); }"
                .to_owned(),
            format!("get(t, k, r) {{ return k in t ? t[k] : {v}; }}"),
            "set(t, k, v, r) { log('set', k); return Reflect.set(t, k, v, r); }".into(),
            "has(t, k) { log('has', k); return k in t; }".into(),
            "deleteProperty(t, k) { log('delete', k); return delete t[k]; }".into(),
            "ownKeys(t) { log('keys'); return Reflect.ownKeys(t); }".into(),
            "getOwnPropertyDescriptor(t, k) { return Reflect.getOwnPropertyDescriptor(t, k); }".into(),
            "defineProperty(t, k, d) { log('define', k); return Reflect.defineProperty(t, k, d); }".into(),
        ];
        let chosen: Vec<String> = traps.into_iter().filter(|_| self.random.chance(30)).collect();
        self.line(&format!("const {name} = new Proxy({{ ...{target} }}, {{ {} }});", chosen.join(", ")));
        self.variables.push(Variable { name, of: Object, constant: true });
    }
    /// A getter and a setter over a variable of their own.
    fn accessor(&mut self) {
        let (object, key, hidden) = (self.expression(Object, 2), self.key(), self.name("v"));
        let (first, name) = (self.expression(Any, 2), self.name("v"));
        let seen = *self.random.pick(&["", "", " log('read');"]);
        self.line(&format!("let {hidden} = {first};"));
        let accessor = format!("get() {{{seen} return {hidden}; }}, set(v) {{ {hidden} = v; }}");
        let text = match self.random.below(2) {
            0 => format!(
                "const {name} = Object.defineProperty({object}, '{key}', {{ {accessor}, configurable: true }});"
            ),
            _ => format!(
                "const {name} = {{ get {key}() {{{seen} return {hidden}; }}, set {key}(v) {{ {hidden} = [v, {hidden}].length; }} }};"
            ),
        };
        self.line(&text);
        for (name, of, constant) in [(hidden, Any, false), (name, Object, true)] {
            self.variables.push(Variable { name, of, constant });
        }
    }
    /// An object with an iterator of its own, and a use of it.
    fn iterable(&mut self, depth: usize) {
        let (name, v) = (self.name("v"), self.sealed(1));
        let count = self.random.below(6);
        self.block(&format!("const {name} = {{ [Symbol.iterator]() {{"), "} };", |g| {
            g.line("let at = 0;");
            let end = *g.random.pick(&["", ", return() { log('closed'); return {}; }"]);
            g.line(&format!(
                "return {{ next() {{ return {{ value: at % 2 ? {v} : at, done: at++ >= {count} }}; }}{end} }};"
            ));
        });
        let (a, b) = (self.name("v"), self.name("v"));
        match self.random.below(5) {
            0 => self.line(&format!("const [{a}, ...{b}] = {name};")),
            1 => self.line(&format!("const [{a}, {b}] = {name};")),
            2 => self.line(&format!("const {a} = [...{name}], {b} = new Set({name});")),
            3 => {
                self.line(&format!("const {a} = Math.max(...{name}), {b} = Array.from({name}, (x) => [x]);"))
            }
            _ => {
                self.line(&format!("let {a} = 0, {b};"));
                let was = self.place;
                self.place.in_loop = true;
                self.block(&format!("for ({b} of {name}) {{"), "}", |g| {
                    g.line(&format!("if (fuel-- < 0 || {a}++ > 20) break;"));
                    g.statements(depth);
                });
                self.place = was;
            }
        }
        self.line(&format!("log({a}, {b});"));
    }
    /// Functions made in a loop, each with the variables of its turn.
    fn closures(&mut self) {
        let (list, i, x, f) = (self.name("v"), self.name("i"), self.name("x"), self.name("x"));
        let v = self.expression(Any, 2);
        let change = *self.random.pick(&["", "", "++"]);
        let kind = *self.random.pick(&["let", "let", "var"]);
        self.line(&format!("const {list} = [];"));
        self.block(&format!("for ({kind} {i} = 0; {i} < 4; {i}++) {{"), "}", |g| {
            g.line(&format!("let {x} = {v};"));
            g.line(&format!("{list}.push(() => [{i}{change}, {x}], (y) => {x} = y);"));
        });
        let n = self.index();
        self.line(&format!("log({list}.map(({f}) => {f}({n})));"));
        self.line(&format!("log({list}.map(({f}) => {f}()));"));
    }
    /// A regular expression and a string.
    fn matches(&mut self) {
        let pattern = *self.random.pick(&[
            "/a/g",
            "/b|c/",
            "/[a-c]+/g",
            "/(.)(.)?/g",
            "/(?<x>\\w)\\W*/g",
            "/\\d+/y",
            "/^|$/gm",
            "/\\s*,\\s*/",
            "/(?=l)/g",
            "/(\\w)\\1/i",
            "/./gu",
            "/[^\\x00-\\x7f]/gv",
            "/(?<!a)b/",
            "/x{2,}?|o/g",
            "/()/g",
        ]);
        let (s, name, m) = (self.expression(Type::String, 2), self.name("v"), self.name("x"));
        let other = self.expression(Type::String, 0);
        match self.random.below(7) {
            0 => self.line(&format!("const {name} = String({s}).replace({pattern}, {other});")),
            1 => {
                self.line(&format!(
                    "const {name} = String({s}).replace({pattern}, (...m) => (log(m), {other}));"
                ));
            }
            2 => self.line(&format!("const {name} = String({s}).split({pattern});")),
            3 => self.line(&format!("const {name} = String({s}).match({pattern});")),
            4 => self.line(&format!("const {name} = String({s}).search({pattern});")),
            5 => self.line(&format!("const {name} = {pattern}.exec({s});")),
            _ => {
                self.line(&format!("const {name} = {pattern};"));
                self.block(
                    &format!("for (let {m}, n = 0; n < 5 && ({m} = {name}.exec({s})); n++) {{"),
                    "}",
                    |g| {
                        g.line(&format!("log({m}.index, {m}[0], {name}.lastIndex);"));
                        g.line(&format!("if (!{m}[0]) {name}.lastIndex++;"));
                    },
                );
            }
        }
        self.variables.push(Variable { name, of: Any, constant: true });
    }
    /// A function that changes its arguments object, or its parameters, or both.
    fn arguments(&mut self, depth: usize) {
        let (name, v, key) = (self.name("f"), self.sealed(1), self.random.below(4));
        let place = Place { is_async: false, is_generator: false, in_method: false, ..self.place };
        let change = match self.random.below(5) {
            0 => format!("a = {v};"),
            1 => format!("arguments[0] = {v};"),
            2 => format!("arguments.length = {};", self.random.below(4)),
            3 => "delete arguments[0]; b = 1;".into(),
            _ => format!("(() => {{ arguments[{key}] = b; }})();"),
        };
        let was = std::mem::replace(&mut self.place, Place { in_function: true, in_loop: false, ..place });
        let labels = std::mem::take(&mut self.labels);
        self.block(&format!("function {name}(a, b) {{"), "}", |g| {
            g.line("if (fuel-- < 0) return;");
            g.variables.push(Variable { name: "a".into(), of: Number, constant: false });
            g.variables.push(Variable { name: "b".into(), of: Any, constant: false });
            g.line(&change);
            g.statements(depth);
            let last = *g.random.pick(&[
                "[...arguments]",
                "arguments[0]",
                "arguments.length",
                "[a, b, arguments[0]]",
            ]);
            g.line(&format!("return {last};"));
        });
        self.place = was;
        self.labels = labels;
        self.variables.push(Variable { name, of: Function, constant: true });
    }
    /// A generator that delegates to another one, and is driven from outside.
    fn delegation(&mut self) {
        let Some(inner) = self.variable(Type::Generator) else { return self.closures() };
        let (name, it) = (self.name("f"), self.name("v"));
        let (v, w, test) = (self.sealed(1), self.sealed(1), self.expression(Boolean, 0));
        self.block(&format!("function* {name}(p) {{"), "}", |g| {
            g.line("if (fuel-- < 0) return;");
            g.line(&format!("try {{ log(yield* {inner}({v}, p)); }} finally {{ if ({test}) yield {w}; }}"));
        });
        let end = *self.random.pick(&["next(1)", "return(2)", "throw(3)"]);
        let tried = |call: &str| format!("try {{ log({call}); }} catch (e) {{ log('caught', e); }}");
        self.line(&format!("const {it} = {name}({w});"));
        for call in
            [format!("{it}.next()"), format!("{it}.next(1)"), format!("{it}.{end}"), format!("{it}.next()")]
        {
            self.line(&tried(&call));
        }
        self.variables.push(Variable { name, of: Type::Generator, constant: true });
    }
    /// A tagged template, and a call with spread arguments.
    fn tag(&mut self) {
        let Some(f) = self.variable(Function) else { return self.closures() };
        let (v, w, list) = (self.expression(Any, 2), self.expression(Any, 1), self.expression(Array, 2));
        let call = match self.random.below(5) {
            0 => format!("{f}`a${{{v}}}b${{{w}}}`"),
            1 => format!("((strings, ...rest) => [strings.raw, rest])`\\n${{{v}}}`"),
            2 => format!("{f}(...{list}.slice(0, 9), {v})"),
            3 => format!("{f}.apply({v}, {list}.slice(0, 9))"),
            _ => format!("Reflect.apply({f}, {v}, [{w}, ...{list}.slice(0, 9)])"),
        };
        self.line(&format!("log({call});"));
    }
    /// Assignments to elements and properties that read them first.
    fn members(&mut self) {
        let target = match (self.variable(Array), self.variable(Object)) {
            (Some(a), _) if self.random.chance(50) => format!("{a}[{} & 15]", self.index()),
            (_, Some(o)) => format!("{o}.{}", self.key()),
            _ => return self.closures(),
        };
        let (v, n) = (self.expression(Any, 2), self.expression(Number, 2));
        let text = match self.random.below(6) {
            0 => format!("{target}++;"),
            1 => format!("log(--{target});"),
            2 => format!("{target} ??= {v};"),
            3 => format!("log({target} ||= {v});"),
            4 => format!("{target} **= {n};"),
            _ => format!("log(({target} -= {n}) | 0);"),
        };
        self.line(&text);
    }
    /// What is awaited: a value, a promise, something like a promise.
    fn awaited(&mut self) -> String {
        let v = self.sealed(2);
        match self.random.below(8) {
            0 => format!("Promise.resolve({v})"),
            1 => format!("Promise.reject({v})"),
            2 => format!("({{ then(done) {{ log('then is read'); done({v}); }} }})"),
            3 => format!("({{ then(_, fail) {{ fail({v}); }} }})"),
            4 => format!("Promise.all([{v}, Promise.resolve(1)])"),
            5 => format!("new Promise((done) => queueMicrotask(() => done({v})))"),
            _ => v,
        }
    }
    /// An async function that awaits in loops and around exceptions, and is called until it is hot.
    fn asynchronous(&mut self, depth: usize) {
        let (name, i) = (self.name("f"), self.name("i"));
        let (a, b) = (self.name("p"), self.name("p"));
        let was = self.place;
        let labels = std::mem::take(&mut self.labels);
        self.place = Place {
            is_async: true,
            is_generator: false,
            in_function: true,
            in_loop: false,
            in_method: false,
        };
        let head = match self.random.below(4) {
            0 => format!("const {name} = async ({a}, {b}) => {{"),
            1 => format!("const {name} = {{ async m({a}, {b}) {{"),
            _ => format!("async function {name}({a}, {b}) {{"),
        };
        let tail = if head.contains(" m(") { "} }.m;" } else { "}" };
        self.block(&head, tail, |g| {
            g.line("if (fuel-- < 0) return;");
            g.variables.push(Variable { name: a.clone(), of: Any, constant: false });
            g.variables.push(Variable { name: b.clone(), of: Number, constant: false });
            if g.random.chance(50) {
                g.statements(depth);
            }
            g.block("try {", "}", |g| {
                let first = g.awaited();
                g.line(&format!("{a} = await {first};"));
                let head = format!("for (let {i} = 0; {i} < {}; {i}++) {{", g.random.below(4));
                g.block(&head, "}", |g| {
                    let next = g.awaited();
                    g.line(&format!("{b} += Number(await {next}) | 0;"));
                });
                let (test, v) = (g.expression(Boolean, 2), g.expression(Any, 1));
                g.line(&format!("if ({test}) throw {v};"));
                g.statements(depth);
            });
            g.block("catch (e) {", "}", |g| {
                let (test, v) = (g.expression(Boolean, 2), g.awaited());
                g.line(&format!("log('caught', e); if ({test}) return {v};"));
            });
            if g.random.chance(40) {
                let v = g.awaited();
                g.block("finally {", "}", |g| g.line(&format!("log('finally', await {v});")));
            }
            let v = g.awaited();
            let form = *g.random.pick(&["return", "return await", "return", "throw await"]);
            g.line(&format!("{form} {v};"));
        });
        self.place = was;
        self.labels = labels;
        let (v, w) = (self.expression(Any, 1), self.expression(Any, 1));
        self.block(&format!("for (let {i} = 0; {i} < 20; {i}++) {{"), "}", |g| {
            g.line(&format!(
                "{name}({i} & 4 ? {v} : {w}, {i}).then((v) => log('then', {i}, v), (e) => log('failed', {i}, e));"
            ));
        });
        self.variables.push(Variable { name, of: Function, constant: true });
    }
    /// An async generator and the loop that takes its values.
    fn asynchronous_iteration(&mut self) {
        let (name, x) = (self.name("f"), self.name("x"));
        let was = self.place;
        let labels = std::mem::take(&mut self.labels);
        self.place =
            Place { is_async: true, is_generator: true, in_function: true, in_loop: false, in_method: false };
        self.block(&format!("async function* {name}(a) {{"), "}", |g| {
            g.line("if (fuel-- < 0) return;");
            let (v, w, u) = (g.awaited(), g.awaited(), g.expression(Array, 2));
            g.line(&format!(
                "try {{ yield {v}; log('sent', yield a); yield* {u}; }} finally {{ log('end', await {w}); }}"
            ));
        });
        self.place = was;
        self.labels = labels;
        let v = self.expression(Any, 1);
        let leave = *self.random.pick(&["", "", " break;", " throw 1;", " return 2;"]);
        let source = match self.random.below(3) {
            0 => format!("[{name}, {v}, Promise.resolve({v})]"),
            _ => format!("{name}({v})"),
        };
        self.line(&format!(
            "(async () => {{ for await (const {x} of {source}) {{ log('got', {x});{leave} }} }})().then((v) => log('done', v), (e) => log('failed', e));"
        ));
    }
}
