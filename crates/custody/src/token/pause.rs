//! Pauses: tokens that are not accepted for a while.
//!
//! Invariant: a token that is paused is accepted by no process from its next call on, nor is one that was made by it, until somebody resumes
//! it who may; not by itself.
//! Not here: why one is paused.

use super::record::Record;
use super::table::{State, Token};
use super::tokens::{Tokens, append, may_know, standing};
use crate::{Error, Principal, Result};

impl Tokens {
    /// Pauses a token, durable when this returns. Pausing one again changes nothing, nor does it when the token has ended.
    ///
    /// # Errors
    /// As [`Tokens::revoke`].
    pub fn pause(&self, by: &Principal, id: &str, now_ms: i64) -> Result<Token> {
        let record = Record::Paused { id: id.to_owned(), by: by.id.clone(), at_ms: now_ms };
        self.record(by, id, &record, now_ms, |state| state == State::Active)
    }

    /// Lets a paused token be accepted again, durable when this returns.
    ///
    /// # Errors
    /// As [`Tokens::revoke`]; nobody resumes their own.
    pub fn resume(&self, by: &Principal, id: &str, now_ms: i64) -> Result<Token> {
        let record = Record::Resumed { id: id.to_owned(), by: by.id.clone(), at_ms: now_ms };
        self.record(by, id, &record, now_ms, |state| state == State::Paused)
    }

    fn record(
        &self,
        by: &Principal,
        id: &str,
        record: &Record,
        now_ms: i64,
        is_due: impl Fn(State) -> bool,
    ) -> Result<Token> {
        let mut journal = self.journal();
        journal.refresh()?;
        let not_found = || Error::NotFound { id: id.to_owned() };
        if !journal.state().contains(id) {
            return Err(not_found());
        }
        let mut writer = journal.writer()?;
        let by = standing(writer.state(), by, now_ms)?;
        let token =
            writer.state().get(id, now_ms).filter(|token| may_know(&by, token)).ok_or_else(not_found)?;
        if is_due(token.state) {
            append(&mut writer, record)?;
        }
        writer.state().get(id, now_ms).ok_or_else(not_found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grant, NewToken, Refused, Right, Rights};

    const NOON: i64 = 1_795_000_000_000;

    #[test]
    fn a_paused_token_opens_nothing_until_somebody_resumes_it() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::at(folder.path());
        let make = |by: &Principal, name: &str| {
            let grants = vec![Grant::new("a", Rights::of([Right::Admin, Right::Write])).unwrap()];
            tokens.create(by, NewToken::new(name, grants), NOON).unwrap()
        };
        let owner = Principal::owner();
        let (agent, other) = (make(&owner, "agent"), make(&owner, "other"));
        let holder = tokens.principal(&agent.token.id, NOON).unwrap();
        let helper = make(&holder, "helper");

        assert_eq!(tokens.pause(&owner, &agent.token.id, NOON).unwrap().state, State::Paused);
        assert_eq!(tokens.pause(&owner, &agent.token.id, NOON).unwrap().state, State::Paused);
        // Another process sees it, and those it has made are paused with it.
        let elsewhere = Tokens::at(folder.path());
        for made in [&agent, &helper] {
            let refused = elsewhere.authenticate(made.secret.reveal(), NOON);
            assert!(matches!(refused, Err(Refused::Paused)), "{refused:?}");
        }
        assert!(elsewhere.authenticate(other.secret.reveal(), NOON).is_ok());
        assert!(matches!(elsewhere.resume(&holder, &agent.token.id, NOON), Err(Error::Denied { .. })));
        // Its name is not free meanwhile.
        let again = NewToken::new("agent", vec![Grant::everything()]);
        assert!(tokens.create(&owner, again, NOON).is_err());

        assert_eq!(elsewhere.resume(&owner, &agent.token.id, NOON).unwrap().state, State::Active);
        for made in [&agent, &helper] {
            assert!(tokens.authenticate(made.secret.reveal(), NOON).is_ok());
        }
        assert!(matches!(tokens.pause(&owner, "nobody", NOON), Err(Error::NotFound { .. })));
    }

    #[test]
    fn one_that_has_ended_is_not_paused() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::at(folder.path());
        let new = NewToken::new("agent", vec![Grant::everything()]).until(NOON + 1);
        let made = tokens.create(&Principal::owner(), new, NOON).unwrap();
        assert_eq!(
            tokens.pause(&Principal::owner(), &made.token.id, NOON + 1).unwrap().state,
            State::Expired
        );
    }
}
