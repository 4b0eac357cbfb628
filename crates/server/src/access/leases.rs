//! Leases as a principal may take, keep and see them.
//!
//! Invariant: whoever may write a place may hold it alone, whoever may read it may keep it from changing. Of a lease nobody is told a path that
//! they may not know of; and of one that is on no other, nothing but that something is held.
//! Not here: what is given to whom (`custody`).

use super::{Access, is_root};
use crate::blocking::Cancel;
use crate::refusal::{Kind, NextCall, Refusal, Result};
use custody::Right;
use serde::Serialize;
use std::time::Duration;
use workroom::{Doing, Error, Held, Lease, LeaseMode, LeaseRequest};

/// A lease as somebody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ShownLease {
    /// What people call whoever has it.
    pub(crate) holder: String,
    /// Whether it is the one who asks.
    pub(crate) own: bool,
    /// `exclusive` or `shared`.
    pub(crate) mode: LeaseMode,
    /// On what, as far as it may be known.
    pub(crate) paths: Vec<String>,
    /// What it is for.
    pub(crate) purpose: String,
    /// Greater than that of every lease before.
    pub(crate) fencing_token: u64,
    /// When it was given, RFC 3339.
    pub(crate) since: String,
    /// When it ends without a heartbeat, RFC 3339.
    pub(crate) until: String,
}

impl Access {
    /// The same, by a lease: what is changed is changed by it.
    pub(crate) fn under_lease(&self, id: Option<&str>) -> Self {
        Self { lease: id.map(Into::into).or_else(|| self.lease.clone()), ..self.clone() }
    }

    /// Takes a lease, waiting for it at most `wait`. One that nobody waits for any more is given back.
    pub(crate) fn lease(&self, request: &LeaseRequest, wait: Duration, cancel: &Cancel) -> Result<Lease> {
        let paths = request.paths.iter().map(|path| self.leasable(path, request.mode));
        let request = LeaseRequest { paths: paths.collect::<Result<_>>()?, ..request.clone() };
        let workspace = self.acting();
        let lease = self.said(workspace.lease_until(&request, wait, cancel.flag()))?;
        if cancel.is_set() {
            self.said(workspace.release_lease(&lease.id))?;
        }
        Ok(lease)
    }

    /// Lets a lease of its own go on.
    pub(crate) fn extend_lease(&self, id: &str, seconds: u64) -> Result<Lease> {
        self.said(self.acting().extend_lease(id, seconds))
    }

    /// Gives a lease of its own back.
    pub(crate) fn release_lease(&self, id: &str) -> Result<()> {
        self.said(self.acting().release_lease(id))
    }

    /// Those that hold and that it may know of.
    pub(crate) fn leases(&self) -> Result<Vec<ShownLease>> {
        let held = self.said(self.room.workspace.leases())?;
        Ok(held.iter().filter_map(|held| self.shown_lease(held)).collect())
    }

    /// The lease that is on a path, if one is and the path may be known of.
    pub(crate) fn lease_on(&self, path: &str) -> Option<ShownLease> {
        let held = self.room.workspace.leases().ok()?;
        held.iter().find(|held| held.is_on(path)).and_then(|held| self.shown_lease(held))
    }

    /// Takes a lease from whoever holds it. For who administers all that it is on.
    pub(crate) fn take_lease_away(&self, fencing_token: u64) -> Result<ShownLease> {
        let none =
            || Refusal::new(Kind::NotFound, format!("no lease with the fencing token {fencing_token} holds"));
        let held = self.said(self.room.workspace.leases())?;
        let held = held.iter().find(|held| held.fencing_token == fencing_token).ok_or_else(none)?;
        let shown = self.shown_lease(held).ok_or_else(none)?;
        if let Some(path) = held.paths.iter().find(|path| !self.principal.may(Right::Admin, path)) {
            let refusal = Refusal::forbidden(&self.principal, Right::Admin, path);
            return Err(self.denied(Doing::LeaseTakeAway, path, refusal));
        }
        self.said(self.acting().take_lease_away(fencing_token)).map(|_| shown)
    }

    /// A lease without what may not be known of it; none when nothing is left.
    pub(crate) fn shown_lease(&self, held: &Held) -> Option<ShownLease> {
        let readable = self.readable();
        let own = held.principal == self.principal.id;
        let is_known = |path: &&String| own || self.sees(path) || readable.shows_folder(path);
        let paths: Vec<String> = held.paths.iter().filter(is_known).cloned().collect();
        if paths.is_empty() || (readable.is_empty() && !own) {
            return None;
        }
        Some(ShownLease {
            holder: held.name.clone(),
            own,
            mode: held.mode,
            paths,
            purpose: held.purpose.clone(),
            fencing_token: held.fencing_token,
            since: time(held.since_ms),
            until: time(held.until_ms),
        })
    }

    /// Somebody holds it, or is about to.
    pub(super) fn locked(&self, error: &Error) -> Refusal {
        let Some(held) = error.held().and_then(|held| self.shown_lease(held)) else {
            let refusal =
                Refusal::new(Kind::Locked, "somebody holds a lease on it, or is about to change it");
            return Refusal { retry_after: Some(1), ..refusal };
        };
        let next = NextCall::Lease { paths: held.paths.clone() };
        let refusal = Refusal::new(Kind::Locked, error.to_string())
            .hint("wait for it: take a lease with `wait`, and write by that; or write elsewhere")
            .next(next);
        Refusal { held: Some(Box::new(held)), ..refusal }
    }

    /// A path of which a lease may be taken; the empty one is the whole workspace.
    fn leasable(&self, path: &str, mode: LeaseMode) -> Result<String> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let right = match mode {
            LeaseMode::Exclusive => Right::Write,
            LeaseMode::Shared => Right::Read,
        };
        if is_root(path) {
            return match self.principal.may(right, "") {
                true => Ok(String::new()),
                false => {
                    let refusal = Refusal::forbidden(&self.principal, right, "");
                    Err(self.denied(Doing::LeaseTake, "", refusal))
                }
            };
        }
        match mode {
            LeaseMode::Exclusive => self.writable_for(Doing::LeaseTake, path),
            LeaseMode::Shared => self.readable_for(Doing::LeaseTake, path),
        }
        .map(|path| path.to_string())
    }
}

/// A time as answers write it.
pub(crate) fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|time| format!("{time:.3}")).unwrap_or_default()
}
