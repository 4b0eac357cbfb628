//! Guards before every route: the host and origin that a request names, and how many there are.
//!
//! Invariant: a page from elsewhere that a browser of this machine has open reaches nothing here, by whatever name it has this address (DNS
//! rebinding). Nobody's requests keep the others' from being answered.
//! Not here: which names are this server's (`names`), tokens (`host`), the connections themselves (`serve`).

use super::App;
use super::extract::secret;
use super::names::Wrong;
use super::serve::Peer;
use crate::refusal::{Kind, Refusal, Result};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Refuses what names another host or comes from another page.
pub(super) async fn check_names(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.names.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(wrong) => refuse(wrong).into_response(),
    }
}

fn refuse(wrong: Wrong) -> Refusal {
    match wrong {
        Wrong::NoHost => Refusal::invalid("the request names no host"),
        Wrong::SeveralHosts => Refusal::invalid("the request names several hosts"),
        Wrong::OtherHost => {
            Refusal::new(Kind::Forbidden, "the request names a host that is not served here")
                .hint("use the address that the server printed, or start it with `--host NAME` or `--public-url URL`")
        }
        Wrong::OtherOrigin => {
            Refusal::new(Kind::Forbidden, "pages of other origins may not use this server")
        }
    }
}

/// How many requests may come: of each principal, or of each address where no token is shown.
pub(super) struct Rates {
    each: DefaultKeyedRateLimiter<Key>,
    /// Of one address, with tokens that are none.
    strangers: DefaultKeyedRateLimiter<Key>,
    clock: DefaultClock,
    asked: AtomicU32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Token([u8; 16]),
    Address(IpAddr),
}

/// Requests a second with tokens that are none.
const STRANGERS: NonZeroU32 = NonZeroU32::new(20).expect("is not zero");
/// Keys that are no longer of use are dropped once in so many requests.
const SWEEP: u32 = 1 << 14;

impl Rates {
    /// So many a second, and twice as many at once.
    pub(super) fn new(a_second: NonZeroU32) -> Self {
        let quota =
            |a_second: NonZeroU32| Quota::per_second(a_second).allow_burst(a_second.saturating_mul(TWO));
        Self {
            each: RateLimiter::keyed(quota(a_second)),
            strangers: RateLimiter::keyed(quota(STRANGERS)),
            clock: DefaultClock::default(),
            asked: AtomicU32::new(0),
        }
    }

    fn take(&self, limiter: &DefaultKeyedRateLimiter<Key>, key: Key) -> Result<()> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.each.retain_recent();
            self.strangers.retain_recent();
        }
        limiter.check_key(&key).map_err(|not_until| {
            let seconds = not_until.wait_time_from(self.clock.now()).as_secs() as u32 + 1;
            Refusal { retry_after: Some(seconds), ..Refusal::new(Kind::TooMany, "too many requests") }
        })
    }
}

const TWO: NonZeroU32 = NonZeroU32::new(2).expect("is not zero");

/// Refuses whoever asks too often.
pub(super) async fn limit_rates(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<Peer>().map_or(IpAddr::from([0; 4]), |peer| peer.0.ip());
    let shown = secret(request.headers()).ok().flatten();
    let key = shown.as_deref().map_or(Key::Address(address), |secret| Key::Token(digest(secret)));
    if let Err(refusal) = app.rates.take(&app.rates.each, key) {
        return refusal.into_response();
    }
    let response = next.run(request).await;
    let is_stranger = shown.is_some() && response.status() == axum::http::StatusCode::UNAUTHORIZED;
    if is_stranger && let Err(refusal) = app.rates.take(&app.rates.strangers, Key::Address(address)) {
        return refusal.into_response();
    }
    response
}

/// Tells secrets apart without keeping them.
fn digest(secret: &str) -> [u8; 16] {
    let hash = blake3::hash(secret.as_bytes());
    let mut digest = [0; 16];
    digest.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_rate() {
        let rates = Rates::new(NonZeroU32::MIN);
        let ask = |token: &str| rates.take(&rates.each, Key::Token(digest(token)));
        assert!(ask("a").is_ok() && ask("a").is_ok());
        let refused = ask("a").unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (Kind::TooMany, Some(1)));
        assert!(ask("b").is_ok());
    }
}
