//! The tokens of a workspace, shared by all its processes.
//!
//! Invariant: what one process acknowledged holds in all others from their next call on. While the journal cannot be read whole, nobody is
//! let in by a token: a record that is lost may have revoked it.
//! Not here: what the records add up to (`table`).

use super::record::Record;
use super::secret::{self, Purpose, Secret};
use super::table::{Refused, Table, Token};
use crate::journal::{Format, Journal, Unfit, Writer};
use crate::{Error, Grant, Principal, Result};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FORMAT: Format = Format { kind: "tokens", version: 1 };
const FILE: &str = "tokens.journal";
/// Names are shown in lists.
const MAX_NAME: usize = 64;
/// More grants than anybody keeps in mind.
pub(super) const MAX_GRANTS: usize = 64;
/// The use of a token is noted once in so long a time.
const USE_MS: i64 = 3_600_000;
/// A journal that is smaller is not worth making smaller.
const SMALL: u64 = 64 << 10;

/// What a new token is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What people are to call whoever has it. No two of one maker's that are of any use have the same.
    pub name: String,
    /// What it may.
    pub grants: Vec<Grant>,
    /// When it ends by itself, in milliseconds since 1970; never, if absent.
    pub expires_ms: Option<i64>,
}

impl NewToken {
    /// A token that never ends by itself.
    pub fn new(name: impl Into<String>, grants: Vec<Grant>) -> Self {
        Self { name: name.into(), grants, expires_ms: None }
    }

    /// Lets it end then, in milliseconds since 1970.
    #[must_use]
    pub fn until(mut self, expires_ms: i64) -> Self {
        self.expires_ms = Some(expires_ms);
        self
    }
}

/// A token that was made, with its secret. It is not to be had again.
#[derive(Clone, Debug)]
pub struct Made {
    /// What is known of it.
    pub token: Token,
    /// What its holder is to show.
    pub secret: Secret,
}

/// All tokens of a workspace. To be shared by threads.
#[derive(Debug)]
pub struct Tokens {
    journal: Mutex<Journal<Table>>,
    /// The size from which the journal may be worth compacting.
    pub(super) worth: AtomicU64,
}

impl Tokens {
    /// The tokens that are kept in `folder`. Reads nothing yet, and makes the folder with the first token.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        let journal = Journal::at(&folder.join(FILE), FORMAT, Table::default());
        Self { journal: Mutex::new(journal), worth: AtomicU64::new(SMALL) }
    }

    /// The principal that a secret stands for.
    ///
    /// # Errors
    /// When it stands for none any more, never did, or the journal cannot be read.
    pub fn authenticate(&self, given: &str, now_ms: i64) -> std::result::Result<Principal, Refused> {
        let digest = secret::digest_of(given, Purpose::Token).ok_or(Refused::Unknown)?;
        let mut journal = self.journal();
        journal.refresh().map_err(Refused::Unreadable)?;
        let id = journal.state().id_of(&digest).ok_or(Refused::Unknown)?;
        let principal = journal.state().principal(id, now_ms)?;
        note_use(&mut journal, &self.worth, &principal.id, now_ms);
        Ok(principal)
    }

    /// Why a secret is not accepted, and which token it is of where that is known. `None` if it is accepted, or the journal cannot be read.
    #[must_use]
    pub fn refusal(&self, given: &str, now_ms: i64) -> Option<(Refused, Option<Token>)> {
        let Some(digest) = secret::digest_of(given, Purpose::Token) else {
            return Some((Refused::Unknown, None));
        };
        let mut journal = self.journal();
        journal.refresh().ok()?;
        let table = journal.state();
        let Some(id) = table.id_of(&digest) else { return Some((Refused::Unknown, None)) };
        table.principal(id, now_ms).err().map(|why| (why, table.get(id, now_ms)))
    }

    /// The principal of that id, if its token is still accepted: for what goes on after it was authenticated.
    ///
    /// # Errors
    /// As [`Tokens::authenticate`].
    pub fn principal(&self, id: &str, now_ms: i64) -> std::result::Result<Principal, Refused> {
        let mut journal = self.journal();
        journal.refresh().map_err(Refused::Unreadable)?;
        journal.state().principal(id, now_ms)
    }

    /// The tokens that a principal may know of, the newest first; those that ended in the last 90 days too. The owner knows of all, others of
    /// their own and of those that they might have made.
    ///
    /// # Errors
    /// [`Denied`](Error::Denied) when its own token has ended, and when the journal cannot be read.
    pub fn list(&self, by: &Principal, now_ms: i64) -> Result<Vec<Token>> {
        let mut journal = self.journal();
        journal.refresh()?;
        let by = standing(journal.state(), by, now_ms)?;
        let mut tokens = journal.state().list(now_ms);
        tokens.retain(|token| may_know(&by, token));
        Ok(tokens)
    }

    /// Makes a token, durable when this returns.
    ///
    /// # Errors
    /// [`Denied`](Error::Denied) when it would may more than its maker or live longer, [`Invalid`](Error::Invalid) for a name or time that
    /// makes no sense, and when the journal cannot be read or written.
    pub fn create(&self, by: &Principal, new: NewToken, now_ms: i64) -> Result<Made> {
        let name = check_name(&new.name)?.to_owned();
        check_grants(&new.grants)?;
        if new.expires_ms.is_some_and(|end| end <= now_ms) {
            return Err(Error::invalid("a token cannot end before it begins"));
        }
        let mut journal = self.journal();
        let mut writer = journal.writer()?;
        let by = standing(writer.state(), by, now_ms)?;
        check_maker(writer.state(), &by, &new.grants)?;
        // Those of other makers are none of its business.
        if let Some(id) = writer.state().namesake(&name, &by.id, now_ms) {
            let what =
                format!("the token `{id}` is named `{name}` already; revoke it, or choose another name");
            return Err(Error::invalid(what));
        }
        let id = unused_id(writer.state())?;
        let secret = Secret::random(Purpose::Token)?;
        let created = Record::Created {
            id: id.clone(),
            name,
            digest: secret.digest(Purpose::Token),
            grants: new.grants,
            by: by.id,
            at_ms: now_ms,
            expires_ms: new.expires_ms,
        };
        append(&mut writer, &created)?;
        let token = writer.state().get(&id, now_ms).ok_or(Error::NotFound { id })?;
        compact_if_worth_it(&mut writer, &self.worth, now_ms);
        Ok(Made { token, secret })
    }

    /// Revokes a token, durable when this returns. All that were made by it end with it. Revoking one again changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound) also for a token that the principal may not [know of](Tokens::list), [`Denied`](Error::Denied) when its
    /// own has ended, and when the journal cannot be read or written.
    pub fn revoke(&self, by: &Principal, id: &str, now_ms: i64) -> Result<Token> {
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
        if token.revoked_ms.is_some() {
            return Ok(token);
        }
        append(&mut writer, &Record::Revoked { id: id.to_owned(), by: by.id, at_ms: now_ms })?;
        writer.state().get(id, now_ms).ok_or_else(not_found)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal<Table>> {
        // Whoever panicked had changed nothing but what a look at the file brings in order.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The principal as it is now: its token may have ended since it was authenticated.
pub(super) fn standing(table: &Table, by: &Principal, now_ms: i64) -> Result<Principal> {
    if by.is_owner() {
        return Ok(by.clone());
    }
    table.principal(&by.id, now_ms).map_err(|refused| Error::denied(refused.to_string()))
}

/// Whether a principal may see a token in a list, and revoke it. A token may end itself.
pub(super) fn may_know(by: &Principal, token: &Token) -> bool {
    by.id == token.id || token.grants.iter().all(|grant| by.may_give(grant))
}

/// Whether a principal may make a token with these grants.
fn check_maker(table: &Table, by: &Principal, grants: &[Grant]) -> Result<()> {
    if let Some(grant) = grants.iter().find(|grant| !by.may_give(grant)) {
        let place = if grant.prefix().is_empty() { "the whole workspace" } else { grant.prefix() };
        return Err(Error::denied(format!("`{}` has not the right to administer {place}", by.name)));
    }
    if table.is_deep(&by.id) {
        return Err(Error::denied("too many tokens were made by each other; ask the owner for this one"));
    }
    Ok(())
}

pub(super) fn check_name(name: &str) -> Result<&str> {
    let bad = |why: &str| Err(Error::invalid(format!("a token's name {why}")));
    match name {
        _ if name.trim().is_empty() => bad("is how people know it; it cannot be empty"),
        _ if name.trim() != name => bad("cannot begin or end with a space"),
        _ if name.chars().count() > MAX_NAME => bad(&format!("has at most {MAX_NAME} characters")),
        _ if name.chars().any(|c| c.is_control() || is_invisible(c)) => {
            bad("cannot hold characters that are not seen")
        }
        _ => Ok(name),
    }
}

/// Characters that take no room and may turn others around, so that one name looks like another: zero width, direction, tags.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

fn check_grants(grants: &[Grant]) -> Result<()> {
    match grants.len() {
        0 => Err(Error::invalid("a token without a right would be of no use")),
        1..=MAX_GRANTS => Ok(()),
        _ => Err(Error::invalid(format!("a token has at most {MAX_GRANTS} grants"))),
    }
}

pub(super) fn unused_id(table: &Table) -> Result<String> {
    loop {
        let id = secret::random_id()?;
        if !table.contains(&id) {
            return Ok(id);
        }
    }
}

pub(super) fn append(writer: &mut Writer<'_, Table>, record: &Record) -> Result<()> {
    writer.append(&encode(record)?)
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    record.encode().map_err(|Unfit(what)| Error::invalid(what))
}

/// Notes that a token was used, if that was not noted lately. Whoever uses it is not made to wait for it, nor refused when it fails.
fn note_use(journal: &mut Journal<Table>, worth: &AtomicU64, id: &str, now_ms: i64) {
    let is_recent = |used: i64| now_ms.saturating_sub(used) < USE_MS;
    if journal.state().used_ms(id).is_some_and(is_recent) {
        return;
    }
    let noted = encode(&Record::Used { id: id.to_owned(), at_ms: now_ms }).and_then(|record| {
        let Some(mut writer) = journal.try_writer()? else { return Ok(()) };
        writer.append_unsynced(&record)?;
        compact_if_worth_it(&mut writer, worth, now_ms);
        Ok(())
    });
    if let Err(error) = noted {
        tracing::debug!(%error, "that a token was used is not noted");
    }
}

/// Makes the journal smaller when most of it says nothing any more. What fails is tried again another time. `worth` is the size from which
/// it is worth a look; the next one comes when the journal has grown by as much as there was to look at.
pub(super) fn compact_if_worth_it(writer: &mut Writer<'_, Table>, worth: &AtomicU64, now_ms: i64) {
    // An offer that was taken is forgotten by this, and is to be told first.
    if writer.size() < worth.load(Ordering::Relaxed) || writer.state().transfers().has_untold() {
        return;
    }
    let records = writer.state().records(now_ms);
    let compacted = records.iter().map(encode).collect::<Result<Vec<_>>>().and_then(|records| {
        let size = records.iter().map(|record| record.len() as u64).sum::<u64>();
        worth.store(SMALL.max(size.saturating_mul(4)), Ordering::Relaxed);
        if size < writer.size() / 2 { writer.compact(records) } else { Ok(()) }
    });
    if let Err(error) = compacted {
        tracing::warn!(%error, "the journal of tokens was not compacted");
    }
}
