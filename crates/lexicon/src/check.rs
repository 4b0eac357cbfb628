//! Checking files: are they all there, and are their bytes those that were written?
//!
//! tantivy compares checksums only when asked, and then only of files that `.managed.json` names; some that are missing it takes for
//! empty. So the files are listed from the segments themselves.
//!
//! Invariant: files are read as they are on the disk now, never through a mapping that was made when they were longer or others.
//! Not here: when to check (see `seal`), what stored chunks hold (see `record`).

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::footer::Footer;
use tantivy::directory::{FileSlice, OwnedBytes};
use tantivy::index::SegmentComponent;
use tantivy::{Directory, HasLen, Index, TantivyError};

use crate::seal::Seal;

/// Replaced as a whole on each commit; each carries its own checksum (see `directory`).
const LISTS: [&str; 2] = ["meta.json", ".managed.json"];

/// The names of all files that the index consists of now, in order.
pub(crate) fn files(index: &Index) -> Result<Vec<PathBuf>, TantivyError> {
    let mut names: Vec<PathBuf> = live(index)?.into_iter().map(PathBuf::from).collect();
    names.extend(LISTS.map(PathBuf::from));
    names.sort();
    Ok(names)
}

/// The names of the segment files there must be. As text: paths compare part by part, which shows when it is done on every commit.
pub(crate) fn live(index: &Index) -> Result<HashSet<String>, TantivyError> {
    let metas = index.load_metas()?;
    let mut names = metas.list_segment_files();
    for segment in &metas.segments {
        // Listed are also those that a segment has only while it is written, or once something in it was deleted.
        names.remove(&segment.relative_path(SegmentComponent::TempStore));
        if !segment.has_deletes() {
            names.remove(&segment.relative_path(SegmentComponent::Delete));
        }
    }
    Ok(names.into_iter().filter_map(|name| name.into_os_string().into_string().ok()).collect())
}

/// Reads every live file that `seal` does not vouch for, and notes there that it is sound. Returns the live files and how many were read.
pub(crate) fn unsealed(
    index: &Index,
    dir: &Path,
    seal: &mut Seal,
) -> Result<(HashSet<String>, usize), TantivyError> {
    let live = live(index)?;
    let mut n_checked = 0;
    for name in &live {
        if seal.trusts(name) {
            continue;
        }
        n_checked += 1;
        // Taken before the file is read: what changes while it is read is not vouched for.
        seal.trust(name);
        if let Some(why) = checksum(&dir.join(name))? {
            return Err(damaged(name, &why));
        }
    }
    Ok((live, n_checked))
}

/// What is wrong with one file. A segment file that is no longer part of the index is not wrong.
pub(crate) fn file(index: &Index, dir: &Path, name: &Path) -> Result<Option<String>, TantivyError> {
    if LISTS.iter().any(|list| Path::new(list) == name) {
        return Ok(index.directory().atomic_read(name).map(|_| None)?);
    }
    match checksum(&dir.join(name)) {
        Ok(None) => Ok(None),
        // Between being listed and being read, a merge may have replaced it.
        _ if !is_live(index, name)? => Ok(None),
        found => Ok(found?),
    }
}

fn is_live(index: &Index, name: &Path) -> Result<bool, TantivyError> {
    let live = live(index)?;
    Ok(name.to_str().is_some_and(|name| live.contains(name)))
}

/// What is wrong with a file that ends in tantivy's footer. It is read, not mapped: a failing disk is then an error, and a file that
/// was cut short is too, where touching the lost part of a mapping would end the process.
fn checksum(path: &Path) -> io::Result<Option<String>> {
    let mut file = match fs_err::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some("it is missing".to_owned())),
        file => file?,
    };
    let len = file.metadata()?.len();
    let Some((footer, footer_len)) = read_footer(&mut file, len)? else {
        return Ok(Some("its end is not that of a whole file".to_owned()));
    };
    file.seek(SeekFrom::Start(0))?;
    let mut body = file.take(len - footer_len);
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        match body.read(&mut buffer)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    Ok((hasher.finalize() != footer.crc).then(|| "its checksum does not match".to_owned()))
}

const BUFFER: usize = 256 << 10;
/// tantivy's footers are some eighty bytes, and never more than 50,000.
const FOOTER: u64 = 51_000;

/// The footer and its length, or `None` where there is none.
fn read_footer(file: &mut fs_err::File, len: u64) -> io::Result<Option<(Footer, u64)>> {
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(len.saturating_sub(FOOTER)))?;
    file.take(FOOTER).read_to_end(&mut tail)?;
    let tail_len = tail.len() as u64;
    // Their parser is not made for what any disk may hold.
    let parse = || Footer::extract_footer(FileSlice::new(Arc::new(OwnedBytes::new(tail))));
    let parsed = catch_unwind(AssertUnwindSafe(parse));
    Ok(parsed.ok().and_then(Result::ok).map(|(footer, rest)| (footer, tail_len - rest.len() as u64)))
}

/// Whether `dir` holds an index. Refuses one that lacks a list: without that of the segments an empty index would be a silent loss,
/// without that of the files they would never be cleaned up.
pub(crate) fn exists(dir: &Path) -> Result<bool, TantivyError> {
    let [segments, managed] = LISTS.map(|list| dir.join(list).exists());
    let why = "it is missing, but not the rest of the index";
    match (segments, managed) {
        (true, false) => Err(damaged(LISTS[1], why)),
        (false, _) if has_segments(dir)? => Err(damaged(LISTS[0], why)),
        _ => Ok(segments),
    }
}

fn has_segments(dir: &Path) -> io::Result<bool> {
    for entry in fs_err::read_dir(dir)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if stem.len() >= 32 && stem.bytes().take(32).all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn damaged(name: &str, why: &str) -> TantivyError {
    io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {why}")).into()
}
