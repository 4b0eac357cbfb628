//! Crash rounds: the workload is killed at a random instant, and what it left is checked.
//!
//! Invariant: rounds go on with the workspace that the last one left, so damage that is small at first has time to grow.
//! A kill does not lose what the kernel already holds: this proves atomicity and recovery; power cuts are proved in `tests/faults`.

use crate::process::{Heard, Running};
use crate::{Check, Report, Violation};
use crate::{folder, journal};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How to run.
#[derive(Clone, Debug)]
pub struct Crash {
    /// How many rounds.
    pub rounds: u64,
    /// Of all choices; printed.
    pub seed: u64,
    /// The program `workroom-proof`.
    pub program: PathBuf,
    /// Installed models, for kills while vectors are committed.
    pub models: Option<PathBuf>,
}

/// What all rounds came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Rounds that were checked.
    pub rounds: u64,
    /// Kills, by what went on.
    pub kills: BTreeMap<String, u64>,
    /// Operations that were acknowledged, by kind.
    pub acknowledged: BTreeMap<String, u64>,
    /// Operations that were cut short, by kind.
    pub cut_short: BTreeMap<String, u64>,
    /// What opening repaired, numbers left out.
    pub repaired: BTreeMap<String, u64>,
    /// Hits that were examined.
    pub hits: u64,
}

/// Rounds until a workspace is given up for a new one.
const GENERATION: u64 = 40;
/// An index made anew is compared every so many rounds, and at the end of a generation.
const COMPARED: u64 = 4;
/// One round of so many has a teacher.
const TAUGHT: u64 = 10;
/// How long a child may take to come to what is waited for, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// When to kill.
#[derive(Clone, Debug)]
enum Aim {
    /// During the operation that begins as the n-th from now, whatever it is.
    Any(u32),
    /// During the operation of this kind that begins as the n-th from now.
    During(&'static str, u32),
}

impl Crash {
    /// Runs all rounds; `tell` hears of each.
    ///
    /// # Errors
    /// When a round leaves something wrong: what, where it is kept, and the seed.
    pub fn run(&self, tell: &mut dyn FnMut(&Tally)) -> Result<Tally> {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let mut tally = Tally::default();
        let mut times = Times::default();
        let mut room = Room::new()?;
        for round in 0..self.rounds {
            if round % GENERATION == GENERATION - 1 {
                room = Room::new()?;
            }
            let teaches = self.models.is_some() && round % TAUGHT == TAUGHT - 1;
            // Now and then the next process is killed while it opens what the last one left.
            let kills = if rng.u8(0..5) == 0 { 2 } else { 1 };
            for nth in 0..kills {
                let aim = if nth > 0 { Aim::During("open", 1) } else { choose(&mut rng, teaches) };
                *tally.kills.entry(aim.name()).or_default() += 1;
                self.run_and_kill(&room, &aim, &mut rng, teaches, &mut times)?;
            }
            let compare = round % COMPARED == 0 || round % GENERATION == GENERATION - 2;
            room.keep_evidence()?;
            match Check::of(&room.root(), &room.acks()).compare(compare).run() {
                Ok(report) => {
                    journal::begin_anew(&room.acks(), &report.state)?;
                    tally.add(report);
                }
                Err(violations) => return Err(self.failed(room, round, &violations)),
            }
            tell(&tally);
        }
        Ok(tally)
    }

    fn failed(&self, room: Room, round: u64, violations: &[Violation]) -> anyhow::Error {
        let kept = room.dir.keep();
        let what: Vec<String> =
            violations.iter().take(8).map(|one| format!("{:?}: {}", one.kind, one.what)).collect();
        anyhow::anyhow!(
            "seed {}, round {round}, kept in {}: {} wrong\n{}",
            self.seed,
            kept.display(),
            violations.len(),
            what.join("\n")
        )
    }

    fn run_and_kill(
        &self,
        room: &Room,
        aim: &Aim,
        rng: &mut fastrand::Rng,
        teaches: bool,
        times: &mut Times,
    ) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["child", "--echo", "--seed", &rng.u32(..).to_string()]);
        command.arg("--root").arg(room.root()).arg("--acks").arg(room.acks());
        if let Some(models) = self.models.as_ref().filter(|_| teaches) {
            command.arg("--models").arg(models);
        }
        if matches!(aim, Aim::During("close", _)) {
            // It ends by itself, and closes.
            command.args(["--ops", "12"]);
        }
        let running = Running::start(&mut command, &room.errors())?;
        let was_hit = await_instant(&running, aim, rng, times);
        let status = running.kill()?;
        let errors = fs_err::read_to_string(room.errors())?;
        ensure!(!errors.contains("panicked"), "seed {}: {errors}", self.seed);
        if !was_hit && status.code().is_some_and(|code| code != 0) {
            bail!("seed {}: the child ended by itself ({status}): {errors}", self.seed);
        }
        Ok(())
    }
}

/// Waits until the child is where it is to be killed. Returns whether it came there.
fn await_instant(running: &Running, aim: &Aim, rng: &mut fastrand::Rng, times: &mut Times) -> bool {
    let until = Instant::now() + PATIENCE;
    let (wanted, mut nth) = match aim {
        Aim::Any(nth) => (None, *nth),
        Aim::During(kind, nth) => (Some(*kind), *nth),
    };
    loop {
        match running.hear(until) {
            Heard::Line(at, line) => {
                let Some(began) = times.note(at, &line) else { continue };
                if wanted.is_some_and(|kind| kind != began) {
                    continue;
                }
                nth -= 1;
                if nth == 0 {
                    let longest = times.mean(&began).mul_f64(1.5);
                    let after = longest.mul_f64(rng.f64());
                    // Not to wait for something: the instant of the kill is the choice of this round.
                    std::thread::sleep(after.saturating_sub(at.elapsed()));
                    return true;
                }
            }
            Heard::Silence | Heard::End => return false,
        }
    }
}

fn choose(rng: &mut fastrand::Rng, teaches: bool) -> Aim {
    const KINDS: [&str; 18] = [
        "open",
        "open",
        "close",
        "index",
        "write",
        "put",
        "append",
        "change",
        "copy",
        "remove",
        "rename",
        "edit",
        "rename-folder",
        "copy-folder",
        "copy-folder",
        "remove-folder",
        "remove-folder",
        "make-folder",
    ];
    if teaches && rng.bool() {
        return Aim::During("backfill", 1);
    }
    if rng.u8(0..3) == 0 {
        return Aim::Any(rng.u32(1..50));
    }
    let kind = KINDS[rng.usize(0..KINDS.len())];
    let nth = match kind {
        "open" | "close" => 1,
        "write" | "put" | "edit" | "index" => rng.u32(1..8),
        _ => rng.u32(1..3),
    };
    Aim::During(kind, nth)
}

impl Aim {
    fn name(&self) -> String {
        match self {
            Self::Any(_) => "any".to_owned(),
            Self::During(kind, _) => (*kind).to_owned(),
        }
    }
}

/// How long operations take, by kind.
#[derive(Debug, Default)]
struct Times {
    begun: BTreeMap<String, (Instant, String)>,
    sums: BTreeMap<String, (Duration, u32)>,
}

impl Times {
    /// Notes a line of a child; returns the kind of operation that it says has begun.
    fn note(&mut self, at: Instant, line: &str) -> Option<String> {
        let mut words = line.split(' ');
        let (word, n) = (words.next()?, words.next()?);
        if word == "begin" {
            let kind = words.next()?.to_owned();
            self.begun.insert(n.to_owned(), (at, kind.clone()));
            return Some(kind);
        }
        let (begun, kind) = self.begun.remove(n)?;
        let (sum, count) = self.sums.entry(kind).or_default();
        *sum += at.saturating_duration_since(begun);
        *count += 1;
        None
    }

    /// The mean of what was seen so far, or a guess.
    fn mean(&self, kind: &str) -> Duration {
        self.sums.get(kind).map_or(Duration::from_millis(30), |(sum, count)| *sum / *count)
    }
}

impl Tally {
    fn add(&mut self, report: Report) {
        let add = |to: &mut BTreeMap<String, u64>, from: BTreeMap<String, u64>| {
            from.into_iter().for_each(|(kind, n)| *to.entry(kind).or_default() += n);
        };
        self.rounds += 1;
        self.hits += report.hits as u64;
        add(&mut self.acknowledged, report.acknowledged);
        add(&mut self.cut_short, report.cut_short);
        for line in report.repaired {
            let bare: String = line.chars().filter(|c| !c.is_ascii_digit()).collect();
            *self.repaired.entry(bare).or_default() += 1;
        }
    }
}

/// A workspace with its journal.
struct Room {
    dir: tempfile::TempDir,
}

impl Room {
    fn new() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("crash-").tempdir()?;
        let room = Self { dir };
        fs_err::create_dir(room.root()).context("a new workspace")?;
        Ok(room)
    }

    fn root(&self) -> PathBuf {
        self.at("w")
    }

    fn acks(&self) -> PathBuf {
        self.at("acks")
    }

    /// Copies what the kill left, because checking heals it.
    fn keep_evidence(&self) -> Result<()> {
        let copy = self.at("as-killed");
        if copy.exists() {
            fs_err::remove_dir_all(&copy)?;
        }
        folder::copy(&self.root(), &copy)
    }

    fn errors(&self) -> PathBuf {
        self.at("errors")
    }

    fn at(&self, name: &str) -> PathBuf {
        Path::new(self.dir.path()).join(name)
    }
}
