//! Fonts with codes of several bytes (Type 0): most of what is made today, and all of Chinese, Japanese and Korean.
//!
//! Invariant: a code is looked up once; what it means is remembered, for at most as many codes as there are.
//! Not here: reading CMaps, which is `hayro-cmap`'s.

use std::collections::HashMap;

use hayro_cmap::{BfString, CMap, CMapName, CidFamily, WritingMode};
use hayro_syntax::object::{Array, Dict, Name, Stream, String as PdfString};

use super::widths::Runs;
use super::{Code, Text, mapped, to_unicode};
use crate::budget::Budget;
use crate::stream::decode;

/// Codes that are remembered. No encoding has more that are used.
const MEMO: usize = 1 << 17;

/// A composite font.
#[derive(Debug)]
pub(crate) struct Composite {
    encoding: Option<CMap>,
    to_unicode: Option<CMap>,
    /// Glyph numbers of a registered collection to characters.
    collection: Option<CMap>,
    widths: Runs,
    default_width: f32,
    vertical: bool,
    memo: HashMap<(u32, u8), Code>,
}

/// The font that a composite font's glyphs are from.
pub(crate) fn descendant<'a>(dict: &Dict<'a>) -> Option<Dict<'a>> {
    dict.get::<Array<'a>>("DescendantFonts")?.iter::<Dict<'a>>().next()
}

impl Composite {
    pub(crate) fn new(dict: &Dict<'_>, descendant: &Dict<'_>, budget: &mut Budget) -> Self {
        let encoding = encoding(dict, budget);
        let vertical =
            encoding.as_ref().is_some_and(|map| map.metadata().writing_mode == Some(WritingMode::Vertical));
        let to_unicode = to_unicode(dict, budget);
        let collection = if to_unicode.is_none() { collection(descendant, encoding.as_ref()) } else { None };
        let widths = descendant.get::<Array<'_>>("W").map(|list| Runs::new(&list)).unwrap_or_default();
        let default_width = descendant.get::<f32>("DW").unwrap_or(1000.0);
        Self { encoding, to_unicode, collection, widths, default_width, vertical, memo: HashMap::new() }
    }

    pub(crate) fn is_vertical(&self) -> bool {
        self.vertical
    }

    pub(crate) fn codes(&mut self, string: &[u8], mut each: impl FnMut(&Code)) {
        let mut rest = string;
        while !rest.is_empty() {
            let (code, length) = self.next_code(rest);
            rest = rest.get(usize::from(length)..).unwrap_or_default();
            if let Some(known) = self.memo.get(&(code, length)) {
                each(known);
                continue;
            }
            let settled = self.settle(code, length);
            each(&settled);
            if self.memo.len() < MEMO {
                self.memo.insert((code, length), settled);
            }
        }
    }

    /// The next code and how many bytes it has: the shortest that the encoding knows.
    fn next_code(&self, bytes: &[u8]) -> (u32, u8) {
        let Some(encoding) = &self.encoding else {
            return two_bytes(bytes);
        };
        let mut code = 0;
        for (&byte, length) in bytes.iter().zip(1..=4_u8) {
            code = code << 8 | u32::from(byte);
            if encoding.lookup_cid_code(code, length).is_some() {
                return (code, length);
            }
        }
        two_bytes(bytes)
    }

    fn settle(&self, code: u32, length: u8) -> Code {
        let cid = match &self.encoding {
            None => code,
            Some(encoding) => encoding.lookup_cid_code(code, length).unwrap_or(0),
        };
        let own = self.to_unicode.as_ref().and_then(|map| mapped(map, code));
        let text = own.or_else(|| self.of_collection(cid)).unwrap_or_default();
        let width = self.widths.of(cid).unwrap_or(self.default_width) / 1000.0;
        let advance = if self.vertical { 1.0 } else { width };
        Code { text, advance, is_space: length == 1 && code == 32 }
    }

    fn of_collection(&self, cid: u32) -> Option<Text> {
        match self.collection.as_ref()?.lookup_bf_string(cid)? {
            BfString::Char(c) if c.is_control() => None,
            known => Some(known.into()),
        }
    }
}

fn two_bytes(bytes: &[u8]) -> (u32, u8) {
    match *bytes {
        [high, low, ..] => (u32::from(high) << 8 | u32::from(low), 2),
        [only] => (u32::from(only), 1),
        [] => (0, 1),
    }
}

/// The map from codes to glyph numbers; none for the identity of two bytes.
fn encoding(dict: &Dict<'_>, budget: &mut Budget) -> Option<CMap> {
    if let Some(name) = dict.get::<Name<'_>>("Encoding") {
        return match CMapName::from_bytes(&name) {
            CMapName::IdentityH => None,
            CMapName::IdentityV => Some(CMap::identity_v()),
            name => CMap::parse(hayro_cmap::load_embedded(name)?, hayro_cmap::load_embedded),
        };
    }
    let stream = dict.get::<Stream<'_>>("Encoding")?;
    let data = decode(&stream, budget)?;
    (data.len() <= 4 << 20).then(|| CMap::parse(&data, hayro_cmap::load_embedded)).flatten()
}

/// What the glyph numbers of a registered collection mean.
fn collection(descendant: &Dict<'_>, encoding: Option<&CMap>) -> Option<CMap> {
    let of_encoding =
        encoding.and_then(|map| map.metadata().character_collection.clone()).map(|known| known.family);
    let family = of_encoding.filter(|family| family.ucs2_cmap().is_some()).or_else(|| {
        let info = descendant.get::<Dict<'_>>("CIDSystemInfo")?;
        let registry = info.get::<PdfString<'_>>("Registry")?;
        let ordering = info.get::<PdfString<'_>>("Ordering")?;
        Some(CidFamily::from_registry_ordering(registry.as_bytes(), ordering.as_bytes()))
    })?;
    CMap::parse(hayro_cmap::load_embedded(family.ucs2_cmap()?)?, hayro_cmap::load_embedded)
}
