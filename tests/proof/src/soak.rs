//! The soak: many processes on one workspace for a while, while its owner is killed now and then. No call may fail.
//!
//! Invariant: a call that fails, an answer that is not what the same process wrote before, and a file that is not found in the end are each
//! counted and told; a run is good only without any.
//! Not here: what each process does (`role`).

mod changer;
mod measure;
mod memory;
pub mod role;
mod way;

use crate::check::ALL;
use crate::process::Running;
use crate::workload::TEACHER;
use crate::{Version, version};
use anyhow::{Context, Result, ensure};
pub use measure::{Figures, Measured};
use memory::Memory;
pub use role::{Role, Task};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use workroom::{Mode, Models, NoProgress, Query, Workspace};

/// How to run.
#[derive(Clone, Debug)]
pub struct Soak {
    /// How long.
    pub time: Duration,
    /// Files that are there before.
    pub files: u64,
    /// Of all choices; printed.
    pub seed: u64,
    /// The program `workroom-proof`.
    pub program: PathBuf,
    /// The program `workroom`.
    pub cli: PathBuf,
    /// Installed models, for back-fill.
    pub models: Option<PathBuf>,
    /// How many processes of each role.
    pub crowd: Vec<(Role, usize)>,
}

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Soaked {
    /// Seed of all choices.
    pub seed: u64,
    /// Seconds.
    pub seconds: f64,
    /// Files in the beginning.
    pub files: u64,
    /// Processes by role.
    pub crowd: BTreeMap<String, usize>,
    /// Calls and their latency, by kind.
    pub calls: BTreeMap<String, Figures>,
    /// Calls that failed.
    pub n_errors: usize,
    /// What they said, and how often.
    pub errors: BTreeMap<String, usize>,
    /// Answers that did not show what the same process had written before.
    pub n_stale: usize,
    /// Some of them.
    pub stale: Vec<String>,
    /// What was wrong in the end.
    pub wrong: Vec<String>,
    /// Times the owner was killed or asked to end.
    pub kills: u64,
    /// Most memory of the owner at one time, in bytes.
    pub owner_peak_bytes: u64,
    /// Most memory of all processes together, in bytes; pages that they share count in each.
    pub all_peak_bytes: u64,
}

impl Soaked {
    /// Whether nothing went wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.n_errors == 0 && self.n_stale == 0 && self.wrong.is_empty()
    }
}

/// The crowd of the long form: 24 processes.
#[must_use]
pub fn crowd() -> Vec<(Role, usize)> {
    use Role::{
        Backfill, CliReader, CliWriter, Editor, HttpChanger, Killer, LibraryChanger, LibraryReader,
        LibraryWriter, McpChanger,
    };
    vec![
        (CliReader, 7),
        (LibraryReader, 7),
        (CliWriter, 2),
        (LibraryWriter, 1),
        (LibraryChanger, 1),
        (HttpChanger, 1),
        (McpChanger, 1),
        (Editor, 2),
        (Killer, 1),
        (Backfill, 1),
    ]
}

/// How long a process may take to end after its time.
const GRACE: Duration = Duration::from_secs(60);
/// Stale answers and kinds of errors that are told.
const TOLD: usize = 20;

impl Soak {
    /// Runs.
    ///
    /// # Errors
    /// When it cannot be run at all. What goes wrong inside is in the result.
    pub fn run(&self) -> Result<Soaked> {
        ensure!(self.cli.exists(), "{} is missing: build it first", self.cli.display());
        let dir = tempfile::Builder::new().prefix("soak-").tempdir()?;
        let root = dir.path().join("w");
        self.fill(&root)?;
        let started = Instant::now();
        let mut running = Vec::new();
        for (role, count) in &self.crowd {
            for _ in 0..*count {
                let id = running.len() as u64 + 1;
                running.push((*role, self.start(&root, dir.path(), *role, id)?));
            }
        }
        let memory = Memory::watch(&root);
        let mut soaked = Soaked { seed: self.seed, files: self.files, ..Soaked::default() };
        let mut last = BTreeMap::new();
        let mut all = Measured::default();
        for (role, process) in running {
            *soaked.crowd.entry(role.name().to_owned()).or_default() += 1;
            let (lines, status) = process.finish(self.time + GRACE)?;
            let read = lines.last().and_then(|line| serde_json::from_str::<Measured>(line).ok());
            match read {
                Some(mut measured) => {
                    last.append(&mut measured.last);
                    all.merge(measured);
                }
                None => soaked.wrong.push(format!("a {} gave no account of itself: {status:?}", role.name())),
            }
        }
        soaked.seconds = started.elapsed().as_secs_f64();
        (soaked.owner_peak_bytes, soaked.all_peak_bytes) = memory.stop();
        let errors = fs_err::read_to_string(dir.path().join("errors"))?;
        soaked.wrong.extend(errors.lines().filter(|line| line.contains("panicked")).map(str::to_owned));
        self.check_end(&root, &last, &mut soaked)?;
        // Nothing of this may outlive it, least of all a daemon that keeps the folder from being deleted.
        workroom::stop_daemon(&root)?;
        all.tell(&mut soaked, TOLD);
        if !soaked.is_good() {
            soaked.wrong.push(format!("kept in {}", dir.keep().display()));
        }
        Ok(soaked)
    }

    /// Writes the files that are there before, and indexes them.
    fn fill(&self, root: &Path) -> Result<()> {
        for n in 0..self.files {
            let path = root.join(role::base_path(n));
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::write(path, Version::new(n, 3).text())?;
        }
        Workspace::create(root)?.index(&NoProgress)?;
        if let Some(models) = &self.models {
            Models::at(models).choose(root, TEACHER)?;
        }
        Ok(())
    }

    fn start(&self, root: &Path, dir: &Path, role: Role, id: u64) -> Result<Running> {
        let mut command = Command::new(&self.program);
        command.args(["role", "--role", role.name(), "--id", &id.to_string()]);
        command.args(["--seed", &self.seed.to_string(), "--ms", &self.time.as_millis().to_string()]);
        command.args(["--files", &self.files.to_string()]);
        command.arg("--root").arg(root).arg("--cli").arg(&self.cli);
        if let Some(models) = &self.models {
            command.arg("--models").arg(models);
        }
        Running::start(&mut command, &dir.join("errors"))
    }

    /// When all have gone, everything that was written last is there and found.
    fn check_end(
        &self,
        root: &Path,
        last: &BTreeMap<String, Option<Version>>,
        soaked: &mut Soaked,
    ) -> Result<()> {
        let workspace = Workspace::open(root).context("after all have gone")?;
        workspace.index(&NoProgress)?;
        let base = (0..self.files).step_by(97).map(|n| (role::base_path(n), Some(Version::new(n, 3))));
        let written = last.iter().map(|(path, version)| (path.clone(), *version));
        for (path, version) in base.chain(written) {
            let on_disk = std::fs::read(root.join(&path)).ok();
            let hash = on_disk.as_deref().map(version::hash_of);
            if hash != version.map(|version| version.hash()) {
                soaked.wrong.push(format!("{path}: not the bytes that were written last"));
            }
            let Some(version) = version else { continue };
            let hits = workspace.search(&Query::new(version.marker()).mode(Mode::Lexical).limit(ALL))?;
            if !hits.iter().any(|hit| hit.path == path && hit.fresh) {
                soaked.wrong.push(format!("{path}: not found in the end"));
            }
        }
        for left in fs_err::read_dir(root.join(workroom::WORKROOM_DIR).join("tmp"))? {
            soaked.wrong.push(format!("left behind: {}", left?.path().display()));
        }
        let findings = workspace.doctor()?;
        if !findings.is_healthy() {
            soaked.wrong.push(format!("{findings:?}"));
        }
        Ok(())
    }
}
