//! The leases that the journal knows of.
//!
//! Invariant: a pure function of the records. No two leases that were given while both held are on the same path, unless both are shared.
//! Not here: who waits (`desk`).

use super::clock::{Now, Until};
use super::lease::{Held, Lease, LeaseRequest, Mode, any_overlap, covers};
use crate::Result;
use crate::journal::{Replay, Unfit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened to a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// It was given.
    Given(Given),
    /// Its holder goes on with it. May be lost when the power goes, and with it all who could have gone on.
    Extended { id: String, seconds: u64, until: Until },
    /// It was given back, or taken.
    Ended { id: String },
    /// Its time was over.
    Expired { id: String },
    /// That the one with this token has ended by itself was told. May be lost: then it is asked for what was told.
    Told { fencing_token: u64 },
    /// Tokens up to this one were given to leases that have ended. Only a smaller journal needs it.
    Counted { fencing_token: u64 },
}

/// A lease, with the end that it was extended to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) id: String,
    pub(super) fencing_token: u64,
    pub(super) principal: String,
    pub(super) name: String,
    pub(super) request: LeaseRequest,
    pub(super) since_ms: i64,
    pub(super) until: Until,
}

impl Record {
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| crate::Error::invalid(error.to_string()))
    }
}

/// All leases that were given and not given back, by id.
#[derive(Debug, Default)]
pub(super) struct Table {
    leases: BTreeMap<String, Given>,
    /// Those that have ended by themselves of whose end nobody was told, by token.
    untold: BTreeMap<u64, Given>,
    /// The greatest fencing token that was given.
    last: u64,
}

impl Table {
    /// The greatest fencing token that was given.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Those that hold, in the order in which they were given.
    pub(super) fn holding(&self, now: &Now) -> Vec<Held> {
        let mut held: Vec<Held> = self.active(now).map(Given::held).collect();
        held.sort_unstable_by_key(|held| held.fencing_token);
        held
    }

    /// Whether there is a lease of that id and principal that holds.
    pub(super) fn holds(&self, id: &str, principal: &str, now: &Now) -> bool {
        self.leases.get(id).is_some_and(|lease| lease.principal == principal && lease.holds(now))
    }

    /// What ends those whose time is over for good: by another clock, after a restart, it might not be.
    pub(super) fn expired(&self, now: &Now) -> Vec<Record> {
        let expired = self.leases.values().filter(|lease| !lease.holds(now));
        expired.map(|lease| Record::Expired { id: lease.id.clone() }).collect()
    }

    /// Those that have ended by themselves of whose end nobody was told, in the order in which they were given.
    pub(super) fn untold(&self) -> impl Iterator<Item = Held> {
        self.untold.values().map(Given::held)
    }

    /// The lease of that id.
    pub(super) fn get(&self, id: &str) -> Option<Lease> {
        self.leases.get(id).map(|lease| Lease { id: id.to_owned(), held: lease.held() })
    }

    /// The id of the lease with that token.
    pub(super) fn id_of(&self, fencing_token: u64) -> Option<&str> {
        let mut leases = self.leases.values();
        leases.find(|lease| lease.fencing_token == fencing_token).map(|lease| lease.id.as_str())
    }

    /// One that holds and keeps these paths from being had in that mode.
    pub(super) fn in_the_way(&self, paths: &[String], mode: Mode, now: &Now) -> Option<Held> {
        let both_shared = |lease: &Given| lease.request.mode == Mode::Shared && mode == Mode::Shared;
        let mut active = self.active(now);
        let found = active.find(|lease| !both_shared(lease) && any_overlap(&lease.request.paths, paths));
        found.map(Given::held)
    }

    /// One that holds and keeps whoever shows lease `own` from writing `path`.
    pub(super) fn keeps_from_writing(&self, path: &str, own: Option<&str>, now: &Now) -> Option<Held> {
        let paths = [path.to_owned()];
        let is_own = |lease: &Given| Some(lease.id.as_str()) == own && lease.lets_write(&paths);
        let mut active = self.active(now);
        let found = active.find(|lease| !is_own(lease) && any_overlap(&lease.request.paths, &paths));
        found.map(Given::held)
    }

    /// Whether a lease lets its holder write any of these paths.
    pub(super) fn lets_write(&self, id: &str, paths: &[String]) -> bool {
        self.leases.get(id).is_some_and(|lease| lease.lets_write(paths))
    }

    /// Milliseconds until the next of them ends by itself.
    pub(super) fn next_end_ms(&self, now: &Now) -> Option<u64> {
        self.active(now).map(|lease| lease.left_ms(now)).min()
    }

    /// How many a principal has.
    pub(super) fn count_of(&self, principal: &str, now: &Now) -> usize {
        self.active(now).filter(|lease| lease.principal == principal).count()
    }

    /// What makes those of another run of the machine end by this run's clock.
    pub(super) fn carried_over(&self, now: &Now) -> Vec<Record> {
        let foreign = self.active(now).filter(|lease| lease.until.boot != now.boot);
        let carry = |lease: &Given| Record::Extended {
            id: lease.id.clone(),
            seconds: lease.request.seconds,
            until: Until::after(now, lease.left_ms(now)),
        };
        foreign.map(carry).collect()
    }

    /// The records that make the state without what has ended.
    pub(super) fn records(&self, now: &Now) -> Vec<Record> {
        let untold = self
            .untold
            .values()
            .flat_map(|lease| [Record::Given(lease.clone()), Record::Expired { id: lease.id.clone() }]);
        // Behind those: who asked again with the id of one that has ended was given another.
        let given = self.active(now).cloned().map(Record::Given);
        untold.chain(given).chain([Record::Counted { fencing_token: self.last }]).collect()
    }

    fn active<'a>(&'a self, now: &'a Now) -> impl Iterator<Item = &'a Given> {
        self.leases.values().filter(|lease| lease.holds(now))
    }
}

impl Given {
    fn held(&self) -> Held {
        Held {
            fencing_token: self.fencing_token,
            principal: self.principal.clone(),
            name: self.name.clone(),
            mode: self.request.mode,
            paths: self.request.paths.clone(),
            purpose: self.request.purpose.clone(),
            since_ms: self.since_ms,
            until_ms: self.until.wall_ms,
        }
    }

    fn left_ms(&self, now: &Now) -> u64 {
        self.until.left_ms(now, self.request.seconds.saturating_mul(1000))
    }

    fn holds(&self, now: &Now) -> bool {
        self.left_ms(now) > 0
    }

    /// Whether its holder may write any of these paths by it.
    fn lets_write(&self, paths: &[String]) -> bool {
        let covers = |path: &String| self.request.paths.iter().any(|own| covers(own, path));
        self.request.mode == Mode::Exclusive && paths.iter().any(covers)
    }
}

impl Replay for Table {
    fn clear(&mut self) {
        *self = Self::default();
    }

    fn apply(&mut self, _number: u64, record: &[u8]) -> std::result::Result<(), Unfit> {
        match serde_json::from_slice(record).map_err(|error| Unfit(error.to_string()))? {
            Record::Given(lease) => {
                self.last = self.last.max(lease.fencing_token);
                self.leases.insert(lease.id.clone(), lease);
            }
            Record::Extended { id, seconds, until } => {
                if let Some(lease) = self.leases.get_mut(&id) {
                    (lease.request.seconds, lease.until) = (seconds, until);
                }
            }
            Record::Ended { id } => drop(self.leases.remove(&id)),
            Record::Expired { id } => {
                if let Some(lease) = self.leases.remove(&id) {
                    self.untold.insert(lease.fencing_token, lease);
                }
            }
            Record::Told { fencing_token } => drop(self.untold.remove(&fencing_token)),
            Record::Counted { fencing_token } => self.last = self.last.max(fencing_token),
        }
        Ok(())
    }
}
