//! Files made to break their readers, each given to a parser behind the fence as the program does: every one must end in time and within
//! its memory, as a document or with a reason, and without the fence having to end the child.
//!
//! `cargo test -p workroom-hostile bombs -- --nocapture` prints what each cost.

mod archives;
mod mails;
mod older;
mod packages;
mod pdfs;
mod texts;

use corpus::Format;
use extract::Skip;
use fence::{Fence, Limits, Options, Parsed, Program, Request};
use std::time::{Duration, Instant};

/// No bomb takes longer, even in a debug build; the fence would wait for 30 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file made to break its reader.
struct Bomb {
    name: &'static str,
    format: Format,
    make: fn() -> Vec<u8>,
}

const fn bomb(name: &'static str, format: Format, make: fn() -> Vec<u8>) -> Bomb {
    Bomb { name, format, make }
}

#[test]
fn bombs_do_no_harm() {
    let bombs = [
        &packages::BOMBS[..],
        &archives::BOMBS,
        &pdfs::BOMBS,
        &older::BOMBS,
        &mails::BOMBS,
        &texts::BOMBS,
        &texts::PICTURES,
    ];
    let mut wrong = Vec::new();
    for bomb in bombs.into_iter().flatten() {
        let (line, is_harmless) = explode(bomb);
        println!("{line}");
        if !is_harmless {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Has a child of its own read a bomb: what it came to in one line, and whether that is well.
fn explode(bomb: &Bomb) -> (String, bool) {
    let bytes = (bomb.make)();
    let size = bytes.len();
    let program =
        Program { path: env!("CARGO_BIN_EXE_workroom-hostile").into(), args: vec![fence::ARGUMENT.into()] };
    let fence = Fence::new(program, Limits { children: 1, ..Limits::default() });
    let options = Options { archives: true, ..Options::default() };
    let request = Request { format: bomb.format, bytes, options };
    let began = Instant::now();
    let outcome = fence.parse(&request).unwrap();
    let took = began.elapsed();
    let (ms, mib, told) = (took.as_millis(), child_peak() >> 10, told(&outcome));
    let line = format!("{:<48} {size:>9} bytes {ms:>6} ms {mib:>5} MiB  {told}", bomb.name);
    (line, took < PATIENCE && !has_failed(&outcome))
}

fn told(outcome: &Result<Parsed, Skip>) -> String {
    match outcome {
        Ok(parsed) => {
            let refused = parsed.parts.iter().find_map(|part| part.outcome.as_ref().err());
            let parts = refused.map_or_else(String::new, |reason| format!(", one because {reason}"));
            format!("{} bytes of text, {} parts{parts}", parsed.document.text.len(), parsed.parts.len())
        }
        Err(reason) => reason.to_string(),
    }
}

/// Whether the parser, or one of a part, did not end by itself.
fn has_failed(outcome: &Result<Parsed, Skip>) -> bool {
    let failed = |reason: &Skip| matches!(reason, Skip::Failed { .. });
    match outcome {
        Ok(parsed) => parsed.parts.iter().any(|part| part.outcome.as_ref().is_err_and(failed)),
        Err(reason) => failed(reason),
    }
}

/// The most memory that the child ever had, in KiB; zero when it is gone, or where the system does not say.
fn child_peak() -> u64 {
    let own = std::process::id().to_string();
    let peak = |status: &str| {
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let is_child = field("PPid:") == Some(&own);
        field("VmHWM:").filter(|_| is_child)?.trim_end_matches(" kB").parse::<u64>().ok()
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let statuses =
        processes.filter_map(|process| std::fs::read_to_string(process.path().join("status")).ok());
    statuses.filter_map(|status| peak(&status)).max().unwrap_or(0)
}
