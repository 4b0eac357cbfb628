//! The recorder: a [`Hook`](crate::trace::Hook) that turns system calls into a [`Log`](crate::Log).
//!
//! Invariant: the log's changes give the folder as it is, byte for byte; a call that would break this and is not understood is listed in
//! `unsupported`. What was written is read back from the file when the call has returned, so it is what the system took, however the
//! program handed it over.

mod nodes;
mod pending;
mod recorder;

pub use recorder::Recorder;

use crate::trace::Watched;

/// Flags of `open` that change something.
const CHANGING_OPEN: i32 = libc::O_CREAT | libc::O_TRUNC | (libc::O_TMPFILE & !libc::O_DIRECTORY);

/// Every call that can change a file or a name, or make a change durable.
fn watched() -> Vec<Watched> {
    let changing_open = u64::from(CHANGING_OPEN.cast_unsigned());
    let shared = u64::from(libc::MAP_SHARED.cast_unsigned());
    let conditional = [
        Watched::with_bits(libc::SYS_open, 1, changing_open),
        Watched::with_bits(libc::SYS_openat, 2, changing_open),
        Watched::with_bits(libc::SYS_mmap, 3, shared),
        // The bit of requests that hand something over, as cloning a file's blocks does.
        Watched::with_bits(libc::SYS_ioctl, 1, 0x4000_0000),
    ];
    let always = [
        libc::SYS_creat,
        libc::SYS_openat2,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_pwrite64,
        libc::SYS_pwritev,
        libc::SYS_pwritev2,
        libc::SYS_copy_file_range,
        libc::SYS_sendfile,
        libc::SYS_splice,
        libc::SYS_truncate,
        libc::SYS_ftruncate,
        libc::SYS_fallocate,
        libc::SYS_rename,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_link,
        libc::SYS_linkat,
        libc::SYS_symlink,
        libc::SYS_symlinkat,
        libc::SYS_unlink,
        libc::SYS_unlinkat,
        libc::SYS_rmdir,
        libc::SYS_mkdir,
        libc::SYS_mkdirat,
        libc::SYS_mknod,
        libc::SYS_mknodat,
        libc::SYS_fsync,
        libc::SYS_fdatasync,
        libc::SYS_syncfs,
        libc::SYS_sync,
        libc::SYS_io_uring_setup,
    ];
    conditional.into_iter().chain(always.into_iter().map(Watched::always)).collect()
}
