//! One part of a Word document to blocks.
//!
//! Invariant: one pass, a stack of what is open, no recursion. What was deleted, is hidden or is the code of a field never gets into the text.

use std::collections::{HashMap, HashSet};

use package::{Node, Relationships, Tag, Xml};

use super::numbering::{Marker, Numbering};
use super::paragraph::{Paragraph, Run};
use super::styles::Styles;
use super::symbol;
use crate::flow::{Block, Flow, words_of};
use crate::math::Math;

/// Fields in fields; what is more was never ended.
const MAX_FIELDS: usize = 32;

/// What an open element is to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Paragraph,
    ParagraphProperties,
    Run,
    RunProperties,
    /// Characters count.
    Text,
    /// The code of a field.
    FieldCode,
    TextBox,
    Table,
    Row,
    Cell,
    /// A note, a comment, a header.
    Story,
    Math,
    Other,
}

/// A footnote, an endnote, a comment, or a header, in one line.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) id: String,
    pub(super) author: Option<String>,
    pub(super) words: String,
}

/// The notes of a document, by id.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) footnotes: HashMap<String, Story>,
    pub(super) endnotes: HashMap<String, Story>,
    pub(super) comments: HashMap<String, Story>,
}

/// Walks the parts of one document, one after the other.
pub(super) struct Walk<'a> {
    styles: &'a Styles,
    numbering: &'a mut Numbering,
    notes: Notes,
    pub(super) flow: Flow,
    open: Vec<Role>,
    paragraphs: Vec<Paragraph>,
    run: Run,
    /// For each open field, whether its result has begun.
    fields: Vec<bool>,
    math: Math,
    /// Parts that hold a page number only belong to no text.
    pub(super) stories: Vec<Story>,
    /// Ids of parts that the text refers to: headers, footers, charts, diagrams.
    pub(super) references: Vec<String>,
    /// Charts and diagrams by their ids.
    pub(super) figures: HashMap<String, Vec<Block>>,
    pub(super) title: Option<String>,
    n_footnotes: u32,
    n_endnotes: u32,
    n_comments: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn new(styles: &'a Styles, numbering: &'a mut Numbering, notes: Notes) -> Self {
        Self {
            styles,
            numbering,
            notes,
            flow: Flow::new(),
            open: Vec::new(),
            paragraphs: Vec::new(),
            run: Run::default(),
            fields: Vec::new(),
            math: Math::default(),
            stories: Vec::new(),
            references: Vec::new(),
            figures: HashMap::new(),
            title: None,
            n_footnotes: 0,
            n_endnotes: 0,
            n_comments: 0,
        }
    }

    /// Walks through one part. Returns what was wrong with it.
    pub(super) fn part(&mut self, source: &str) -> Option<String> {
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            match node {
                Node::Open(tag) => {
                    if let Some(role) = self.open(&tag) {
                        self.open.push(role);
                    } else {
                        xml.skip();
                    }
                }
                Node::Close => self.close(),
                Node::Text(text) => match self.open.last() {
                    Some(Role::Text) => self.text(&text),
                    Some(Role::FieldCode) => self.note_field(&text),
                    _ => {}
                },
            }
            if self.flow.is_full() {
                break;
            }
        }
        xml.problem().map(str::to_owned)
    }

    /// What an element is; `None` when all of it is to be passed over.
    fn open(&mut self, tag: &Tag) -> Option<Role> {
        let parent = self.open.last().copied();
        match tag.name() {
            "p" => {
                self.paragraphs.push(Paragraph::default());
                Some(Role::Paragraph)
            }
            "pPr" if parent == Some(Role::Paragraph) => Some(Role::ParagraphProperties),
            "r" => {
                self.run = Run::default();
                Some(Role::Run)
            }
            "rPr" => Some(if parent == Some(Role::Run) { Role::RunProperties } else { Role::Other }),
            "t" if parent == Some(Role::Run) => Some(Role::Text),
            "fldSimple" => {
                self.note_field(&tag.attr("instr").unwrap_or_default());
                Some(Role::Other)
            }
            "instrText" => Some(Role::FieldCode),
            "del" | "moveFrom" | "delText" | "delInstrText" | "pPrChange" | "rPrChange" | "tblPrChange"
            | "tcPrChange" | "trPrChange" | "sectPrChange" | "tblGrid" | "fldData" | "binData" | "rt" => {
                self.passed(tag, parent);
                None
            }
            "sdtPr" => None,
            _ => match parent {
                Some(Role::ParagraphProperties) => self.paragraph_property(tag),
                Some(Role::RunProperties) => self.run_property(tag),
                Some(Role::Run) => self.in_run(tag),
                _ => self.structure(tag),
            },
        }
    }

    fn passed(&mut self, tag: &Tag, parent: Option<Role>) {
        // In the properties of a row it says that the row was deleted.
        if tag.name() == "del" && parent == Some(Role::Other) && self.is_in_row_properties() {
            self.flow.mark_gone();
        }
    }

    fn is_in_row_properties(&self) -> bool {
        matches!(self.open.as_slice(), [.., Role::Row, Role::Other])
    }

    fn paragraph_property(&mut self, tag: &Tag) -> Option<Role> {
        let value = || tag.attr("val");
        if let Some(paragraph) = self.paragraphs.last_mut() {
            match tag.name() {
                "pStyle" => paragraph.style = value(),
                "outlineLvl" => paragraph.outline = tag.number("val"),
                "sectPr" => return Some(Role::Other),
                // Its parts are properties of the paragraph too.
                "numPr" => return Some(Role::ParagraphProperties),
                "numId" => paragraph.list = value(),
                "ilvl" => paragraph.list_level = tag.number("val"),
                "rPr" => return Some(Role::Other),
                _ => {}
            }
        }
        None
    }

    fn run_property(&mut self, tag: &Tag) -> Option<Role> {
        match tag.name() {
            "vanish" => self.run.is_hidden = tag.is_on(),
            "rFonts" => self.run.font(tag.attr("ascii").as_deref()),
            "rStyle" => {
                let style = self.styles.get(&tag.attr("val").unwrap_or_default());
                self.run.is_hidden |= style.is_hidden;
                self.run.is_code |= style.is_code;
            }
            _ => {}
        }
        None
    }

    fn in_run(&mut self, tag: &Tag) -> Option<Role> {
        match tag.name() {
            "tab" | "ptab" => self.text("\t"),
            "br" | "cr" => self.text("\n"),
            "noBreakHyphen" => self.text("-"),
            "sym" => {
                let code = tag.attr("char").and_then(|code| u32::from_str_radix(&code, 16).ok());
                let font = tag.attr("font").unwrap_or_default();
                if let Some(c) = code.and_then(|code| symbol::character(&font, code)) {
                    self.text(c.encode_utf8(&mut [0; 4]));
                }
            }
            "fldChar" => match tag.attr("fldCharType").as_deref() {
                Some("begin") if self.fields.len() < MAX_FIELDS => self.fields.push(false),
                Some("separate") => self.begin_results(1),
                Some("end") => {
                    self.fields.pop();
                }
                _ => {}
            },
            "footnoteReference" | "endnoteReference" | "commentReference" => {
                self.refer(tag.name(), &tag.attr("id").unwrap_or_default());
            }
            _ => return self.structure(tag),
        }
        Some(Role::Other)
    }

    fn structure(&mut self, tag: &Tag) -> Option<Role> {
        match tag.name() {
            "tbl" => {
                self.flow.begin_table();
                return Some(Role::Table);
            }
            "tr" => {
                self.flow.begin_row();
                return Some(Role::Row);
            }
            "tc" => {
                self.flow.begin_cell();
                return Some(Role::Cell);
            }
            "txbxContent" => {
                self.flow.begin_box();
                return Some(Role::TextBox);
            }
            "footnote" | "endnote" | "comment" | "hdr" | "ftr" => return self.begin_story(tag),
            "tblHeader" if tag.is_on() => self.flow.mark_header(),
            "gridSpan" => self.flow.span(tag.number::<usize>("val").unwrap_or(1).saturating_sub(1)),
            "gridBefore" => self.flow.span(tag.number("val").unwrap_or(0)),
            "headerReference" | "footerReference" => self.references.extend(tag.prefixed_attr("id")),
            "chart" => self.figure(tag.prefixed_attr("id")),
            "relIds" => self.figure(tag.attr("dm")),
            name => {
                if let Some(name) = Math::known(name) {
                    let words = self.paragraphs.last_mut().map(|paragraph| &mut paragraph.words);
                    if let Some(words) = words {
                        self.math.open(name, tag, words);
                        return Some(Role::Math);
                    }
                }
            }
        }
        Some(Role::Other)
    }

    fn begin_story(&mut self, tag: &Tag) -> Option<Role> {
        let is_rule = matches!(tag.attr("type").as_deref(), Some(kind) if kind != "normal");
        if is_rule {
            return None;
        }
        let id = tag.attr("id").unwrap_or_default();
        self.stories.push(Story { id, author: tag.attr("author"), words: String::new() });
        self.flow.begin_box();
        Some(Role::Story)
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Role::Paragraph) => self.end_paragraph(),
            Some(Role::TextBox) => {
                let blocks = self.flow.end_box();
                match self.paragraphs.last_mut() {
                    Some(paragraph) => paragraph.boxes.extend(blocks),
                    None => blocks.into_iter().for_each(|block| self.flow.push(block)),
                }
            }
            Some(Role::Table) => self.flow.end_table(),
            Some(Role::Story) => {
                let words = words_of(&self.flow.end_box());
                if let Some(story) = self.stories.last_mut() {
                    story.words = words;
                }
            }
            Some(Role::Math) => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    self.math.close(&mut paragraph.words);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let is_code_of_field = self.fields.contains(&false);
        if let Some(paragraph) = self.paragraphs.last_mut()
            && !self.run.is_hidden
            && !is_code_of_field
        {
            paragraph.add(text, self.run.is_code);
        }
    }

    /// The line of a header that has the number of the page in it says nothing in a text without pages.
    fn note_field(&mut self, code: &str) {
        let name = code.split_whitespace().next().unwrap_or_default();
        if matches!(name, "PAGE" | "NUMPAGES")
            && self.open.contains(&Role::Story)
            && let Some(paragraph) = self.paragraphs.last_mut()
        {
            paragraph.is_page_number = true;
        }
    }

    /// The code of the last `n` fields is over.
    fn begin_results(&mut self, n: usize) {
        let from = self.fields.len().saturating_sub(n);
        self.fields.iter_mut().skip(from).for_each(|begun| *begun = true);
    }

    fn refer(&mut self, kind: &str, id: &str) {
        let (notes, n, prefix) = match kind {
            "footnoteReference" => (&mut self.notes.footnotes, &mut self.n_footnotes, ""),
            "endnoteReference" => (&mut self.notes.endnotes, &mut self.n_endnotes, "e"),
            _ => (&mut self.notes.comments, &mut self.n_comments, "c"),
        };
        let Some(story) = notes.remove(id) else { return };
        *n += 1;
        let label = format!("{prefix}{n}");
        let mark = format!("[^{label}]");
        match self.paragraphs.last_mut() {
            // A comment is about words that a reader sees without it.
            Some(paragraph) if prefix == "c" => paragraph.comments.push_str(&mark),
            _ => self.text(&mark),
        }
        let words = match story.author {
            Some(author) if !author.is_empty() => format!("{author}: {}", story.words),
            _ => story.words,
        };
        self.flow.note(&label, &words);
    }

    fn figure(&mut self, id: Option<String>) {
        let Some(id) = id else { return };
        if let (Some(blocks), Some(paragraph)) = (self.figures.remove(&id), self.paragraphs.last_mut()) {
            paragraph.boxes.extend(blocks);
        }
        self.references.push(id);
    }

    fn end_paragraph(&mut self) {
        // A field whose code goes on into the next paragraph was never ended.
        self.begin_results(usize::MAX);
        let Some(paragraph) = self.paragraphs.pop() else { return };
        let (block, boxes) = self.block_of(paragraph);
        block.into_iter().chain(boxes).for_each(|block| self.flow.push(block));
    }

    /// The block that a paragraph is, and what stands in boxes beside it.
    fn block_of(&mut self, paragraph: Paragraph) -> (Option<Block>, Vec<Block>) {
        let style = paragraph.style.as_deref().map(|id| self.styles.get(id)).unwrap_or_default();
        let is_blank = paragraph.words.trim().is_empty();
        let is_code = (style.is_code || paragraph.is_code()) && !style.is_title && style.heading.is_none();
        if style.is_hidden || style.is_contents || paragraph.is_page_number {
            return (None, paragraph.boxes);
        }
        // One without words counts too, as far as its list is concerned.
        let marker = self.marker(&paragraph, &style);
        if is_blank && !(is_code && paragraph.boxes.is_empty()) {
            // In code a blank line is a line.
            return (None, paragraph.boxes);
        }
        let heading = match paragraph.outline {
            Some(level) => (level < 9).then_some(level.saturating_add(1)),
            None => style.heading,
        };
        let mut words = paragraph.words;
        if style.is_title && self.title.is_none() {
            self.title = Some(words.trim().to_owned());
        }
        let heading = heading.or(style.is_title.then_some(1));
        if heading.is_none() && marker.is_none() && is_code {
            return (Some(Block::Code(words)), paragraph.boxes);
        }
        words.push_str(&paragraph.comments);
        (Some(block(heading, marker, words)), paragraph.boxes)
    }

    /// What is before the words of a paragraph that belongs to a list, and how deep it is.
    fn marker(&mut self, paragraph: &Paragraph, style: &super::styles::Style) -> Option<(Marker, usize)> {
        let list = paragraph.list.as_ref().or(style.list.as_ref()).filter(|list| *list != "0")?;
        let of_style = || {
            let id = paragraph.style.as_deref()?;
            style.list_level.or_else(|| self.numbering.level_of_style(list, id))
        };
        let level = paragraph.list_level.or_else(of_style).unwrap_or(0);
        let depth = usize::from(level).max(style.list_depth);
        Some((self.numbering.next(list, level), depth))
    }
}

/// A heading, an item of a list, or a paragraph.
fn block(heading: Option<u8>, marker: Option<(Marker, usize)>, words: String) -> Block {
    let number = match &marker {
        Some((Marker::Number(number), _)) => number.as_str(),
        _ => "",
    };
    let numbered = |words: &str| format!("{number} {words}");
    // `Figure 3` and `Article 3` are a part of the sentence, `iii.` is not.
    let is_label = number
        .split(|c: char| !c.is_alphabetic())
        .any(|word| word.chars().any(char::is_lowercase) && word.len() > 3);
    match (heading, &marker) {
        (Some(level), _) => Block::Heading(level, numbered(&words)),
        (None, Some((Marker::Bullet, depth))) => Block::Item { depth: *depth, marker: "-".to_owned(), words },
        (None, Some((Marker::Number(number), depth))) if !number.is_empty() && !is_label => {
            Block::Item { depth: *depth, marker: number.clone(), words }
        }
        (None, _) => Block::Paragraph(numbered(&words)),
    }
}

/// The headers and footers that are referred to, each once.
pub(super) fn running_parts(references: &[String], relationships: &Relationships) -> Vec<String> {
    let mut seen = HashSet::new();
    let found = references.iter().filter_map(|id| relationships.part(id));
    let running = found.filter(|found| matches!(found.kind.as_str(), "header" | "footer"));
    running.filter(|found| seen.insert(&found.part)).map(|found| found.part.clone()).collect()
}
