//! Transfers of ownership: who has it offers it, and whoever shows the offer's secret has it from then on.
//!
//! Invariant: taking an offer is one record: at no instant are there two who were to be one, or none. What the new owner gets never ends by
//! itself, so only who has that can offer it.
//! Not here: what the records add up to (`offers`, `table`), the audit log.

use super::offers::{Transfer, TransferState};
use super::record::Record;
use super::secret::{self, Purpose, Secret};
use super::table::{Table, Token};
use super::tokens::{append, check_name, compact_if_worth_it, standing, unused_id};
use super::{MAX_GRANTS, Tokens};
use crate::{Error, Grant, OWNER, Principal, Result, Right, Via};

/// An offer ends by itself after so long: three days.
const OPEN_MS: i64 = 72 * 3_600_000;
/// Offers that can be taken at once.
const MOST_OPEN: usize = 5;

/// What is agreed on when ownership is offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTransfer {
    /// What the one who offers is left with; nothing, if its token is to end.
    pub keeps: Vec<Grant>,
    /// Whether the tokens that it made go over to the new owner. Whoever made them may know their secrets, so without this they end.
    pub passes_tokens: bool,
}

/// An offer that was made, with its secret. It is not to be had again.
#[derive(Clone, Debug)]
pub struct Offered {
    /// What is known of it.
    pub transfer: Transfer,
    /// What the new owner is to show.
    pub secret: Secret,
}

/// An offer that was taken.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// What was offered.
    pub transfer: Transfer,
    /// The new owner's token, which may everything and does not end by itself.
    pub token: Token,
    /// What its holder is to show.
    pub secret: Secret,
}

impl Tokens {
    /// Offers ownership to whoever shows a secret, for three days. Durable when this returns.
    ///
    /// # Errors
    /// [`Denied`](Error::Denied) for whoever has not what it would give: only the owner, and a token that the owner made, that may everything
    /// and never ends. [`Invalid`](Error::Invalid) when five offers are open; and when the journal cannot be read or written.
    pub fn offer(&self, by: &Principal, new: NewTransfer, now_ms: i64) -> Result<Offered> {
        if new.keeps.len() > MAX_GRANTS {
            return Err(Error::invalid(format!("a token has at most {MAX_GRANTS} grants")));
        }
        let mut journal = self.journal();
        let mut writer = journal.writer()?;
        let by = standing(writer.state(), by, now_ms)?;
        if !writer.state().owns(&by.id, now_ms) {
            return Err(Error::denied(format!(
                "`{}` cannot hand ownership over: only the owner can, or a token of the owner's that may administer everything and never ends",
                by.name
            )));
        }
        if writer.state().transfers().n_open(now_ms) >= MOST_OPEN {
            return Err(Error::invalid(format!("{MOST_OPEN} offers are open already; revoke one first")));
        }
        let id = unused(writer.state())?;
        let secret = Secret::random(Purpose::Claim)?;
        let offered = Record::Offered {
            id: id.clone(),
            digest: secret.digest(Purpose::Claim),
            keeps: new.keeps,
            passes_tokens: new.passes_tokens,
            by: by.id,
            at_ms: now_ms,
            expires_ms: now_ms.saturating_add(OPEN_MS),
        };
        append(&mut writer, &offered)?;
        let transfer = find(writer.state(), &id, now_ms)?;
        compact_if_worth_it(&mut writer, &self.worth, now_ms);
        Ok(Offered { transfer, secret })
    }

    /// All offers, the newest first; those that ended for a while too. For who may administer everything.
    ///
    /// # Errors
    /// [`Denied`](Error::Denied) for anybody else, and when the journal cannot be read.
    pub fn transfers(&self, by: &Principal, now_ms: i64) -> Result<Vec<Transfer>> {
        let mut journal = self.journal();
        journal.refresh()?;
        let table = journal.state();
        require_admin(&standing(table, by, now_ms)?)?;
        Ok(table.transfers().list(&|id| table.owns(id, now_ms), now_ms))
    }

    /// Takes an offer back, durable when this returns. Of one that has ended nothing changes.
    ///
    /// # Errors
    /// As [`Tokens::transfers`], and when there is none of that id.
    pub fn retract(&self, by: &Principal, id: &str, now_ms: i64) -> Result<Transfer> {
        let mut journal = self.journal();
        let mut writer = journal.writer()?;
        let by = standing(writer.state(), by, now_ms)?;
        require_admin(&by)?;
        let found = find(writer.state(), id, now_ms)?;
        if matches!(found.state, TransferState::Claimed | TransferState::Retracted) {
            return Ok(found);
        }
        append(&mut writer, &Record::Retracted { id: id.to_owned(), by: by.id, at_ms: now_ms })?;
        find(writer.state(), id, now_ms)
    }

    /// Whether a secret is that of an offer that can be taken.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn is_claimable(&self, given: &str, now_ms: i64) -> Result<bool> {
        let mut journal = self.journal();
        journal.refresh()?;
        Ok(open_offer(journal.state(), given, now_ms).is_ok())
    }

    /// Takes an offer: makes a token that may everything and never ends, by the name `name`, and leaves whoever offered with what it kept. One
    /// step, durable when this returns.
    ///
    /// # Errors
    /// [`Absent`](Error::Absent) when it is no offer's secret, or of one that cannot be taken any more; [`Invalid`](Error::Invalid) for a name
    /// that makes no sense or is taken; and when the journal cannot be read or written. The offer then stands as before.
    pub fn claim(&self, given: &str, name: &str, via: Via, now_ms: i64) -> Result<Claimed> {
        let name = check_name(name)?.to_owned();
        let mut journal = self.journal();
        journal.refresh()?;
        // Looked at before the turn is taken: whoever guesses keeps nobody waiting.
        open_offer(journal.state(), given, now_ms)?;
        let mut writer = journal.writer()?;
        let id = open_offer(writer.state(), given, now_ms)?.id;
        if let Some(other) = writer.state().namesake(&name, OWNER, now_ms) {
            return Err(Error::invalid(format!(
                "the token `{other}` is named `{name}` already; choose another name"
            )));
        }
        let (token, secret) = (unused_id(writer.state())?, Secret::random(Purpose::Token)?);
        let digest = secret.digest(Purpose::Token);
        let claimed =
            Record::Claimed { id: id.clone(), token: token.clone(), name, digest, via, at_ms: now_ms };
        append(&mut writer, &claimed)?;
        let transfer = find(writer.state(), &id, now_ms)?;
        let token = writer.state().get(&token, now_ms).ok_or(Error::NotFound { id: token })?;
        Ok(Claimed { transfer, token, secret })
    }

    /// Offers that were taken and of which the audit log may not know yet, with the new owner's token as far as it is known.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn untold(&self, now_ms: i64) -> Result<Vec<(Transfer, Option<Token>)>> {
        let mut journal = self.journal();
        journal.refresh()?;
        let table = journal.state();
        let owns = |id: &str| table.owns(id, now_ms);
        let untold = table.transfers().untold();
        let each = untold.iter().filter_map(|id| table.transfers().get(id, &owns, now_ms));
        Ok(each
            .map(|transfer| {
                let token = transfer.claimed_by.as_ref().and_then(|id| table.get(id, now_ms));
                (transfer, token)
            })
            .collect())
    }

    /// Notes that the audit log knows of an offer that was taken.
    ///
    /// # Errors
    /// When the journal cannot be read or written. Then it is told once more another time.
    pub fn told(&self, id: &str) -> Result<()> {
        let mut journal = self.journal();
        append(&mut journal.writer()?, &Record::Told { id: id.to_owned() })
    }

    /// Whether a token was made by a principal, or by one that was made by it, and so on.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn descends(&self, id: &str, from: &str) -> Result<bool> {
        let mut journal = self.journal();
        journal.refresh()?;
        Ok(journal.state().descends(id, from))
    }
}

fn require_admin(by: &Principal) -> Result<()> {
    if by.may(Right::Admin, "") {
        return Ok(());
    }
    Err(Error::denied(format!("`{}` has not the right to administer the whole workspace", by.name)))
}

/// The offer that a secret belongs to, if it can be taken.
fn open_offer(table: &Table, given: &str, now_ms: i64) -> Result<Transfer> {
    // One text for all cases, so that nobody learns which secrets there were.
    let invalid = || Error::Absent {
        what: "the claim is not valid: it was taken, taken back, has expired, or never was".to_owned(),
        hint: "ask whoever gave it to you for another one",
    };
    let digest = secret::digest_of(given, Purpose::Claim).ok_or_else(invalid)?;
    let id = table.transfers().id_of(&digest).ok_or_else(invalid)?;
    find(table, id, now_ms).ok().filter(|found| found.state == TransferState::Open).ok_or_else(invalid)
}

fn find(table: &Table, id: &str, now_ms: i64) -> Result<Transfer> {
    let found = table.transfers().get(id, &|by| table.owns(by, now_ms), now_ms);
    found.ok_or_else(|| Error::Absent {
        what: format!("there is no transfer `{id}`"),
        hint: "`workroom transfer list` shows the ids",
    })
}

fn unused(table: &Table) -> Result<String> {
    loop {
        let id = secret::random_id()?;
        if !table.transfers().contains(&id) {
            return Ok(id);
        }
    }
}
