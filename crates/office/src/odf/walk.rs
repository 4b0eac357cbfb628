//! The parts of an OpenDocument to blocks and slides.
//!
//! Invariant: one pass, a stack of what is open, no recursion. Deleted text is kept apart by the format and passed over whole.

use std::collections::HashSet;

use extract::Builder;
use package::{Node, Tag, Xml};

use super::lists::Lists;
use super::styles::Styles;
use crate::flow::{Block, Flow, words_of};
use crate::slides::{Kind, Shape, Slide};

/// The most spaces one element stands for.
const MAX_SPACES: usize = 64;

/// What an open element is to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Whether words were code before it, and hidden.
    Paragraph {
        was_code: bool,
        was_hidden: bool,
    },
    Span {
        was_code: bool,
        was_hidden: bool,
    },
    List,
    Table,
    HeaderRows {
        was_in_header: bool,
    },
    Note,
    Annotation,
    /// Who made the annotation.
    Creator,
    TextBox,
    /// Holds a picture or a text box.
    Frame,
    Slide,
    /// A shape that stands on a slide by itself.
    Shape,
    SpeakerNotes,
    /// A header or footer of pages.
    Story,
    Other,
}

/// The paragraph or heading that is open.
#[derive(Debug, Default)]
struct Paragraph {
    /// The level, for a heading.
    heading: Option<u8>,
    style: Option<String>,
    is_list_header: bool,
    words: String,
    comments: String,
    n_code: usize,
    n_prose: usize,
    is_page_number: bool,
    boxes: Vec<Block>,
    /// Depth and marker, when it begins an item.
    item: Option<(usize, String)>,
}

#[derive(Debug, Default)]
struct OpenShape {
    kind: Option<Kind>,
    at: Option<(i64, i64)>,
}

pub(super) struct Walk<'a> {
    styles: &'a Styles,
    flow: Flow,
    lists: Lists,
    open: Vec<Role>,
    paragraphs: Vec<Paragraph>,
    is_code: bool,
    is_hidden: bool,
    is_in_header: bool,
    creators: Vec<String>,
    slide: Option<Slide>,
    shape: OpenShape,
    n_slides: u32,
    n_footnotes: u32,
    n_endnotes: u32,
    n_comments: u32,
    is_endnote: bool,
    /// What headers and footers say, in order, and the same to find what was said.
    stories: Vec<String>,
    told: HashSet<String>,
    pub(super) title: Option<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(styles: &'a Styles) -> Self {
        Self {
            styles,
            flow: Flow::new(),
            lists: Lists::default(),
            open: Vec::new(),
            paragraphs: Vec::new(),
            is_code: false,
            is_hidden: false,
            is_in_header: false,
            creators: Vec::new(),
            slide: None,
            shape: OpenShape::default(),
            n_slides: 0,
            n_footnotes: 0,
            n_endnotes: 0,
            n_comments: 0,
            is_endnote: false,
            stories: Vec::new(),
            told: HashSet::new(),
            title: None,
        }
    }

    /// Walks through one part. Returns what was wrong with it.
    pub(super) fn part(&mut self, source: &str) -> Option<String> {
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            match node {
                Node::Open(tag) => match self.open(&tag) {
                    Some(role) => self.open.push(role),
                    None => xml.skip(),
                },
                Node::Close => self.close(),
                Node::Text(text) => self.text(&text),
            }
            if self.flow.is_full() {
                break;
            }
        }
        xml.problem().map(str::to_owned)
    }

    /// How many slides there were, in a presentation.
    pub(super) fn n_slides(&self) -> Option<u32> {
        Some(self.n_slides).filter(|&n| n > 0)
    }

    /// Everything, with the headers and footers, each once, at the end.
    pub(super) fn finish(mut self) -> Builder {
        let stories = std::mem::take(&mut self.stories);
        let mut build = self.flow.finish();
        stories.iter().for_each(|words| build.paragraph(words));
        build
    }

    /// What an element is; `None` when all of it is to be passed over.
    fn open(&mut self, tag: &Tag) -> Option<Role> {
        match tag.name() {
            "tracked-changes" | "table-of-content" | "illustration-index" | "table-index"
            | "object-index" | "note-citation" | "automatic-styles" | "styles" | "font-face-decls"
            | "forms" | "scripts" | "ruby-text" | "hidden-text" | "hidden-paragraph" | "desc" | "object"
            | "settings" | "meta" | "sender-initials" | "date-string" | "creator-initials" | "script" => None,
            name if name.ends_with("-source") || name.ends_with("-decls") => None,
            "section" if tag.attr("display").as_deref() == Some("none") => None,
            "p" | "h" => Some(self.begin_paragraph(tag)),
            "span" => Some(self.begin_span(tag)),
            "s" => {
                let n = tag.number::<usize>("c").unwrap_or(1).min(MAX_SPACES);
                self.text(&" ".repeat(n));
                Some(Role::Other)
            }
            "tab" => {
                self.text("\t");
                Some(Role::Other)
            }
            "line-break" => {
                self.text("\n");
                Some(Role::Other)
            }
            "page-number" | "page-count" => {
                if let (true, Some(paragraph)) =
                    (self.open.contains(&Role::Story), self.paragraphs.last_mut())
                {
                    paragraph.is_page_number = true;
                }
                None
            }
            _ => self.structure(tag),
        }
    }

    fn structure(&mut self, tag: &Tag) -> Option<Role> {
        match tag.name() {
            "list" => {
                self.lists.begin(tag);
                return Some(Role::List);
            }
            "list-item" => self.lists.begin_item(tag),
            "table" => {
                self.flow.begin_table();
                return Some(Role::Table);
            }
            "table-header-rows" => {
                let was_in_header = std::mem::replace(&mut self.is_in_header, true);
                return Some(Role::HeaderRows { was_in_header });
            }
            "table-row" => {
                self.flow.begin_row();
                if self.is_in_header {
                    self.flow.mark_header();
                }
            }
            "table-cell" | "covered-table-cell" => {
                let n = tag.number::<usize>("number-columns-repeated").unwrap_or(1);
                self.flow.begin_cell();
                self.flow.span(n.saturating_sub(1));
            }
            "note" => self.is_endnote = tag.attr("note-class").as_deref() == Some("endnote"),
            "note-body" => return Some(self.begin_box(Role::Note)),
            "annotation" => {
                self.creators.push(String::new());
                return Some(self.begin_box(Role::Annotation));
            }
            "creator" if self.open.last() == Some(&Role::Annotation) => return Some(Role::Creator),
            // Its first part is the date of an annotation; elsewhere it is a field, whose text counts.
            "date" if self.open.last() == Some(&Role::Annotation) => return None,
            "header" | "footer" | "header-left" | "footer-left" | "header-first" | "footer-first" => {
                return Some(self.begin_box(Role::Story));
            }
            "page" => {
                self.slide = Some(Slide::default());
                return Some(Role::Slide);
            }
            "notes" if self.slide.is_some() => return Some(self.begin_box(Role::SpeakerNotes)),
            _ => return self.shape(tag),
        }
        Some(Role::Other)
    }

    /// Frames, boxes and drawn shapes: on a slide they stand by themselves, in a text beside their paragraph.
    fn shape(&mut self, tag: &Tag) -> Option<Role> {
        const SHAPES: [&str; 11] = [
            "frame",
            "custom-shape",
            "rect",
            "ellipse",
            "circle",
            "line",
            "polygon",
            "polyline",
            "path",
            "connector",
            "g",
        ];
        let name = tag.name();
        // What a picture is called is not seen. Elsewhere it is a field that shows the title of the document.
        if name == "title"
            && matches!(self.open.last(), Some(Role::Frame | Role::TextBox | Role::Shape | Role::Slide))
        {
            return None;
        }
        if self.open.last() == Some(&Role::Slide) && SHAPES.contains(&name) {
            let class = tag.attr("class");
            if matches!(class.as_deref(), Some("page-number" | "date-time" | "footer" | "header")) {
                return None;
            }
            let kind = if class.as_deref() == Some("title") { Kind::Title } else { Kind::Other };
            let at = tag.attr("x").as_deref().and_then(emu).zip(tag.attr("y").as_deref().and_then(emu));
            self.shape = OpenShape { kind: Some(kind), at };
            return Some(self.begin_box(Role::Shape));
        }
        let holds_text = name == "text-box" || (SHAPES.contains(&name) && name != "frame" && name != "g");
        if holds_text && self.slide.is_none() {
            return Some(self.begin_box(Role::TextBox));
        }
        Some(if SHAPES.contains(&name) { Role::Frame } else { Role::Other })
    }

    fn begin_box(&mut self, role: Role) -> Role {
        self.flow.begin_box();
        role
    }

    fn begin_paragraph(&mut self, tag: &Tag) -> Role {
        let style = tag.attr("style-name");
        let of_style = style.as_deref().map(|name| self.styles.get(name)).unwrap_or_default();
        let role = Role::Paragraph { was_code: self.is_code, was_hidden: self.is_hidden };
        (self.is_code, self.is_hidden) = (of_style.is_code, of_style.is_hidden);
        let is_heading = tag.name() == "h";
        self.paragraphs.push(Paragraph {
            heading: is_heading.then(|| tag.number("outline-level").unwrap_or(1)),
            is_list_header: tag.attr("is-list-header").as_deref() == Some("true"),
            item: self.lists.take(self.styles),
            style,
            ..Paragraph::default()
        });
        role
    }

    fn begin_span(&mut self, tag: &Tag) -> Role {
        let role = Role::Span { was_code: self.is_code, was_hidden: self.is_hidden };
        if let Some(name) = tag.attr("style-name") {
            let style = self.styles.get(&name);
            self.is_code |= style.is_code;
            self.is_hidden |= style.is_hidden;
        }
        role
    }

    fn text(&mut self, text: &str) {
        if self.open.last() == Some(&Role::Creator) {
            if let Some(creator) = self.creators.last_mut() {
                creator.push_str(text);
            }
            return;
        }
        let is_between = matches!(
            self.open.last(),
            Some(Role::Note | Role::Annotation | Role::TextBox | Role::Frame | Role::List)
        );
        if self.is_hidden || is_between {
            return;
        }
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.words.push_str(text);
            let n = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
            *(if self.is_code { &mut paragraph.n_code } else { &mut paragraph.n_prose }) += n;
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Role::Paragraph { was_code, was_hidden }) => {
                self.end_paragraph();
                (self.is_code, self.is_hidden) = (was_code, was_hidden);
            }
            Some(Role::Span { was_code, was_hidden }) => {
                (self.is_code, self.is_hidden) = (was_code, was_hidden);
            }
            Some(Role::List) => self.lists.end(),
            Some(Role::Table) => self.flow.end_table(),
            Some(Role::HeaderRows { was_in_header }) => self.is_in_header = was_in_header,
            Some(Role::Note) => self.end_note(),
            Some(Role::Annotation) => self.end_annotation(),
            Some(Role::TextBox) => {
                let blocks = self.flow.end_box();
                match self.paragraphs.last_mut() {
                    Some(paragraph) => paragraph.boxes.extend(blocks),
                    None => blocks.into_iter().for_each(|block| self.flow.push(block)),
                }
            }
            Some(Role::Shape) => {
                let blocks = self.flow.end_box();
                let OpenShape { kind, at } = std::mem::take(&mut self.shape);
                if let Some(slide) = &mut self.slide {
                    slide.shapes.push(Shape { kind: kind.unwrap_or(Kind::Other), at, blocks });
                }
            }
            Some(Role::SpeakerNotes) => {
                let blocks = self.flow.end_box();
                if let Some(slide) = &mut self.slide {
                    slide.notes.extend(blocks);
                }
            }
            Some(Role::Slide) => {
                self.n_slides += 1;
                if let Some(slide) = self.slide.take() {
                    slide.tell(self.n_slides, &mut self.flow);
                }
            }
            Some(Role::Story) => {
                let words = words_of(&self.flow.end_box()).trim().to_owned();
                if !words.is_empty() && self.told.insert(words.clone()) {
                    self.stories.push(words);
                }
            }
            Some(Role::Creator | Role::Frame | Role::Other) | None => {}
        }
    }

    fn end_note(&mut self) {
        let words = words_of(&self.flow.end_box());
        let (n, prefix) =
            if self.is_endnote { (&mut self.n_endnotes, "e") } else { (&mut self.n_footnotes, "") };
        *n += 1;
        let label = format!("{prefix}{n}");
        self.flow.note(&label, &words);
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.words.push_str(&format!("[^{label}]"));
        }
    }

    fn end_annotation(&mut self) {
        let words = words_of(&self.flow.end_box());
        let creator = self.creators.pop().unwrap_or_default().trim().to_owned();
        if self.paragraphs.is_empty()
            && let Some(slide) = &mut self.slide
        {
            slide.comments.push((creator, words));
            return;
        }
        self.n_comments += 1;
        let label = format!("c{}", self.n_comments);
        let words = if creator.is_empty() { words } else { format!("{creator}: {words}") };
        self.flow.note(&label, &words);
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.comments.push_str(&format!("[^{label}]"));
        }
    }

    fn end_paragraph(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else { return };
        let (block, boxes) = self.block_of(paragraph);
        block.into_iter().chain(boxes).for_each(|block| self.flow.push(block));
    }

    fn block_of(&mut self, mut paragraph: Paragraph) -> (Option<Block>, Vec<Block>) {
        let style = paragraph.style.as_deref().map(|name| self.styles.get(name)).unwrap_or_default();
        let is_blank = paragraph.words.trim().is_empty();
        let is_code = style.is_code || (paragraph.n_code > 0 && paragraph.n_prose == 0);
        let is_code = is_code && paragraph.heading.is_none() && paragraph.item.is_none();
        let boxes = std::mem::take(&mut paragraph.boxes);
        let is_dropped = style.is_contents || paragraph.is_page_number;
        if is_dropped || (is_blank && !(is_code && boxes.is_empty())) {
            return (None, boxes);
        }
        let mut words = paragraph.words;
        if is_code {
            return (Some(Block::Code(words)), boxes);
        }
        words.push_str(&paragraph.comments);
        if style.is_title && self.title.is_none() && self.slide.is_none() {
            self.title = Some(words.trim().to_owned());
        }
        let block = match (paragraph.heading, paragraph.item) {
            (Some(level), item) => {
                let number = match item {
                    _ if paragraph.is_list_header => String::new(),
                    Some((_, marker)) => marker,
                    None => self.lists.heading(self.styles, level),
                };
                let number = if number == "-" { "" } else { &number };
                Block::Heading(level, format!("{number} {words}"))
            }
            (None, _) if style.is_title && self.slide.is_none() => Block::Heading(1, words),
            (None, Some((depth, marker))) if !marker.is_empty() => Block::Item { depth, marker, words },
            (None, _) => Block::Paragraph(words),
        };
        (Some(block), boxes)
    }
}

/// A length with its unit, in EMU, of which an inch has 914,400.
fn emu(length: &str) -> Option<i64> {
    let length = length.trim();
    let digits = length.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let per_unit = match length.get(digits.len()..)? {
        "cm" => 360_000.0,
        "mm" => 36_000.0,
        "in" => 914_400.0,
        "pt" => 12_700.0,
        "pc" => 152_400.0,
        "px" => 9_525.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|n| (n * per_unit) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units() {
        let lengths = ["1in", "2.54cm", "72pt", "-1mm", "x", "1", "é"].map(emu);
        assert_eq!(lengths, [Some(914_400), Some(914_400), Some(914_400), Some(-36_000), None, None, None]);
    }
}
