//! What all rounds came to.

use super::Left;
use proof::Report;
use std::collections::BTreeMap;
use std::fmt;

/// How much of a message tells it from others.
const KIND: usize = 60;

/// Counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Recorded runs of the workload.
    pub runs: u64,
    /// Changes in their logs.
    pub changes: u64,
    /// Cuts that were checked.
    pub rounds: u64,
    /// They, by kind of disk.
    pub media: BTreeMap<String, u64>,
    /// Operations that had been acknowledged, by kind.
    pub acknowledged: BTreeMap<String, u64>,
    /// Operations that were cut short, by kind.
    pub cut_short: BTreeMap<String, u64>,
    /// Cuts after which nothing had to be repaired.
    pub unharmed: u64,
    /// What opening repaired, numbers left out.
    pub repaired: BTreeMap<String, u64>,
    /// Hits that were examined.
    pub hits: u64,
    /// What was wrong, numbers left out: how often, and the first time in full.
    pub wrong: BTreeMap<String, (u64, String)>,
}

impl Tally {
    pub(super) fn ran(&mut self, changes: usize) {
        self.runs += 1;
        self.changes += changes as u64;
    }

    pub(super) fn add(&mut self, left: &Left, report: &Report) {
        self.rounds += 1;
        self.hits += report.hits as u64;
        *self.media.entry(format!("{:?}", left.medium)).or_default() += 1;
        self.unharmed += u64::from(report.repaired.is_empty());
        for repaired in &report.repaired {
            *self.repaired.entry(without_numbers(repaired)).or_default() += 1;
        }
        self.counted(report);
    }

    /// A cut after which something is wrong. The folder of the first of its kind is kept.
    pub(super) fn failed(&mut self, left: &Left, wrong: &str) {
        self.rounds += 1;
        *self.media.entry(format!("{:?}", left.medium)).or_default() += 1;
        let kind = without_numbers(wrong.lines().next().unwrap_or_default());
        let first = || {
            let kept = left.keep().unwrap_or_else(|error| format!("not kept: {error}"));
            (0, format!("{left}: {wrong}\n{kept}"))
        };
        self.wrong.entry(kind.chars().take(KIND).collect()).or_insert_with(first).0 += 1;
    }

    fn counted(&mut self, report: &Report) {
        for (kind, n) in &report.acknowledged {
            *self.acknowledged.entry(kind.clone()).or_default() += n;
        }
        for (kind, n) in &report.cut_short {
            *self.cut_short.entry(kind.clone()).or_default() += n;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, changes, rounds, unharmed, hits, .. } = self;
        writeln!(f, "{rounds} cuts in {runs} runs of {changes} changes; {hits} hits examined")?;
        writeln!(f, "by disk: {:?}", self.media)?;
        writeln!(f, "acknowledged: {:?}", self.acknowledged)?;
        writeln!(f, "cut short: {:?}", self.cut_short)?;
        writeln!(f, "nothing to repair: {unharmed}")?;
        self.repaired.iter().try_for_each(|(what, n)| writeln!(f, "{n:6} x {what}"))?;
        self.wrong.values().try_for_each(|(n, what)| writeln!(f, "WRONG {n} x {what}"))
    }
}

/// What differs from run to run left out, so that what is the same is counted together: where the folder lies, and each word of letters
/// and digits that holds a digit.
fn without_numbers(text: &str) -> String {
    let inside =
        |word: &str| word.rsplit_once("/w/").map_or(word.to_owned(), |(_, inside)| inside.to_owned());
    let plain =
        |run: &str| if run.contains(|letter: char| letter.is_ascii_digit()) { "#" } else { run }.to_owned();
    let blot = |word: &str| {
        let parts = word.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
        parts
            .map(|part| match part.char_indices().next_back() {
                Some((at, last)) if !last.is_ascii_alphanumeric() => plain(&part[..at]) + &part[at..],
                _ => plain(part),
            })
            .collect::<String>()
    };
    text.split(' ').map(|word| blot(&inside(word))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_left_out() {
        let blot = super::without_numbers;
        assert_eq!(blot("12 of 3 rows, a1b"), "# of # rows, #");
        assert_eq!(blot("in /tmp/x9/w/index/sled.damaged-17:"), "in index/sled.damaged-#:");
    }
}
