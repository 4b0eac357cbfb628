//! PowerPoint presentations (`.pptx`, `.pptm`, `.ppsx`), by ECMA-376 part 1, sections 19 and 21.
//!
//! Places: slides, numbered as they are shown and named by their titles; hidden ones count and are read.
//! Not here: what master slides show on every slide; pictures; sound.

mod comments;
mod layout;
mod slide;

use std::collections::HashMap;

use corpus::{Document, Format};
use extract::Skip;
use package::{Node, Package, Properties, Relationships, Xml, main_part, optional};

use crate::figure;
use crate::flow::{Block, Flow};
use comments::Authors;
use layout::Layouts;

pub(crate) fn read(package: &mut Package) -> Result<Document, Skip> {
    let properties = Properties::of_ooxml(package)?;
    let main = main_part(package, "ppt/presentation.xml")?;
    let relationships = Relationships::of(package, &main)?;
    let source = optional(package.read_text(&main))?.unwrap_or_default();
    let mut slides = slides_in_order(&source, &relationships);
    if slides.is_empty() {
        slides = slides_by_name(package);
    }
    if slides.is_empty() {
        return Err(match source.is_empty() {
            true => Skip::damaged(format!("{main} is missing")),
            false => Skip::NoText { why: "it has no slides".to_owned() },
        });
    }
    let authors = Authors::read(package, &relationships)?;
    let mut layouts = Layouts::default();
    let mut flow = Flow::new();
    let mut problem = None;
    for (i, part) in slides.iter().enumerate() {
        let number = u32::try_from(i + 1).unwrap_or(u32::MAX);
        match read_slide(package, part, &mut layouts, &authors) {
            Ok(slide) => slide.tell(number, &mut flow),
            Err(reason @ (Skip::Damaged { .. } | Skip::Unsupported { .. })) => problem = Some(reason),
            Err(reason) => return Err(reason),
        }
        if flow.is_full() {
            break;
        }
    }
    let build = flow.finish();
    match problem {
        Some(reason) if build.is_empty() => return Err(reason),
        _ => {}
    }
    let mut metadata = properties.metadata;
    metadata.pages = u32::try_from(slides.len()).ok();
    let mut document = build.finish(Format::Pptx, properties.title, metadata)?;
    crate::title_from_headings(&mut document);
    Ok(document)
}

fn read_slide(
    package: &mut Package,
    part: &str,
    layouts: &mut Layouts,
    authors: &Authors,
) -> Result<crate::slides::Slide, Skip> {
    let source = package.read_text(part)?.ok_or_else(|| Skip::damaged(format!("{part} is missing")))?;
    let relationships = Relationships::of(package, part)?;
    let mut figures: HashMap<String, Vec<Block>> = HashMap::new();
    for (id, found) in relationships.iter().filter(|(_, found)| figure::is_figure(&found.kind)) {
        figures.insert(id.to_owned(), figure::read(package, found)?);
    }
    let layout = layouts.of(package, &relationships)?;
    let (mut slide, problem) = slide::read(&source, layout, figures);
    if let Some(notes) = relationships.text(package, "notesSlide")? {
        slide.notes = slide::read_notes(&notes);
    }
    slide.comments = authors.comments(package, &relationships)?;
    match problem {
        Some(why) if slide.shapes.is_empty() => Err(Skip::damaged(format!("in {part}, {why}"))),
        _ => Ok(slide),
    }
}

/// The slides as the presentation lists them.
fn slides_in_order(source: &str, relationships: &Relationships) -> Vec<String> {
    let mut xml = Xml::new(source);
    let mut slides = Vec::new();
    while let Some(node) = xml.next() {
        if let Node::Open(tag) = node
            && tag.name() == "sldId"
            && let Some(slide) = tag.prefixed_attr("id").and_then(|id| relationships.part(&id))
        {
            slides.push(slide.part.clone());
        }
    }
    slides
}

/// The slides by the numbers in their names, for a presentation whose list is lost.
fn slides_by_name(package: &Package) -> Vec<String> {
    let number =
        |name: &str| name.strip_prefix("ppt/slides/slide")?.strip_suffix(".xml")?.parse::<u32>().ok();
    let mut slides: Vec<(u32, String)> =
        package.names().filter_map(|name| Some((number(name)?, name.to_owned()))).collect();
    slides.sort();
    slides.into_iter().map(|(_, name)| name).collect()
}
