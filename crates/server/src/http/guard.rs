//! Guards before every route: the host and origin that a request names, and how many there are.
//!
//! Invariant: a page from elsewhere that a browser of this machine has open reaches nothing here, by whatever name it has this address (DNS
//! rebinding). Nobody's requests keep the others' from being answered.
//! Not here: tokens (`host`), the connections themselves (`serve`).

use super::App;
use super::extract::secret;
use super::serve::Peer;
use crate::refusal::{Kind, Refusal, Result};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The names by which this server is called.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    hosts: Vec<String>,
    scheme: &'static str,
    port: u16,
}

impl Names {
    /// Besides these, `localhost` and every address in numbers: only a name can be made to point elsewhere.
    pub(crate) fn new(hosts: Vec<String>, scheme: &'static str, port: u16) -> Self {
        Self { hosts, scheme, port }
    }

    /// Hosts and origins as another guard may want them: what is allowed here on this port.
    pub(crate) fn listed(&self) -> (Vec<String>, Vec<String>) {
        let usual = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let hosts: Vec<String> = usual.into_iter().chain(self.hosts.clone()).collect();
        let origins = hosts.iter().map(|host| format!("{}://{host}:{}", self.scheme, self.port)).collect();
        (hosts, origins)
    }

    fn allow(&self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<axum::http::uri::Authority>() else { return false };
        let host = authority.host();
        let number = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_known = host.eq_ignore_ascii_case("localhost")
            || number.parse::<IpAddr>().is_ok()
            || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
        // Behind a proxy or a forwarded port it is another one; it says nothing about who asks.
        is_known && !authority.as_str().contains('@')
    }

    fn allow_origin(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        // The page must be of this very server: another port of this machine is another's.
        scheme == self.scheme && self.allow(authority) && authority.eq_ignore_ascii_case(host)
    }

    /// Whether a request names this server, and no other page's origin.
    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<()> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (uri.authority(), hosts.next().map(|host| host.to_str())) {
            (Some(authority), _) => authority.as_str(),
            (None, Some(Ok(host))) => host,
            _ => return Err(Refusal::invalid("the request names no host")),
        };
        if hosts.next().is_some() {
            return Err(Refusal::invalid("the request names several hosts"));
        }
        if !self.allow(host) {
            return Err(Refusal::new(Kind::Forbidden, "the request names a host that is not served here")
                .hint("use the address that the server printed, or start it with `--host NAME`"));
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if origins.any(|origin| !origin.to_str().is_ok_and(|origin| self.allow_origin(origin, host))) {
            return Err(Refusal::new(Kind::Forbidden, "pages of other origins may not use this server"));
        }
        Ok(())
    }
}

/// Refuses what names another host or comes from another page.
pub(super) async fn check_names(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.names.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
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
            let seconds = not_until.wait_time_from(self.clock.now()).as_secs() + 1;
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
    fn other_hosts_and_origins_are_refused() {
        let names = Names::new(vec!["work.example".into()], "http", 7700);
        let check = |host: &str, origin: Option<&str>, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            let allowed = names.check(&Uri::from_static("/v1"), &headers).is_ok();
            assert_eq!(allowed, expected, "{host} {origin:?}");
        };
        for good in [
            "localhost",
            "localhost:7700",
            "127.0.0.1:7700",
            "[::1]:7700",
            "work.example",
            "WORK.example:443",
        ] {
            check(good, None, true);
        }
        for bad in [
            "evil.example",
            "evil.example:7700",
            "localhost.evil.example",
            "a@localhost",
            "",
            "127.0.0.1.evil.example",
            "x y",
        ] {
            check(bad, None, false);
        }
        check("localhost:7700", Some("http://localhost:7700"), true);
        for bad in [
            "null",
            "http://evil.example",
            "https://localhost:7700",
            "http://localhost:8080",
            "http://127.0.0.1:7700",
            "localhost:7700",
        ] {
            check("localhost:7700", Some(bad), false);
        }
        let none = names.check(&Uri::from_static("/v1"), &HeaderMap::new());
        assert_eq!(none.unwrap_err().kind, Kind::Invalid);
    }

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
