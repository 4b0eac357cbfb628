//! A workspace to play in, and what its index knows.

use corpus::{ContentHash, DocPath};
use embed::WordPiece;
use index::Index;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use watch::{Rules, RulesOptions};
use workroom_ingest::{Applied, Ingest, Limits, NoProgress, Progress, Reading, StudentInUse, Summary};

pub(crate) fn path(text: &str) -> DocPath {
    DocPath::new(text).unwrap()
}

pub(crate) struct Folder {
    _dir: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) outside: PathBuf,
    pub(crate) index: Arc<Index>,
    pub(crate) ingest: Ingest,
    pub(crate) rules: Rules,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self::with(Limits { threads: 2, ..Limits::default() })
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = std::fs::canonicalize(dir.path()).unwrap();
        let (root, outside) = (top.join("w"), top.join("outside"));
        std::fs::create_dir(&root).unwrap();
        std::fs::create_dir(&outside).unwrap();
        let index = Arc::new(Index::open(&top.join("index")).unwrap().0);
        let student = StudentInUse::builtin();
        let (tokenizer, reading) = (WordPiece::builtin(), Reading::default());
        let ingest =
            Ingest::new(&root, Arc::clone(&index), student, tokenizer, None, limits, reading).unwrap();
        let rules = Rules::new(&root, RulesOptions::default()).unwrap();
        Self { _dir: dir, root, outside, index, ingest, rules }
    }

    pub(crate) fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        std::fs::write(self.at(path), text).unwrap();
    }

    pub(crate) fn reconcile(&self) -> Summary {
        self.reconcile_telling(&NoProgress)
    }

    pub(crate) fn reconcile_telling(&self, progress: &dyn Progress) -> Summary {
        self.ingest.reconcile(&self.rules, progress, &AtomicBool::new(false)).unwrap()
    }

    pub(crate) fn apply(&self, paths: &[&str]) -> Applied {
        let paths: Vec<DocPath> = paths.iter().map(|text| path(text)).collect();
        self.ingest.apply(&self.rules, &paths, &NoProgress).unwrap()
    }

    /// The documents of the index.
    pub(crate) fn documents(&self) -> Vec<String> {
        self.index.documents().docs().iter().map(|doc| doc.path.to_string()).collect()
    }

    /// What is not indexed, by the code of the reason.
    pub(crate) fn skips(&self) -> BTreeMap<String, String> {
        let snapshot = self.index.documents();
        snapshot.skips().values().map(|skip| (skip.path.to_string(), skip.code.clone())).collect()
    }

    /// The version of a path that the index shows.
    pub(crate) fn version(&self, text: &str) -> Option<ContentHash> {
        self.index.documents().doc(&path(text)).map(|doc| doc.hash)
    }

    /// Asserts that the index shows what is on disk, and no more.
    #[track_caller]
    pub(crate) fn check_as_on_disk(&self) {
        let snapshot = self.index.documents();
        for doc in snapshot.docs().iter() {
            let bytes = std::fs::read(doc.path.to_fs(&self.root)).ok();
            assert_eq!(bytes.map(|bytes| ContentHash::of(&bytes)), Some(doc.hash), "{}", doc.path);
        }
        for item in watch::scan(&self.rules, None) {
            if let watch::ScanItem::File(found) = item {
                assert!(snapshot.doc(&found.path).is_some(), "{} is not indexed", found.path);
            }
        }
    }
}
