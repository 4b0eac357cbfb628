//! How many children there are, for how long, and that none stays behind.

use super::*;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn many_threads_share_few_children() {
    let fence = fence(Limits { children: 3, ..tight() });
    let ask = |thread: u32, n: u32| match n % 10 {
        7 => assert_eq!(ask(&fence, "abort"), "the pdf parser crashed (signal 6)"),
        _ => assert_eq!(ask(&fence, &format!("echo {thread}.{n}")), format!("{thread}.{n}")),
    };
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || (0..25).for_each(|n| ask(thread, n)));
        }
    });
    let pids: BTreeSet<String> = (0..20).map(|_| super::ask(&fence, "pid")).collect();
    assert_eq!(pids.len(), 1, "one thread has one child");
}

#[test]
fn a_child_is_replaced_after_its_share_of_files() {
    let fence = fence(Limits { requests_per_child: 4, children: 1, ..tight() });
    let pids: BTreeSet<String> = (0..12).map(|_| ask(&fence, "pid")).collect();
    assert_eq!(pids.len(), 3);
}

#[test]
fn a_child_that_holds_much_memory_is_replaced() {
    let fence = fence(Limits { memory_bytes: 32 << 20, children: 1, ..tight() });
    let first = ask(&fence, "pid");
    assert_eq!(ask(&fence, "pid"), first);
    // More than an eighth of what it may have, in the reply that it holds.
    assert!(ask(&fence, "repeat 800000").starts_with("tide"));
    assert!(cfg!(not(target_os = "linux")) || ask(&fence, "pid") != first);
}

#[cfg(target_os = "linux")]
mod on_linux {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

    /// Waits until a process is gone.
    fn wait_for_end(pid: &str) {
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        // One that cannot be opened is gone already.
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return };
        let patience = Timespec { tv_sec: 20, tv_nsec: 0 };
        let ended = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&patience)).unwrap();
        assert_eq!(ended, 1, "the child lives on");
    }

    #[test]
    fn a_child_without_work_is_closed() {
        let fence = fence(Limits { idle: Duration::from_millis(50), ..tight() });
        wait_for_end(&ask(&fence, "pid"));
        assert_eq!(ask(&fence, "echo again"), "again");
    }

    #[test]
    fn a_child_that_was_ended_without_work_is_replaced() {
        let fence = fence(tight());
        let pid = ask(&fence, "pid");
        kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::TERM).unwrap();
        wait_for_end(&pid);
        assert_eq!(ask(&fence, "echo again"), "again");
    }

    #[test]
    fn children_end_with_the_fence() {
        let fence = fence(tight());
        let pid = ask(&fence, "pid");
        drop(fence);
        wait_for_end(&pid);
    }

    #[test]
    fn children_end_with_their_parent_whatever_they_do() {
        for told in ["echo idle", "loop"] {
            let mut parent = Command::new(PROBE)
                .args(["parent", told])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut pid = String::new();
            BufReader::new(parent.stdout.take().unwrap()).read_line(&mut pid).unwrap();
            parent.kill().unwrap();
            parent.wait().unwrap();
            wait_for_end(&pid);
        }
    }

    #[test]
    fn nothing_is_left_behind() {
        let output = Command::new(PROBE).arg("tally").output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "0 more descriptors, children: []\n");
    }
}
