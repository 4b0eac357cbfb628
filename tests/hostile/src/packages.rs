//! Packages from parts: fuzzing through deflate and checksums would find nothing but them, so the fuzzer's bytes are the entries and
//! the package is made around them.
//!
//! An input is entries one after the other, each behind a line `\n--entry NAME`, which a fuzzer learns to cut and join.

use crate::zip::Zip;
use extract::Skip;
use package::{Limits, Package};

/// What begins an entry; its name follows, up to the end of the line.
const MARK: &[u8] = b"\n--entry ";
/// Entries of a seed beyond this are no good to a fuzzer.
const MAX_SEED: usize = 200 << 10;

/// The package that has these entries.
pub(crate) fn packed(input: &[u8]) -> Vec<u8> {
    let mut zip = Zip::new();
    for entry in entries(input) {
        let end = entry.iter().position(|byte| *byte == b'\n').unwrap_or(entry.len());
        let (name, body) = entry.split_at(end);
        zip.stored(name, body.get(1..).unwrap_or_default());
    }
    zip.done()
}

fn entries(input: &[u8]) -> Vec<&[u8]> {
    let mut entries = Vec::new();
    let mut rest = input;
    let next = |bytes: &[u8]| bytes.windows(MARK.len()).position(|window| window == MARK);
    if let Some(at) = next(rest) {
        rest = rest.get(at + MARK.len()..).unwrap_or_default();
        while let Some(at) = next(rest) {
            let (entry, after) = rest.split_at(at);
            entries.push(entry);
            rest = after.get(MARK.len()..).unwrap_or_default();
        }
        entries.push(rest);
    }
    entries
}

/// The input that stands for a package: its entries but the pictures, as far as they are small.
pub(crate) fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Skip> {
    let mut package = Package::open(bytes, Limits::default())?;
    let names: Vec<String> = package.names().filter(|name| is_read(name)).map(str::to_owned).collect();
    let mut input = Vec::new();
    for name in names {
        if let Ok(Some(body)) = package.read(&name)
            && input.len() + body.len() < MAX_SEED
        {
            input.extend(MARK);
            input.extend(name.as_bytes());
            input.push(b'\n');
            input.extend(body);
        }
    }
    Ok(input)
}

fn is_read(name: &str) -> bool {
    const READ: [&str; 9] = [".xml", ".rels", ".bin", ".opf", ".ncx", ".html", ".xhtml", ".htm", "mimetype"];
    !name.contains("theme") && READ.iter().any(|end| name.ends_with(end))
}
