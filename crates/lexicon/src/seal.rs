//! The seal: which segment files are known to be sound, so that opening need not read them all.
//!
//! tantivy does not compare the checksums of its files on open; reading every file each time would. So after each commit the seal
//! notes what the file system says of every live file (size, times, inode). A file that was changed since, by whatever but a failing
//! medium, looks different; only such files, and those the seal does not know, are read and compared on open. The seal is not synced:
//! one that is older or torn costs time, never trust. During a commit it is void.
//!
//! Invariant: a file is in the seal only if this process wrote it or its checksum matched, and as it was then.
//! Not here: rot that changes neither size nor times. Scrubbing finds it (`Searcher::verify_file`).
//! On disk: `seal`: crc32 u32 LE of the rest, length u32 LE of the body, body (postcard).

use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::fault;

const FILE: &str = "seal";
const VERSION: u8 = 1;

/// What a file system says of a file. Differs once the file was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    size: u64,
    modified_ns: i128,
    changed_ns: i128,
    inode: u64,
}

impl Fingerprint {
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        let meta = fs_err::metadata(path)?;
        let modified = meta.modified()?.duration_since(UNIX_EPOCH);
        let modified_ns = modified.map_or_else(|before| -nanos(before.duration()), nanos);
        let (changed_ns, inode) = identity(&meta);
        Ok(Self { size: meta.len(), modified_ns, changed_ns, inode })
    }
}

fn nanos(duration: std::time::Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

/// When the file's entry last changed, which no program can set, and its number.
#[cfg(unix)]
fn identity(meta: &std::fs::Metadata) -> (i128, u64) {
    use std::os::unix::fs::MetadataExt;
    (i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec()), meta.ino())
}

#[cfg(not(unix))]
fn identity(_meta: &std::fs::Metadata) -> (i128, u64) {
    (0, 0)
}

#[derive(Default, Serialize, Deserialize)]
struct Body {
    version: u8,
    files: BTreeMap<String, Fingerprint>,
}

/// The open seal of one directory.
pub(crate) struct Seal {
    dir: PathBuf,
    file: fs_err::File,
    known: BTreeMap<String, Fingerprint>,
}

impl Seal {
    /// Opens or creates the seal in `dir`. One that does not decode knows nothing.
    pub(crate) fn open(dir: &Path) -> std::io::Result<Self> {
        let options = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(dir.join(FILE));
        let mut file = options?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let known = decode(&bytes).map(|body| body.files).unwrap_or_default();
        Ok(Self { dir: dir.to_path_buf(), file, known })
    }

    /// Forgets everything, so that every file is read again.
    pub(crate) fn distrust(&mut self) {
        self.known.clear();
    }

    /// Whether `name` is as it was when it was sound.
    pub(crate) fn trusts(&self, name: &str) -> bool {
        let now = Fingerprint::of(&self.dir.join(name)).ok();
        now.is_some() && self.known.get(name).copied() == now
    }

    /// Notes that `name` is sound as it is now.
    pub(crate) fn trust(&mut self, name: &str) {
        if let Ok(now) = Fingerprint::of(&self.dir.join(name)) {
            self.known.insert(name.to_owned(), now);
        }
    }

    /// Makes the seal on disk void until it is renewed. What is written meanwhile may end this process: tantivy applies deletions on a
    /// thread whose panic nobody catches. Were the old seal still good then, the next process would end the same way.
    pub(crate) fn suspend(&mut self) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&[0; 8])
    }

    /// Makes `live`, all written by this process or found sound, what the seal holds. A file keeps the first fingerprint it got:
    /// were it taken anew, a change from outside would pass for ours.
    pub(crate) fn renew(&mut self, live: &HashSet<String>) -> std::io::Result<()> {
        self.known.retain(|name, _| live.contains(name));
        for name in live {
            if !self.known.contains_key(name) {
                self.trust(name);
            }
        }
        fault::point(fault::SEAL)?;
        let files = std::mem::take(&mut self.known);
        let body = Body { version: VERSION, files };
        let bytes = encode(&body);
        self.known = body.files;
        self.file.seek(SeekFrom::Start(0))?;
        // What an older, longer seal leaves behind the body is not read.
        self.file.write_all(&bytes)
    }
}

fn encode(body: &Body) -> Vec<u8> {
    // Writing to memory cannot fail; an empty body would only be one that decodes to nothing.
    let body = postcard::to_allocvec(body).unwrap_or_default();
    let len = (body.len() as u32).to_le_bytes();
    let sealed = [len.as_slice(), &body].concat();
    [crc32fast::hash(&sealed).to_le_bytes().as_slice(), &sealed].concat()
}

fn decode(bytes: &[u8]) -> Option<Body> {
    let (crc, rest) = bytes.split_first_chunk::<4>()?;
    let (len, body) = rest.split_first_chunk::<4>()?;
    let len = u32::from_le_bytes(*len) as usize;
    let body = body.get(..len)?;
    if crc32fast::hash(rest.get(..4 + len)?) != u32::from_le_bytes(*crc) {
        return None;
    }
    postcard::from_bytes(body).ok().filter(|body: &Body| body.version == VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> HashSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn only_what_is_unchanged_is_trusted() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs_err::write(dir.path().join(name), name).unwrap();
        }
        let mut seal = Seal::open(dir.path()).unwrap();
        assert!(!seal.trusts("a"));
        seal.renew(&names(&["a", "b", "c", "absent"])).unwrap();
        seal.renew(&names(&["a", "b"])).unwrap();
        fs_err::write(dir.path().join("b"), "longer").unwrap();
        seal.renew(&names(&["a", "b"])).unwrap();
        let seal = Seal::open(dir.path()).unwrap();
        let trusted = ["a", "b", "c", "absent"].map(|name| seal.trusts(name));
        assert_eq!(trusted, [true, false, false, false]);
    }

    #[test]
    fn a_damaged_seal_trusts_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::write(dir.path().join("a"), "a").unwrap();
        Seal::open(dir.path()).unwrap().renew(&names(&["a"])).unwrap();
        let good = fs_err::read(dir.path().join(FILE)).unwrap();
        for at in 0..good.len() {
            for bad in [&good[..at], &[&good[..at], &[good[at] ^ 0x41], &good[at + 1..]].concat()] {
                fs_err::write(dir.path().join(FILE), bad).unwrap();
                assert!(!Seal::open(dir.path()).unwrap().trusts("a"), "byte {at}");
            }
        }
        fs_err::write(dir.path().join(FILE), &good).unwrap();
        let mut seal = Seal::open(dir.path()).unwrap();
        assert!(seal.trusts("a"));
        seal.suspend().unwrap();
        assert!(!Seal::open(dir.path()).unwrap().trusts("a"));
        seal.renew(&names(&["a"])).unwrap();
        assert!(Seal::open(dir.path()).unwrap().trusts("a"));
    }
}
