//! The one entry: bytes in, document or reason out.

use corpus::{DocPath, Document, Format};

use crate::detect::{HEAD_BYTES, detect_format};
use crate::encoding::decode;
use crate::{Skip, delimited, html, markdown, markup, notebook, title, xml};

/// The most bytes of one file: their text, at three bytes a character, still has 32-bit offsets.
const MAX_BYTES: usize = 1 << 30;

/// How one format is read. It gets the raw bytes, since not every format is text underneath.
type Reader = fn(Vec<u8>, Format) -> Result<Document, Skip>;

/// Turns the bytes of one file into text with structure. The path only tells the format; nothing is opened.
///
/// An empty file is an empty document. Takes time linear in the number of bytes.
///
/// # Errors
/// [`Skip::NoParser`] for a format that is read in a process of its own ([`Format::is_fenced`]): the crates that depend on this one have
/// those parsers. Any other [`Skip`] when the file has no text that can be read; the reason is meant to be recorded beside the path.
pub fn extract(path: &DocPath, bytes: Vec<u8>) -> Result<Document, Skip> {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let format = detect_format(path, head)?;
    read(format, bytes)
}

/// As [`extract`], of a file whose format is known.
///
/// # Errors
/// As [`extract`].
pub fn read(format: Format, bytes: Vec<u8>) -> Result<Document, Skip> {
    if format.is_fenced() {
        return Err(Skip::NoParser);
    }
    if bytes.len() > MAX_BYTES {
        return Err(Skip::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
    }
    reader(format)(bytes, format)
}

fn reader(format: Format) -> Reader {
    match format {
        Format::Markdown => markdown::read,
        Format::Html => html::read,
        Format::Rst | Format::AsciiDoc | Format::Org | Format::Latex => markup::read,
        Format::Xml => xml::read,
        Format::Notebook => notebook::read,
        Format::Csv => delimited::read,
        Format::Json => |bytes, format| with_title(bytes, format, title::of_json),
        Format::Yaml => |bytes, format| with_title(bytes, format, title::of_yaml),
        Format::Toml => |bytes, format| with_title(bytes, format, title::of_toml),
        _ => |bytes, format| with_title(bytes, format, |_| None),
    }
}

fn with_title(bytes: Vec<u8>, format: Format, title: fn(&str) -> Option<String>) -> Result<Document, Skip> {
    let (text, encoding) = decode(bytes, None)?;
    let title = title(&text);
    Ok(Document { title, encoding, ..Document::plain(text, format) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATHS: [&str; 20] = [
        "a", "a.txt", "a.md", "a.html", "a.rs", "a.py", "a.csv", "a.json", "a.jsonl", "a.yaml", "a.toml",
        "a.h", "a.zz", "Makefile", "a.rst", "a.adoc", "a.org", "a.tex", "a.ipynb", "a.rss",
    ];

    fn paths() -> impl Strategy<Value = DocPath> {
        prop_oneof![
            prop::sample::select(&PATHS[..]).prop_map(str::to_owned),
            "[a-zA-Z.]{1,8}(/[a-zA-Z.ü]{1,8})?(\\.[a-z]{1,5})?",
        ]
        .prop_filter_map("not a path", |path| DocPath::new(&path).ok())
    }

    /// Pieces of the syntaxes that are parsed, so that random text reaches deep into the parsers.
    fn markup() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "# ",
            "## x",
            "\n",
            "\r\n",
            "---\n",
            "+++\n",
            "===\n",
            "```",
            "~~~~\n",
            "    ",
            "- ",
            "> ",
            "title: a\n",
            "[a](b)",
            "`c`",
            "*",
            "_",
            "{#id}",
            "\\",
            "<",
            ">",
            "</",
            "<p>",
            "</p>",
            "<div hidden>",
            "</div>",
            "<li>",
            "<ul>",
            "</ul>",
            "<table>",
            "<tr>",
            "<td>",
            "</table>",
            "<h1>",
            "</h1>",
            "<pre>",
            "</pre>",
            "<main>",
            "</main>",
            "<nav>",
            "</nav>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "&amp;",
            "&#x41;",
            "&",
            "=\"",
            "'",
            " a ",
            "é",
            "中。",
            "\u{feff}",
            "\u{a0}",
            "{\"title\":",
            "\"x\"",
            "}",
            "[",
            ",",
            "name = 'x'\n",
            "<br>",
            "<title>",
            "</title>",
            "== ",
            "--\n",
            "* ",
            "\\section{",
            "\\begin{verbatim}",
            "%",
            "[[",
            "]]",
            "<row>",
            "<entry>",
            "<section>",
            "<![CDATA[",
            "]]>",
            ";",
            "{\"cells\":[{\"source\":\"# a\"}]}",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    fn well_formed(document: &Document) -> Result<(), TestCaseError> {
        let mut last = 0;
        for heading in &document.headings {
            let line = heading.span.of(&document.text);
            prop_assert!(line.is_some_and(|line| !line.is_empty()), "{heading:?}");
            prop_assert!(heading.span.start >= last && (1..=6).contains(&heading.level), "{heading:?}");
            last = heading.span.end;
        }
        let in_order = |spans: Vec<corpus::Span>| spans.is_sorted_by(|a, b| a.end <= b.start);
        prop_assert!(in_order(document.anchors.iter().map(|anchor| anchor.span).collect()));
        prop_assert!(document.anchors.iter().all(|anchor| anchor.span.of(&document.text).is_some()));
        prop_assert!(document.tables.iter().all(|table| table.span.of(&document.text).is_some()));
        prop_assert!(document.title.as_ref().is_none_or(|title| !title.trim().is_empty()));
        Ok(())
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_document_or_a_reason(path in paths(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            match extract(&path, bytes) {
                Ok(document) => well_formed(&document)?,
                Err(reason) => prop_assert!(!reason.to_string().is_empty()),
            }
        }

        #[test]
        fn any_markup_gives_sound_headings(path in paths(), text in markup()) {
            if let Ok(document) = extract(&path, text.clone().into_bytes()) {
                well_formed(&document)?;
                prop_assert_eq!(document.encoding, "UTF-8");
                if !matches!(document.format, Format::Html | Format::Xml | Format::Notebook) {
                    prop_assert_eq!(document.text, text);
                }
            }
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_document() {
        for path in PATHS {
            let document = extract(&DocPath::new(path).unwrap(), Vec::new()).unwrap();
            assert_eq!(
                (document.text.as_str(), document.headings.len(), document.title),
                ("", 0, None),
                "{path}"
            );
        }
    }
}
