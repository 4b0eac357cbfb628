//! One recorded run of the workload.
//!
//! Invariant: the journal is the recorder's file of notes, so each position in the log knows what had been acknowledged by then.

use super::{Left, Subject};
use crate::disk::{Disk, Medium};
use crate::log::{Change, Log};
use crate::record::Recorder;
use crate::trace::{Program, run};
use crate::tree::Tree;
use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use proof::Workload;
use std::path::Path;

/// Operations of a run.
const OPS: u64 = 24;

/// What a run did.
pub struct Session {
    subject: Subject,
    log: Log,
    /// What was in the journal before.
    journal: Vec<u8>,
}

impl Session {
    /// Runs the workload on what a cut has left, or on an empty folder, and records it.
    ///
    /// # Errors
    /// When the workload fails, or does what cannot be recorded.
    pub fn record(program: &Path, subject: Subject, from: Option<&Left>, rng: &mut Rng) -> Result<Self> {
        let dir = super::scratch("power-")?;
        let (root, journal) = (dir.path().join("w"), dir.path().join("journal"));
        std::fs::create_dir(&root)?;
        let before = from.map(|left| left.journal.clone()).unwrap_or_default();
        if let Some(left) = from {
            left.tree.write(&root)?;
        }
        std::fs::write(&journal, &before)?;
        let mut recorder = Recorder::of(&root, &journal)?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let threads = rng.u64(1..4).to_string();
        let command = subject.command().to_owned();
        let arguments = [command, text(&root), text(&journal), rng.u64(..).to_string(), threads];
        let mut program = Program::new(program, program, dir.path()).with(arguments);
        program.environment = vec![("WORKROOM_NO_DAEMON".to_owned(), "1".to_owned())];
        let ended = run(&program, &mut recorder)?;
        ensure!(ended.code == Some(0) && !ended.hung, "the workload failed: {ended:?}");
        let log = recorder.into_log();
        ensure!(log.unsupported.is_empty(), "not recorded: {:?}", log.unsupported);
        let rebuilt = Disk::at(&log, Medium::Strict, log.changes.len()).live();
        let differences = rebuilt.differences(&Tree::read(&root)?);
        ensure!(differences.is_empty(), "recorded wrongly: {differences:?}");
        Ok(Self { subject, log, journal: before })
    }

    /// What was recorded.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// A position to cut at. Half of them are where an acknowledgement has just been given: that is when most can be lost.
    pub fn cut(&self, rng: &mut Rng) -> usize {
        let all = self.log.changes.len();
        let notes =
            self.log.changes.iter().enumerate().filter(|(_, change)| matches!(change, Change::Note(_)));
        let notes: Vec<usize> = notes.map(|(at, _)| at + 1).collect();
        match rng.choice(&notes) {
            Some(at) if rng.bool() => *at,
            _ => rng.usize(0..=all),
        }
    }

    /// What is left after a cut.
    #[must_use]
    pub fn after(&self, cut: usize, medium: Medium, seed: u64) -> Left {
        let tree = Disk::at(&self.log, medium, cut).after_cut(seed);
        let journal = [&self.journal[..], &self.log.notes(cut)].concat();
        Left { subject: self.subject, tree, journal, cut, of: self.log.changes.len(), medium, seed }
    }
}

/// The workload on [`Subject::Files`], in a process of its own. The arguments are those that [`Session::record`] gives.
///
/// # Errors
/// When there are not enough, or the workload cannot go on.
pub fn work(arguments: &[String]) -> Result<()> {
    let [root, journal, seed, threads] = arguments else { anyhow::bail!("work takes four arguments") };
    let mut workload = Workload::new(Path::new(root), Path::new(journal), seed.parse().context("seed")?);
    workload.threads = threads.parse().context("threads")?;
    workload.ops = Some(OPS);
    // What others write is not synced by anybody, so nothing could be promised of it.
    workload.only_api = true;
    workload.run()
}
