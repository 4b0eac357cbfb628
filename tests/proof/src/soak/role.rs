//! The roles of the soak: what each process does, again and again, until its time is over.
//!
//! Invariant: a process changes only files of its own, so it knows what a search for its marker must find.

use super::Measured;
use super::changer::Changer;
use super::way::{Http, Library, Mcp, Way};
use crate::Version;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use workroom::{ErrorKind, Mode, OpenOptions, Query, Question, Sharing, Starter, Workspace};

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Searches, asks and looks at the status by the program, a process for each call.
    CliReader,
    /// The same by the library.
    LibraryReader,
    /// Writes by the program, and searches for what it wrote.
    CliWriter,
    /// The same by the library.
    LibraryWriter,
    /// Changes files and folders in every way there is, by the library.
    LibraryChanger,
    /// The same over HTTP.
    HttpChanger,
    /// The same over MCP.
    McpChanger,
    /// Changes files outside the API.
    Editor,
    /// Kills the owner of the workspace, or asks it to end.
    Killer,
    /// Gives chunks their teacher's vectors.
    Backfill,
}

const ROLES: [(Role, &str); 10] = [
    (Role::CliReader, "cli-reader"),
    (Role::LibraryReader, "library-reader"),
    (Role::CliWriter, "cli-writer"),
    (Role::LibraryWriter, "library-writer"),
    (Role::LibraryChanger, "library-changer"),
    (Role::HttpChanger, "http-changer"),
    (Role::McpChanger, "mcp-changer"),
    (Role::Editor, "editor"),
    (Role::Killer, "killer"),
    (Role::Backfill, "backfill"),
];

impl Role {
    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        ROLES.into_iter().map(|(role, _)| role)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        ROLES.iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }
}

impl FromStr for Role {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = ROLES.iter().find(|(_, known)| *known == name);
        known.map(|(role, _)| *role).with_context(|| format!("`{name}` is no role"))
    }
}

/// A role in one process.
#[derive(Clone, Debug)]
pub struct Task {
    /// What to do.
    pub role: Role,
    /// Tells its files and markers from others'; from 1.
    pub id: u64,
    /// Of all choices.
    pub seed: u64,
    /// How long.
    pub time: Duration,
    /// Files that were there before.
    pub files: u64,
    /// The workspace.
    pub root: PathBuf,
    /// The program `workroom`.
    pub cli: PathBuf,
    /// Installed models.
    pub models: Option<PathBuf>,
}

/// Files that a writer writes in turn.
const FILES: u64 = 20;
/// Markers of one process.
const NUMBERS: u64 = 10_000_000;

/// Where a file of the beginning lies.
#[must_use]
pub fn base_path(n: u64) -> String {
    format!("base/{}/{n}.md", n / 100)
}

/// The process that owns the workspace, as its lock file says.
pub(crate) fn owner(root: &Path) -> Option<u32> {
    std::fs::read_to_string(root.join(".workroom/lock")).ok()?.split_whitespace().next()?.parse().ok()
}

impl Task {
    /// Does it until the time is over.
    #[must_use]
    pub fn run(&self) -> Measured {
        let mut hand = Hand {
            task: self,
            rng: fastrand::Rng::with_seed(self.seed.wrapping_mul(1009).wrapping_add(self.id)),
            measured: Measured::default(),
            workspace: None,
            changer: None,
            n: self.id * NUMBERS,
        };
        let until = Instant::now() + self.time;
        while Instant::now() < until {
            hand.step(until);
        }
        hand.measured
    }
}

/// A process at work.
struct Hand<'a> {
    task: &'a Task,
    rng: fastrand::Rng,
    measured: Measured,
    workspace: Option<Workspace>,
    changer: Option<Changer>,
    n: u64,
}

impl Hand<'_> {
    fn step(&mut self, until: Instant) {
        match self.task.role {
            Role::CliReader | Role::LibraryReader => self.read(),
            Role::CliWriter | Role::LibraryWriter => self.write(),
            Role::LibraryChanger | Role::HttpChanger | Role::McpChanger => self.change(),
            Role::Editor => self.edit(),
            Role::Killer => self.kill(until),
            Role::Backfill => self.backfill(until),
        }
    }

    /// One call of a reader. A file of the beginning, which nobody changes, must be found.
    fn read(&mut self) {
        let n = self.rng.u64(0..self.task.files);
        let (path, version) = (base_path(n), Version::new(n, 3));
        match self.rng.u8(0..10) {
            0 => self.status(),
            1 | 2 => self.ask(&version),
            3 if self.workspace.is_some() => self.workspace = None,
            _ => {
                if let Some(false) = self.finds(&path, &version) {
                    self.measured.stale.push(format!("{path} was there all the time and is not found"));
                }
            }
        }
    }

    fn change(&mut self) {
        if self.changer.is_none() {
            let task = self.task;
            let way = self.measured.call("begin", || task.way());
            let (rng, folder) = (self.rng.fork(), format!("changed/{}", task.id));
            self.changer = way.map(|way| Changer::new(way, &task.root, folder, rng, self.n));
        }
        if let Some(changer) = &mut self.changer {
            changer.step(&mut self.measured);
        }
    }

    fn write(&mut self) {
        self.n += 1;
        let path = format!("written/{}/{}.md", self.task.id, self.n % FILES);
        let version = Version::new(self.n, self.rng.u32(1..12));
        // Not known until the call has returned, should it fail.
        self.measured.last.remove(&path);
        let written = if self.is_cli() {
            let task = self.task;
            self.measured.call("cli write", || task.cli(&["write", &path], Some(&version.text())).map(drop))
        } else {
            self.library("library write", |workspace| {
                let written = workspace.write(&path, version.text().as_bytes())?;
                ensure!(written.version == version.hash(), "acknowledged as {}", written.version);
                Ok(())
            })
        };
        if written.is_none() {
            return;
        }
        self.measured.last.insert(path.clone(), Some(version));
        if let Some(false) = self.finds(&path, &version) {
            self.measured.stale.push(format!("{path}: {version:?} was written and is not found"));
        }
    }

    /// Whether a version is found, fresh, in its file; `None` when the search failed.
    fn finds(&mut self, path: &str, version: &Version) -> Option<bool> {
        let (marker, hash) = (version.marker(), version.hash());
        if self.is_cli() {
            let task = self.task;
            let found = self.measured.call("cli search", || {
                let text = task.cli(&["search", "--json", "--mode", "lexical", &marker], None)?;
                let json: Value = serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))?;
                Ok(json["hits"].as_array().cloned().unwrap_or_default())
            })?;
            let own = |hit: &Value| hit["path"] == path && hit["version"] == *hash && hit["fresh"] == true;
            return Some(found.iter().any(own));
        }
        let query = Query::new(marker).mode(Mode::Lexical);
        let hits = self.library("library search", |workspace| Ok(workspace.search(&query)?))?;
        Some(hits.iter().any(|hit| hit.path == path && hit.version == hash && hit.fresh))
    }

    fn status(&mut self) {
        if self.is_cli() {
            let task = self.task;
            self.measured.call("cli status", || task.cli(&["status", "--json"], None));
        } else {
            self.library("library status", |workspace| Ok(workspace.status()?));
        }
    }

    fn ask(&mut self, version: &Version) {
        let question = format!("where {}?", version.sentence());
        if self.is_cli() {
            let task = self.task;
            self.measured.call("cli ask", || task.cli(&["ask", "--json", &question], None));
        } else {
            self.library("library ask", |workspace| Ok(workspace.ask(&Question::new(question))?));
        }
    }

    /// A call of the library, on a workspace that is opened if it is not.
    fn library<T>(&mut self, kind: &str, work: impl FnOnce(&Workspace) -> Result<T>) -> Option<T> {
        if self.workspace.is_none() {
            let task = self.task;
            self.workspace = self.measured.call("library open", || task.open());
        }
        let workspace = self.workspace.as_ref()?;
        self.measured.call(kind, || work(workspace))
    }

    /// An editor saves a file, in place or by renaming, or deletes one.
    fn edit(&mut self) {
        self.n += 1;
        let path = format!("edited/{}/{}.md", self.task.id, self.n % FILES);
        let at = self.task.root.join(&path);
        let version = (self.rng.u8(0..8) > 0).then(|| Version::new(self.n, self.rng.u32(1..12)));
        let in_place = self.rng.bool();
        let saved = self.measured.call("edit", || save(&at, version, in_place));
        if saved.is_some() {
            self.measured.last.insert(path, version);
        }
        pause(&mut self.rng, Duration::from_millis(200));
    }

    fn kill(&mut self, until: Instant) {
        pause(&mut self.rng, Duration::from_secs(3).min(until.saturating_duration_since(Instant::now())));
        let task = self.task;
        let ended = if self.rng.bool() {
            // Its text is advice: a process that ended may still be named there, and is nobody's by now.
            owner(&task.root).filter(|pid| is_ours(*pid, &task.root)).map(|pid| {
                let kill = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
                kill.is_ok_and(|status| status.success())
            })
        } else if owner(&task.root).is_none_or(|pid| !is_ours(pid, &task.root)) {
            // A program that uses the library owns it; nobody may stop that, and the answer says so.
            None
        } else {
            self.measured.call("daemon stop", || task.cli(&["daemon", "stop"], None)).map(|_| true)
        };
        self.measured.kills += u64::from(ended == Some(true));
    }

    fn backfill(&mut self, until: Instant) {
        let cancel = AtomicBool::new(false);
        self.library("library backfill", |workspace| {
            let mut progress = |_, _| cancel.store(Instant::now() > until, Ordering::Relaxed);
            match workspace.backfill(&mut progress, &cancel) {
                // The end of the soak.
                Err(error) if error.kind() == ErrorKind::Cancelled && cancel.load(Ordering::Relaxed) => {
                    Ok(())
                }
                done => Ok(done.map(drop)?),
            }
        });
        pause(&mut self.rng, Duration::from_millis(500));
    }

    fn is_cli(&self) -> bool {
        matches!(self.task.role, Role::CliReader | Role::CliWriter)
    }
}

impl Task {
    fn open(&self) -> Result<Workspace> {
        // Most by the daemon; some as programs that know of none and own the workspace if they come first, which spares them the killer.
        let sharing =
            if !self.id.is_multiple_of(6) { Sharing::Daemon(self.starter()) } else { Sharing::FirstOwns };
        let options = OpenOptions { models_dir: self.models.clone(), sharing, ..OpenOptions::default() };
        Ok(Workspace::open_with(&self.root, &options)?)
    }

    fn starter(&self) -> Starter {
        let mut arguments: Vec<OsString> = vec!["--workspace".into(), self.root.clone().into()];
        if let Some(models) = &self.models {
            arguments.extend(["--models-dir".into(), models.clone().into()]);
        }
        arguments.extend(["daemon".into(), "run".into(), "--inherit".into()]);
        Starter { program: self.cli.clone(), arguments }
    }

    fn way(&self) -> Result<Box<dyn Way>> {
        Ok(match self.role {
            Role::HttpChanger => Box::new(Http::start(self)?),
            Role::McpChanger => Box::new(Mcp::start(self)),
            _ => Box::new(Library(self.open()?)),
        })
    }

    /// The program on the workspace.
    pub(super) fn program(&self) -> Command {
        let mut command = Command::new(&self.cli);
        command.arg("--workspace").arg(&self.root);
        if let Some(models) = &self.models {
            command.arg("--models-dir").arg(models);
        }
        command
    }

    /// Runs the program; its standard output when it succeeded.
    fn cli(&self, arguments: &[&str], input: Option<&str>) -> Result<String> {
        let mut command = self.program();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.unwrap_or_default().as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Saves a file as an editor does, or deletes it.
fn save(at: &Path, version: Option<Version>, in_place: bool) -> Result<()> {
    let Some(version) = version else {
        return match fs_err::remove_file(at) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        };
    };
    if let Some(folder) = at.parent() {
        fs_err::create_dir_all(folder)?;
    }
    if in_place {
        return Ok(fs_err::write(at, version.text())?);
    }
    let beside = at.with_extension("part");
    fs_err::write(&beside, version.text())?;
    Ok(fs_err::rename(beside, at)?)
}

/// Whether a process is a `workroom` on this workspace: neither a stranger who got the number of one that ended, nor a role, whose account
/// would be lost with it.
fn is_ours(pid: u32, root: &Path) -> bool {
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let arguments = String::from_utf8_lossy(&arguments);
    arguments.contains(&*root.to_string_lossy()) && !arguments.contains("--role")
}

/// What a person or a machine does between two calls; waits for nothing.
fn pause(rng: &mut fastrand::Rng, most: Duration) {
    std::thread::sleep(most.mul_f64(rng.f64()));
}
