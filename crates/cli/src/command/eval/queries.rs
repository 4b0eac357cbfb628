//! How far the queries of a set are: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet.

use crate::output::grouped;
use eval::Set;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Counted<'a> {
    name: &'a str,
    bar: ProgressBar,
    plain: bool,
    last_line: Cell<Instant>,
}

impl<'a> Counted<'a> {
    pub(super) fn new(set: &'a Set, quiet: bool) -> Self {
        let terminal = console::Term::stderr().is_term();
        let target =
            if terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} queries  {eta} left");
        let bar = ProgressBar::with_draw_target(Some(set.counted().count() as u64), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(set.name.clone());
        Self { name: &set.name, bar, plain: !terminal && !quiet, last_line: Cell::new(Instant::now()) }
    }

    /// One more is done.
    #[expect(clippy::print_stderr, reason = "progress is not a result")]
    pub(super) fn next(&self) {
        self.bar.inc(1);
        if self.plain && self.last_line.get().elapsed() >= LINE_EVERY {
            self.last_line.set(Instant::now());
            let all = self.bar.length().unwrap_or_default();
            eprintln!("{}: {} of {} queries", self.name, grouped(self.bar.position()), grouped(all));
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
