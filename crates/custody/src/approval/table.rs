//! What the records about approvals add up to.
//!
//! Invariant: a record with a field or an act that this version does not know is refused, and with it the whole journal. What was answered once stays
//! as it was answered.
//! Not here: reading and writing them (`approvals`).

use super::approval::{Answered, Approval, State};
use crate::journal::{Records, Replay, Unfit, decode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So long one is known after it has ended: ninety days.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// Somebody asks.
    Asked(Approval),
    /// Somebody answered.
    Answered { approval: String, answer: Answered },
}

/// All approvals.
#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<String, Approval>);

impl Table {
    pub(super) fn get(&self, id: &str) -> Option<&Approval> {
        self.0.get(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Approval> {
        self.0.values()
    }

    /// Those of a principal that wait.
    pub(super) fn n_open(&self, principal: &str, now_ms: i64) -> usize {
        let is_open = |approval: &&Approval| {
            approval.by.principal == principal && approval.state(now_ms) == State::Open
        };
        self.all().filter(is_open).count()
    }
}

impl Records for Table {
    type Record = Record;

    fn records(&self, now_ms: i64) -> Vec<Record> {
        let horizon = now_ms.saturating_sub(KEPT_MS);
        let ended = |approval: &Approval| match &approval.answer {
            Some(answer) => answer.at_ms,
            None => approval.expires_ms,
        };
        self.all().filter(|approval| ended(approval) > horizon).cloned().map(Record::Asked).collect()
    }
}

impl Replay for Table {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn apply(&mut self, _: u64, record: &[u8]) -> Result<(), Unfit> {
        match decode(record)? {
            Record::Asked(approval) => {
                let id = approval.id.clone();
                if self.0.insert(id.clone(), approval).is_some() {
                    return Err(Unfit(format!("the approval `{id}` is asked for twice")));
                }
            }
            Record::Answered { approval, answer } => {
                if let Some(approval) = self.0.get_mut(&approval) {
                    approval.answer.get_or_insert(answer);
                }
            }
        }
        Ok(())
    }
}
