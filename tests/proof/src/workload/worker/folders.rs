//! What a thread of the workload does with whole folders: those that its files lie in, and some that are made by name.

use super::Worker;
use crate::journal::Ack;
use crate::op::Files;
use crate::{Op, Version, folder};
use anyhow::{Result, ensure};

/// Folders that a thread moves about.
const FOLDERS: u64 = 8;
/// Folders that it makes by name.
const MADE: u64 = 3;

impl Worker<'_> {
    pub(super) fn folders(&mut self) -> Result<()> {
        match self.rng.u8(0..8) {
            0..2 => self.rename_folder(),
            2..4 => self.copy_folder(),
            4..6 => self.remove_folder(),
            _ => self.make_or_remove_empty(),
        }
    }

    fn rename_folder(&mut self) -> Result<()> {
        let (Some((from, files)), Some(to)) = (self.full(), self.free()) else { return Ok(()) };
        self.drop_below(&from, &files);
        self.hold_below(&to, &files);
        let op = Op::RenameFolder { from: from.clone(), to: to.clone(), files };
        self.room.perform(self.room.number(), op, || {
            self.room.with(|workspace| Ok(workspace.rename(&from, &to)?)).map(acknowledged)
        })
    }

    fn copy_folder(&mut self) -> Result<()> {
        let (Some((from, files)), Some(to)) = (self.full(), self.free()) else { return Ok(()) };
        self.hold_below(&to, &files);
        let op = Op::CopyFolder { to: to.clone(), files };
        self.room.perform(self.room.number(), op, || {
            self.room.with(|workspace| Ok(workspace.copy(&from, &to)?)).map(acknowledged)
        })
    }

    fn remove_folder(&mut self) -> Result<()> {
        let Some((path, files)) = self.full() else { return Ok(()) };
        self.drop_below(&path, &files);
        let op = Op::RemoveFolder { path: path.clone(), files };
        self.room.perform(self.room.number(), op, || {
            self.room.with(|workspace| Ok(workspace.remove_folder(&path, true)?)).map(acknowledged)
        })
    }

    fn make_or_remove_empty(&mut self) -> Result<()> {
        let path = format!("{}e/{}{}/", self.api.folder, folder::MADE, self.rng.u64(0..MADE));
        let bare = path.trim_end_matches('/').to_owned();
        if self.made.remove(&path).is_some() {
            return self.room.perform(self.room.number(), Op::RemoveEmpty { path }, || {
                self.room.with(|workspace| Ok(workspace.remove_folder(&bare, false)?)).map(acknowledged)
            });
        }
        let n = self.room.number();
        let version = Version::folder(n);
        self.made.insert(path.clone(), version);
        self.room.perform(n, Op::MakeFolder { path, version }, || {
            let is_new = self.room.with(|workspace| Ok(workspace.make_folder(&bare)?))?;
            ensure!(is_new, "{bare} was there before it was made");
            Ok(Ack::default())
        })
    }

    fn all(&self) -> Vec<String> {
        (0..FOLDERS).map(|n| format!("{}d{n}", self.api.folder)).collect()
    }

    /// A folder with something in it.
    fn full(&mut self) -> Option<(String, Files)> {
        let below =
            |path: &str, folder: &str| path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned);
        let files = |folder: String| {
            let files =
                self.api.held.iter().filter_map(|(path, version)| Some((below(path, &folder)?, *version)));
            let files: Files = files.collect();
            (folder, files)
        };
        let full = self.all().into_iter().map(files).filter(|(_, files)| !files.is_empty());
        let full: Vec<_> = full.collect();
        self.rng.choice(full)
    }

    /// A place for a folder: none is there, not even an empty one. Nobody else changes that.
    fn free(&mut self) -> Option<String> {
        let mut free = self.all();
        free.retain(|folder| !self.at(folder).exists());
        self.rng.choice(free)
    }

    fn hold_below(&mut self, folder: &str, files: &Files) {
        files.iter().for_each(|(below, version)| self.api.hold(&format!("{folder}/{below}"), *version));
    }

    fn drop_below(&mut self, folder: &str, files: &Files) {
        for below in files.keys() {
            self.api.held.remove(&format!("{folder}/{below}"));
        }
    }
}

fn acknowledged(seq: u64) -> Ack {
    Ack { seq: Some(seq), ..Ack::default() }
}
