//! Files with documents inside, written by other programs, whole and broken.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod tell;
mod whole;

use corpus::Format;
use extract::Skip;
use fence::{Options, Parsed, Request};

/// The samples: name, format, bytes.
const SAMPLES: [(&str, Format, &[u8]); 6] = [
    ("tide.zip", Format::Zip, include_bytes!("../samples/tide.zip")),
    ("locked.zip", Format::Zip, include_bytes!("../samples/locked.zip")),
    ("tide-gnu.tar.gz", Format::Tar, include_bytes!("../samples/tide-gnu.tar.gz")),
    ("tide-pax.tar.gz", Format::Tar, include_bytes!("../samples/tide-pax.tar.gz")),
    ("tide-ustar.tar", Format::Tar, include_bytes!("../samples/tide-ustar.tar")),
    ("tide.eml", Format::Email, include_bytes!("../samples/tide.eml")),
];

fn sample(name: &str) -> (Format, Vec<u8>) {
    let (_, format, bytes) = SAMPLES.iter().find(|(known, ..)| *known == name).unwrap();
    (*format, bytes.to_vec())
}

fn parse(format: Format, bytes: Vec<u8>, options: Options) -> Result<Parsed, Skip> {
    workroom_parse::parse(Request { format, bytes, options })
}

/// Archives are read.
fn opened() -> Options {
    Options { archives: true, ..Options::default() }
}
