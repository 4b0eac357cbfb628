//! How much memory the processes of a soak take, read from `/proc` twice a second; nothing on systems without it.

use super::role::owner;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(500);

/// A thread that looks, until it is stopped.
pub(super) struct Memory {
    stop: Sender<()>,
    thread: JoinHandle<(u64, u64)>,
}

impl Memory {
    /// Watches every process whose arguments name `root`, and the one that owns the workspace there.
    pub(super) fn watch(root: &Path) -> Self {
        let (stop, stopped) = channel();
        let root = root.to_owned();
        let thread = std::thread::spawn(move || {
            let mut peak = (0, 0);
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let (owner, all) = look(&root);
                peak = (peak.0.max(owner), peak.1.max(all));
            }
            peak
        });
        Self { stop, thread }
    }

    /// The most that the owner took at one time, and all together, in bytes.
    pub(super) fn stop(self) -> (u64, u64) {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

fn look(root: &Path) -> (u64, u64) {
    let owner = owner(root);
    let name = root.to_string_lossy();
    let mut sums = (0, 0);
    let Ok(processes) = std::fs::read_dir("/proc") else { return sums };
    for process in processes.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let is_owner = Some(pid) == owner;
        let is_ours = || {
            let arguments = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&arguments).contains(&*name)
        };
        if is_owner || is_ours() {
            let bytes = resident(&process.path());
            sums.1 += bytes;
            sums.0 += if is_owner { bytes } else { 0 };
        }
    }
    sums
}

/// Resident memory of a process, in bytes; nothing once it has ended.
fn resident(process: &Path) -> u64 {
    let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
