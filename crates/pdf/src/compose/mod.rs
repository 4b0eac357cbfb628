//! All pages to one document: headings, running lines, the words that lines broke.
//!
//! Invariant: pages keep their numbers, and what is left out is only what stands again and again in the same margin.
//! Not here: the order of what is on one page.

mod contents;
mod headings;
mod running;
mod structure;
mod tables;

use corpus::{Document, Format, Metadata, Place, Unit};
use extract::{Builder, Skip};

use crate::layout::{Block, Paragraph, Vocabulary, join_lines, list_mark};
use crate::outline::Outline;
use headings::Headings;

/// One page in reading order.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) blocks: Vec<Block>,
    /// What people noted on it.
    pub(crate) comments: Vec<String>,
    pub(crate) height: f64,
}

/// What the file says of itself, beside its pages.
pub(crate) struct About {
    pub(crate) title: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) outline: Outline,
}

/// The document of these pages.
pub(crate) fn document(mut sheets: Vec<Sheet>, about: About) -> Result<Document, Skip> {
    running::drop_running_lines(&mut sheets);
    contents::mark_entries(&mut sheets);
    structure::drop_odd_headings(&mut sheets);
    let headings = Headings::new(&sheets, &about.outline);
    let mut writer =
        Writer { build: Builder::new(), vocabulary: vocabulary(&sheets), items: Vec::new(), title: None };
    for (number, sheet) in (1..).zip(sheets) {
        writer.build.place(Place::one(Unit::Page, number, None));
        let mut blocks = sheet.blocks.into_iter().peekable();
        while let Some(block) = blocks.next() {
            match block {
                Block::Table(table) => {
                    writer.items.clear();
                    tables::write(&mut writer.build, &table.rows);
                }
                Block::Paragraph(mut paragraph) => {
                    let level = headings.level(&paragraph).filter(|_| !paragraph.code);
                    if level.is_some() {
                        while let Some(Block::Paragraph(more)) =
                            blocks.next_if(|next| headings.goes_on(&paragraph, next))
                        {
                            paragraph.lines.extend(more.lines);
                            paragraph.bottom = more.bottom;
                        }
                    }
                    writer.paragraph(&paragraph, level, number == 1);
                }
            }
        }
        for comment in &sheet.comments {
            writer.build.paragraph(comment);
        }
    }
    writer.build.finish(Format::Pdf, about.title.or(writer.title), about.metadata)
}

struct Writer {
    build: Builder,
    vocabulary: Vocabulary,
    /// How far in the open items of a list stand.
    items: Vec<f64>,
    /// The first heading, if it is on the first page.
    title: Option<String>,
}

impl Writer {
    fn paragraph(&mut self, paragraph: &Paragraph, level: Option<u8>, is_first_page: bool) {
        let text = join_lines(&paragraph.lines, &self.vocabulary);
        if paragraph.code {
            self.items.clear();
            self.build.verbatim(&paragraph.lines.join("\n"));
        } else if let Some(level) = level {
            self.items.clear();
            self.build.heading(level, &text);
            if is_first_page && level == 1 && self.title.is_none() {
                self.title = Some(text);
            }
        } else if let Some((mark, rest)) = list_mark(&text) {
            let em = paragraph.size;
            while self.items.last().is_some_and(|&open| open > paragraph.left + 0.5 * em) {
                self.items.pop();
            }
            if self.items.last().is_none_or(|&open| open < paragraph.left - 0.5 * em) {
                if self.items.is_empty() {
                    self.build.begin_block();
                }
                self.items.push(paragraph.left);
            }
            let mark = if mark.chars().any(char::is_alphanumeric) { mark } else { "-" };
            self.build.list_item(self.items.len() - 1, mark, rest);
        } else {
            if paragraph.apart || !self.items.is_empty() {
                self.build.paragraph(&text);
            } else {
                self.build.line(&text);
            }
            self.items.clear();
        }
    }
}

/// The words of all paragraphs.
fn vocabulary(sheets: &[Sheet]) -> Vocabulary {
    Vocabulary::new(sheets.iter().flat_map(|sheet| &sheet.blocks).filter_map(|block| match block {
        Block::Paragraph(paragraph) => Some(paragraph.lines.as_slice()),
        Block::Table(_) => None,
    }))
}
