//! Documents and reasons on the wire, and what a valid one is.

use corpus::{Anchor, Document, Format, Heading, LanguageCode, Metadata, Place, Span, Table, Unit};
use extract::Skip;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// The most headings, places and tables of one reply together: a list of them costs several times its length on the wire.
pub(super) const MAX_ITEMS: usize = 1 << 20;
/// The most authors, and the most keywords, that are sent of one document.
const MAX_NAMES: usize = 256;
/// The longest reason, in bytes.
const MAX_REASON: usize = 1000;
/// Numbers of pages, rows and columns stay so far below the largest integer that counting on from them is safe.
const MAX_NUMBER: u32 = 1 << 30;

#[derive(Serialize, Deserialize)]
pub(super) struct WireDocument<'a> {
    text: &'a str,
    format: &'a str,
    encoding: &'a str,
    title: Option<&'a str>,
    #[serde(borrow, deserialize_with = "at_most_the_items")]
    headings: Vec<WireHeading<'a>>,
    #[serde(borrow, deserialize_with = "at_most_the_items")]
    anchors: Vec<WireAnchor<'a>>,
    #[serde(borrow, deserialize_with = "at_most_the_items")]
    tables: Vec<WireTable<'a>>,
    #[serde(borrow)]
    metadata: WireMetadata<'a>,
}

#[derive(Serialize, Deserialize)]
struct WireHeading<'a> {
    span: (u32, u32),
    level: u8,
    text: &'a str,
}

#[derive(Serialize, Deserialize)]
struct WireAnchor<'a> {
    span: (u32, u32),
    unit: &'a str,
    first: u32,
    last: u32,
    name: Option<&'a str>,
    columns: Option<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct WireTable<'a> {
    span: (u32, u32),
    header: &'a str,
}

#[derive(Serialize, Deserialize)]
struct WireMetadata<'a> {
    #[serde(borrow, deserialize_with = "at_most_the_names")]
    authors: Vec<&'a str>,
    #[serde(borrow, deserialize_with = "at_most_the_names")]
    keywords: Vec<&'a str>,
    created_ms: Option<i64>,
    modified_ms: Option<i64>,
    pages: Option<u32>,
    language: Option<&'a str>,
}

/// A [`Skip`]. Kinds that are added later travel as `Failed`, with their words.
#[derive(Serialize, Deserialize)]
pub(super) enum WireSkip<'a> {
    Binary,
    Unsupported(&'a str),
    Undecodable,
    TooLarge(u64, u64),
    Encrypted,
    NoText(&'a str),
    Damaged(&'a str),
    TooMuch(&'a str),
    Failed(String),
    NoParser,
    Archive,
}

/// How many headings, places and tables a document has.
pub(super) fn items(document: &Document) -> usize {
    document.headings.len() + document.anchors.len() + document.tables.len()
}

impl<'a> WireDocument<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let ends = |span: Span| (span.start, span.end);
        let anchor = |anchor: &'a Anchor| {
            let Place { unit, first, last, ref name, columns } = anchor.place;
            let span = ends(anchor.span);
            WireAnchor { span, unit: unit.name(), first, last, name: name.as_deref(), columns }
        };
        let heading = |heading: &'a Heading| WireHeading {
            span: ends(heading.span),
            level: heading.level,
            text: &heading.text,
        };
        let table = |table: &'a Table| WireTable { span: ends(table.span), header: &table.header };
        Self {
            text: &document.text,
            format: document.format.name(),
            encoding: document.encoding,
            title: document.title.as_deref(),
            headings: document.headings.iter().map(heading).collect(),
            anchors: document.anchors.iter().map(anchor).collect(),
            tables: document.tables.iter().map(table).collect(),
            metadata: WireMetadata::of(&document.metadata),
        }
    }

    /// The document, or what is not valid about it.
    pub(super) fn check(self) -> Result<Document, &'static str> {
        let text = self.text;
        let headings = spans(
            text,
            self.headings,
            |heading| heading.span,
            |heading, span| {
                let WireHeading { level, text, .. } = heading;
                (level > 0).then(|| Heading { span, level, text: text.to_owned() })
            },
        );
        let anchors = spans(text, self.anchors, |anchor| anchor.span, WireAnchor::check);
        let tables = spans(
            text,
            self.tables,
            |table| table.span,
            |table, span| Some(Table { span, header: table.header.to_owned() }),
        );
        Ok(Document {
            headings: headings.ok_or("headings out of place")?,
            anchors: anchors.ok_or("pages out of place")?,
            tables: tables.ok_or("tables out of place")?,
            text: text.to_owned(),
            format: Format::from_name(self.format).ok_or("an unknown format")?,
            title: self.title.map(str::to_owned),
            metadata: self.metadata.check(),
            encoding: encoding(self.encoding),
        })
    }
}

/// The name of an encoding that lives as long as the program. What it says does not decide whether the text can be used, so an unknown name
/// is no reason to refuse it.
fn encoding(name: &str) -> &'static str {
    const OTHERS: [&str; 2] = ["UTF-32LE", "UTF-32BE"];
    let of_the_web = encoding_rs::Encoding::for_label(name.as_bytes()).map(encoding_rs::Encoding::name);
    of_the_web.or_else(|| OTHERS.into_iter().find(|other| *other == name)).unwrap_or("UTF-8")
}

/// Items whose spans are in order, do not overlap, and lie in the text on character boundaries.
fn spans<T, U>(
    text: &str,
    wire: Vec<T>,
    ends: impl Fn(&T) -> (u32, u32),
    build: impl Fn(T, Span) -> Option<U>,
) -> Option<Vec<U>> {
    let mut last = 0;
    let one = |item: T| {
        let (start, end) = ends(&item);
        if start < last || end < start {
            return None;
        }
        last = end;
        let span = Span { start, end };
        span.of(text)?;
        build(item, span)
    };
    wire.into_iter().map(one).collect()
}

impl WireAnchor<'_> {
    fn check(self, span: Span) -> Option<Anchor> {
        let Self { unit, first, last, name, columns, .. } = self;
        let countable = |from: u32, to: u32| from <= to && to < MAX_NUMBER;
        if first == 0 || !countable(first, last) || !columns.is_none_or(|(from, to)| countable(from, to)) {
            return None;
        }
        let name = name.map(str::to_owned);
        Some(Anchor { span, place: Place { unit: Unit::from_name(unit)?, first, last, name, columns } })
    }
}

impl<'a> WireMetadata<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        let few = |names: &'a [String]| names.iter().take(MAX_NAMES).map(String::as_str).collect();
        Self {
            authors: few(&metadata.authors),
            keywords: few(&metadata.keywords),
            created_ms: metadata.created_ms,
            modified_ms: metadata.modified_ms,
            pages: metadata.pages,
            language: metadata.language.as_ref().map(LanguageCode::as_str),
        }
    }

    fn check(self) -> Metadata {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Metadata {
            authors: owned(self.authors),
            keywords: owned(self.keywords),
            created_ms: self.created_ms,
            modified_ms: self.modified_ms,
            pages: self.pages,
            language: self.language.and_then(LanguageCode::new),
        }
    }
}

impl<'a> WireSkip<'a> {
    pub(super) fn of(skip: &'a Skip) -> Self {
        match skip {
            Skip::Binary => Self::Binary,
            Skip::Unsupported { what } => Self::Unsupported(what),
            Skip::Undecodable => Self::Undecodable,
            Skip::TooLarge { bytes, limit } => Self::TooLarge(*bytes as u64, *limit as u64),
            Skip::Encrypted => Self::Encrypted,
            Skip::NoText { why } => Self::NoText(why),
            Skip::Damaged { why } => Self::Damaged(why),
            Skip::TooMuch { what } => Self::TooMuch(what),
            Skip::NoParser => Self::NoParser,
            Skip::Archive => Self::Archive,
            other => Self::Failed(other.to_string()),
        }
    }

    pub(super) fn check(self) -> Skip {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        match self {
            Self::Binary => Skip::Binary,
            Self::Unsupported(what) => Skip::Unsupported { what: reason(what) },
            Self::Undecodable => Skip::Undecodable,
            Self::TooLarge(bytes, limit) => Skip::TooLarge { bytes: size(bytes), limit: size(limit) },
            Self::Encrypted => Skip::Encrypted,
            Self::NoText(why) => Skip::NoText { why: reason(why) },
            Self::Damaged(why) => Skip::damaged(reason(why)),
            Self::TooMuch(what) => Skip::too_much(reason(what)),
            Self::Failed(why) => Skip::Failed { why: reason(&why) },
            Self::NoParser => Skip::NoParser,
            Self::Archive => Skip::Archive,
        }
    }
}

/// A reason of a bearable length, in one line.
fn reason(text: &str) -> String {
    let short = text.get(..text.floor_char_boundary(MAX_REASON)).unwrap_or_default();
    short.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn at_most_the_items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(AtMost::<T>(MAX_ITEMS, PhantomData))
}

fn at_most_the_names<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(AtMost::<T>(MAX_NAMES, PhantomData))
}

/// A list that ends in an error when it has more elements than that. What it claims of its length is not believed.
struct AtMost<T>(usize, PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtMost<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} elements", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            if list.len() == self.0 {
                return Err(A::Error::custom("the list is too long"));
            }
            list.push(element);
        }
        Ok(list)
    }
}
