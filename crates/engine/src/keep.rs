//! Keeping: the content of a file outlives the file.
//!
//! Invariant: before the program changes or removes a file, what it holds is durable among the contents, and so is the record that it was a version
//! of that file. What the program writes is among the contents, unless it is large, before its writer hears of it, so that whoever changes it past the
//! program at once leaves it there; it is synced soon. What was met on the disk is kept soon after, in the background; the bytes in their place are the
//! newest version themselves.
//! Not here: what is kept at a change through the program itself (`preserve`), what is asked of versions (`versions`), the trash, checkpoints.

use crate::doctor::Finding;
use crate::maintain::{Improvement, Rest, Tell};
use crate::provenance::now_ms;
use crate::{Engine, Error, ErrorKind, Result};
use corpus::{ContentHash, DocPath};
use custody::Actor;
use custody::content::{Contents, Damage};
use custody::versions::{How, Record, Stood, Version, Versions};
use index::{DocRecord, SkipRecord, Snapshot};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};
use watch::{Presence, Stat};

/// The folder of the contents, among what custody keeps.
const CONTENTS: &str = "content";

/// Versions and their contents.
pub(crate) struct Keep {
    pub(crate) versions: Versions,
    pub(crate) contents: Contents,
    waiting: Mutex<Waiting>,
    /// Shared by those who put contents and then note what needs them; whoever drops contents has it alone.
    dropping: RwLock<()>,
    /// How often contents were dropped.
    drops: AtomicU64,
}

/// What may have new versions.
#[derive(Default)]
struct Waiting {
    paths: BTreeSet<DocPath>,
    /// Any file: the whole folder was compared, or there were too many.
    all: bool,
}

/// More paths are as good as all of them.
const MOST_WAITING: usize = 4096;
/// Files that are kept between two syncs.
const FILES: usize = 256;

impl Keep {
    pub(crate) fn open(custody: &Path) -> Result<Self> {
        Ok(Self {
            versions: Versions::open(custody)?,
            contents: Contents::at(&custody.join(CONTENTS)),
            waiting: Mutex::default(),
            dropping: RwLock::default(),
            drops: AtomicU64::new(0),
        })
    }

    /// While it is held, nothing is dropped.
    pub(crate) fn hold(&self) -> RwLockReadGuard<'_, ()> {
        self.dropping.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that is another one each time that contents were dropped.
    pub(crate) fn drops(&self) -> u64 {
        self.drops.load(Ordering::SeqCst)
    }

    /// These, files or folders, may have new versions.
    pub(crate) fn look_at<'a>(&self, paths: impl IntoIterator<Item = &'a DocPath>) {
        let mut waiting = self.waiting();
        if !waiting.all {
            waiting.paths.extend(paths.into_iter().cloned());
        }
        if waiting.paths.len() > MOST_WAITING {
            *waiting = Waiting { paths: BTreeSet::new(), all: true };
        }
    }

    /// Any file may have a new version.
    pub(crate) fn look_at_all(&self) {
        *self.waiting() = Waiting { paths: BTreeSet::new(), all: true };
    }

    /// What was known of a path, and below it, is known of where that is now.
    pub(crate) fn moved(&self, from: &DocPath, to: &DocPath) {
        let moved = Record::Moved { from: from.to_string(), to: to.to_string(), at_ms: now_ms() };
        // The file is in its place: what cannot be noted is that it was somewhere else.
        if let Err(error) = self.versions.note(&[moved]) {
            tracing::warn!(%error, "versions of what was moved stay where it was");
        }
        self.look_at([to]);
    }

    /// Nothing is at a path and below it any more.
    pub(crate) fn gone(&self, path: &DocPath) {
        let gone = Record::Gone { path: path.to_string(), at_ms: now_ms() };
        // Not synced: what is lost is noted when it is seen again that the file is gone.
        if let Err(error) = self.versions.note_unsynced(&[gone]) {
            tracing::warn!(%error, %path, "a search as of now would still find what is gone");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this content is known as the newest version of a file, which is there.
    pub(crate) fn is_newest(&self, path: &DocPath, hash: &ContentHash) -> bool {
        self.versions.look(|table| {
            let is_newest = table.newest(path.as_str()).is_some_and(|newest| newest.hash == *hash);
            is_newest && table.timelines().last(path.as_str()).is_some_and(|last| last.is != Stood::Nothing)
        })
    }

    /// As [`Keep::is_newest`], and kept.
    pub(crate) fn has(&self, path: &DocPath, hash: &ContentHash) -> Result<bool> {
        Ok(self.is_newest(path, hash) && self.contents.contains(hash)?)
    }
}

/// What the index says of a file: where it is, how it looked, and its content where that is known.
struct Candidate {
    path: DocPath,
    bytes: u64,
    mtime_ns: i64,
    hash: Option<ContentHash>,
}

impl Candidate {
    fn of_doc(doc: &DocRecord) -> Self {
        let DocRecord { path, size, mtime_ns, hash, .. } = doc;
        Self { path: path.clone(), bytes: *size, mtime_ns: *mtime_ns, hash: Some(*hash) }
    }

    fn of_skip(skip: &SkipRecord) -> Self {
        let SkipRecord { path, size, mtime_ns, hash, .. } = skip;
        Self { path: path.clone(), bytes: *size, mtime_ns: *mtime_ns, hash: *hash }
    }
}

impl Engine {
    /// As [`Engine::preserve`], of all that the index knows in a folder.
    pub(crate) fn preserve_below(&self, folder: &DocPath) -> Result<()> {
        if !self.config.versions.keep || !self.keep.versions.is_kept() {
            return Ok(());
        }
        let waiting = Waiting { paths: BTreeSet::from([folder.clone()]), all: false };
        let candidates = self.candidates(&waiting)?;
        for batch in candidates.chunks(FILES) {
            self.keep_batch(&batch.iter().collect::<Vec<_>>())?;
        }
        self.sync_kept()
    }

    /// Has all that is kept on the disk.
    fn sync_kept(&self) -> Result<()> {
        self.keep.contents.sync()?;
        Ok(self.keep.versions.sync()?)
    }

    /// The content of a file as the index knows it, if the file has not changed since by all that the system says.
    pub(crate) fn indexed_as(&self, path: &DocPath) -> Option<ContentHash> {
        let snapshot = self.index.documents();
        match Presence::of(&path.to_fs(self.root())) {
            Ok(Presence::File(stat)) => known_hash(&snapshot, path, &stat),
            _ => None,
        }
    }

    /// Notes a version that was put in its place by the program, and has it kept soon.
    pub(crate) fn note_version(
        &self,
        path: &DocPath,
        hash: ContentHash,
        bytes: u64,
        (how, by): (How, &Actor),
    ) {
        if !self.config.versions.keeps(bytes) {
            return;
        }
        let is = Version { hash, bytes, at_ms: now_ms(), how, by: Some(by.clone()) };
        // Not synced: a version whose record is lost is met on the disk again.
        if let Err(error) =
            self.keep.versions.note_unsynced(&[Record::Version { path: path.to_string(), is }])
        {
            tracing::warn!(%error, %path, "a version was not noted; it is when it is met on the disk");
        }
        self.keep.look_at([path]);
    }

    /// What is known of a version that was met on the disk.
    pub(crate) fn version_of(
        &self,
        path: &DocPath,
        hash: ContentHash,
        bytes: u64,
        modified_ms: i64,
    ) -> Version {
        let is = match self.history.known(path, &hash).origin {
            Some(origin) => {
                let by = Some(Actor::clone(&origin.by));
                Version { hash, bytes, at_ms: origin.at_ms, how: How::Written, by }
            }
            // What a program claims of the time of its writing is believed, but for the future.
            None => Version { hash, bytes, at_ms: modified_ms.min(now_ms()), how: How::Seen, by: None },
        };
        // It was not there in between, so it is back only now.
        let is_back = self.keep.versions.look(|table| {
            let last = table.timelines().last(path.as_str());
            last.is_some_and(|last| last.is == Stood::Nothing && is.at_ms <= last.at_ms)
        });
        if is_back { Version { at_ms: now_ms(), ..is } } else { is }
    }

    /// Keeps at once what would be kept soon, in the background of [`Engine::watch`]. Returns how many versions were new.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep_versions(&self) -> Result<usize> {
        self.keep_waiting(&|| true)
    }

    /// Keeps what waits to be kept, until `go_on` says no. Returns how many versions were new.
    pub(crate) fn keep_waiting(&self, go_on: &dyn Fn() -> bool) -> Result<usize> {
        /// Between two syncs.
        const BYTES: u64 = 32 << 20;
        let waiting = std::mem::take(&mut *self.keep.waiting());
        if !self.config.versions.keep || !self.keep.versions.is_kept() {
            return Ok(0);
        }
        self.note_gone_from_disk(&waiting)?;
        let candidates = self.candidates(&waiting)?;
        let (mut first, mut kept) = (0, 0);
        while first < candidates.len() {
            if !go_on() {
                self.keep.look_at(candidates.iter().skip(first).map(|candidate| &candidate.path));
                return Ok(kept);
            }
            let mut bytes = 0;
            let batch = candidates.iter().skip(first).take(FILES).take_while(|candidate| {
                let is_first = bytes == 0;
                bytes += candidate.bytes;
                is_first || bytes <= BYTES
            });
            let batch: Vec<&Candidate> = batch.collect();
            first += batch.len().max(1);
            kept += self.keep_batch(&batch)?;
        }
        // Also what was written through the program and is kept already.
        self.sync_kept()?;
        Ok(kept)
    }

    /// Notes which files are there no more, of those that were.
    fn note_gone_from_disk(&self, waiting: &Waiting) -> Result<()> {
        let snapshot = self.index.documents();
        let standing: Vec<String> = self.keep.versions.look(|table| {
            let below = |path: &str| table.timelines().standing(path).map(str::to_owned).collect::<Vec<_>>();
            match waiting.all {
                true => below(""),
                false => waiting.paths.iter().flat_map(|path| below(path.as_str())).collect(),
            }
        });
        let mut gone = Vec::new();
        for path in standing {
            let Ok(at) = DocPath::new(&path) else { continue };
            let is_known = snapshot.doc(&at).is_some() || snapshot.skips().contains_key(&at);
            let is_absent = || {
                matches!(
                    self.folder.files.stat(&at),
                    Err(files::Error::NotFound(_) | files::Error::Below { .. })
                )
            };
            if !is_known && is_absent() {
                gone.push(Record::Gone { path, at_ms: now_ms() });
            }
        }
        Ok(self.keep.versions.note_unsynced(&gone)?)
    }

    fn keep_batch(&self, batch: &[&Candidate]) -> Result<usize> {
        let _held = self.keep.hold();
        let mut records = Vec::new();
        for Candidate { path, mtime_ns, hash: expected, .. } in batch {
            // What is gone or cannot be read now is met again by the index.
            let Ok((file, _)) = self.folder.files.open_file(path) else { continue };
            let (hash, bytes) = match self.keep.contents.put(file) {
                Ok(put) => put,
                // Of one file, or of the disk: then what follows fails too, and says so.
                Err(error) => {
                    tracing::warn!(%error, %path, "a version was not kept");
                    continue;
                }
            };
            // It has changed since: that is another version, which the index will name.
            if expected.is_none_or(|expected| expected == hash) {
                let is = self.version_of(path, hash, bytes, mtime_ns / 1_000_000);
                records.push(Record::Version { path: path.to_string(), is });
            }
        }
        self.keep.contents.sync()?;
        self.keep.versions.note(&records)?;
        Ok(records.len())
    }

    /// The files among these that have a version which is not kept yet.
    fn candidates(&self, waiting: &Waiting) -> Result<Vec<Candidate>> {
        let snapshot = self.index.documents();
        let mut all: Vec<Candidate> = Vec::new();
        if waiting.all {
            all.extend(
                snapshot
                    .docs()
                    .iter()
                    .filter(|doc| doc.container.is_none())
                    .map(|doc| Candidate::of_doc(doc)),
            );
            let skips = snapshot.skips_under("").filter(|skip| skip.container.is_none());
            all.extend(skips.map(|skip| Candidate::of_skip(skip)));
        }
        for path in &waiting.paths {
            let docs = snapshot.docs().under(path.as_str()).filter(|doc| doc.container.is_none());
            all.extend(docs.map(|doc| Candidate::of_doc(doc)));
            let skips = snapshot.skips_under(path.as_str()).filter(|skip| skip.container.is_none());
            all.extend(skips.map(|skip| Candidate::of_skip(skip)));
        }
        let mut wanted = Vec::new();
        for candidate in all {
            if self.config.versions.keeps(candidate.bytes) && !self.is_kept(&candidate)? {
                wanted.push(candidate);
            }
        }
        Ok(wanted)
    }

    fn is_kept(&self, Candidate { path, bytes, mtime_ns, hash }: &Candidate) -> Result<bool> {
        match hash {
            Some(hash) => self.keep.has(path, hash),
            // Nobody has looked at its bytes: it is the newest version as long as it looks like it.
            None => Ok(self.keep.versions.look(|table| {
                table.newest(path.as_str()).is_some_and(|newest| {
                    (newest.bytes, newest.at_ms) == (*bytes, (mtime_ns / 1_000_000).min(now_ms()))
                })
            })),
        }
    }

    /// Whether versions are known, and every content is what it was.
    pub(crate) fn check_versions(&self) -> Result<Finding> {
        let check = "versions".to_owned();
        if let Some(problem) = self.keep.versions.problem() {
            return Ok(Finding { check, ok: false, details: vec![problem.to_owned()] });
        }
        let damage = self.keep.contents.verify()?;
        let hint = "put the file back from a copy, or delete it: other packs are not concerned";
        let told = |Damage { path, offset, why }: &Damage| {
            format!("{} is damaged at byte {offset}: {why}; {hint}", path.display())
        };
        let details = match damage.is_empty() {
            true => {
                let (contents, bytes) = self.keep.contents.size()?;
                let versions = self.keep.versions.look(custody::versions::Table::len);
                vec![format!("{versions} versions, {contents} contents in {bytes} bytes")]
            }
            false => damage.iter().map(told).collect(),
        };
        Ok(Finding { check, ok: damage.is_empty(), details })
    }

    fn old_undos(&self) -> Vec<String> {
        let retention = self.config.versions.undo_retention();
        self.keep.versions.look(|table| table.old_undos(&retention, now_ms()))
    }

    fn has_old_undos(&self) -> bool {
        !self.old_undos().is_empty()
    }

    /// Drops the checkpoints that restores made, when it is time, and nobody has given them a name.
    pub(crate) fn drop_old_undos(&self) -> Result<()> {
        let deleted: Vec<Record> = self.old_undos().into_iter().map(|id| Record::Deleted { id }).collect();
        Ok(self.keep.versions.note(&deleted)?)
    }

    /// Drops versions and what lies in the trash when it is time, and the contents that nothing needs any more. [`Engine::watch`] does so once an
    /// hour.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn drop_old(&self) -> Result<()> {
        if !self.keep.versions.is_kept() {
            return Ok(());
        }
        self.empty_old_trash()?;
        if self.has_old_undos() {
            // Not while one is being put back.
            let _alone = self.turns.take_all();
            self.drop_old_undos()?;
        }
        // Whoever puts contents now waits; nobody who has put some has yet to note them.
        let _alone = self.keep.dropping.write().unwrap_or_else(PoisonError::into_inner);
        let pinned = self.needed_by_checkpoints()?;
        let is_there =
            |path: &str| DocPath::new(path).is_ok_and(|path| self.folder.files.stat(&path).is_ok());
        let stored = |hash: &ContentHash| match pinned.contains(hash) {
            true => 0,
            false => self.keep.contents.stored_bytes(hash).unwrap_or(0),
        };
        let forgotten =
            self.keep.versions.thin(&self.config.versions.retention(), now_ms(), is_there, stored)?;
        let mut needed = pinned;
        self.keep.versions.look(|table| needed.extend(table.contents().copied()));
        self.keep.drops.fetch_add(1, Ordering::SeqCst);
        let freed = self.keep.contents.retain(|hash| needed.contains(hash))?;
        if forgotten > 0 || freed.contents > 0 {
            tracing::info!(forgotten, contents = freed.contents, bytes = freed.bytes, "dropped old versions");
        }
        Ok(())
    }
}

/// The content of a file that looks like this, if the index has read it.
pub(crate) fn known_hash(snapshot: &Snapshot, path: &DocPath, stat: &Stat) -> Option<ContentHash> {
    let looks_so = |size, mtime_ns, inode| (size, mtime_ns, inode) == (stat.size, stat.mtime_ns, stat.inode);
    if let Some(doc) = snapshot.doc(path).filter(|doc| doc.container.is_none()) {
        return (!doc.racy && looks_so(doc.size, doc.mtime_ns, doc.inode)).then_some(doc.hash);
    }
    let skip = snapshot.skips().get(path).filter(|skip| skip.container.is_none())?;
    // Of what could not be read no time is kept that could prove anything; and what was read a moment ago may have changed within a tick.
    let settled = !stat.is_racy(skip.at_ms.saturating_mul(1_000_000));
    skip.hash.filter(|_| settled && looks_so(skip.size, skip.mtime_ns, skip.inode))
}

/// A failure of what custody keeps beside the index: opening the index again would mend none of it.
pub(crate) fn kept<T>(what: &str, result: custody::Result<T>) -> Result<T> {
    result.map_err(|error| match error.kind() {
        custody::ErrorKind::Damaged => {
            Error::new(ErrorKind::Io, format!("{what} is damaged on the disk: {error}"))
                .hint("other versions are not concerned; `workroom doctor` names all that are damaged")
        }
        custody::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, format!("{what} is no longer kept"))
            .hint("`workroom history PATH` says which versions are"),
        _ => error.into(),
    })
}

/// How often it is looked for new versions, and for old ones.
const EVERY: Duration = Duration::from_millis(250);
const DROP_EVERY: Duration = Duration::from_secs(3600);
const AFTER_ERROR: Duration = Duration::from_secs(30);

/// Keeps versions until it is time to stop.
pub(crate) fn keep_versions(workspace: &Engine, rest: &Rest, tell: &Tell) {
    let mut pause = EVERY;
    let mut dropped: Option<Instant> = None;
    while rest.wait(pause) {
        pause = EVERY;
        if workspace.improving.is_indexing() {
            continue;
        }
        let go_on = || !rest.is_over() && !workspace.improving.is_indexing();
        let mut done = workspace.keep_waiting(&go_on).map(drop);
        // Not at once: a process may be there for a moment only.
        let first = *dropped.get_or_insert_with(Instant::now);
        if done.is_ok() && first.elapsed() > DROP_EVERY {
            dropped = Some(Instant::now());
            done = workspace.drop_old();
        }
        if let Err(error) = done {
            tell(Improvement::Problem(format!("versions are not kept: {error}")));
            pause = AFTER_ERROR;
        }
    }
}
