//! Noticing changes without the system's help: two scans, compared.
//!
//! Invariant: what an unreadable folder hides counts as unchanged, never as gone.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use corpus::DocPath;

use crate::scan::{Visit, walk};
use crate::stat::wall_clock_ns;
use crate::{HintKind, Problem, Rules, Stat};

/// All files of the workspace as one scan saw them.
pub(crate) struct Snapshot {
    files: BTreeMap<DocPath, Stat>,
    problems: Vec<Problem>,
    /// When the scan began, on the clock of file times.
    at_ns: i64,
}

impl Snapshot {
    /// Scans; `None` when `go_on` said to stop.
    pub(crate) fn take(rules: &Rules, go_on: &dyn Fn() -> bool) -> Option<Self> {
        let mut new = Self { files: BTreeMap::new(), problems: Vec::new(), at_ns: wall_clock_ns() };
        let whole = walk(rules, None, &mut |visit| {
            match visit {
                Visit::File(found) => drop(new.files.insert(found.path, found.stat)),
                Visit::Problem(problem) => new.problems.push(problem),
                Visit::Folder(_) => {}
            }
            if go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        whole.is_continue().then_some(new)
    }

    /// Takes the place of `before` and tells what changed since.
    pub(crate) fn follow(&mut self, before: Self) -> Vec<(DocPath, HintKind)> {
        let mut changes = Vec::new();
        for (path, stat) in &self.files {
            let was = before.files.get(path);
            // A file that was written at the time of the last scan may have been written again within the same tick.
            if was != Some(stat) || stat.is_racy(before.at_ns) {
                changes.push((path.clone(), HintKind::MayExist));
            }
        }
        for (path, stat) in before.files {
            if self.files.contains_key(&path) {
                continue;
            }
            if self.problems.iter().any(|problem| problem.hides(&path)) {
                self.files.insert(path, stat);
            } else {
                changes.push((path, HintKind::Gone));
            }
        }
        changes
    }
}
