//! Corruption rounds: files under `.workroom/` are damaged, and the workspace is opened by a process that must come to an end.
//!
//! Invariant: after any damage, a check either passes, or what is wrong is told with a remedy, and the check passes once the remedy was taken: opening
//! is refused by a kind of error that has one, or `doctor` names the journal that nothing can make again. A wrong answer, a panic of ours, a signal or a hang is a violation.
//! Not here: what damage there is (`damage`).

mod damage;

use crate::process::Running;
use crate::{Report, Violation, Workload, folder, journal};
use anyhow::{Result, ensure};
pub use damage::{Damage, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use workroom::{AdaptOptions, OpenOptions, Workspace};

/// How to run.
#[derive(Clone, Debug)]
pub struct Corrupt {
    /// How many rounds; the first go through every kind of file and of damage.
    pub rounds: u64,
    /// Of all choices; printed.
    pub seed: u64,
    /// The program `workroom-proof`.
    pub program: PathBuf,
    /// Installed models, for a workspace with a teacher's vectors and a student of its own.
    pub models: Option<PathBuf>,
}

/// What a round came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The check passed; opening said what it repaired.
    Healed(Vec<String>),
    /// The check passed, and nothing was said: the damage meant nothing, or was made good silently.
    Unharmed,
    /// It was told with a remedy, which worked.
    Refused(String),
    /// What must not be.
    Wrong(String),
}

/// A round.
#[derive(Clone, Debug)]
pub struct Round {
    /// Which files, and how.
    pub damage: Vec<(Target, Damage)>,
    /// What became of it.
    pub outcome: Outcome,
    /// Panics inside dependencies that were caught.
    pub caught: usize,
}

/// A process that takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// Remedies that are taken one after the other.
const MOST_REMEDIES: usize = 3;
/// Operations of the workload whose index is damaged.
const OPS: u64 = 160;

impl Corrupt {
    /// Runs all rounds; `tell` hears of each.
    ///
    /// # Errors
    /// When a round cannot be run. What it found is no error.
    pub fn run(&self, tell: &mut dyn FnMut(u64, &Round)) -> Result<Vec<Round>> {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let base = self.base()?;
        let targets = damage::targets(&base.path().join("w/.workroom"))?;
        let mut planned = damage::plan(&targets, &mut rng);
        let mut rounds = Vec::new();
        for n in 0..self.rounds {
            let damage = planned.pop().unwrap_or_else(|| damage::choose(&targets, &mut rng));
            let round = self.round(base.path(), damage, &mut rng)?;
            tell(n, &round);
            rounds.push(round);
        }
        Ok(rounds)
    }

    /// A workspace with everything in it, closed in good order.
    fn base(&self) -> Result<tempfile::TempDir> {
        let dir = tempfile::Builder::new().prefix("corrupt-").tempdir()?;
        let (root, acks) = (dir.path().join("w"), dir.path().join("acks"));
        fs_err::create_dir(&root)?;
        let workload = Workload { models: self.models.clone(), ..Workload::new(&root, &acks, self.seed) };
        Workload { ops: Some(OPS), ..workload }.run()?;
        if let Some(models) = &self.models {
            let options = OpenOptions { models_dir: Some(models.clone()), ..OpenOptions::default() };
            let workspace = Workspace::open_with(&root, &options)?;
            workspace.adapt(&AdaptOptions { sample: 16 }, &AtomicBool::new(false))?;
        }
        Workspace::pause(&root)?;
        let report = crate::check(&root, &acks);
        let report =
            report.map_err(|wrong| anyhow::anyhow!("seed {}: before any damage: {wrong:#?}", self.seed))?;
        journal::begin_anew(&acks, &report.state)?;
        Ok(dir)
    }

    fn round(&self, base: &Path, damage: Vec<(Target, Damage)>, rng: &mut fastrand::Rng) -> Result<Round> {
        let dir = tempfile::Builder::new().prefix("damaged-").tempdir()?;
        folder::copy(base, dir.path())?;
        for (target, damage) in &damage {
            damage.inflict(&dir.path().join("w/.workroom").join(&target.path), rng)?;
        }
        let (outcome, caught) = self.judge(dir.path())?;
        if let Outcome::Wrong(why) = outcome {
            let why = format!("{why}\n    kept in {}", dir.keep().display());
            return Ok(Round { damage, outcome: Outcome::Wrong(why), caught });
        }
        Ok(Round { damage, outcome, caught })
    }

    fn judge(&self, dir: &Path) -> Result<(Outcome, usize)> {
        let mut checked = self.check(dir, false)?;
        let mut refusals = Vec::new();
        // Of two damaged files each may have its own remedy.
        while let Some(refusal) = checked.refusal().filter(|_| refusals.len() < MOST_REMEDIES) {
            if let Err(why) = take_remedy(&dir.join("w"), &refusal) {
                return Ok((
                    Outcome::Wrong(format!("{refusal}; the remedy failed: {why:#}")),
                    checked.caught,
                ));
            }
            refusals.push(refusal);
            checked = self.check(dir, true)?;
        }
        let refusals = refusals.join("; then ");
        let outcome = match checked.outcome() {
            outcome if refusals.is_empty() => outcome,
            Outcome::Wrong(why) => Outcome::Wrong(format!("after {refusals}: {why}")),
            _ => Outcome::Refused(refusals),
        };
        Ok((outcome, checked.caught))
    }

    /// Checks in a process of its own.
    fn check(&self, dir: &Path, is_rebuilt: bool) -> Result<Checked> {
        let errors = dir.join("errors");
        let mut command = Command::new(&self.program);
        command.arg("check").arg("--root").arg(dir.join("w")).arg("--acks").arg(dir.join("acks"));
        if is_rebuilt {
            command.arg("--rebuilt");
        }
        let (lines, status) = Running::start(&mut command, &errors)?.finish(LIMIT)?;
        let errors = fs_err::read_to_string(errors)?;
        let (ours, caught) = panics(&errors);
        let mut checked = Checked { wrong: ours, caught, result: None };
        match status {
            None => checked.wrong.push(format!("no end within {} s", LIMIT.as_secs())),
            Some(status) => checked.wrong.extend(status.signal().map(|signal| format!("signal {signal}"))),
        }
        checked.result = lines.last().and_then(|line| serde_json::from_str(line).ok());
        if checked.result.is_none() && checked.wrong.is_empty() {
            checked.wrong.push(format!("no result: {errors}"));
        }
        Ok(checked)
    }
}

/// What came from a process that checked.
struct Checked {
    wrong: Vec<String>,
    caught: usize,
    result: Option<Result<Report, Vec<Violation>>>,
}

impl Checked {
    /// What was told with a remedy, if that alone is what the check found.
    fn refusal(&self) -> Option<String> {
        let Some(Err(violations)) = self.result.as_ref().filter(|_| self.wrong.is_empty()) else {
            return None;
        };
        match &violations[..] {
            [one] if matches!(one.kind, crate::Kind::Refused | crate::Kind::Provenance) => {
                Some(one.what.clone())
            }
            _ => None,
        }
    }

    fn outcome(&self) -> Outcome {
        let mut wrong = self.wrong.clone();
        match &self.result {
            Some(Err(violations)) => {
                wrong.extend(violations.iter().map(|one| format!("{:?}: {}", one.kind, one.what)));
            }
            Some(Ok(report)) if wrong.is_empty() && report.repaired.is_empty() => return Outcome::Unharmed,
            Some(Ok(report)) if wrong.is_empty() => return Outcome::Healed(report.repaired.clone()),
            _ => {}
        }
        let n = wrong.len();
        wrong.truncate(3);
        Outcome::Wrong(format!("{n} wrong: {}", wrong.join("; ")))
    }
}

/// Panics of our own code, and how many there were inside dependencies: those are caught where a store is opened.
fn panics(errors: &str) -> (Vec<String>, usize) {
    let panicked = errors.lines().filter(|line| line.contains("panicked at"));
    let (foreign, ours): (Vec<&str>, Vec<&str>) =
        panicked.partition(|line| line.contains(".cargo") || line.contains("/rustc/"));
    (ours.into_iter().map(str::to_owned).collect(), foreign.len())
}

/// Does what the error's kind asks a user to do.
fn take_remedy(root: &Path, refusal: &str) -> Result<()> {
    ensure!(!refusal.contains("(no hint)"), "it has no hint");
    let kind = refusal.split(':').next().unwrap_or_default();
    match kind {
        "Invalid" => {
            let named = [".workroom/config.toml", ".workroom/lock"];
            let named = named.iter().find(|file| refusal.contains(**file)).map(|file| root.join(file));
            let Some(named) = named else { anyhow::bail!("it names nothing to mend") };
            if named.is_dir() {
                fs_err::remove_dir_all(named)?
            } else {
                fs_err::remove_file(named)?
            }
            Ok(())
        }
        "Provenance" => {
            let custody = root.join(".workroom/custody");
            let journals = ["history.journal", "versions.journal", "leases.journal"];
            let mut files = journals.map(|journal| custody.join(journal)).to_vec();
            if let Ok(packs) = fs_err::read_dir(custody.join("content")) {
                files.extend(packs.flatten().map(|pack| pack.path()));
            }
            files.retain(|file| file.exists() && refusal.contains(&*file.to_string_lossy()));
            ensure!(!files.is_empty(), "it names no journal and no pack");
            let remove = |file: &PathBuf| match file.is_dir() {
                true => fs_err::remove_dir_all(file),
                false => fs_err::remove_file(file),
            };
            Ok(files.iter().try_for_each(remove)?)
        }
        "Corrupt" | "Incompatible" => {
            Workspace::discard_index(root)?;
            Ok(())
        }
        _ => anyhow::bail!("`{kind}` is no kind that damage may be refused with"),
    }
}

/// How many rounds came to what, by kind of file.
#[must_use]
pub fn summary(rounds: &[Round]) -> BTreeMap<String, BTreeMap<&'static str, u64>> {
    let mut counts: BTreeMap<String, BTreeMap<&'static str, u64>> = BTreeMap::new();
    for round in rounds {
        let kinds: BTreeSet<&str> = round.damage.iter().map(|(target, _)| &*target.kind).collect();
        let name = if kinds.len() > 1 { "several".to_owned() } else { kinds.into_iter().collect() };
        *counts.entry(name).or_default().entry(round.outcome.name()).or_default() += 1;
    }
    counts
}

impl Outcome {
    /// A word for it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Healed(_) => "healed",
            Self::Unharmed => "unharmed",
            Self::Refused(_) => "refused",
            Self::Wrong(_) => "wrong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_panics_of_ours_from_others() {
        let text = "thread 'a' panicked at crates/index/src/open.rs:3:1:\nthread 'b' panicked at /h/.cargo/registry/src/tantivy/x.rs:1:2:\nwarning";
        let (ours, caught) = panics(text);
        assert_eq!((ours.len(), caught), (1, 1));
        assert!(ours[0].contains("open.rs"));
    }
}
