//! What the records about tokens add up to.
//!
//! Invariant: a token stands for a principal from when it was made until it is revoked, expires, or the token of whoever made it ends.
//! Not here: reading and writing the records (`tokens`).

use super::offers::{Offer, Offers};
use super::record::Record;
use super::secret::Digest;
use crate::journal::{Replay, Unfit};
use crate::{Error, Grant, Kind, OWNER, Principal, Right};
use std::collections::{BTreeMap, HashMap};

/// A token may have been made by one that was made by one, so often and no more.
const MAX_DEPTH: usize = 8;
/// So long a token stays in the list when it has ended.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;

/// What is known of a token. The secret is not among it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// Names it in every list. Public, and unrelated to the secret.
    pub id: String,
    /// What people call whoever has it.
    pub name: String,
    /// What it may.
    pub grants: Vec<Grant>,
    /// The id of the principal who made it.
    pub created_by: String,
    /// When it was made, in milliseconds since 1970, as all times here.
    pub created_ms: i64,
    /// When it ends by itself, if it does.
    pub expires_ms: Option<i64>,
    /// When it was revoked, if it was.
    pub revoked_ms: Option<i64>,
    /// When it was last used, to the hour.
    pub used_ms: Option<i64>,
    /// Whether it is any use now.
    pub state: State,
}

/// Whether a token is any use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It is accepted.
    Active,
    /// Its time is over, or that of the token by which it was made.
    Expired,
    /// It was revoked, or the token by which it was made.
    Revoked,
    /// It is not accepted until an administrator resumes it, or the token by which it was made.
    Paused,
}

/// Why somebody is not let in. What they are told is the same for the first three, so that nobody learns which secrets there were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no such token.
    #[error("the token is not valid")]
    Unknown,
    /// Its time is over.
    #[error("the token is not valid")]
    Expired,
    /// It was revoked.
    #[error("the token is not valid")]
    Revoked,
    /// It is good, and not accepted until somebody resumes it. Whoever shows its secret may know that.
    #[error("the token is paused")]
    Paused,
    /// Whether it is valid cannot be said: the journal of tokens cannot be read.
    #[error("tokens cannot be checked")]
    Unreadable(#[source] Error),
}

/// All tokens.
#[derive(Debug, Default)]
pub(super) struct Table {
    tokens: BTreeMap<String, Entry>,
    by_digest: HashMap<Digest, String>,
    offers: Offers,
}

#[derive(Clone, Debug)]
struct Entry {
    name: String,
    digest: Digest,
    grants: Vec<Grant>,
    by: String,
    created_ms: i64,
    expires_ms: Option<i64>,
    revoked: Option<(i64, String)>,
    used_ms: Option<i64>,
    /// When and by whom it was paused, if it is.
    paused: Option<(i64, String)>,
}

impl Table {
    /// The id of the token that a secret belongs to.
    pub(super) fn id_of(&self, digest: &Digest) -> Option<&str> {
        self.by_digest.get(digest).map(String::as_str)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.tokens.contains_key(id)
    }

    /// Ownership, as far as it is being handed over.
    pub(super) fn transfers(&self) -> &Offers {
        &self.offers
    }

    /// Whether it is one that ownership can be taken over from: the owner, or a token of the owner's that may everything and does not end by
    /// itself. Else somebody who was let in for an hour could stay for ever.
    pub(super) fn owns(&self, id: &str, now_ms: i64) -> bool {
        let is_whole = |entry: &Entry| {
            let everything = entry.grants.iter().any(|grant| grant.allows(Right::Admin, ""));
            everything && entry.expires_ms.is_none() && entry.by == OWNER
        };
        id == OWNER || self.tokens.get(id).is_some_and(is_whole) && self.state(id, now_ms) == State::Active
    }

    /// Whether a token was made by a principal, or by one that was made by it, and so on.
    pub(super) fn descends(&self, id: &str, from: &str) -> bool {
        let mut makers = self.makers(id).take(MAX_DEPTH);
        makers.any(|entry| entry.is_some_and(|entry| entry.by == from))
    }

    /// The token of that id.
    pub(super) fn get(&self, id: &str, now_ms: i64) -> Option<Token> {
        let entry = self.tokens.get(id)?;
        Some(Token {
            id: id.to_owned(),
            name: entry.name.clone(),
            grants: entry.grants.clone(),
            created_by: entry.by.clone(),
            created_ms: entry.created_ms,
            expires_ms: entry.expires_ms,
            revoked_ms: entry.revoked.as_ref().map(|(at, _)| *at),
            used_ms: entry.used_ms,
            state: self.state(id, now_ms),
        })
    }

    /// All tokens, the newest first.
    pub(super) fn list(&self, now_ms: i64) -> Vec<Token> {
        let mut all: Vec<Token> = self.tokens.keys().filter_map(|id| self.get(id, now_ms)).collect();
        all.sort_by(|a, b| b.created_ms.cmp(&a.created_ms).then_with(|| a.id.cmp(&b.id)));
        all
    }

    /// The principal that a token stands for.
    pub(super) fn principal(&self, id: &str, now_ms: i64) -> Result<Principal, Refused> {
        let entry = self.tokens.get(id).ok_or(Refused::Unknown)?;
        match self.state(id, now_ms) {
            State::Active => {}
            State::Expired => return Err(Refused::Expired),
            State::Revoked => return Err(Refused::Revoked),
            State::Paused => return Err(Refused::Paused),
        }
        let (name, grants) = (entry.name.clone(), entry.grants.clone());
        Ok(Principal { id: id.to_owned(), name, kind: Kind::Token, grants })
    }

    /// Whether a token made by that principal would depend on too many others.
    pub(super) fn is_deep(&self, by: &str) -> bool {
        self.makers(by).take(MAX_DEPTH).count() >= MAX_DEPTH
    }

    /// The id of a token by that maker which is of use and has that name.
    pub(super) fn namesake(&self, name: &str, by: &str, now_ms: i64) -> Option<&str> {
        let named = self.tokens.iter().filter(|(_, entry)| entry.name == name && entry.by == by);
        let is_of_use = |id: &str| matches!(self.state(id, now_ms), State::Active | State::Paused);
        let mut active = named.filter(|(id, _)| is_of_use(id));
        active.next().map(|(id, _)| id.as_str())
    }

    /// When it was last used, as far as is known.
    pub(super) fn used_ms(&self, id: &str) -> Option<i64> {
        self.tokens.get(id)?.used_ms
    }

    /// The records that make this state, without what has ended long ago.
    pub(super) fn records(&self, now_ms: i64) -> Vec<Record> {
        let horizon = now_ms.saturating_sub(KEPT_MS);
        let is_kept = |id: &str| self.ended_ms(id).is_none_or(|ended| ended > horizon);
        let tokens =
            self.tokens.iter().filter(|(id, _)| is_kept(id)).flat_map(|(id, entry)| entry.records(id));
        tokens.chain(self.offers.records(now_ms)).collect()
    }

    /// An offer is taken: in one step its maker is left with what it kept, and somebody else may everything.
    fn claimed(&mut self, offer: &Offer, (token, owner): (String, Entry)) -> Result<(), Unfit> {
        self.claim_id(&token, &owner)?;
        let at_ms = owner.created_ms;
        // Who can use the folder's files can do so afterwards, too.
        if offer.by != OWNER {
            for made in self.tokens.values_mut().filter(|entry| entry.by == offer.by) {
                if offer.passes_tokens {
                    made.by.clone_from(&token);
                } else {
                    made.revoked.get_or_insert_with(|| (at_ms, token.clone()));
                }
            }
            if let Some(maker) = self.tokens.get_mut(&offer.by) {
                maker.grants.clone_from(&offer.keeps);
                if offer.keeps.is_empty() {
                    maker.revoked.get_or_insert_with(|| (at_ms, token.clone()));
                }
            }
        }
        self.tokens.insert(token, owner);
        Ok(())
    }

    /// Takes an id and a digest for a new token.
    fn claim_id(&mut self, id: &str, entry: &Entry) -> Result<(), Unfit> {
        if self.tokens.contains_key(id) || self.by_digest.contains_key(&entry.digest) {
            return Err(Unfit(format!("the token `{id}` is made twice")));
        }
        self.by_digest.insert(entry.digest, id.to_owned());
        Ok(())
    }

    fn state(&self, id: &str, now_ms: i64) -> State {
        let (mut expired, mut paused) = (false, false);
        for (depth, found) in self.makers(id).enumerate() {
            // One whose maker is not known was made by nobody who may.
            let Some(entry) = found.filter(|entry| depth < MAX_DEPTH && entry.revoked.is_none()) else {
                return State::Revoked;
            };
            expired |= entry.expires_ms.is_some_and(|end| end <= now_ms);
            paused |= entry.paused.is_some();
        }
        match (expired, paused) {
            (true, _) => State::Expired,
            (false, true) => State::Paused,
            (false, false) => State::Active,
        }
    }

    /// When it ceased to be any use, or will.
    fn ended_ms(&self, id: &str) -> Option<i64> {
        let chain = self.makers(id).take(MAX_DEPTH);
        let ends = chain.filter_map(|found| {
            let Some(entry) = found else { return Some(i64::MIN) };
            let revoked = entry.revoked.as_ref().map(|(at, _)| *at);
            revoked.into_iter().chain(entry.expires_ms).min()
        });
        ends.min()
    }

    /// A token, the one by which it was made, and so on up to one of the owner's. `None` where one is missing. In a circle it has no end.
    fn makers<'a>(&'a self, id: &'a str) -> impl Iterator<Item = Option<&'a Entry>> {
        let mut next = Some(id).filter(|id| *id != OWNER);
        std::iter::from_fn(move || {
            let entry = self.tokens.get(next?);
            next = entry.map(|entry| entry.by.as_str()).filter(|by| *by != OWNER);
            Some(entry)
        })
    }
}

impl Entry {
    fn records(&self, id: &str) -> impl Iterator<Item = Record> + use<> {
        let id = || id.to_owned();
        let created = Record::Created {
            id: id(),
            name: self.name.clone(),
            digest: self.digest,
            grants: self.grants.clone(),
            by: self.by.clone(),
            at_ms: self.created_ms,
            expires_ms: self.expires_ms,
        };
        let revoked = self.revoked.clone().map(|(at_ms, by)| Record::Revoked { id: id(), by, at_ms });
        let used = self.used_ms.map(|at_ms| Record::Used { id: id(), at_ms });
        let paused = self.paused.clone().map(|(at_ms, by)| Record::Paused { id: id(), by, at_ms });
        std::iter::once(created).chain(revoked).chain(paused).chain(used)
    }
}

impl Replay for Table {
    fn clear(&mut self) {
        *self = Self::default();
    }

    fn apply(&mut self, _number: u64, record: &[u8]) -> Result<(), Unfit> {
        match Record::decode(record)? {
            Record::Created { id, name, digest, grants, by, at_ms, expires_ms } => {
                let (revoked, used_ms) = (None, None);
                let entry = Entry {
                    name,
                    digest,
                    grants,
                    by,
                    created_ms: at_ms,
                    expires_ms,
                    revoked,
                    used_ms,
                    paused: None,
                };
                self.claim_id(&id, &entry)?;
                self.tokens.insert(id, entry);
            }
            Record::Offered { id, digest, keeps, passes_tokens, by, at_ms, expires_ms } => {
                let offer = Offer::new(digest, keeps, passes_tokens, by, at_ms, expires_ms);
                self.offers.add(id, offer)?;
            }
            Record::Retracted { id, at_ms, .. } => self.offers.retract(&id, at_ms),
            Record::Claimed { id, token, name, digest, via, at_ms } => {
                let offer = self.offers.take(&id, &token, via, at_ms)?;
                let (grants, by) = (vec![Grant::everything()], OWNER.to_owned());
                let (expires_ms, revoked, used_ms) = (None, None, None);
                let owner = Entry {
                    name,
                    digest,
                    grants,
                    by,
                    created_ms: at_ms,
                    expires_ms,
                    revoked,
                    used_ms,
                    paused: None,
                };
                self.claimed(&offer, (token, owner))?;
            }
            Record::Told { id } => self.offers.told(&id),
            // Neither a second pause changes anything, nor that one is resumed which is not paused.
            Record::Paused { id, by, at_ms } => {
                if let Some(entry) = self.tokens.get_mut(&id) {
                    entry.paused.get_or_insert((at_ms, by));
                }
            }
            Record::Resumed { id, .. } => {
                if let Some(entry) = self.tokens.get_mut(&id) {
                    entry.paused = None;
                }
            }
            // A second revocation changes nothing, and neither does what happens to a token that is long gone.
            Record::Revoked { id, by, at_ms } => {
                if let Some(entry) = self.tokens.get_mut(&id) {
                    entry.revoked.get_or_insert((at_ms, by));
                }
            }
            Record::Used { id, at_ms } => {
                if let Some(entry) = self.tokens.get_mut(&id) {
                    entry.used_ms = entry.used_ms.max(Some(at_ms));
                }
            }
        }
        Ok(())
    }
}
