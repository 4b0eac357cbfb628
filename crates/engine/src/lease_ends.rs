//! Ends of leases: those that have ended by themselves, noted and told once each.
//!
//! Invariant: the end of each lease that nobody gave back or took away is in the audit log and among the events once, soon after its time is over: by a
//! thread that sleeps until then, or by the next owner. What an owner that was killed may have told already is looked up first.
//! Not here: when a lease ends (`custody::lease`).

use crate::audit::Noter;
use crate::events::Events;
use crate::leases::{ENDED, Leases, ended};
use crate::search::rfc3339;
use crate::usage::program;
use crate::{ErrorKind, Result};
use custody::audit::{Act, Doing};
use custody::lease::{Expired, Held};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The thread that tells. It ends with the leases: dropping this closes them.
pub(crate) struct LeaseEnds {
    leases: Leases,
    thread: Option<JoinHandle<()>>,
}

struct Teller {
    leases: Leases,
    noter: Noter,
    events: Arc<Events>,
}

impl LeaseEnds {
    pub(crate) fn told(leases: Leases, noter: Noter, events: Arc<Events>) -> Result<Self> {
        let teller = Teller { leases: leases.clone(), noter, events };
        let thread = std::thread::Builder::new().name("workroom-leases".to_owned());
        let thread = Some(thread.spawn(move || teller.run())?);
        Ok(Self { leases, thread })
    }
}

impl Drop for LeaseEnds {
    fn drop(&mut self) {
        self.leases.close();
        if let Some(thread) = self.thread.take() {
            // A panic there was logged where it happened.
            drop(thread.join());
        }
    }
}

impl Teller {
    fn run(&self) {
        while let Some(expired) = self.leases.wait_expired() {
            expired.iter().for_each(|one| self.tell(one));
            let tokens: Vec<u64> = expired.iter().map(|one| one.held.fencing_token).collect();
            // What cannot be said now the next owner finds out; this one would tell it without end.
            match self.leases.told(&tokens) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Locked => return,
                Err(error) => {
                    tracing::error!(%error, "the ends of leases are told by the next owner");
                    return;
                }
            }
        }
    }

    fn tell(&self, Expired { held, perhaps_told }: &Expired) {
        let token = held.fencing_token;
        let found = |told: Result<bool>| {
            told.unwrap_or_else(|error| {
                tracing::warn!(%error, "whether the end of a lease was told is not known: it is told again");
                false
            })
        };
        if !(*perhaps_told && found(self.noter.has_noted(EXPIRE, token))) {
            self.noter.note(noted(held));
        }
        if !(*perhaps_told && found(self.events.is_told(ENDED, "fencing_token", &token.into()))) {
            self.events.tell(ended(held, "expired"));
        }
    }
}

/// As the log calls it.
const EXPIRE: &str = "lease.expire";

fn noted(held: &Held) -> Act {
    let path = held.paths.first().map_or("", String::as_str);
    let others = match held.paths.len().saturating_sub(1) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    let said = format!("`{}` held it until {}{others}", held.name, rfc3339(held.until_ms));
    let act = Act::new(Doing::LeaseExpire, program()).on(path).saying(said);
    Act { fencing_token: Some(held.fencing_token), ..act }
}
