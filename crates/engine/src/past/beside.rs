//! Indexes beside: what files held before and hold no more, indexed when it is first asked for.
//!
//! Invariant: at each path an index beside has one content only and only grows, so that what was joined to it stays true. It lies among the temporary
//! files, ends with this process, and goes with whatever is dropped of the contents: nothing is found there that is not kept.
//! Not here: what is wanted of it (`then`), how it is joined (`snapshot`).

use super::then::FileThen;
use crate::folders::PAST;
use crate::{Engine, Error, ErrorKind, Result};
use corpus::{ContentHash, DocPath, ModelId};
use custody::ErrorKind as Kept;
use index::{DocRecord, Index, Snapshot};
use ingest::{Ingest, NoProgress};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::FileTimes;
use std::io::{self, Read, Write};
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use watch::{Rules, RulesOptions};

/// So many are open: that many instants are looked at in turn without indexing anything twice.
const MOST: usize = 3;
/// What is written apart to be indexed together.
const FILES_AT_ONCE: usize = 1024;
const BYTES_AT_ONCE: u64 = 64 << 20;

/// The indexes beside, as long as they hold.
#[derive(Default)]
pub(super) struct Besides {
    open: Vec<Beside>,
    /// Of this state of the contents, and of vectors by this student.
    made_for: Option<(u64, ModelId)>,
}

struct Beside {
    ingest: Ingest,
    index: Arc<Index>,
    /// What was indexed, or could not be, at each path.
    holds: BTreeMap<DocPath, ContentHash>,
    files: PathBuf,
    /// Dropped last.
    _folder: TempDir,
}

impl Besides {
    /// A document that is there by chance, and a snapshot that has it.
    pub(super) fn find(
        &self,
        path: &DocPath,
        is_it: impl Fn(&DocRecord) -> bool,
    ) -> Option<(Arc<Snapshot>, Arc<DocRecord>)> {
        self.open.iter().find_map(|beside| {
            let snapshot = beside.index.documents();
            let doc = snapshot.doc(path).filter(|doc| is_it(doc)).cloned()?;
            Some((snapshot, doc))
        })
    }
}

/// The files that are wanted of an index beside.
pub(super) type Wanted<'a> = BTreeMap<&'a DocPath, &'a FileThen>;

impl Beside {
    /// Whether it has something else at a path, or a file where a folder is wanted, or the other way round.
    fn contradicts(&self, path: &DocPath, file: &FileThen) -> bool {
        if let Some(held) = self.holds.get(path) {
            return *held != file.hash;
        }
        let text = path.as_str();
        let folders = text.match_indices('/').filter_map(|(at, _)| DocPath::new(text.get(..at)?).ok());
        let mut after = self.holds.range::<DocPath, _>((Bound::Excluded(path), Bound::Unbounded));
        // Between a folder and what lies below it come names that begin like it.
        let below = after.find(|(held, _)| !held.as_str().starts_with(text) || held.is_under(text));
        folders.into_iter().any(|folder| self.holds.contains_key(&folder))
            || below.is_some_and(|(held, _)| held.is_under(text))
    }

    fn fits(&self, wanted: &Wanted<'_>) -> bool {
        wanted.iter().all(|(path, file)| !self.contradicts(path, file))
    }

    fn lacks(&self, wanted: &Wanted<'_>) -> usize {
        wanted.keys().filter(|path| !self.holds.contains_key(**path)).count()
    }
}

impl Engine {
    /// A snapshot of an index beside that has all that is wanted, but for what is no longer kept, which is named.
    pub(super) fn beside(
        &self,
        besides: &mut Besides,
        wanted: &Wanted<'_>,
    ) -> Result<(Arc<Snapshot>, BTreeSet<DocPath>)> {
        self.drop_outdated(besides);
        let fitting = besides.open.iter().enumerate().filter(|(_, beside)| beside.fits(wanted));
        let mut beside = match fitting.min_by_key(|(_, beside)| beside.lacks(wanted)).map(|(at, _)| at) {
            Some(at) => besides.open.remove(at),
            None => self.open_beside()?,
        };
        let lost = self.fill(&mut beside, wanted)?;
        let snapshot = beside.index.snapshot()?;
        super::keep_last(&mut besides.open, MOST, beside);
        Ok((snapshot, lost))
    }

    /// Drops indexes that were made when other contents were kept, or for another student.
    pub(super) fn drop_outdated(&self, besides: &mut Besides) {
        let made_for = Some((self.keep.drops(), self.ingest.student().model));
        if besides.made_for != made_for {
            *besides = Besides { open: Vec::new(), made_for };
        }
    }

    fn open_beside(&self) -> Result<Beside> {
        let folder = tempfile::Builder::new().prefix(PAST).tempdir_in(self.layout.temporary())?;
        let files = folder.path().join("files");
        fs_err::create_dir(&files)?;
        let (index, _) = Index::open_beside(&folder.path().join("index"))?;
        let index = Arc::new(index);
        let ingest = self.ingest.beside(&files, Arc::clone(&index))?;
        Ok(Beside { ingest, index, holds: BTreeMap::new(), files, _folder: folder })
    }

    /// Indexes what it lacks. Returns what is no longer kept.
    fn fill(&self, beside: &mut Beside, wanted: &Wanted<'_>) -> Result<BTreeSet<DocPath>> {
        let (mut lost, mut apart, mut bytes) = (BTreeSet::new(), Vec::new(), 0);
        for (path, file) in wanted {
            if beside.holds.contains_key(*path) {
                continue;
            }
            if !self.set_apart(beside, path, file)? {
                lost.insert(DocPath::clone(path));
                continue;
            }
            apart.push((DocPath::clone(path), file.hash));
            bytes += file.bytes;
            if apart.len() >= FILES_AT_ONCE || bytes >= BYTES_AT_ONCE {
                beside.take(std::mem::take(&mut apart))?;
                bytes = 0;
            }
        }
        beside.take(apart)?;
        Ok(lost)
    }

    /// Writes what a file held where the pipeline reads it. Returns whether it could be.
    fn set_apart(&self, beside: &Beside, path: &DocPath, then: &FileThen) -> Result<bool> {
        let at = path.to_fs(&beside.files);
        let made = at.parent().map_or(Ok(()), std::fs::create_dir_all);
        let mut file = match made.and_then(|()| std::fs::File::create_new(&at)) {
            Ok(file) => file,
            // What is known of that time makes a file and a folder of one name.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory) =>
            {
                tracing::debug!(%path, "a file and a folder are known to have been at one place at one time");
                return Ok(false);
            }
            Err(error) => return Err(Error::from(error).at(at)),
        };
        match self.keep.contents.copy_to(&then.hash, &mut file) {
            Ok(_) => {}
            // It is in its place yet, and not copied.
            Err(error)
                if error.kind() == Kept::NotFound && self.copy_from_place(path, then, &mut file)? => {}
            Err(error) if matches!(error.kind(), Kept::NotFound | Kept::Damaged) => {
                tracing::debug!(%error, %path, "what a file held is not to be had");
                fs_err::remove_file(&at)?;
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        let since = Duration::from_millis(then.at_ms.max(0).unsigned_abs());
        file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + since))?;
        Ok(true)
    }
}

impl Engine {
    /// Copies a file that holds in its place what it held then. Returns whether it does.
    fn copy_from_place(&self, path: &DocPath, then: &FileThen, to: &mut std::fs::File) -> Result<bool> {
        let Ok((file, _)) = self.folder.files.open_file(path) else { return Ok(false) };
        let mut bytes = Vec::new();
        file.take(then.bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        let is_same = ContentHash::of(&bytes) == then.hash;
        if is_same {
            to.write_all(&bytes)?;
        }
        Ok(is_same)
    }
}

impl Beside {
    /// Indexes the files that were set apart for it.
    fn take(&mut self, apart: Vec<(DocPath, ContentHash)>) -> Result<()> {
        if apart.is_empty() {
            return Ok(());
        }
        let paths: Vec<DocPath> = apart.iter().map(|(path, _)| path.clone()).collect();
        // None of what ignore files say: they are files like the others here.
        let rules = Rules::new(&self.files, RulesOptions { hidden: true, ..RulesOptions::default() })?;
        let applied = self.ingest.apply(&rules, &paths, &NoProgress);
        let cleared = std::fs::remove_dir_all(&self.files).and_then(|()| std::fs::create_dir(&self.files));
        applied.map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot index what files held before: {error}"))
        })?;
        cleared?;
        self.holds.extend(apart);
        Ok(())
    }
}
