//! What slides take from the layout they are made after: where placeholders stand, and whether their paragraphs have bullets.

use std::collections::HashMap;

use extract::Skip;
use package::{Node, Package, Relationships, Xml, optional};

/// What a placeholder says of itself on a slide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Placeholder {
    /// `title`, `body`, `ftr`, ...; what says nothing is an object.
    pub(super) kind: String,
    pub(super) index: String,
}

/// A placeholder as a layout has it.
#[derive(Clone, Debug, Default)]
struct Model {
    placeholder: Placeholder,
    at: Option<(i64, i64)>,
    has_bullets: Option<bool>,
}

/// A layout, with the master slide behind it.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    models: Vec<Model>,
    master: Vec<Model>,
}

impl Layout {
    /// Where a placeholder stands that does not say so itself.
    pub(super) fn place(&self, placeholder: &Placeholder) -> Option<(i64, i64)> {
        self.find(placeholder).find_map(|model| model.at)
    }

    /// Whether the paragraphs of a placeholder have bullets, where they do not say so themselves. Those of text bodies do.
    pub(super) fn has_bullets(&self, placeholder: &Placeholder) -> bool {
        let is_body = matches!(placeholder.kind.as_str(), "body" | "obj" | "");
        is_body && self.find(placeholder).find_map(|model| model.has_bullets).unwrap_or(true)
    }

    /// Its models, the nearest first: in the layout by index, in the layout and the master by kind.
    fn find<'a>(&'a self, wanted: &'a Placeholder) -> impl Iterator<Item = &'a Model> {
        let by_index = self
            .models
            .iter()
            .filter(|model| !wanted.index.is_empty() && model.placeholder.index == wanted.index);
        let is_same_kind = |model: &&Model| kind(&model.placeholder) == kind(wanted);
        by_index.chain(self.models.iter().filter(is_same_kind)).chain(self.master.iter().filter(is_same_kind))
    }
}

/// The kind, where several names stand for one.
fn kind(placeholder: &Placeholder) -> &str {
    match placeholder.kind.as_str() {
        "ctrTitle" => "title",
        "" | "obj" | "subTitle" => "body",
        kind => kind,
    }
}

/// The layouts that were read, by part.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    by_part: HashMap<String, Layout>,
    none: Layout,
}

impl Layouts {
    /// The layout of the slide with these relationships.
    pub(super) fn of(
        &mut self,
        package: &mut Package,
        relationships: &Relationships,
    ) -> Result<&Layout, Skip> {
        let Some(part) = relationships.first("slideLayout") else { return Ok(&self.none) };
        if !self.by_part.contains_key(part) {
            let source = optional(package.read_text(part))?.unwrap_or_default();
            let of_layout = Relationships::of(package, part)?;
            let master = of_layout.text(package, "slideMaster")?.unwrap_or_default();
            let layout = Layout { models: read_models(&source), master: read_models(&master) };
            self.by_part.insert(part.to_owned(), layout);
        }
        Ok(self.by_part.get(part).unwrap_or(&self.none))
    }
}

fn read_models(source: &str) -> Vec<Model> {
    let mut xml = Xml::new(source);
    let mut models: Vec<Model> = Vec::new();
    let mut is_first_level = false;
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        if tag.name() == "sp" {
            models.push(Model::default());
        }
        let Some(model) = models.last_mut() else { continue };
        match tag.name() {
            "ph" => {
                model.placeholder = Placeholder {
                    kind: tag.attr("type").unwrap_or_default(),
                    index: tag.attr("idx").unwrap_or_default(),
                }
            }
            "off" if model.at.is_none() => model.at = tag.number("x").zip(tag.number("y")),
            "lvl1pPr" => is_first_level = true,
            "lvl2pPr" | "txBody" => is_first_level = false,
            "buNone" if is_first_level => model.has_bullets = Some(false),
            "buChar" | "buAutoNum" if is_first_level => model.has_bullets = Some(true),
            // What follows are styles for shapes that are no placeholders.
            "txStyles" => xml.skip(),
            _ => {}
        }
    }
    models.retain(|model| model.placeholder != Placeholder::default() || model.at.is_some());
    models
}
