//! Readable listing of compiled code: labels for jump targets, names for constants, caches and registers.

use crate::decode::Instructions;
use crate::{CompiledUnit, Constant, FunctionUnit, JsStr, Op, Operand};
use std::fmt::Write;

/// Listing of all functions of a unit.
pub fn unit(unit: &CompiledUnit) -> String {
    let mut out = String::new();
    for (i, _) in unit.functions.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        write_function(&mut out, i, &unit.functions);
    }
    out
}

/// Listing of function `index` of `functions`; the others give names to closures.
pub fn function(index: usize, functions: &[FunctionUnit]) -> String {
    let mut out = String::new();
    if index < functions.len() {
        write_function(&mut out, index, functions);
    }
    out
}

/// Name of a register: `r0`, `a0` (parameter), `this`, or `?n` for one that does not exist.
pub fn register_name(unit: &FunctionUnit, register: i16) -> String {
    let first = unit.param_register(0) as i32;
    match register as i32 {
        r if r >= 0 => format!("r{r}"),
        r if r == first - 1 => "this".into(),
        r if r >= first && r < first + unit.param_count as i32 => format!("a{}", r - first),
        r => format!("?{r}"),
    }
}

fn quoted(text: &JsStr) -> String {
    let text = text.to_text();
    let mut out = String::from("\"");
    for (i, c) in text.chars().enumerate() {
        if i == 60 {
            out.push('…');
            break;
        }
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 32 || c == '\u{7f}' => write!(out, "\\x{:02x}", c as u32).unwrap_or_default(),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn constant_name(unit: &FunctionUnit, index: u32) -> String {
    match unit.constants.get(index as usize) {
        Some(Constant::String(s)) => quoted(s),
        Some(Constant::Number(n)) => format!("{n:?}"),
        Some(Constant::BigInt(digits)) => format!("{digits}n"),
        None if index == u32::MAX => "-".into(),
        None => format!("const?{index}"),
    }
}

fn function_name(functions: &[FunctionUnit], index: usize) -> String {
    match functions.get(index).and_then(|f| f.name.as_ref()) {
        Some(name) if *name != JsStr::new("") => format!("#{index} {}", name.to_text()),
        _ => format!("#{index}"),
    }
}

fn write_function(out: &mut String, index: usize, functions: &[FunctionUnit]) {
    let unit = &functions[index];
    let mut line = format!("function {}", function_name(functions, index));
    let _ = write!(line, " {:?}", unit.kind);
    for (flag, name) in [
        (unit.is_async, "async"),
        (unit.is_generator, "generator"),
        (unit.strict, "strict"),
        (unit.has_field_initializer, "fields"),
        (unit.uses_super, "super"),
    ] {
        if flag {
            let _ = write!(line, " {name}");
        }
    }
    let _ =
        write!(line, " params={} length={} registers={}", unit.param_count, unit.length, unit.register_count);
    if let Some(register) = unit.coroutine {
        let _ = write!(line, " coroutine={}", register_name(unit, register));
    }
    out.push_str(&line);
    out.push('\n');

    let mut targets: Vec<u32> = Instructions::new(&unit.code)
        .map_while(Result::ok)
        .filter_map(|i| u32::try_from(i.jump_target()?).ok())
        .collect();
    for handler in &unit.handlers {
        targets.extend([handler.start, handler.end, handler.target]);
    }
    targets.sort_unstable();
    targets.dedup();
    let label = |pc: i64| match u32::try_from(pc).ok().and_then(|pc| targets.binary_search(&pc).ok()) {
        Some(n) => format!("L{n}"),
        None => format!("?{pc}"),
    };

    for instruction in Instructions::new(&unit.code) {
        let i = match instruction {
            Ok(i) => i,
            Err(error) => {
                let _ = writeln!(out, "  !! {error:?}");
                break;
            }
        };
        if targets.binary_search(&i.pc).is_ok() {
            let _ = writeln!(out, "{}:", label(i.pc as i64));
        }
        let info = i.op.info();
        let mut operands = Vec::new();
        let argument_count =
            info.operands.iter().position(|&k| k == Operand::Argc).map(|n| i.operand(n) as u16);
        for (n, kind) in info.operands.iter().enumerate() {
            let value = i.operand(n);
            let register = || register_name(unit, value);
            let pair = || format!("{}:{}", register(), register_name(unit, value.wrapping_add(1)));
            operands.push(match kind {
                Operand::No | Operand::Argc => continue,
                Operand::Use if info.operands.get(n + 1) == Some(&Operand::Count) => {
                    format!("{}[{}]", register(), i.operand(n + 1) as u16)
                }
                Operand::Count => continue,
                Operand::Def | Operand::Use | Operand::UseDef => register(),
                Operand::Def2 | Operand::Use2 => pair(),
                Operand::Win | Operand::WinArgs => format!("{}({})", register(), argument_count.unwrap_or(0)),
                Operand::WinSpread | Operand::WinSpreadArgs => format!("{}(...)", register()),
                Operand::Imm => format!("{value}"),
                Operand::Uint => format!("{}", value as u16),
                Operand::Const => constant_name(unit, value as u16 as u32),
                Operand::Const32 => constant_name(unit, i.operand32(n) as u32),
                Operand::Imm32 => format!("{}", i.operand32(n)),
                Operand::Ic => match unit.ics.get(value as u16 as usize) {
                    Some(&u32::MAX) => format!("ic{}", value as u16),
                    Some(&key) => format!("ic{}={}", value as u16, constant_name(unit, key)),
                    None => format!("ic?{}", value as u16),
                },
                Operand::Func if i.op == Op::MakeClass => {
                    function_name(functions, value as u16 as usize | (i.operand(4) as u16 as usize) << 16)
                }
                Operand::Func => function_name(functions, value as u16 as usize),
                Operand::Func32 => function_name(functions, i.operand32(n) as u32 as usize),
                Operand::Off16 => label(i.pc as i64 + value as i64),
                Operand::Off32 => label(i.pc as i64 + i.operand32(n) as i64),
            });
        }
        let _ = writeln!(
            out,
            "{}",
            format!("  {:4}  {:<18} {}", i.pc, info.name, operands.join(", ")).trim_end()
        );
    }
    let end = unit.code.len() as u32;
    if targets.binary_search(&end).is_ok() {
        let _ = writeln!(out, "{}:", label(end as i64));
    }
    for h in &unit.handlers {
        let _ = writeln!(
            out,
            "  handler {}..{} -> {} {}",
            label(h.start as i64),
            label(h.end as i64),
            label(h.target as i64),
            register_name(unit, h.register)
        );
    }
    for (i, scope) in unit.scopes.iter().enumerate() {
        let names: Vec<String> =
            scope.bindings.iter().map(|b| format!("{}@{}", b.name.to_text(), b.slot)).collect();
        let _ = writeln!(out, "  scope {i} {:?} {{{}}}", scope.kind, names.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Handler, Insn};

    #[test]
    fn listing() {
        let jump = Insn::new(Op::JumpIfFalse, -6, 3, 0).0;
        let f = FunctionUnit {
            name: Some(JsStr::new("f")),
            param_count: 1,
            length: 1,
            register_count: 4,
            strict: true,
            code: vec![
                jump,
                Insn::new(Op::CallMethod, 0, -6, 1).0,
                Insn::ext(1, 0, 0, 0).0,
                Insn::new(Op::LoadConst, 0, 1, 0).0,
                Insn::new(Op::Return, 0, 0, 0).0,
            ],
            constants: vec![Constant::String(JsStr::new("push")), Constant::Number(1.5)],
            ics: vec![0],
            handlers: vec![Handler { start: 1, end: 3, target: 4, register: 0 }],
            ..FunctionUnit::default()
        };
        assert_eq!(
            function(0, &[f]),
            "function #0 f Normal strict params=1 length=1 registers=4\n     0  JumpIfFalse        a0, L1\nL0:\n     1  \
             CallMethod         r0, a0, r1(1), ic0=\"push\"\nL1:\n     3  LoadConst          r0, 1.5\nL2:\n     4  Return             r0\n  \
             handler L0..L1 -> L2 r0\n"
        );
    }
}
