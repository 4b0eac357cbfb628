//! The table of contents of a book: what its files, and parts of them, are called there.

use std::collections::{HashMap, HashSet};

use extract::Skip;
use package::{Node, Package, Xml, optional, resolve};

use super::opf::Opf;

/// A line of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Whether it leads to the whole part, not to a place inside.
    pub(super) is_whole: bool,
    /// How deep it stands in the table; smaller is further out.
    pub(super) depth: usize,
    pub(super) label: String,
}

/// The table, by the page that a reader sees or by the one for programs.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Its lines by the part they lead to.
    entries: HashMap<String, Vec<Entry>>,
    /// Parts that are themselves a table of contents.
    own_parts: HashSet<String>,
}

impl Contents {
    pub(super) fn read(package: &mut Package, opf: &Opf) -> Result<Self, Skip> {
        let mut contents = Self::default();
        if let Some(part) = &opf.nav
            && let Some(source) = optional(package.read_text(part))?
        {
            contents.nav(&source, folder_of(part));
        }
        if contents.entries.is_empty()
            && let Some(part) = &opf.ncx
            && let Some(source) = optional(package.read_text(part))?
        {
            contents.ncx(&source, folder_of(part));
        }
        contents.own_parts = opf.nav.iter().chain(&opf.guide_contents).cloned().collect();
        Ok(contents)
    }

    /// The lines that lead to a part, in order.
    pub(super) fn of(&self, part: &str) -> &[Entry] {
        self.entries.get(part).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the part is a table of contents, which says again what the chapters say.
    pub(super) fn is_contents(&self, part: &str) -> bool {
        self.own_parts.contains(part)
    }

    fn add(&mut self, folder: &str, target: &str, depth: usize, label: &str) {
        let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
        if !label.is_empty() {
            let entry = Entry { is_whole: !target.contains('#'), depth, label };
            self.entries.entry(resolve(folder, target)).or_default().push(entry);
        }
    }

    /// The links of `<nav epub:type="toc">`; lists of pages and landmarks are other tables.
    fn nav(&mut self, source: &str, folder: &str) {
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            match tag.name() {
                "nav" if tag.prefixed_attr("type").is_some_and(|kind| kind != "toc") => xml.skip(),
                "a" => {
                    if let Some(target) = tag.attr("href") {
                        let depth = xml.depth();
                        let label = xml.text();
                        self.add(folder, &target, depth, &label);
                    }
                }
                _ => {}
            }
        }
    }

    /// `<navPoint><navLabel><text>label</text></navLabel><content src="target"/>`.
    fn ncx(&mut self, source: &str, folder: &str) {
        let mut xml = Xml::new(source);
        let mut label = String::new();
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            match tag.name() {
                "pageList" | "navList" | "docTitle" | "docAuthor" => xml.skip(),
                "text" => label = xml.text(),
                "content" => {
                    if let Some(target) = tag.attr("src") {
                        self.add(folder, &target, xml.depth(), &label);
                    }
                }
                _ => {}
            }
        }
    }
}

fn folder_of(part: &str) -> &str {
    part.rsplit_once('/').map_or("", |(folder, _)| folder)
}
