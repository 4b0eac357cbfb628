//! The pipeline's threads give way: queries are answered on threads that the system prefers.
//!
//! Not here: which work is bulk work. The threads that commit belong to the caller and keep their priority.

/// How far the threads step back. At 10, a thread gets about a tenth of the share of an ordinary one when both want the same core, and
/// everything when nobody else does: bulk work slows down beside queries and does not stand still.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lowers the priority of the calling thread. Where the system refuses it runs on as it is: that is slower, never wrong.
#[cfg(target_os = "linux")]
pub(crate) fn lower() {
    use rustix::process::{getpriority_process, setpriority_process};

    // On Linux, a thread has a nice value of its own, and the calls take a thread's id.
    let thread = Some(rustix::thread::gettid());
    let now = getpriority_process(thread).unwrap_or(0);
    if now < NICE {
        let _refused = setpriority_process(thread, NICE);
    }
}

/// Other systems count priorities by process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn lower() {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

    #[test]
    fn only_the_calling_thread_steps_back() {
        let before = getpriority_process(Some(gettid())).unwrap();
        let there = std::thread::spawn(|| {
            super::lower();
            getpriority_process(Some(gettid())).unwrap()
        });
        assert_eq!(there.join().unwrap(), before.max(super::NICE));
        assert_eq!(getpriority_process(Some(gettid())).unwrap(), before);
    }
}
