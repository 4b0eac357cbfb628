//! Parents in a process of their own: one that is killed, one that counts what it left behind.

use corpus::Format;
use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;
use workroom_fence::{Fence, Limits, Options, Program, Request};

fn fence(limits: Limits) -> Result<Fence, Box<dyn Error>> {
    Ok(Fence::new(Program::this().ok_or("no program")?, limits))
}

fn ask(fence: &Fence, told: &str) -> Result<String, Box<dyn Error>> {
    let request = Request { format: Format::Pdf, bytes: told.into(), options: Options::default() };
    Ok(fence.parse(&request)?.map_or_else(|reason| reason.to_string(), |parsed| parsed.document.text))
}

fn print(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Prints the process id of its child, makes the request, and waits until it is killed.
pub(crate) fn be_killed(request: &str) -> Result<(), Box<dyn Error>> {
    let fence = fence(Limits {
        time: Duration::from_secs(3600),
        idle: Duration::from_secs(3600),
        ..Limits::default()
    })?;
    print(&ask(&fence, "pid")?)?;
    ask(&fence, request)?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Makes many requests, good and bad, and prints how many descriptors and child processes there are before and after.
pub(crate) fn tally() -> Result<(), Box<dyn Error>> {
    let before = open_descriptors()?;
    let fence = fence(Limits { requests_per_child: 3, children: 2, ..Limits::default() })?;
    for _ in 0..5 {
        for told in ["echo a", "abort", "exit", "skip", "echo b", "print"] {
            ask(&fence, told)?;
        }
    }
    drop(fence);
    let children = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    print(&format!("{} more descriptors, children: [{}]", open_descriptors()? - before, children.trim()))?;
    Ok(())
}

fn open_descriptors() -> io::Result<usize> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}
