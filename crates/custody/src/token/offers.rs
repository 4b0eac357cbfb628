//! What the records about transfers of ownership add up to.
//!
//! Invariant: an offer is taken once, or taken back, or ends by itself; none of them twice.
//! Not here: what taking it does to tokens (`table`), who may offer (`transfer`).

use super::record::Record;
use super::secret::Digest;
use crate::journal::Unfit;
use crate::{Grant, Via};
use std::collections::BTreeMap;

/// A transfer of ownership, offered to whoever shows its secret. The secret is not among what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// Names it in every list. Public, and unrelated to the secret.
    pub id: String,
    /// The id of the principal who offers, and will be left with what it keeps.
    pub created_by: String,
    /// When it was made, in milliseconds since 1970, as all times here.
    pub created_ms: i64,
    /// When it ends by itself.
    pub expires_ms: i64,
    /// What the one who offers is left with; nothing, if its token is to end. The owner keeps everything whatever is said here.
    pub keeps: Vec<Grant>,
    /// Whether the tokens that it made go over to the new owner; else they end with the transfer.
    pub passes_tokens: bool,
    /// What became of it.
    pub state: TransferState,
    /// The id of the new owner's token, once it was taken.
    pub claimed_by: Option<String>,
    /// By which way that one came.
    pub claimed_via: Option<Via>,
    /// When it was taken or taken back.
    pub ended_ms: Option<i64>,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferState {
    /// It can be taken.
    Open,
    /// Somebody has become the owner by it.
    Claimed,
    /// It was taken back.
    Retracted,
    /// Its time is over.
    Expired,
    /// Whoever offered it has not what it offers any more.
    Void,
}

impl TransferState {
    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Retracted => "retracted",
            Self::Expired => "expired",
            Self::Void => "void",
        }
    }
}

/// An offer as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    digest: Digest,
    pub(super) keeps: Vec<Grant>,
    pub(super) passes_tokens: bool,
    pub(super) by: String,
    at_ms: i64,
    expires_ms: i64,
    retracted_ms: Option<i64>,
    claimed: Option<Claimed>,
}

#[derive(Clone, Debug)]
struct Claimed {
    token: String,
    via: Via,
    at_ms: i64,
    is_told: bool,
}

impl Offer {
    pub(super) fn new(
        digest: Digest,
        keeps: Vec<Grant>,
        passes_tokens: bool,
        by: String,
        at_ms: i64,
        expires_ms: i64,
    ) -> Self {
        Self { digest, keeps, passes_tokens, by, at_ms, expires_ms, retracted_ms: None, claimed: None }
    }

    fn is_open(&self, now_ms: i64) -> bool {
        self.claimed.is_none() && self.retracted_ms.is_none() && self.expires_ms > now_ms
    }

    fn state(&self, owns: &dyn Fn(&str) -> bool, now_ms: i64) -> TransferState {
        match self {
            Self { claimed: Some(_), .. } => TransferState::Claimed,
            Self { retracted_ms: Some(_), .. } => TransferState::Retracted,
            Self { expires_ms, .. } if *expires_ms <= now_ms => TransferState::Expired,
            Self { by, .. } if !owns(by) => TransferState::Void,
            _ => TransferState::Open,
        }
    }

    fn shown(&self, id: &str, owns: &dyn Fn(&str) -> bool, now_ms: i64) -> Transfer {
        Transfer {
            id: id.to_owned(),
            created_by: self.by.clone(),
            created_ms: self.at_ms,
            expires_ms: self.expires_ms,
            keeps: self.keeps.clone(),
            passes_tokens: self.passes_tokens,
            state: self.state(owns, now_ms),
            claimed_by: self.claimed.as_ref().map(|claimed| claimed.token.clone()),
            claimed_via: self.claimed.as_ref().map(|claimed| claimed.via),
            ended_ms: self.claimed.as_ref().map(|claimed| claimed.at_ms).or(self.retracted_ms),
        }
    }
}

/// All offers.
#[derive(Debug, Default)]
pub(super) struct Offers(BTreeMap<String, Offer>);

impl Offers {
    pub(super) fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Those that can be taken, but for what their makers have lost since.
    pub(super) fn n_open(&self, now_ms: i64) -> usize {
        self.0.values().filter(|offer| offer.is_open(now_ms)).count()
    }

    /// The id of the offer that a secret belongs to.
    pub(super) fn id_of(&self, digest: &Digest) -> Option<&str> {
        let mut found = self.0.iter().filter(|(_, offer)| offer.digest == *digest);
        found.next().map(|(id, _)| id.as_str())
    }

    /// The offer of that id. `owns` says who has what it offers.
    pub(super) fn get(&self, id: &str, owns: &dyn Fn(&str) -> bool, now_ms: i64) -> Option<Transfer> {
        self.0.get(id).map(|offer| offer.shown(id, owns, now_ms))
    }

    /// All offers, the newest first.
    pub(super) fn list(&self, owns: &dyn Fn(&str) -> bool, now_ms: i64) -> Vec<Transfer> {
        let mut all: Vec<Transfer> = self.0.iter().map(|(id, offer)| offer.shown(id, owns, now_ms)).collect();
        all.sort_by(|a, b| b.created_ms.cmp(&a.created_ms).then_with(|| a.id.cmp(&b.id)));
        all
    }

    /// The ids of those that were taken and are not in the audit log yet.
    pub(super) fn untold(&self) -> Vec<String> {
        let is_untold = |offer: &Offer| offer.claimed.as_ref().is_some_and(|claimed| !claimed.is_told);
        self.0.iter().filter(|(_, offer)| is_untold(offer)).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn has_untold(&self) -> bool {
        !self.untold().is_empty()
    }

    /// The records that make those that can still be taken.
    pub(super) fn records(&self, now_ms: i64) -> impl Iterator<Item = Record> {
        let open = self.0.iter().filter(move |(_, offer)| offer.is_open(now_ms));
        open.map(|(id, offer)| Record::Offered {
            id: id.clone(),
            digest: offer.digest,
            keeps: offer.keeps.clone(),
            passes_tokens: offer.passes_tokens,
            by: offer.by.clone(),
            at_ms: offer.at_ms,
            expires_ms: offer.expires_ms,
        })
    }

    pub(super) fn add(&mut self, id: String, offer: Offer) -> Result<(), Unfit> {
        if self.0.contains_key(&id) {
            return Err(Unfit(format!("the transfer `{id}` is offered twice")));
        }
        self.0.insert(id, offer);
        Ok(())
    }

    /// What is taken back twice, or was taken before, stays as it is.
    pub(super) fn retract(&mut self, id: &str, at_ms: i64) {
        if let Some(offer) = self.0.get_mut(id).filter(|offer| offer.claimed.is_none()) {
            offer.retracted_ms.get_or_insert(at_ms);
        }
    }

    pub(super) fn take(&mut self, id: &str, token: &str, via: Via, at_ms: i64) -> Result<Offer, Unfit> {
        let offer = self.0.get_mut(id).filter(|offer| offer.claimed.is_none());
        let offer = offer.ok_or_else(|| Unfit(format!("the transfer `{id}` is taken and cannot be")))?;
        offer.claimed = Some(Claimed { token: token.to_owned(), via, at_ms, is_told: false });
        Ok(offer.clone())
    }

    pub(super) fn told(&mut self, id: &str) {
        if let Some(claimed) = self.0.get_mut(id).and_then(|offer| offer.claimed.as_mut()) {
            claimed.is_told = true;
        }
    }
}
