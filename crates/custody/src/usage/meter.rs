//! The meter: what each principal did in the last minute, hour and day.
//!
//! Invariant: bounded: a day of minutes for each of [`MOST`] principals. Acts may come in any order of time.

use super::counts::Counts;
use super::limits::{Over, Quotas};
use super::watch::{Alert, Thresholds, Window};
use crate::OWNER;
use crate::audit::{Act, Doing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Principals that are told apart. A workspace has far fewer; what more of them do is not counted.
const MOST: usize = 4096;
const MINUTE_MS: i64 = 60_000;
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// What a principal did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Its id.
    pub principal: String,
    /// What people call it.
    pub name: String,
    /// In this minute and the one before.
    pub minute: Counts,
    /// In the last hour.
    pub hour: Counts,
    /// In the last day.
    pub day: Counts,
}

/// Counts acts.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    thresholds: Thresholds,
    quotas: Quotas,
    principals: BTreeMap<String, Account>,
}

#[derive(Clone, Debug, Default)]
struct Account {
    name: String,
    /// By minutes since 1970.
    minutes: BTreeMap<i64, Counts>,
    window: Window,
}

impl Meter {
    /// One that has counted nothing.
    #[must_use]
    pub fn new(thresholds: Thresholds, quotas: Quotas) -> Self {
        Self { thresholds, quotas, principals: BTreeMap::new() }
    }

    /// Counts an act of an earlier time.
    pub fn recall(&mut self, act: &Act, at_ms: i64) {
        let counts = Counts::of(act);
        if counts.is_nothing()
            || (self.principals.len() >= MOST && !self.principals.contains_key(&act.by.principal))
        {
            return;
        }
        let account = self.principals.entry(act.by.principal.clone()).or_default();
        account.name.clone_from(&act.by.name);
        account.minutes.entry(minute_of(at_ms)).or_default().add(&counts);
    }

    /// Counts an act of this time. Returns what somebody should look at.
    pub fn note(&mut self, act: &Act, now_ms: i64) -> Option<Alert> {
        self.recall(act, now_ms);
        let account = self.principals.get_mut(&act.by.principal)?;
        let oldest = minute_of(now_ms) - DAY;
        while account.minutes.first_key_value().is_some_and(|(minute, _)| *minute <= oldest) {
            account.minutes.pop_first();
        }
        account.window.note(act, now_ms, &self.thresholds)
    }

    /// The quota that stands against an act of this principal, if one does.
    #[must_use]
    pub fn over(&self, principal: &str, doing: Doing, now_ms: i64) -> Option<Over> {
        if self.quotas.is_empty() || principal == OWNER {
            return None;
        }
        let account = self.principals.get(principal)?;
        let (minute, day) = (account.since(now_ms, 1), account.since(now_ms, DAY));
        let (quota, limit, by_day) = self.quotas.broken(doing, &minute, &day)?;
        let left_ms = if by_day { HOUR * MINUTE_MS } else { MINUTE_MS - now_ms.rem_euclid(MINUTE_MS) };
        Some(Over { quota, limit, left_ms })
    }

    /// What each principal did that did anything in the last day, by id.
    #[must_use]
    pub fn usage(&self, now_ms: i64) -> Vec<Usage> {
        let usage = |(id, account): (&String, &Account)| Usage {
            principal: id.clone(),
            name: account.name.clone(),
            minute: account.since(now_ms, 2),
            hour: account.since(now_ms, HOUR),
            day: account.since(now_ms, DAY),
        };
        self.principals.iter().map(usage).filter(|usage| !usage.day.is_nothing()).collect()
    }
}

impl Account {
    /// What was done in the last so many minutes, this one included.
    fn since(&self, now_ms: i64, minutes: i64) -> Counts {
        let mut counts = Counts::default();
        let begin = minute_of(now_ms).saturating_sub(minutes - 1);
        self.minutes.range(begin..).for_each(|(_, more)| counts.add(more));
        counts
    }
}

fn minute_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(MINUTE_MS)
}
