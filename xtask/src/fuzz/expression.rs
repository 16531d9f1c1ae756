//! Expressions of a wanted type.

use super::program::{Generator, Type};
use Type::{Any, Array, BigInt, Boolean, Class, Function, Map, Number, Object, Set, Typed};

/// Around the limits of integers, doubles and representations.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "-0",
    "0.5",
    "-1.5",
    "NaN",
    "Infinity",
    "-Infinity",
    "255",
    "256",
    "65535",
    "1073741823",
    "1073741824",
    "-1073741825",
    "2147483647",
    "-2147483648",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740993",
    "1e21",
    "1e-7",
    "5e-324",
    "1.7976931348623157e308",
    "0.1",
    "123456.789",
];
const STRINGS: &[&str] = &[
    "''",
    "'a'",
    "'abc'",
    "'12'",
    "' 7 '",
    "'-0'",
    "'1e3'",
    "'0x1f'",
    "'é'",
    "'ß'",
    "'\\u{1f600}'",
    "'\\ud800'",
    "'日本'",
    "'a,b,c'",
    "'length'",
    "'x'",
    "'hello world'",
    "'NaN'",
];
const KEYS: &[&str] = &["x", "y", "z", "w", "length", "name"];
const TYPED: &[&str] = &[
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
    "Float16Array",
];

impl Generator<'_> {
    pub(super) fn key(&mut self) -> String {
        (*self.random.pick(KEYS)).to_owned()
    }
    /// A small index, now and then out of bounds.
    pub(super) fn index(&mut self) -> String {
        match self.random.below(10) {
            0..5 => self.random.below(8).to_string(),
            5..8 => format!("({} & 7)", self.expression(Number, 1)),
            _ => self.expression(Number, 1),
        }
    }
    /// A call of something callable, or a plain value.
    pub(super) fn call(&mut self) -> String {
        let arguments =
            (0..self.random.below(4)).map(|_| self.expression(Any, 1)).collect::<Vec<_>>().join(", ");
        if let (Some(c), true) = (self.variable(Class), self.random.chance(35)) {
            let key = self.key();
            return match self.random.below(4) {
                0 => format!("new {c}({arguments})"),
                1 => format!("{c}.{key}?.({arguments})"),
                _ => format!("new {c}({arguments}).{key}?.({arguments})"),
            };
        }
        if let (Some(g), true) = (self.variable(Type::Generator), self.random.chance(30)) {
            return match self.random.below(3) {
                0 => format!("[...{g}({arguments})].slice(0, 20)"),
                1 => format!("{g}({arguments}).next({arguments}).value"),
                _ => format!("Array.from({g}({arguments}), (x) => typeof x)"),
            };
        }
        match self.variable(Function) {
            Some(f) if self.random.chance(85) => format!("{f}({arguments})"),
            Some(f) => format!("{f}.call({arguments})"),
            None => self.expression(Any, 1),
        }
    }
    pub(super) fn expression(&mut self, of: Type, depth: usize) -> String {
        let known = self.variable(of);
        if depth == 0 || self.random.chance(30) {
            return match known {
                Some(v) if self.random.chance(75) => v,
                _ => self.literal(of),
            };
        }
        if self.random.chance(5) {
            let (test, a, b) = (
                self.expression(Boolean, depth - 1),
                self.expression(of, depth - 1),
                self.expression(of, depth - 1),
            );
            return format!("({test} ? {a} : {b})");
        }
        match of {
            Number => self.number(depth - 1),
            Type::String => self.string(depth - 1),
            Boolean => self.boolean(depth - 1),
            BigInt => self.big(depth - 1),
            Array => self.array(depth - 1),
            Object => self.object(depth - 1),
            Set => self.set(depth - 1),
            Typed | Map => self.literal(of),
            _ => self.any(depth - 1),
        }
    }
    fn literal(&mut self, of: Type) -> String {
        match of {
            Number => format!("({})", self.random.pick(NUMBERS)),
            Type::String => (*self.random.pick(STRINGS)).to_owned(),
            Boolean => (*self.random.pick(&["true", "false"])).to_owned(),
            BigInt => (*self.random.pick(&[
                "0n",
                "1n",
                "-1n",
                "7n",
                "(2n ** 64n)",
                "-9223372036854775808n",
                "12345678901234567890n",
            ]))
            .to_owned(),
            Array => {
                let literals = [
                    "[]",
                    "[1, 2, 3]",
                    "[1.5, , 'a']",
                    "['b', 'a', 'c']",
                    "[[1], [2, 3]]",
                    "[0, -0, NaN]",
                    "[3, 1, 2, 5, 4]",
                ];
                (*self.random.pick(&literals)).to_owned()
            }
            Object => {
                let literals = [
                    "{ x: 1, y: 2 }",
                    "{}",
                    "{ y: 'a', x: 1.5 }",
                    "{ x: { z: 1 } }",
                    "{ get x() { return 3; }, z: null }",
                ];
                format!("({})", self.random.pick(&literals))
            }
            Typed => {
                let class = *self.random.pick(TYPED);
                let content = *self.random.pick(&[
                    "4",
                    "8",
                    "[1, 2, 300]",
                    "[-1, 0.5, 1e10, NaN]",
                    "new ArrayBuffer(16)",
                ]);
                format!("new {class}({content})")
            }
            Set => {
                let literals =
                    ["new Set()", "new Set([1, 'a', NaN])", "new Set('hello')", "new Set([0, -0, [1]])"];
                (*self.random.pick(&literals)).to_owned()
            }
            Map => {
                let literals = ["new Map()", "new Map([[1, 'a'], ['b', 2]])", "new Map([[NaN, 1], [-0, 2]])"];
                (*self.random.pick(&literals)).to_owned()
            }
            _ => match self.random.below(8) {
                0 => "undefined".into(),
                1 => "null".into(),
                2..5 => self.literal(Number),
                5 => self.literal(Type::String),
                6 => self.literal(Object),
                _ => self.literal(Array),
            },
        }
    }
    fn number(&mut self, depth: usize) -> String {
        match self.random.below(20) {
            0..7 => {
                let operator = *self.random.pick(&["+", "-", "*", "/", "%", "+", "-", "*"]);
                let (a, b) = (self.expression(Number, depth), self.expression(Number, depth));
                format!("({a} {operator} {b})")
            }
            7..10 => {
                let operator = *self.random.pick(&["|", "&", "^", "<<", ">>", ">>>"]);
                let (a, b) = (self.expression(Number, depth), self.expression(Number, depth));
                format!("({a} {operator} {b})")
            }
            10 => {
                let operator = *self.random.pick(&["- ", "+ ", "~"]);
                format!("({operator}{})", self.expression(Number, depth))
            }
            11..13 => {
                let functions = ["abs", "floor", "ceil", "round", "trunc", "sign", "sqrt", "clz32", "fround"];
                let f = *self.random.pick(&functions);
                format!("Math.{f}({})", self.expression(Number, depth))
            }
            13 => {
                let f = *self.random.pick(&["min", "max", "imul"]);
                format!("Math.{f}({}, {})", self.expression(Number, depth), self.expression(Number, depth))
            }
            14 => {
                let s = self.expression(Type::String, depth);
                let n = self.index();
                let forms = [
                    format!("{s}.length"),
                    format!("{s}.charCodeAt({n})"),
                    format!("parseInt({s})"),
                    format!("Number({s})"),
                ];
                self.random.pick(&forms).clone()
            }
            15 => {
                let a = self.expression(Array, depth);
                let v = self.expression(Any, depth);
                let forms = [
                    format!("{a}.length"),
                    format!("{a}.indexOf({v})"),
                    format!("{a}.push({v})"),
                    format!("{a}.reduce((m, x) => m + Number(typeof x === 'number' ? x : 1), 0)"),
                ];
                self.random.pick(&forms).clone()
            }
            16 => match self.variable(Typed) {
                Some(t) => format!("{t}[{}]", self.index()),
                None => self.literal(Number),
            },
            17 if self.place.in_method => "this.#private".into(),
            18 => {
                let Some(f) = self.variable(Function) else { return self.literal(Number) };
                format!("Number({f}({}) === {})", self.expression(Number, depth), self.expression(Any, depth))
            }
            _ => format!("Number({})", self.expression(Boolean, depth)),
        }
    }
    fn string(&mut self, depth: usize) -> String {
        let s = self.expression(Type::String, depth);
        match self.random.below(14) {
            0..3 => format!("({s} + {})", self.expression(Type::String, depth)),
            3 => format!("(`${{{s}}}-${{{}}}`)", self.expression(Number, depth)),
            4 => format!("{s}.slice({}, {})", self.index(), self.index()),
            5 => format!("{s}.charAt({})", self.index()),
            6 => format!("(typeof {})", self.expression(Any, depth)),
            7 => format!("String({})", self.expression(Number, depth)),
            8 => {
                let radix = 2 + self.random.below(35);
                format!("(({}) | 0).toString({radix})", self.expression(Number, depth))
            }
            9 => format!(
                "{s}.padStart({} & 7, {})",
                self.expression(Number, depth),
                self.literal(Type::String)
            ),
            10 => {
                let method =
                    *self.random.pick(&["toUpperCase", "toLowerCase", "trim", "normalize", "toWellFormed"]);
                format!("{s}.{method}()")
            }
            11 => format!("{s}.replace({}, {})", self.literal(Type::String), self.literal(Type::String)),
            12 => format!("({s}[{}] ?? {})", self.index(), self.literal(Type::String)),
            _ => format!("{s}.substring({}, {})", self.index(), self.index()),
        }
    }
    fn boolean(&mut self, depth: usize) -> String {
        match self.random.below(10) {
            0..3 => {
                let operator = *self.random.pick(&["<", ">", "<=", ">=", "===", "!==", "=="]);
                format!("({} {operator} {})", self.expression(Number, depth), self.expression(Number, depth))
            }
            3..5 => {
                let operator = *self.random.pick(&["===", "!==", "==", "!="]);
                format!("({} {operator} {})", self.expression(Any, depth), self.expression(Any, depth))
            }
            5 => format!("!{}", self.expression(Any, depth)),
            6 => {
                let operator = *self.random.pick(&["&&", "||"]);
                format!(
                    "({} {operator} {})",
                    self.expression(Boolean, depth),
                    self.expression(Boolean, depth)
                )
            }
            7 => format!("('{}' in {})", self.key(), self.expression(Object, depth)),
            8 => match self.variable(Class) {
                Some(c) => format!("({} instanceof {c})", self.expression(Object, depth)),
                None => format!("Array.isArray({})", self.expression(Any, depth)),
            },
            9 if self.random.chance(30) => {
                let question = *self.random.pick(&["isSubsetOf", "isSupersetOf", "isDisjointFrom"]);
                format!("{}.{question}({})", self.expression(Set, depth), self.expression(Set, depth))
            }
            _ => {
                let operator = *self.random.pick(&["<", ">", "<="]);
                format!(
                    "({} {operator} {})",
                    self.expression(Type::String, depth),
                    self.expression(Type::String, depth)
                )
            }
        }
    }
    fn big(&mut self, depth: usize) -> String {
        let (a, b) = (self.expression(BigInt, depth), self.expression(BigInt, depth));
        match self.random.below(8) {
            0..4 => {
                let operator = *self.random.pick(&["+", "-", "*", "&", "|", "^"]);
                format!("({a} {operator} {b})")
            }
            4 => {
                let operator = *self.random.pick(&["/", "%"]);
                format!("({a} {operator} ({b} || 7n))")
            }
            5 => format!("({a} {} {}n)", self.random.pick(&["<<", ">>"]).to_owned(), self.random.below(40)),
            6 => format!("(- {a})"),
            _ => format!("BigInt(({}) | 0)", self.expression(Number, depth)),
        }
    }
    fn array(&mut self, depth: usize) -> String {
        match self.random.below(14) {
            0..3 => format!("[{}, {}]", self.expression(Any, depth), self.expression(Any, depth)),
            3 => format!("[...{}, {}]", self.expression(Array, depth), self.expression(Any, depth)),
            4..6 => {
                let a = self.expression(Array, depth);
                let scope = self.variables.len();
                let x = self.name("x");
                self.variables.push(super::program::Variable { name: x.clone(), of: Any, constant: true });
                let was = self.place;
                // An arrow function of its own: no await or yield.
                self.place = super::program::Place { is_async: false, is_generator: false, ..was };
                let of = if self.random.chance(50) { Any } else { Boolean };
                let v = self.expression(of, depth);
                self.place = was;
                self.variables.truncate(scope);
                let method = *self.random.pick(&["map", "filter", "map", "flatMap"]);
                format!("{a}.slice(0, 20).{method}(({x}) => {v})")
            }
            6 => format!("{}.slice({}, {})", self.expression(Array, depth), self.index(), self.index()),
            7 => format!("{}.concat({})", self.expression(Array, depth), self.expression(Array, depth)),
            8 => {
                let method = *self.random.pick(&["toSorted", "toReversed", "flat", "sort", "reverse"]);
                format!("{}.{method}()", self.expression(Array, depth))
            }
            9 => {
                let method = *self.random.pick(&["keys", "values", "entries"]);
                format!("Object.{method}({})", self.expression(Object, depth))
            }
            10 => format!("{}.split({})", self.expression(Type::String, depth), self.literal(Type::String)),
            11 => match self.variable(Typed) {
                Some(t) => format!("Array.from({t})"),
                None => self.literal(Array),
            },
            12 => match self.variable(Map) {
                Some(m) => format!("[...{m}]"),
                None => self.literal(Array),
            },
            _ => format!("Array.from({{ length: {} & 7 }}, (_, i) => i)", self.expression(Number, depth)),
        }
    }
    fn set(&mut self, depth: usize) -> String {
        let (a, b) = (self.expression(Set, depth), self.expression(Set, depth));
        let method = *self.random.pick(&["union", "intersection", "difference", "symmetricDifference"]);
        format!("{a}.{method}({b})")
    }
    fn object(&mut self, depth: usize) -> String {
        let (k, l) = (self.key(), self.key());
        match self.random.below(10) {
            0..3 => {
                format!("({{ {k}: {}, {l}: {} }})", self.expression(Any, depth), self.expression(Any, depth))
            }
            3 => {
                format!("({{ ...{}, {k}: {} }})", self.expression(Object, depth), self.expression(Any, depth))
            }
            4 => {
                format!("({{ [{}]: {} }})", self.expression(Type::String, depth), self.expression(Any, depth))
            }
            5 => format!(
                "Object.assign({}, {})",
                self.expression(Object, depth),
                self.expression(Object, depth)
            ),
            6 => format!("Object.create({})", self.expression(Object, depth)),
            7 => {
                let method = *self.random.pick(&["freeze", "seal", "preventExtensions"]);
                format!("Object.{method}({})", self.expression(Object, depth))
            }
            8 => match self.variable(Class) {
                Some(c) => format!("new {c}({})", self.expression(Any, depth)),
                None => self.literal(Object),
            },
            _ => format!("JSON.parse(JSON.stringify({}))", self.literal(Object)),
        }
    }
    fn any(&mut self, depth: usize) -> String {
        match self.random.below(19) {
            0..3 => self.expression(Number, depth),
            3..5 => self.expression(Type::String, depth),
            5 => self.expression(Boolean, depth),
            6 => self.expression(Array, depth),
            7 => self.expression(Object, depth),
            8 => format!("{}.{}", self.expression(Object, depth), self.key()),
            9 => format!("{}[{}]", self.expression(Array, depth), self.index()),
            10 => format!("{}?.{}", self.expression(Any, depth), self.key()),
            11 => match self.variable(Map) {
                Some(m) => format!("{m}.get({})", self.expression(Any, depth)),
                None => self.literal(Any),
            },
            12 => format!("({} + {})", self.expression(Any, depth), self.expression(Any, depth)),
            13 if self.place.is_async => format!("(await {})", self.expression(Any, depth)),
            14 if self.place.in_method => {
                let key = self.key();
                (*self.random.pick(&["this.#private", "this", "super.x", "this.y", "new.target"]))
                    .replace('y', &key)
            }
            15 => format!("({} ?? {})", self.expression(Any, depth), self.expression(Any, depth)),
            _ => self.call(),
        }
    }
}
