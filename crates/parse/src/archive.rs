//! Archives: their members' names as text, their members' documents as parts.
//!
//! Invariant: no more than [`TOTAL_BYTES`] are unfolded in all, and no member of more than [`MEMBER_BYTES`]; sizes in headers are not believed.
//! What breaks off leaves what came before.
//! Not here: archives inside archives, which are listed and not opened.

mod header;
mod tar;

use crate::member;
use crate::parts::{Parts, not_read};
use corpus::{Document, Format, Metadata};
use extract::{Builder, Skip, detect_format};
use fence::Parsed;
use package::{Limits, Package};
use std::collections::HashSet;
use tar::{Entry, Tar};

/// The most bytes of one member.
const MEMBER_BYTES: u64 = 64 << 20;
/// The most bytes that one archive unfolds to.
const TOTAL_BYTES: u64 = 256 << 20;
/// The most members that are listed by name.
const MAX_LISTED: usize = 20_000;

/// Opens a zip archive.
pub(crate) fn zip(bytes: &[u8], mut parts: Parts) -> Result<Parsed, Skip> {
    let mut package = open(bytes)?;
    let names = zip_members(&package);
    let mut unfolded = 0;
    for name in names.iter().filter(|name| is_readable(name)) {
        if parts.is_full() {
            break;
        }
        if parts.is_list_only() {
            parts.refuse(name, not_read());
        } else if unfolded >= TOTAL_BYTES {
            parts.refuse(name, too_much_in_all());
        } else {
            match package.read(name) {
                Ok(Some(bytes)) => {
                    unfolded += bytes.len() as u64;
                    parts.add_member(name, bytes);
                }
                Ok(None) => {}
                Err(reason) => parts.refuse(name, reason),
            }
        }
    }
    Ok(Parsed { document: listing(&names, Format::Zip)?, parts: parts.done() })
}

/// The names in a zip archive that is inside another file.
pub(crate) fn zip_names(bytes: &[u8]) -> Result<Document, Skip> {
    listing(&zip_members(&open(bytes)?), Format::Zip)
}

fn open(bytes: &[u8]) -> Result<Package<'_>, Skip> {
    let limits = Limits {
        entries: MAX_LISTED,
        entry_bytes: MEMBER_BYTES,
        total_bytes: TOTAL_BYTES,
        ..Limits::default()
    };
    Package::open(bytes, limits)
}

/// Each member once: of two with one name the last is the one that is read.
fn zip_members(package: &Package<'_>) -> Vec<String> {
    let mut seen = HashSet::new();
    let files = package.names().filter(|name| !name.ends_with('/') && !member::is_clutter(name));
    files.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}

/// Opens a tar archive, compressed or not.
pub(crate) fn tar(bytes: &[u8], mut parts: Parts) -> Result<Parsed, Skip> {
    let (names, broken_off) = walk(bytes, |tar, entry| {
        if is_readable(&entry.name) && !parts.is_full() {
            read_member(tar, entry, &mut parts);
        }
    })?;
    // The member that could not even be passed over is the one that is told of.
    if let (Some(reason), Some(last)) = (broken_off, names.last())
        && !is_readable(last)
    {
        parts.refuse(last, reason);
    }
    Ok(Parsed { document: listing(&names, Format::Tar)?, parts: parts.done() })
}

fn read_member(tar: &mut Tar<'_>, entry: &Entry, parts: &mut Parts) {
    if parts.is_list_only() {
        parts.refuse(&entry.name, not_read());
    } else if entry.size > MEMBER_BYTES {
        parts.refuse(&entry.name, Skip::too_much(format!("more than {} MiB", MEMBER_BYTES >> 20)));
    } else {
        match tar.read() {
            Ok(bytes) => parts.add_member(&entry.name, bytes),
            Err(reason) => parts.refuse(&entry.name, reason),
        }
    }
}

/// The names in a tar archive that is inside another file.
pub(crate) fn tar_names(bytes: &[u8]) -> Result<Document, Skip> {
    let (names, _) = walk(bytes, |_, _| {})?;
    listing(&names, Format::Tar)
}

/// Does something with each file of an archive. Returns their names, and why there are no more if that is not because the archive ends.
fn walk(
    bytes: &[u8],
    mut each: impl FnMut(&mut Tar<'_>, &Entry),
) -> Result<(Vec<String>, Option<Skip>), Skip> {
    let mut names = Vec::new();
    let mut tar = Tar::open(bytes, TOTAL_BYTES)?;
    while names.len() < MAX_LISTED {
        match tar.next() {
            Ok(Some(entry)) if member::is_clutter(&entry.name) => {}
            Ok(Some(entry)) => {
                each(&mut tar, &entry);
                names.push(entry.name);
            }
            Ok(None) => break,
            Err(reason) if names.is_empty() => return Err(reason),
            Err(reason) => return Ok((names, Some(reason))),
        }
    }
    Ok((names, None))
}

/// Whether a member is read, as far as its name tells.
fn is_readable(name: &str) -> bool {
    member::path(name).and_then(|path| detect_format(&path, &[])).is_ok()
}

fn listing(names: &[String], format: Format) -> Result<Document, Skip> {
    if names.is_empty() {
        return Err(Skip::NoText { why: "it is an archive without files".to_owned() });
    }
    let mut build = Builder::new();
    for name in names.iter().take(MAX_LISTED) {
        build.line(member::path(name)?.as_str());
    }
    build.finish(format, None, Metadata::default())
}

fn too_much_in_all() -> Skip {
    Skip::too_much(format!("more than {} MiB in one archive", TOTAL_BYTES >> 20))
}
