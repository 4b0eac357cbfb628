//! Leases against a model that knows of nothing but lists, through restarts and jumps of the clock.

use super::clock::{Clock, Now};
use super::desk::{Desk, Holder};
use super::table::Table;
use super::{Held, LeaseRequest, Mode, new_id};
use crate::Error;
use crate::journal::Replay;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A clock that tests move.
#[derive(Clone)]
pub(super) struct Hands(Arc<Mutex<Now>>);

impl Hands {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Now { wall_ms: 1_795_000_000_000, steady_ms: 5_000, boot: "0".into() })))
    }

    pub(super) fn pass(&self, ms: u64) {
        let mut now = self.0.lock().unwrap();
        now.steady_ms += ms;
        now.wall_ms += ms as i64;
    }
}

impl Clock for Hands {
    fn now(&self) -> Now {
        self.0.lock().unwrap().clone()
    }
}

/// Numbers that look random and are the same in each run (Steele and others, "SplitMix64", 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

pub(super) const AGENTS: [&str; 8] = ["ann", "bob", "cyd", "dee", "eva", "fay", "gus", "hal"];
const PATHS: [&str; 9] = ["a", "a/x", "a/y", "a/y/z", "b", "b/x", "c", "ab", ""];

fn meet(a: &str, b: &str) -> bool {
    let within =
        |path: &str, folder: &str| folder.is_empty() || format!("{path}/").starts_with(&format!("{folder}/"));
    within(a, b) || within(b, a)
}

fn all_meet(these: &[String], those: &[String]) -> bool {
    these.iter().any(|a| those.iter().any(|b| meet(a, b)))
}

/// What is known of a lease from outside.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    token: u64,
    agent: &'static str,
    paths: Vec<String>,
    mode: Mode,
    ends: u64,
    /// The same, by the clock on the wall as it was when that was set.
    ends_wall: i64,
    lasts: u64,
}

#[derive(Debug)]
struct Wish {
    agent: &'static str,
    paths: Vec<String>,
    mode: Mode,
    seconds: u64,
}

/// A desk and what a careful observer knows of it.
struct World {
    folder: TempDir,
    clock: Hands,
    desk: Desk,
    leases: Vec<Known>,
    /// Those that have ended by themselves since somebody last did anything that they would have kept from it: by another clock, after a
    /// restart, they may not have.
    lapsed: Vec<Known>,
    /// By number, which is the order of asking.
    wishes: BTreeMap<u64, Wish>,
    writes: BTreeMap<u64, Vec<String>>,
    last_token: u64,
    /// Tokens of those that were given back or taken, and of those of which it was said that they have ended by themselves.
    ended: BTreeSet<u64>,
    told: BTreeSet<u64>,
}

fn holder(agent: &str) -> Holder<'_> {
    Holder { principal: agent, name: agent }
}

impl World {
    fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Hands::new());
        let desk = Desk::open(folder.path(), &clock).unwrap();
        let (leases, wishes, writes) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let (lapsed, ended, told) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        Self { folder, clock, desk, leases, lapsed, wishes, writes, last_token: 0, ended, told }
    }

    fn steady(&self) -> u64 {
        self.clock.now().steady_ms
    }

    fn let_lapse(&mut self) {
        let now = self.steady();
        let (lapsed, leases) =
            std::mem::take(&mut self.leases).into_iter().partition(|lease| lease.ends <= now);
        self.leases = leases;
        let lapsed: Vec<Known> = lapsed;
        self.lapsed.extend(lapsed);
    }

    /// In quiet times few want anything.
    fn step(&mut self, dice: &mut Dice, quiet: bool) {
        match dice.roll(100) {
            0..=24 if quiet && dice.roll(20) > 0 => {}
            25..=49 if quiet && dice.roll(3) > 0 => {}
            0..=24 => self.ask(dice),
            25..=49 => self.write(dice),
            50..=69 => self.end_a_write(dice),
            70..=79 => self.release(dice),
            80..=84 => self.extend(dice),
            85..=94 => self.clock.pass(dice.pick(&[1, 100, 900, 1_000, 5_000])),
            95 => self.give_up(dice),
            96 => self.tell(dice),
            97 => self.take_away(dice),
            98 => self.clock.0.lock().unwrap().wall_ms += dice.pick(&[-10_000_000, -1, 1, 10_000_000]),
            _ => self.restart(dice),
        }
        self.let_lapse();
        self.pump();
    }

    fn ask(&mut self, dice: &mut Dice) {
        let (agent, mode) = (dice.pick(&AGENTS), dice.pick(&[Mode::Shared, Mode::Exclusive]));
        let mut paths: Vec<String> = (0..=dice.roll(3)).map(|_| dice.pick(&PATHS).to_owned()).collect();
        paths.sort_unstable();
        paths.dedup();
        let seconds = 1 + dice.roll(9) as u64;
        let request = LeaseRequest { paths: paths.clone(), mode, seconds, purpose: String::new() };
        let number = self.desk.ask(holder(agent), &new_id().unwrap(), request, &self.clock.now()).unwrap();
        assert!(self.wishes.last_key_value().is_none_or(|(last, _)| *last < number));
        self.wishes.insert(number, Wish { agent, paths, mode, seconds });
    }

    /// Everybody gets what is free, in the order of asking, and nobody anything else.
    fn pump(&mut self) {
        let (now, mut due) = (self.steady(), Vec::new());
        let mut leases: Vec<(Vec<String>, Mode)> =
            self.leases.iter().map(|lease| (lease.paths.clone(), lease.mode)).collect();
        let mut before: Vec<(Vec<String>, Mode)> = Vec::new();
        for (number, wish) in &self.wishes {
            let against = |(paths, mode): &(Vec<String>, Mode)| {
                (*mode, wish.mode) != (Mode::Shared, Mode::Shared) && all_meet(paths, &wish.paths)
            };
            let is_written = self.writes.values().any(|paths| all_meet(paths, &wish.paths));
            if is_written || leases.iter().any(against) || before.iter().any(against) {
                before.push((wish.paths.clone(), wish.mode));
            } else {
                leases.push((wish.paths.clone(), wish.mode));
                due.push(*number);
            }
        }
        if !self.wishes.is_empty() {
            self.lapsed.clear();
        }
        let given = self.desk.pump(&self.clock.now());
        assert_eq!(given.iter().map(|(number, _)| *number).collect::<Vec<_>>(), due);
        for (number, lease) in given {
            let (lease, wish) = (lease.unwrap(), self.wishes.remove(&number).unwrap());
            assert!(lease.held.fencing_token > self.last_token, "tokens rise");
            self.last_token = lease.held.fencing_token;
            let lasts = wish.seconds * 1000;
            self.leases.push(Known {
                id: lease.id,
                token: self.last_token,
                agent: wish.agent,
                paths: wish.paths,
                mode: wish.mode,
                ends: now + lasts,
                ends_wall: self.clock.now().wall_ms + lasts as i64,
                lasts,
            });
        }
        let holding: Vec<u64> =
            self.desk.holding(&self.clock.now()).iter().map(|held: &Held| held.fencing_token).collect();
        assert_eq!(holding, self.leases.iter().map(|lease| lease.token).collect::<Vec<_>>());
    }

    /// Somebody writes: with a lease of its own, of another, one that has ended, or none.
    fn write(&mut self, dice: &mut Dice) {
        let path = dice.pick(&PATHS[..8]).to_owned();
        let shown = self.leases.get(dice.roll(self.leases.len() + 2)).cloned();
        let agent = match &shown {
            Some(lease) if dice.roll(8) > 0 => lease.agent,
            _ => dice.pick(&AGENTS),
        };
        let id = match (&shown, dice.roll(12)) {
            (_, 0) => Some("lease_never"),
            (Some(lease), _) => Some(lease.id.as_str()),
            (None, _) => None,
        };
        let written = std::slice::from_ref(&path);
        self.lapsed.clear();
        let begun = self.desk.begin_write(holder(agent), written, id, &self.clock.now());
        let own = shown.as_ref().filter(|lease| id == Some(&lease.id) && lease.mode == Mode::Exclusive);
        let own = own.filter(|lease| lease.paths.iter().any(|at| meet(at, &path) && at.len() <= path.len()));
        let is_own_id = shown.as_ref().is_some_and(|lease| lease.agent == agent && id == Some(&lease.id));
        let foreign = self
            .leases
            .iter()
            .any(|lease| all_meet(&lease.paths, written) && own.is_none_or(|own| own.id != lease.id));
        match begun {
            Ok(number) => {
                assert!(!foreign, "{agent} writes {path:?} under another's lease");
                assert!(
                    id.is_none() || own.is_some_and(|own| own.agent == agent),
                    "a lease that is none was taken for one"
                );
                self.writes.insert(number, vec![path.clone()]);
            }
            Err(Error::Held { by, .. }) => {
                assert!(foreign);
                assert!(self.leases.iter().any(|lease| lease.token == by.fencing_token));
            }
            Err(Error::Busy { .. }) => {
                assert!(self.wishes.values().any(|wish| all_meet(&wish.paths, written)))
            }
            Err(Error::LeaseEnded) => {
                assert!(id.is_some() && !is_own_id);
            }
            Err(Error::Invalid { .. }) => assert!(own.is_none() && id.is_some()),
            Err(other) => panic!("{other}"),
        }
    }

    fn end_a_write(&mut self, dice: &mut Dice) {
        let numbers: Vec<u64> = self.writes.keys().copied().collect();
        if !numbers.is_empty() {
            let number = dice.pick(&numbers);
            self.desk.end_write(number);
            self.writes.remove(&number);
        }
    }

    fn release(&mut self, dice: &mut Dice) {
        if let Some(lease) = self.leases.get(dice.roll(self.leases.len() + 1)).cloned() {
            let agent = if dice.roll(5) == 0 { dice.pick(&AGENTS) } else { lease.agent };
            let released = self.desk.release(holder(agent), &lease.id, &self.clock.now());
            assert_eq!(released.is_ok(), agent == lease.agent);
            if released.is_ok() {
                self.leases.retain(|known| known.id != lease.id);
                self.ended.insert(lease.token);
                assert!(self.desk.release(holder(agent), &lease.id, &self.clock.now()).is_err());
            }
        }
    }

    fn extend(&mut self, dice: &mut Dice) {
        let (at, now) = (dice.roll(self.leases.len() + 1), self.steady());
        if let Some(lease) = self.leases.get_mut(at) {
            let seconds = 1 + dice.roll(5) as u64;
            self.desk.extend(holder(lease.agent), &lease.id, seconds, &self.clock.now()).unwrap();
            (lease.ends, lease.lasts) = (now + seconds * 1000, seconds * 1000);
            lease.ends_wall = self.clock.now().wall_ms + lease.lasts as i64;
        }
    }

    fn take_away(&mut self, dice: &mut Dice) {
        let token = self.leases.get(dice.roll(self.leases.len() + 1)).map_or(u64::MAX, |lease| lease.token);
        let taken = self.desk.take_away(token, &self.clock.now());
        assert_eq!(taken.is_ok(), token != u64::MAX);
        self.leases.retain(|lease| lease.token != token);
        self.ended.extend((token != u64::MAX).then_some(token));
    }

    /// Who is told of ends hears of each lease that has ended by itself once, and of no other.
    fn tell(&mut self, dice: &mut Dice) {
        self.lapsed.clear();
        let mut expired = self.desk.expired(&self.clock.now()).unwrap();
        if dice.roll(4) == 0 {
            // The process ends before it has told of them.
            self.restart(dice);
            let again = self.desk.expired(&self.clock.now()).unwrap();
            let perhaps = again.iter().filter(|one| one.perhaps_told).map(|one| &one.held);
            assert!(perhaps.eq(expired.iter().map(|one| &one.held)));
            expired = again;
        }
        let tokens: Vec<u64> = expired.iter().map(|one| one.held.fencing_token).collect();
        for token in &tokens {
            assert!(self.told.insert(*token), "{token} was told twice");
        }
        self.desk.told(&tokens).unwrap();
        assert_eq!(self.desk.expired(&self.clock.now()).unwrap(), []);
    }

    fn give_up(&mut self, dice: &mut Dice) {
        let numbers: Vec<u64> = self.wishes.keys().copied().collect();
        if !numbers.is_empty() {
            let number = dice.pick(&numbers);
            self.desk.withdraw(number);
            self.wishes.remove(&number);
        }
    }

    /// The process ends and another begins, perhaps on a machine that was restarted and whose clock is another.
    fn restart(&mut self, dice: &mut Dice) {
        self.wishes.clear();
        self.writes.clear();
        if dice.roll(2) == 0 {
            let mut now = self.clock.0.lock().unwrap();
            now.boot = (now.boot.parse::<u64>().unwrap() + 1).to_string();
            now.steady_ms = dice.roll(3) as u64 * 1_000_000;
            now.wall_ms += dice.pick(&[0, 500, -3_000, 10_000_000]);
            self.leases.append(&mut self.lapsed);
            self.leases.sort_by_key(|lease| lease.token);
            for lease in &mut self.leases {
                let left = u64::try_from(lease.ends_wall - now.wall_ms).unwrap_or(0).min(lease.lasts);
                (lease.ends, lease.ends_wall) = (now.steady_ms + left, now.wall_ms + left as i64);
            }
        }
        self.desk = Desk::open(self.folder.path(), &self.clock).unwrap();
        self.let_lapse();
        self.lapsed.clear();
    }
}

#[test]
fn whatever_happens_nobody_writes_under_anothers_lease_and_nobody_waits_for_nothing() {
    let steps = 100_000;
    let (mut world, mut dice) = (World::new(), Dice(7));
    for step in 0..steps {
        world.step(&mut dice, step / 2_000 % 2 == 1);
        if step % 500 == 0 {
            world.desk.check_compacted(&world.clock.now());
        }
    }
    assert!(world.last_token as usize > steps / 30, "too few leases were given to show anything");
    world.clock.pass(10_000);
    world.let_lapse();
    world.tell(&mut dice);
    assert!(world.told.len() > 100 && world.told.is_disjoint(&world.ended));
    let all: BTreeSet<u64> = world.told.union(&world.ended).copied().collect();
    assert_eq!(all, (1..=world.last_token).collect());
}

impl Desk {
    /// A journal made smaller says the same.
    fn check_compacted(&self, now: &Now) {
        let mut smaller = Table::default();
        for record in self.table().records(now) {
            smaller.apply(0, &record.encode().unwrap()).unwrap();
        }
        assert_eq!(smaller.last(), self.table().last());
        assert_eq!(smaller.holding(now), self.holding(now));
        assert!(smaller.untold().eq(self.table().untold()));
    }
}
