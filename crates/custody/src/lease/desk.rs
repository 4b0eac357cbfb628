//! The desk: who holds, who waits, who is writing.
//!
//! Invariant: whoever waits is given its lease at the first [`Desk::pump`] at which nothing is in its way: a lease that holds, a write under
//! way, or somebody who came before and waits for the same paths. So nobody is overtaken for ever, and no wake-up is lost.
//! Not here: threads (`leases`). Who waits and who writes is of this process and not in the journal.

use super::clock::{Clock, Now, Until};
use super::lease::{Expired, Held, Lease, LeaseRequest, Mode, any_overlap, check_id};
use super::table::{Given, Record, Table};
use crate::journal::{Format, Journal, Writer, sync_folder};
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const FORMAT: Format = Format { kind: "leases", version: 1 };
const FILE: &str = "leases.journal";
/// More than a workspace has agents; each holds a thread of somebody's.
const MOST_WAITING: usize = 1024;
/// Leases of one principal at once.
const MOST_HELD: usize = 256;
/// A journal that is smaller is not worth making smaller; of a greater one, most has ended.
const SMALL: u64 = 64 << 10;

/// Who asks for a lease or shows one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder<'a> {
    pub(super) principal: &'a str,
    pub(super) name: &'a str,
}

#[derive(Debug)]
pub(super) struct Desk {
    journal: Journal<Table>,
    waiting: Vec<Waiting>,
    writing: BTreeMap<u64, Vec<String>>,
    /// The number of the next who waits or writes.
    next: u64,
    /// Tokens of leases that an owner before this one has ended, and perhaps told of.
    perhaps_told: BTreeSet<u64>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    id: String,
    principal: String,
    name: String,
    request: LeaseRequest,
}

/// What keeps a lease from being given.
#[derive(Debug)]
pub(super) enum InTheWay {
    /// A lease.
    Lease(Held),
    /// Somebody who asked before.
    Waiting,
    /// A write that is under way.
    Write,
}

impl Desk {
    /// The leases that are kept in `folder`. Those of another run of the machine go on for as long as they had left.
    pub(super) fn open(folder: &Path, clock: &dyn Clock) -> Result<Self> {
        let mut journal = Journal::at(&folder.join(FILE), FORMAT, Table::default());
        journal.open()?;
        let perhaps_told = journal.state().untold().map(|held| held.fencing_token).collect();
        let (waiting, writing) = (Vec::new(), BTreeMap::new());
        let mut desk = Self { journal, waiting, writing, next: 0, perhaps_told };
        let carried = desk.journal.state().carried_over(&clock.now());
        for record in &carried {
            desk.append(record, Durable::No)?;
        }
        desk.settle(&clock.now())?;
        Ok(desk)
    }

    /// Joins those who wait. Returns the number of the wish. A lease of that id that holds is not given again: see [`Desk::given`].
    pub(super) fn ask(
        &mut self,
        holder: Holder<'_>,
        id: &str,
        request: LeaseRequest,
        now: &Now,
    ) -> Result<u64> {
        let request = request.check()?;
        check_id(id)?;
        self.settle(now)?;
        if self.journal.state().get(id).is_some() || self.waiting.iter().any(|waiting| waiting.id == id) {
            return Err(Error::invalid("a lease of that id was given or is being asked for already"));
        }
        if self.waiting.len() >= MOST_WAITING {
            return Err(Error::invalid(format!("{MOST_WAITING} others wait for leases already")));
        }
        if self.journal.state().count_of(holder.principal, now) >= MOST_HELD {
            return Err(Error::invalid(format!("`{}` holds {MOST_HELD} leases already", holder.name)));
        }
        let number = self.number();
        let (principal, name) = (holder.principal.to_owned(), holder.name.to_owned());
        self.waiting.push(Waiting { number, id: id.to_owned(), principal, name, request });
        Ok(number)
    }

    /// The lease of that id, if it was given to that holder and holds: to one that did not hear of it.
    pub(super) fn given(&self, holder: Holder<'_>, id: &str, now: &Now) -> Option<Lease> {
        let table = self.journal.state();
        table.holds(id, holder.principal, now).then(|| table.get(id)).flatten()
    }

    /// Gives up a wish.
    pub(super) fn withdraw(&mut self, number: u64) {
        self.waiting.retain(|waiting| waiting.number != number);
    }

    /// Gives everybody who waits what can be given now, in the order in which they came.
    pub(super) fn pump(&mut self, now: &Now) -> Vec<(u64, Result<Lease>)> {
        let mut done = Vec::new();
        if self.waiting.is_empty() {
            return done;
        }
        if let Err(error) = self.settle(now) {
            return vec![(self.waiting.remove(0).number, Err(error))];
        }
        let mut at = 0;
        while let Some(waiting) = self.waiting.get(at) {
            if self.in_the_way_of(at, waiting, now).is_some() {
                at += 1;
                continue;
            }
            let waiting = self.waiting.remove(at);
            done.push((waiting.number, self.give(waiting, now)));
        }
        done
    }

    /// What keeps a wish from being fulfilled; nothing also when there is none of that number.
    pub(super) fn in_the_way(&self, number: u64, now: &Now) -> Option<InTheWay> {
        let at = self.waiting.iter().position(|waiting| waiting.number == number)?;
        self.in_the_way_of(at, self.waiting.get(at)?, now)
    }

    fn in_the_way_of(&self, at: usize, wish: &Waiting, now: &Now) -> Option<InTheWay> {
        let LeaseRequest { paths, mode, .. } = &wish.request;
        if let Some(held) = self.journal.state().in_the_way(paths, *mode, now) {
            return Some(InTheWay::Lease(held));
        }
        let both_shared = |other: &LeaseRequest| other.mode == Mode::Shared && *mode == Mode::Shared;
        let mut before = self.waiting.iter().take(at);
        if before.any(|other| !both_shared(&other.request) && any_overlap(&other.request.paths, paths)) {
            return Some(InTheWay::Waiting);
        }
        let is_written = self.writing.values().any(|written| any_overlap(written, paths));
        is_written.then_some(InTheWay::Write)
    }

    fn give(&mut self, wish: Waiting, now: &Now) -> Result<Lease> {
        let id = wish.id;
        let seconds = wish.request.seconds;
        let given = Record::Given(Given {
            id: id.clone(),
            fencing_token: self.journal.state().last() + 1,
            principal: wish.principal,
            name: wish.name,
            request: wish.request,
            since_ms: now.wall_ms,
            until: Until::after(now, seconds.saturating_mul(1000)),
        });
        self.compact_if_worth_it(now);
        self.append(&given, Durable::Yes)?;
        self.journal.state().get(&id).ok_or(Error::LeaseEnded)
    }

    /// Lets a lease last so many seconds from now.
    pub(super) fn extend(&mut self, holder: Holder<'_>, id: &str, seconds: u64, now: &Now) -> Result<Lease> {
        check_id(id)?;
        self.require(holder, id, now)?;
        super::lease::check_seconds(seconds)?;
        let until = Until::after(now, seconds.saturating_mul(1000));
        self.append(&Record::Extended { id: id.to_owned(), seconds, until }, Durable::No)?;
        self.journal.state().get(id).ok_or(Error::LeaseEnded)
    }

    /// Gives a lease back. Returns what it was.
    pub(super) fn release(&mut self, holder: Holder<'_>, id: &str, now: &Now) -> Result<Held> {
        check_id(id)?;
        let lease = self.given(holder, id, now).ok_or(Error::LeaseEnded)?;
        self.append(&Record::Ended { id: id.to_owned() }, Durable::No)?;
        Ok(lease.held)
    }

    /// Takes the lease with that token from whoever holds it. Returns whose it was.
    pub(super) fn take_away(&mut self, fencing_token: u64, now: &Now) -> Result<Held> {
        let mut holding = self.journal.state().holding(now).into_iter();
        let held = holding.find(|held| held.fencing_token == fencing_token);
        let id = self.journal.state().id_of(fencing_token).map(str::to_owned);
        match (held, id) {
            (Some(held), Some(id)) => self.append(&Record::Ended { id }, Durable::Yes).map(|()| held),
            _ => Err(Error::LeaseEnded),
        }
    }

    /// Leases that hold, in the order in which they were given.
    pub(super) fn holding(&self, now: &Now) -> Vec<Held> {
        self.journal.state().holding(now)
    }

    /// Begins a write of all of `paths`, if nobody else's lease forbids it. `lease` is what the writer shows: it must hold, and let its holder
    /// write one of them at least. Returns the number of the write.
    pub(super) fn begin_write(
        &mut self,
        holder: Holder<'_>,
        paths: &[String],
        lease: Option<&str>,
        now: &Now,
    ) -> Result<u64> {
        lease.map_or(Ok(()), check_id)?;
        self.settle(now)?;
        let table = self.journal.state();
        for path in paths {
            if let Some(by) = table.keeps_from_writing(path, lease, now) {
                return Err(Error::Held { path: path.clone(), by: Box::new(by) });
            }
        }
        if let Some(id) = lease {
            self.require(holder, id, now)?;
            if !table.lets_write(id, paths) {
                let what = "the lease that was shown is shared, or on other paths".to_owned();
                return Err(Error::Invalid { what });
            }
        }
        // Who waits for writes alone comes before further ones: else those could go on for ever.
        for (at, waiting) in self.waiting.iter().enumerate() {
            if any_overlap(&waiting.request.paths, paths)
                && matches!(self.in_the_way_of(at, waiting, now), Some(InTheWay::Write) | None)
            {
                return Err(Error::Busy { path: paths.first().cloned().unwrap_or_default() });
            }
        }
        let number = self.number();
        self.writing.insert(number, paths.to_vec());
        Ok(number)
    }

    /// A write has ended, in whatever way.
    pub(super) fn end_write(&mut self, number: u64) {
        self.writing.remove(&number);
    }

    /// Leases that have ended by themselves, until somebody says that they were [told](Desk::told) of.
    pub(super) fn expired(&mut self, now: &Now) -> Result<Vec<Expired>> {
        self.settle(now)?;
        let perhaps_told = |held: &Held| self.perhaps_told.contains(&held.fencing_token);
        let untold = self.journal.state().untold();
        Ok(untold.map(|held| Expired { perhaps_told: perhaps_told(&held), held }).collect())
    }

    /// That these have ended was told.
    pub(super) fn told(&mut self, fencing_tokens: &[u64]) -> Result<()> {
        let told = fencing_tokens.iter().map(|&fencing_token| Record::Told { fencing_token });
        told.into_iter().try_for_each(|record| self.append(&record, Durable::No))
    }

    /// Milliseconds until a lease ends by itself, if one holds.
    pub(super) fn next_end_ms(&self, now: &Now) -> Option<u64> {
        self.journal.state().next_end_ms(now)
    }

    /// Puts a journal aside that is damaged, and begins another, in which no lease holds. Tokens go on above all that can have been given: of
    /// those that cannot be read there are fewer than milliseconds since 1970. Returns whether it was damaged.
    pub(super) fn begin_anew(folder: &Path, clock: &dyn Clock) -> Result<bool> {
        let path = folder.join(FILE);
        let mut damaged = Journal::at(&path, FORMAT, Table::default());
        match damaged.refresh() {
            Err(error) if error.kind() == ErrorKind::Damaged => {}
            other => return other.map(|()| false),
        }
        let wall_ms = clock.now().wall_ms;
        let last = damaged.state().last().max(wall_ms.unsigned_abs());
        std::fs::copy(&path, folder.join(format!("leases.damaged-{wall_ms}")))
            .map_err(Error::io(&path, "put aside"))?;
        // In one step: a journal that is missing would count from the beginning.
        let fresh = path.with_extension("fresh");
        let mut journal = Journal::at(&fresh, FORMAT, Table::default());
        journal.writer()?.compact([Record::Counted { fencing_token: last }.encode()?])?;
        std::fs::rename(&fresh, &path).map_err(Error::io(&path, "put in place"))?;
        sync_folder(&path).map(|()| true)
    }

    /// All leases that were given and not given back.
    pub(super) fn table(&self) -> &Table {
        self.journal.state()
    }

    fn require(&self, holder: Holder<'_>, id: &str, now: &Now) -> Result<()> {
        let holds = self.journal.state().holds(id, holder.principal, now);
        if holds { Ok(()) } else { Err(Error::LeaseEnded) }
    }

    /// Ends for good what has ended by itself, before anybody does what its holder would have had to know of.
    fn settle(&mut self, now: &Now) -> Result<()> {
        let expired = self.journal.state().expired(now);
        expired.iter().try_for_each(|record| self.append(record, Durable::Yes))
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn append(&mut self, record: &Record, durable: Durable) -> Result<()> {
        let record = record.encode()?;
        let mut writer = self.journal.writer()?;
        match durable {
            Durable::Yes => writer.append(&record),
            Durable::No => writer.append_unsynced(&record),
        }
    }

    /// What fails is tried again another time: a greater journal is as good.
    fn compact_if_worth_it(&mut self, now: &Now) {
        if self.journal.size() < SMALL {
            return;
        }
        let compacted = self.journal.writer().and_then(|mut writer: Writer<'_, Table>| {
            let records =
                writer.state().records(now).iter().map(Record::encode).collect::<Result<Vec<_>>>()?;
            writer.compact(records)
        });
        if let Err(error) = compacted {
            tracing::warn!(%error, "the journal of leases was not compacted");
        }
    }
}

/// Whether a record must survive the loss of power.
#[derive(Clone, Copy)]
enum Durable {
    Yes,
    No,
}
