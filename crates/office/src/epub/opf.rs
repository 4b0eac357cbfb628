//! The package document of a book: what it is called, which files it has, and in which order they are read.

use std::collections::HashMap;

use package::{Node, Properties, Tag, Xml, resolve};

#[derive(Debug, Default)]
struct Item {
    part: String,
    media_type: String,
    properties: String,
}

/// What the package document says.
#[derive(Debug, Default)]
pub(super) struct Opf {
    pub(super) properties: Properties,
    /// Parts in reading order.
    pub(super) spine: Vec<String>,
    /// The part that is the table of contents, as a page of the book.
    pub(super) nav: Option<String>,
    /// The same for programs, in books of before EPUB 3.
    pub(super) ncx: Option<String>,
    /// Parts that are a table of contents by the guide.
    pub(super) guide_contents: Vec<String>,
    items: HashMap<String, Item>,
    order: Vec<String>,
}

impl Opf {
    /// `part` is the name of the package document, which names are relative to.
    pub(super) fn read(source: &str, part: &str) -> Self {
        let folder = part.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut opf = Self::default();
        let mut spine = Vec::new();
        let mut xml = Xml::new(source);
        while let Some(node) = xml.next() {
            let Node::Open(tag) = node else { continue };
            match tag.name() {
                "item" => opf.item(&tag, folder),
                "itemref" => spine.extend(tag.attr("idref")),
                "spine" => {
                    let id = tag.attr("toc").unwrap_or_default();
                    opf.ncx = opf.items.get(&id).map(|item| item.part.clone());
                }
                "reference" if tag.attr("type").as_deref() == Some("toc") => {
                    // One that is a part of a file does not make the file a table of contents.
                    let whole = tag.attr("href").filter(|href| !href.contains('#'));
                    opf.guide_contents.extend(whole.map(|href| resolve(folder, &href)));
                }
                _ => opf.metadata(&tag, &mut xml),
            }
        }
        opf.settle(&spine);
        opf
    }

    fn item(&mut self, tag: &Tag, folder: &str) {
        let (Some(id), Some(href)) = (tag.attr("id"), tag.attr("href")) else { return };
        let item = Item {
            part: resolve(folder, &href),
            media_type: tag.attr("media-type").unwrap_or_default(),
            properties: tag.attr("properties").unwrap_or_default(),
        };
        if item.properties.split_whitespace().any(|property| property == "nav") {
            self.nav = Some(item.part.clone());
        }
        self.order.push(id.clone());
        self.items.insert(id, item);
    }

    fn metadata(&mut self, tag: &Tag, xml: &mut Xml) {
        let name = match tag.name() {
            // In books the date is that of publication; the last change has a name of its own.
            "date" if tag.attr("event").as_deref() == Some("modification") => "modified",
            "date" if tag.attr("event").is_none_or(|event| event != "conversion") => "created",
            "creator" if tag.attr("role").is_some_and(|role| role != "aut") => return,
            "meta" if tag.attr("property").as_deref() == Some("dcterms:modified") => "modified",
            name @ ("title" | "creator" | "subject") => name,
            _ => return,
        };
        let name = name.to_owned();
        let value = xml.text();
        self.properties.set(&name, value.trim());
    }

    /// What is read, in order. A book without a spine is read as its files are listed.
    fn settle(&mut self, spine: &[String]) {
        let ids = if spine.is_empty() { &self.order[..] } else { spine };
        let is_text = |item: &&Item| {
            let kind = item.media_type.as_str();
            kind.contains("html") || kind.contains("dtbook") || kind.is_empty()
        };
        self.spine = ids
            .iter()
            .filter_map(|id| self.items.get(id))
            .filter(is_text)
            .map(|item| item.part.clone())
            .collect();
        if self.ncx.is_none() {
            let ncx = self.items.values().find(|item| item.media_type == "application/x-dtbncx+xml");
            self.ncx = ncx.map(|item| item.part.clone());
        }
    }
}
