//! Jupyter notebooks (nbformat 3 and 4): the cells in order, each a place of its own.
//!
//! Invariant: the source of a cell is in the text word for word; of each output the first lines.
//! Not here: pictures, pages and widgets among the outputs.

use corpus::{Anchor, Document, Format, Heading, Metadata, Place, Span, Unit};
use serde_json::Value;

use crate::encoding::decode;
use crate::{MAX_TEXT_BYTES, Skip, add_authors, markdown, title};

/// How much of an output is text worth finding; the rest repeats it.
const OUTPUT_LINES: usize = 50;
const OUTPUT_BYTES: usize = 8 << 10;

/// Reads a notebook. One that is no JSON, or has no cells, is read as the text it is.
pub(crate) fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let (source, encoding) = decode(bytes, None)?;
    let Some(notebook) = serde_json::from_str::<Value>(source.trim_start_matches('\u{feff}'))
        .ok()
        .filter(|value| cells(value).next().is_some())
    else {
        return Ok(Document { encoding, ..Document::plain(source, format) });
    };
    drop(source);
    let mut page = Page::default();
    for (n, cell) in (1..).zip(cells(&notebook)) {
        page.cell(n, cell);
    }
    if page.text.len() > MAX_TEXT_BYTES {
        return Err(Skip::too_much(format!("more than {} MiB of text", MAX_TEXT_BYTES >> 20)));
    }
    let Page { text, headings, anchors } = page;
    let about = &notebook["metadata"];
    let named = about["title"].as_str().or_else(|| about["name"].as_str()).and_then(title::tidy);
    let first = || headings.iter().find(|heading| heading.level == 1).or(headings.first());
    let title = named.or_else(|| first().and_then(|heading| title::tidy(&heading.text)));
    let metadata = about_of(about);
    Ok(Document { title, headings, anchors, metadata, encoding, ..Document::plain(text, format) })
}

/// The cells; nbformat 3 keeps them in work sheets.
fn cells(notebook: &Value) -> impl Iterator<Item = &Value> {
    list(&notebook["cells"])
        .iter()
        .chain(list(&notebook["worksheets"]).iter().flat_map(|sheet| list(&sheet["cells"])))
}

/// What an array holds; nothing for anything else.
fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn about_of(about: &Value) -> Metadata {
    let mut metadata = Metadata::default();
    let names =
        list(&about["authors"]).iter().filter_map(|author| author["name"].as_str().or(author.as_str()));
    names.for_each(|name| add_authors(&mut metadata, name));
    metadata
}

#[derive(Default)]
struct Page {
    text: String,
    headings: Vec<Heading>,
    anchors: Vec<Anchor>,
}

impl Page {
    fn cell(&mut self, n: u32, cell: &Value) {
        let kind = cell["cell_type"].as_str().unwrap_or("raw");
        let source = text_of(if cell["source"].is_null() { &cell["input"] } else { &cell["source"] });
        let begin = self.text.len() + self.gap().len();
        match kind {
            "heading" => {
                // nbformat 3 has the level beside the words.
                let level = cell["level"].as_u64().unwrap_or(1).clamp(1, 6) as u8;
                let (start, end) = self.block(&source);
                if let Some(text) = title::tidy(&source) {
                    self.headings.push(Heading { span: Span::new(start, end), level, text });
                }
            }
            "markdown" => {
                let (start, end) = self.block(&source);
                let headings = markdown::headings_at(&self.text[start..end], start);
                self.headings.extend(headings);
            }
            _ => {
                self.block(&source);
            }
        }
        for output in list(&cell["outputs"]) {
            self.output(output);
        }
        if begin < self.text.len() {
            let kind = if kind == "heading" { "markdown" } else { kind };
            let place = Place::one(Unit::Cell, n, Some(kind.to_owned()));
            self.anchors.push(Anchor { span: Span::new(begin, self.text.len()), place });
        }
    }

    fn output(&mut self, output: &Value) {
        let text = match output["output_type"].as_str() {
            Some("error" | "pyerr") => {
                let (name, value) = (
                    output["ename"].as_str().unwrap_or_default(),
                    output["evalue"].as_str().unwrap_or_default(),
                );
                format!("{name}: {value}")
            }
            _ => {
                let data = &output["data"]["text/plain"];
                text_of(if data.is_null() { &output["text"] } else { data })
            }
        };
        self.block(beginning(&without_escapes(&text)));
    }

    /// What parts the next block from what there is.
    fn gap(&self) -> &'static str {
        if self.text.is_empty() { "" } else { "\n" }
    }

    /// Appends a block, and says where it stands without the line break at its end.
    fn block(&mut self, block: &str) -> (usize, usize) {
        let block = block.trim_end().trim_start_matches(['\n', '\r']);
        if block.is_empty() || self.text.len() > MAX_TEXT_BYTES {
            return (self.text.len(), self.text.len());
        }
        self.text.push_str(self.gap());
        let start = self.text.len();
        self.text.push_str(block);
        let end = self.text.len();
        self.text.push('\n');
        (start, end)
    }
}

/// A text that stands as one string or as a list of lines.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn beginning(text: &str) -> &str {
    let end = text.split_inclusive('\n').take(OUTPUT_LINES).map(str::len).sum::<usize>();
    &text[..text.floor_char_boundary(end.min(OUTPUT_BYTES))]
}

/// Text without the codes by which terminals colour it (ECMA-48, section 5.4) and other characters that are not seen.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => {
                let mut codes = rest.clone();
                if codes.next() == Some('[') {
                    rest = codes;
                    // A sequence ends in its first letter.
                    let _last = rest.by_ref().find(|c| ('\x40'..='\x7e').contains(c));
                }
            }
            // A bar of progress draws itself over and over.
            '\r' => {}
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_kind_and_index() {
        let source = r##"{"cells": [
            {"cell_type": "markdown", "source": ["# Tide *tables*\n", "\n", "Twice a day."]},
            {"cell_type": "code", "source": "print(1)\n", "outputs": [
                {"output_type": "stream", "text": ["\u001b[31m1\u001b[0m\n"]},
                {"output_type": "execute_result", "data": {"text/plain": "2", "text/html": "<b>2</b>", "image/png": "iVBO"}},
                {"output_type": "error", "ename": "ValueError", "evalue": "no tide", "traceback": ["x"]}]},
            {"cell_type": "code", "source": []},
            {"cell_type": "raw", "source": "end"}],
            "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4}"##;
        let document = read(source.as_bytes().to_vec(), Format::Notebook).unwrap();
        assert_eq!(
            document.text,
            "# Tide *tables*\n\nTwice a day.\n\nprint(1)\n\n1\n\n2\n\nValueError: no tide\n\nend\n"
        );
        let places: Vec<_> = document.anchors.iter().map(|anchor| anchor.place.label()).collect();
        assert_eq!(places, ["cell 1 (markdown)", "cell 2 (code)", "cell 4 (raw)"]);
        assert_eq!(
            document.anchors[1].span.of(&document.text),
            Some("print(1)\n\n1\n\n2\n\nValueError: no tide\n")
        );
        let heading = &document.headings[0];
        assert_eq!(
            (heading.span.of(&document.text), heading.text.as_str()),
            (Some("# Tide *tables*"), "Tide tables")
        );
        assert_eq!(document.title.as_deref(), Some("Tide tables"));
    }

    #[test]
    fn the_older_format() {
        let source = r#"{"metadata": {"name": "Mill"}, "nbformat": 3, "worksheets": [{"cells": [
            {"cell_type": "heading", "level": 2, "source": ["Tides"]},
            {"cell_type": "code", "input": "1+1", "outputs": [{"output_type": "pyout", "text": "2"}]}]}]}"#;
        let document = read(source.as_bytes().to_vec(), Format::Notebook).unwrap();
        assert_eq!(
            (document.text.as_str(), document.title.as_deref()),
            ("Tides\n\n1+1\n\n2\n", Some("Mill"))
        );
        assert_eq!(document.headings[0].level, 2);
    }

    #[test]
    fn what_is_no_notebook_is_text() {
        for source in ["", "{}", "not json", "{\"cells\": 3}", "[1]"] {
            let document = read(source.as_bytes().to_vec(), Format::Notebook).unwrap();
            assert_eq!((document.text.as_str(), document.anchors.len()), (source, 0));
        }
    }

    #[test]
    fn long_outputs_are_cut() {
        let text = "tide\n".repeat(1000);
        assert_eq!(beginning(&text).lines().count(), OUTPUT_LINES);
        assert_eq!(beginning(&"é".repeat(10_000)).len(), OUTPUT_BYTES);
        assert_eq!(without_escapes("a\x1b[1;31mb\x1b[0mc\r\x1b"), "abc");
    }
}
