//! Bombs in text formats.

use super::packages::{attributes, laughs, nested};
use super::{Bomb, bomb};
use corpus::Format::{AsciiDoc, Csv, Html, Image, Json, Latex, Markdown, Notebook, Org, Rst, Xml};

const DEEP: usize = 100_000;

pub(super) const BOMBS: [Bomb; 22] = [
    bomb("xml: a billion laughs", Xml, || laughs("p").into_bytes()),
    bomb("xml: elements in elements", Xml, || nested("<a>", "</a>", "b").into_bytes()),
    bomb("xml: elements that are not closed", Xml, || "<a>b".repeat(10 * DEEP).into_bytes()),
    bomb("xml: 100,000 attributes", Xml, || format!("<a{}>b</a>", attributes(DEEP)).into_bytes()),
    bomb("html: elements in elements", Html, || nested("<div>", "</div>", "b").into_bytes()),
    bomb("html: tables in tables", Html, || nested("<table><tr><td>", "", "b").into_bytes()),
    bomb("html: lists in lists", Html, || nested("<ul><li>", "</ul>", "b").into_bytes()),
    bomb("html: marks of emphasis across each other", Html, || {
        "<b><i></b><a href=x>c</i><p>".repeat(DEEP).into_bytes()
    }),
    bomb("html: cells that span all", Html, || {
        format!("<table>{}", "<tr><td colspan=65535 rowspan=65535>a".repeat(10_000)).into_bytes()
    }),
    bomb("html: a million tags that are not closed", Html, || "<".repeat(10 * DEEP).into_bytes()),
    bomb("html: comments that are not closed", Html, || "<!--<!".repeat(2 * DEEP).into_bytes()),
    bomb("ipynb: lists in lists", Notebook, || format!("{{\"cells\":{}", "[".repeat(10 * DEEP)).into_bytes()),
    bomb("ipynb: objects in objects", Notebook, || {
        format!("{{\"cells\":[],\"metadata\":{}", "{\"a\":".repeat(10 * DEEP)).into_bytes()
    }),
    bomb("json: lists in lists", Json, || "[".repeat(10 * DEEP).into_bytes()),
    bomb("md: quotes in quotes", Markdown, || format!("{}a", "> ".repeat(10 * DEEP)).into_bytes()),
    bomb("md: brackets in brackets", Markdown, || format!("# {}a", "[".repeat(10 * DEEP)).into_bytes()),
    bomb("rst: a table of a line", Rst, || format!("{0}\n|a|\n{0}\n", "+-".repeat(5 * DEEP)).into_bytes()),
    bomb("rst: marks that are not closed", Rst, || "*a `b ``c |d :e:`".repeat(DEEP).into_bytes()),
    bomb("tex: braces in braces", Latex, || "\\section{\\emph{".repeat(2 * DEEP).into_bytes()),
    bomb("org: brackets, lists and stars", Org, || {
        format!("{}\n{}", "[[".repeat(DEEP), "* ".repeat(DEEP)).into_bytes()
    }),
    bomb("adoc: tables and brackets", AsciiDoc, || {
        format!("{}{}", "|===\n|a".repeat(DEEP), "[[<<".repeat(DEEP)).into_bytes()
    }),
    bomb("csv: one quote", Csv, || format!("a;b\n\"{}", "c;\n".repeat(5 * DEEP)).into_bytes()),
];

/// A picture whose blocks lead to themselves.
pub(super) const PICTURES: [Bomb; 3] = [
    bomb("tiff: folders in a ring", Image, || {
        b"II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\xff\xff\xff\x7f\x08\0\0\0\x08\0\0\0".to_vec()
    }),
    bomb("png: a text that unfolds to a gigabyte", Image, png),
    bomb("svg: elements in elements", Image, || nested("<svg><g>", "", "<text>a</text>").into_bytes()),
];

fn png() -> Vec<u8> {
    use std::io::Write;
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..1 << 10).for_each(|_| deflate.write_all(&[b'a'; 1 << 20]).unwrap());
    let text = [&b"Title\0\0"[..], &deflate.finish().unwrap()].concat();
    let chunk = |name: &[u8], body: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(name);
        crc.update(body);
        [&(body.len() as u32).to_be_bytes()[..], name, body, &crc.sum().to_be_bytes()].concat()
    };
    let head = chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0");
    [b"\x89PNG\r\n\x1a\n", &head[..], &chunk(b"zTXt", &text), &chunk(b"IEND", b"")].concat()
}
