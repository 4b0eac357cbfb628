//! The daemon: a process that owns a workspace for others, for as long as somebody asks.
//!
//! Invariant: it leaves when nobody has asked for a time, when it is told to, when its workspace is gone, and when it could not open it;
//! never in the middle of a request, and never with anything acknowledged and not on the disk.
//! Not here: signals and logs, which belong to the program.

use crate::client::{Client, Failure};
use crate::message::{Asked, Hello, Request};
use crate::options::{OpenOptions, Starter};
use crate::role::Owning;
use crate::server::Shared;
use engine::{Error, ErrorKind, Lock, Result, WORKROOM_DIR};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The daemon's log, in `.workroom/`.
pub const DAEMON_LOG: &str = "daemon.log";

/// How often the daemon looks whether it should leave.
const STEP: Duration = Duration::from_millis(100);
/// One that could not open the workspace stays so long to say why.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// A new daemon that nobody asks anything begins to watch by itself after so long.
const UNASKED: Duration = Duration::from_secs(1);
/// How long stopping waits for the daemon to be gone.
const GONE: Duration = Duration::from_secs(60);

/// The process that owns a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerInfo {
    /// Its process id.
    pub pid: u32,
    /// The version of its program.
    pub version: String,
    /// Whether it is a daemon; else it is a program that uses the library.
    pub daemon: bool,
    /// How long it has owned the workspace.
    pub uptime_seconds: u64,
    /// Requests that it answered.
    pub requests: u64,
    /// Clients that are connected, this one included.
    pub connections: usize,
    /// How the folder is watched, if it is.
    pub watching: Option<String>,
    /// Its resident memory in bytes, where the system says.
    pub resident_bytes: Option<u64>,
}

impl OwnerInfo {
    pub(crate) fn own(shared: &Shared) -> Self {
        let Hello { workroom, pid, daemon, .. } = Hello::own(shared.daemon);
        Self {
            pid,
            version: workroom,
            daemon,
            uptime_seconds: shared.started.elapsed().as_secs(),
            requests: shared.requests.load(Ordering::Relaxed),
            connections: shared.n_connections(),
            watching: shared.owner.watching.mode(),
            resident_bytes: resident_bytes(),
        }
    }

    /// Asks who owns the workspace at `folder`. `None` when nobody does.
    ///
    /// # Errors
    /// [`Locked`](ErrorKind::Locked) when the owner lets nobody in, [`Timeout`](ErrorKind::Timeout) when it does not answer.
    pub fn of(folder: &Path) -> Result<Option<Self>> {
        let Some(client) = connect(folder)? else { return Ok(None) };
        let asked = Asked::of(Request::Owner);
        match client.call(&asked, &mut |_| {}, &AtomicBool::new(false)) {
            Ok(info) => Ok(Some(info)),
            Err(Failure::Said(error)) => Err(error),
            Err(Failure::Lost | Failure::NotBegun) => Ok(None),
        }
    }
}

/// A daemon that is about to begin.
pub struct Daemon {
    lock: Lock,
    folder: PathBuf,
    options: OpenOptions,
}

impl Daemon {
    /// Takes over the lock that the process which started this one handed on.
    ///
    /// # Errors
    /// As [`Lock::inherit`].
    pub fn inherit(folder: &Path, lock: File, options: OpenOptions) -> Result<Self> {
        Ok(Self { lock: Lock::inherit(folder, lock)?, folder: canonical(folder)?, options })
    }

    /// Takes the workspace for a daemon that was started by hand.
    ///
    /// # Errors
    /// [`Locked`](ErrorKind::Locked) when another process has it.
    pub fn take(folder: &Path, options: OpenOptions) -> Result<Self> {
        Ok(Self { lock: Lock::take(folder)?, folder: canonical(folder)?, options })
    }

    /// Serves until there is a reason to leave, or `stop` becomes true. Everything acknowledged is on the disk when this returns.
    ///
    /// # Errors
    /// When the workspace cannot be opened or no socket made.
    pub fn run(self, stop: &AtomicBool) -> Result<()> {
        let (owning, opened) = Owning::begin_anyway(self.lock, &self.folder, &self.options, true);
        let Some(server) = &owning.server else {
            return Err(Error::new(ErrorKind::Io, "no socket can be made in this workspace").at(&self.folder));
        };
        if let Err(error) = opened {
            tracing::error!(%error, "the workspace cannot be opened");
            let began = Instant::now();
            while began.elapsed() < LAST_WORDS && !stop.load(Ordering::Relaxed) {
                std::thread::sleep(STEP);
            }
            return Err(error);
        }
        tracing::info!(folder = %self.folder.display(), version = env!("CARGO_PKG_VERSION"), "serving");
        let began = Instant::now();
        let why = loop {
            if stop.load(Ordering::Relaxed) {
                break "the process was told to end";
            }
            if server.is_asked_to_leave() {
                break "a client asked for it";
            }
            if !owning.owner.is_in_place() {
                break "the workspace is gone";
            }
            let patience = owning.owner.idle_seconds();
            if patience > 0 && server.idle() > Duration::from_secs(patience) {
                break "nobody has asked for a time";
            }
            if began.elapsed() > UNASKED && server.idle() > UNASKED {
                server.keep_watching();
            }
            std::thread::sleep(STEP);
        };
        tracing::info!(why, "leaving");
        drop(owning);
        Ok(())
    }
}

/// Asks the daemon of the workspace at `folder` to leave, and waits until it is gone. Returns its process id, or `None` when there was none.
///
/// # Errors
/// [`Locked`](ErrorKind::Locked) when the owner is no daemon; [`Timeout`](ErrorKind::Timeout) when it does not leave.
pub fn stop_daemon(folder: &Path) -> Result<Option<u32>> {
    let Some(client) = connect(folder)? else { return Ok(None) };
    let pid = client.owner().pid;
    client.ask_to_leave()?;
    drop(client);
    let began = Instant::now();
    while Lock::try_take(folder)?.is_none() {
        // Another daemon may have been started in its place already.
        if Lock::holder(folder).pid.is_some_and(|now| now != pid) {
            break;
        }
        if began.elapsed() > GONE {
            let message = format!("process {pid} was asked to leave and has not for {} s", GONE.as_secs());
            return Err(
                Error::new(ErrorKind::Timeout, message).hint("end the process; nothing is lost by it")
            );
        }
        std::thread::sleep(STEP / 10);
    }
    Ok(Some(pid))
}

/// Starts a daemon and hands it the lock.
pub(crate) fn start(lock: Lock, folder: &Path, starter: &Starter) -> Result<Child> {
    let log = folder.join(WORKROOM_DIR).join(DAEMON_LOG);
    let log = fs_err::OpenOptions::new().create(true).append(true).open(log);
    // Without a log it serves as well.
    let log = log.map_or_else(|_| Stdio::null(), |log| log.into_parts().0.into());
    let stdin = lock.into_file().map_or_else(Stdio::null, Stdio::from);
    let mut command = Command::new(&starter.program);
    command.args(&starter.arguments).stdin(stdin).stdout(Stdio::null()).stderr(log).current_dir(folder);
    // Ctrl-C on the terminal that a command was typed at is meant for the command.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|error| {
        let message = format!("the daemon {} cannot be started: {error}", starter.program.display());
        Error::new(ErrorKind::Io, message).at(&starter.program)
    })
}

/// A client of the owner, whoever it is; `None` when there is none.
fn connect(folder: &Path) -> Result<Option<Client>> {
    let folder = canonical(folder)?;
    if let Some(client) = Client::connect(&folder.join(WORKROOM_DIR))? {
        return Ok(Some(client));
    }
    if Lock::try_take(&folder)?.is_some() {
        return Ok(None);
    }
    Err(Lock::locked(&folder))
}

fn canonical(folder: &Path) -> Result<PathBuf> {
    Ok(fs_err::canonicalize(folder)?)
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<u64> {
    None
}
