//! The `workroom` command: reads the command line, calls the library, prints.
//!
//! Invariant: results go to standard output, everything else to standard error; a failure is one line, a hint, and its own exit code.
//! Not here: any logic that the library's other users would miss.

mod args;
mod command;
mod failure;
mod interrupt;
mod llm;
mod log;
mod otlp;
mod output;
mod place;
mod progress;

use clap::Parser;
use std::process::ExitCode;

/// Indexing allocates by the million from several threads; this allocator was measured ahead of the system's (see CHANGELOG).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Started as a parser, it does nothing else.
    workroom::serve_parser_if_asked();
    let args = args::Args::parse();
    log::start(&args);
    match command::run(&args) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
