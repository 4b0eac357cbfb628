//! What the cells of a workbook look like, as far as it changes the words that are seen: the format codes of its cell styles.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::number::{Code, builtin, general};
use crate::sheet::Kind;

/// More styles than this no program writes; a cell of one that is not here is shown without format.
const MAX_STYLES: usize = 100_000;
/// Programs allow some hundred formats. Taken apart, each takes many times its length.
const MAX_CODES: usize = 2000;

/// The cell styles of a workbook.
#[derive(Debug, Default)]
pub(crate) struct Styles {
    /// The format of each cell style.
    styles: Vec<u32>,
    /// Formats that the workbook defines.
    defined: HashMap<u32, String>,
    /// The formats that are not plain, and for each style which of them it has.
    codes: Vec<Code>,
    code_of: Vec<Option<u32>>,
    /// Whether days are counted from 1904.
    pub(crate) from_1904: bool,
}

impl Styles {
    pub(crate) fn new(from_1904: bool) -> Self {
        Self { from_1904, ..Self::default() }
    }

    /// A format that the workbook defines.
    pub(crate) fn define(&mut self, id: u32, code: impl Into<String>) {
        if self.defined.len() < MAX_STYLES {
            self.defined.insert(id, code.into());
        }
    }

    /// The next cell style, by its format. Formats may be defined after the styles that use them.
    pub(crate) fn push(&mut self, format: u32) {
        if self.styles.len() < MAX_STYLES {
            self.styles.push(format);
        }
    }

    /// Makes ready what was defined.
    pub(crate) fn finish(&mut self) {
        let mut known = HashMap::new();
        for &id in &self.styles {
            let code = self.defined.get(&id).map_or_else(|| builtin(id), String::as_str);
            let at = known.get(&id).copied().or_else(|| {
                let is_plain = code.eq_ignore_ascii_case("general") || self.codes.len() >= MAX_CODES;
                (!is_plain).then_some(self.codes.len() as u32)
            });
            if let Some(at) = at
                && known.insert(id, at).is_none()
            {
                self.codes.push(Code::new(code));
            }
            self.code_of.push(at);
        }
    }

    /// The words of a number in a cell of this style.
    pub(crate) fn number(&self, style: u32, number: f64) -> (String, Kind) {
        match self.code(style) {
            Some(code) => code.show(number, self.from_1904),
            None => (general(number), Kind::Number),
        }
    }

    /// The words of a text in a cell of this style.
    pub(crate) fn text<'a>(&self, style: u32, words: &'a str) -> Cow<'a, str> {
        self.code(style).map_or(Cow::Borrowed(words), |code| code.text(words))
    }

    fn code(&self, style: u32) -> Option<&Code> {
        let at = (*self.code_of.get(style as usize)?)?;
        self.codes.get(at as usize)
    }
}
