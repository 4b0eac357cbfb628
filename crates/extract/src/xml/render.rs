//! Tags to blocks of text, in one pass over a stack of open elements.
//!
//! An element of an unknown vocabulary waits with what it holds until it ends, or until a block begins inside it: text beside elements
//! makes all of it one paragraph, elements alone make a line each.

use std::borrow::Cow;

use corpus::Metadata;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::element::{Role, is_level, role};
use crate::html::reference;
use crate::{Builder, add_authors, date, html, title};

/// How deep elements are told apart; what is deeper belongs to the last of them.
const MAX_DEPTH: usize = 512;

/// What the file says about itself.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) title: Option<String>,
    pub(super) metadata: Metadata,
}

/// Writes the words of `source`. What is broken is read as far as it can be.
pub(super) fn render(source: &str, build: &mut Builder) -> About {
    let mut reader = Reader::from_str(source);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    let mut page = Page { build, open: Vec::new(), n_deeper: 0, about: About::default() };
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => page.start(&tag),
            Ok(Event::End(_)) => page.end(),
            Ok(Event::Text(text)) => page.text(&text),
            Ok(Event::CData(text)) => page.text(&text),
            Ok(Event::GeneralRef(name)) => page.text(&referred(&name)),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
        if page.build.is_full() {
            break;
        }
    }
    while !page.open.is_empty() {
        page.end();
    }
    page.about
}

/// The character of a reference. Entities that only this file knows stand for nothing.
fn referred(name: &str) -> String {
    let source = format!("&{name};");
    match reference::decode(&source) {
        Cow::Owned(text) if text != source => text,
        _ => String::new(),
    }
}

/// A part of what an element holds that has not been written.
enum Piece {
    Text(String),
    /// A whole element without elements, or of mixed content.
    Leaf(String),
}

struct Open {
    name: String,
    role: Role,
    pieces: Vec<Piece>,
    /// Whether some of it is written already.
    is_written: bool,
    /// Cells, if it is a row.
    cells: Vec<String>,
}

struct Page<'a> {
    build: &'a mut Builder,
    open: Vec<Open>,
    /// Elements below the deepest that is told apart.
    n_deeper: usize,
    about: About,
}

impl Page<'_> {
    fn start(&mut self, tag: &BytesStart<'_>) {
        if self.open.len() >= MAX_DEPTH {
            self.n_deeper += 1;
            return;
        }
        let name = tag.local_name().as_ref().to_ascii_lowercase();
        let parent = self.open.last().map(|open| (open.role, open.name.as_str()));
        let role = role(&name, parent);
        if matches!(
            role,
            Role::Section | Role::Block | Role::Item | Role::List | Role::Table | Role::Row | Role::Verbatim
        ) && !self.collects()
        {
            self.write_pending();
        }
        if name == "outline" {
            self.outline(tag);
        }
        self.open.push(Open { name, role, pieces: Vec::new(), is_written: false, cells: Vec::new() });
    }

    /// An item of an outline (OPML) has its words in an attribute.
    fn outline(&mut self, tag: &BytesStart<'_>) {
        let attribute = |name: &str| tag.try_get_attribute(name).ok().flatten();
        if let Some(words) = attribute("text").or_else(|| attribute("title")) {
            let depth = self.open.iter().filter(|open| open.name == "outline").count();
            self.build.list_item(depth, "-", &reference::decode(&words.value));
        }
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        if open.role == Role::Unseen {
            return;
        }
        match open.pieces.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ => open.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    /// Whether all that comes belongs to one line or block: a heading, a cell.
    fn collects(&self) -> bool {
        self.open
            .iter()
            .rev()
            .any(|open| matches!(open.role, Role::Heading | Role::Cell | Role::Verbatim | Role::Unseen))
    }

    fn end(&mut self) {
        if self.n_deeper > 0 {
            self.n_deeper -= 1;
            return;
        }
        let Some(open) = self.open.pop() else { return };
        match open.role {
            Role::Unseen => {}
            Role::Cell => {
                let words = joined(&open.pieces);
                match self.open.last_mut() {
                    Some(row) if row.role == Role::Row => row.cells.push(words),
                    _ => self.hand_up(Piece::Leaf(words)),
                }
            }
            // In a heading or a cell, all is words of that.
            _ if self.collects() => {
                let cells = open.cells.join(" ");
                self.hand_up(Piece::Text(format!(" {} {cells} ", joined(&open.pieces))));
            }
            Role::Row => self.row(&open),
            Role::Heading => self.heading(&joined(&open.pieces)),
            Role::Verbatim => self.build.verbatim(&raw(&open.pieces)),
            Role::Block | Role::Item => self.write(&open),
            _ => self.other(open),
        }
    }

    /// An element without a role of its own: a leaf for what it stands in, or written as it is.
    fn other(&mut self, open: Open) {
        let has_text = has_words(&open.pieces);
        let n_leaves = open.pieces.iter().filter(|piece| matches!(piece, Piece::Leaf(_))).count();
        let is_container =
            matches!(open.role, Role::Section | Role::Information | Role::List | Role::Table | Role::Header);
        if open.is_written || is_container || (!has_text && n_leaves > 1) {
            self.write(&open);
            return;
        }
        let words = joined(&open.pieces);
        if words.is_empty() {
            return;
        }
        self.about_itself(&open.name, &words);
        if is_page(&words) {
            self.write_pending();
            self.page(&raw(&open.pieces));
        } else {
            self.hand_up(Piece::Leaf(words));
        }
    }

    fn hand_up(&mut self, piece: Piece) {
        match self.open.last_mut() {
            Some(parent) => parent.pieces.push(piece),
            None => self.write_pieces(&[piece], Role::Other),
        }
    }

    fn heading(&mut self, words: &str) {
        self.write_pending();
        let sections =
            self.open.iter().filter(|open| open.role == Role::Section && is_level(&open.name)).count();
        let level = sections.clamp(1, 6) as u8;
        if level == 1 && self.about.title.is_none() {
            self.about.title = title::tidy(words);
        }
        self.build.heading(level, words);
    }

    fn row(&mut self, open: &Open) {
        if open.cells.is_empty() {
            self.write(open);
        } else if self.open.iter().any(|open| open.role == Role::Header) {
            self.build.begin_table(&open.cells);
        } else {
            self.build.row(&open.cells);
        }
    }

    /// Writes what waits in the elements that are open, outermost first.
    fn write_pending(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        // What is written has nothing waiting above it.
        let from = open.iter().rposition(|open| open.is_written && open.pieces.is_empty()).unwrap_or(0);
        for element in open.iter_mut().skip(from) {
            let pieces = std::mem::take(&mut element.pieces);
            self.write_pieces(&pieces, element.role);
            element.is_written = true;
        }
        self.open = open;
    }

    fn write(&mut self, open: &Open) {
        self.write_pending();
        let in_item = open.role == Role::Item
            || (!open.is_written && self.open.last().is_some_and(|parent| parent.role == Role::Item));
        self.write_pieces(&open.pieces, if in_item { Role::Item } else { open.role });
    }

    fn write_pieces(&mut self, pieces: &[Piece], role: Role) {
        let leaves = || pieces.iter().filter(|piece| matches!(piece, Piece::Leaf(_)));
        if has_words(pieces) && is_page(&joined(pieces)) {
            self.page(&raw(pieces));
        } else if role == Role::Item {
            let depth = self.open.iter().filter(|open| open.role == Role::List).count().saturating_sub(1);
            self.build.list_item(depth, "-", &joined(pieces));
        } else if role == Role::Block || has_words(pieces) {
            self.build.paragraph(&joined(pieces));
        } else if leaves().next().is_some() {
            self.build.begin_block();
            for piece in leaves() {
                let (Piece::Leaf(words) | Piece::Text(words)) = piece;
                self.build.line(words);
            }
        }
    }

    /// A page that is quoted as text, which feeds do.
    fn page(&mut self, source: &str) {
        if let Ok(document) = html::read(source.as_bytes().to_vec(), corpus::Format::Html) {
            self.build.verbatim(&document.text);
        }
    }

    /// Facts that the file states near its root, not of one of many things in it.
    fn about_itself(&mut self, name: &str, words: &str) {
        let is_of_part = self
            .open
            .iter()
            .any(|open| matches!(open.name.as_str(), "item" | "entry" | "bibl" | "ref" | "biblioentry"));
        if is_of_part {
            return;
        }
        let metadata = &mut self.about.metadata;
        match name {
            "title" if self.open.len() <= 3 && self.about.title.is_none() => {
                self.about.title = title::tidy(words)
            }
            "name" if self.open.len() == 1 && self.about.title.is_none() => {
                self.about.title = title::tidy(words)
            }
            "author" | "creator" | "managingeditor" | "byline" => add_authors(metadata, words),
            "date" | "pubdate" | "published" | "created" if metadata.created_ms.is_none() => {
                metadata.created_ms = date::of_text(words);
            }
            "updated" | "modified" | "lastbuilddate" if metadata.modified_ms.is_none() => {
                metadata.modified_ms = date::of_text(words);
            }
            _ => {}
        }
    }
}

fn has_words(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if !text.trim().is_empty()))
}

/// All the words, one space where there is white space.
fn joined(pieces: &[Piece]) -> String {
    raw(pieces).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn raw(pieces: &[Piece]) -> String {
    let mixed = has_words(pieces);
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Leaf(words) => {
                // Elements without text between them are things of their own.
                if !mixed && !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(words);
            }
        }
    }
    out
}

/// Text with tags in it, which was quoted to get into this file.
fn is_page(words: &str) -> bool {
    const TAGS: [&str; 8] = ["</p>", "</a>", "</div>", "<br", "</li>", "</b>", "</strong>", "</em>"];
    words.contains('<') && TAGS.iter().any(|tag| words.contains(tag))
}
