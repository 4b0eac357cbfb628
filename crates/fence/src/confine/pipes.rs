//! The pipes to the parent, on Unix.

use rustix::fs::OFlags;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// The pipes hold so much, so that a page of text goes through in one step.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// The pipes to the parent, out of the reach of parsers that print.
pub(crate) struct Pipes {
    pub(crate) from: File,
    pub(crate) to: File,
}

impl Pipes {
    /// Takes standard input and output for the messages and leaves `/dev/null` in their places. Standard error stays for last words, and never blocks.
    pub(crate) fn take() -> io::Result<Self> {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let from = File::from(stdin.as_fd().try_clone_to_owned()?);
        let to = File::from(stdout.as_fd().try_clone_to_owned()?);
        let nothing = File::options().read(true).write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(&nothing)?;
        unblock(&stderr)?;
        #[cfg(target_os = "linux")]
        enlarge(&from, &to, &stderr);
        Ok(Self { from, to })
    }
}

/// Lets reads and writes end at once where they would wait.
pub(crate) fn unblock(stream: &impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(stream)?;
    Ok(rustix::fs::fcntl_setfl(stream, flags | OFlags::NONBLOCK)?)
}

/// A smaller pipe is slower, nothing else.
#[cfg(target_os = "linux")]
fn enlarge(from: &impl AsFd, to: &impl AsFd, stderr: &impl AsFd) {
    let _enlarged = rustix::pipe::fcntl_setpipe_size(from, PIPE_BYTES);
    let _enlarged = rustix::pipe::fcntl_setpipe_size(to, PIPE_BYTES);
    let _enlarged = rustix::pipe::fcntl_setpipe_size(stderr, PIPE_BYTES);
}
