//! What can happen to a file: a bit, a block, the end, all of it.
//!
//! Invariant: the plan names each kind of file with each damage once, before anything is left to chance.

use anyhow::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file under `.workroom/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// What it is for, without the numbers in its name.
    pub kind: String,
    /// Where it is, below `.workroom/`.
    pub path: PathBuf,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// One random bit is another.
    Flip,
    /// A block of 4 KiB is zeros.
    ZeroBlock,
    /// It ends at a random place.
    Shorten,
    /// It is empty.
    Empty,
    /// It is gone.
    Delete,
    /// It is a folder.
    Folder,
    /// It holds as many random bytes.
    Garbage,
}

const ALL: [Damage; 7] = [
    Damage::Flip,
    Damage::ZeroBlock,
    Damage::Shorten,
    Damage::Empty,
    Damage::Delete,
    Damage::Folder,
    Damage::Garbage,
];
/// What a block device loses at once.
const BLOCK: usize = 4096;

impl Damage {
    /// Does it to the file at `path`; does nothing when an earlier damage took it away.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn inflict(self, path: &Path, rng: &mut fastrand::Rng) -> Result<()> {
        if !path.is_file() {
            return Ok(());
        }
        match self {
            Self::Delete => return Ok(fs_err::remove_file(path)?),
            Self::Folder => {
                fs_err::remove_file(path)?;
                return Ok(fs_err::create_dir(path)?);
            }
            _ => {}
        }
        let mut bytes = fs_err::read(path)?;
        self.apply(&mut bytes, rng);
        // In place: what a disk does to a file changes neither its name nor its number.
        Ok(fs_err::write(path, bytes)?)
    }

    fn apply(self, bytes: &mut Vec<u8>, rng: &mut fastrand::Rng) {
        let at = rng.usize(0..bytes.len().max(1));
        match self {
            Self::Flip => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.u8(0..8)),
            Self::ZeroBlock => {
                bytes.iter_mut().skip(at / BLOCK * BLOCK).take(BLOCK).for_each(|byte| *byte = 0)
            }
            Self::Shorten => bytes.truncate(at),
            Self::Empty => bytes.clear(),
            Self::Garbage => bytes.iter_mut().for_each(|byte| *byte = rng.u8(..)),
            Self::Delete | Self::Folder => {}
        }
    }
}

/// Every file below `folder`.
///
/// # Errors
/// When it cannot be read.
pub(super) fn targets(folder: &Path) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    gather(folder, Path::new(""), &mut targets)?;
    targets.sort();
    Ok(targets)
}

fn gather(folder: &Path, below: &Path, targets: &mut Vec<Target>) -> Result<()> {
    for entry in fs_err::read_dir(folder.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            gather(folder, &path, targets)?;
        } else if entry.file_type()?.is_file() {
            targets.push(Target { kind: kind_of(&path), path });
        }
    }
    Ok(())
}

/// The path with what only tells one file from the next left out: `lexicon/*.term`, `sled/snap.*`.
fn kind_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let is_number = |text: &str| text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let first = name.split('.').next().unwrap_or_default();
    let bare = if is_number(first) {
        format!("*.{extension}")
    } else if is_number(extension) {
        format!("{stem}.*")
    } else {
        name.clone()
    };
    path.with_file_name(bare).to_string_lossy().into_owned()
}

/// Each kind of file with each damage, in random order.
pub(super) fn plan(targets: &[Target], rng: &mut fastrand::Rng) -> Vec<Vec<(Target, Damage)>> {
    let mut by_kind: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
    targets.iter().for_each(|target| by_kind.entry(&target.kind).or_default().push(target));
    let mut plan = Vec::new();
    for files in by_kind.values() {
        plan.extend(ALL.map(|damage| vec![(files[rng.usize(0..files.len())].clone(), damage)]));
    }
    rng.shuffle(&mut plan);
    plan
}

/// One damage, or several at once.
pub(super) fn choose(targets: &[Target], rng: &mut fastrand::Rng) -> Vec<(Target, Damage)> {
    let n = [1, 1, 1, 2, 3][rng.usize(0..5)];
    (0..n).map(|_| (targets[rng.usize(0..targets.len())].clone(), ALL[rng.usize(0..ALL.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_damage_does_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut rng = fastrand::Rng::with_seed(1);
        let whole: Vec<u8> = (0..10_000u32).map(|i| (i % 251) as u8 + 1).collect();
        let mut after = |damage: Damage| {
            if path.is_dir() {
                fs_err::remove_dir(&path).unwrap();
            }
            fs_err::write(&path, &whole).unwrap();
            damage.inflict(&path, &mut rng).unwrap();
            path.is_file().then(|| fs_err::read(&path).unwrap())
        };
        let differing = |bytes: &[u8]| bytes.iter().zip(&whole).filter(|(a, b)| a != b).count();
        assert_eq!(differing(&after(Damage::Flip).unwrap()), 1);
        assert!(matches!(differing(&after(Damage::ZeroBlock).unwrap()), 1808 | BLOCK));
        assert!(after(Damage::Shorten).unwrap().len() < whole.len());
        assert_eq!(after(Damage::Empty), Some(Vec::new()));
        assert!(differing(&after(Damage::Garbage).unwrap()) > 9_000);
        assert_eq!(after(Damage::Delete), None);
        assert_eq!(after(Damage::Folder), None);
        assert!(path.is_dir());
    }

    #[test]
    fn files_of_a_kind_are_one_kind_and_the_plan_has_all() {
        let kind = |path: &str| kind_of(Path::new(path));
        assert_eq!(kind("index/lexicon/0123456789abcdef0123456789abcdef.term"), "index/lexicon/*.term");
        assert_eq!(kind("index/lexicon/0123456789abcdef0123456789abcdef.824.del"), "index/lexicon/*.del");
        assert_eq!(kind("index/ledger/sled/snap.0000000000012A4F"), "index/ledger/sled/snap.*");
        assert_eq!(kind("index/lexicon/.managed.json"), "index/lexicon/.managed.json");
        assert_eq!(kind("config.toml"), "config.toml");
        let target = |path: &str| Target { kind: kind(path), path: path.into() };
        let targets = [target("a/0123456789abcdef.x"), target("a/1123456789abcdef.x"), target("lock")];
        assert_eq!(plan(&targets, &mut fastrand::Rng::with_seed(1)).len(), 2 * ALL.len());
    }
}
