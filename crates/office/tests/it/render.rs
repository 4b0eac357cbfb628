//! A document in one text, with its structure shown: `#` before headings, `=` before the header of a table, `@` before each place.

use corpus::Document;

pub(crate) fn render(document: &Document) -> String {
    let mut out = format!("title: {}\n", document.title.as_deref().unwrap_or("-"));
    let metadata = &document.metadata;
    out.push_str(&format!("by: {}; about: {}\n", metadata.authors.join(", "), metadata.keywords.join(", ")));
    out.push_str(&body(document));
    out
}

pub(crate) fn body(document: &Document) -> String {
    let mut out = String::new();
    let mut at = 0;
    for line in document.text.split_inclusive('\n') {
        if let Some(anchor) = document.anchors.iter().find(|anchor| anchor.span.start == at) {
            out.push_str(&format!("@ {}\n", anchor.place.label()));
        }
        if let Some(heading) = document.headings.iter().find(|heading| heading.span.start == at) {
            assert_eq!(heading.span.of(&document.text), Some(line.trim_end()), "a heading is a line");
            out.push_str(&"#".repeat(heading.level.into()));
            out.push(' ');
        }
        let next = at + line.len() as u32;
        if document.tables.iter().any(|table| table.span.start == next && table.header == line.trim_end()) {
            out.push_str("= ");
        }
        out.push_str(line);
        at = next;
    }
    out
}
