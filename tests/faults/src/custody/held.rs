//! What must be there, by the notes alone.
//!
//! Invariant: pure. What was begun and not acknowledged may have happened or not, and is left out of what must be there.

use super::{Act, Files, Given, Line};
use std::collections::{BTreeMap, BTreeSet};

/// What was acknowledged, and not ended since by an act that may have happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Whether the workspace was ever opened.
    pub is_open: bool,
    /// The files.
    pub files: Files,
    /// What files ever held, by path.
    pub written: BTreeSet<(String, String)>,
    /// How often a file was removed from a path.
    pub removed: BTreeMap<String, usize>,
    /// Checkpoints by tag.
    pub checkpoints: BTreeMap<String, Files>,
    /// Leases that hold.
    pub leases: BTreeMap<u64, Given>,
    /// The greatest fencing token that was ever given.
    pub greatest: u64,
    /// Comments, and whether they are resolved.
    pub comments: BTreeMap<u64, (String, bool)>,
    /// Approvals, and whether they are answered.
    pub approvals: BTreeMap<u64, (String, bool)>,
    /// Tokens, and whether they are accepted.
    pub tokens: BTreeMap<u64, (Given, bool)>,
    /// Offers that can be taken.
    pub offers: BTreeMap<u64, Given>,
    /// Tokens of those who took one.
    pub owners: BTreeMap<u64, Given>,
    /// Secrets of offers that were taken.
    pub spent: Vec<String>,
    /// Webhooks.
    pub hooks: BTreeMap<u64, Given>,
    /// Webhooks that were removed.
    pub unhooked: Vec<String>,
    /// A place in the events.
    pub cursor: Option<String>,
    /// What was begun last and not acknowledged.
    pub under_way: Option<Act>,
    /// The number of the next thing that is made.
    pub next: u64,
    /// Acts that were acknowledged, by kind.
    pub acknowledged: BTreeMap<String, u64>,
    /// Acts that were cut short, by kind.
    pub cut_short: BTreeMap<String, u64>,
}

impl Held {
    /// What the notes say; a torn last line was not acknowledged.
    #[must_use]
    pub fn of(notes: &[u8]) -> Self {
        let mut held = Self::default();
        let lines = notes.split(|byte| *byte == b'\n');
        lines.filter_map(|line| serde_json::from_slice(line).ok()).for_each(|line| held.take(line));
        held
    }

    /// The next line.
    pub fn take(&mut self, line: Line) {
        match line {
            Line::Opened(files) => {
                self.is_open = true;
                self.leave_open();
                self.files = files;
            }
            Line::Begin(act) => {
                self.next += 1;
                self.under_way = Some(act);
            }
            Line::Done(given) => {
                if let Some(act) = self.under_way.take() {
                    *self.acknowledged.entry(act.kind().to_owned()).or_default() += 1;
                    self.done(act, given);
                }
            }
        }
    }

    /// What the files may hold: as they were, or as they are after what was cut short.
    #[must_use]
    pub fn possible(&self) -> Vec<Files> {
        let mut after = self.clone();
        after.under_way.take().into_iter().for_each(|act| after.change_files(&act));
        vec![self.files.clone(), after.files]
    }

    /// Lets go of what may have been changed by what was cut short.
    pub fn leave_open(&mut self) {
        let Some(act) = self.under_way.take() else { return };
        *self.cut_short.entry(act.kind().to_owned()).or_default() += 1;
        match act {
            Act::Release { n } => drop(self.leases.remove(&n)),
            Act::Resolve { n } => drop(self.comments.remove(&n)),
            Act::Answer { n } => drop(self.approvals.remove(&n)),
            Act::Revoke { n } => drop(self.tokens.remove(&n)),
            Act::Claim { n } => drop(self.offers.remove(&n)),
            Act::Rotate { n } | Act::Unhook { n } => drop(self.hooks.remove(&n)),
            _ => {}
        }
    }

    fn change_files(&mut self, act: &Act) {
        match act {
            Act::Write { path, text } => drop(self.files.insert(path.clone(), text.clone())),
            Act::Remove { path } => drop(self.files.remove(path)),
            Act::Restore { tag } => self.files = self.checkpoints.get(tag).cloned().unwrap_or_default(),
            _ => {}
        }
    }

    fn done(&mut self, act: Act, given: Given) {
        self.change_files(&act);
        match act {
            Act::Write { path, text } => drop(self.written.insert((path, text))),
            Act::Remove { path } => *self.removed.entry(path).or_default() += 1,
            Act::Checkpoint { tag } => drop(self.checkpoints.insert(tag, self.files.clone())),
            Act::Lease { n } => {
                self.greatest = self.greatest.max(given.token.unwrap_or_default());
                self.leases.insert(n, given);
            }
            Act::Release { n } => drop(self.leases.remove(&n)),
            Act::Comment { n, .. } => drop(self.comments.insert(n, (given.id, false))),
            Act::Resolve { n } => self.comments.entry(n).or_default().1 = true,
            Act::Ask { n } => drop(self.approvals.insert(n, (given.id, false))),
            Act::Answer { n } => self.approvals.entry(n).or_default().1 = true,
            Act::Token { n } => drop(self.tokens.insert(n, (given, true))),
            Act::Revoke { n } => self.tokens.entry(n).or_default().1 = false,
            Act::Offer { n } => drop(self.offers.insert(n, given)),
            Act::Claim { n } => {
                self.spent.extend(self.offers.remove(&n).map(|offer| offer.secret));
                self.owners.insert(n, given);
            }
            Act::Hook { n } | Act::Rotate { n } => drop(self.hooks.insert(n, given)),
            Act::Unhook { n } => self.unhooked.extend(self.hooks.remove(&n).map(|hook| hook.id)),
            Act::Follow => self.cursor = Some(given.id),
            Act::Restore { .. } | Act::Replay { .. } => {}
        }
    }
}
