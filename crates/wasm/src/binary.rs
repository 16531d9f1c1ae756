//! What wasmtime does not tell of a module: indices of its exports, custom sections. Reads valid modules.

use std::ops::Range;

use wasmparser::{BinaryReader, CompositeInnerType, Parser, Payload, SubType, TypeRef, TypeSectionReader};

/// Kind of an import or export, in the order of the binary format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Function.
    Function,
    /// Table.
    Table,
    /// Memory.
    Memory,
    /// Global.
    Global,
    /// Tag.
    Tag,
}
impl Kind {
    /// Name in descriptors.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Function => "function",
            Kind::Table => "table",
            Kind::Memory => "memory",
            Kind::Global => "global",
            Kind::Tag => "tag",
        }
    }
    fn of_byte(b: u8) -> Option<Kind> {
        Some(match b {
            0 => Kind::Function,
            1 => Kind::Table,
            2 => Kind::Memory,
            3 => Kind::Global,
            4 => Kind::Tag,
            _ => return None,
        })
    }
}

/// An export.
#[derive(Debug)]
pub struct Export {
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its index among those of its kind, imports first.
    pub index: u32,
}

/// What is read.
#[derive(Default, Debug)]
pub struct Sections {
    /// Exports in order.
    pub exports: Vec<Export>,
    /// Custom sections: name and place of the contents.
    pub custom: Vec<(String, Range<usize>)>,
    /// Are there types of structures or arrays?
    pub has_structures: bool,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}
impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let b = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(b)
    }
    fn u32(&mut self) -> Option<u32> {
        let mut n = 0u32;
        for shift in (0..35).step_by(7) {
            let b = self.byte()?;
            n |= ((b & 0x7f) as u32).checked_shl(shift)?;
            if b & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }
    fn name(&mut self) -> Option<String> {
        let length = self.u32()? as usize;
        let text = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// Reads the sections of a valid module.
pub fn read(bytes: &[u8]) -> Option<Sections> {
    const CUSTOM: u8 = 0;
    const TYPE: u8 = 1;
    const EXPORT: u8 = 7;
    let mut sections = Sections::default();
    let mut r = Reader { bytes, at: 8 };
    while r.at < bytes.len() {
        let id = r.byte()?;
        let size = r.u32()? as usize;
        let end = r.at.checked_add(size).filter(|&e| e <= bytes.len())?;
        let mut body = Reader { bytes: &bytes[..end], at: r.at };
        match id {
            CUSTOM => {
                let name = body.name()?;
                sections.custom.push((name, body.at..end));
            }
            TYPE => sections.has_structures = has_structures(bytes, body.at..end),
            EXPORT => {
                for _ in 0..body.u32()? {
                    let name = body.name()?;
                    let kind = Kind::of_byte(body.byte()?)?;
                    let index = body.u32()?;
                    sections.exports.push(Export { name, kind, index });
                }
            }
            _ => {}
        }
        r.at = end;
    }
    Some(sections)
}

fn has_structures(bytes: &[u8], types: Range<usize>) -> bool {
    let reader = BinaryReader::new(&bytes[types.clone()], types.start);
    let Ok(types) = TypeSectionReader::new(reader) else { return false };
    let is_function = |ty: &SubType| matches!(ty.composite_type.inner, CompositeInnerType::Func(_));
    types.into_iter().flatten().any(|group| group.types().any(|ty| !is_function(ty)))
}
/// Are functions of exact types imported? The proposal is not done, but nothing before the compiler says so.
pub fn has_exact_imports(bytes: &[u8]) -> bool {
    let imports = Parser::new(0).parse_all(bytes).find_map(|payload| match payload {
        Ok(Payload::ImportSection(imports)) => Some(imports),
        _ => None,
    });
    imports.is_some_and(|list| {
        list.into_imports()
            .any(|import| matches!(import, Ok(import) if matches!(import.ty, TypeRef::FuncExact(_))))
    })
}
/// Number of globals and imports, of any module: 0 if it cannot be read.
pub fn globals_and_imports(bytes: &[u8]) -> usize {
    const IMPORT: u8 = 2;
    const GLOBAL: u8 = 6;
    const CODE: u8 = 10;
    let mut r = Reader { bytes, at: 8 };
    let mut count = 0;
    while let (Some(id), Some(size)) = (r.byte(), r.u32()) {
        let end = r.at.saturating_add(size as usize);
        match id {
            IMPORT | GLOBAL => count += r.u32().unwrap_or(0) as usize,
            CODE => break,
            _ => {}
        }
        r.at = end;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_and_custom_sections() {
        let bytes = [
            0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // header
            1, 4, 1, 0x60, 0, 0, // type
            3, 2, 1, 0, // function
            7, 5, 1, 1, b'f', 0, 0, // export
            10, 4, 1, 2, 0, 0x0b, // code
            0, 4, 1, b'x', 7, 8, // custom
        ];
        let s = read(&bytes).unwrap();
        assert_eq!(
            (s.exports[0].name.as_str(), s.exports[0].kind, s.exports[0].index),
            ("f", Kind::Function, 0)
        );
        assert_eq!(s.custom[0].0, "x");
        assert_eq!(globals_and_imports(&bytes), 0);
        assert_eq!(bytes[s.custom[0].1.clone()], [7, 8]);
    }

    #[test]
    fn cut_modules_end_in_none() {
        assert!(read(&[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 7, 200]).is_none());
        assert!(read(&[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0xff]).is_none());
    }
}
