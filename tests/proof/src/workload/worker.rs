//! One thread of the workload, and its choices.

use super::{Known, Room};
use crate::check::ALL;
use crate::journal::Ack;
use crate::op::beside;
use crate::{Op, Version};
use anyhow::{Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use workroom::{Condition, Edit, Mode, NoProgress, Query, Written};

mod folders;

/// Files of each kind that a thread works on; few, so that most operations meet an earlier one.
const FILES: u64 = 8;
/// Files that all threads write.
const SHARED: u64 = 3;

/// One thread, and what its files hold.
pub(super) struct Worker<'a> {
    room: &'a Room,
    rng: fastrand::Rng,
    api: Files,
    out: Files,
    /// Folders that it made.
    made: BTreeMap<String, Version>,
}

/// Files under one folder that one thread changes.
struct Files {
    folder: String,
    held: BTreeMap<String, Version>,
    /// Left by a write that was never acknowledged: there, but not yet promised to be found.
    unpromised: BTreeSet<String>,
}

impl Files {
    fn of(folder: String, known: &Known) -> Self {
        let ours = |path: &&String| path.starts_with(&folder) && !path.ends_with('/');
        let held = known.files.iter().filter(|(path, _)| ours(path));
        let held = held.map(|(path, version)| (path.clone(), *version)).collect();
        let unpromised = known.unpromised.iter().filter(ours).cloned().collect();
        Self { held, unpromised, folder }
    }

    fn hold(&mut self, path: &str, version: Version) {
        self.unpromised.remove(path);
        self.held.insert(path.to_owned(), version);
    }

    /// One of the places for a file, whether there is one or not.
    fn place(&self, rng: &mut fastrand::Rng) -> String {
        let n = rng.u64(0..FILES);
        let kind = ["md", "txt"][(n % 2) as usize];
        format!("{}d{}/{n}.{kind}", self.folder, n % 3)
    }

    /// A file that is there.
    fn one(&self, rng: &mut fastrand::Rng) -> Option<(String, Version)> {
        let n = rng.usize(0..self.held.len().max(1));
        self.held.iter().nth(n).map(|(path, version)| (path.clone(), *version))
    }
}

impl<'a> Worker<'a> {
    pub(super) fn new(room: &'a Room, thread: usize, seed: u64, known: &Known) -> Self {
        let folder = format!("api/{thread}/");
        let is_made = |path: &str| path.starts_with(&folder) && path.ends_with('/');
        let made = known.files.iter().filter(|(path, _)| is_made(path));
        Self {
            room,
            made: made.map(|(path, version)| (path.clone(), *version)).collect(),
            rng: fastrand::Rng::with_seed(seed.wrapping_mul(31).wrapping_add(thread as u64)),
            api: Files::of(format!("api/{thread}/"), known),
            out: Files::of(format!("out/{thread}/"), known),
        }
    }

    /// Works until there is no more to do.
    pub(super) fn run(&mut self) -> Result<()> {
        while self.room.takes_one() {
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let dice = self.rng.u32(0..100);
        let outside = !self.room.only_api;
        match dice {
            0..20 => self.write(),
            20..24 => self.append(),
            24..27 => self.change(),
            27..32 => self.write_shared(),
            32..36 => self.remove(),
            36..39 => self.copy(),
            39..43 => self.rename(),
            43..50 => self.folders(),
            50..64 if outside => self.edit(),
            64..69 if outside => self.delete(),
            69..74 if outside => self.shift(),
            74..82 => self.index(),
            82..84 => self.room.reopen(),
            84..87 if self.room.teaches => self.backfill(),
            _ => self.search(),
        }
    }

    /// A text of its own; now and then a long one.
    fn version(&mut self, n: u64) -> Version {
        let most = [4, 4, 4, 12, 12, 60, 60, 400][self.rng.usize(0..8)];
        Version::new(n, self.rng.u32(1..most))
    }

    fn write(&mut self) -> Result<()> {
        let path = self.api.place(&mut self.rng);
        let version = if self.rng.u8(0..4) == 0 { self.put(&path)? } else { self.write_to(path.clone())? };
        self.api.hold(&path, version);
        // Every second time the writer looks for what it has just written.
        if self.rng.bool() { self.search_for(path, version) } else { Ok(()) }
    }

    fn write_shared(&mut self) -> Result<()> {
        let path = format!("shared/{}.md", self.rng.u64(0..SHARED));
        self.write_to(path).map(drop)
    }

    fn write_to(&mut self, path: String) -> Result<Version> {
        let n = self.room.number();
        let version = self.version(n);
        let op = Op::Write { path: path.clone(), version };
        self.room.perform(n, op, || {
            let written =
                self.room.with(|workspace| Ok(workspace.write(&path, version.text().as_bytes())?))?;
            acknowledged(written, version)
        })?;
        Ok(version)
    }

    /// Bytes that come in portions, and are put in their place when all have come.
    fn put(&mut self, path: &str) -> Result<Version> {
        let n = self.room.number();
        let version = self.version(n);
        let op = Op::Put { path: path.to_owned(), version };
        let portion = self.rng.usize(1..20_000);
        self.room.perform(n, op, || {
            let written = self.room.with(|workspace| {
                let mut spool = workspace.spool()?;
                version.text().as_bytes().chunks(portion).try_for_each(|bytes| spool.write_all(bytes))?;
                Ok(workspace.put(path, &spool.finish()?, &Condition::Any)?)
            })?;
            acknowledged(written, version)
        })?;
        Ok(version)
    }

    fn append(&mut self) -> Result<()> {
        let Some((path, before)) = self.api.one(&mut self.rng) else { return Ok(()) };
        let version = before.longer(self.rng.u32(1..8));
        let (text, from) = (version.text(), before.text().len());
        self.api.hold(&path, version);
        self.room.perform(self.room.number(), Op::Append { path: path.clone(), version }, || {
            let more = &text.as_bytes()[from..];
            let condition = Condition::Version(before.hash());
            acknowledged(self.room.with(|workspace| Ok(workspace.append(&path, more, &condition)?))?, version)
        })
    }

    /// Edits a text into another.
    fn change(&mut self) -> Result<()> {
        let Some((path, before)) = self.api.one(&mut self.rng) else { return Ok(()) };
        let n = self.room.number();
        let version = self.version(n);
        self.api.hold(&path, version);
        self.room.perform(n, Op::Change { path: path.clone(), version }, || {
            let edit = Edit { old: before.text(), new: version.text(), replace_all: false };
            let edited =
                self.room.with(|workspace| Ok(workspace.edit(&path, &[edit], &Condition::Any, false)?))?;
            ensure!(edited.version == version.hash(), "acknowledged as {}", edited.version);
            Ok(Ack { seq: edited.seq, version: Some(edited.version), ..Ack::default() })
        })
    }

    fn copy(&mut self) -> Result<()> {
        let Some((from, version)) = self.api.one(&mut self.rng) else { return Ok(()) };
        let to = self.api.place(&mut self.rng);
        if self.api.held.contains_key(&to) {
            return Ok(());
        }
        self.api.hold(&to, version);
        self.room.perform(self.room.number(), Op::Copy { to: to.clone(), version }, || {
            let seq = self.room.with(|workspace| Ok(workspace.copy(&from, &to)?))?;
            Ok(Ack { seq: Some(seq), ..Ack::default() })
        })
    }

    fn remove(&mut self) -> Result<()> {
        let Some((path, _)) = self.api.one(&mut self.rng) else { return Ok(()) };
        self.api.held.remove(&path);
        self.room.perform(self.room.number(), Op::Remove { path: path.clone() }, || {
            let seq = self.room.with(|workspace| Ok(workspace.remove(&path)?))?;
            Ok(Ack { seq: Some(seq), ..Ack::default() })
        })
    }

    /// To a place where nothing is: the library replaces no file by a rename.
    fn rename(&mut self) -> Result<()> {
        let Some((from, version)) = self.api.one(&mut self.rng) else { return Ok(()) };
        let to = self.api.place(&mut self.rng);
        if self.api.held.contains_key(&to) {
            return Ok(());
        }
        self.api.held.remove(&from);
        self.api.hold(&to, version);
        let op = Op::Rename { from: from.clone(), to: to.clone(), version };
        self.room.perform(self.room.number(), op, || {
            let seq = self.room.with(|workspace| Ok(workspace.rename(&from, &to)?))?;
            Ok(Ack { seq: Some(seq), ..Ack::default() })
        })
    }

    fn edit(&mut self) -> Result<()> {
        let (n, path) = (self.room.number(), self.out.place(&mut self.rng));
        let (version, in_place) = (self.version(n), self.rng.bool());
        self.out.held.insert(path.clone(), version);
        if !in_place {
            self.out.held.remove(&beside(&path));
        }
        let at = self.at(&path);
        self.room.perform(n, Op::Edit { path: path.clone(), version, in_place }, || {
            if let Some(folder) = at.parent() {
                fs_err::create_dir_all(folder)?;
            }
            if in_place {
                fs_err::write(&at, version.text())?;
            } else {
                let beside = self.at(&beside(&path));
                fs_err::write(&beside, version.text())?;
                fs_err::rename(beside, &at)?;
            }
            Ok(Ack::default())
        })
    }

    fn delete(&mut self) -> Result<()> {
        let Some((path, _)) = self.out.one(&mut self.rng) else { return Ok(()) };
        self.out.held.remove(&path);
        let at = self.at(&path);
        self.room.perform(self.room.number(), Op::Delete { path }, || {
            fs_err::remove_file(at)?;
            Ok(Ack::default())
        })
    }

    /// Renames a file behind the program's back.
    fn shift(&mut self) -> Result<()> {
        let Some((from, version)) = self.out.one(&mut self.rng) else { return Ok(()) };
        let to = self.out.place(&mut self.rng);
        if from == to {
            return Ok(());
        }
        self.out.held.remove(&from);
        self.out.held.insert(to.clone(), version);
        let (old, new) = (self.at(&from), self.at(&to));
        self.room.perform(self.room.number(), Op::Move { from, to, version }, || {
            if let Some(folder) = new.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::rename(old, new)?;
            Ok(Ack::default())
        })
    }

    fn index(&mut self) -> Result<()> {
        self.room.perform(self.room.number(), Op::Index, || {
            self.room.with(|workspace| Ok(workspace.index(&NoProgress)?))?;
            Ok(Ack::default())
        })
    }

    fn backfill(&mut self) -> Result<()> {
        let cancel = AtomicBool::new(false);
        let mut batches = self.rng.u32(1..4);
        self.room.perform(self.room.number(), Op::Backfill, || {
            let mut progress = |_, _| {
                batches -= 1;
                cancel.store(batches == 0, Ordering::Relaxed);
            };
            self.room.with(|workspace| Ok(workspace.backfill(&mut progress, &cancel)?))?;
            Ok(Ack::default())
        })
    }

    fn search(&mut self) -> Result<()> {
        match self.api.one(&mut self.rng) {
            Some((path, version)) if !self.api.unpromised.contains(&path) => self.search_for(path, version),
            _ => Ok(()),
        }
    }

    /// A thread's own file is found as it wrote it last.
    fn search_for(&mut self, path: String, version: Version) -> Result<()> {
        let mode = if self.rng.bool() { Mode::Hybrid } else { Mode::Lexical };
        self.room.perform(self.room.number(), Op::Search { version }, || {
            // Copies of a long text have many chunks that are alike.
            let query = Query::new(version.marker()).mode(mode).limit(ALL).rescore_ms(0);
            let hits = self.room.with(|workspace| Ok(workspace.search(&query)?))?;
            let own = |hit: &workroom::Hit| hit.path == path && hit.version == version.hash() && hit.fresh;
            ensure!(hits.iter().any(own), "{path} is not found as it was written: {hits:?}");
            Ok(Ack::default())
        })
    }

    fn at(&self, path: &str) -> PathBuf {
        self.room.root.join(path)
    }
}

fn acknowledged(written: Written, version: Version) -> Result<Ack> {
    ensure!(written.version == version.hash(), "acknowledged as {}", written.version);
    Ok(Ack { seq: Some(written.seq), version: Some(written.version), ..Ack::default() })
}
