//! Systems without the limits of Unix: the parent's deadline is what holds.

use super::Confinement;
use crate::wire::Setup;
use std::fs::File;
use std::io;
use std::os::windows::io::AsHandle;

/// The pipes to the parent.
pub(crate) struct Pipes {
    pub(crate) from: File,
    pub(crate) to: File,
}

impl Pipes {
    /// Takes standard input and output for the messages.
    pub(crate) fn take() -> io::Result<Self> {
        let from = File::from(io::stdin().as_handle().try_clone_to_owned()?);
        let to = File::from(io::stdout().as_handle().try_clone_to_owned()?);
        Ok(Self { from, to })
    }
}

/// Nothing: standard error goes nowhere here.
pub(crate) fn unblock<T>(_: &T) -> io::Result<()> {
    Ok(())
}

/// What this process takes of the machine; not known here.
pub(crate) struct Own;

impl Own {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn resident_bytes(&self) -> u64 {
        0
    }

    pub(crate) fn cpu_seconds(&self) -> u64 {
        0
    }
}

/// Nothing to bind it to.
pub(crate) fn confine(_: &Setup, _: &Pipes, _: &Own) -> io::Result<Confinement> {
    Ok(Confinement::Deadline)
}
