//! The names of this server: hosts that a request may name, origins that a page of its own has, the address that clients are told.
//!
//! Invariant: pure. `localhost` and addresses in numbers nobody can make point elsewhere; any other name is this server's only if its operator
//! says so. The address that a client is told is the one that it asked for, unless there is a public one.
//! Not here: what is refused by it (`guard`), what is told of it (`problem`, `health`).

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use std::net::{IpAddr, Ipv6Addr};

/// A host, and a port where one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// In small letters, without brackets.
    host: String,
    port: Option<u16>,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let authority = text.parse::<Authority>().ok()?;
        let (host, port) = (authority.host(), authority.port_u16());
        let rest = text.get(host.len()..)?;
        let is_plain =
            !host.is_empty() && text.starts_with(host) && (port.is_some() || matches!(rest, "" | ":"));
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        // An address has several spellings.
        let host =
            host.parse::<IpAddr>().map_or_else(|_| host.to_ascii_lowercase(), |number| number.to_string());
        is_plain.then_some(Self { host, port })
    }

    fn is_of_no_name(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok()
    }

    /// Whether it is one that is meant by `named`: at any port, if that names none.
    fn is(&self, named: &Self) -> bool {
        self.host == named.host && (named.port.is_none() || named.port == self.port)
    }
}

/// A scheme, a host and a port, as browsers compare them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: &'static str,
    host: String,
    port: u16,
}

impl Origin {
    fn new(scheme: &'static str, place: &Place) -> Self {
        let usual = if scheme == "https" { 443 } else { 80 };
        Self { scheme, host: place.host.clone(), port: place.port.unwrap_or(usual) }
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = ["http", "https"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
        Place::parse(authority).map(|place| Self::new(scheme, &place))
    }
}

/// An address that is told to clients, whatever they asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Public {
    origin: Origin,
    text: String,
}

impl Public {
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('/').unwrap_or(text);
        Some(Self { origin: Origin::parse(text)?, text: text.to_owned() })
    }
}

/// The names by which this server is called.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    scheme: &'static str,
    hosts: Vec<Place>,
    public: Option<Public>,
}

/// What a request names wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    NoHost,
    SeveralHosts,
    OtherHost,
    OtherOrigin,
}

/// The host that a request names, as it names it.
fn asked<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, Wrong> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (uri.authority(), hosts.next().map(|host| host.to_str())) {
        (Some(authority), _) => authority.as_str(),
        (None, Some(Ok(host))) => host,
        _ => return Err(Wrong::NoHost),
    };
    if hosts.next().is_some() { Err(Wrong::SeveralHosts) } else { Ok(host) }
}

impl Names {
    /// Of a server that is reached by `scheme`, by these hosts too (with a port: at that one alone), and publicly at `public`.
    ///
    /// # Errors
    /// The one that cannot be a name, and why.
    pub(crate) fn new(
        scheme: &'static str,
        hosts: &[String],
        public: Option<&str>,
    ) -> Result<Self, (String, &'static str)> {
        let host = |text: &String| {
            let bracketed = text.parse::<Ipv6Addr>().map(|number| format!("[{number}]"));
            let place = Place::parse(bracketed.as_deref().unwrap_or(text));
            place.ok_or_else(|| (text.clone(), "it is no host, such as `work.example`"))
        };
        let hosts = hosts.iter().map(host).collect::<Result<_, _>>()?;
        let why = "it is no address such as `https://work.example`, which has no path";
        let parse = |text: &str| Public::parse(text).ok_or_else(|| (text.to_owned(), why));
        let public = public.map(parse).transpose()?;
        Ok(Self { scheme, hosts, public })
    }

    /// Whether the server is told to be reached by others through something that has no TLS; none if it is not told to be public at all.
    pub(crate) fn is_public_in_clear(&self) -> Option<bool> {
        self.public.as_ref().map(|public| public.origin.scheme == "http")
    }

    fn place(&self, host: &str) -> Option<Place> {
        let place = Place::parse(host)?;
        let is_public = || self.public.as_ref().is_some_and(|public| public.origin.host == place.host);
        let is_ours = place.is_of_no_name() || self.hosts.iter().any(|named| place.is(named)) || is_public();
        is_ours.then_some(place)
    }

    /// Pages of the public address are of this server; else they must be of the very host and port that is asked: another port of this machine
    /// is another's.
    fn is_own(&self, origin: &str, asked: &Place) -> bool {
        let Some(origin) = Origin::parse(origin) else { return false };
        let is_public = self.public.as_ref().is_some_and(|public| public.origin == origin);
        is_public || origin == Origin::new(self.scheme, asked)
    }

    /// Whether a request names this server, and no other page's origin.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Wrong> {
        let place = self.place(asked(uri, headers)?).ok_or(Wrong::OtherHost)?;
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if origins.all(|origin| origin.to_str().is_ok_and(|origin| self.is_own(origin, &place))) {
            return Ok(());
        }
        Err(Wrong::OtherOrigin)
    }

    /// The server's address for whoever asks so: the public one, else the one that is asked. None if that is not this server's.
    pub(super) fn address(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        if let Some(public) = &self.public {
            return Some(public.text.clone());
        }
        let host = asked(uri, headers).ok()?;
        self.place(host).map(|_| format!("{}://{host}", self.scheme))
    }

    /// Whether the request was made to this machine by a name that only it has.
    pub(super) fn is_local(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let place = asked(uri, headers).ok().and_then(Place::parse);
        place.is_some_and(|place| {
            let is_loopback = |host: &str| host.parse::<IpAddr>().is_ok_and(|number| number.is_loopback());
            place.host == "localhost" || is_loopback(&place.host)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(public: Option<&str>) -> Names {
        let hosts = ["work.example", "inner.example:8080", "192.168.1.5:80", "fe80::1"].map(str::to_owned);
        Names::new("http", &hosts, public).unwrap()
    }

    fn headers(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    fn here() -> Uri {
        Uri::from_static("/v1")
    }

    #[test]
    fn hosts_are_known_by_name_and_number() {
        let check = |host: &str, expected: Result<(), Wrong>| {
            assert_eq!(names(None).check(&here(), &headers(host, None)), expected, "{host}");
        };
        for good in [
            "localhost",
            "LocalHost:7700",
            "localhost:",
            "127.0.0.1:7700",
            "[::1]:7700",
            "10.1.2.3",
            "[fe80::1]:7700",
            "work.example",
            "WORK.example:443",
            "inner.example:8080",
        ] {
            check(good, Ok(()));
        }
        for bad in [
            "evil.example",
            "evil.example:7700",
            "localhost.evil.example",
            "localhost.",
            "a@localhost",
            "a@work.example",
            "",
            ":80",
            "127.0.0.1.evil.example",
            "work.example.evil.example",
            "inner.example",
            "inner.example:8081",
            "work.example:99999",
            "work.example:8o",
            "x y",
        ] {
            check(bad, Err(Wrong::OtherHost));
        }
        let nothing = names(None).check(&here(), &HeaderMap::new());
        assert_eq!(nothing, Err(Wrong::NoHost));
        let mut twice = headers("localhost", None);
        twice.append(header::HOST, "work.example".parse().unwrap());
        assert_eq!(names(None).check(&here(), &twice), Err(Wrong::SeveralHosts));
        // What stands in the request's line is what is asked for.
        let whole = Uri::from_static("http://evil.example/v1");
        assert_eq!(names(None).check(&whole, &headers("localhost", None)), Err(Wrong::OtherHost));
    }

    #[test]
    fn pages_are_of_this_very_server() {
        let check = |public: Option<&str>, host: &str, origin: &str, expected: bool| {
            let allowed = names(public).check(&here(), &headers(host, Some(origin))).is_ok();
            assert_eq!(allowed, expected, "{public:?} {host} {origin}");
        };
        check(None, "localhost:7700", "http://localhost:7700", true);
        check(None, "[::1]:7700", "http://[::1]:7700", true);
        check(None, "work.example", "http://work.example", true);
        check(None, "work.example", "http://Work.example:80", true);
        for bad in [
            "null",
            "http://evil.example",
            "https://localhost:7700",
            "http://localhost:8080",
            "http://127.0.0.1:7700",
            "http://localhost:7700/page",
            "localhost:7700",
            "",
        ] {
            check(None, "localhost:7700", bad, false);
            check(Some("https://pub.example"), "localhost:7700", bad, false);
        }
        // Behind a proxy, whichever of the two hosts that passes on.
        let public = Some("https://pub.example");
        check(public, "pub.example", "https://pub.example", true);
        check(public, "127.0.0.1:7700", "https://pub.example:443", true);
        check(public, "pub.example", "http://pub.example:8443", false);
        check(public, "pub.example", "https://pub.example:8443", false);
        check(None, "127.0.0.1:7700", "https://pub.example", false);
    }

    #[test]
    fn clients_are_told_the_public_address_or_the_one_they_asked_for() {
        let check = |public: Option<&str>, host: &str, expected: Option<&str>| {
            let told = names(public).address(&here(), &headers(host, None));
            assert_eq!(told.as_deref(), expected, "{public:?} {host}");
        };
        check(None, "work.example:7700", Some("http://work.example:7700"));
        check(None, "[::1]:7700", Some("http://[::1]:7700"));
        check(None, "evil.example", None);
        check(Some("https://pub.example/"), "127.0.0.1:7700", Some("https://pub.example"));
        check(Some("https://pub.example:8443"), "pub.example", Some("https://pub.example:8443"));
    }

    #[test]
    fn what_is_no_name_is_refused_at_the_start() {
        for bad in ["", "a b", "http://work.example", "work.example/x", "a@b", "work.example:x"] {
            assert!(Names::new("http", &[bad.to_owned()], None).is_err(), "{bad}");
        }
        for bad in [
            "",
            "work.example",
            "ftp://work.example",
            "https://",
            "https://work.example/app",
            "https://work.example?x",
            "https://a@work.example",
        ] {
            assert!(Names::new("http", &[], Some(bad)).is_err(), "{bad}");
        }
        let in_clear = |public| Names::new("http", &[], public).unwrap().is_public_in_clear();
        assert_eq!(in_clear(None), None);
        assert_eq!(in_clear(Some("https://work.example")), Some(false));
        assert_eq!(in_clear(Some("HTTP://work.example")), Some(true));
    }

    proptest! {
        /// Whatever is sent, a name of somebody else never passes.
        #[test]
        fn only_own_names_pass(host in "[a-z0-9.:@\\[\\]-]{0,30}") {
            let Ok(value) = host.parse() else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, value);
            if names(None).check(&here(), &headers).is_ok() {
                let bare = host.rsplit_once(':').filter(|(_, port)| port.chars().all(|c| c.is_ascii_digit()));
                let bare = bare.map_or(host.as_str(), |(bare, _)| bare).trim_matches(['[', ']']);
                let is_number = bare.parse::<IpAddr>().is_ok() || host.parse::<IpAddr>().is_ok();
                prop_assert!(is_number || ["localhost", "work.example", "inner.example"].contains(&bare), "{host}");
            }
        }
    }
}
