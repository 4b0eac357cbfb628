//! The audit log as far as a principal administers what it is about; and what it does with tokens, noted there.
//!
//! Invariant: of a record nothing is told unless the principal administers every path that it names; of one that names none, unless it administers
//! everything.
//! Not here: the log (`workroom`), tokens (`custody`).

use super::Access;
use crate::host::now_ms;
use crate::refusal::{Kind, Refusal, Result};
use custody::{Made, Right, Token};
use workroom::{AuditAct, AuditFilter, AuditHead, AuditPage, Doing, Raised, Usage};

/// From which record on, in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// In their order, from this number on.
    From(u64),
    /// The last ones first, below this number, if there is one.
    Last(Option<u64>),
}

impl Access {
    /// Whether it may look at the log of anything.
    pub(crate) fn administers_something(&self) -> bool {
        !self.principal().paths(Right::Admin).is_empty()
    }

    /// Records of the audit log.
    pub(crate) fn audit(&self, filter: AuditFilter, order: Order, limit: usize) -> Result<AuditPage> {
        self.require_admin()?;
        let filter = AuditFilter { within: Some(self.principal().paths(Right::Admin)), ..filter };
        let workspace = &self.room().workspace;
        let page = match order {
            Order::From(number) => workspace.audit(&filter, number, limit),
            Order::Last(before) => workspace.audit_last(&filter, before, limit),
        };
        let page = self.said(page)?;
        self.note(self.act(Doing::AdminLook).saying("the audit log"));
        Ok(page)
    }

    /// Where the log has got to, signed. It counts everything that anybody does, so only who administers everything is told.
    pub(crate) fn audit_head(&self) -> Result<AuditHead> {
        self.require_everything(Doing::AdminLook)?;
        let head = self.said(self.room().workspace.audit_head())?;
        head.ok_or_else(|| Refusal::new(Kind::NotFound, "nothing was ever noted in this workspace"))
    }

    /// How much is done, by whom, and what looked wrong.
    pub(crate) fn usage(&self) -> Result<(Vec<Usage>, Vec<Raised>)> {
        self.require_everything(Doing::AdminLook)?;
        let workspace = &self.room().workspace;
        Ok((self.said(workspace.usage())?, self.said(workspace.alerts())?))
    }

    /// Accepts a token no more, or again.
    pub(crate) fn pause_token(&self, id: &str, is_paused: bool) -> Result<Token> {
        self.require_admin()?;
        let (tokens, now_ms) = (&self.room().tokens, now_ms());
        let (doing, changed) = match is_paused {
            true => (Doing::TokenPause, tokens.pause(self.principal(), id, now_ms)),
            false => (Doing::TokenResume, tokens.resume(self.principal(), id, now_ms)),
        };
        let token = self.token_changed(doing, changed)?;
        self.note_token(doing, &token);
        Ok(token)
    }

    pub(super) fn token_created(&self, made: custody::Result<Made>) -> Result<Made> {
        let made = self.token_changed(Doing::TokenCreate, made)?;
        self.note_token(Doing::TokenCreate, &made.token);
        Ok(made)
    }

    pub(super) fn token_ended(&self, ended: custody::Result<Token>) -> Result<Token> {
        let token = self.token_changed(Doing::TokenRevoke, ended)?;
        self.note_token(Doing::TokenRevoke, &token);
        Ok(token)
    }

    fn token_changed<T>(&self, doing: Doing, changed: custody::Result<T>) -> Result<T> {
        changed.map_err(|error| {
            let refusal = Refusal::of_custody(&error);
            if error.kind() == custody::ErrorKind::Denied { self.denied(doing, "", refusal) } else { refusal }
        })
    }

    fn note_token(&self, doing: Doing, token: &Token) {
        if let Err(error) = self.room().workspace.note_now(said_of(self.act(doing), token)) {
            tracing::error!(%error, token = token.id, "a token's making or end is not in the audit log");
        }
    }
}

/// What the log says of a token: its id, its name and what it may. Never its secret.
fn said_of(act: AuditAct, token: &Token) -> AuditAct {
    let grants: Vec<String> = token.grants.iter().map(ToString::to_string).collect();
    act.saying(format!("{} `{}` {}", token.id, token.name, grants.join(", ")))
}
