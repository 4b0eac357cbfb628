//! The state of reading, and what each piece of RTF does to it.

use corpus::{Document, Metadata};
use extract::{Skip, add_authors, add_keywords, add_subject};

use super::FORMAT;
use super::group::{Aside, Destination, Group, Paragraph, destination};
use super::output::Output;
use super::tables::Tables;
use super::token::{Token, Tokens};
use crate::codepage::decode;
use crate::flow::Note;

/// Groups deeper than this change nothing but the count of those that are open.
const MAX_DEPTH: usize = 1000;
/// Longer than this is no title and no name.
const MAX_VALUE_BYTES: usize = 4096;

pub(super) struct Reader<'a> {
    tokens: Tokens<'a>,
    group: Group,
    open: Vec<Group>,
    /// Groups that are open beyond the bound.
    deeper: usize,
    tables: Tables,
    out: Output,
    /// Bytes that wait for the rest of their character.
    bytes: Vec<u8>,
    page: u32,
    default_font: i32,
    /// The first half of a character in UTF-16.
    half: Option<u16>,
    /// Characters to skip: they stand in for one that was written in Unicode.
    skip: u32,
    /// Whether the group has just begun, and whether it may be skipped by who does not know it.
    at_start: bool,
    is_optional: bool,
    title: String,
    author: String,
    subject: String,
    keywords: String,
    created: [i32; 5],
    modified: [i32; 5],
    pages: Option<u32>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            tokens: Tokens::new(bytes),
            group: Group::new(),
            open: Vec::new(),
            deeper: 0,
            tables: Tables::default(),
            out: Output::default(),
            bytes: Vec::new(),
            page: 1252,
            default_font: 0,
            half: None,
            skip: 0,
            at_start: false,
            is_optional: false,
            title: String::new(),
            author: String::new(),
            subject: String::new(),
            keywords: String::new(),
            created: [0; 5],
            modified: [0; 5],
            pages: None,
        }
    }

    pub(super) fn run(&mut self) {
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Open => self.open(),
                Token::Close => self.close(),
                Token::Byte(byte) | Token::Hex(byte) => self.byte(byte),
                Token::Symbol(symbol) => self.symbol(symbol),
                Token::Word(word, number) => self.word(word, number),
            }
            if self.out.flow.build.is_full() {
                break;
            }
        }
        self.flush();
        self.out.end();
    }

    pub(super) fn finish(self) -> Result<Document, Skip> {
        let mut metadata = Metadata {
            created_ms: time(self.created),
            modified_ms: time(self.modified),
            pages: self.pages,
            ..Metadata::default()
        };
        add_authors(&mut metadata, &self.author);
        add_keywords(&mut metadata, &self.keywords);
        add_subject(&mut metadata, &self.subject);
        self.out.flow.finish(FORMAT, (Some(self.title), metadata))
    }

    fn open(&mut self) {
        self.flush();
        self.skip = 0;
        if self.open.len() < MAX_DEPTH {
            self.open.push(self.group);
        } else {
            self.deeper += 1;
        }
        self.group.aside = None;
        (self.at_start, self.is_optional) = (true, false);
        if self.group.destination == Destination::Styles {
            self.tables.begin_style();
        }
    }

    fn close(&mut self) {
        self.flush();
        self.skip = 0;
        self.at_start = false;
        if let Some(aside) = self.group.aside {
            self.out.end_aside(aside);
        }
        if self.group.destination == Destination::Styles {
            self.tables.end_style();
        }
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(group) = self.open.pop() {
            self.group = group;
        }
    }

    fn byte(&mut self, byte: u8) {
        self.at_start = false;
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.bytes.push(byte);
        }
    }

    fn symbol(&mut self, symbol: u8) {
        if symbol == b'*' {
            self.is_optional = true;
            return;
        }
        self.at_start = false;
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        match symbol {
            b'{' | b'}' | b'\\' => self.bytes.push(symbol),
            b'~' => self.put("\u{a0}"),
            b'_' => self.put("\u{2011}"),
            b'\r' | b'\n' => self.end_paragraph(),
            b'\t' => self.put("\t"),
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        let (at_start, is_optional) = (self.at_start, self.is_optional);
        (self.at_start, self.is_optional) = (false, false);
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if word == "bin" {
            self.tokens.pass(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
            return;
        }
        if (at_start || is_optional) && self.begins(word, is_optional) {
            return;
        }
        let number_or = |default| number.unwrap_or(default);
        match self.group.destination {
            Destination::Fonts => self.tables.font(word, number_or(0)),
            Destination::Styles => self.tables.style(word, number_or(0)),
            Destination::Created => clock(&mut self.created, word, number_or(0)),
            Destination::Modified => clock(&mut self.modified, word, number_or(0)),
            // The page count stands among what goes nowhere.
            Destination::Nowhere if word == "nofpages" => {
                self.pages = number.and_then(|n| u32::try_from(n).ok())
            }
            _ => {}
        }
        self.property(word, number);
    }

    /// Takes the first control word of a group as its destination, if it is one.
    fn begins(&mut self, word: &str, is_optional: bool) -> bool {
        let was_text = self.group.destination == Destination::Text;
        match word {
            "footnote" if was_text => self.begin_aside(Aside::Note(Note::Foot)),
            "annotation" if was_text => self.begin_aside(Aside::Note(Note::Comment)),
            // A box has properties around its text.
            "shpinst" => {}
            "shptxt" if was_text => self.begin_aside(Aside::Box),
            "nesttableprops" => {}
            // The same text in Unicode: it counts instead of the one before it.
            "ud" => {
                let outer = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
                self.group.destination = outer.map_or(Destination::Nowhere, |group| group.destination);
            }
            _ => match destination(word) {
                // Only what is told about the document is read where nothing else is.
                Some(found) if was_text || is_about(found) => self.set(found),
                Some(_) => {}
                None if is_optional => self.set(Destination::Nowhere),
                None => return false,
            },
        }
        true
    }

    fn set(&mut self, destination: Destination) {
        self.flush();
        self.group.destination = destination;
    }

    fn begin_aside(&mut self, aside: Aside) {
        self.flush();
        if self.out.begin_aside() {
            self.group.aside = Some(aside);
        }
        self.group.paragraph = Paragraph::default();
    }

    fn property(&mut self, word: &str, number: Option<i32>) {
        let is_on = number != Some(0);
        match word {
            "ansicpg" => {
                self.page = number.and_then(|n| u32::try_from(n).ok()).filter(|&n| n > 0).unwrap_or(1252)
            }
            "mac" => self.page = 10_000,
            "deff" => self.default_font = number.unwrap_or(0),
            "uc" => self.group.stand_ins = u32::try_from(number.unwrap_or(1)).unwrap_or(1).min(16),
            "u" => self.unicode(number.unwrap_or(0)),
            "f" => {
                self.flush();
                self.group.font = number.unwrap_or(0);
            }
            "plain" => {
                self.flush();
                (self.group.font, self.group.hidden) = (-1, false);
            }
            "v" | "deleted" => {
                self.flush();
                self.group.hidden = is_on;
            }
            "ftnalt" if self.group.aside == Some(Aside::Note(Note::Foot)) => {
                self.group.aside = Some(Aside::Note(Note::End));
            }
            _ => self.paragraph_property(word, number),
        }
    }

    fn paragraph_property(&mut self, word: &str, number: Option<i32>) {
        let paragraph = &mut self.group.paragraph;
        match word {
            "pard" => *paragraph = Paragraph::default(),
            "s" => paragraph.style = number,
            "outlinelevel" => paragraph.outline = number,
            "ilvl" => paragraph.depth = number.unwrap_or(0).clamp(0, 8),
            "intbl" => paragraph.in_table = true,
            "itap" => paragraph.in_table = number.unwrap_or(0) > 0,
            "trowd" => self.out.is_header_row = false,
            "trhdr" => self.out.is_header_row = true,
            _ => self.character(word),
        }
    }

    /// Control words that are characters, or end something.
    fn character(&mut self, word: &str) {
        let text = match word {
            "par" | "sect" => return self.end_paragraph(),
            "cell" => return self.in_text(Output::cell),
            "row" => return self.in_text(Output::end_row),
            "tab" | "nestcell" | "nestrow" => "\t",
            "line" | "softline" | "page" | "column" => " ",
            "emdash" => "\u{2014}",
            "endash" => "\u{2013}",
            "emspace" | "enspace" | "qmspace" => " ",
            "bullet" => "\u{2022}",
            "lquote" => "\u{2018}",
            "rquote" => "\u{2019}",
            "ldblquote" => "\u{201c}",
            "rdblquote" => "\u{201d}",
            "zwj" => "\u{200d}",
            "zwnj" => "\u{200c}",
            _ => return,
        };
        self.put(text);
    }

    fn in_text(&mut self, act: fn(&mut Output)) {
        self.flush();
        if self.group.destination == Destination::Text {
            act(&mut self.out);
        }
    }

    fn end_paragraph(&mut self) {
        self.flush();
        if self.group.destination != Destination::Text {
            return;
        }
        let paragraph = self.group.paragraph;
        let by_outline = match paragraph.outline {
            Some(level @ 0..9) => Some(level as u8 + 1),
            _ => None,
        };
        let by_style =
            paragraph.style.filter(|_| paragraph.outline != Some(9)).and_then(|s| self.tables.heading(s));
        self.out.paragraph(by_outline.or(by_style), paragraph.depth, paragraph.in_table);
    }

    /// A character in UTF-16, as a signed number.
    fn unicode(&mut self, number: i32) {
        self.flush();
        self.skip = self.group.stand_ins;
        let unit = (number & 0xffff) as u16;
        match (self.half.take(), unit) {
            (_, 0xd800..0xdc00) => self.half = Some(unit),
            (half, _) => {
                let units = half.into_iter().chain([unit]);
                let c = char::decode_utf16(units).last().and_then(Result::ok);
                let c = c.map_or('\u{fffd}', |c| if is_sign(c) { '\u{2022}' } else { c });
                self.put(c.encode_utf8(&mut [0; 4]));
            }
        }
    }

    /// Reads the bytes that wait as characters.
    fn flush(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let font = if self.group.font < 0 { self.default_font } else { self.group.font };
        let words = if self.tables.has_signs(font) && self.group.destination != Destination::Fonts {
            bytes.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '\u{2022}' }).collect()
        } else {
            decode(&bytes, self.tables.page(font).unwrap_or(self.page))
        };
        self.write(&words);
        self.bytes = bytes;
        self.bytes.clear();
    }

    fn put(&mut self, words: &str) {
        self.flush();
        self.write(words);
    }

    fn write(&mut self, words: &str) {
        let value = match self.group.destination {
            Destination::Text if self.group.hidden => return,
            Destination::Text => return self.out.push(words),
            Destination::Marker => return self.out.push_marker(words),
            Destination::Styles => return self.tables.name(words),
            Destination::Title => &mut self.title,
            Destination::Author => &mut self.author,
            Destination::Subject => &mut self.subject,
            Destination::Keywords => &mut self.keywords,
            Destination::Nowhere | Destination::Fonts | Destination::Created | Destination::Modified => {
                return;
            }
        };
        if value.len() < MAX_VALUE_BYTES {
            value.push_str(words);
        }
    }
}

/// Characters of fonts of signs, in the range for private use where Word keeps them.
fn is_sign(c: char) -> bool {
    ('\u{f000}'..='\u{f0ff}').contains(&c)
}

fn is_about(destination: Destination) -> bool {
    use Destination::{Author, Created, Keywords, Modified, Subject, Title};
    matches!(destination, Title | Author | Subject | Keywords | Created | Modified)
}

/// Takes a part of a date: year, month, day, hour, minute.
fn clock(parts: &mut [i32; 5], word: &str, number: i32) {
    const PARTS: [&str; 5] = ["yr", "mo", "dy", "hr", "min"];
    for (part, name) in parts.iter_mut().zip(PARTS) {
        if word == name {
            *part = number;
        }
    }
}

/// Dates are without a zone, and taken as UTC.
fn time([year, month, day, hour, minute]: [i32; 5]) -> Option<i64> {
    let small = |number: i32| i8::try_from(number).ok();
    let date = jiff::civil::DateTime::new(
        i16::try_from(year).ok().filter(|&year| year > 1900)?,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        0,
        0,
    );
    Some(jiff::tz::Offset::UTC.to_timestamp(date.ok()?).ok()?.as_millisecond())
}
