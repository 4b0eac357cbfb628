//! `workroom lease`: files and folders held for a while, so that nobody else changes them.

use super::scope::age_ms;
use crate::args::{Args, Lease as Which, TakeLease};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::{interrupt, place};
use jiff::Timestamp;
use serde::Serialize;
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Duration;
use workroom::{Held, Lease, LeaseMode, LeaseRequest, Workspace};

/// How long a lease lasts that no command is run under.
const USUAL: &str = "10m";
/// Seconds between a command's end without a word, as by a kill, and that of its lease.
const BEHIND_COMMAND: u64 = 30;

pub(super) fn run(args: &Args, which: &Which) -> Result<ExitCode, Failure> {
    match which {
        Which::Take(options) => return take(args, options),
        Which::List { json } => list(&place::open(args)?, *json)?,
        Which::Extend { id, time, json } => {
            let lease = place::open(args)?.extend_lease(id, seconds("--for", time)?)?;
            tell(&lease, *json)?;
        }
        Which::Release { id } => {
            place::open(args)?.release_lease(id)?;
            say("gave the lease back")?;
        }
        Which::Break { fencing_token } => {
            let held = place::open(args)?.take_lease_away(*fencing_token)?;
            say(&format!("took {} from `{}`", named(&held.paths), clean(&held.name)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A lease as JSON.
#[derive(Serialize)]
struct Json<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    fencing_token: u64,
    holder: &'a str,
    mode: LeaseMode,
    paths: &'a [String],
    purpose: &'a str,
    since: String,
    until: String,
}

impl<'a> Json<'a> {
    fn of(id: Option<&'a str>, held: &'a Held) -> Self {
        Self {
            id,
            fencing_token: held.fencing_token,
            holder: &held.name,
            mode: held.mode,
            paths: &held.paths,
            purpose: &held.purpose,
            since: exact(held.since_ms),
            until: exact(held.until_ms),
        }
    }
}

fn take(args: &Args, options: &TakeLease) -> Result<ExitCode, Failure> {
    let workspace = place::open(args)?;
    let is_command = !options.command.is_empty();
    let seconds = match &options.time {
        _ if is_command => BEHIND_COMMAND,
        time => seconds("--for", time.as_deref().unwrap_or(USUAL))?,
    };
    let request = LeaseRequest {
        paths: options.paths.iter().map(|path| path.strip_prefix('/').unwrap_or(path).to_owned()).collect(),
        mode: if options.shared { LeaseMode::Shared } else { LeaseMode::Exclusive },
        seconds,
        purpose: options.purpose.clone(),
    };
    let asked = interrupt::flag();
    let lease = workspace.lease_until(&request, duration("--wait", &options.wait)?, &asked)?;
    if is_command {
        return run_under(&workspace, lease, &options.command);
    }
    tell(&lease, options.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a command while the lease is held. Ctrl-C is the command's to hear.
fn run_under(workspace: &Workspace, lease: Lease, command: &[String]) -> Result<ExitCode, Failure> {
    let kept = workspace.keep_lease(lease, BEHIND_COMMAND)?;
    let [program, arguments @ ..] = command else { return Ok(ExitCode::SUCCESS) };
    let mut running = Command::new(program);
    let status = running.args(arguments).env(place::LEASE, &kept.lease().id).status();
    let status = status.map_err(|error| Failure::Usage {
        message: format!("`{}` cannot be run: {error}", clean(program)),
        hint: "name a program behind `--`, as in `workroom lease take notes -- sh -c '...'`".to_owned(),
    })?;
    if kept.is_lost() {
        tracing::warn!("the lease was lost while the command ran: what it wrote at last was refused");
    }
    Ok(exit_code(status))
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> ExitCode {
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn list(workspace: &Workspace, json: bool) -> Result<(), Failure> {
    let leases = workspace.leases()?;
    let mut out = Out::new();
    if json {
        out.json(&leases.iter().map(|held| Json::of(None, held)).collect::<Vec<_>>())?;
        return Ok(out.flush()?);
    }
    for held in &leases {
        let mode = if held.mode == LeaseMode::Shared { ", shared" } else { "" };
        let purpose =
            if held.purpose.is_empty() { String::new() } else { format!(": {}", clean(&held.purpose)) };
        let (name, paths, until) = (clean(&held.name), named(&held.paths), exact(held.until_ms));
        out.whole(&format!("{}  {}{mode}", held.fencing_token, out.bold(&paths)))?;
        out.whole(&format!("    held by `{name}` until {until}{purpose}"))?;
    }
    if leases.is_empty() {
        out.whole("nobody holds a lease")?;
    }
    Ok(out.flush()?)
}

fn tell(lease: &Lease, json: bool) -> Result<(), Failure> {
    let Lease { id, held } = lease;
    let mut out = Out::new();
    if json {
        out.json(&Json::of(Some(id), held))?;
    } else {
        out.whole(&format!("holding {} until {}\n", named(&held.paths), exact(held.until_ms)))?;
        out.whole(&format!("{id}\n"))?;
        out.whole("Write by it with `--lease` or with WORKROOM_LEASE in the environment; `workroom lease release` gives it back.")?;
    }
    Ok(out.flush()?)
}

fn say(text: &str) -> Result<(), Failure> {
    let mut out = Out::new();
    out.whole(text)?;
    Ok(out.flush()?)
}

fn named(paths: &[String]) -> String {
    let name = |path: &String| if path.is_empty() { "the whole workspace".to_owned() } else { clean(path) };
    paths.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn duration(option: &str, text: &str) -> Result<Duration, Failure> {
    let time = age_ms(text).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    time.ok_or_else(|| Failure::Usage {
        message: format!("`{text}` is no time for {option}"),
        hint: "write 30s, 10m or 1h".to_owned(),
    })
}

fn seconds(option: &str, text: &str) -> Result<u64, Failure> {
    Ok(duration(option, text)?.as_secs())
}

/// As in all JSON: RFC 3339, in UTC.
fn exact(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| format!("{time:.3}"))
}
