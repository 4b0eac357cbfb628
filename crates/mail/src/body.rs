//! The body of a message: which of its versions is read, and its lines.
//!
//! Invariant: plain text keeps its lines, replies and signature; HTML goes through the reader of pages.

use corpus::{Document, Format};
use extract::Builder;

/// How many times the words of the plain version the HTML may have before the plain one is a mere stub of it ("This message is in HTML").
const STUB_RATIO: usize = 4;

/// Text of a message in one of its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Lines of text.
    Plain(String),
    /// A page.
    Html(String),
}

/// Which of the two versions of a body to read.
pub(crate) fn choose(plain: String, html: String) -> Option<Body> {
    let has_words = |text: &str| !text.trim().is_empty();
    match (has_words(&plain), has_words(&html)) {
        (true, false) => Some(Body::Plain(plain)),
        (false, true) => Some(Body::Html(html)),
        (false, false) => None,
        (true, true) => {
            let n_words = |text: &str| text.split_whitespace().count();
            let rendered = page(&html).map_or(0, |document| n_words(&document.text));
            let is_stub = n_words(&plain).saturating_mul(STUB_RATIO) < rendered;
            Some(if is_stub { Body::Html(html) } else { Body::Plain(plain) })
        }
    }
}

impl Body {
    /// Writes it into a document; headings get levels below `level`.
    pub(crate) fn write(&self, build: &mut Builder, level: u8) {
        match self {
            Self::Plain(text) if is_page(text) => write_page(text, build, level),
            Self::Plain(text) => build.verbatim(&spaced(&without_armor(text))),
            Self::Html(html) => write_page(html, build, level),
        }
    }
}

fn write_page(html: &str, build: &mut Builder, level: u8) {
    let Some(document) = page(html) else { return };
    let mut at = 0;
    for heading in &document.headings {
        let (start, end) = (heading.span.start as usize, heading.span.end as usize);
        build.verbatim(document.text.get(at..start).unwrap_or_default());
        build.heading(heading.level.saturating_add(level).min(6), &heading.text);
        at = end;
    }
    build.verbatim(document.text.get(at..).unwrap_or_default());
}

fn page(html: &str) -> Option<Document> {
    extract::read(Format::Html, html.as_bytes().to_vec()).ok()
}

/// Text with one blank line where there are several, which is what pages turned to text have.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut n_blank = 0;
    for line in text.lines() {
        n_blank = if line.trim().is_empty() { n_blank + 1 } else { 0 };
        if n_blank <= 1 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Some programs send a page as plain text.
fn is_page(text: &str) -> bool {
    let begins =
        |tag: &str| text.trim_start().get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    begins("<!doctype html") || begins("<html")
}

/// Text without what is encrypted in it (RFC 9580, section 6.2).
fn without_armor(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN PGP MESSAGE-----";
    const END: &str = "-----END PGP MESSAGE-----";
    let Some((before, sealed)) = text.split_once(BEGIN) else { return text.to_owned() };
    let after = sealed.split_once(END).map_or("", |(_, after)| after);
    format!("{before}{after}")
}

/// Joins the lines that the sender's program broke (RFC 3676): one that ends in a space goes on in the next of the same depth of quotation.
pub(crate) fn unflowed(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let words = line.trim_start_matches('>');
        let depth = line.len() - words.len();
        // A space is stuffed in before what would otherwise look like a quotation or the `From ` of a mailbox.
        let words = words.strip_prefix(' ').unwrap_or(words);
        let is_signature = words == "-- ";
        if open != Some(depth) || is_signature {
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let flows = words.ends_with(' ') && !is_signature;
        out.push_str(if flows && delete_space { words.strip_suffix(' ').unwrap_or(words) } else { words });
        open = flows.then_some(depth);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_with_the_words_is_read() {
        let html = "<p>One two three four five six seven eight nine ten</p>";
        let check = |plain: &str, html: &str, is_html: Option<bool>| {
            let body = choose(plain.to_owned(), html.to_owned());
            assert_eq!(body.map(|body| matches!(body, Body::Html(_))), is_html, "{plain}");
        };
        check("", html, Some(true));
        check("See HTML.", html, Some(true));
        check("One two three four", html, Some(false));
        check("Words", " ", Some(false));
        check(" \n", "", None);
    }

    #[test]
    fn flowed_lines_are_joined() {
        for (text, joined) in [
            ("The tide \nturns at \nnoon.\nWe wait.", "The tide turns at noon.\nWe wait."),
            ("> quoted \n> words\nmine \nhere", "> quoted words\nmine here"),
            ("> a \n>> b\n", "> a \n>> b"),
            ("text \n-- \nAda", "text \n-- \nAda"),
            (" >not quoted\n From here", ">not quoted\nFrom here"),
        ] {
            assert_eq!(unflowed(text, false), joined);
        }
        assert_eq!(unflowed("sea \nsons", true), "seasons");
    }

    #[test]
    fn what_is_encrypted_is_no_text() {
        let text = "See below.\n-----BEGIN PGP MESSAGE-----\nhIwDY32h\n-----END PGP MESSAGE-----\nAda";
        assert_eq!(without_armor(text), "See below.\n\nAda");
    }

    #[test]
    fn pages_keep_their_headings() {
        let mut build = Builder::new();
        Body::Html("<h1>Tides</h1><p>Twice a day.</p><h2>Ebb</h2>Out.".to_owned()).write(&mut build, 1);
        let document = build.finish(corpus::Format::Email, None, corpus::Metadata::default()).unwrap();
        assert_eq!(document.text, "Tides\n\nTwice a day.\n\nEbb\n\nOut.\n");
        assert_eq!(document.headings.iter().map(|heading| heading.level).collect::<Vec<_>>(), [2, 3]);
    }
}
