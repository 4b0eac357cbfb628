//! How a run is shown while it goes on: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet.
//!
//! Invariant: progress goes to standard error, and its measure is bytes: files differ too much in size to count.

use crate::output::{count, size};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use workroom::{Backfilled, Outcome, Progress, Workspace};

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows a run of the index.
pub(crate) struct Shown {
    bar: ProgressBar,
    plain: bool,
    planned: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
    started: Instant,
    last_line: Mutex<Instant>,
}

impl Shown {
    /// Shows nothing when `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let terminal = console::Term::stderr().is_term();
        let target =
            if terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let now = Instant::now();
        Self {
            bar: ProgressBar::with_draw_target(None, target).with_style(style("{wide_bar} {msg}")),
            plain: !terminal && !quiet,
            planned: AtomicU64::new(0),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            started: now,
            last_line: Mutex::new(now),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self, files: u64) -> String {
        format!("{:.0} files/s", files as f64 / self.started.elapsed().as_secs_f64().max(0.001))
    }

    #[expect(clippy::print_stderr, reason = "progress is not a result")]
    fn print_line(&self, files: u64, bytes: u64) {
        let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < LINE_EVERY {
            return;
        }
        *last = Instant::now();
        let planned = self.planned.load(Ordering::Relaxed);
        let spent = self.started.elapsed();
        let left = spent.mul_f64(planned.saturating_sub(bytes) as f64 / bytes.max(1) as f64);
        eprintln!(
            "{} of {} read, {}, {}, about {} s left",
            size(bytes),
            size(planned),
            count(files, "file"),
            self.message(files),
            left.as_secs()
        );
    }
}

impl Progress for Shown {
    fn planned(&self, files: u64, bytes: u64) {
        self.planned.store(bytes, Ordering::Relaxed);
        if files > 0 {
            self.bar.set_length(bytes);
            self.bar.set_style(style("{wide_bar} {bytes}/{total_bytes}  {msg}  {eta} left"));
        }
    }

    fn file(&self, _path: &workroom::DocPath, bytes: u64, outcome: &Outcome) {
        if matches!(outcome, Outcome::Removed) {
            return;
        }
        let files = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.plain {
            self.print_line(files, bytes);
        } else {
            self.bar.set_position(bytes);
            if files.is_multiple_of(64) {
                self.bar.set_message(self.message(files));
            }
        }
    }
}

/// A template that does not parse falls back to the library's own bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Gives every chunk its teacher vector under a bar that counts them.
pub(crate) fn backfill_shown(
    workspace: &Workspace,
    quiet: bool,
    cancel: &AtomicBool,
) -> workroom::Result<Backfilled> {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(0), target)
        .with_style(style("{wide_bar} {pos}/{len} chunks  {eta} left"));
    let mut progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let done = workspace.backfill(&mut progress, cancel);
    bar.finish_and_clear();
    done
}
