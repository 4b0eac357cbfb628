//! The tracer: starts a program, answers its stops, and waits until it and all its children have ended.
//!
//! Invariant: at most one followed call is under way at a time, in all threads and children, so the order in which a hook is told of calls
//! is the order in which the system did them. When the tracer ends, for whatever reason, the kernel ends what it traced.

use super::{Call, Hook, LAUNCH, Verdict, launch};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// What to run, and how.
pub struct Program {
    /// The program that launches others: `workroom-faults`.
    pub launcher: PathBuf,
    /// The program itself.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// Its standard input.
    pub input: Vec<u8>,
    /// The user and group it runs as, if not ours.
    pub user: Option<u32>,
    /// After this time it is ended by force.
    pub patience: Duration,
}

impl Program {
    /// A program without arguments, environment and input, which gets two minutes.
    #[must_use]
    pub fn new(launcher: &Path, program: &Path, folder: &Path) -> Self {
        Self {
            launcher: launcher.to_path_buf(),
            program: program.to_path_buf(),
            arguments: Vec::new(),
            folder: folder.to_path_buf(),
            environment: Vec::new(),
            input: Vec::new(),
            user: None,
            patience: Duration::from_mins(2),
        }
    }

    /// Sets the arguments.
    #[must_use]
    pub fn with<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Whether it was ended because it took too long.
    pub hung: bool,
}

/// Runs a program to its end under a hook.
///
/// # Errors
/// When it cannot be started or traced.
pub fn run(program: &Program, hook: &mut (dyn Hook + Send)) -> std::io::Result<Ended> {
    // The kernel knows a tracer by its thread, and this thread waits for children that are not its own otherwise.
    std::thread::scope(|scope| {
        let tracer = scope.spawn(|| trace(program, hook));
        tracer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn trace(program: &Program, hook: &mut dyn Hook) -> std::io::Result<Ended> {
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut input = tempfile::tempfile()?;
    input.write_all(&program.input)?;
    input.rewind()?;
    let mut command = Command::new(&program.launcher);
    command
        .arg(LAUNCH)
        .arg(launch::print(&hook.watched()))
        .arg(&program.program)
        .args(&program.arguments)
        .current_dir(&program.folder)
        .env_clear()
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(stdout.try_clone()?))
        .stderr(Stdio::from(stderr.try_clone()?))
        // A group of its own: whatever is left of it can be ended at once.
        .process_group(0);
    if let Some(user) = program.user {
        command.uid(user).gid(user);
    }
    let leader = Pid::from_raw(command.spawn()?.id().cast_signed());

    let (done, until_done) = channel::<()>();
    let patience = program.patience;
    let watchdog = std::thread::spawn(move || {
        let late = until_done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
        if late {
            end(leader);
        }
        late
    });
    let code = Tracer::new(leader, hook).run();
    if code.is_err() {
        end(leader);
    }
    drop(done);
    let hung = watchdog.join().unwrap_or(false);
    Ok(Ended { code: code?, stdout: text(&mut stdout)?, stderr: text(&mut stderr)?, hung })
}

/// Ends the program and its children. One that has ended already is no error.
fn end(leader: Pid) {
    let _ = kill(Pid::from_raw(-leader.as_raw()), Signal::SIGKILL);
}

fn text(file: &mut File) -> std::io::Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

struct Tracer<'a> {
    leader: Pid,
    hook: &'a mut dyn Hook,
    /// Threads that have been seen; the first stop of each is the tracing's own.
    known: HashSet<Pid>,
    /// The thread whose call is followed, and the call.
    following: Option<(Pid, Call)>,
    /// Threads that are stopped at the beginning of a call until the followed one is done.
    queue: VecDeque<Pid>,
    code: Option<i32>,
}

impl<'a> Tracer<'a> {
    fn new(leader: Pid, hook: &'a mut dyn Hook) -> Self {
        Self { leader, hook, known: HashSet::new(), following: None, queue: VecDeque::new(), code: None }
    }

    /// Until no child is left. Returns the leader's exit code.
    fn run(mut self) -> std::io::Result<Option<i32>> {
        loop {
            match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
                // A thread that was ended by force between its stop and our answer is no trouble.
                Ok(status) => match self.answer(status) {
                    Ok(()) | Err(Errno::ESRCH) => {}
                    Err(error) => return Err(error.into()),
                },
                Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => return Ok(self.code),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn answer(&mut self, status: WaitStatus) -> nix::Result<()> {
        match status {
            WaitStatus::Exited(thread, code) => {
                if thread == self.leader {
                    self.code = Some(code);
                }
                self.gone(thread)
            }
            WaitStatus::Signaled(thread, ..) => self.gone(thread),
            WaitStatus::PtraceEvent(thread, _, libc::PTRACE_EVENT_SECCOMP) => {
                self.queue.push_back(thread);
                self.next()
            }
            WaitStatus::PtraceEvent(thread, _, event) => {
                if event == libc::PTRACE_EVENT_EXEC && self.hook.wants_clock() {
                    hide_shared_clock(thread)?;
                }
                ptrace::cont(thread, None)
            }
            WaitStatus::PtraceSyscall(thread) => self.left(thread),
            WaitStatus::Stopped(thread, signal) => self.signalled(thread, signal),
            _ => Ok(()),
        }
    }

    fn signalled(&mut self, thread: Pid, signal: Signal) -> nix::Result<()> {
        let is_first = self.known.insert(thread);
        if is_first && thread == self.leader {
            ptrace::setoptions(thread, options())?;
        }
        let deliver = (!(is_first && signal == Signal::SIGSTOP)).then_some(signal);
        ptrace::cont(thread, deliver)
    }

    /// Takes the next stopped call, unless one is under way.
    fn next(&mut self) -> nix::Result<()> {
        while self.following.is_none() {
            let Some(thread) = self.queue.pop_front() else { return Ok(()) };
            match self.begin(thread) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn begin(&mut self, thread: Pid) -> nix::Result<()> {
        let call = Call::of(thread)?;
        match self.hook.enter(&call) {
            Verdict::Pass => ptrace::cont(thread, None),
            Verdict::Follow => {
                ptrace::syscall(thread, None)?;
                self.following = Some((thread, call));
                Ok(())
            }
            Verdict::Fail(error) => {
                Call::fail(thread, error)?;
                ptrace::cont(thread, None)
            }
            Verdict::Kill => {
                end(self.leader);
                Ok(())
            }
        }
    }

    fn left(&mut self, thread: Pid) -> nix::Result<()> {
        if let Some((_, call)) = self.following.take_if(|(following, _)| *following == thread) {
            self.hook.leave(&call, Call::returned(thread)?);
        }
        ptrace::cont(thread, None)?;
        self.next()
    }

    /// A thread ended, perhaps in the middle of a call.
    fn gone(&mut self, thread: Pid) -> nix::Result<()> {
        self.known.remove(&thread);
        self.queue.retain(|queued| *queued != thread);
        self.following.take_if(|(following, _)| *following == thread);
        self.next()
    }
}

fn options() -> Options {
    Options::PTRACE_O_TRACESECCOMP
        | Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL
}

/// Takes the address of the kernel's shared code out of what a new program is told about its system, so that its C library asks for the
/// time by system calls. On its stack are the count of arguments, they, the environment, and pairs of kind and value, each list ended by 0.
fn hide_shared_clock(thread: Pid) -> nix::Result<()> {
    let call = Call { thread: thread.as_raw(), number: -1, args: [0; 6] };
    let stack = ptrace::getregs(thread)?.rsp;
    let word = |index: u64| call.number_at(stack + index * 8).map_err(|_| Errno::EFAULT);
    // Behind the count, the arguments and their 0.
    let mut at = 1 + word(0)? + 1;
    while word(at)? != 0 {
        at += 1;
    }
    at += 1;
    loop {
        match word(at)? {
            libc::AT_NULL => return Ok(()),
            libc::AT_SYSINFO_EHDR => {
                let ignore = libc::AT_IGNORE.to_ne_bytes();
                return call.set_memory(stack + at * 8, &ignore).map_err(|_| Errno::EFAULT);
            }
            _ => at += 2,
        }
    }
}
