//! The endpoints of a workspace, and the journal that keeps them.
//!
//! Invariant: what was acknowledged is on the disk. Any number of processes may read and change them at once.
//! Not here: what was delivered (`outbox`).
//! On disk: docs/format.md, "Webhooks".

use crate::endpoint::{Disabled, Endpoint, NewEndpoint};
use crate::error::{Error, Result};
use crate::outbox::Outbox;
use crate::secret::{Secret, fill};
use custody::Journal;
use custody::journal::{Format, Replay, Unfit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FILE: &str = "webhooks.journal";
/// The folder of the outboxes, beside it.
const OUTBOXES: &str = "webhooks";
const FORMAT: Format = Format { kind: "webhooks", version: 1 };
/// A workspace has so many and no more.
const MOST: usize = 64;
/// So long deliveries are signed with the old secret too, when there is a new one.
const OVERLAP_MS: i64 = 24 * 3600 * 1000;

/// The endpoints of one workspace. To be shared by threads.
pub struct Endpoints {
    folder: PathBuf,
    journal: Mutex<Journal<Table>>,
}

#[derive(Debug, Default)]
struct Table(BTreeMap<String, Endpoint>);

/// What happens to endpoints.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Record {
    Added(Box<Endpoint>),
    Removed { id: String },
    Rotated { id: String, secret: Secret, old_until_ms: i64 },
    Disabled { id: String, why: String, at_ms: i64 },
    Enabled { id: String },
}

impl Endpoints {
    /// Those of the workspace whose journals lie in `custody`.
    #[must_use]
    pub fn at(custody: &Path) -> Self {
        let journal = Journal::at(&custody.join(FILE), FORMAT, Table::default());
        Self { folder: custody.join(OUTBOXES), journal: Mutex::new(journal) }
    }

    /// Whether there ever was one, by a look at the disk.
    #[must_use]
    pub fn are_there(custody: &Path) -> bool {
        custody.join(FILE).exists()
    }

    /// All of them, the oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list(&self) -> Result<Vec<Endpoint>> {
        let mut journal = self.lock();
        journal.refresh()?;
        let mut all: Vec<Endpoint> = journal.state().0.values().cloned().collect();
        all.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
        Ok(all)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound), and as [`Endpoints::list`].
    pub fn get(&self, id: &str) -> Result<Endpoint> {
        let mut journal = self.lock();
        journal.refresh()?;
        journal.state().0.get(id).cloned().ok_or_else(|| Error::NotFound { id: id.to_owned() })
    }

    /// Sends events to one more endpoint, from now on.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it cannot be one, and when the journal cannot be written.
    pub fn add(&self, new: NewEndpoint, now_ms: i64) -> Result<Endpoint> {
        new.check()?;
        let NewEndpoint { url, filter, allowed, by } = new;
        let (id, secret) = (new_id()?, Secret::new()?);
        let endpoint = Endpoint {
            id,
            url,
            secret,
            old_secret: None,
            filter,
            allowed,
            by,
            created_ms: now_ms,
            disabled: None,
        };
        let mut journal = self.lock();
        let mut writer = journal.writer()?;
        if writer.state().0.len() >= MOST {
            let what = format!("there are {MOST} webhooks already");
            return Err(Error::invalid(what, "remove one with `workroom webhook remove ID`"));
        }
        writer.append(&encode(&Record::Added(Box::new(endpoint.clone())))?)?;
        Ok(endpoint)
    }

    /// Sends nothing to it any more, and forgets what was sent.
    ///
    /// # Errors
    /// As [`Endpoints::get`].
    pub fn remove(&self, id: &str) -> Result<Endpoint> {
        let removed = self.get(id)?;
        self.append(id, &Record::Removed { id: id.to_owned() })?;
        self.outbox(id).discard();
        Ok(removed)
    }

    /// Gives it another secret. For a day deliveries are signed with the old one too, or with the old one no more from now on.
    ///
    /// # Errors
    /// As [`Endpoints::get`].
    pub fn rotate(&self, id: &str, end_old_now: bool, now_ms: i64) -> Result<Endpoint> {
        let old_until_ms = if end_old_now { now_ms } else { now_ms.saturating_add(OVERLAP_MS) };
        self.append(id, &Record::Rotated { id: id.to_owned(), secret: Secret::new()?, old_until_ms })?;
        self.get(id)
    }

    /// Sends nothing more, until it is enabled; what happens meanwhile is kept for it, as long as events are.
    ///
    /// # Errors
    /// As [`Endpoints::get`].
    pub fn disable(&self, id: &str, why: &str, at_ms: i64) -> Result<()> {
        self.append(id, &Record::Disabled { id: id.to_owned(), why: why.to_owned(), at_ms })
    }

    /// Goes on where it was left.
    ///
    /// # Errors
    /// As [`Endpoints::get`].
    pub fn enable(&self, id: &str) -> Result<()> {
        self.append(id, &Record::Enabled { id: id.to_owned() })
    }

    /// What was sent to it, and what is to be.
    #[must_use]
    pub fn outbox(&self, id: &str) -> Outbox {
        Outbox::at(&self.folder.join(format!("{id}.journal")))
    }

    fn append(&self, id: &str, record: &Record) -> Result<()> {
        let mut journal = self.lock();
        let mut writer = journal.writer()?;
        if !writer.state().0.contains_key(id) {
            return Err(Error::NotFound { id: id.to_owned() });
        }
        Ok(writer.append(&encode(record)?)?)
    }

    fn lock(&self) -> MutexGuard<'_, Journal<Table>> {
        // Whoever panicked had changed nothing but what a look at the file brings in order.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replay for Table {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn apply(&mut self, _: u64, record: &[u8]) -> std::result::Result<(), Unfit> {
        let record: Record = serde_json::from_slice(record).map_err(|error| Unfit(error.to_string()))?;
        match record {
            Record::Added(endpoint) => drop(self.0.insert(endpoint.id.clone(), *endpoint)),
            Record::Removed { id } => drop(self.0.remove(&id)),
            Record::Rotated { id, secret, old_until_ms } => self.change(&id, |endpoint| {
                let old = std::mem::replace(&mut endpoint.secret, secret);
                endpoint.old_secret = Some((old, old_until_ms));
            }),
            Record::Disabled { id, why, at_ms } => {
                self.change(&id, |endpoint| endpoint.disabled = Some(Disabled { why, at_ms }));
            }
            Record::Enabled { id } => self.change(&id, |endpoint| endpoint.disabled = None),
        }
        Ok(())
    }
}

impl Table {
    fn change(&mut self, id: &str, change: impl FnOnce(&mut Endpoint)) {
        self.0.get_mut(id).map(change);
    }
}

pub(crate) fn encode(record: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(|error| Error::System(error.to_string()))
}

fn new_id() -> Result<String> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(bytes.iter().fold("wh_".to_owned(), |id, byte| format!("{id}{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Allowed;
    use workroom::{Actor, EventFilter, Via};

    pub(crate) fn new(url: &str) -> NewEndpoint {
        let by = Actor::owner(Via::Cli);
        NewEndpoint { url: url.into(), filter: EventFilter::default(), allowed: Allowed::default(), by }
    }

    #[test]
    fn endpoints_are_kept_and_known_to_every_process() {
        let folder = tempfile::tempdir().unwrap();
        let custody = folder.path().join("custody");
        let (one, other) = (Endpoints::at(&custody), Endpoints::at(&custody));
        assert!(one.list().unwrap().is_empty() && !Endpoints::are_there(&custody));
        let made = one.add(new("https://hooks.example/"), 5).unwrap();
        assert_eq!(other.list().unwrap(), std::slice::from_ref(&made));
        let rotated = other.rotate(&made.id, false, 10).unwrap();
        assert_ne!(rotated.secret, made.secret);
        let secrets = |now: i64| one.get(&made.id).unwrap().secrets(now).cloned().collect::<Vec<_>>();
        assert_eq!(secrets(11), [rotated.secret.clone(), made.secret.clone()]);
        assert_eq!(secrets(10 + OVERLAP_MS), std::slice::from_ref(&rotated.secret));
        one.disable(&made.id, "it is gone", 20).unwrap();
        assert_eq!(
            other.get(&made.id).unwrap().disabled,
            Some(Disabled { why: "it is gone".into(), at_ms: 20 })
        );
        other.enable(&made.id).unwrap();
        assert_eq!(Endpoints::at(&custody).get(&made.id).unwrap().disabled, None);
        one.remove(&made.id).unwrap();
        assert!(matches!(other.rotate(&made.id, true, 1), Err(Error::NotFound { .. })));
        let filter = EventFilter { types: vec!["File Created".into()], ..EventFilter::default() };
        for bad in [NewEndpoint { filter, ..new("https://a.example") }, new("http://a.example")] {
            assert!(matches!(one.add(bad, 1), Err(Error::Invalid { .. })));
        }
    }
}
