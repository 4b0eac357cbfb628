//! A store in memory: for examples, and for tests of what is made of any store.
//!
//! Invariant: it keeps nothing beyond its own life, and never refuses.

use crate::store::{Entry, Over, Store, Wrote};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something else was there than was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("something else is there")]
pub struct Overtaken;

/// Files in memory. Each is as old as the number of writes before it.
#[derive(Debug, Default)]
pub struct Memory {
    files: Mutex<BTreeMap<String, (Vec<u8>, i64)>>,
}

impl Memory {
    /// Every path and what it holds.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.lock().iter().map(|(path, (bytes, _))| (path.clone(), bytes.clone())).collect()
    }

    /// Puts a file there, as another program would, that was last written to then.
    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>, modified_ms: i64) {
        self.lock().insert(path.to_owned(), (bytes.into(), modified_ms));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Vec<u8>, i64)>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    type Error = Overtaken;

    fn list(&self, folder: &str) -> Result<Vec<Entry>, Overtaken> {
        let (mut entries, mut folders) = (Vec::new(), BTreeSet::new());
        for (path, (bytes, modified_ms)) in self.lock().iter() {
            let Some(below) = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            match below.split_once('/') {
                Some((name, _)) => drop(folders.insert(name.to_owned())),
                None => entries.push(Entry {
                    name: below.to_owned(),
                    is_folder: false,
                    bytes: bytes.len() as u64,
                    modified_ms: *modified_ms,
                }),
            }
        }
        let folder = |name| Entry { name, is_folder: true, bytes: 0, modified_ms: 0 };
        entries.extend(folders.into_iter().map(folder));
        Ok(entries)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Overtaken> {
        Ok(self.lock().get(path).map(|(bytes, _)| bytes.clone()))
    }

    fn write(&self, path: &str, bytes: &[u8], over: Over<'_>) -> Result<Wrote<Overtaken>, Overtaken> {
        let mut files = self.lock();
        let there = files.get(path).map(|(bytes, _)| bytes.as_slice());
        let expected = match over {
            Over::Nothing => None,
            Over::Bytes(bytes) => Some(bytes),
        };
        if there != expected {
            return Ok(Wrote::Overtaken(Overtaken));
        }
        let age = files.values().map(|(_, age)| *age).max().unwrap_or_default() + 1;
        files.insert(path.to_owned(), (bytes.to_vec(), age));
        Ok(Wrote::Done)
    }

    fn remove(&self, path: &str) -> Result<(), Overtaken> {
        self.lock().remove(path);
        Ok(())
    }

    fn remove_empty(&self, _: &str) -> Result<(), Overtaken> {
        Ok(())
    }
}
