//! Idempotency keys: a change that is sent again is made once.
//!
//! Invariant: under one principal's key one request is made, and whoever sends it again is given its answer. Only what succeeded is kept: what
//! was refused can be sent again.
//! Not here: after a restart a key is as new; a condition (`If-Match`) holds even then.

use crate::refusal::{Kind, Refusal, Result};
use axum::http::HeaderMap;
use lru::LruCache;
use serde_json::Value;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The header.
pub(super) const HEADER: &str = "idempotency-key";
/// Keys that are kept.
const ROOM: NonZeroUsize = NonZeroUsize::new(10_000).expect("is not zero");
/// How long one is kept.
const AGE: Duration = Duration::from_secs(24 * 3600);
/// The longest key.
const LONGEST: usize = 255;

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// The keys that were used.
pub(super) struct Keys {
    used: Mutex<LruCache<[u8; 32], Used>>,
}

struct Used {
    request: [u8; 32],
    at: Instant,
    /// None while it is being made.
    answered: Option<Answered>,
}

/// A request that is being made under a key. Dropped without an answer, the key is free again.
pub(super) struct Making<'a> {
    keys: &'a Keys,
    key: Option<[u8; 32]>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { used: Mutex::new(LruCache::new(ROOM)) }
    }
}

/// Refuses what cannot be a key.
pub(super) fn check(headers: &HeaderMap) -> Result<()> {
    match headers.get(HEADER) {
        Some(key) if key.is_empty() || key.len() > LONGEST => {
            Err(Refusal::invalid(format!("an idempotency key has 1 to {LONGEST} characters")))
        }
        _ => Ok(()),
    }
}

impl Keys {
    /// Begins a request, or gives what it was answered before. `who` is the principal with its workspace, `request` all that makes it this
    /// request and no other.
    pub(super) fn begin(
        &self,
        headers: &HeaderMap,
        who: &[&str],
        request: &[&[u8]],
    ) -> Result<std::result::Result<Making<'_>, Answered>> {
        let Some(key) = headers.get(HEADER) else { return Ok(Ok(Making { keys: self, key: None })) };
        check(headers)?;
        let who = who.iter().map(|part| part.as_bytes());
        let key = digest(who.chain([key.as_bytes()]));
        let request = digest(request.iter().copied());
        let mut used = self.lock();
        if let Some(before) = used.get(&key).filter(|before| before.at.elapsed() < AGE) {
            if before.request != request {
                return Err(Refusal::new(
                    Kind::Unprocessable,
                    "the idempotency key was used for another request",
                )
                .hint("take a new key for a new request"));
            }
            return match &before.answered {
                Some(answered) => Ok(Err(answered.clone())),
                None => {
                    let refusal = Refusal::new(Kind::Conflict, "the same request is being made");
                    Err(Refusal { retry_after: Some(1), ..refusal })
                }
            };
        }
        used.put(key, Used { request, at: Instant::now(), answered: None });
        Ok(Ok(Making { keys: self, key: Some(key) }))
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<[u8; 32], Used>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Making<'_> {
    /// It was made, and answered so.
    pub(super) fn done(mut self, answered: &Answered) {
        if let Some(key) = self.key.take()
            && let Some(used) = self.keys.lock().get_mut(&key)
        {
            used.answered = Some(answered.clone());
        }
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.keys.lock().pop(&key);
        }
    }
}

/// A digest of several things that no other several things have.
fn digest<'a>(parts: impl Iterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_stands_for_one_request_of_one_principal() {
        let keys = Keys::default();
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, "k".parse().unwrap());
        let answered = Answered { status: 201, body: json!({"seq": 1}) };
        let kind = |who: &str, request: &str| match keys.begin(&headers, &[who], &[request.as_bytes()]) {
            Ok(Ok(_)) => "new".to_owned(),
            Ok(Err(answered)) => answered.status.to_string(),
            Err(refusal) => refusal.kind.name().to_owned(),
        };
        // Given up, it is free again.
        assert_eq!([kind("ann", "a"), kind("ann", "a")], ["new", "new"]);
        let making = keys.begin(&headers, &["ann"], &[b"a"]).unwrap().ok().unwrap();
        assert_eq!(kind("ann", "a"), "conflict");
        making.done(&answered);
        assert_eq!(kind("ann", "a"), "201");
        assert_eq!(kind("ann", "b"), "unprocessable");
        assert_eq!(kind("bob", "b"), "new");
        assert!(keys.begin(&HeaderMap::new(), &["ann"], &[b"z"]).unwrap().is_ok());
    }
}
