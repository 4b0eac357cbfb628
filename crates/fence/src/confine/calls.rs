//! The filter for system calls (seccomp): what a parser needs, which is memory and its pipes.
//!
//! Invariant: what is not listed fails with `EPERM`, so a library that tries gets an ordinary error: opening files, sockets, starting
//! processes or threads, executable memory, signals to others.

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;
use std::os::fd::RawFd;

/// Calls that act on nothing but the process itself, whatever their arguments.
const HARMLESS: [i64; 30] = [
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_getcpu,
    libc::SYS_getrusage,
    libc::SYS_getrandom,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_close,
    libc::SYS_membarrier,
];

/// Forbids all else, for all threads of this process.
pub(super) fn forbid(readable: &[RawFd], writable: &[RawFd]) -> Result<(), Box<dyn std::error::Error>> {
    Ok(seccompiler::apply_filter_all_threads(&filter(readable, writable)?)?)
}

fn filter(readable: &[RawFd], writable: &[RawFd]) -> Result<BpfProgram, Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        HARMLESS.iter().map(|call| (*call, Vec::new())).collect();
    let (reads, writes) = (on_any_of(readable)?, on_any_of(writable)?);
    for call in [libc::SYS_read, libc::SYS_readv, libc::SYS_pread64] {
        rules.insert(call, reads.clone());
    }
    for call in [libc::SYS_write, libc::SYS_writev] {
        rules.insert(call, writes.clone());
    }
    // Memory of its own, which the limit counts, and none that can be executed.
    let executable = condition(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?;
    let private = (libc::MAP_ANONYMOUS | libc::MAP_PRIVATE) as u64;
    let own = condition(3, SeccompCmpOp::MaskedEq(private | libc::MAP_TYPE as u64), private)?;
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![executable.clone(), own])?]);
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![executable])?]);
    // Aborting is a signal to oneself; no other signal is, and none to others.
    let to_itself = condition(0, SeccompCmpOp::Eq, u64::from(std::process::id()))?;
    let abort = condition(2, SeccompCmpOp::Eq, libc::SIGABRT as u64)?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![to_itself, abort])?]);
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    Ok(SeccompFilter::new(rules, denied, SeccompAction::Allow, architecture)?.try_into()?)
}

/// One rule for each descriptor; the call is allowed when one of them holds.
fn on_any_of(descriptors: &[RawFd]) -> Result<Vec<SeccompRule>, Error> {
    descriptors.iter().map(|fd| rule(0, SeccompCmpOp::Eq, *fd as u64)).collect()
}

fn condition(argument: u8, is: SeccompCmpOp, value: u64) -> Result<SeccompCondition, Error> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, is, value)?)
}

fn rule(argument: u8, is: SeccompCmpOp, value: u64) -> Result<SeccompRule, Error> {
    Ok(SeccompRule::new(vec![condition(argument, is, value)?])?)
}
