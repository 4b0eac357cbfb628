//! PowerPoint 97 to 2003 ([MS-PPT]): records in records, of which a directory says which are the current ones.
//!
//! A slide is its title, its other text from top to bottom, and the notes to it.
//!
//! Invariant: records are gone through with a stack of bounded depth, and each byte of them at most [`MAX_PASSES`] times.

mod drawing;
mod persist;
mod record;

use std::collections::HashMap;

use corpus::{Document, Format, Place, Unit};
use extract::{Builder, Skip};

use crate::bytes::u32_at;
use crate::compound::Compound;
use crate::properties::summary;
use drawing::{Shape, shapes};
use persist::Directory;
use record::{Record, Records};

/// More slides than this has no presentation.
const MAX_SLIDES: usize = 20_000;
/// Slides lie one after the other; those that lie in each other are not real.
const MAX_PASSES: usize = 4;

/// A slide or a page of notes, as the list of them names it.
#[derive(Debug)]
struct Listed<'a> {
    /// The number that notes and slides name each other by.
    id: u32,
    /// The texts that are kept in the list and not on the slide: kind and words.
    texts: Vec<(u32, String)>,
    record: Option<Record<'a>>,
}

/// Reads a presentation.
pub(crate) fn read(bytes: &[u8]) -> Result<Document, Skip> {
    let file = Compound::open(bytes)?;
    let Some(stream) = file.stream("PowerPoint Document") else {
        return Err(Skip::damaged("there is no presentation in it"));
    };
    let directory = Directory::new(&stream, &file.stream("Current User").unwrap_or_default())?;
    let (mut slides, mut notes) = (Vec::new(), Vec::new());
    if let Some(document) = directory.document(&stream) {
        for list in Records::new(document.data).filter(|record| record.kind == record::SLIDE_LIST) {
            match list.instance {
                0 => slides.extend(listed(list.data, &stream, &directory)),
                2 => notes.extend(listed(list.data, &stream, &directory)),
                _ => {}
            }
        }
    }
    if slides.is_empty() {
        // Without the list, slides are taken as they come.
        let found = Records::new(&stream).filter(|record| record.kind == record::SLIDE).take(MAX_SLIDES);
        slides.extend(found.map(|record| Listed { id: 0, texts: Vec::new(), record: Some(record) }));
    }
    let notes: HashMap<u32, Listed<'_>> =
        notes.into_iter().filter_map(|page| Some((noted_slide(page.record.as_ref()?)?, page))).collect();
    let mut build = Builder::new();
    let mut title = None;
    let mut effort = stream.len().saturating_mul(MAX_PASSES);
    for (i, slide) in slides.iter().enumerate() {
        let page = notes.get(&slide.id);
        let records = [Some(slide), page].into_iter().flatten().filter_map(|listed| listed.record);
        let bytes = records.map(|record| record.data.len() + 100).sum();
        let Some(left) = effort.checked_sub(bytes).filter(|_| !build.is_full()) else {
            return Err(Skip::too_much("slides that are made of the same bytes"));
        };
        effort = left;
        let name = write(&mut build, i as u32 + 1, slide, page);
        title = title.or(name);
    }
    if build.is_empty() {
        return Err(Skip::NoText { why: format!("there are no words on its slides ({})", slides.len()) });
    }
    let (own_title, mut metadata) = summary(&file);
    metadata.pages = Some(slides.len() as u32);
    // What PowerPoint writes when nobody named it.
    let own_title = own_title.filter(|title| !title.starts_with("PowerPoint ") && title != "Slide 1");
    build.finish(Format::Ppt, own_title.or(title), metadata)
}

/// The entries of a list of slides or notes.
fn listed<'a>(list: &[u8], stream: &'a [u8], directory: &Directory) -> Vec<Listed<'a>> {
    let mut slides: Vec<Listed<'a>> = Vec::new();
    for record in Records::new(list) {
        match record.kind {
            record::SLIDE_PERSIST if slides.len() < MAX_SLIDES => {
                let object = u32_at(record.data, 0).unwrap_or(0);
                slides.push(Listed {
                    id: u32_at(record.data, 12).unwrap_or(0),
                    texts: Vec::new(),
                    record: directory.get(stream, object),
                });
            }
            // A text may be empty, and is counted none the less.
            record::TEXT_HEADER => {
                if let (Some(slide), Some(kind)) = (slides.last_mut(), u32_at(record.data, 0)) {
                    slide.texts.push((kind, String::new()));
                }
            }
            record::TEXT_CHARS | record::TEXT_BYTES => {
                if let Some((_, text)) = slides.last_mut().and_then(|slide| slide.texts.last_mut()) {
                    text.push_str(&record.words());
                }
            }
            _ => {}
        }
    }
    slides
}

/// The slide that a page of notes is for.
fn noted_slide(notes: &Record<'_>) -> Option<u32> {
    let about = Records::new(notes.data).find(|record| record.kind == record::NOTES_ABOUT)?;
    u32_at(about.data, 0).filter(|&slide| slide != 0)
}

/// Writes a slide, and gives its title.
fn write(build: &mut Builder, number: u32, slide: &Listed<'_>, notes: Option<&Listed<'_>>) -> Option<String> {
    let mut found = slide.record.as_ref().map(|record| shapes(record.data, &slide.texts)).unwrap_or_default();
    if found.is_empty() {
        found = slide.texts.iter().map(|(kind, words)| Shape::text(*kind, words.clone())).collect();
    }
    let title = found.iter().position(|shape| shape.is_title()).map(|at| found.remove(at).words);
    let title = title.map(|title| title.replace(['\r', '\u{b}'], " ").trim().to_owned());
    let title = title.filter(|title| !title.is_empty());
    build.place(Place::one(Unit::Slide, number, title.clone()));
    if let Some(title) = &title {
        build.heading(1, title);
    }
    for shape in &found {
        paragraphs(build, &shape.words);
    }
    let notes = notes.map(|page| match &page.record {
        Some(record) => shapes(record.data, &page.texts),
        None => Vec::new(),
    });
    let words: Vec<_> = notes.into_iter().flatten().filter(Shape::is_note).map(|shape| shape.words).collect();
    if words.iter().any(|words| !words.trim().is_empty()) {
        build.heading(2, "Notes");
        for words in &words {
            paragraphs(build, words);
        }
    }
    build.end_place();
    title
}

fn paragraphs(build: &mut Builder, words: &str) {
    build.begin_block();
    for line in words.split('\r') {
        build.line(&line.replace('\u{b}', " "));
    }
}
