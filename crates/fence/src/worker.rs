//! One child process, from the parent's side.
//!
//! Invariant: a worker that goes out of scope is killed and waited for, so none stays behind, not even as a zombie.
//! Not here: deadlines (`keeper`), which end a conversation by killing the process.

use crate::confine::{Confinement, unblock};
use crate::frame;
use crate::limits::Limits;
use crate::program::Program;
use crate::request::Request;
use crate::wire::{self, Head, Hello, Reply, Setup};
use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The variables that decide how a program is loaded. A child gets no others: the rest of the environment may hold secrets.
const LOADER: [&str; 5] =
    ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "PATH", "SystemRoot"];
/// The `workroom` program's allocator takes a gibibyte of address space in advance. This makes it count against the child's limit only as
/// far as it is used (measured by `examples/measure.rs`). Other allocators do not know the variable.
const COMMIT: (&str, &str) = ("MIMALLOC_ARENA_EAGER_COMMIT", "0");
/// As much of a child's last words is read.
const LAST_WORDS: u64 = 64 << 10;

/// The process, which its worker and whoever watches the time share.
#[derive(Debug)]
pub(crate) struct Process(Mutex<Child>);

impl Process {
    /// Ends it at once. Reads and writes that wait for it return.
    pub(crate) fn kill(&self) {
        // It may have ended by itself.
        let _gone = self.0.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }

    /// Ends it, if it has not ended by itself, and says how it did.
    fn end(&self) -> Option<ExitStatus> {
        self.kill();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).wait().ok()
    }
}

/// A child process and the pipes to it.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) process: Arc<Process>,
    to: ChildStdin,
    from: ChildStdout,
    errors: Option<ChildStderr>,
    /// Files that it has answered for.
    pub(crate) n_served: u32,
    /// Since when it has had no work.
    pub(crate) idle_since: Instant,
}

/// Why there was no reply.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The process closed its pipes, which it does when it ends.
    Ended,
    /// What came is no reply.
    Garbage(String),
}

/// How a process ended, and what it wrote to standard error last.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) status: Option<ExitStatus>,
    pub(crate) last_words: String,
}

impl Worker {
    /// Starts a child. To be called by a thread that lives as long as the child may: to Linux, that thread is its parent.
    pub(crate) fn spawn(program: &Program) -> io::Result<Self> {
        let errors = if cfg!(unix) { Stdio::piped() } else { Stdio::null() };
        let loader = LOADER.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut command = Command::new(&program.path);
        command.args(&program.args).env_clear().envs(loader).env(COMMIT.0, COMMIT.1);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        // Ctrl-C on a terminal is for the program, which may want to finish what it has begun.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (to, from, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Arc::new(Process(Mutex::new(child)));
        let (Some(to), Some(from)) = (to, from) else {
            process.end();
            return Err(io::Error::other("the child has no pipes"));
        };
        if let Some(errors) = &errors {
            unblock(errors)?;
        }
        Ok(Self { process, to, from, errors, n_served: 0, idle_since: Instant::now() })
    }

    /// Tells the child its limits and hears how it is confined.
    pub(crate) fn greet(&mut self, limits: &Limits) -> Result<Confinement, Failure> {
        let setup = Setup {
            memory_bytes: limits.memory_bytes,
            output_bytes: limits.output_bytes,
            // A child that has taken half of it ends after its reply, and one file can take no more than the other half before the
            // deadline. So only one whose parent is gone ever comes to the end of this.
            cpu_seconds: 2 * limits.time.as_secs().saturating_add(1),
        };
        let setup = wire::encode(&setup).map_err(|error| Failure::Garbage(error.to_string()))?;
        frame::write(&mut self.to, &setup).map_err(|_| Failure::Ended)?;
        let hello = self.hear(wire::SHORT)?;
        let hello: Hello =
            wire::decode(&hello).map_err(|_| Failure::Garbage("it says something else".to_owned()))?;
        hello.check().map_err(Failure::Garbage)
    }

    /// Sends a request and waits for the reply, however long it takes.
    pub(crate) fn exchange(
        &mut self,
        request: &Request,
        list_only: bool,
        limits: &Limits,
    ) -> Result<Reply, Failure> {
        let head = wire::encode(&Head::of(request, list_only, limits.time))
            .map_err(|error| Failure::Garbage(error.to_string()))?;
        frame::write(&mut self.to, &head)
            .and_then(|()| frame::write(&mut self.to, &request.bytes))
            .and_then(|()| self.to.flush())
            .map_err(|_| Failure::Ended)?;
        let reply = self.hear(wire::longest_message(limits.output_bytes))?;
        let reply = wire::decode_reply(&reply).map_err(Failure::Garbage)?;
        self.n_served += 1;
        self.forget_words();
        Ok(reply)
    }

    fn hear(&mut self, longest: u64) -> Result<Vec<u8>, Failure> {
        match frame::read(&mut self.from, longest) {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(Failure::Ended),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Failure::Garbage(error.to_string()))
            }
            Err(_) => Err(Failure::Ended),
        }
    }

    /// What parsers print on the way is nobody's, and must not stand in the way of last words.
    fn forget_words(&mut self) {
        if let Some(errors) = &mut self.errors {
            let _ended_or_would_wait = io::copy(&mut errors.take(LAST_WORDS), &mut io::sink());
        }
    }

    /// Ends the process and says how it ended.
    pub(crate) fn end(mut self) -> Ending {
        let status = self.process.end();
        let mut words = Vec::new();
        if let Some(errors) = &mut self.errors {
            let _ended_or_would_wait = errors.take(LAST_WORDS).read_to_end(&mut words);
        }
        Ending { status, last_words: String::from_utf8_lossy(&words).into_owned() }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.process.end();
    }
}
