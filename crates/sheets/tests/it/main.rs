//! Workbooks by several programs, read back; and what is left of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod crafted;
mod samples;

use corpus::{Document, Format, Span};
use extract::Skip;

/// Samples are small: they are compiled in, so that a test needs no path.
const SAMPLES: [(&str, &[u8]); 6] = [
    ("ledger.xlsx", include_bytes!("../samples/ledger.xlsx")),
    ("libreoffice.xlsx", include_bytes!("../samples/libreoffice.xlsx")),
    ("libreoffice.xls", include_bytes!("../samples/libreoffice.xls")),
    ("libreoffice.ods", include_bytes!("../samples/libreoffice.ods")),
    ("tides.xls", include_bytes!("../samples/tides.xls")),
    ("gates.xlsb", include_bytes!("../samples/gates.xlsb")),
];

fn sample(name: &str) -> &'static [u8] {
    SAMPLES.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes).unwrap()
}

fn read(bytes: &[u8]) -> Result<Document, Skip> {
    workroom_sheets::read(bytes.to_vec(), Format::Xlsx)
}

/// The text, with its place before each line that has one.
fn placed(document: &Document) -> String {
    let (mut out, mut at) = (String::new(), 0);
    for line in document.text.split_inclusive('\n') {
        let place = document.place_of(Span::new(at, at + line.len()));
        let cells = place.and_then(|place| place.cells()).unwrap_or_default();
        let header = if document.header_at(at as u32).is_some() { "|" } else { "" };
        out.push_str(&format!("{cells}{header} {}\n", line.trim_end()));
        at += line.len();
    }
    out
}
