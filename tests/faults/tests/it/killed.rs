//! A program that owns a workspace and does one act in it, killed before one of the calls by which it changes something.
//!
//! Not here: the acts (`src/main.rs`), what must hold afterwards (`checkpoint`, `claim`).

use crate::stage::launcher;
use crate::takeover::{Killer, Trigger};
use faults::trace::{Call, Hook, Program, Verdict, Watched, run};
use faults::tree::Tree;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Counts calls from the moment on at which the program is ready.
struct FromReady {
    killer: Killer,
    ready: PathBuf,
}

impl Hook for FromReady {
    fn watched(&self) -> Vec<Watched> {
        self.killer.watched()
    }

    fn enter(&mut self, call: &Call) -> Verdict {
        let is_armed = &self.killer.trigger.is_armed;
        if !is_armed.load(Ordering::SeqCst) && self.ready.exists() {
            is_armed.store(true, Ordering::SeqCst);
        }
        self.killer.enter(call)
    }

    fn leave(&mut self, call: &Call, result: i64) {
        self.killer.leave(call, result);
    }
}

/// Has an act done in a copy of a workspace, and kills the program before its call number `nth`. Returns the folder around the workspace, which is
/// called `room`, and whether it came so far.
pub(crate) fn killed(tree: &Tree, act: &[&str], nth: i64) -> (tempfile::TempDir, bool) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("room");
    std::fs::create_dir(&root).unwrap();
    let root = root.canonicalize().unwrap();
    tree.write(&root).unwrap();
    let ready = dir.path().join("ready");
    let trigger = Arc::new(Trigger { left: AtomicI64::new(nth), ..Trigger::default() });
    let words = ["act", &root.to_string_lossy(), &ready.to_string_lossy()].map(str::to_owned);
    let words = words.into_iter().chain(act.iter().map(|word| (*word).to_owned()));
    let program = Program::new(launcher(), launcher(), &root).with(words);
    let killer = Killer { root: root.clone(), trigger: Arc::clone(&trigger) };
    let ended = run(&program, &mut FromReady { killer, ready }).unwrap();
    assert!(
        !ended.hung && !ended.stderr.contains("error") && !ended.stderr.contains("panicked"),
        "{act:?} {nth}: {ended:?}"
    );
    (dir, trigger.has_killed.load(Ordering::SeqCst))
}
