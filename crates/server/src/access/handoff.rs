//! Comments, approvals and ownership, as a principal may make, see and answer them.
//!
//! Invariant: who may read a place may comment on it and see the comments there; who wrote one, or may write there, resolves it. An approval is seen by
//! who asked for it and by who administers all that it is about, and answered by the latter alone: never by who asked, nor by a token that was made
//! by that one. What may not be seen is answered as what is not there.
//! Not here: how they are kept (`custody`), taking ownership, for which nobody needs to be let in (`host`).

use super::Access;
use crate::blocking::Cancel;
use crate::host::now_ms;
use crate::refusal::{Kind, Refusal, Result};
use custody::{NewTransfer, Offered, Right, Transfer};
use std::time::Duration;
use workroom::{About, Approval, ApprovalState, Commented, Doing, ErrorKind, Wish};

impl Access {
    /// Makes a comment.
    pub(crate) fn comment(&self, about: &About, text: &str) -> Result<Commented> {
        let path = match about.path.as_str() {
            "" => self.whole(Doing::CommentAdd)?,
            path => self.readable_for(Doing::CommentAdd, path)?.to_string(),
        };
        let commented = self.acting().comment(&About { path: path.clone(), ..about.clone() }, text);
        commented.map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.nothing_at(&path),
            _ => self.refused(&error),
        })
    }

    /// Says something to a comment.
    pub(crate) fn reply_to_comment(&self, id: &str, text: &str) -> Result<Commented> {
        self.seen_comment(Doing::CommentAdd, id)?;
        self.said(self.acting().reply_to_comment(id, text))
    }

    /// Resolves a comment.
    pub(crate) fn resolve_comment(&self, id: &str) -> Result<Commented> {
        let found = self.seen_comment(Doing::CommentClose, id)?;
        let path = found.comment.path.as_str();
        if found.comment.by.principal != self.principal.id && !self.principal.may(Right::Write, path) {
            let refusal = Refusal::forbidden(&self.principal, Right::Write, path);
            return Err(self.denied(Doing::CommentClose, path, refusal));
        }
        self.said(self.acting().resolve_comment(id))
    }

    /// The comments on a path and below it, or all that may be seen.
    pub(crate) fn comments(&self, path: Option<&str>, resolved: bool) -> Result<Vec<Commented>> {
        self.said(self.room.workspace.comments(path, resolved, &self.readable()))
    }

    /// A comment that may be seen.
    fn seen_comment(&self, doing: Doing, id: &str) -> Result<Commented> {
        let none = || Refusal::new(Kind::NotFound, format!("there is no comment `{id}`"));
        match self.room.workspace.comment_of(id) {
            Ok(found) if self.sees(&found.comment.path) => Ok(found),
            Ok(found) => Err(self.denied(doing, &found.comment.path, none())),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(none()),
            Err(error) => Err(self.refused(&error)),
        }
    }

    /// Asks for an approval about what it may read or write.
    pub(crate) fn ask_approval(&self, wish: &Wish) -> Result<Approval> {
        for path in wish.paths.iter().filter(|path| !path.is_empty()) {
            if !self.principal.may(Right::Write, path) {
                self.readable_for(Doing::ApprovalAsk, path)?;
            }
        }
        self.said(self.acting().ask_approval(wish))
    }

    /// The approvals that it asked for or may answer, the newest first.
    pub(crate) fn approvals(&self) -> Result<Vec<Approval>> {
        let mut all = self.said(self.room.workspace.approvals())?;
        all.retain(|approval| self.sees_approval(approval));
        Ok(all)
    }

    /// An approval that it asked for or may answer; waits for the answer at most so long, and no longer than somebody waits.
    pub(crate) fn approval(&self, id: &str, wait: Duration, cancel: &Cancel) -> Result<Approval> {
        let workspace = &self.room.workspace;
        let found = self.known_approval(id)?;
        if !self.sees_approval(&found) {
            return Err(no_approval(id));
        }
        if wait.is_zero() || found.answer.is_some() {
            return Ok(found);
        }
        self.said(workspace.await_approval_until(id, wait, cancel.flag()))
    }

    /// Answers an approval.
    pub(crate) fn answer_approval(&self, id: &str, option: &str, note: Option<&str>) -> Result<Approval> {
        let found = self.known_approval(id)?;
        let denied = |refusal| {
            let path = found.paths.first().map_or("", String::as_str);
            Err(self.denied(Doing::ApprovalAnswer, path, refusal))
        };
        if !self.sees_approval(&found) {
            return denied(no_approval(id));
        }
        if let Some(path) = self.not_administered(&found) {
            return denied(Refusal::forbidden(&self.principal, Right::Admin, path));
        }
        if self.is_of(&found.by.principal)? {
            let refusal = Refusal::new(Kind::Forbidden, "whoever asks for an approval cannot give it");
            return denied(refusal.hint("somebody else who administers its paths has to answer"));
        }
        self.said(self.acting().answer_approval(id, option, note))
    }

    /// Whether an approval waits for an answer that it may give.
    pub(crate) fn may_answer(&self, approval: &Approval) -> bool {
        let waits = approval.state(now_ms()) == ApprovalState::Open;
        // While tokens cannot be read, nobody's answer is taken.
        waits
            && self.not_administered(approval).is_none()
            && self.is_of(&approval.by.principal).is_ok_and(|own| !own)
    }

    fn known_approval(&self, id: &str) -> Result<Approval> {
        self.room.workspace.approval(id).map_err(|error| match error.kind() {
            ErrorKind::NotFound => no_approval(id),
            _ => self.refused(&error),
        })
    }

    fn sees_approval(&self, approval: &Approval) -> bool {
        approval.by.principal == self.principal.id || self.not_administered(approval).is_none()
    }

    fn not_administered<'a>(&self, approval: &'a Approval) -> Option<&'a str> {
        let mut paths = approval.paths.iter().map(String::as_str);
        paths.find(|path| !self.principal.may(Right::Admin, path))
    }

    /// Whether it is that principal, or was made by it.
    fn is_of(&self, principal: &str) -> Result<bool> {
        if self.principal.is_owner() {
            return Ok(false);
        }
        let made = self.room.tokens.descends(&self.principal.id, principal);
        Ok(self.principal.id == principal || made.map_err(|error| Refusal::of_custody(&error))?)
    }

    /// Offers ownership to whoever shows a secret.
    pub(crate) fn offer_ownership(&self, new: NewTransfer) -> Result<Offered> {
        self.require_everything(Doing::OwnerOffer)?;
        let offered = self.room.tokens.offer(&self.principal, new, now_ms());
        let offered = offered.map_err(|error| self.denied_by(Doing::OwnerOffer, &error))?;
        self.note(self.act(Doing::OwnerOffer).saying(format!("transfer {}", offered.transfer.id)));
        Ok(offered)
    }

    /// All offers, the newest first.
    pub(crate) fn transfers(&self) -> Result<Vec<Transfer>> {
        self.require_everything(Doing::AdminLook)?;
        self.room.tokens.transfers(&self.principal, now_ms()).map_err(|error| Refusal::of_custody(&error))
    }

    /// Takes an offer back.
    pub(crate) fn retract_offer(&self, id: &str) -> Result<Transfer> {
        self.require_everything(Doing::OwnerWithdraw)?;
        let retracted = self.room.tokens.retract(&self.principal, id, now_ms());
        let retracted = retracted.map_err(|error| self.denied_by(Doing::OwnerWithdraw, &error))?;
        self.note(self.act(Doing::OwnerWithdraw).saying(format!("transfer {id}")));
        Ok(retracted)
    }

    /// Whether it administers the whole workspace.
    pub(crate) fn require_everything(&self, doing: Doing) -> Result<()> {
        if self.principal.may(Right::Admin, "") {
            return Ok(());
        }
        Err(self.denied(doing, "", Refusal::forbidden(&self.principal, Right::Admin, "")))
    }

    fn denied_by(&self, doing: Doing, error: &custody::Error) -> Refusal {
        let refusal = Refusal::of_custody(error);
        if refusal.kind == Kind::Forbidden { self.denied(doing, "", refusal) } else { refusal }
    }

    /// The workspace itself, for who may read all of it.
    fn whole(&self, doing: Doing) -> Result<String> {
        if self.sees("") {
            return Ok(String::new());
        }
        Err(self.denied(doing, "", Refusal::forbidden(&self.principal, Right::Read, "")))
    }
}

fn no_approval(id: &str) -> Refusal {
    Refusal::new(Kind::NotFound, format!("there is no approval `{id}`"))
}
