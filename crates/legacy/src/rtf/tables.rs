//! The fonts and styles that a document names at its beginning.

use std::collections::HashMap;

use crate::codepage::page_of_charset;
use crate::flow::heading_of_style;

/// More fonts or styles than this no document has.
const MAX_ENTRIES: usize = 20_000;

/// Fonts and styles by their numbers.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// The code page of each font that names one.
    pages: HashMap<i32, u32>,
    /// Fonts of signs: their letters are none.
    signs: HashMap<i32, ()>,
    headings: HashMap<i32, u8>,
    /// The font or style that is being read.
    number: i32,
    outline: Option<i32>,
    name: String,
}

impl Tables {
    pub(super) fn page(&self, font: i32) -> Option<u32> {
        self.pages.get(&font).copied()
    }

    pub(super) fn has_signs(&self, font: i32) -> bool {
        self.signs.contains_key(&font)
    }

    pub(super) fn heading(&self, style: i32) -> Option<u8> {
        self.headings.get(&style).copied()
    }

    /// A control word among the fonts.
    pub(super) fn font(&mut self, word: &str, number: i32) {
        match word {
            "f" => self.number = number,
            "fcharset" if number == 2 && self.signs.len() < MAX_ENTRIES => {
                self.signs.insert(self.number, ());
            }
            "fcharset" | "cpg" => {
                let number = u32::try_from(number).unwrap_or(0);
                let page = if word == "cpg" { Some(number) } else { page_of_charset(number) };
                if let Some(page) = page.filter(|_| self.pages.len() < MAX_ENTRIES) {
                    self.pages.insert(self.number, page);
                }
            }
            _ => {}
        }
    }

    /// A control word among the styles.
    pub(super) fn style(&mut self, word: &str, number: i32) {
        match word {
            "s" => self.number = number,
            // Styles of characters and tables have numbers of their own.
            "cs" | "ts" | "ds" => self.number = -1,
            "outlinelevel" => self.outline = Some(number),
            _ => {}
        }
    }

    pub(super) fn name(&mut self, words: &str) {
        if self.name.len() < 256 {
            self.name.push_str(words);
        }
    }

    /// A style begins: without a number it is the one for all text.
    pub(super) fn begin_style(&mut self) {
        (self.number, self.outline) = (0, None);
        self.name.clear();
    }

    pub(super) fn end_style(&mut self) {
        let by_name = heading_of_style(self.name.trim().trim_end_matches(';'));
        let by_outline = self.outline.filter(|level| (0..9).contains(level)).map(|level| level as u8 + 1);
        if let Some(level) = by_name.or(by_outline)
            && self.number >= 0
            && self.headings.len() < MAX_ENTRIES
        {
            self.headings.insert(self.number, level);
        }
        self.name.clear();
    }
}
