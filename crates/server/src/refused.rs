//! Tokens that were shown and not accepted, on their way to the audit log.
//!
//! Invariant: bounded in memory, and in the log: of one address and token a line a second at most and, the longer it goes on, one a minute, with how
//! often it was; more addresses than fit are counted together. Nothing is noted while whoever shows a token waits, so that how long that takes says
//! nothing of what there is; it is within a second or so. A workspace that is not open is not opened for it.
//! Not here: who is accepted (`custody`), how many may ask (`http::guard`).

use crate::host::ANONYMOUS;
use custody::{Actor, Refused, Token, Via};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use workroom::{AuditAct, Doing};

/// So many are counted apart.
const MOST: usize = 64;
/// Between two lines about the same: at first, and at most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// What was refused and is not noted yet, or was noted lately.
#[derive(Default)]
pub(crate) struct RefusedTokens(Mutex<HashMap<Which, Count>>);

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Which {
    workspace: String,
    /// Absent for those that are too many to be counted apart.
    from: Option<IpAddr>,
    /// Id and name, where the secret is of a token that is known.
    token: Option<(String, String)>,
    why: &'static str,
}

#[derive(Debug)]
struct Count {
    n: u64,
    due: Instant,
    pause: Duration,
}

/// What is to be noted of a workspace.
#[derive(Debug, PartialEq)]
pub(crate) struct Due {
    pub(crate) workspace: String,
    pub(crate) act: AuditAct,
}

impl RefusedTokens {
    /// A token was shown for a workspace, and was not accepted.
    pub(crate) fn count(
        &self,
        workspace: &str,
        from: IpAddr,
        (why, token): (&Refused, Option<Token>),
        now: Instant,
    ) {
        let why = match why {
            Refused::Expired => "has expired",
            Refused::Revoked => "was revoked",
            Refused::Paused => "is paused",
            _ => "is not known here",
        };
        let token = token.map(|token| (token.id, token.name));
        let mut which = Which { workspace: workspace.to_owned(), from: Some(place(from)), token, why };
        let mut counts = self.lock();
        if counts.len() >= MOST && !counts.contains_key(&which) {
            which = Which { from: None, token: None, ..which };
        }
        counts.entry(which).or_insert(Count { n: 0, due: now, pause: FIRST }).n += 1;
    }

    /// Whether something is not noted yet.
    pub(crate) fn has_any(&self) -> bool {
        self.lock().values().any(|count| count.n > 0)
    }

    /// What is to be noted by now, where `is_open` says that it can be; and whether there is more to come.
    pub(crate) fn due(&self, now: Instant, is_open: impl Fn(&str) -> bool) -> (Vec<Due>, bool) {
        let mut counts = self.lock();
        let mut due = Vec::new();
        for (which, count) in counts.iter_mut() {
            if count.n > 0 && count.due <= now && is_open(&which.workspace) {
                due.push(Due { workspace: which.workspace.clone(), act: which.said(count.n) });
                *count = Count { n: 0, due: now + count.pause, pause: (count.pause * 2).min(LONGEST) };
            }
        }
        // Whoever rests for so long is counted anew.
        counts.retain(|_, count| count.n > 0 || now < count.due + LONGEST);
        let more = counts.iter().any(|(which, count)| count.n > 0 && is_open(&which.workspace));
        (due, more)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Which, Count>> {
        // Whoever panicked had counted or not.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Which {
    fn said(&self, n: u64) -> AuditAct {
        let (principal, name) = self.token.clone().unwrap_or_else(|| (ANONYMOUS.into(), ANONYMOUS.into()));
        let by = Actor { principal, name, via: Via::Http, client: None };
        let from = self.from.map_or_else(|| "further addresses".to_owned(), |from| from.to_string());
        let times = if n == 1 { String::new() } else { format!(", {n} times") };
        AuditAct::new(Doing::TokenRefuse, by)
            .denied(format!("the token {}; shown from {from}{times}", self.why))
    }
}

/// One network of the sixth version has more addresses than can be told apart.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            if address.is_loopback() { address.into() } else { Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into() }
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    fn said(refused: &RefusedTokens, at: Instant) -> Vec<String> {
        let due = refused.due(at, |name| name != "closed").0;
        due.into_iter().map(|due| due.act.detail.unwrap()).collect()
    }

    #[test]
    fn a_stranger_gets_a_line_a_second_at_most_and_none_is_forgotten() {
        let (refused, began) = (RefusedTokens::default(), Instant::now());
        let (mut lines, mut counted) = (0, 0);
        let seconds = 3600;
        for tenth in 0..seconds * 10 {
            let now = began + Duration::from_millis(tenth * 100);
            refused.count("mill", address(1), (&Refused::Unknown, None), now);
            for line in said(&refused, now) {
                lines += 1;
                let times = line
                    .rsplit_once(", ")
                    .map_or(1, |(_, times)| times.trim_end_matches(" times").parse::<u64>().unwrap());
                counted += times;
            }
        }
        assert!((60..=70).contains(&lines), "{lines} lines in an hour");
        let last = said(&refused, began + Duration::from_secs(seconds + 60));
        let left: u64 = last[0].rsplit_once(", ").unwrap().1.trim_end_matches(" times").parse().unwrap();
        assert_eq!(counted + left, seconds * 10);
    }

    #[test]
    fn strangers_from_everywhere_take_no_more_room() {
        let (refused, now) = (RefusedTokens::default(), Instant::now());
        for n in 0..=255 {
            for _ in 0..3 {
                refused.count("mill", address(n), (&Refused::Unknown, None), now);
            }
        }
        let said = said(&refused, now);
        assert_eq!(said.len(), MOST + 1);
        let together = (256 - MOST) * 3;
        let expected = format!("the token is not known here; shown from further addresses, {together} times");
        assert!(said.contains(&expected), "{said:?}");
        assert_eq!(refused.due(now + LONGEST * 3, |_| true), (Vec::new(), false));
        assert!(refused.lock().is_empty(), "they are forgotten in time");
    }

    #[test]
    fn what_is_refused_where_nothing_is_open_waits() {
        let (refused, now) = (RefusedTokens::default(), Instant::now());
        refused.count("closed", address(1), (&Refused::Revoked, None), now);
        assert_eq!(refused.due(now, |name| name != "closed"), (Vec::new(), false));
        let (due, more) = refused.due(now + LONGEST * 10, |_| true);
        assert_eq!((due.len(), more), (1, false));
        assert_eq!(due[0].act.detail.as_deref(), Some("the token was revoked; shown from 10.0.0.1"));
    }

    #[test]
    fn a_network_is_one_place() {
        let check = |address: &str, expected: &str| {
            assert_eq!(place(address.parse().unwrap()).to_string(), expected);
        };
        check("203.0.113.5", "203.0.113.5");
        check("::ffff:203.0.113.5", "203.0.113.5");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("::1", "::1");
    }
}
