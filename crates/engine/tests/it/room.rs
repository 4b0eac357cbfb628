//! A workspace in a temporary folder, opened by an engine of one thread, and again.
//!
//! Not here: what is done in it; each file of tests says that for itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use workroom_engine::{Engine, Lock, OpenOptions};

/// Opens a workspace.
pub(crate) fn open(folder: &Path) -> Engine {
    let lock = Arc::new(Lock::take(folder).unwrap());
    Engine::open_locked(lock, &OpenOptions { threads: 1, ..OpenOptions::default() }).unwrap()
}

/// A workspace that can be closed and opened again.
pub(crate) struct Room {
    pub(crate) folder: tempfile::TempDir,
    engine: Option<Engine>,
}

impl Room {
    /// An open one with these settings.
    pub(crate) fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Engine::init(folder.path()).unwrap();
        std::fs::write(folder.path().join(".workroom/config.toml"), settings).unwrap();
        let mut room = Self { folder, engine: None };
        room.reopen();
        room
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    pub(crate) fn close(&mut self) {
        drop(self.engine.take());
    }

    pub(crate) fn reopen(&mut self) {
        self.close();
        self.engine = Some(open(self.folder.path()));
    }

    /// A place in its folder.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }
}
