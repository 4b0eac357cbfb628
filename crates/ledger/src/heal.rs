//! Opening what a crash or a bad disk left behind.
//!
//! Sled dies of its own leftovers: a snapshot that was being written when the process was killed sorts last, fails its checksum, and
//! no open succeeds again. So leftovers go first. If sled still cannot be opened, its log is replayed without any snapshot, on a
//! copy; if that fails too, the store is set aside and an empty one begins.
//!
//! Invariant: the damaged files stay (the two newest sets of them), so nothing is lost to a wrong diagnosis.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use corpus::Seq;

use crate::codec::Head;
use crate::store::{Store, read_head, sync_folder};
use crate::watermark::is_behind;
use crate::{Error, fault, load, verify};

/// What opening found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// How the store was.
    pub outcome: Outcome,
    /// Half-written snapshots that were deleted; a kill while opening leaves them.
    pub unfinished_snapshots: usize,
    /// The last commit that is known to have been acknowledged, if the note of it was readable. When it is above the ledger's `seq`,
    /// the commits between are lost and the files must be scanned again.
    pub acknowledged: Option<Seq>,
}

/// How the store was when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There was none; an empty one was made.
    Created,
    /// Sound.
    Clean,
    /// It did not open, or had fallen behind what it had acknowledged; its log was read again up to the first damage, and what came of
    /// that verifies. The last commits may be missing.
    Replayed {
        /// Where the damaged files are.
        set_aside: PathBuf,
    },
    /// It was beyond repair; an empty one was made, with another store id. Commit numbers begin at zero again; documents' and
    /// chunks' do not, if the note of them was readable.
    Reset {
        /// Where the damaged files are.
        set_aside: PathBuf,
    },
}

/// Opens the store in `root/sled`, mending what can be mended. The caller holds the lock.
pub(crate) fn open(root: &Path, cache_bytes: u64, mark: Option<Head>) -> Result<(Store, OpenReport), Error> {
    let dir = store_dir(root);
    let existed = dir.join("db").exists();
    if !existed {
        // Without the log, what is left of a half-deleted store only misleads sled.
        remove_folder(&dir)?;
    }
    let unfinished_snapshots = remove_unfinished_snapshots(&dir)?;
    let report =
        |outcome| OpenReport { outcome, unfinished_snapshots, acknowledged: mark.map(|mark| Seq(mark.seq)) };
    let mark = mark.filter(|_| existed);
    match open_sound(&dir, cache_bytes, mark) {
        Ok(store) => Ok((store, report(if existed { Outcome::Clean } else { Outcome::Created }))),
        Err(error) if error.is_damage() => {
            tracing::warn!(%error, dir = %dir.display(), "the store does not open; replaying its log");
            let (store, outcome) = recover(root, cache_bytes)?;
            Ok((store, report(outcome)))
        }
        Err(error) => Err(error),
    }
}

/// What a store that was set aside is called, up to the time in milliseconds since 1970.
const ASIDE: &str = "sled.damaged-";
/// So many stores stay aside: the newest, and one before it, should the second damage have come from mending the first.
const KEPT: usize = 2;

/// Moves the store in `root/sled` out of the way and deletes the oldest of those set aside before. The caller holds the lock.
pub(crate) fn set_aside(root: &Path) -> Result<PathBuf, Error> {
    fault::at(fault::SET_ASIDE)?;
    let mut aside = stores_aside(root)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
    let newest = aside.last().map_or(0, |(at, _)| at + 1);
    // Twenty digits at most, so the order of names is that of times for a few hundred years.
    let to = root.join(format!("{ASIDE}{}", now.max(newest)));
    while aside.len() >= KEPT {
        remove_folder(&aside.remove(0).1)?;
    }
    let from = store_dir(root);
    if from.exists() {
        fs_err::rename(&from, &to).map_err(Error::io(&from, "rename"))?;
    }
    sync_folder(root)?;
    Ok(to)
}

/// The stores set aside and when, oldest first.
fn stores_aside(root: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(root).map_err(Error::io(root, "list"))? {
        let path = entry.map_err(Error::io(root, "list"))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(at) = name.strip_prefix(ASIDE).and_then(|at| at.parse().ok()) {
            found.push((at, path));
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn store_dir(root: &Path) -> PathBuf {
    root.join("sled")
}

fn open_sound(dir: &Path, cache_bytes: u64, mark: Option<Head>) -> Result<Store, Error> {
    let store = Store::open(dir, cache_bytes)?;
    let head = read_head(&store)?;
    if mark.is_some_and(|mark| is_behind(head, mark)) {
        let why = "it has forgotten commits that it acknowledged".to_owned();
        return Err(Error::Damaged { dir: dir.to_path_buf(), why });
    }
    Ok(store)
}

/// Replays the log on a copy without snapshot and settings; the original is set aside whatever comes of it, unless the system refuses
/// what a repair needs: a full disk is no damage, and would take the store for nothing.
fn recover(root: &Path, cache_bytes: u64) -> Result<(Store, Outcome), Error> {
    let copy = root.join("sled.replay");
    remove_folder(&copy)?;
    fs_err::create_dir_all(&copy).map_err(Error::io(&copy, "create"))?;
    let log = store_dir(root).join("db");
    fault::at(fault::REPLAY)?;
    let replayed = match fs_err::copy(&log, copy.join("db")).map_err(Error::io(&log, "copy")) {
        Err(error) if is_refusal(&error) => {
            remove_folder(&copy)?;
            return Err(error);
        }
        copied => copied.and_then(|_| replay(&copy, cache_bytes)),
    };
    let set_aside = set_aside(root)?;
    fault::at(fault::REPLACE)?;
    let sound = replayed.is_ok();
    if sound {
        fs_err::rename(&copy, store_dir(root)).map_err(Error::io(&copy, "rename"))?;
    } else {
        remove_folder(&copy)?;
    }
    sync_folder(root)?;
    let store = open_sound(&store_dir(root), cache_bytes, None)?;
    let outcome = if sound { Outcome::Replayed { set_aside } } else { Outcome::Reset { set_aside } };
    Ok((store, outcome))
}

/// Whether the system would not let us, as opposed to could not.
fn is_refusal(error: &Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let Error::Io { source, .. } = error else { return false };
    matches!(source.kind(), PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
}

/// Opens the copy and reads every row of it: a replay that resurrects half a page must not pass for sound.
fn replay(copy: &Path, cache_bytes: u64) -> Result<(), Error> {
    let store = open_sound(copy, cache_bytes, None)?;
    let head = read_head(&store)?.ok_or(Error::Inconsistent { why: "the log holds no head" })?;
    let report = verify::verify(&store, &head)?;
    if !report.is_readable() {
        return Err(Error::Inconsistent { why: "the replayed log does not verify" });
    }
    // What the replay lost, the files make good.
    let head = load::recount(&store, head)?;
    store.commit(&[], &head).map(drop)
}

fn remove_unfinished_snapshots(dir: &Path) -> Result<usize, Error> {
    if !dir.exists() {
        return Ok(0);
    }
    let mut removed = 0;
    for entry in fs_err::read_dir(dir).map_err(Error::io(dir, "list"))? {
        let path = entry.map_err(Error::io(dir, "list"))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs_err::remove_file(&path).map_err(Error::io(&path, "delete"))?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn remove_folder(dir: &Path) -> Result<(), Error> {
    if dir.exists() { fs_err::remove_dir_all(dir).map_err(Error::io(dir, "delete")) } else { Ok(()) }
}
