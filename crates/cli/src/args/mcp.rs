//! The command line of `workroom mcp`.

use super::{Llm, Otlp};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Mcp {
    /// The workspace [default: as for every command]
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    /// Let the agent do no more than the token in this environment variable may; without it, all that you may
    #[arg(long, value_name = "NAME")]
    pub(crate) token_env: Option<String>,
    /// Give the agent these of its tools alone, with commas between them: sets (files, search, versions, ...) and single tools [default: all]
    #[arg(long, value_name = "SET")]
    pub(crate) tools: Option<String>,
    #[command(flatten)]
    pub(crate) llm: Llm,
    #[command(flatten)]
    pub(crate) otlp: Otlp,
    #[command(subcommand)]
    pub(crate) setup: Option<McpSetup>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum McpSetup {
    /// Write the workspace into an agent's settings: the change is shown, and the file as it was is kept beside
    Install(InstallMcp),
}

/// An agent that can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Agent {
    ClaudeCode,
    ClaudeDesktop,
    Cursor,
    Vscode,
    Codex,
    Gemini,
}

/// Whose settings they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettingsOf {
    /// Those of the project in the current folder
    Project,
    /// Yours, in every project
    User,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct InstallMcp {
    /// The agent
    #[arg(value_enum, value_name = "AGENT")]
    pub(crate) client: Agent,
    /// Whose settings [default: the project's; yours for claude-desktop and codex]
    #[arg(long, value_enum)]
    pub(crate) scope: Option<SettingsOf>,
    /// What the agent calls the workspace
    #[arg(long, default_value = "workroom")]
    pub(crate) name: String,
    /// Have it do no more than the token in this environment variable may
    #[arg(long, value_name = "NAME")]
    pub(crate) token_env: Option<String>,
    /// Give it these of its tools alone, with commas between them: sets (files, search, versions, ...) and single tools [default: all]
    #[arg(long, value_name = "SET")]
    pub(crate) tools: Option<String>,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take the entry out again
    #[arg(long)]
    pub(crate) uninstall: bool,
}
