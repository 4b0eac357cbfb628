//! The system's clocks, as leases need them.
//!
//! Invariant: steady time never goes back within the run that it is named with. Where the system does not say which run of the machine this is,
//! a run is one of this process.
//! Not here: what lasts how long (`custody::lease`).

use custody::lease::{Clock, Now};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

/// The system's clocks. All of a process tell the same time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let (boot, steady_ms) = run().now();
        Now { wall_ms, steady_ms, boot }
    }
}

/// In which run steady time counts.
enum Run {
    /// The machine's, with its id.
    Machine(String),
    /// This process's, with its id and its beginning.
    Process(String, Instant),
}

impl Run {
    fn now(&self) -> (String, u64) {
        match self {
            Self::Machine(boot) => (boot.clone(), since_boot_ms()),
            Self::Process(boot, began) => (boot.clone(), in_ms(began.elapsed())),
        }
    }
}

fn run() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        boot_id().map_or_else(
            || {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                Run::Process(format!("{}-{}", std::process::id(), since.as_nanos()), Instant::now())
            },
            Run::Machine,
        )
    })
}

fn in_ms(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The id of this run of the machine.
#[cfg(target_os = "linux")]
fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Milliseconds since the machine was started, with those for which it slept.
#[cfg(target_os = "linux")]
fn since_boot_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds.saturating_mul(1000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or_default() / 1_000_000)
}

/// Other systems do not say it in a way that needs no library.
#[cfg(not(target_os = "linux"))]
fn boot_id() -> Option<String> {
    None
}

/// Without the machine's id nobody asks.
#[cfg(not(target_os = "linux"))]
fn since_boot_ms() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_and_never_back() {
        let first = SystemClock.now();
        let next = SystemClock.now();
        assert_eq!(first.boot, next.boot);
        assert!(next.steady_ms >= first.steady_ms);
        assert!(first.wall_ms > 1_700_000_000_000, "{first:?}");
        let process = Run::Process("a".into(), Instant::now());
        let (boot, began) = process.now();
        assert_eq!(boot, "a");
        assert!(process.now().1 >= began);
    }
}
