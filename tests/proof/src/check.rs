//! The check: opens a workspace and holds it against the model of its journal.
//!
//! Invariant: nothing of the folder is changed but by opening and indexing it, which no file outside `.workroom/` notices.
//! Not here: what is allowed (`model`), the comparison with an index made anew (`fresh`).

use crate::journal::{self, State};
use crate::{Model, Version, folder, fresh};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use workroom::{ErrorKind, Finding, Hit, Mode, NoProgress, OpenOptions, Query, Sharing, Workspace};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A file does not hold what was acknowledged, or holds a mixture.
    FileLost,
    /// What the index must hold is not found.
    Lost,
    /// A hit quotes what is not in the version it names, or a file that is not there.
    Phantom,
    /// A hit says that it is fresh and is not, or the other way round.
    Freshness,
    /// The index differs from one that is made anew.
    Differs,
    /// The program's own examination found something.
    Unhealthy,
    /// It is not known who wrote what, which nothing but a copy can tell.
    Provenance,
    /// An operation of the workload failed.
    Failed,
    /// The workspace cannot be opened.
    Refused,
    /// It panicked.
    Panicked,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// What kind of thing.
    pub kind: Kind,
    /// What and where.
    pub what: String,
}

/// What a check without violations saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Files on disk.
    pub files: usize,
    /// Hits that were looked at.
    pub hits: usize,
    /// Operations that were acknowledged, by kind.
    pub acknowledged: BTreeMap<String, u64>,
    /// Operations that were cut short, by kind.
    pub cut_short: BTreeMap<String, u64>,
    /// What opening repaired, now and in the journal.
    pub repaired: Vec<String>,
    /// What the folder holds: with it a journal can begin anew.
    pub state: State,
}

/// How to check.
#[derive(Clone, Debug)]
pub struct Check {
    root: PathBuf,
    acks: PathBuf,
    compare: bool,
    outside_is_durable: bool,
    is_rebuilt: bool,
}

/// Hits that are asked for where all are wanted.
pub(crate) const ALL: usize = 4096;

/// Checks the workspace at `root` against its journal, in place, with everything there is to check.
///
/// # Errors
/// What is wrong.
pub fn check(root: &Path, acks: &Path) -> Result<Report, Vec<Violation>> {
    Check::of(root, acks).run()
}

impl Check {
    /// Of the workspace at `root` against the journal at `acks`.
    #[must_use]
    pub fn of(root: &Path, acks: &Path) -> Self {
        Self {
            root: root.to_owned(),
            acks: acks.to_owned(),
            compare: true,
            outside_is_durable: true,
            is_rebuilt: false,
        }
    }

    /// Whether an index is made anew and compared, which takes longest.
    #[must_use]
    pub fn compare(mut self, yes: bool) -> Self {
        self.compare = yes;
        self
    }

    /// Whether files written outside the API must be there. Not so after a power cut: nobody synced them.
    #[must_use]
    pub fn outside_is_durable(mut self, yes: bool) -> Self {
        self.outside_is_durable = yes;
        self
    }

    /// Whether the index was thrown away, so that nothing can be found before `index`.
    #[must_use]
    pub fn is_rebuilt(mut self, yes: bool) -> Self {
        self.is_rebuilt = yes;
        self
    }

    /// Checks.
    ///
    /// # Errors
    /// What is wrong.
    pub fn run(&self) -> Result<Report, Vec<Violation>> {
        let work = std::panic::AssertUnwindSafe(|| self.examine());
        match std::panic::catch_unwind(work) {
            Ok(Ok(examined)) => examined.verdict(),
            Ok(Err(error)) => Err(vec![Violation { kind: Kind::Failed, what: format!("{error:#}") }]),
            Err(panic) => {
                let what = panic.downcast_ref::<String>().map(String::as_str);
                let what = what.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
                Err(vec![Violation { kind: Kind::Panicked, what: what.to_owned() }])
            }
        }
    }

    fn examine(&self) -> Result<Examination> {
        let mut examination = self.folder()?;
        let workspace = match open(&self.root) {
            Ok(workspace) => workspace,
            Err(error) => {
                let hint = error.hints().unwrap_or("no hint");
                examination.wrong(Kind::Refused, format!("{:?}: {error} ({hint})", error.kind()));
                return Ok(examination);
            }
        };
        examination.report.repaired.extend(workspace.status()?.repaired);
        if !self.is_rebuilt {
            examination.before_index(&workspace)?;
        }
        workspace.index(&NoProgress)?;
        examination.after_index(&workspace)?;
        if self.compare {
            let versions: Vec<Version> = examination.found.values().copied().collect();
            let differences = fresh::differences(&workspace, &versions)?;
            differences.into_iter().for_each(|what| examination.wrong(Kind::Differs, what));
        }
        Ok(examination)
    }

    /// Compares the files with the model.
    fn folder(&self) -> Result<Examination> {
        let model = Model::of(&journal::read(&self.acks)?);
        let on_disk = folder::files(&self.root)?;
        let mut examination = Examination::of(model, &on_disk);
        let paths = examination.model.paths().chain(on_disk.keys().map(String::as_str));
        let paths: std::collections::BTreeSet<String> = paths.map(str::to_owned).collect();
        for path in paths {
            let bytes = on_disk.get(&path).map(Vec::as_slice);
            match (examination.model.recognise(&path, bytes), bytes) {
                (Some(None), _) => {}
                (Some(Some(version)), _) => {
                    examination.found.insert(path, version);
                }
                (None, _) if path.starts_with("out/") && !self.outside_is_durable => {}
                (None, bytes) => {
                    let there = bytes.map_or("there is no file".to_owned(), describe);
                    let allowed = examination.model.allowed(&path);
                    examination.wrong(Kind::FileLost, format!("{path}: {there}; it may hold {allowed}"));
                }
            }
        }
        if self.outside_is_durable {
            let halves = examination.model.halves(&examination.found);
            halves
                .into_iter()
                .for_each(|half| examination.wrong(Kind::FileLost, format!("half done: {half}")));
        }
        Ok(examination)
    }
}

/// Opens the workspace; a kill may have come before there was one. Alone, because whoever serves others takes longer to close.
fn open(root: &Path) -> workroom::Result<Workspace> {
    let alone = OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() };
    match Workspace::open_with(root, &alone) {
        Err(error) if error.kind() == ErrorKind::NotAWorkspace => Workspace::create_with(root, &alone),
        opened => opened,
    }
}

fn describe(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    format!("{} bytes, {:?}", bytes.len(), text.lines().next().unwrap_or_default())
}

struct Examination {
    model: Model,
    /// Hashes of what the files hold.
    hashes: HashMap<String, String>,
    /// Every text there was, by its hash.
    versions: HashMap<String, Version>,
    found: BTreeMap<String, Version>,
    violations: Vec<Violation>,
    report: Report,
}

impl Examination {
    fn of(model: Model, on_disk: &BTreeMap<String, Vec<u8>>) -> Self {
        let named = |counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(kind, n)| ((*kind).to_owned(), *n)).collect()
        };
        let report = Report {
            files: on_disk.len(),
            acknowledged: named(&model.acknowledged),
            cut_short: named(&model.cut_short),
            repaired: model.repaired.clone(),
            ..Report::default()
        };
        let failures = model.failures.iter();
        let violations = failures.map(|what| Violation { kind: Kind::Failed, what: what.clone() }).collect();
        let hash = |(path, bytes): (&String, &Vec<u8>)| (path.clone(), crate::version::hash_of(bytes));
        Self {
            hashes: on_disk.iter().map(hash).collect(),
            versions: model.versions(),
            found: BTreeMap::new(),
            violations,
            report,
            model,
        }
    }

    fn wrong(&mut self, kind: Kind, what: String) {
        self.violations.push(Violation { kind, what });
    }

    fn verdict(mut self) -> Result<Report, Vec<Violation>> {
        if !self.violations.is_empty() {
            return Err(self.violations);
        }
        self.report.state = State { next: self.model.next, files: self.found };
        Ok(self.report)
    }

    /// What was acknowledged is found, and nothing is found that is not there.
    fn before_index(&mut self, workspace: &Workspace) -> Result<()> {
        let versions: Vec<Version> = self.versions.values().copied().collect();
        for version in versions {
            let hits = self.hits(workspace, &version)?;
            let promised = self.found.iter().filter(|(path, found)| {
                **found == version && version.is_findable() && self.model.is_indexed(path)
            });
            let missing =
                promised.filter(|(path, _)| !hits.iter().any(|hit| hit.path == **path && hit.fresh));
            let missing: Vec<String> = missing.map(|(path, _)| path.clone()).collect();
            for path in missing {
                self.wrong(
                    Kind::Lost,
                    format!("{path}: {version:?} was acknowledged and is not found before index"),
                );
            }
        }
        Ok(())
    }

    /// Now the index is what the files are.
    fn after_index(&mut self, workspace: &Workspace) -> Result<()> {
        let found: Vec<(String, Version)> = self.found.clone().into_iter().collect();
        for (path, version) in found.iter().filter(|(_, version)| version.is_findable()) {
            let hits = self.hits(workspace, version)?;
            if !hits.iter().any(|hit| hit.path == *path) {
                self.wrong(Kind::Lost, format!("{path}: {version:?} is not found after index"));
            }
            for hit in hits.iter().filter(|hit| !hit.fresh) {
                self.wrong(Kind::Freshness, format!("{}: stale after index: {:?}", hit.path, hit.quote));
            }
        }
        let documents = workspace.documents()?;
        let ours =
            |path: &&String| crate::FOLDERS.iter().any(|folder| path.starts_with(&format!("{folder}/")));
        let gone: Vec<&String> =
            documents.iter().filter(ours).filter(|path| !self.hashes.contains_key(*path)).collect();
        if !gone.is_empty() {
            self.wrong(Kind::Phantom, format!("documents without a file: {gone:?}"));
        }
        let status = workspace.status()?;
        let vectors = status.student_vectors + status.teacher_vectors;
        if vectors != status.chunks {
            self.wrong(Kind::Lost, format!("{vectors} vectors for {} chunks", status.chunks));
        }
        let problems = workspace.problems()?;
        if !problems.is_empty() {
            self.wrong(Kind::Unhealthy, format!("{problems:?}"));
        }
        let findings = workspace.doctor()?;
        // What nothing can make again: who wrote what, and what files held before.
        let is_custody =
            |finding: &&Finding| matches!(finding.check.as_str(), "provenance" | "versions" | "leases");
        for finding in findings.checks.iter().filter(is_custody).filter(|finding| !finding.ok) {
            self.wrong(Kind::Provenance, format!("Provenance: {}", finding.details.join("; ")));
        }
        if findings.checks.iter().any(|finding| !finding.ok && !is_custody(&finding)) {
            self.wrong(Kind::Unhealthy, format!("{findings:?}"));
        }
        Ok(())
    }

    /// The chunks that hold a version's marker, each of them examined.
    fn hits(&mut self, workspace: &Workspace, version: &Version) -> Result<Vec<Hit>> {
        let hits = workspace.search(&Query::new(version.marker()).mode(Mode::Lexical).limit(ALL))?;
        self.report.hits += hits.len();
        for hit in &hits {
            self.examine_hit(hit);
        }
        Ok(hits)
    }

    fn examine_hit(&mut self, hit: &Hit) {
        let range = hit.start_byte as usize..hit.end_byte as usize;
        let quotes = |version: &Version| version.text().get(range.clone()) == Some(&*hit.quote);
        let is_true = match self.versions.get(&hit.version) {
            Some(version) => quotes(version),
            // A part of a text, as an editor had written it when it was read.
            None => self.model.partly(&hit.path).any(|version| quotes(&version)),
        };
        let on_disk = self.hashes.get(&hit.path);
        if !is_true || on_disk.is_none() {
            self.wrong(Kind::Phantom, format!("{}: {hit:?}; on disk {on_disk:?}", hit.path));
        } else if hit.fresh != (on_disk == Some(&hit.version)) {
            self.wrong(
                Kind::Freshness,
                format!("{}: fresh is {}, on disk {on_disk:?}: {hit:?}", hit.path, hit.fresh),
            );
        }
    }
}
