//! Versions of a file: which there are, what they held, how they differ, and one of them put back in its place.
//!
//! Invariant: a version is found under the path whose version it is, and under no other: whoever may not see a file learns nothing of it by a hash.
//! What is put back is a new version; nothing is taken from the list.
//! Not here: how versions are kept (`keep`), the trash, checkpoints.

use crate::edit::diff_texts;
use crate::files::own_path;
use crate::keep::kept;
use crate::refusal::no_file;
use crate::search::rfc3339;
use crate::spool::SpoolWriter;
use crate::{Act, Condition, Engine, Error, ErrorKind, Result, Spooled, Written};
use corpus::{ContentHash, DocPath};
use custody::versions::{How, Stood, Version};
use custody::{Actor, Claim, Trust};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io;

/// A version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileVersion {
    /// BLAKE3 of the bytes, in hexadecimal.
    pub version: String,
    /// How many there are.
    pub bytes: u64,
    /// Since when the file held them, RFC 3339, UTC.
    pub at: String,
    /// How it came to be known.
    pub how: How,
    /// Who wrote it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// Whether the file holds them now.
    pub current: bool,
    /// Whether they can be read; else nothing but the record of them is left.
    pub kept: bool,
}

/// How two versions of a file differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionDiff {
    /// The one.
    pub from: String,
    /// The other.
    pub to: String,
    /// A unified diff; empty when they are the same, absent when one is no text or too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// Larger contents are no texts that somebody compares.
const MOST_COMPARED: u64 = 8 << 20;
/// So many digits say which version is meant.
const FEWEST_DIGITS: usize = 6;

impl Engine {
    /// The versions of a file, the newest first; also of one that is gone.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there was never a file at that path, or nothing is known of it.
    pub fn versions(&self, path: &str) -> Result<Vec<FileVersion>> {
        let path = own_path(path)?;
        let known = self.known_versions(&path)?;
        let last = known.len().checked_sub(1);
        let there = self.folder.files.stat(&path).is_ok();
        let told = known.iter().enumerate().rev().map(|(at, version)| {
            let current = there && Some(at) == last;
            Ok(FileVersion {
                version: version.hash.to_string(),
                bytes: version.bytes,
                at: rfc3339(version.at_ms),
                how: version.how,
                by: version.by.clone(),
                current,
                kept: current || self.keep.contents.contains(&version.hash)?,
            })
        });
        told.collect()
    }

    /// What is known, the oldest first, with what stands there now.
    fn known_versions(&self, path: &DocPath) -> Result<Vec<Version>> {
        let mut known = self.keep.versions.look(|table| table.versions(path.as_str()).to_vec());
        match self.folder.files.open_file(path) {
            Ok((file, entry)) => {
                let hash = match self.indexed_as(path) {
                    Some(hash) => hash,
                    None => ContentHash::of_reader(file)
                        .map_err(|error| Error::from(error).at(path.to_fs(self.root())))?,
                };
                if known.last().is_none_or(|newest| newest.hash != hash) {
                    known.push(self.version_of(path, hash, entry.bytes, entry.modified_ms));
                }
            }
            Err(_) if known.is_empty() => return Err(no_file(self.root(), path)),
            Err(_) => {}
        }
        Ok(known)
    }

    /// Those of some contents that a version or a checkpoint needs: the others were dropped, and may be gone at any time.
    pub(crate) fn needed_of(&self, contents: HashSet<ContentHash>) -> Result<HashSet<ContentHash>> {
        let mut needed: HashSet<ContentHash> = self
            .keep
            .versions
            .look(|table| table.contents().filter(|hash| contents.contains(hash)).copied().collect());
        if needed.len() < contents.len() {
            let pinned = self.needed_by_checkpoints()?;
            needed.extend(contents.into_iter().filter(|hash| pinned.contains(hash)));
        }
        Ok(needed)
    }

    /// What stood at a path besides its versions: of a file that was moved on, they are known where it is; and what checkpoints have.
    fn stood(&self, path: &DocPath, is_meant: &dyn Fn(&ContentHash) -> bool) -> Result<Vec<Version>> {
        let version = |hash, bytes, at_ms| Version { hash, bytes, at_ms, how: How::Seen, by: None };
        let (stood, checkpoints) = self.keep.versions.look(|table| {
            let stood = table.timelines().of(path.as_str()).iter().filter_map(|state| match state.is {
                Stood::Content { hash, bytes } if is_meant(&hash) => Some(version(hash, bytes, state.at_ms)),
                _ => None,
            });
            (stood.collect::<Vec<_>>(), table.checkpoints().cloned().collect::<Vec<_>>())
        });
        let needed = self.needed_of(stood.iter().map(|version| version.hash).collect())?;
        let kept: Vec<Version> = stood.into_iter().filter(|version| needed.contains(&version.hash)).collect();
        if !kept.is_empty() {
            return Ok(kept);
        }
        for checkpoint in checkpoints {
            let file = self.manifest_of(&checkpoint)?.files.get(path).copied();
            if let Some(file) = file.filter(|file| is_meant(&file.hash)) {
                return Ok(vec![version(file.hash, file.bytes, checkpoint.at_ms)]);
            }
        }
        Ok(Vec::new())
    }

    /// The version of a path that a caller means: all its digits, or enough of them.
    pub(crate) fn find_version(&self, path: &DocPath, version: &str) -> Result<Version> {
        let digits = version.to_ascii_lowercase();
        if digits.len() < FEWEST_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let what = format!(
                "`{version}` is no version: 64 hexadecimal digits, or the first {FEWEST_DIGITS} or more of them"
            );
            return Err(Error::new(ErrorKind::Invalid, what).hint("`workroom history PATH` lists them"));
        }
        let is_meant = |hash: &ContentHash| hash.to_string().starts_with(&digits);
        let known = self.known_versions(path);
        let mut found: Vec<Version> = known.as_deref().unwrap_or_default().to_vec();
        found.retain(|known| is_meant(&known.hash));
        if found.is_empty() {
            found = self.stood(path, &is_meant)?;
        }
        if found.is_empty() {
            known?;
        }
        found.sort_by_key(|known| known.hash);
        found.dedup_by_key(|known| known.hash);
        match found.as_slice() {
            [version] => Ok(version.clone()),
            [] => Err(Error::new(ErrorKind::NotFound, format!("`{path}` has no version {version}"))
                .hint("`workroom history PATH` lists those that are known")),
            _ => Err(Error::new(
                ErrorKind::Invalid,
                format!("several versions of `{path}` begin with {version}"),
            )
            .hint("give more of its digits")),
        }
    }

    /// The bytes of a version of a file, in a temporary file of the workspace that is the caller's to read and to
    /// [discard](Spooled::discard).
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the file has no such version, or its bytes are no longer kept.
    pub fn spool_version(&self, path: &str, version: &str) -> Result<Spooled> {
        let path = own_path(path)?;
        let version = self.find_version(&path, version)?;
        self.spool_content(&path, &version.hash)
    }

    fn spool_content(&self, path: &DocPath, hash: &ContentHash) -> Result<Spooled> {
        let mut spool = SpoolWriter::create(self.root())?;
        let what = format!("version {hash} of `{path}`");
        match self.keep.contents.copy_to(hash, &mut spool) {
            // What stands there now may not be kept yet.
            Err(custody::Error::NotFound { id }) => {
                let (mut file, _) = self.look(self.folder.files.open_file(path)).map_err(|_| gone(&what))?;
                io::copy(&mut file, &mut spool)?;
                if spool.version() != id {
                    return Err(gone(&what));
                }
            }
            copied => drop(kept(&what, copied)?),
        }
        spool.finish()
    }

    /// How two versions of a file differ; without the second, how the first differs from what stands there now.
    ///
    /// # Errors
    /// As [`Engine::spool_version`].
    pub fn diff_versions(&self, path: &str, from: &str, to: Option<&str>) -> Result<VersionDiff> {
        let path = own_path(path)?;
        let from = self.find_version(&path, from)?;
        let to = match to {
            Some(to) => self.find_version(&path, to)?,
            None => self.known_versions(&path)?.pop().ok_or_else(|| no_file(self.root(), &path))?,
        };
        let texts = [&from, &to].map(|version| self.version_text(&path, version));
        let [old, new] = texts;
        let diff = match (old?, new?) {
            (Some(old), Some(new)) => Some(diff_texts(path.as_str(), &old, &new)),
            _ => None,
        };
        Ok(VersionDiff { from: from.hash.to_string(), to: to.hash.to_string(), diff })
    }

    fn version_text(&self, path: &DocPath, version: &Version) -> Result<Option<String>> {
        if version.bytes > MOST_COMPARED {
            return Ok(None);
        }
        let spooled = self.spool_content(path, &version.hash)?;
        let bytes = spooled.read(self.root());
        spooled.discard(self.root());
        Ok(String::from_utf8(bytes?).ok())
    }

    /// Puts a version of a file back in its place, if `condition` holds: as a new version, whose bytes are the old one's.
    ///
    /// # Errors
    /// As [`Engine::spool_version`] and [`Engine::put`].
    pub fn restore_version(
        &self,
        path: &str,
        version: &str,
        condition: &Condition,
        act: &Act,
    ) -> Result<Written> {
        let at = own_path(path)?;
        let found = self.find_version(&at, version)?;
        let spooled = self.spool_content(&at, &found.hash)?;
        // What came from where nothing is trusted is trusted no more for having lain here.
        let untrusted = self.label(&at, &found.hash) == Trust::Untrusted;
        let claim = Claim { trust: untrusted.then_some(Trust::Untrusted), ..Claim::default() };
        let written = self.put_as(How::Restored, path, &spooled, condition, (act, &claim));
        // Used up, unless it was refused or had been done before.
        spooled.discard(self.root());
        written
    }
}

pub(crate) fn gone(what: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("{what} is no longer kept"))
        .hint("`workroom history PATH` says which versions are")
}
