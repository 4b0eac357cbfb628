//! Paragraph and character styles of a Word document: which are headings, lists, code, tables of contents.

use std::collections::HashMap;

use package::{Node, Tag, Xml};

use crate::font::is_monospaced;

/// How many styles a style may be based on, one on the other.
const MAX_BASES: usize = 16;

/// What a style, with all it is based on, makes of a paragraph or run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Level 1 is the outermost.
    pub(super) heading: Option<u8>,
    pub(super) is_title: bool,
    /// A line of a table of contents.
    pub(super) is_contents: bool,
    /// Set in type of one width.
    pub(super) is_code: bool,
    pub(super) is_hidden: bool,
    /// The list it belongs to, and the level there.
    pub(super) list: Option<String>,
    pub(super) list_level: Option<u8>,
    /// How deep its name says it is: `List Bullet 2`.
    pub(super) list_depth: usize,
}

/// A style as it is written.
#[derive(Debug, Default)]
struct Raw {
    name: String,
    base: Option<String>,
    /// 9 stands for body text.
    outline: Option<u8>,
    list: Option<String>,
    list_level: Option<u8>,
    is_code: Option<bool>,
    is_hidden: Option<bool>,
}

/// The styles by id.
#[derive(Debug, Default)]
pub(super) struct Styles {
    by_id: HashMap<String, Style>,
}

impl Styles {
    pub(super) fn read(source: &str) -> Self {
        let mut raw: HashMap<String, Raw> = HashMap::new();
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            if let Node::Open(tag) = node
                && tag.name() == "style"
                && let Some(id) = tag.attr("styleId")
            {
                raw.insert(id, Raw::read(&mut xml));
            }
        }
        Self { by_id: raw.keys().map(|id| (id.clone(), resolve(&raw, id))).collect() }
    }

    /// The style of that id. One that is not defined says what it is by its id alone.
    pub(super) fn get(&self, id: &str) -> Style {
        self.by_id.get(id).cloned().unwrap_or_else(|| {
            let mut style = Style::default();
            style.name(id);
            style
        })
    }
}

impl Raw {
    fn read(xml: &mut Xml) -> Self {
        let mut raw = Self::default();
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next() {
                Some(Node::Open(tag)) => raw.note(&tag),
                Some(_) => {}
                None => break,
            }
        }
        raw
    }

    fn note(&mut self, tag: &Tag) {
        let value = || tag.attr("val");
        match tag.name() {
            "name" => self.name = value().unwrap_or_default(),
            "basedOn" => self.base = value(),
            "outlineLvl" => self.outline = tag.number("val"),
            "numId" => self.list = value(),
            "ilvl" => self.list_level = tag.number("val"),
            "rFonts" => self.is_code = tag.attr("ascii").map(|font| is_monospaced(&font)),
            "vanish" => self.is_hidden = Some(tag.is_on()),
            _ => {}
        }
    }
}

fn resolve(raw: &HashMap<String, Raw>, id: &str) -> Style {
    let mut style = Style::default();
    let (mut outline, mut is_code, mut is_hidden, mut list, mut list_level) = (None, None, None, None, None);
    let mut next = Some(id);
    for _ in 0..MAX_BASES {
        let Some((id, base)) = next.and_then(|id| raw.get_key_value(id)) else { break };
        // A style that says it is body text is no heading, whatever it is based on.
        if outline.is_none() {
            style.name(if base.name.is_empty() { id } else { &base.name });
        }
        outline = outline.or(base.outline);
        is_code = is_code.or(base.is_code);
        is_hidden = is_hidden.or(base.is_hidden);
        list = list.or(base.list.clone());
        list_level = list_level.or(base.list_level);
        next = base.base.as_deref();
    }
    style.heading = style.heading.or(outline.filter(|&level| level < 9).map(|level| level + 1));
    style.is_code |= is_code == Some(true);
    style.is_hidden = is_hidden == Some(true);
    (style.list, style.list_level) = (list, list_level);
    style
}

impl Style {
    /// Takes what the name says, unless a style nearer by has said it.
    fn name(&mut self, name: &str) {
        let name: String = name.to_lowercase().chars().filter(|&c| !matches!(c, ' ' | '-' | '_')).collect();
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let digit = name[stem.len()..].parse::<u8>().ok();
        if HEADINGS.contains(&stem) {
            self.heading = self.heading.or(digit.filter(|level| (1..=9).contains(level)));
        }
        self.heading = self.heading.or_else(|| of_publisher(&name));
        if TITLES.contains(&name.as_str()) {
            self.is_title = true;
        }
        self.is_contents |= matches!(stem, "toc" | "tocheading" | "tableoffigures" | "contents");
        if let (Some(digit), true) = (digit, stem.starts_with("list") && self.list_depth == 0) {
            self.list_depth = usize::from(digit).saturating_sub(1).min(8);
        }
        let is_code =
            ["sourcecode", "htmlpreformatted", "preformattedtext", "macrotext", "verbatimchar", "codeblock"];
        self.is_code |= is_code.contains(&name.as_str()) || name == "code";
    }
}

/// What producers in other languages than English call a heading, without spaces.
const HEADINGS: [&str; 18] = [
    "heading",
    "berschrift",
    "überschrift",
    "titre",
    "título",
    "titulo",
    "titolo",
    "ttulo",
    "kop",
    "rubrik",
    "overskrift",
    "otsikko",
    "nagłówek",
    "nadpis",
    "заголовок",
    "标题",
    "見出し",
    "제목",
];

/// The level of a heading by the names that publishers use: chapters have titles, and inside them the heads go from A to C.
fn of_publisher(name: &str) -> Option<u8> {
    match name {
        "h1" | "chaptertitle" | "parttitle" | "appendixtitle" | "backmattertitle" | "frontmattertitle" => {
            Some(1)
        }
        "h2" | "heada" | "ahead" | "headanumber" | "sectiontitle" => Some(2),
        "h3" | "headb" | "bhead" | "headbnumber" | "boxtitle" => Some(3),
        "h4" | "headc" | "chead" | "headcnumber" => Some(4),
        _ => None,
    }
}

/// What they call the title of the whole.
const TITLES: [&str; 12] = [
    "title",
    "titel",
    "titre",
    "título",
    "titolo",
    "tytuł",
    "název",
    "название",
    "标题",
    "標題",
    "表題",
    "제목",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_found_by_name_level_and_base() {
        let styles = Styles::read(
            "<w:styles><w:style w:styleId='berschrift2'><w:name w:val='heading 2'/></w:style>\
             <w:style w:styleId='Mine'><w:name w:val='Chapter'/><w:basedOn w:val='berschrift2'/></w:style>\
             <w:style w:styleId='Part'><w:name w:val='Part'/><w:pPr><w:outlineLvl w:val='0'/></w:pPr></w:style>\
             <w:style w:styleId='Plain'><w:name w:val='Not'/><w:basedOn w:val='Mine'/><w:pPr><w:outlineLvl w:val='9'/></w:pPr></w:style>\
             <w:style w:styleId='Loop'><w:name w:val='L'/><w:basedOn w:val='Loop'/></w:style>\
             <w:style w:styleId='LB2'><w:name w:val='List Bullet 2'/><w:pPr><w:numPr><w:numId w:val='4'/></w:numPr></w:pPr></w:style>\
             <w:style w:styleId='T'><w:name w:val='Title'/></w:style>\
             <w:style w:styleId='C'><w:name w:val='Listing'/><w:rPr><w:rFonts w:ascii='Courier New'/></w:rPr></w:style></w:styles>",
        );
        let heading = |id: &str| styles.get(id).heading;
        assert_eq!(["berschrift2", "Mine", "Part", "Loop"].map(heading), [Some(2), Some(2), Some(1), None]);
        assert_eq!([heading("Plain"), heading("Heading3"), heading("other")], [None, Some(3), None]);
        let list = styles.get("LB2");
        assert_eq!((list.list.as_deref(), list.list_depth), (Some("4"), 1));
        assert!(styles.get("T").is_title && styles.get("C").is_code && !styles.get("Mine").is_code);
    }
}
