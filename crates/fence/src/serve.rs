//! The child's side: confine oneself, then answer one request after the other until the parent closes the pipe.
//!
//! Invariant: no byte of a file is read before the process is confined. Nothing survives from one file to the next but memory that was
//! given back.
//! Not here: catching a parser's panic, which the parsers' entry does; one that comes through ends the process.

use crate::confine::{self, Own, Pipes};
use crate::frame;
use crate::request::{Parsed, Request};
use crate::wire::{self, Head, Hello, Reply, Setup};
use extract::Skip;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// The same whatever the shell's limit is. Parsers do not recurse; what they are built on may.
const STACK_BYTES: usize = 16 << 20;

/// The exit code of a process whose parser panicked all through: the one that Rust's own programs have.
pub(crate) const PANICKED: i32 = 101;

/// Serves until the parent closes the pipe, then ends the process.
pub(crate) fn serve(parse: fn(Request) -> Result<Parsed, Skip>) -> ! {
    // A panic is told in the reply. Printing it would read debug data, which is no longer allowed.
    std::panic::set_hook(Box::new(|_| {}));
    // The pipes stay open until the process ends: when the parent sees them closed, it finds the reason.
    let pipes = Pipes::take().map(Arc::new);
    let code = pipes.as_ref().map_or(1, |pipes| serve_on_thread(pipes, parse));
    std::process::exit(code)
}

/// Serves on a thread with a stack of known size. Returns the process's exit code.
fn serve_on_thread(pipes: &Arc<Pipes>, parse: fn(Request) -> Result<Parsed, Skip>) -> i32 {
    let thread = std::thread::Builder::new().name("parse".to_owned()).stack_size(STACK_BYTES);
    let shared = Arc::clone(pipes);
    match thread.spawn(move || answer_all(&shared, parse)).map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => 0,
        Ok(Err(_)) => PANICKED,
        _ => 1,
    }
}

fn answer_all(pipes: &Pipes, parse: fn(Request) -> Result<Parsed, Skip>) -> io::Result<()> {
    // So that it keeps no folder from being removed or unmounted.
    std::env::set_current_dir("/")?;
    let (mut from, mut to) = (&pipes.from, &pipes.to);
    let own = Own::new();
    let Some(setup) = frame::read(&mut from, wire::SHORT)? else { return Ok(()) };
    let setup: Setup = wire::decode(&setup).map_err(invalid)?;
    let confinement = confine::confine(&setup, pipes, &own)?;
    frame::write(&mut to, &wire::encode(&Hello::new(confinement)).map_err(invalid)?)?;
    while let Some(head) = frame::read(&mut from, wire::SHORT)? {
        let head: Head = wire::decode(&head).map_err(invalid)?;
        let bytes = frame::read(&mut from, frame::LONGEST)?.ok_or(ErrorKind::UnexpectedEof)?;
        let outcome = head.with(bytes).ok_or(Skip::NoParser).and_then(parse);
        let leaves = is_spent(&own, &setup);
        let reply = wire::encode_reply(&Reply { leaves, outcome }, setup.output_bytes).map_err(invalid)?;
        frame::write(&mut to, &reply)?;
        if leaves {
            break;
        }
    }
    Ok(())
}

/// Whether the next file is better off in a fresh process: this one holds much memory, or has come near its limit of processor time.
fn is_spent(own: &Own, setup: &Setup) -> bool {
    own.resident_bytes() > setup.memory_bytes / 8 || own.cpu_seconds() > setup.cpu_seconds / 2
}

fn invalid(error: postcard::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
