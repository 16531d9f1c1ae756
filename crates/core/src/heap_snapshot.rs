//! Snapshots of the heap, in the format of V8's `.heapsnapshot` files, and the instances of a class.

use std::collections::HashMap;
use std::fmt::Write;

use spey_gc::{Census, Header, Value as Raw};

use crate::cell::{Kind, Object};
use crate::object::{self, Own};
use crate::scope::{Local, Scope};
use crate::string::quick_view;

/// Types of nodes, by their numbers in the format.
mod node {
    pub const HIDDEN: u32 = 0;
    pub const ARRAY: u32 = 1;
    pub const STRING: u32 = 2;
    pub const OBJECT: u32 = 3;
    pub const CODE: u32 = 4;
    pub const CLOSURE: u32 = 5;
    pub const REGEXP: u32 = 6;
    pub const NATIVE: u32 = 8;
    pub const SYNTHETIC: u32 = 9;
    pub const CONCATENATED_STRING: u32 = 10;
    pub const SYMBOL: u32 = 12;
    pub const BIGINT: u32 = 13;
}
/// Types of edges.
mod edge {
    pub const PROPERTY: u32 = 2;
    pub const HIDDEN: u32 = 4;
    /// A shortcut: how roots are shown.
    pub const SHORTCUT: u32 = 5;
}
const META: &str = r#"{"node_fields":["type","name","id","self_size","edge_count","detachedness"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","concatenated string","sliced string","symbol","bigint","object shape"],"string","number","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],"trace_function_info_fields":[],"trace_node_fields":[],"sample_fields":[],"location_fields":[]}"#;
const FIELDS_PER_NODE: usize = 6;
/// What is shown of a string.
const TEXT_LIMIT: usize = 1024;

/// Texts by number.
#[derive(Default)]
struct Texts {
    numbers: HashMap<String, usize>,
    list: Vec<String>,
}
impl Texts {
    fn number(&mut self, text: &str) -> usize {
        if let Some(&n) = self.numbers.get(text) {
            return n;
        }
        let n = self.list.len();
        self.numbers.insert(text.to_owned(), n);
        self.list.push(text.to_owned());
        n
    }
}

/// A snapshot of the heap as JSON, after a collection.
pub fn take(s: &mut Scope<'_>) -> String {
    let census = s.vm().heap.census();
    let numbers: HashMap<*const Header, usize> =
        census.cells.iter().enumerate().map(|(i, c)| (c.address, i + 1)).collect();
    let mut texts = Texts::default();
    let (mut nodes, mut edges) = (String::new(), String::new());
    let mut edge_count = 0;
    let mut add_edge = |edges: &mut String, kind: u32, name: usize, to: *const Header| -> usize {
        let Some(&to) = numbers.get(&to) else { return 0 };
        let comma = if edge_count == 0 { "" } else { "," };
        edge_count += 1;
        // Writing to a string does not fail.
        let _ = write!(edges, "{comma}{kind},{name},{}", to * FIELDS_PER_NODE);
        1
    };

    // The root, which holds what roots hold.
    let empty = texts.number("");
    let mut count = 0;
    for (i, &to) in census.roots.iter().enumerate() {
        count += add_edge(&mut edges, edge::SHORTCUT, i, to);
    }
    let _ = write!(nodes, "{},{empty},1,0,{count},0", node::SYNTHETIC);

    for (i, cell) in census.cells.iter().enumerate() {
        let (kind, name) = s.nested(|s| describe(s, cell.address));
        let mut properties = HashMap::new();
        let mut count = 0;
        for (name, to) in s.nested(|s| properties_of(s, cell.address)) {
            let name = texts.number(&name);
            count += add_edge(&mut edges, edge::PROPERTY, name, to);
            properties.insert(to, ());
        }
        for (k, &to) in cell.edges.iter().enumerate() {
            if !properties.contains_key(&to) {
                count += add_edge(&mut edges, edge::HIDDEN, k, to);
            }
        }
        let name = texts.number(&name);
        // Odd numbers are objects of the program in V8's files.
        let _ = write!(nodes, ",{kind},{name},{},{},{count},0", i * 2 + 3, cell.bytes);
    }
    let mut out = format!(
        "{{\"snapshot\":{{\"meta\":{META},\"node_count\":{},\"edge_count\":{edge_count},\"trace_function_count\":0,\"extra_native_bytes\":0}},\n\"nodes\":[{nodes}],\n\"edges\":[{edges}],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n\"locations\":[],\n\"strings\":[",
        census.cells.len() + 1
    );
    for (i, text) in texts.list.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        quote(&mut out, text);
    }
    out.push_str("]}");
    out
}
/// Writes a text as a JSON string.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
/// # Safety
/// `cell` is live.
unsafe fn kind_of(cell: *const Header) -> Kind {
    // SAFETY: by the contract; kinds come from the table.
    let kind = unsafe { (*cell).kind };
    Kind::ALL.get(kind as usize).copied().unwrap_or(Kind::Invalid)
}
fn raw(cell: *const Header) -> Raw {
    Raw::cell(cell.cast_mut())
}
/// Type and name of a node.
fn describe(s: &mut Scope<'_>, cell: *const Header) -> (u32, String) {
    // SAFETY: cells of a census are live: nothing lets go of them while the snapshot is made.
    let kind = unsafe { kind_of(cell) };
    let v = s.local(raw(cell));
    match kind {
        Kind::String => match quick_view(s.vm_ref(), v.raw()) {
            Some(view) => {
                let end = view.len().min(TEXT_LIMIT);
                (node::STRING, view.slice(0, end).to_text())
            }
            None => (node::CONCATENATED_STRING, "(concatenated string)".to_owned()),
        },
        Kind::Symbol => (node::SYMBOL, "symbol".to_owned()),
        Kind::BigInt => (node::BIGINT, "bigint".to_owned()),
        Kind::Code => (node::CODE, "(code)".to_owned()),
        Kind::Native => (node::NATIVE, "(native)".to_owned()),
        Kind::Slots | Kind::Elements | Kind::SparseElements | Kind::HashTable | Kind::EphemeronTable => {
            (node::ARRAY, format!("({})", kind.name()))
        }
        _ => match v.as_object() {
            Some(o) if v.is_callable() => (node::CLOSURE, crate::error::function_name(s, o)),
            Some(_) if kind == Kind::RegExp => (node::REGEXP, "RegExp".to_owned()),
            Some(o) => (node::OBJECT, crate::error::constructor_name(s, o)),
            None => (node::HIDDEN, format!("system / {}", kind.name())),
        },
    }
}
/// What the named properties of an object hold, and its prototype.
fn properties_of(s: &mut Scope<'_>, cell: *const Header) -> Vec<(String, *const Header)> {
    let v = s.local(raw(cell));
    let Some(o) = v.as_object().filter(|o| o.kind() != Kind::Proxy) else { return vec![] };
    let mut list = vec![];
    // SAFETY: live object.
    let proto = unsafe { object::prototype_raw(s.vm(), o.gc().as_ptr()) };
    if proto.is_cell() {
        list.push(("__proto__".to_owned(), proto.as_cell().cast_const()));
    }
    let mut keys = vec![];
    object::append_named_keys(s, o, &mut keys);
    for key in keys {
        if let Own::Data(v, _) = object::own_ordinary(s, o, key)
            && v.is_cell()
        {
            list.push((key.to_text(), v.as_cell().cast_const()));
        }
    }
    list
}

/// The live objects that have `prototype` in their chain, after a collection.
pub fn instances<'s>(s: &mut Scope<'s>, prototype: Local<'_, Object>) -> Vec<Local<'s, Object>> {
    let census: Census = s.vm().heap.census();
    let wanted = prototype.raw();
    let found = census.cells.iter().filter(|cell| {
        // SAFETY: cells of a census are live, and nothing is allocated here.
        unsafe { kind_of(cell.address).is_object() && has_in_chain(s, cell.address, wanted) }
    });
    let found: Vec<_> = found.map(|cell| raw(cell.address)).collect();
    found.into_iter().filter_map(|v| s.local(v).as_object()).collect()
}
/// # Safety
/// `cell` is a live object.
unsafe fn has_in_chain(s: &mut Scope<'_>, cell: *const Header, wanted: Raw) -> bool {
    let mut at = cell;
    loop {
        // SAFETY: a live object, and its prototypes.
        let proto = unsafe {
            if kind_of(at) == Kind::Proxy {
                return false;
            }
            object::prototype_raw(s.vm(), at.cast())
        };
        if !proto.is_cell() {
            return false;
        }
        if proto == wanted {
            return true;
        }
        at = proto.as_cell();
    }
}
