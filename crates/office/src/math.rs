//! Equations (ECMA-376 part 1, section 22.1) in one line: `a/b`, `x^2`, `√(a+b)`.
//!
//! Invariant: what brackets cost is bounded by [`MAX_DEPTH`] times the length of the equation.
//! Not here: MathML, which OpenDocument keeps in documents of their own.

use package::Tag;

/// Parts in parts of an equation that get brackets where they need them.
const MAX_DEPTH: usize = 16;

/// Elements that show in the line.
const KNOWN: [&str; 14] =
    ["oMath", "den", "num", "sup", "sub", "deg", "rad", "nary", "chr", "e", "begChr", "endChr", "d", "mr"];

/// A part of an equation that is open.
#[derive(Debug)]
struct Part {
    name: &'static str,
    /// Where it begins in the line.
    start: usize,
    /// What stands around it: those of its own, for an expression in brackets those it says.
    brackets: (String, String),
}

/// The equation that is being read.
#[derive(Debug, Default)]
pub(crate) struct Math {
    parts: Vec<Part>,
    /// The sign of a sum or integral whose parts have not begun.
    sign: Option<String>,
}

impl Math {
    /// The name, if elements of that name show.
    pub(crate) fn known(name: &str) -> Option<&'static str> {
        KNOWN.iter().find(|known| **known == name).copied()
    }

    pub(crate) fn open(&mut self, name: &'static str, tag: &Tag, out: &mut String) {
        let value = || tag.attr("val").unwrap_or_default();
        let is_first = self.parts.is_empty();
        if is_first && name != "oMath" {
            return;
        }
        match name {
            "oMath" if is_first && !out.is_empty() && !out.ends_with(char::is_whitespace) => out.push(' '),
            "nary" => self.sign = Some("∫".to_owned()),
            "chr" => self.sign = self.sign.take().map(|_| value()),
            "begChr" => self.set(|brackets| brackets.0 = value()),
            "endChr" => self.set(|brackets| brackets.1 = value()),
            "den" => out.push('/'),
            "rad" => out.push('√'),
            "mr" => out.push(' '),
            "sup" | "sub" | "e" => {
                out.push_str(&self.sign.take().unwrap_or_default());
                out.push_str(if name == "sup" { "^" } else { "" });
                out.push_str(if name == "sub" { "_" } else { "" });
            }
            _ => {}
        }
        let brackets = match (name, self.parts.last()) {
            ("d", _) => ("(".to_owned(), ")".to_owned()),
            ("e", Some(part)) if part.name == "d" => part.brackets.clone(),
            _ => (String::new(), String::new()),
        };
        if name == "e" {
            out.push_str(&brackets.0);
        }
        self.parts.push(Part { name, start: out.len(), brackets });
    }

    fn set(&mut self, set: impl Fn(&mut (String, String))) {
        if let Some(part) = self.parts.iter_mut().rev().find(|part| part.name == "d") {
            set(&mut part.brackets);
        }
    }

    pub(crate) fn close(&mut self, out: &mut String) {
        let depth = self.parts.len();
        let Some(Part { name, start, brackets }) = self.parts.pop() else { return };
        if name == "e" {
            return out.push_str(&brackets.1);
        }
        let Some(inside) = out.get(start..).filter(|_| depth <= MAX_DEPTH) else { return };
        let is_long = inside.chars().nth(1).is_some();
        let needs_brackets = match name {
            "sup" | "sub" if inside.trim().is_empty() => return out.truncate(start.saturating_sub(1)),
            "num" | "den" | "sup" | "sub" => is_long && !inside.chars().all(char::is_alphanumeric),
            "rad" => is_long,
            _ => false,
        };
        let has_brackets = inside.starts_with('(') && inside.find(')') == Some(inside.len() - 1);
        if needs_brackets && !has_brackets {
            out.insert(start, '(');
            out.push(')');
        }
    }
}
