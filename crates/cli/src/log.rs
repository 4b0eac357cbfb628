//! Logs. Of a command: on standard error, and only what was asked for by `WORKROOM_LOG` (such as `debug` or `workroom_watch=trace`). Of
//! the daemon: in `.workroom/daemon.log`, which it has as standard error, so that a panic or a C library's words end up there too.
//!
//! Invariant: the daemon's log and the one before it hold at most [`LARGEST`] bytes each and a few lines.

use crate::args::{Args, Command, Daemon};
use crate::place;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use workroom::{DAEMON_LOG, WORKROOM_DIR};

/// A log that has grown larger becomes the old one.
const LARGEST: u64 = 1 << 20;
/// Bytes written between two looks at how large it is.
const LOOK: u64 = 4096;

/// Starts logging.
pub(crate) fn start(args: &Args) {
    let chosen = EnvFilter::try_from_env("WORKROOM_LOG");
    let log = tracing_subscriber::fmt().with_ansi(false);
    if let Command::Daemon(Daemon::Run { inherit: true }) = &args.command
        && let Ok(folder) = place::folder(args)
    {
        let filter = chosen.unwrap_or_else(|_| EnvFilter::new("info,tantivy=warn"));
        return log.with_env_filter(filter).with_writer(Rotating::new(&folder)).init();
    }
    // A client of MCP that goes away is an error to its library, and to nobody else.
    let filter = chosen.unwrap_or_else(|_| EnvFilter::new("error,rmcp::service=off"));
    log.with_env_filter(filter).with_writer(io::stderr).init();
}

/// The daemon's log in the workspace at `folder`, and the one before it.
pub(crate) fn files(folder: &Path) -> [PathBuf; 2] {
    let log = folder.join(WORKROOM_DIR).join(DAEMON_LOG);
    [log.with_extension("log.1"), log]
}

/// Standard error, whose file is copied away and emptied when it is large. It is open for appending, so whatever else writes there goes on
/// at its new end.
struct Rotating {
    files: [PathBuf; 2],
    unseen: AtomicU64,
}

impl Rotating {
    fn new(folder: &Path) -> Self {
        Self { files: files(folder), unseen: AtomicU64::new(LOOK) }
    }

    fn rotate_if_large(&self) -> io::Result<()> {
        let [old, log] = &self.files;
        if std::fs::metadata(log)?.len() > LARGEST {
            std::fs::copy(log, old)?;
            std::fs::OpenOptions::new().write(true).open(log)?.set_len(0)?;
        }
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Rotating {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Write for &Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len() as u64;
        if self.unseen.fetch_add(length, Ordering::Relaxed) + length > LOOK {
            self.unseen.store(0, Ordering::Relaxed);
            // A log that cannot be rotated is still a log.
            let _large = self.rotate_if_large();
        }
        io::stderr().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_log_becomes_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(WORKROOM_DIR)).unwrap();
        let log = Rotating::new(dir.path());
        let [old, new] = &log.files;
        std::fs::write(new, "small").unwrap();
        log.rotate_if_large().unwrap();
        assert!(!old.exists());
        std::fs::write(new, vec![b'x'; LARGEST as usize + 1]).unwrap();
        log.rotate_if_large().unwrap();
        assert_eq!(std::fs::metadata(old).unwrap().len(), LARGEST + 1);
        assert_eq!(std::fs::metadata(new).unwrap().len(), 0);
    }
}
