//! `workroom-faults`: the power-cut proof; also the process that launches traced programs, the workload that is cut, and an owner to be killed.
//!
//! `workroom-faults power --rounds N --seed S` prints what it counted, of files and then of custody (`--of` one of them); it exits with 1 at the first thing that is wrong.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use faults::Medium;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use faults::power::Subject;
use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, rest)) if command == faults::trace::LAUNCH => {
            eprintln!("cannot launch: {}", faults::trace::launch(rest));
            return ExitCode::from(126);
        }
        Some((command, rest)) if command == Subject::Files.command() => faults::power::work(rest),
        Some((command, rest)) if command == Subject::Custody.command() => faults::custody::work(rest),
        Some((command, [folder])) if command == "daemon" => daemon(folder.as_ref()),
        Some((command, [folder, ready, act @ ..])) if command == "act" => {
            one_act(folder.as_ref(), ready.as_ref(), act)
        }
        Some((command, rest)) if command == "power" => power(rest),
        _ => Err(anyhow::anyhow!(
            "usage: workroom-faults power [--of files|custody] [--rounds N] [--seed S] [--disk strict|ordered]"
        )),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Owns a workspace for others until it is asked to leave.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn daemon(folder: &std::path::Path) -> anyhow::Result<()> {
    let daemon = workroom::Daemon::take(folder, workroom::OpenOptions::default())?;
    Ok(daemon.run(&std::sync::atomic::AtomicBool::new(false))?)
}

/// Owns a workspace, makes the file `ready`, and then makes a checkpoint, restores the one that is tagged `v1`, or takes ownership by a claim.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn one_act(folder: &std::path::Path, ready: &std::path::Path, act: &[String]) -> anyhow::Result<()> {
    let workspace = workroom::Workspace::open(folder)?;
    let tokens = custody::Tokens::at(&folder.join(workroom::WORKROOM_DIR).join(custody::FOLDER));
    std::fs::write(ready, "")?;
    match act {
        [act] if act == "create" => drop(workspace.create_checkpoint("", &["made".to_owned()])?),
        [act] if act == "restore" => drop(workspace.restore_checkpoint("v1", "")?),
        [act, claim, name, at_ms] if act == "claim" => {
            tokens.claim(claim, name, custody::Via::Cli, at_ms.parse()?)?;
            workspace.tell_transfers()?;
        }
        other => anyhow::bail!("no such act: {other:?}"),
    }
    Ok(())
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn power(arguments: &[String]) -> anyhow::Result<()> {
    let mut arguments = proof::args::Args::parse(arguments.iter().cloned(), &[])?;
    let rounds = arguments.take("rounds")?.unwrap_or(200);
    let seed = arguments.take("seed")?.unwrap_or_else(|| fastrand::u64(0..1_000_000));
    let media = match arguments.take::<String>("disk")?.as_deref() {
        None => vec![Medium::Strict, Medium::Ordered],
        Some("strict") => vec![Medium::Strict],
        Some("ordered") => vec![Medium::Ordered],
        Some(other) => anyhow::bail!("--disk is `strict` or `ordered`, not `{other}`"),
    };
    let subjects = match arguments.take::<String>("of")?.as_deref() {
        None => vec![Subject::Files, Subject::Custody],
        Some("files") => vec![Subject::Files],
        Some("custody") => vec![Subject::Custody],
        Some(other) => anyhow::bail!("--of is `files` or `custody`, not `{other}`"),
    };
    arguments.end()?;
    for subject in subjects {
        println!("{subject:?}: seed {seed}, {rounds} rounds");
        let started = std::time::Instant::now();
        let program = std::env::current_exe()?;
        let power = faults::power::Power { subject, rounds, seed, media: media.clone(), program };
        let tally = power.run(&mut |tally| {
            if tally.rounds.is_multiple_of(100) {
                eprintln!("{} of {rounds} in {:.0} s", tally.rounds, started.elapsed().as_secs_f64());
            }
        })?;
        print!("{tally}");
        println!("{:.0} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    eprintln!("programs are traced on Linux on x86-64 only");
    ExitCode::FAILURE
}
