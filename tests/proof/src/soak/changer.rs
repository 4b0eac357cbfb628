//! One who changes files and whole folders in every way there is, and knows after each call what must be there.
//!
//! Invariant: nobody else changes anything in its folder. So each answer is right or wrong, whoever was killed in the middle: what was done was
//! done once, and what cannot be done is refused for the right reason.
//! Not here: how a call comes to the workspace (`way`).

use super::Measured;
use super::way::{Act, Heard, Way};
use crate::Version;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folders in its folder, and files in each.
const FOLDERS: u64 = 4;
const FILES: u64 = 4;

/// What its files hold, by path.
type Held = BTreeMap<String, Version>;

pub(super) struct Changer {
    way: Box<dyn Way>,
    root: PathBuf,
    folder: String,
    held: Held,
    rng: fastrand::Rng,
    n: u64,
    /// Once something went wrong, nothing can be told any more.
    is_lost: bool,
}

impl Changer {
    /// One that works in a folder of its own; texts are numbered from `n` on.
    pub(super) fn new(way: Box<dyn Way>, root: &Path, folder: String, rng: fastrand::Rng, n: u64) -> Self {
        Self { way, root: root.to_owned(), folder, held: Held::new(), rng, n, is_lost: false }
    }

    /// Makes one change, or asks for one that cannot be made.
    pub(super) fn step(&mut self, measured: &mut Measured) {
        if self.is_lost {
            return std::thread::yield_now();
        }
        let Some((act, expected, after)) = self.choose() else { return };
        let before = std::mem::replace(&mut self.held, after);
        let (way, kind) = (self.way.name(), act.kind());
        let heard = measured.call(&format!("{way} {kind}"), || self.way.ask(&act));
        let is_right = heard.as_ref() == Some(&expected);
        if let Some(heard) = heard.filter(|_| !is_right) {
            measured.stale.push(format!("{way}: {act:?} was answered {heard:?}, not {expected:?}"));
        }
        let holds = self.holds().with_context(|| format!("{way}: after {act:?}"));
        if let Err(error) = &holds {
            measured.stale.push(format!("{error:#}"));
        }
        self.is_lost = !is_right || holds.is_err();
        let gone = before.keys().filter(|path| !self.held.contains_key(*path));
        measured.last.extend(gone.map(|path| (path.clone(), None)));
        measured.last.extend(self.held.iter().map(|(path, version)| (path.clone(), Some(*version))));
    }

    /// A change, what is to be heard, and what is held then.
    fn choose(&mut self) -> Option<(Act, Heard, Held)> {
        self.n += 1;
        let mut after = self.held.clone();
        let (act, heard) = match self.rng.u8(0..16) {
            0..3 => {
                let (path, version) = (self.place(), Version::new(self.n, self.rng.u32(1..12)));
                after.insert(path.clone(), version);
                (Act::Write(path, version.text()), Heard::Done)
            }
            3..5 => {
                let (path, version) = self.one()?;
                let longer = version.longer(self.rng.u32(1..4));
                after.insert(path.clone(), longer);
                (Act::Append(path, longer.text().split_off(version.text().len())), Heard::Done)
            }
            5 => {
                let ((path, version), new) = (self.one()?, Version::new(self.n, self.rng.u32(1..12)));
                after.insert(path.clone(), new);
                (Act::Edit(path, version.text(), new.text()), Heard::Done)
            }
            6 | 7 => {
                let ((from, version), to) = (self.one()?, self.place());
                let is_copy = self.rng.bool();
                let heard = if self.held.contains_key(&to) { Heard::Conflict } else { Heard::Done };
                if heard == Heard::Done {
                    after.insert(to.clone(), version);
                    if !is_copy {
                        after.remove(&from);
                    }
                }
                (if is_copy { Act::Copy(from, to) } else { Act::Rename(from, to) }, heard)
            }
            8 | 9 => {
                let path = self.place();
                let heard = if after.remove(&path).is_some() { Heard::Done } else { Heard::NotFound };
                (Act::Remove(path), heard)
            }
            10..12 => self.folder_to_another(&mut after)?,
            12 => {
                let folder = self.nth();
                let is_there = self.is_there(&folder);
                after.retain(|path, _| !is_below(path, &folder));
                (Act::RemoveFolder(folder), if is_there { Heard::Done } else { Heard::NotFound })
            }
            13 => (Act::MakeFolder(format!("{}/made/{}", self.folder, self.n % FILES)), Heard::Done),
            14 => (Act::Rename(format!("{}/none.md", self.folder), self.one()?.0), Heard::NotFound),
            _ => {
                let (path, _) = self.one()?;
                (Act::Copy(path.clone(), path), Heard::Conflict)
            }
        };
        Some((act, heard, after))
    }

    /// A folder is moved or copied to a place where there is none.
    fn folder_to_another(&mut self, after: &mut Held) -> Option<(Act, Heard)> {
        let (from, to, is_copy) = (self.nth(), self.nth(), self.rng.bool());
        if !self.is_there(&from) || self.is_there(&to) {
            return None;
        }
        for (path, version) in self.held.iter().filter(|(path, _)| is_below(path, &from)) {
            after.insert(format!("{to}{}", &path[from.len()..]), *version);
            if !is_copy {
                after.remove(path);
            }
        }
        Some((if is_copy { Act::Copy(from, to) } else { Act::Rename(from, to) }, Heard::Done))
    }

    /// Nobody else makes or removes one.
    fn is_there(&self, folder: &str) -> bool {
        self.root.join(folder).exists()
    }

    fn nth(&mut self) -> String {
        format!("{}/d{}", self.folder, self.rng.u64(0..FOLDERS))
    }

    fn place(&mut self) -> String {
        format!("{}/{}.md", self.nth(), self.rng.u64(0..FILES))
    }

    fn one(&mut self) -> Option<(String, Version)> {
        let n = self.rng.usize(0..self.held.len().max(1));
        self.held.iter().nth(n).map(|(path, version)| (path.clone(), *version))
    }

    /// Whether its folder holds what it must.
    fn holds(&self) -> Result<()> {
        let there = crate::folder::below(&self.root, &self.folder)?;
        let wanted = self.held.iter().map(|(path, version)| (path.clone(), version.text().into_bytes()));
        let wanted: BTreeMap<String, Vec<u8>> = wanted.collect();
        let differ = |path: &&String| there.get(*path) != wanted.get(*path);
        let wrong: Vec<&String> = there.keys().chain(wanted.keys()).filter(differ).collect();
        ensure!(wrong.is_empty(), "these are not what they must be: {wrong:?}");
        Ok(())
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
