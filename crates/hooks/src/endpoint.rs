//! Endpoints: where events are sent, which, and how that goes.
//!
//! Invariant: pure. The address of an endpoint is one that may be asked, as far as an address says.
//! Not here: where they are kept (`endpoints`), what its name stands for on the network (`client`).

use crate::address::Reach;
use crate::error::{Error, Result};
use crate::secret::Secret;
use outbound::http::Uri;
use serde::{Deserialize, Serialize};
use workroom::{Actor, EventFilter};

/// Ports of endpoints on the internet.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// The longest address.
const LONGEST: usize = 2048;

/// How an endpoint may be reached, beyond what is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Allowed {
    /// Without TLS.
    pub http: bool,
    /// On this machine and in private networks, at any port.
    pub private: bool,
}

/// An endpoint that is to be.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Where events are sent.
    pub url: String,
    /// Which.
    pub filter: EventFilter,
    /// How it may be reached.
    pub allowed: Allowed,
    /// Who wants it.
    pub by: Actor,
}

/// Where events are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its name here.
    pub id: String,
    /// Its address.
    pub url: String,
    /// What its deliveries are signed with.
    pub secret: Secret,
    /// What they were signed with before, and until when they are signed with it too, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_secret: Option<(Secret, i64)>,
    /// Which events are sent.
    pub filter: EventFilter,
    /// How it may be reached.
    #[serde(default)]
    pub allowed: Allowed,
    /// Who made it.
    pub by: Actor,
    /// When.
    pub created_ms: i64,
    /// Why nothing is sent to it any more, and since when; nothing while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disabled {
    /// Why.
    pub why: String,
    /// Since when.
    pub at_ms: i64,
}

impl Allowed {
    pub(crate) fn reach(self) -> Reach {
        if self.private { Reach::Private } else { Reach::Public }
    }
}

impl Endpoint {
    /// The secrets that a delivery at that time is signed with.
    pub(crate) fn secrets(&self, now_ms: i64) -> impl Iterator<Item = &Secret> {
        let old = self.old_secret.iter().filter(move |(_, until)| now_ms < *until).map(|(secret, _)| secret);
        std::iter::once(&self.secret).chain(old)
    }
}

impl NewEndpoint {
    /// Whether it can be one.
    pub(crate) fn check(&self) -> Result<()> {
        check_url(&self.url, self.allowed)?;
        let usual = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
        let is_type = |name: &str| {
            let name = name.strip_suffix('*').unwrap_or(name);
            !name.is_empty() && name.len() <= 64 && name.chars().all(usual)
        };
        if let Some(bad) = self.filter.types.iter().find(|name| !is_type(name)) {
            let hint = "types are such as `file.created`, or `file.*` for all that begin so";
            return Err(Error::invalid(format!("`{bad}` is no type of events"), hint));
        }
        let bad = self.filter.paths.iter().find(|path| workroom::DocPath::new(path).is_err());
        match bad {
            Some(bad) => Err(Error::invalid(
                format!("`{bad}` is no path"),
                "name a file or folder inside the workspace, such as `notes`",
            )),
            None => Ok(()),
        }
    }
}

/// Whether events may be sent to an address, as far as it says.
fn check_url(url: &str, allowed: Allowed) -> Result<()> {
    let refused =
        |why: &str, hint| Err(Error::invalid(format!("`{url}` cannot be an endpoint: {why}"), hint));
    const LIKE: &str = "such as https://hooks.example/workroom";
    // What stands before an @ may be a secret, or make an address look like another.
    if url.contains('@') || url.contains('#') {
        return Err(Error::invalid("an endpoint's address holds no name, password or fragment", LIKE));
    }
    if url.len() > LONGEST {
        return refused("it is too long", LIKE);
    }
    let Ok(uri) = url.parse::<Uri>() else { return refused("it is no URL", LIKE) };
    let port = match (uri.scheme_str(), uri.host()) {
        (_, None | Some("")) => return refused("it names no host", LIKE),
        (Some("https"), _) => uri.port_u16().unwrap_or(443),
        (Some("http"), _) if allowed.http => uri.port_u16().unwrap_or(80),
        (Some("http"), _) => return refused("it is not https", "`--allow-http` sends without TLS"),
        _ => return refused("it does not begin with https://", LIKE),
    };
    if !allowed.private && !PORTS.contains(&port) {
        return refused(
            "its port is none of 80, 443, 8080, 8443",
            "use one of them, or `--allow-private` for an endpoint of your own network",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_at_a_usual_port_unless_more_is_allowed() {
        let [none, http, private] =
            [(false, false), (true, false), (true, true)].map(|(http, private)| Allowed { http, private });
        let check = |url: &str, expected: [bool; 3]| {
            let taken = [none, http, private].map(|allowed| check_url(url, allowed).is_ok());
            assert_eq!(taken, expected, "{url}");
        };
        check("https://hooks.example/a?b=c", [true; 3]);
        check("https://hooks.example:8443", [true; 3]);
        check("http://hooks.example/", [false, true, true]);
        check("https://hooks.example:22/", [false, false, true]);
        check("http://127.0.0.1:9000/", [false, false, true]);
        for bad in [
            "",
            "hooks.example",
            "/a",
            "ftp://hooks.example",
            "https://",
            "https://bob:geheim@hooks.example",
            "https://1.1.1.1@10.0.0.1/",
            "file:///etc/passwd",
            "gopher://x/",
            "https://hooks.example/#a",
            "https://hooks example/",
            &format!("https://x/{}", "a".repeat(3000)),
        ] {
            check(bad, [false; 3]);
        }
        let said = check_url("https://bob:geheim@hooks.example", none).unwrap_err().to_string();
        assert!(!said.contains("geheim"), "{said}");
    }
}
