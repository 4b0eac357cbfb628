//! Which entries a package has: by its directory, or by the entries' own headers when the directory is lost.

use std::io::Cursor;

use extract::Skip;
use memchr::memmem;
use zip::ZipArchive;

use crate::Limits;

/// The signature before each entry.
const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
/// The signature before each entry of the directory.
const CENTRAL_HEADER: &[u8] = b"PK\x01\x02";
/// The signature before the end record: an empty package begins with it.
pub(crate) const END_RECORD: &[u8] = b"PK\x05\x06";
/// The signature before the end record of packages that have more than 65,535 entries, or 4 GiB.
const END_RECORD_64: &[u8] = b"PK\x06\x06";

/// A package whose directory makes sense.
pub(crate) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    /// The directory says where: its number there.
    Listed(usize),
    /// Its own header stands at `start`; the next thing begins at `end`.
    Found { start: usize, end: usize },
}

/// The entries in order, with their names.
pub(crate) type Entries = Vec<(String, Body)>;

/// The entries by the directory, or `None` if there is none that makes sense.
pub(crate) fn listed<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Option<(Archive<'a>, Entries)>, Skip> {
    // Before anything is allocated for them. Without this record there are at most 65,535, which may be counted later.
    if stated_entries(bytes).is_some_and(|stated| stated > limits.entries as u64) {
        return Err(too_many(limits));
    }
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else { return Ok(None) };
    if archive.len() > limits.entries {
        return Err(too_many(limits));
    }
    let names = archive.file_names().enumerate();
    let entries = names.filter_map(|(i, name)| Some((plain_name(&name.ok()?), Body::Listed(i)))).collect();
    Ok(Some((archive, entries)))
}

/// The number of entries in the 64-bit end record.
fn stated_entries(bytes: &[u8]) -> Option<u64> {
    const ENTRIES: usize = 32;
    let record = bytes.get(memmem::rfind(bytes, END_RECORD_64)?..)?;
    Some(u64::from_le_bytes(record.get(ENTRIES..ENTRIES + 8)?.try_into().ok()?))
}

/// The entries by the headers that stand before each of them.
pub(crate) fn found(bytes: &[u8], limits: &Limits) -> Result<Entries, Skip> {
    let directory = memmem::rfind(bytes, CENTRAL_HEADER);
    let mut starts: Vec<usize> = Vec::new();
    for start in memmem::find_iter(bytes, LOCAL_HEADER) {
        if starts.len() > limits.entries {
            return Err(too_many(limits));
        }
        starts.push(start);
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let mut entries = Entries::new();
    for (&start, end) in starts.iter().zip(ends) {
        let end = directory.filter(|at| (start..end).contains(at)).unwrap_or(end);
        if let Some(name) = name_at(bytes, start) {
            entries.push((plain_name(&name), Body::Found { start, end }));
        }
    }
    Ok(entries)
}

/// The name in the header at `start`.
fn name_at(bytes: &[u8], start: usize) -> Option<String> {
    const NAME_LENGTH: usize = 26;
    const NAME: usize = 30;
    let header = bytes.get(start..)?;
    let length = header.get(NAME_LENGTH..NAME_LENGTH + 2)?;
    let length = usize::from(u16::from_le_bytes(length.try_into().ok()?));
    let name = header.get(NAME..NAME.checked_add(length)?)?;
    Some(String::from_utf8_lossy(name).into_owned())
}

/// Some writers part folders with backslashes, or begin at the root.
fn plain_name(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_owned()
}

fn too_many(limits: &Limits) -> Skip {
    Skip::too_much(format!("more than {} entries in a zip package", limits.entries))
}
