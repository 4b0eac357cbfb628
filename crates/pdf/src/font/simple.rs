//! Fonts with one byte a character: Type 1, TrueType and Type 3.
//!
//! Invariant: all 256 codes are settled when the font is read.
//! Not here: fonts with longer codes, see [`super::composite`].

use hayro_syntax::object::{Array, Dict, Name, Object, Stream};

use super::{Code, Encoding, Text, cff, glyphs, mapped, program, standard, to_unicode, widths};
use crate::budget::Budget;
use crate::stream::decode;

/// A simple font.
#[derive(Debug)]
pub(crate) struct Simple {
    codes: Vec<Code>,
}

static NOTHING: Code = Code { text: Text::None, advance: 0.0, is_space: false };

impl Simple {
    /// Reads the font. `matrix` is that of a Type 3 font.
    pub(crate) fn new(
        dict: &Dict<'_>,
        descriptor: &Dict<'_>,
        name: &str,
        matrix: Option<[f32; 6]>,
        budget: &mut Budget,
    ) -> Self {
        let map = to_unicode(dict, budget);
        let mut texts = base_texts(dict, descriptor, name, budget);
        for (code, glyph) in differences(dict) {
            if let Some(text) = texts.get_mut(code) {
                *text = glyphs::text_of(&glyph).map_or(Text::None, |glyph| Text::new(&glyph));
            }
        }
        let stated = widths::of_simple(dict);
        let missing = descriptor.get::<f32>("MissingWidth").unwrap_or(0.0);
        let unit = matrix.map_or(0.001, |matrix| matrix[0].abs());
        let code = |(code, text): (usize, Text)| {
            let text = map.as_ref().and_then(|map| mapped(map, code as u32)).unwrap_or(text);
            let advance = match &stated {
                Some(widths) => widths.get(code).copied().flatten().unwrap_or(missing) * unit,
                None => standard::width(name, first_char(&text)),
            };
            Code { text, advance, is_space: code == 32 }
        };
        Self { codes: texts.into_iter().enumerate().map(code).collect() }
    }

    pub(crate) fn code(&self, byte: u8) -> &Code {
        self.codes.get(usize::from(byte)).unwrap_or(&NOTHING)
    }
}

fn first_char(text: &Text) -> char {
    match text {
        Text::None => ' ',
        Text::Char(c) => *c,
        Text::Many(text) => text.chars().next().unwrap_or(' '),
    }
}

/// What the codes mean before the dictionary's own changes to its encoding.
fn base_texts(dict: &Dict<'_>, descriptor: &Dict<'_>, name: &str, budget: &mut Budget) -> Vec<Text> {
    let named = dict.get::<Name<'_>>("Encoding").or_else(|| {
        dict.get::<Dict<'_>>("Encoding").and_then(|encoding| encoding.get::<Name<'_>>("BaseEncoding"))
    });
    let encoding = named.and_then(|named| Encoding::from_name(&named)).or_else(|| symbols(name));
    let built_in = if encoding.is_none() { built_in(descriptor, budget) } else { None };
    if let Some(texts) = built_in {
        return texts.into_iter().map(|text| text.map_or(Text::None, |text| Text::new(&text))).collect();
    }
    let is_true_type = dict.get::<Name<'_>>("Subtype").as_deref() == Some(b"TrueType");
    let fallback = if is_true_type { Encoding::WinAnsi } else { Encoding::Standard };
    encoding.unwrap_or(fallback).chars().map(|c| c.map_or(Text::None, Text::Char)).collect()
}

fn symbols(name: &str) -> Option<Encoding> {
    let name = name.to_ascii_lowercase();
    if name.contains("dingbats") {
        Some(Encoding::ZapfDingbats)
    } else {
        (name == "symbol" || name.ends_with("+symbol") || name == "symbolmt").then_some(Encoding::Symbol)
    }
}

/// The encoding that the font program brings along.
fn built_in(descriptor: &Dict<'_>, budget: &mut Budget) -> Option<Vec<Option<String>>> {
    if let Some(stream) = descriptor.get::<Stream<'_>>("FontFile") {
        return program::encoding_of_type1(&decode(&stream, budget)?);
    }
    let stream = descriptor.get::<Stream<'_>>("FontFile3")?;
    cff::encoding_of_cff(&decode(&stream, budget)?)
}

/// Codes that the dictionary gives other glyphs than its encoding.
fn differences(dict: &Dict<'_>) -> Vec<(usize, String)> {
    let encoding = dict.get::<Dict<'_>>("Encoding");
    let Some(list) = encoding.and_then(|encoding| encoding.get::<Array<'_>>("Differences")) else {
        return Vec::new();
    };
    let mut code = 0_usize;
    let mut found = Vec::new();
    for item in list.iter::<Object<'_>>() {
        match item {
            Object::Number(number) => code = usize::try_from(number.as_i64()).unwrap_or(usize::MAX),
            Object::Name(name) => {
                if code < 256 {
                    found.push((code, name.as_str().to_owned()));
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    found
}
