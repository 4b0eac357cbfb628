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
    /// A test set cannot be used, or what comes of it not be written.
    Eval(eval::Error),
    /// Tokens cannot be made, read or revoked.
    Custody(custody::Error),
    /// There is no server.
    Serve(server::ServeError),
    /// The language model could not be asked.
    Llm(generate::Error),
    /// No spans can be sent.
    Otlp(telemetry::Error),
    /// The teacher that a measurement is about does not work.
    Model(String),
    /// Webhooks cannot be managed.
    Hooks(hooks::Error),
    /// An endpoint does not take what it is sent.
    Webhook(String),
    /// The user asked to stop.
    Interrupted,
}

impl From<eval::Error> for Failure {
    fn from(error: eval::Error) -> Self {
        Self::Eval(error)
    }
}

impl From<custody::Error> for Failure {
    fn from(error: custody::Error) -> Self {
        Self::Custody(error)
    }
}

impl From<hooks::Error> for Failure {
    fn from(error: hooks::Error) -> Self {
        Self::Hooks(error)
    }
}

impl From<server::ServeError> for Failure {
    fn from(error: server::ServeError) -> Self {
        Self::Serve(error)
    }
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
            Self::Usage { message, .. } | Self::Model(message) => f.write_str(message),
            Self::Eval(error) => error.fmt(f),
            Self::Custody(error) => error.fmt(f),
            Self::Serve(error) => error.fmt(f),
            Self::Llm(error) => error.fmt(f),
            Self::Otlp(error) => error.fmt(f),
            Self::Hooks(error) => error.fmt(f),
            Self::Webhook(message) => f.write_str(message),
            Self::Interrupted => f.write_str("stopped before the end"),
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
        ErrorKind::Conflict => 10,
        ErrorKind::Timeout => 11,
        ErrorKind::Held => 13,
        ErrorKind::LeaseEnded => 14,
        ErrorKind::Quota => 15,
        ErrorKind::Cancelled => 130,
        _ => 1,
    }
}

fn eval_exit_code(error: &eval::Error) -> u8 {
    match error {
        eval::Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            exit_code(ErrorKind::NotFound)
        }
        eval::Error::Io { .. } => exit_code(ErrorKind::Io),
        _ => exit_code(ErrorKind::Invalid),
    }
}

fn custody_exit_code(error: &custody::Error) -> u8 {
    exit_code(match error.kind() {
        custody::ErrorKind::Invalid => ErrorKind::Invalid,
        custody::ErrorKind::NotFound => ErrorKind::NotFound,
        custody::ErrorKind::Locked => ErrorKind::Locked,
        custody::ErrorKind::Damaged => ErrorKind::Corrupt,
        custody::ErrorKind::Incompatible => ErrorKind::Incompatible,
        _ => ErrorKind::Io,
    })
}

fn hooks_exit_code(error: &hooks::Error) -> u8 {
    match error {
        hooks::Error::Invalid { .. } => exit_code(ErrorKind::Invalid),
        hooks::Error::NotFound { .. } => exit_code(ErrorKind::NotFound),
        hooks::Error::Journal(error) => custody_exit_code(error),
        hooks::Error::Workspace(error) => exit_code(error.kind()),
        _ => exit_code(ErrorKind::Io),
    }
}

fn llm_exit_code(error: &generate::Error) -> u8 {
    match error.failure() {
        generate::Failure::Setting => exit_code(ErrorKind::Invalid),
        _ => 12,
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
        Failure::Eval(error) => (Some(error.hint()), eval_exit_code(error)),
        Failure::Custody(error) => (Some(error.hint()), custody_exit_code(error)),
        Failure::Serve(error @ server::ServeError::Open { .. }) => {
            (Some(error.hint()), exit_code(ErrorKind::Invalid))
        }
        Failure::Serve(error) => (Some(error.hint()), exit_code(ErrorKind::Io)),
        Failure::Llm(error) => (Some(error.hint()), llm_exit_code(error)),
        Failure::Otlp(error) => (Some(error.hint()), 2),
        Failure::Model(_) => (Some("run `workroom models install`"), exit_code(ErrorKind::Model)),
        Failure::Hooks(error) => (Some(error.hint()), hooks_exit_code(error)),
        Failure::Webhook(_) => (
            Some("the endpoint's own log may say more; `workroom webhook show ID` says what it is"),
            exit_code(ErrorKind::Io),
        ),
        Failure::Interrupted => {
            (Some("with `--work-dir` the next run goes on from here"), exit_code(ErrorKind::Cancelled))
        }
    };
    eprintln!("error: {failure}");
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(code)
}
