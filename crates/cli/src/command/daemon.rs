//! `workroom daemon`: the process that has the index open for all others.

use crate::args::{Args, Daemon as Which};
use crate::failure::Failure;
use crate::output::{Out, clean, count, grouped, size};
use crate::{interrupt, log, place};
use workroom::{Daemon, OpenOptions, OwnerInfo, stop_daemon};

pub(super) fn run(args: &Args, which: &Which) -> Result<(), Failure> {
    match which {
        Which::Status { json } => status(args, *json),
        Which::Stop => stop(args),
        Which::Log { lines } => print_log(args, *lines),
        Which::Run { inherit } => serve(args, *inherit),
    }
}

fn status(args: &Args, json: bool) -> Result<(), Failure> {
    let owner = OwnerInfo::of(&place::folder(args)?)?;
    let mut out = Out::new();
    match (owner, json) {
        (owner, true) => out.json(&owner)?,
        (None, false) => out.whole("no daemon runs; the next command starts one")?,
        (Some(owner), false) => print(&mut out, &owner)?,
    }
    Ok(out.flush()?)
}

fn print(out: &mut Out, owner: &OwnerInfo) -> Result<(), Failure> {
    let mut row = |name: &str, value: String| out.whole(&format!("{name:<12}{value}"));
    let what = if owner.daemon { "daemon" } else { "a program that uses the library" };
    row("process", format!("{} ({what}, workroom {})", owner.pid, owner.version))?;
    row("serving for", count(owner.uptime_seconds, "second"))?;
    row("requests", format!("{} answered", grouped(owner.requests)))?;
    row("clients", format!("{} connected", grouped(owner.connections as u64)))?;
    row("watching", owner.watching.clone().unwrap_or_else(|| "no".to_owned()))?;
    if let Some(bytes) = owner.resident_bytes {
        row("memory", size(bytes))?;
    }
    Ok(())
}

fn stop(args: &Args) -> Result<(), Failure> {
    let stopped = stop_daemon(&place::folder(args)?)?;
    let mut out = Out::new();
    match stopped {
        Some(pid) => out.whole(&format!("stopped the daemon (process {pid}); nothing is lost by it"))?,
        None => out.whole("no daemon runs")?,
    }
    Ok(out.flush()?)
}

fn print_log(args: &Args, lines: usize) -> Result<(), Failure> {
    let folder = place::folder(args)?;
    // Opened for its errors only: a folder that is no workspace has no log either.
    workroom::Config::of(&folder)?;
    let text =
        log::files(&folder).iter().filter_map(|file| std::fs::read(file).ok()).collect::<Vec<_>>().concat();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    let mut out = Out::new();
    for line in &all[all.len().saturating_sub(lines)..] {
        out.whole(&clean(line))?;
    }
    if all.is_empty() {
        out.whole("the log is empty")?;
    }
    Ok(out.flush()?)
}

fn serve(args: &Args, inherit: bool) -> Result<(), Failure> {
    let folder = place::folder(args)?;
    let options = OpenOptions { models_dir: place::models_dir(args), ..OpenOptions::default() };
    let daemon = if inherit {
        Daemon::inherit(&folder, place::standard_input()?, options)?
    } else {
        Daemon::take(&folder, options)?
    };
    Ok(daemon.run(&interrupt::flag())?)
}
