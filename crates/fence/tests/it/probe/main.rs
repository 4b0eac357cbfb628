//! A program for the tests: a parser that misbehaves in the way that the file says, a parent to be killed, and children that break the rules.
//!
//! Invariant: it does what it is told and prints only what a test reads.

mod hostile;
mod parent;
mod parser;

use std::process::ExitCode;

fn main() -> ExitCode {
    workroom_fence::serve_if_asked(parser::parse);
    let mut args = std::env::args().skip(1);
    let done = match (args.next().as_deref(), args.next()) {
        (Some("hostile"), Some(way)) => hostile::serve(&way),
        (Some("parent"), Some(request)) => parent::be_killed(&request),
        (Some("tally"), None) => parent::tally(),
        _ => Err("usage: hostile WAY | parent REQUEST | tally".into()),
    };
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
