//! What a child's end says about the file that it was given, in words for a person.

use crate::limits::Limits;
use crate::serve::PANICKED;
use crate::worker::Ending;
use extract::Skip;
use std::process::ExitStatus;
use std::time::Duration;

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum Cause {
    /// It was killed at the deadline.
    Expired,
    /// It ended by itself.
    Ended(Ending),
    /// It sent something that is no reply, and was killed.
    Garbage(String),
}

/// The reason that is recorded beside the file.
pub(crate) fn verdict(parser: &str, cause: &Cause, limits: &Limits) -> Skip {
    let why = match cause {
        Cause::Expired => format!("did not end within {} and was stopped", seconds(limits.time)),
        Cause::Garbage(why) => format!("gave no sound reply ({why})"),
        Cause::Ended(ending) => how_it_ended(ending, limits),
    };
    Skip::Failed { why: format!("the {parser} parser {why}") }
}

/// The signal by which somebody told the child to end, as a supervisor tells all processes of a service: hang-up, interrupt, quit, terminate.
/// A parser cannot send them to itself, so they say nothing of the file.
pub(crate) fn told_to_end(cause: &Cause) -> Option<i32> {
    let Cause::Ended(ending) = cause else { return None };
    ending.status.and_then(signal_of).filter(|signal| matches!(signal, 1 | 2 | 3 | 15))
}

fn how_it_ended(ending: &Ending, limits: &Limits) -> String {
    // Rust's own words, in both cases followed by an abort.
    let said = |words: &str| ending.last_words.contains(words);
    if said("memory allocation of") {
        return format!("ran out of memory (limit {})", size(limits.memory_bytes));
    }
    if said("has overflowed its stack") {
        return "crashed (its stack overflowed)".to_owned();
    }
    match ending.status.map(|status| (signal_of(status), status.code())) {
        Some((Some(9), _)) => "was killed by the system (signal 9), perhaps for lack of memory".to_owned(),
        Some((Some(signal), _)) => format!("crashed (signal {signal})"),
        Some((None, Some(PANICKED))) => "panicked".to_owned(),
        Some((None, Some(code))) => format!("crashed (exit code {code})"),
        _ => "crashed".to_owned(),
    }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

fn size(bytes: u64) -> String {
    const GIB: u64 = 1 << 30;
    if bytes >= GIB && bytes.is_multiple_of(GIB) {
        format!("{} GiB", bytes / GIB)
    } else {
        format!("{} MiB", bytes >> 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cause: &Cause, expected: &str) {
        let limits = Limits::default();
        assert_eq!(verdict("pdf", cause, &limits).to_string(), format!("the pdf parser {expected}"));
    }

    #[test]
    fn ends_are_told_in_words() {
        let ended = |words: &str| Cause::Ended(Ending { status: None, last_words: words.to_owned() });
        check(&Cause::Expired, "did not end within 30 s and was stopped");
        check(&ended("x\nmemory allocation of 9 bytes failed\n"), "ran out of memory (limit 1 GiB)");
        check(&ended("\nthread 'parse' (3) has overflowed its stack\n"), "crashed (its stack overflowed)");
        check(&ended(""), "crashed");
        assert_eq!([size(3 << 30), size(96 << 20)], ["3 GiB", "96 MiB"]);
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5 s");
    }

    #[cfg(unix)]
    #[test]
    fn signals_and_exit_codes_are_told() {
        use std::os::unix::process::ExitStatusExt;
        let ended =
            |raw| Cause::Ended(Ending { status: Some(ExitStatus::from_raw(raw)), last_words: String::new() });
        check(&ended(11), "crashed (signal 11)");
        check(&ended(9), "was killed by the system (signal 9), perhaps for lack of memory");
        check(&ended(3 << 8), "crashed (exit code 3)");
        check(&ended(101 << 8), "panicked");
        assert_eq!(
            [ended(15), ended(2), ended(11)].map(|cause| told_to_end(&cause)),
            [Some(15), Some(2), None]
        );
    }
}
