//! A workspace in a temporary folder, and the real program on it under a tracer.

use faults::inject::{Fault, Injector};
use faults::record::Recorder;
use faults::trace::{Ended, Hook, Program, run};
use faults::{Log, Tree};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use workroom_tests::{Room, marker};

/// The program that launches others under a tracer.
pub(crate) fn launcher() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_workroom-faults"))
}

/// A folder, and what its files hold.
pub(crate) struct Stage {
    pub(crate) room: Room,
    dir: tempfile::TempDir,
    /// The number of each file's marker.
    held: RefCell<BTreeMap<String, u64>>,
    next: RefCell<u64>,
}

impl Stage {
    /// A folder with that many files, no workspace so far.
    pub(crate) fn with(files: u64) -> Self {
        let (held, next) = (RefCell::default(), RefCell::new(100));
        let stage = Self { room: Room::new(), dir: tempfile::tempdir().unwrap(), held, next };
        (0..files).for_each(|n| stage.write(&format!("d{}/{n}.md", n % 3)));
        stage
    }

    /// The same, indexed.
    pub(crate) fn indexed(files: u64) -> Self {
        let stage = Self::with(files);
        stage.ok(&["index"]);
        stage
    }

    /// Writes a file, old or new, as an editor would: with a marker that no other has.
    pub(crate) fn write(&self, path: &str) {
        let n = self.next.replace_with(|n| *n + 1);
        self.room.write(path, text(n));
        self.held.borrow_mut().insert(path.to_owned(), n);
    }

    /// The word that a file alone holds.
    pub(crate) fn marker_of(&self, path: &str) -> String {
        marker(self.held.borrow()[path])
    }

    /// The workspace's folder.
    pub(crate) fn root(&self) -> PathBuf {
        self.room.root()
    }

    /// The program, ready to be traced.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        let command = self.room.command(arguments);
        let program = Program::new(launcher(), Path::new(command.get_program()), &self.root());
        let mut program = program.with(arguments.iter().copied());
        let environment = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())));
        program.environment = environment.collect();
        program.environment.push(("WORKROOM_NO_DAEMON".to_owned(), "1".to_owned()));
        program
    }

    /// Runs the program while nothing goes wrong.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.room.command(arguments).env("WORKROOM_NO_DAEMON", "1").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn under(&self, hook: &mut (dyn Hook + Send), arguments: &[&str]) -> Ended {
        let ended = run(&self.program(arguments), hook).unwrap();
        assert!(!ended.hung, "{arguments:?} hung: {ended:?}");
        ended
    }

    /// Runs the program while something goes wrong. Returns how it ended, and to whom it happened.
    pub(crate) fn suffer(&self, fault: Fault, arguments: &[&str]) -> (Ended, Injector) {
        let mut injector = Injector::new(&self.root(), fault).unwrap();
        let ended = self.under(&mut injector, arguments);
        (ended, injector)
    }

    /// Runs the program and records what it does.
    pub(crate) fn record(&self, arguments: &[&str]) -> (Ended, Log) {
        let mut recorder = Recorder::of(&self.root(), &self.dir.path().join("notes")).unwrap();
        let ended = self.under(&mut recorder, arguments);
        (ended, recorder.into_log())
    }

    pub(crate) fn tree(&self) -> Tree {
        Tree::read(&self.root()).unwrap()
    }

    /// After the trouble: no file of the user has changed, the index is healthy again, and what `paths` hold is found.
    pub(crate) fn recovers(&self, paths: &[&str]) {
        for (path, n) in &*self.held.borrow() {
            assert_eq!(std::fs::read_to_string(self.room.at(path)).unwrap(), text(*n), "{path}");
        }
        self.ok(&["index"]);
        self.ok(&["doctor"]);
        for path in paths {
            assert_eq!(self.found(&self.marker_of(path)).first().map(String::as_str), Some(*path));
        }
    }

    /// The paths that a search finds, best first.
    pub(crate) fn found(&self, query: &str) -> Vec<String> {
        let json = self.ok(&["search", "--json", query]);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let hits = json["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
    }
}

fn text(n: u64) -> String {
    format!("# Note {n}\n\n{}\n", format!("The marker {} stands here. ", marker(n)).repeat(30))
}
