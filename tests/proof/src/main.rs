//! `workroom-proof COMMAND`: the proofs, and the processes that they start.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use anyhow::{Result, bail};
use proof::args::Args;
use proof::corrupt::{self, Corrupt, Outcome};
use proof::crash::Crash;
use proof::shared::{Agent, Guard, Shared};
use proof::soak::{self, Soak, Task};
use proof::{Check, Report, Violation, Workload};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: workroom-proof COMMAND

  child --root DIR --acks FILE --seed N [--ops N] [--threads N] [--models DIR] [--only-api] [--echo]
                    works on the workspace at DIR and keeps the journal FILE
  check --root DIR --acks FILE [--no-compare] [--lost-outside] [--rebuilt]
                    opens the workspace and holds it against the journal; prints JSON
  crash [--rounds N] [--seed S] [--models DIR]
                    kills the workload, N times, and checks what it left
  corrupt [--rounds N] [--seed S] [--models DIR]
                    damages files under .workroom/, and checks what becomes of it
  soak [--minutes M | --seconds S] [--files N] [--seed S] [--models DIR] [--json FILE]
                    crowds one workspace with processes
  shared [--seconds N] [--agents N] [--files N] [--guard lease|if-match] [--seed S]
                    has many agents change the same files, and kills some";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("workroom-proof: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let args = Args::parse(arguments, &["only-api", "echo", "no-compare", "lost-outside", "rebuilt"])?;
    match command.as_str() {
        "child" => child(args),
        "check" => check(args),
        "crash" => crash(args),
        "corrupt" => corrupt(args),
        "soak" => soak(args),
        "role" => role(args),
        "shared" => shared(args),
        "agent" => agent(args),
        _ => bail!("{USAGE}"),
    }
}

/// The seed that was given, or a new one; told either way.
fn seed(args: &mut Args) -> Result<u64> {
    let seed = args.take("seed")?.unwrap_or_else(|| fastrand::u64(0..1 << 32));
    println!("seed {seed}");
    Ok(seed)
}

fn child(mut args: Args) -> Result<ExitCode> {
    let (root, acks): (PathBuf, PathBuf) = (args.need("root")?, args.need("acks")?);
    let mut workload = Workload::new(&root, &acks, args.need("seed")?);
    workload.ops = args.take("ops")?;
    workload.threads = args.take("threads")?.unwrap_or(workload.threads);
    workload.models = args.take("models")?;
    (workload.only_api, workload.echo) = (args.flag("only-api"), args.flag("echo"));
    args.end()?;
    workload.run()?;
    Ok(ExitCode::SUCCESS)
}

fn check(mut args: Args) -> Result<ExitCode> {
    let (root, acks): (PathBuf, PathBuf) = (args.need("root")?, args.need("acks")?);
    let check = Check::of(&root, &acks)
        .compare(!args.flag("no-compare"))
        .outside_is_durable(!args.flag("lost-outside"))
        .is_rebuilt(args.flag("rebuilt"));
    args.end()?;
    let outcome: Result<Report, Vec<Violation>> = check.run();
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn crash(mut args: Args) -> Result<ExitCode> {
    let crash = Crash {
        rounds: args.take("rounds")?.unwrap_or(1000),
        seed: seed(&mut args)?,
        program: std::env::current_exe()?,
        models: args.take("models")?,
    };
    args.end()?;
    println!("crash: {} rounds", crash.rounds);
    let started = Instant::now();
    let rate = |rounds: u64| rounds as f64 / started.elapsed().as_secs_f64();
    let tally = crash.run(&mut |tally| {
        if tally.rounds.is_multiple_of(50) {
            println!("{} rounds, {:.1} a second", tally.rounds, rate(tally.rounds));
        }
    })?;
    println!("{tally:#?}");
    println!("{} rounds, {:.1} a second, nothing lost, nothing phantom", tally.rounds, rate(tally.rounds));
    Ok(ExitCode::SUCCESS)
}

fn corrupt(mut args: Args) -> Result<ExitCode> {
    let corrupt = Corrupt {
        rounds: args.take("rounds")?.unwrap_or(500),
        seed: seed(&mut args)?,
        program: std::env::current_exe()?,
        models: args.take("models")?,
    };
    args.end()?;
    println!("corrupt: {} rounds", corrupt.rounds);
    let rounds = corrupt.run(&mut |n, round| {
        if let Outcome::Wrong(why) = &round.outcome {
            let damage: Vec<String> = round
                .damage
                .iter()
                .map(|(target, damage)| format!("{damage:?} {}", target.path.display()))
                .collect();
            println!("round {n}: {}: {why}", damage.join(", "));
        }
    })?;
    let counts = corrupt::summary(&rounds);
    for (kind, outcomes) in &counts {
        println!("{kind:40} {outcomes:?}");
    }
    let wrong = rounds.iter().filter(|round| matches!(round.outcome, Outcome::Wrong(_))).count();
    let caught: usize = rounds.iter().map(|round| round.caught).sum();
    println!("{} rounds, {wrong} wrong, {caught} panics of dependencies caught", rounds.len());
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn soak(mut args: Args) -> Result<ExitCode> {
    let seconds = args.take::<f64>("seconds")?;
    let minutes = args.take::<f64>("minutes")?.unwrap_or(10.0);
    let program = std::env::current_exe()?;
    let json: Option<PathBuf> = args.take("json")?;
    let soak = Soak {
        time: Duration::from_secs_f64(seconds.unwrap_or(minutes * 60.0)),
        files: args.take("files")?.unwrap_or(10_000),
        seed: seed(&mut args)?,
        cli: program.with_file_name("workroom"),
        program,
        models: args.take("models")?,
        crowd: soak::crowd(),
    };
    args.end()?;
    println!("soak: {:.0} s, {} files", soak.time.as_secs_f64(), soak.files);
    let soaked = soak.run()?;
    let text = serde_json::to_string_pretty(&soaked)?;
    println!("{text}");
    if let Some(file) = json {
        std::fs::write(file, text)?;
    }
    Ok(if soaked.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn shared(mut args: Args) -> Result<ExitCode> {
    let guards = args.take("guard")?.map_or_else(|| vec![Guard::Lease, Guard::IfMatch], |guard| vec![guard]);
    let program = std::env::current_exe()?;
    let seconds: f64 = args.take("seconds")?.unwrap_or(300.0);
    let (agents, files) = (args.take("agents")?.unwrap_or(16), args.take("files")?.unwrap_or(50));
    let seed = seed(&mut args)?;
    args.end()?;
    let mut is_good = true;
    for guard in guards {
        let time = Duration::from_secs_f64(seconds);
        let (program, cli) = (program.clone(), program.with_file_name("workroom"));
        let tally = Shared { guard, time, agents, files, seed, program, cli }.run()?;
        println!("{}: {tally:#?}", guard.name());
        is_good &= tally.wrong.is_empty();
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn agent(mut args: Args) -> Result<ExitCode> {
    let agent = Agent {
        way: args.need("way")?,
        guard: args.need("guard")?,
        id: args.need("id")?,
        life: args.need("life")?,
        seed: args.need("seed")?,
        files: args.need("files")?,
        time: Duration::from_millis(args.need("ms")?),
        address: args.need("address")?,
        root: args.need("root")?,
        cli: args.need("cli")?,
    };
    args.end()?;
    agent.run(&mut |line| println!("{line}"))?;
    Ok(ExitCode::SUCCESS)
}

fn role(mut args: Args) -> Result<ExitCode> {
    let task = Task {
        role: args.need("role")?,
        id: args.need("id")?,
        seed: args.need("seed")?,
        time: Duration::from_millis(args.need("ms")?),
        files: args.need("files")?,
        root: args.need("root")?,
        cli: args.need("cli")?,
        models: args.take("models")?,
    };
    args.end()?;
    println!("{}", serde_json::to_string(&task.run())?);
    Ok(ExitCode::SUCCESS)
}
