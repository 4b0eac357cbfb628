//! Failures as a user sees them: one line, a hint, an exit code of its own for each kind.

use std::fmt;
use std::io;
use std::process::ExitCode;
use workroom::{Error, ErrorKind};

/// Whatever can end a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The library says no.
    Library(Error),
    /// Writing to the terminal or pipe failed.
    Output(io::Error),
    /// The command line makes no sense in a way that clap cannot see.
    Usage { message: String, hint: String },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(error) => error.fmt(f),
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
            Self::Usage { message, .. } => f.write_str(message),
        }
    }
}

/// The exit code of each kind of error. They are part of the interface: docs/cli.md lists them.
pub(crate) fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Invalid => 2,
        ErrorKind::NotAWorkspace => 3,
        ErrorKind::NotFound => 4,
        ErrorKind::Locked => 5,
        ErrorKind::Corrupt => 6,
        ErrorKind::Incompatible => 7,
        ErrorKind::Unsupported => 8,
        ErrorKind::Model => 9,
        ErrorKind::Cancelled => 130,
        _ => 1,
    }
}

/// Says on standard error what went wrong. A reader that went away (`| head`) is no failure.
#[expect(clippy::print_stderr, reason = "the one place that reports failures")]
pub(crate) fn report(failure: &Failure) -> ExitCode {
    let (hint, code) = match failure {
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Failure::Output(_) => (None, 1),
        Failure::Library(error) => (error.hints(), exit_code(error.kind())),
        Failure::Usage { hint, .. } => (Some(hint.as_str()), 2),
    };
    eprintln!("error: {failure}");
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(code)
}
