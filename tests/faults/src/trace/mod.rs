//! Runs a program and stops it at chosen system calls.
//!
//! [`run`] starts a command below a tracer; a [`Hook`] is asked at each watched [`Call`] what to do with it, and told what it returned.
//! The command is started by a launcher ([`launch`]), which sets the kernel's filter before it becomes the command.

mod call;
mod launch;
mod tracer;

pub use call::Call;
pub use launch::{LAUNCH, launch};
pub use tracer::{Ended, Program, run};

/// A system call at which the program is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Watched {
    /// Its number, as in `libc::SYS_*`.
    pub number: i64,
    /// Only where the argument of this index has one of these bits.
    pub only: Option<(u8, u64)>,
}

impl Watched {
    /// Every call of this number.
    #[must_use]
    pub const fn always(number: i64) -> Self {
        Self { number, only: None }
    }

    /// Calls of this number whose argument has one of the bits.
    #[must_use]
    pub const fn with_bits(number: i64, argument: u8, bits: u64) -> Self {
        Self { number, only: Some((argument, bits)) }
    }
}

/// What to do with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let it go.
    Pass,
    /// Let it go, and tell what it returned. No other watched call of the program runs meanwhile.
    Follow,
    /// Do not do it; it returns this error (a number such as `libc::EIO`).
    Fail(i32),
    /// End the whole program at once, before the call is done.
    Kill,
}

/// Who decides about calls.
pub trait Hook {
    /// The calls that it is asked about.
    fn watched(&self) -> Vec<Watched>;

    /// A call is about to be made.
    fn enter(&mut self, call: &Call) -> Verdict;

    /// A call that was followed has returned: a value, or a negative error number.
    fn leave(&mut self, call: &Call, returned: i64);

    /// Whether the program's clock must be asked by system calls, which can be watched, where it usually is read from shared memory.
    fn wants_clock(&self) -> bool {
        false
    }
}
