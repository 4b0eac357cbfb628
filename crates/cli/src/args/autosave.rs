//! The command line of `workroom autosave`.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Autosave {
    /// Save a state (one JSON object, from standard input): a step more in the agent's run, durable when the command returns
    Save(SaveState),
    /// The runs whose states are saved, the one that was saved last first
    List {
        /// Only of this agent
        #[arg(value_name = "AGENT")]
        agent: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the state that an agent goes on from: the last whole one of its latest run
    Resume(ResumeState),
    /// Remove old steps and runs; a run that stays keeps its last step
    Prune(PruneStates),
}

/// Why a state is saved.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Reason {
    /// A step is done
    Step,
    /// Some time has passed
    Interval,
    /// The agent failed
    Error,
    /// The agent was stopped
    Interrupt,
    /// The agent is done
    Final,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SaveState {
    /// What the agent is called
    pub(crate) agent: String,
    /// The run [default: the agent's latest, or its first]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Begin a new run
    #[arg(long, conflicts_with = "id")]
    pub(crate) new: bool,
    /// Why it is saved
    #[arg(long, value_enum, default_value_t = Reason::Step)]
    pub(crate) reason: Reason,
    /// The agent's own count of its loops
    #[arg(long = "loop", value_name = "COUNT")]
    pub(crate) loop_count: Option<i64>,
    /// What the agent is (a file with one JSON object), for `config.json`; without it that stays as it was
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How many steps the run keeps
    #[arg(long, value_name = "STEPS", default_value_t = workroom::autosave::KEEP, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keep: u64,
    /// By this lease (from `lease take`) [default: the one in WORKROOM_LEASE, where it is on the run's folder]
    #[arg(long, value_name = "LEASE")]
    pub(crate) lease: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ResumeState {
    /// What the agent was called
    pub(crate) agent: String,
    /// The run [default: the one that was saved last]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The step [default: the last whole one]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) step: Option<u64>,
    /// Print all that is known as JSON: the run, the state and the config
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PruneStates {
    /// Only of this agent
    pub(crate) agent: Option<String>,
    /// Of each run, steps beyond so many
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keep_steps: Option<u64>,
    /// Of each agent, runs beyond so many, with all that was saved of them
    #[arg(long, value_name = "RUNS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) keep_runs: Option<u64>,
    /// Only what is older than this age (90m, 12h, 7d, 2w)
    #[arg(long, value_name = "AGE")]
    pub(crate) older_than: Option<String>,
    /// Only say what would go
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// By this lease (from `lease take`) [default: the one in WORKROOM_LEASE, where it is on what is removed]
    #[arg(long, value_name = "LEASE")]
    pub(crate) lease: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
