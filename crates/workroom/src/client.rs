//! The client: asks the owner of a workspace over its socket.
//!
//! Invariant: a call ends: with an answer, or with [`Failure::Lost`] when the owner went away, or with an error when it says nothing for
//! [`SILENCE`]. A call that was lost may have been carried out or not; who may ask again is the caller's to know.
//! Not here: what to do when the owner is gone (`role`).

use crate::frame::{self, Frame, Kind, Reader};
use crate::message::{Asked, Hello, Request};
use crate::socket::{self, Stream};
use engine::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An owner that works on a request says so several times a second. One that is silent for so long hangs.
const SILENCE: Duration = Duration::from_secs(20);
/// How often a call looks whether it is still wanted.
const STEP: Duration = Duration::from_millis(100);
/// Connections that are kept for the next calls.
const KEPT: usize = 8;

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The owner went away, with or without having carried the request out.
    Lost,
    /// The owner is leaving and has not begun with the request.
    NotBegun,
    /// The request failed, or the owner cannot be talked to.
    Said(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Said(error)
    }
}

/// The way to the owner of one workspace. Used from many threads, each call has a connection of its own.
pub(crate) struct Client {
    workroom_dir: PathBuf,
    owner: Hello,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    stream: Stream,
    reader: Reader,
}

impl Client {
    /// Finds the owner. `None` when nobody listens.
    pub(crate) fn connect(workroom_dir: &Path) -> Result<Option<Self>, Error> {
        match Connection::open(workroom_dir) {
            Ok((connection, owner)) => {
                let idle = Mutex::new(vec![connection]);
                Ok(Some(Self { workroom_dir: workroom_dir.to_owned(), owner, idle }))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(silent(workroom_dir, &error)),
        }
    }

    /// Who the owner is.
    pub(crate) fn owner(&self) -> &Hello {
        &self.owner
    }

    /// Asks, and waits for the answer. `event` hears of each step. Gives up with `Cancelled` once `cancel` is true.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        asked: &Asked,
        event: &mut dyn FnMut(&Frame),
        cancel: &AtomicBool,
    ) -> Result<T, Failure> {
        let kept = self.lock().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => {
                Connection::open(&self.workroom_dir).map(|(connection, _)| connection).map_err(|error| {
                    if is_gone(&error) {
                        Failure::NotBegun
                    } else {
                        silent(&self.workroom_dir, &error).into()
                    }
                })?
            }
        };
        if frame::write(&mut connection.stream, Kind::Request, asked).is_err() {
            return Err(Failure::Lost);
        }
        let answer = connection.answer(event, cancel, &self.workroom_dir)?;
        let mut idle = self.lock();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        drop(idle);
        match answer.kind {
            Kind::Done => answer.decode().map_err(|error| garbled(&self.workroom_dir, &error).into()),
            Kind::Failed => Err(answer
                .decode::<Error>()
                .unwrap_or_else(|error| garbled(&self.workroom_dir, &error))
                .into()),
            _ => Err(Failure::NotBegun),
        }
    }

    /// Asks the owner to give the workspace up. It does when it is a daemon.
    pub(crate) fn ask_to_leave(&self) -> Result<(), Error> {
        let asked = Asked::of(Request::Leave);
        match self.call::<()>(&asked, &mut |_| {}, &AtomicBool::new(false)) {
            Ok(()) | Err(Failure::Lost | Failure::NotBegun) => Ok(()),
            Err(Failure::Said(error)) => Err(error),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    fn open(workroom_dir: &Path) -> io::Result<(Self, Hello)> {
        let mut stream = socket::connect(workroom_dir)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        frame::write(&mut stream, Kind::Hello, &Hello::own(false))?;
        let mut reader = Reader::default();
        let hello = reader.next(&mut stream)?.decode()?;
        stream.set_read_timeout(Some(STEP))?;
        Ok((Self { stream, reader }, hello))
    }

    /// The frame that ends the request.
    fn answer(
        &mut self,
        event: &mut dyn FnMut(&Frame),
        cancel: &AtomicBool,
        workroom_dir: &Path,
    ) -> Result<Frame, Failure> {
        let mut heard = Instant::now();
        loop {
            if cancel.load(Ordering::Relaxed) {
                // Closing the connection is what tells the owner.
                let message = "stopped before the end; what was done stays";
                return Err(Error::new(ErrorKind::Cancelled, message).into());
            }
            match self.reader.next(&mut self.stream) {
                Ok(frame) => {
                    heard = Instant::now();
                    match frame.kind {
                        Kind::Done | Kind::Failed | Kind::Leaving => return Ok(frame),
                        Kind::Event => event(&frame),
                        _ => {}
                    }
                }
                Err(error) if is_wait(&error) && heard.elapsed() < SILENCE => {}
                Err(error) if is_wait(&error) => return Err(silent(workroom_dir, &error).into()),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return Err(garbled(workroom_dir, &error).into());
                }
                Err(_) => return Err(Failure::Lost),
            }
        }
    }
}

/// Nobody listens, or whoever did has just left.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
    )
}

fn is_wait(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

fn silent(workroom_dir: &Path, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::PermissionDenied {
        let message =
            format!("the workspace is served by another user's process ({})", workroom_dir.display());
        return Error::new(ErrorKind::Locked, message).at(workroom_dir);
    }
    let seconds = SILENCE.as_secs();
    let message = match is_wait(error) {
        true => format!("the process that serves the workspace has not answered for {seconds} s"),
        false => format!("the process that serves the workspace cannot be reached: {error}"),
    };
    let hint =
        "`workroom daemon status` says which process it is; end it, and the next command starts another";
    Error::new(ErrorKind::Timeout, message).at(workroom_dir).hint(hint)
}

fn garbled(workroom_dir: &Path, error: &io::Error) -> Error {
    let message =
        format!("the process that serves the workspace says what this program does not understand: {error}");
    let hint = "another version of the program may be running; `workroom daemon stop` ends it";
    Error::new(ErrorKind::Incompatible, message).at(workroom_dir).hint(hint)
}
