//! Documents of old formats, read back; and what is left of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod samples;

use corpus::{Document, Format};
use extract::Skip;

/// Samples are small: they are compiled in, so that a test needs no path.
const SAMPLES: [(&str, Format, &[u8]); 5] = [
    ("handbook.doc", Format::Doc, include_bytes!("../samples/handbook.doc")),
    ("handbook.rtf", Format::Rtf, include_bytes!("../samples/handbook.rtf")),
    ("notes.doc", Format::Doc, include_bytes!("../samples/notes.doc")),
    ("notes.rtf", Format::Rtf, include_bytes!("../samples/notes.rtf")),
    ("talk.ppt", Format::Ppt, include_bytes!("../samples/talk.ppt")),
];

fn sample(name: &str) -> (Format, &'static [u8]) {
    SAMPLES.iter().find(|sample| sample.0 == name).map(|&(_, format, bytes)| (format, bytes)).unwrap()
}

fn read(format: Format, bytes: &[u8]) -> Result<Document, Skip> {
    workroom_legacy::read(bytes.to_vec(), format)
}
