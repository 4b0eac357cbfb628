//! Word documents (`.docx`, `.docm`, `.dotx`), by ECMA-376 part 1, section 17, transitional or strict.
//!
//! Places: none. Where pages end is up to the program that lays the text out, so a Word document is cited by its headings.
//! Not here: pictures and what they are called; tables of contents, which say again what the headings say; embedded documents.

mod numbering;
mod paragraph;
mod styles;
mod symbol;
mod walk;

use std::collections::{HashMap, HashSet};

use corpus::{Document, Format};
use extract::Skip;
use package::{Package, Properties, Relationships, main_part, optional};

use crate::figure;
use crate::flow::Block;
use numbering::Numbering;
use styles::Styles;
use walk::{Notes, Story, Walk, running_parts};

/// Charts and diagrams beyond this number are data, not figures.
const MAX_FIGURES: usize = 200;

pub(crate) fn read(package: &mut Package) -> Result<Document, Skip> {
    let properties = Properties::of_ooxml(package)?;
    let main = main_part(package, "word/document.xml")?;
    let source = package.read_text(&main)?.ok_or_else(|| Skip::damaged(format!("{main} is missing")))?;
    let relationships = Relationships::of(package, &main)?;
    let styles =
        relationships.text(package, "styles")?.map(|source| Styles::read(&source)).unwrap_or_default();
    let numbering = relationships.text(package, "numbering")?;
    let numbering = numbering.map(|source| Numbering::read(&source, |style| styles.get(style).list));
    let mut numbering = numbering.unwrap_or_default();
    let notes = Notes {
        footnotes: stories(package, &relationships, "footnotes", &styles)?,
        endnotes: stories(package, &relationships, "endnotes", &styles)?,
        comments: stories(package, &relationships, "comments", &styles)?,
    };
    let mut walk = Walk::new(&styles, &mut numbering, notes);
    walk.figures = figures(package, &relationships)?;
    let problem = walk.part(&source);
    drop(source);
    let references = std::mem::take(&mut walk.references);
    for part in running_parts(&references, &relationships) {
        if let Some(source) = optional(package.read_text(&part))? {
            walk.part(&source);
        }
    }
    let title = properties.title.or_else(|| walk.title.take());
    let (stories, flow) = (walk.stories, walk.flow);
    let mut build = flow.finish();
    if build.is_empty()
        && let Some(why) = problem
    {
        return Err(Skip::damaged(format!("in {main}, {why}")));
    }
    let mut told = HashSet::new();
    for words in stories.iter().map(|story| story.words.trim()) {
        if !words.is_empty() && told.insert(words) {
            build.paragraph(words);
        }
    }
    let mut document = build.finish(Format::Docx, title, properties.metadata)?;
    crate::title_from_headings(&mut document);
    Ok(document)
}

/// The notes in one part, by id.
fn stories(
    package: &mut Package,
    relationships: &Relationships,
    kind: &str,
    styles: &Styles,
) -> Result<HashMap<String, Story>, Skip> {
    let Some(source) = relationships.text(package, kind)? else { return Ok(HashMap::new()) };
    let mut numbering = Numbering::default();
    let mut walk = Walk::new(styles, &mut numbering, Notes::default());
    walk.part(&source);
    Ok(walk.stories.into_iter().map(|story| (story.id.clone(), story)).collect())
}

/// What the charts and diagrams say, by the ids the text refers to them with.
fn figures(
    package: &mut Package,
    relationships: &Relationships,
) -> Result<HashMap<String, Vec<Block>>, Skip> {
    let mut figures = HashMap::new();
    for (id, found) in relationships.iter() {
        if figures.len() < MAX_FIGURES && figure::is_figure(&found.kind) {
            figures.insert(id.to_owned(), figure::read(package, found)?);
        }
    }
    Ok(figures)
}
