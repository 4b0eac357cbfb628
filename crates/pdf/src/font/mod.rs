//! What the codes of a font mean and how wide they are.
//!
//! Invariant: a font is read once, costs no more than its own dictionaries and streams, and gives every byte of a string to some code.
//! Not here: the shapes of glyphs. Font programs are opened only where a dictionary leaves open what its codes mean.

mod cff;
mod composite;
mod encoding;
mod glyphs;
mod program;
mod simple;
mod standard;
mod widths;

use hayro_cmap::{BfString, CMap};
use hayro_syntax::object::{Dict, Name, Stream};

use crate::budget::Budget;
use crate::stream::decode;
use composite::Composite;
pub(crate) use encoding::Encoding;
use simple::Simple;

/// What one code draws.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Code {
    /// The characters; none when nobody can know.
    pub(crate) text: Text,
    /// Advance, in parts of the font's size: across, or down for vertical writing.
    pub(crate) advance: f32,
    /// Whether word spacing applies: the single byte 32.
    pub(crate) is_space: bool,
}

/// The characters of a code: mostly one, and then without an allocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Text {
    /// Unknown.
    #[default]
    None,
    /// One.
    Char(char),
    /// A ligature, a syllable.
    Many(Box<str>),
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (None, _) => Self::None,
            (Some(c), None) => Self::Char(c),
            _ => Self::Many(text.into()),
        }
    }
}

impl From<BfString> for Text {
    fn from(mapped: BfString) -> Self {
        match mapped {
            BfString::Char(c) => Self::Char(c),
            BfString::String(text) => Self::Many(text.into()),
        }
    }
}

/// A font of a page.
#[derive(Debug)]
pub(crate) struct Font {
    kind: Kind,
    /// Whether its strokes are heavy, by its name and descriptor.
    pub(crate) bold: bool,
    /// Whether all its letters are equally wide, by its name and descriptor.
    pub(crate) fixed: bool,
    /// Whether it is written from top to bottom.
    pub(crate) vertical: bool,
    /// How much larger a glyph is than the font's size says; other than 1 for Type 3 fonts.
    pub(crate) scale: f64,
}

#[derive(Debug)]
enum Kind {
    Simple(Box<Simple>),
    Composite(Box<Composite>),
}

impl Font {
    /// Reads a font's dictionary. One that makes no sense has no characters, and still moves on.
    pub(crate) fn new(dict: &Dict<'_>, budget: &mut Budget) -> Self {
        let subtype = dict.get::<Name<'_>>("Subtype");
        let name = dict.get::<Name<'_>>("BaseFont");
        let name = String::from_utf8_lossy(name.as_deref().unwrap_or_default()).into_owned();
        let descendant = composite::descendant(dict);
        let descriptor =
            descendant.as_ref().unwrap_or(dict).get::<Dict<'_>>("FontDescriptor").unwrap_or_default();
        let bold = is_bold(&name, &descriptor);
        let fixed = is_fixed(&name, &descriptor);
        if let Some(descendant) = descendant {
            let font = Composite::new(dict, &descendant, budget);
            let vertical = font.is_vertical();
            return Self { kind: Kind::Composite(Box::new(font)), bold, fixed, vertical, scale: 1.0 };
        }
        let matrix = dict.get::<[f32; 6]>("FontMatrix").filter(|_| subtype.as_deref() == Some(b"Type3"));
        let font = Simple::new(dict, &descriptor, &name, matrix, budget);
        // The em of a Type 3 font is whatever its matrix says; a thousandth is what all others have.
        let scale = matrix.map_or(1.0, |matrix| {
            let em = dict.get::<[f32; 4]>("FontBBox").map_or(0.0, |box_| (box_[3] - box_[1]).abs());
            let height = f64::from(em) * f64::from(matrix[3]).abs();
            if height > 0.0 && height.is_finite() { height } else { f64::from(matrix[3]).abs() * 1000.0 }
        });
        Self {
            kind: Kind::Simple(Box::new(font)),
            bold,
            fixed,
            vertical: false,
            scale: scale.clamp(0.01, 100.0),
        }
    }

    /// The codes of a string, in order.
    pub(crate) fn codes(&mut self, string: &[u8], mut each: impl FnMut(&Code)) {
        match &mut self.kind {
            Kind::Simple(font) => string.iter().for_each(|&byte| each(font.code(byte))),
            Kind::Composite(font) => font.codes(string, each),
        }
    }
}

fn is_bold(name: &str, descriptor: &Dict<'_>) -> bool {
    const HEAVY: [&str; 7] = ["bold", "black", "heavy", "demi", "cmbx", "sfbx", "cmssbx"];
    const FORCE_BOLD: u32 = 1 << 18;
    let name = name.to_ascii_lowercase();
    // The bold faces of the fonts that TeX has in place of Times and its like are called so.
    let is_medi = name.ends_with("medi") || name.contains("medi-") || name.ends_with("mediital");
    is_medi
        || HEAVY.iter().any(|heavy| name.contains(heavy))
        || descriptor.get::<u32>("Flags").is_some_and(|flags| flags & FORCE_BOLD != 0)
        || descriptor.get::<f32>("FontWeight").is_some_and(|weight| weight >= 600.0)
}

fn is_fixed(name: &str, descriptor: &Dict<'_>) -> bool {
    const NAMES: [&str; 6] = ["courier", "mono", "consolas", "menlo", "typewriter", "cmtt"];
    const FIXED_PITCH: u32 = 1;
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|fixed| name.contains(fixed))
        || descriptor.get::<u32>("Flags").is_some_and(|flags| flags & FIXED_PITCH != 0)
}

/// The font's own account of what its codes mean.
fn to_unicode(dict: &Dict<'_>, budget: &mut Budget) -> Option<CMap> {
    let stream = dict.get::<Stream<'_>>("ToUnicode")?;
    let data = decode(&stream, budget)?;
    // Fonts have at most 65,536 codes, a line of 20 bytes for each; what is larger is no map.
    (data.len() <= 4 << 20).then(|| CMap::parse(&data, hayro_cmap::load_embedded)).flatten()
}

/// What a map says of a code; private and control characters say nothing, but that a line ends is white space.
fn mapped(map: &CMap, code: u32) -> Option<Text> {
    let text = match map.lookup_bf_string(code)? {
        BfString::Char('\t' | '\n' | '\r') => Text::Char(' '),
        BfString::Char(c) => Text::Char(of_symbol_font(c)),
        BfString::String(text) => Text::Many(text.trim_matches('\0').into()),
    };
    let says = match &text {
        Text::Char(c) => !c.is_control() && !is_private(*c) && *c != char::REPLACEMENT_CHARACTER,
        Text::Many(text) => text.chars().any(|c| !c.is_control() && !is_private(c)),
        Text::None => false,
    };
    says.then_some(text)
}

/// Bullets of the symbol fonts that word processors use: they come as private characters.
fn of_symbol_font(c: char) -> char {
    match c {
        '\u{f0b7}' | '\u{f09f}' => '\u{2022}',
        '\u{f0a7}' | '\u{f06e}' => '\u{25aa}',
        '\u{f0d8}' => '\u{27a2}',
        '\u{f0fc}' => '\u{2713}',
        '\u{f06f}' | '\u{f0a8}' => '\u{25cb}',
        '\u{f0e0}' => '\u{2192}',
        c => c,
    }
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}
