//! What a package says of itself: Dublin Core in `docProps/core.xml` (OOXML) or `meta.xml` (OpenDocument).

use corpus::Metadata;

use crate::xml::{Node, Xml};

/// More keywords than this are a text.
const MAX_KEYWORDS: usize = 64;

/// Title and metadata of a package's properties.
pub(crate) fn read(text: &str) -> (Option<String>, Metadata) {
    let (mut title, mut metadata) = (None, Metadata::default());
    let mut xml = Xml::new(text);
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        let name = tag.name().to_owned();
        if matches!(
            name.as_str(),
            "title"
                | "subject"
                | "creator"
                | "initial-creator"
                | "keywords"
                | "keyword"
                | "category"
                | "created"
                | "creation-date"
                | "modified"
                | "date"
        ) {
            let words = xml.words_in(&[]);
            take(&name, words.trim(), &mut title, &mut metadata);
        }
    }
    (title, metadata)
}

fn take(name: &str, words: &str, title: &mut Option<String>, metadata: &mut Metadata) {
    if words.is_empty() {
        return;
    }
    match name {
        "title" => *title = Some(words.to_owned()),
        // OpenDocument's `creator` is who changed it last, which counts if nobody else is named.
        "initial-creator" => metadata.authors = vec![words.to_owned()],
        "creator" if metadata.authors.is_empty() => metadata.authors.push(words.to_owned()),
        "subject" | "keywords" | "keyword" | "category" => {
            let words = words.split([',', ';']).map(str::trim).filter(|word| !word.is_empty());
            let room = MAX_KEYWORDS.saturating_sub(metadata.keywords.len());
            metadata.keywords.extend(words.take(room).map(str::to_owned));
        }
        "created" | "creation-date" => metadata.created_ms = time(words),
        "modified" | "date" => metadata.modified_ms = time(words),
        _ => {}
    }
}

/// A date and time of ISO 8601; UTC where no zone is named.
fn time(words: &str) -> Option<i64> {
    if let Ok(time) = words.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let civil: jiff::civil::DateTime = words.parse().ok()?;
    Some(jiff::tz::Offset::UTC.to_timestamp(civil).ok()?.as_millisecond())
}
