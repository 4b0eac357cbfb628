//! A hostile system: chosen calls below a folder fail as they do on real machines, when the disk is full, dying, or shared with others.
//!
//! Invariant: which call fails follows from the calls before it, never from time. A call that fails is not made.

use crate::trace::{Call, Hook, Verdict, Watched};
use std::path::{Path, PathBuf};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is room for this many more bytes. From the first write that does not fit, nothing fits, and nothing can be made.
    Full {
        /// Bytes.
        room: u64,
    },
    /// The `fsync` of this number, from 0, finds a broken disk.
    Unsynced {
        /// Which.
        nth: u64,
    },
    /// The opening of this number, from 0, and some after it, exceed what the process may have open.
    TooManyOpen {
        /// The first.
        nth: u64,
        /// How many fail.
        times: u64,
    },
    /// A read of this number, from 0, finds a broken disk.
    Unreadable {
        /// Which.
        nth: u64,
    },
    /// No folder can be watched for changes: the system's count of watches is used up.
    NoWatches,
    /// Changes cannot be watched for at all: the user's count of instances is used up.
    NoInstances,
    /// Reads and writes are interrupted by a signal before anything was transferred.
    Interrupted {
        /// Each how-manieth; at least 2, since one that is tried again must come through.
        every: u64,
    },
    /// The clock of the day is put back when it has been read that often.
    ClockBack {
        /// Readings before.
        after: u64,
        /// How far it is put back, in seconds.
        seconds: u64,
    },
}

/// Lets calls of a program fail.
pub struct Injector {
    root: PathBuf,
    fault: Fault,
    /// Calls so far that the fault is about.
    seen: u64,
    /// Bytes written so far.
    written: u64,
    hits: u64,
    victims: Vec<PathBuf>,
}

const WRITES: [i64; 4] = [libc::SYS_write, libc::SYS_pwrite64, libc::SYS_writev, libc::SYS_pwritev];
const COPIES: [i64; 2] = [libc::SYS_copy_file_range, libc::SYS_sendfile];
const READS: [i64; 2] = [libc::SYS_read, libc::SYS_pread64];
const OPENS: [i64; 3] = [libc::SYS_open, libc::SYS_openat, libc::SYS_openat2];
const MAKES: [i64; 4] = [libc::SYS_mkdir, libc::SYS_mkdirat, libc::SYS_symlink, libc::SYS_fallocate];
const SYNCS: [i64; 2] = [libc::SYS_fsync, libc::SYS_fdatasync];
const INOTIFY: [i64; 3] = [libc::SYS_inotify_add_watch, libc::SYS_inotify_init, libc::SYS_inotify_init1];

impl Injector {
    /// One fault, for what is below `root`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn new(root: &Path, fault: Fault) -> std::io::Result<Self> {
        Ok(Self { root: root.canonicalize()?, fault, seen: 0, written: 0, hits: 0, victims: Vec::new() })
    }

    /// How many calls failed or were told a wrong time.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Bytes that were written below the folder; counted for [`Fault::Full`] only.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What the calls that failed were about, in their order.
    #[must_use]
    pub fn victims(&self) -> &[PathBuf] {
        &self.victims
    }

    fn fail(&mut self, error: i32) -> Verdict {
        self.hits += 1;
        Verdict::Fail(error)
    }

    /// Counts a call that the fault is about, and lets it fail if it is one of `times` from number `nth` on.
    fn fail_from(&mut self, nth: u64, times: u64, error: i32) -> Verdict {
        let number = self.seen;
        self.seen += 1;
        if (nth..nth + times).contains(&number) { self.fail(error) } else { Verdict::Pass }
    }

    fn full(&mut self, call: &Call, room: u64) -> Verdict {
        let grows = WRITES.contains(&call.number) || COPIES.contains(&call.number);
        let one_piece = matches!(call.number, libc::SYS_write | libc::SYS_pwrite64);
        let wanted = if one_piece { call.args[2] } else { 1 };
        if self.hits > 0 || (grows && self.written + wanted > room) {
            return self.fail(libc::ENOSPC);
        }
        if grows { Verdict::Follow } else { Verdict::Pass }
    }

    /// What a call is about, if that lies below the folder.
    fn inside(&self, call: &Call) -> Option<PathBuf> {
        let path = match call.number {
            libc::SYS_open | libc::SYS_mkdir => call.path(None, 0),
            libc::SYS_symlink => call.path(None, 1),
            libc::SYS_openat | libc::SYS_openat2 | libc::SYS_mkdirat => call.path(Some(0), 1),
            libc::SYS_copy_file_range => call.descriptor_path(call.descriptor(2)),
            _ => call.descriptor_path(call.descriptor(0)),
        };
        path.ok().filter(|path| path.starts_with(&self.root))
    }

    fn told_the_time(&mut self, call: &Call, after: u64, seconds: u64) {
        self.seen += 1;
        if self.seen <= after {
            return;
        }
        // What was written is a count of seconds and one of nanoseconds.
        let earlier = call.number_at(call.args[1]).map(|now| now.saturating_sub(seconds).to_ne_bytes());
        if earlier.and_then(|earlier| call.set_memory(call.args[1], &earlier)).is_ok() {
            self.hits += 1;
        }
    }
}

impl Hook for Injector {
    fn watched(&self) -> Vec<Watched> {
        let numbers: Vec<i64> = match self.fault {
            Fault::Full { .. } => [&WRITES[..], &COPIES, &MAKES].concat(),
            Fault::Unsynced { .. } => SYNCS.to_vec(),
            Fault::TooManyOpen { .. } => OPENS.to_vec(),
            Fault::Unreadable { .. } => READS.to_vec(),
            Fault::NoWatches | Fault::NoInstances => INOTIFY.to_vec(),
            Fault::Interrupted { .. } => [&WRITES[..], &READS].concat(),
            Fault::ClockBack { .. } => vec![libc::SYS_clock_gettime, libc::SYS_gettimeofday],
        };
        let mut watched: Vec<Watched> = numbers.into_iter().map(Watched::always).collect();
        if matches!(self.fault, Fault::Full { .. }) {
            let makes = u64::from(libc::O_CREAT.cast_unsigned());
            watched.push(Watched::with_bits(libc::SYS_open, 1, makes));
            watched.push(Watched::with_bits(libc::SYS_openat, 2, makes));
        }
        watched
    }

    fn enter(&mut self, call: &Call) -> Verdict {
        match self.fault {
            Fault::ClockBack { .. } => {
                // Only the clock of the day jumps; the one for durations does not.
                let of_day = call.number == libc::SYS_clock_gettime && call.args[0] == 0;
                return if of_day { Verdict::Follow } else { Verdict::Pass };
            }
            Fault::NoWatches if call.number == libc::SYS_inotify_add_watch => return self.fail(libc::ENOSPC),
            Fault::NoInstances if call.number != libc::SYS_inotify_add_watch => {
                return self.fail(libc::EMFILE);
            }
            Fault::NoWatches | Fault::NoInstances => return Verdict::Pass,
            _ => {}
        }
        let Some(path) = self.inside(call) else { return Verdict::Pass };
        let verdict = match self.fault {
            Fault::Full { room } => self.full(call, room),
            Fault::Unsynced { nth } | Fault::Unreadable { nth } => self.fail_from(nth, 1, libc::EIO),
            Fault::TooManyOpen { nth, times } => self.fail_from(nth, times, libc::EMFILE),
            Fault::Interrupted { every } => {
                let last_of_group = self.seen / every * every + every - 1;
                self.fail_from(last_of_group, 1, libc::EINTR)
            }
            Fault::NoWatches | Fault::NoInstances | Fault::ClockBack { .. } => Verdict::Pass,
        };
        if matches!(verdict, Verdict::Fail(_)) {
            self.victims.push(path);
        }
        verdict
    }

    fn leave(&mut self, call: &Call, returned: i64) {
        match self.fault {
            Fault::Full { .. } => self.written += u64::try_from(returned).unwrap_or(0),
            Fault::ClockBack { after, seconds } if returned == 0 => self.told_the_time(call, after, seconds),
            _ => {}
        }
    }

    fn wants_clock(&self) -> bool {
        matches!(self.fault, Fault::ClockBack { .. })
    }
}
