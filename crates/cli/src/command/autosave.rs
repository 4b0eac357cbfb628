//! `workroom autosave`: states of agents, saved step by step and found again by the agent's name.

use super::file::under;
use super::scope::age_ms;
use crate::args::{Args, Autosave as Which, PruneStates, Reason, ResumeState, SaveState};
use crate::failure::Failure;
use crate::output::{Out, clean, count, size};
use crate::place;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::io::Read as _;
use workroom::Workspace;
use workroom::autosave::{self, Problem, Prune, Run, Save, Wanted};

pub(super) fn run(args: &Args, which: &Which) -> Result<(), Failure> {
    match which {
        Which::Save(options) => save(args, options),
        Which::List { agent, json } => list(args, agent.as_deref(), *json),
        Which::Resume(options) => resume(args, options),
        Which::Prune(options) => prune(args, options),
    }
}

fn save(args: &Args, options: &SaveState) -> Result<(), Failure> {
    let mut state = String::new();
    std::io::stdin().lock().read_to_string(&mut state).map_err(|error| Failure::Usage {
        message: format!("standard input cannot be read: {error}"),
        hint: "pipe the state into this command, as one JSON object".to_owned(),
    })?;
    let config = options.config.as_ref().map(|file| {
        std::fs::read_to_string(file).map_err(|error| Failure::Usage {
            message: format!("{} cannot be read: {error}", file.display()),
            hint: "name a file that holds one JSON object".to_owned(),
        })
    });
    let which = match &options.id {
        Some(id) => autosave::Which::Id(id.clone()),
        None if options.new => autosave::Which::New,
        None => autosave::Which::Latest,
    };
    let (workspace, _) = place::open_or_create(args)?;
    let wanted = Save {
        agent: options.agent.clone(),
        which,
        state,
        config: config.transpose()?,
        loop_count: options.loop_count,
        reason: reason(options.reason),
        keep: Some(options.keep),
    };
    let saved = under(&workspace, options.lease.as_deref(), |workspace| workspace.save_state(&wanted))?;
    let mut out = Out::new();
    if options.json {
        out.json(&saved)?;
    } else {
        out.whole(&format!(
            "saved step {} of {}, run {}, in {}",
            saved.sequence, saved.agent, saved.id, saved.folder
        ))?;
    }
    Ok(out.flush()?)
}

fn reason(reason: Reason) -> autosave::Reason {
    match reason {
        Reason::Step => autosave::Reason::Step,
        Reason::Interval => autosave::Reason::Interval,
        Reason::Error => autosave::Reason::Error,
        Reason::Interrupt => autosave::Reason::Interrupt,
        Reason::Final => autosave::Reason::Final,
    }
}

fn list(args: &Args, agent: Option<&str>, json: bool) -> Result<(), Failure> {
    let runs = place::open(args)?.saved_states(agent)?;
    let mut out = Out::new();
    if json {
        out.json(&runs)?;
        return Ok(out.flush()?);
    }
    for run in &runs {
        out.whole(&format!(
            "{}  {}",
            out.bold(&clean(&run.agent)),
            clean(run.id.as_deref().unwrap_or("no id"))
        ))?;
        out.whole(&format!("  {}", described(run)))?;
        out.whole(&format!("  {}", clean(&run.folder)))?;
        for problem in &run.problems {
            out.whole(&format!("  {}", told(problem)))?;
        }
    }
    if runs.is_empty() {
        out.whole("no states are saved; `workroom autosave save AGENT` saves the one that it reads from standard input")?;
    }
    Ok(out.flush()?)
}

fn described(run: &Run) -> String {
    let Some(saved) = &run.saved else { return "nothing of it is whole".to_owned() };
    let step = run
        .sequence
        .map_or_else(|| "saved by another program".to_owned(), |sequence| format!("step {sequence}"));
    let reason = run.reason.map_or_else(String::new, |reason| format!(" ({})", reason.name()));
    let count_of_loops = run.loop_count.map_or_else(String::new, |count| format!(", loop {count}"));
    format!(
        "{step}{reason}{count_of_loops} at {saved}, {} kept, {}",
        count(run.steps, "step"),
        size(run.bytes)
    )
}

fn told(problem: &Problem) -> String {
    format!("not used: {}: {}", clean(&problem.path), clean(&problem.why))
}

/// All that is known of what is resumed.
#[derive(Serialize)]
struct Json<'a> {
    run: &'a Run,
    path: &'a str,
    state: Option<Value>,
    config: Option<Value>,
}

fn resume(args: &Args, options: &ResumeState) -> Result<(), Failure> {
    let wanted = Wanted { agent: options.agent.clone(), id: options.id.clone(), step: options.step };
    let resumed = place::open(args)?.resume_state(&wanted)?;
    let mut out = Out::new();
    if options.json {
        let value = |text: &Option<String>| text.as_deref().map(serde_json::from_str).transpose();
        let (state, config) = (value(&resumed.state)?, value(&resumed.config)?);
        out.json(&Json { run: &resumed.run, path: &resumed.path, state, config })?;
        return Ok(out.flush()?);
    }
    // The state alone goes where a program reads it; what is not as it should be goes beside it.
    let beside = console::Term::stderr();
    for problem in &resumed.run.problems {
        beside.write_line(&told(problem))?;
    }
    out.whole(resumed.state.as_ref().or(resumed.config.as_ref()).map_or("{}", String::as_str))?;
    Ok(out.flush()?)
}

fn prune(args: &Args, options: &PruneStates) -> Result<(), Failure> {
    let before = options.older_than.as_deref().map(|text| {
        let age = age_ms(text).map(|age| Timestamp::now().as_millisecond() - age);
        age.ok_or_else(|| Failure::Usage {
            message: format!("`{text}` is no age for --older-than"),
            hint: "write an age: 90m, 12h, 7d, 2w".to_owned(),
        })
    });
    let wanted = Prune {
        agent: options.agent.clone(),
        keep_steps: options.keep_steps,
        keep_runs: options.keep_runs,
        before_ms: before.transpose()?,
        dry_run: options.dry_run,
    };
    let nothing = wanted.keep_steps.is_none() && wanted.keep_runs.is_none() && wanted.before_ms.is_none();
    if nothing {
        return Err(Failure::Usage {
            message: "nothing says what is to go".to_owned(),
            hint: "say what is kept (`--keep-steps 20`, `--keep-runs 3`), or how old what goes must be (`--older-than 30d`)".to_owned(),
        });
    }
    let prune = |workspace: &Workspace| workspace.prune_states(&wanted);
    let pruned = under(&place::open(args)?, options.lease.as_deref(), prune)?;
    let mut out = Out::new();
    if options.json {
        out.json(&pruned)?;
        return Ok(out.flush()?);
    }
    if options.dry_run {
        for removed in &pruned.removed {
            out.whole(&clean(&removed.path))?;
        }
    }
    let verb = if options.dry_run { "would remove" } else { "removed" };
    let files = count(pruned.removed.len() as u64, "file");
    let runs = match pruned.runs {
        0 => String::new(),
        runs => format!(", with all that was saved of {}", count(runs, "run")),
    };
    out.whole(&format!("{verb} {files}, {}{runs}", size(pruned.bytes)))?;
    Ok(out.flush()?)
}
