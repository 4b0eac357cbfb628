//! How far the lists of an OpenDocument have counted.

use std::collections::HashMap;

use package::Tag;

use super::styles::{LEVELS, Level, Levels, Styles, marker};

/// Lists that are open, each inside the one before, and where those that ended stopped.
#[derive(Debug, Default)]
pub(super) struct Lists {
    open: Vec<String>,
    counters: HashMap<String, [u32; LEVELS]>,
    outline: [u32; LEVELS],
    /// The words that come next are the first of their item, which has this number if it says so.
    item: Option<Option<u32>>,
}

impl Lists {
    /// A list begins, on a level of its own.
    pub(super) fn begin(&mut self, tag: &Tag) {
        let style = tag.attr("style-name").or_else(|| self.open.last().cloned()).unwrap_or_default();
        let goes_on =
            tag.attr("continue-list").is_some() || tag.attr("continue-numbering").as_deref() == Some("true");
        if self.open.is_empty() && !goes_on {
            self.counters.remove(&style);
        }
        self.open.push(style);
    }

    pub(super) fn end(&mut self) {
        self.open.pop();
        self.item = None;
    }

    pub(super) fn begin_item(&mut self, tag: &Tag) {
        self.item = Some(tag.number("start-value"));
    }

    /// Depth and marker of the words that come next, if they begin an item.
    pub(super) fn take(&mut self, styles: &Styles) -> Option<(usize, String)> {
        let stated = self.item.take()?;
        let at = self.open.len().checked_sub(1)?.min(LEVELS - 1);
        let style = self.open.last()?;
        let counters = self.counters.entry(style.clone()).or_default();
        let Some(levels) = styles.levels(style) else { return Some((at, "-".to_owned())) };
        count(counters, levels, at, stated);
        Some((at, marker(levels, counters, at)))
    }

    /// The number of a heading that is in no list.
    pub(super) fn heading(&mut self, styles: &Styles, level: u8) -> String {
        let at = usize::from(level.max(1) - 1).min(LEVELS - 1);
        count(&mut self.outline, &styles.outline, at, None);
        let number = marker(&styles.outline, &self.outline, at);
        if number == "-" { String::new() } else { number }
    }
}

/// Counts one more on level `at`. Levels outside it that have not begun do so; those inside it begin anew.
fn count(counters: &mut [u32; LEVELS], levels: &Levels, at: usize, stated: Option<u32>) {
    for (i, (counter, Level { start, .. })) in counters.iter_mut().zip(levels).enumerate() {
        match i.cmp(&at) {
            std::cmp::Ordering::Less if *counter == 0 => *counter = *start,
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => {
                let next = if *counter == 0 { *start } else { counter.saturating_add(1) };
                *counter = stated.unwrap_or(next);
            }
            std::cmp::Ordering::Greater => *counter = 0,
        }
    }
}
