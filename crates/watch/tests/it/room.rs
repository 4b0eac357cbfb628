//! A folder to play in, and a way to wait for what its watcher tells.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use corpus::DocPath;
use crossbeam_channel::Receiver;
use tempfile::TempDir;
use workroom_watch::{
    Event, HintKind, RescanReason, Rules, RulesOptions, ScanItem, WatchOptions, Watcher, scan,
};

pub(crate) fn path(text: &str) -> DocPath {
    DocPath::new(text).unwrap()
}

/// An empty workspace; `outside` is a second folder on the same file system.
pub(crate) struct Folder {
    _dir: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) outside: PathBuf,
}

impl Folder {
    pub(crate) fn new(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = fs_err::canonicalize(dir.path()).unwrap();
        let folder = Self { root: top.join("w"), outside: top.join("outside"), _dir: dir };
        fs_err::create_dir(&folder.root).unwrap();
        fs_err::create_dir(&folder.outside).unwrap();
        for file in files {
            folder.write(file, file);
        }
        folder
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs_err::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs_err::write(self.at(path), text).unwrap();
    }

    pub(crate) fn rules(&self) -> Rules {
        Rules::new(&self.root, RulesOptions::default()).unwrap()
    }
}

/// What a scan yields, as `path` or `path: problem`.
pub(crate) fn listing(rules: &Rules, subtree: Option<&str>) -> Vec<String> {
    let subtree = subtree.map(path);
    scan(rules, subtree.as_ref())
        .map(|item| match item {
            ScanItem::File(found) => found.path.to_string(),
            ScanItem::Problem(problem) => problem.to_string(),
        })
        .collect()
}

/// A watched workspace.
pub(crate) struct Room {
    pub(crate) folder: Folder,
    pub(crate) watcher: Watcher,
    pub(crate) events: Receiver<Event>,
    pub(crate) problems: Vec<String>,
    pub(crate) rescans: Vec<RescanReason>,
    /// Each hint told so far.
    pub(crate) told: Vec<(String, HintKind)>,
    pub(crate) n_batches: usize,
}

impl Room {
    /// Watches a workspace that holds `files`, and has read [`RescanReason::Started`].
    pub(crate) fn new(files: &[&str], options: WatchOptions) -> Self {
        Self::watching(Folder::new(files), options)
    }

    pub(crate) fn watching(folder: Folder, options: WatchOptions) -> Self {
        let (watcher, events) = Watcher::start(folder.rules(), options).unwrap();
        let first = events.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(first, Event::Rescan(RescanReason::Started)), "{first:?}");
        let (problems, rescans, told) = Default::default();
        Self { folder, watcher, events, problems, rescans, told, n_batches: 0 }
    }

    /// Reads events until `done`, for at most ten seconds.
    #[track_caller]
    pub(crate) fn read_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !done(self) {
            match self.events.recv_deadline(deadline) {
                Ok(event) => self.take(event),
                Err(error) => panic!("{error} while waiting for {what}; told: {:?}", self.told),
            }
        }
    }

    /// Reads events until each of these paths was told since the last call, then forgets what was told, and returns it.
    #[track_caller]
    pub(crate) fn expect(&mut self, paths: &[&str]) -> BTreeSet<String> {
        let wanted: BTreeSet<String> = paths.iter().map(|&path| path.to_owned()).collect();
        self.read_until(&format!("{paths:?}"), |room| wanted.is_subset(&room.told_paths()));
        std::mem::take(&mut self.told).into_iter().map(|(path, _)| path).collect()
    }

    /// As [`Room::expect`], when nothing else may be told up to there. `last` is written now, to be the last thing told.
    #[track_caller]
    pub(crate) fn expect_exactly(&mut self, paths: &[&str], last: &str) {
        self.folder.write(last, "the last");
        let mut wanted: Vec<&str> = paths.to_vec();
        wanted.push(last);
        let told = self.expect(&wanted);
        assert_eq!(told, wanted.into_iter().map(str::to_owned).collect());
    }

    #[track_caller]
    pub(crate) fn expect_rescan(&mut self, reason: &RescanReason) {
        self.read_until(&format!("{reason:?}"), |room| room.rescans.contains(reason));
        self.rescans.clear();
    }

    /// Waits until so many folders are watched: while a folder's watch is renewed, there is one less.
    #[track_caller]
    pub(crate) fn expect_watches(&mut self, n: usize) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.watcher.n_watches() != n {
            assert!(Instant::now() < deadline, "{} folders are watched, not {n}", self.watcher.n_watches());
            if let Ok(event) = self.events.recv_timeout(Duration::from_millis(1)) {
                self.take(event);
            }
        }
    }

    pub(crate) fn told_paths(&self) -> BTreeSet<String> {
        self.told.iter().map(|(path, _)| path.clone()).collect()
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Changed(hints) => {
                assert!(hints.windows(2).all(|pair| pair[0].path < pair[1].path), "a batch is sorted");
                self.n_batches += 1;
                self.told.extend(hints.into_iter().map(|hint| (hint.path.to_string(), hint.kind)));
            }
            Event::Rescan(reason) => self.rescans.push(reason),
            Event::Problem(text) => self.problems.push(text),
        }
    }
}
