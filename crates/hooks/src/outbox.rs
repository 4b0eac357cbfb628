//! What was sent to an endpoint, and from where on there is more: what survives the process.
//!
//! Invariant: what is noted as delivered was answered with success. What a process knew and had not noted when it ended is sent again.
//! Not here: what is to be sent next (`queue`).
//! On disk: docs/format.md, "Webhooks".

use crate::endpoints::encode;
use crate::error::{Error, Result};
use custody::Journal;
use custody::journal::{Format, Replay, Unfit};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use workroom::After;

const FORMAT: Format = Format { kind: "outbox", version: 1 };
/// Attempts that are kept to be looked at.
const LOGGED: usize = 500;
/// A journal of so many bytes is made anew from what still counts.
const LARGE: u64 = 512 << 10;

/// An attempt at a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The event's id, which is the message's.
    pub event: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The file or folder that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// When it was tried.
    pub at_ms: i64,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// Whether it was delivered.
    pub delivered: bool,
    /// What the endpoint answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it was not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long the attempt took, in milliseconds.
    pub millis: u64,
    /// When it is tried again; absent when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<i64>,
}

/// What was sent to an endpoint.
pub struct Outbox {
    journal: Journal<Sent>,
}

/// What the records add up to.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Everything before this place is delivered; absent before anything is known.
    pub(crate) from: Option<After>,
    /// What is delivered behind it.
    delivered: HashSet<String>,
    /// How often what is not delivered was tried, and when it is due.
    tried: HashMap<String, (u32, i64)>,
    /// The last attempts, the oldest first.
    log: VecDeque<Delivery>,
    /// How often somebody wanted to have events sent again.
    pub(crate) replays: u64,
    /// When events were found to be no longer kept before they could be sent.
    missed_ms: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Record {
    Done { from: After, delivered: Vec<String> },
    Tried(Delivery),
    Replay { from: After, at_ms: i64 },
    Missed { at_ms: i64 },
}

impl Outbox {
    pub(crate) fn at(path: &Path) -> Self {
        Self { journal: Journal::at(path, FORMAT, Sent::default()) }
    }

    /// The last attempts, the oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn log(&mut self) -> Result<Vec<Delivery>> {
        self.journal.refresh()?;
        Ok(self.journal.state().log.iter().cloned().collect())
    }

    /// When events were last found to be no longer kept before they could be sent.
    ///
    /// # Errors
    /// As [`Outbox::log`].
    pub fn missed_ms(&mut self) -> Result<Option<i64>> {
        self.journal.refresh()?;
        Ok(self.journal.state().missed_ms)
    }

    /// Has everything behind a place sent, again or for the first time.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn replay(&mut self, from: After, at_ms: i64) -> Result<()> {
        self.append(&Record::Replay { from, at_ms }, true)
    }

    /// What the records add up to, with those of other processes.
    pub(crate) fn sent(&mut self) -> Result<&Sent> {
        self.journal.refresh()?;
        Ok(self.journal.state())
    }

    /// Notes an attempt. Not synced: what the loss of power takes is sent again.
    pub(crate) fn tried(&mut self, delivery: Delivery) -> Result<()> {
        self.append(&Record::Tried(delivery), false)?;
        if self.journal.size() > LARGE { self.compact() } else { Ok(()) }
    }

    /// Notes up to where everything is delivered, and what is behind it; unless somebody has wanted events sent again since it was so often.
    pub(crate) fn done(&mut self, from: &After, delivered: Vec<String>, replays: u64) -> Result<()> {
        let bytes = encode(&Record::Done { from: from.clone(), delivered })?;
        self.make_folder()?;
        let mut writer = self.journal.writer()?;
        // In one's turn to write, so that nobody comes between the look and the record.
        if writer.state().replays == replays { Ok(writer.append_unsynced(&bytes)?) } else { Ok(()) }
    }

    pub(crate) fn missed(&mut self, at_ms: i64) -> Result<()> {
        self.append(&Record::Missed { at_ms }, false)
    }

    /// Forgets everything. What cannot be deleted is of no use to anybody.
    pub(crate) fn discard(&self) {
        if let Err(error) = std::fs::remove_file(self.journal.path()) {
            tracing::debug!(%error, "there is nothing to forget");
        }
    }

    fn append(&mut self, record: &Record, sync: bool) -> Result<()> {
        let bytes = encode(record)?;
        self.make_folder()?;
        let mut writer = self.journal.writer()?;
        let appended = if sync { writer.append(&bytes) } else { writer.append_unsynced(&bytes) };
        Ok(appended?)
    }

    /// Below the custody folder, which is nobody's to look into.
    fn make_folder(&self) -> Result<()> {
        let Some(folder) = self.journal.path().parent() else { return Ok(()) };
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::System(format!("cannot make {}: {error}", folder.display())))
    }

    fn compact(&mut self) -> Result<()> {
        let sent = self.journal.state();
        let tried = sent.log.iter().cloned().map(Record::Tried);
        let missed = sent.missed_ms.map(|at_ms| Record::Missed { at_ms });
        let delivered = sent.delivered.iter().cloned().collect();
        // Last: it says which of the others still count.
        let done = sent.from.clone().map(|from| Record::Done { from, delivered });
        let records =
            tried.chain(missed).chain(done).map(|record| encode(&record)).collect::<Result<Vec<_>>>()?;
        Ok(self.journal.writer()?.compact(records)?)
    }
}

impl Sent {
    /// What is known of an event: whether it is delivered, how often it was tried, when it is due.
    pub(crate) fn known(&self, id: &str) -> Option<(bool, u32, i64)> {
        if self.delivered.contains(id) {
            return Some((true, 0, 0));
        }
        self.tried.get(id).map(|(attempts, due_ms)| (false, *attempts, *due_ms))
    }
}

impl Replay for Sent {
    fn clear(&mut self) {
        *self = Self::default();
    }

    fn apply(&mut self, _: u64, record: &[u8]) -> std::result::Result<(), Unfit> {
        let record: Record = serde_json::from_slice(record).map_err(|error| Unfit(error.to_string()))?;
        match record {
            Record::Done { from, delivered } => {
                self.from = Some(from);
                self.delivered = delivered.into_iter().collect();
            }
            Record::Tried(delivery) => self.note(delivery),
            Record::Replay { from, .. } => {
                self.from = Some(from);
                self.delivered.clear();
                self.tried.clear();
                self.replays += 1;
            }
            Record::Missed { at_ms } => self.missed_ms = Some(at_ms),
        }
        Ok(())
    }
}

impl Sent {
    fn note(&mut self, delivery: Delivery) {
        match delivery.next_ms {
            Some(next_ms) => drop(self.tried.insert(delivery.event.clone(), (delivery.attempt, next_ms))),
            None => drop(self.tried.remove(&delivery.event)),
        }
        if delivery.delivered {
            self.delivered.insert(delivery.event.clone());
        }
        if self.log.len() >= LOGGED {
            self.log.pop_front();
        }
        self.log.push_back(delivery);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(event: &str, attempt: u32, next_ms: Option<i64>) -> Delivery {
        let (kind, path, error) = ("file.created".to_owned(), Some("a.md".to_owned()), None);
        let delivered = next_ms.is_none();
        Delivery {
            event: event.into(),
            kind,
            path,
            at_ms: 1,
            attempt,
            delivered,
            status: Some(200),
            error,
            millis: 3,
            next_ms,
        }
    }

    #[test]
    fn what_was_sent_is_known_to_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("custody").join("wh_1.journal");
        std::fs::create_dir(folder.path().join("custody")).unwrap();
        let mut outbox = Outbox::at(&path);
        outbox.tried(delivery("one", 1, Some(50))).unwrap();
        outbox.tried(delivery("two", 1, None)).unwrap();
        let known = |outbox: &mut Outbox| {
            let sent = outbox.sent().unwrap();
            ["one", "two", "three"].map(|id| sent.known(id))
        };
        let expected = [Some((false, 1, 50)), Some((true, 0, 0)), None];
        assert_eq!(known(&mut Outbox::at(&path)), expected);
        outbox.compact().unwrap();
        assert_eq!(known(&mut Outbox::at(&path)), [Some((false, 1, 50)), Some((true, 0, 0)), None]);
        outbox.done(&After::Start, vec!["three".into()], 0).unwrap();
        assert_eq!(known(&mut outbox), [Some((false, 1, 50)), None, Some((true, 0, 0))]);
        Outbox::at(&path).replay(After::Start, 9).unwrap();
        assert_eq!(known(&mut outbox), [None; 3]);
        assert_eq!((outbox.sent().unwrap().replays, outbox.log().unwrap().len()), (1, 2));
        // Whoever does not know yet that events are to be sent again does not put it off.
        outbox.done(&After::Now, vec!["three".into()], 0).unwrap();
        assert_eq!(
            (outbox.sent().unwrap().from.clone(), known(&mut outbox)),
            (Some(After::Start), [None; 3])
        );
        for n in 0..2 * LOGGED {
            outbox.tried(delivery(&n.to_string(), 1, None)).unwrap();
        }
        assert_eq!(outbox.log().unwrap().len(), LOGGED);
    }
}
