//! One file per command.

mod ask;
mod audit;
mod autosave;
mod checkpoint;
mod daemon;
mod demo;
mod doctor;
mod eval;
mod events;
mod file;
mod handoff;
mod index;
mod init;
mod lease;
mod mcp;
mod models;
mod scope;
mod search;
mod serve;
mod show;
mod status;
mod token;
mod transfer;
mod usage;
mod versions;
mod watch;
mod webhook;
mod workspaces;

use crate::args::{Args, Command};
use crate::failure::Failure;
use std::process::ExitCode;

/// Runs the command that was asked for.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Init => init::run(args)?,
        Command::Index(options) => index::run(args, options)?,
        Command::Watch(options) => watch::run(args, options)?,
        Command::Search(options) => search::run(args, options)?,
        Command::Ask(options) => ask::run(args, options)?,
        Command::Show(options) => show::run(args, options)?,
        Command::Read(options) => file::read(args, options)?,
        Command::Write(options) => file::write(args, options)?,
        Command::Rm(options) => file::remove(args, options)?,
        Command::Mv(options) => file::rename(args, options)?,
        Command::History(options) => versions::history(args, options)?,
        Command::Diff(options) => versions::diff(args, options)?,
        Command::Restore(options) => versions::restore(args, options)?,
        Command::Trash(which) => versions::trash(args, which)?,
        Command::Checkpoint(which) => checkpoint::run(args, which)?,
        Command::Lease(which) => return lease::run(args, which),
        Command::Events(options) => events::run(args, options)?,
        Command::Audit(which) => return audit::run(args, which),
        Command::Usage(options) => usage::run(args, options)?,
        Command::Status(options) => status::run(args, options)?,
        Command::Doctor(options) => return doctor::run(args, options),
        Command::Daemon(which) => daemon::run(args, which)?,
        Command::Token(which) => token::run(args, which)?,
        Command::Autosave(which) => autosave::run(args, which)?,
        Command::Transfer(which) => transfer::run(args, which)?,
        Command::Comment(which) => handoff::comment(args, which)?,
        Command::Approval(which) => return handoff::approval(args, which),
        Command::Workspaces(options) => workspaces::run(args, options)?,
        Command::Webhook(which) => webhook::run(args, which)?,
        Command::Serve(options) => serve::run(args, options)?,
        Command::Mcp(options) => mcp::run(args, options)?,
        Command::Models(which) => models::run(args, which)?,
        Command::Eval(options) => eval::run(args, options)?,
        Command::Demo(options) => demo::run(args, options)?,
    }
    Ok(ExitCode::SUCCESS)
}
