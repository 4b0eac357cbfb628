//! What a principal looked at, and what it asked for and may not, as the audit log has it.
//!
//! Invariant: whatever is refused because a right is missing is in the log before whoever asked hears of it, also where it is told that nothing is
//! there. What was looked at is on its way there.
//! Not here: changes and searches, which the workspace's owner notes.

use super::{Access, Opened, clean};
use crate::refusal::{Refusal, Result};
use custody::{Actor, Right};
use workroom::{AuditAct, DocPath, Doing};

impl Access {
    /// An act of this principal, for the log.
    pub(crate) fn act(&self, doing: Doing) -> AuditAct {
        AuditAct::new(doing, Actor::clone(&self.actor))
    }

    /// Notes what was done here, and not by a call of the library.
    pub(crate) fn note(&self, act: AuditAct) {
        self.room.workspace.note(act);
    }

    /// Notes that a right is missing, and hands the refusal on.
    pub(crate) fn denied(&self, doing: Doing, path: &str, refusal: Refusal) -> Refusal {
        let noted = self.room.workspace.note_now(self.act(doing).on(path).denied(&refusal.detail));
        if let Err(error) = noted {
            tracing::error!(%error, path, "a denied attempt is not in the audit log");
        }
        refusal
    }

    pub(super) fn note_read(&self, path: &str, opened: &Opened) {
        let act = self.act(Doing::FileRead).on(path).versions(Some(opened.version.clone()), None);
        self.note(AuditAct { bytes: Some(opened.entry.bytes), ..act });
    }

    /// A path that may be read: else nothing is there.
    pub(super) fn readable_for(&self, doing: Doing, path: &str) -> Result<DocPath> {
        let path = clean(path)?;
        if self.sees(path.as_str()) {
            return Ok(path);
        }
        Err(self.denied(doing, path.as_str(), self.nothing_at(path.as_str())))
    }

    /// A path that may be written: else a right is missing if it may be read, and else nothing is there.
    pub(super) fn writable_for(&self, doing: Doing, path: &str) -> Result<DocPath> {
        let path = clean(path)?;
        if self.principal.may(Right::Write, path.as_str()) {
            return Ok(path);
        }
        let refusal = match self.sees(path.as_str()) {
            true => Refusal::forbidden(&self.principal, Right::Write, path.as_str()),
            false => self.nothing_at(path.as_str()),
        };
        Err(self.denied(doing, path.as_str(), refusal))
    }

    /// A path that may be written where what is there has a share in the answer, so it must be readable too.
    pub(super) fn changeable_for(&self, doing: Doing, path: &str) -> Result<DocPath> {
        let path = self.writable_for(doing, path)?;
        if self.sees(path.as_str()) {
            return Ok(path);
        }
        let refusal = Refusal::forbidden(&self.principal, Right::Read, path.as_str());
        Err(self.denied(doing, path.as_str(), refusal))
    }
}
