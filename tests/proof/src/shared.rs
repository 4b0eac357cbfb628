//! Shared files: many agents change the same ones in every way there is, while agents and the workspace's owner are killed. No update may be lost.
//!
//! Invariant: an agent adds a line to what it has read, and writes the whole. So an update that was lost is a line that was acknowledged and is
//! not there; and the lines of a file, numbered by whoever wrote them, are the order in which they were written.
//! Not here: how an agent comes to the workspace (`agent`), what the audit log says (`order`).

mod agent;
mod order;

pub use agent::{Agent, Guard, Way};

use crate::process::{Heard, Running};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use workroom::Workspace;

/// How to run.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What keeps the agents apart.
    pub guard: Guard,
    /// How long.
    pub time: Duration,
    /// Agents, a process each.
    pub agents: u64,
    /// Files that they change.
    pub files: u64,
    /// Of all choices; printed.
    pub seed: u64,
    /// The program `workroom-proof`.
    pub program: PathBuf,
    /// The program `workroom`.
    pub cli: PathBuf,
}

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Updates that were acknowledged, by way.
    pub acknowledged: BTreeMap<String, u64>,
    /// Writes in the audit log, each made of what the one before it on the same file left.
    pub written: u64,
    /// Updates of agents that were killed before they heard of them.
    pub unheard: u64,
    /// Times that an agent was refused, because another was before it.
    pub refused: u64,
    /// Agents that were killed, and owners.
    pub kills: (u64, u64),
    /// What went wrong; nothing, if all is well.
    pub wrong: Vec<String>,
}

/// An update that was acknowledged: in which file, and its name.
type Update = (String, String);

/// How long an agent may take to end after its time: as long as a lease is waited for, and more.
const GRACE: Duration = Duration::from_secs(60);
/// Between two kills, in milliseconds.
const PAUSE: std::ops::Range<u64> = 200..700;

/// The path of a file.
#[must_use]
pub fn path(n: u64) -> String {
    format!("shared/{n}.txt")
}

/// A running agent.
struct Seat {
    id: u64,
    /// How many there were in its place before.
    life: u64,
    process: Running,
}

impl Shared {
    /// Runs.
    ///
    /// # Errors
    /// When it cannot be run at all. What goes wrong inside is in the result.
    pub fn run(&self) -> Result<Tally> {
        ensure!(self.cli.exists(), "{} is missing: build it first", self.cli.display());
        let dir = tempfile::Builder::new().prefix("shared-").tempdir()?;
        let root = dir.path().join("w");
        for n in 0..self.files {
            let at = root.join(path(n));
            fs_err::create_dir_all(at.parent().context("no folder")?)?;
            fs_err::write(at, "")?;
        }
        Workspace::create(&root)?;
        let (server, address) = self.serve(&root, dir.path())?;
        let mut tally = Tally::default();
        let acknowledged = self.crowd(&root, dir.path(), &address, &mut tally)?;
        drop(server);
        self.check(&root, &acknowledged, &mut tally)?;
        let errors = fs_err::read_to_string(dir.path().join("errors"))?;
        tally.wrong.extend(errors.lines().filter(|line| line.contains("panicked")).map(str::to_owned));
        workroom::stop_daemon(&root)?;
        // The last owner may have been killed in the middle of a write: the next one notes what came of it.
        drop(Workspace::open(&root)?);
        let (written, wrong) = order::check(&root, &(0..self.files).map(path).collect::<Vec<_>>())?;
        tally.written = written;
        tally.wrong.extend(wrong);
        if !tally.wrong.is_empty() {
            tally.wrong.push(format!("kept in {}", dir.keep().display()));
        }
        Ok(tally)
    }

    /// Lets all agents work, and kills some, until the time is over. Returns what was acknowledged.
    fn crowd(&self, root: &Path, dir: &Path, address: &str, tally: &mut Tally) -> Result<Vec<Update>> {
        let until = Instant::now() + self.time;
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let start = |id, life| -> Result<Seat> {
            let left = until.saturating_duration_since(Instant::now());
            Ok(Seat { id, life, process: self.start(root, dir, address, (id, life, left))? })
        };
        let mut seats = (0..self.agents).map(|id| start(id, 0)).collect::<Result<Vec<_>>>()?;
        let mut acknowledged = Vec::new();
        while Instant::now() < until {
            let pause = Instant::now() + Duration::from_millis(rng.u64(PAUSE));
            for seat in &seats {
                while let Heard::Line(_, line) = seat.process.hear(pause.min(Instant::now() + TICK)) {
                    tally.hear(seat.id, &line, &mut acknowledged);
                }
            }
            std::thread::sleep(pause.saturating_duration_since(Instant::now()));
            if rng.u8(0..3) == 0 {
                tally.kills.1 += u64::from(kill_owner(root));
                continue;
            }
            let seat = &mut seats[rng.usize(0..self.agents as usize)];
            let next = start(seat.id, seat.life + 1)?;
            let killed = std::mem::replace(seat, next);
            tally.kills.0 += 1;
            for line in killed.process.kill_and_read()? {
                tally.hear(killed.id, &line, &mut acknowledged);
            }
        }
        for seat in seats {
            let (lines, status) = seat.process.finish(GRACE)?;
            lines.iter().for_each(|line| tally.hear(seat.id, line, &mut acknowledged));
            if !status.is_some_and(|status| status.success()) {
                tally.wrong.push(format!("agent {} ended with {status:?}", seat.id));
            }
        }
        Ok(acknowledged)
    }

    fn start(
        &self,
        root: &Path,
        dir: &Path,
        address: &str,
        (id, life, time): (u64, u64, Duration),
    ) -> Result<Running> {
        let mut command = Command::new(&self.program);
        command.args(["agent", "--way", Way::of(id).name(), "--guard", self.guard.name()]);
        command.args(["--id", &id.to_string(), "--life", &life.to_string()]);
        command.args(["--seed", &self.seed.to_string(), "--files", &self.files.to_string()]);
        command.args(["--ms", &time.as_millis().to_string(), "--address", address]);
        command.arg("--root").arg(root).arg("--cli").arg(&self.cli);
        Running::start(&mut command, &dir.join("errors"))
    }

    /// The server for those who come over HTTP, and its address.
    fn serve(&self, root: &Path, dir: &Path) -> Result<(Running, String)> {
        let mut command = Command::new(&self.cli);
        command.arg("--workspace").arg(root);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--anonymous",
            "write",
            "--rate",
            "1000000",
            "--json",
        ]);
        let server = Running::start(command.stdin(Stdio::null()), &dir.join("errors"))?;
        let Heard::Line(_, line) = server.hear(Instant::now() + GRACE) else {
            anyhow::bail!("the server says nothing")
        };
        let said: Value = serde_json::from_str(&line).with_context(|| format!("not JSON: {line:?}"))?;
        let address =
            said["url"].as_str().and_then(|url| url.strip_prefix("http://")).context("no address")?;
        Ok((server, address.to_owned()))
    }

    /// When all have gone, each file holds every update that was acknowledged, once, in one order.
    fn check(&self, root: &Path, acknowledged: &[Update], tally: &mut Tally) -> Result<()> {
        let mut there = BTreeSet::new();
        for n in 0..self.files {
            let path = path(n);
            let text = fs_err::read_to_string(root.join(&path))?;
            let mut last = 0;
            for (number, line) in text.lines().enumerate() {
                let mut words = line.split(' ');
                let mut word = || words.next().unwrap_or_default();
                let (counted, name, token) = (word(), word(), word());
                if counted != number.to_string() {
                    tally.wrong.push(format!("{path}: line {number} is {line:?}"));
                }
                let token: u64 = token.parse().with_context(|| format!("{path}: {line:?}"))?;
                if self.guard == Guard::Lease && token <= last {
                    tally.wrong.push(format!("{path}: fencing token {token} after {last}"));
                }
                last = token;
                if !there.insert((path.clone(), name.to_owned())) {
                    tally.wrong.push(format!("{path}: {name} is there twice"));
                }
            }
        }
        let acknowledged: BTreeSet<Update> = acknowledged.iter().cloned().collect();
        let lost = acknowledged.difference(&there);
        tally.wrong.extend(lost.map(|(path, name)| format!("{path}: {name} was acknowledged and is lost")));
        tally.unheard = there.difference(&acknowledged).count() as u64;
        if tally.unheard > tally.kills.0 {
            tally
                .wrong
                .push(format!("{} updates that nobody heard of, of {:?} kills", tally.unheard, tally.kills));
        }
        Ok(())
    }
}

/// How long one agent's next line is waited for while the others speak.
const TICK: Duration = Duration::from_millis(2);

impl Tally {
    /// Takes an agent's word: `done PATH NAME`, `refused`, or what went wrong.
    fn hear(&mut self, id: u64, line: &str, acknowledged: &mut Vec<Update>) {
        match *line.split(' ').collect::<Vec<_>>() {
            ["done", path, name] => {
                *self.acknowledged.entry(Way::of(id).name().to_owned()).or_default() += 1;
                acknowledged.push((path.to_owned(), name.to_owned()));
            }
            ["refused"] => self.refused += 1,
            _ => self.wrong.push(format!("agent {id} ({}): {line}", Way::of(id).name())),
        }
    }
}

/// Kills the owner, if it is a daemon of this workspace.
fn kill_owner(root: &Path) -> bool {
    let Some(pid) = crate::soak::role::owner(root) else { return false };
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if !String::from_utf8_lossy(&arguments).contains(&*root.to_string_lossy()) {
        return false;
    }
    let kill = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
    kill.is_ok_and(|status| status.success())
}
