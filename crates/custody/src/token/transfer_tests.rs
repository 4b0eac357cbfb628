//! Transfers of ownership, as whoever offers and takes them sees them.

use super::{Claimed, NewToken, NewTransfer, Offered, State, Tokens, TransferState};
use crate::{ErrorKind, Grant, Principal, Right, Rights, Via};
use proptest::prelude::*;
use std::path::PathBuf;

const NOW: i64 = 1_795_000_000_000;
const HOUR: i64 = 3_600_000;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The tokens, as another process has them.
    fn open(&self) -> Tokens {
        Tokens::at(self.0.path())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("tokens.journal")
    }
}

fn grants(prefix: &str, right: Right) -> Vec<Grant> {
    vec![Grant::new(prefix, Rights::of([right])).unwrap()]
}

/// A token of somebody's that may do that, as its holder.
fn token(tokens: &Tokens, by: &Principal, name: &str, granted: Vec<Grant>) -> Principal {
    let made = tokens.create(by, NewToken::new(name, granted), NOW).unwrap();
    tokens.authenticate(made.secret.reveal(), NOW).unwrap()
}

fn setter_up(tokens: &Tokens) -> Principal {
    token(tokens, &Principal::owner(), "setter-up", grants("", Right::Admin))
}

fn keeping(prefix: &str, right: Right, passes_tokens: bool) -> NewTransfer {
    NewTransfer { keeps: grants(prefix, right), passes_tokens }
}

fn kind_of<T>(result: crate::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn whoever_claims_is_the_owner_and_whoever_offered_has_what_was_agreed() {
    for passes_tokens in [false, true] {
        let place = Place::new();
        let (server, command) = (place.open(), place.open());
        let agent = setter_up(&server);
        let logger = token(&server, &agent, "logger", grants("logs", Right::Write));
        let other = token(&server, &Principal::owner(), "other", grants("", Right::Read));
        let Offered { transfer, secret } =
            server.offer(&agent, keeping("drafts", Right::Read, passes_tokens), NOW).unwrap();
        assert_eq!((transfer.state, transfer.expires_ms), (TransferState::Open, NOW + 72 * HOUR));
        assert!(server.is_claimable(secret.reveal(), NOW).unwrap());
        // It opens nothing by itself.
        assert!(server.authenticate(secret.reveal(), NOW).is_err());

        let Claimed { transfer, token, secret: owners } =
            command.claim(secret.reveal(), "ann", Via::Http, NOW + HOUR).unwrap();
        assert_eq!(transfer.claimed_by.as_deref(), Some(token.id.as_str()));
        let ann = server.authenticate(owners.reveal(), NOW + HOUR).unwrap();
        assert!(ann.may(Right::Admin, "") && token.expires_ms.is_none() && token.created_by == "owner");
        let agent = server.principal(&agent.id, NOW + HOUR).unwrap();
        assert!(agent.may(Right::Read, "drafts/x") && !agent.may(Right::Write, "drafts/x"));
        assert!(!agent.may(Right::Read, "a") && !agent.may(Right::Admin, "drafts"));
        assert_eq!(server.principal(&logger.id, NOW + HOUR).is_ok(), passes_tokens);
        assert!(server.principal(&other.id, NOW + HOUR).is_ok(), "the owner's own tokens stay");
        assert!(server.list(&ann, NOW + HOUR).unwrap().len() == 4);
        server.revoke(&ann, &agent.id, NOW + 2 * HOUR).unwrap();
        assert_eq!(
            server.principal(&logger.id, NOW + 2 * HOUR).is_ok(),
            passes_tokens,
            "what went over does not end with the maker"
        );

        // Once, and never again; the new owner can hand it on.
        assert_eq!(
            kind_of(server.claim(secret.reveal(), "ben", Via::Http, NOW + HOUR)),
            Some(ErrorKind::NotFound)
        );
        assert!(server.offer(&ann, NewTransfer::default(), NOW + HOUR).is_ok());
        let [(told, to)] = server.untold(NOW).unwrap().try_into().unwrap();
        assert_eq!(
            (told.id.as_str(), to.map(|token| token.name)),
            (transfer.id.as_str(), Some("ann".into()))
        );
        server.told(&transfer.id).unwrap();
        assert!(command.untold(NOW).unwrap().is_empty());
    }
}

#[test]
fn only_who_has_it_for_ever_hands_it_over() {
    let place = Place::new();
    let tokens = place.open();
    let (owner, agent) = (Principal::owner(), setter_up(&tokens));
    let offer = |by: &Principal| kind_of(tokens.offer(by, NewTransfer::default(), NOW));
    let brief = NewToken::new("brief", grants("", Right::Admin)).until(NOW + HOUR);
    let brief = tokens.create(&owner, brief, NOW).unwrap();
    let brief = tokens.authenticate(brief.secret.reveal(), NOW).unwrap();
    assert_eq!(offer(&brief), Some(ErrorKind::Denied), "it would live for ever");
    let second = token(&tokens, &agent, "second", grants("", Right::Admin));
    assert_eq!(offer(&second), Some(ErrorKind::Denied), "it ends when its maker does");
    let part = token(&tokens, &owner, "part", grants("a", Right::Admin));
    assert_eq!(offer(&part), Some(ErrorKind::Denied));
    assert_eq!(kind_of(tokens.transfers(&part, NOW)), Some(ErrorKind::Denied));
    let mut open: Vec<Offered> = [&owner, &agent, &owner, &agent]
        .map(|by| tokens.offer(by, NewTransfer::default(), NOW).unwrap())
        .into();
    open.push(tokens.offer(&agent, NewTransfer::default(), NOW + 1).unwrap());
    assert_eq!(offer(&owner), Some(ErrorKind::Invalid), "five are open");
    assert_eq!(tokens.transfers(&brief, NOW).unwrap().first().unwrap().id, open[4].transfer.id);

    let claim = |at: usize, name: &str, now_ms| {
        kind_of(tokens.claim(open[at].secret.reveal(), name, Via::Http, now_ms))
    };
    assert_eq!(kind_of(tokens.retract(&part, &open[0].transfer.id, NOW)), Some(ErrorKind::Denied));
    tokens.retract(&brief, &open[0].transfer.id, NOW).unwrap();
    assert_eq!(claim(0, "ann", NOW), Some(ErrorKind::NotFound), "it was taken back");
    assert_eq!(claim(1, "setter-up", NOW), Some(ErrorKind::Invalid), "the name is taken, the offer not");
    assert_eq!(claim(1, "ann\u{202e}", NOW), Some(ErrorKind::Invalid));
    assert_eq!(claim(2, "ann", NOW + 72 * HOUR), Some(ErrorKind::NotFound), "its time is over");
    assert_eq!(claim(1, "ann", NOW), None);
    assert_eq!(claim(3, "ben", NOW), Some(ErrorKind::NotFound), "whoever offers it has it no more");
    // The owner of the folder stays so, whatever it keeps.
    assert_eq!(claim(2, "cat", NOW), None);
    assert!(tokens.create(&owner, NewToken::new("more", grants("", Right::Read)), NOW).is_ok());
    assert_eq!(kind_of(tokens.claim("wrc_x", "dan", Via::Http, NOW)), Some(ErrorKind::NotFound));
    let states: Vec<TransferState> =
        tokens.transfers(&owner, NOW).unwrap().iter().map(|transfer| transfer.state).collect();
    assert_eq!(states.iter().filter(|state| **state == TransferState::Void).count(), 2, "{states:?}");
}

#[test]
fn a_secret_is_kept_nowhere() {
    let place = Place::new();
    let offered = place.open().offer(&Principal::owner(), NewTransfer::default(), NOW).unwrap();
    let text = String::from_utf8_lossy(&std::fs::read(place.file()).unwrap()).into_owned();
    let secret = offered.secret.reveal();
    assert!(!text.contains(secret) && !text.contains(&secret[4..47]));
    assert!(!format!("{offered:?}").contains(&secret[4..]));
}

/// Wherever a crash cuts the file off behind what was acknowledged: ownership is where it was, or has changed hands, and all of it.
#[test]
fn cut_off_anywhere_it_is_before_or_after() {
    let place = Place::new();
    let tokens = place.open();
    let agent = setter_up(&tokens);
    let logger = token(&tokens, &agent, "logger", grants("logs", Right::Write));
    let offered = tokens.offer(&agent, keeping("a", Right::Read, false), NOW).unwrap();
    let before = std::fs::read(place.file()).unwrap();
    let owners = tokens.claim(offered.secret.reveal(), "ann", Via::Http, NOW).unwrap().secret;
    let after = std::fs::read(place.file()).unwrap();
    let mut seen = [0, 0];
    for end in before.len()..=after.len() {
        // The marks at the file's beginning are those of before: they are written last.
        let bytes = [&before[..], &after[before.len()..end]].concat();
        std::fs::write(place.file(), &bytes).unwrap();
        let tokens = place.open();
        let is_claimed = tokens.authenticate(owners.reveal(), NOW).is_ok();
        let agent = tokens.principal(&agent.id, NOW).unwrap();
        assert_eq!(agent.may(Right::Admin, ""), !is_claimed, "cut at {end}");
        assert_eq!(agent.may(Right::Write, "a"), !is_claimed);
        assert_eq!(tokens.principal(&logger.id, NOW).is_ok(), !is_claimed);
        assert_eq!(tokens.is_claimable(offered.secret.reveal(), NOW).unwrap(), !is_claimed);
        assert_eq!(is_claimed, end == after.len());
        seen[usize::from(is_claimed)] += 1;
    }
    assert!(seen[0] > 100 && seen[1] == 1, "{seen:?}");
}

/// What a model knows of an offer.
struct Known {
    offered: Offered,
    by: usize,
    at: i64,
    is_over: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Two processes offer, take back and claim; hours pass. There is always one owner's token for each claim, and every process agrees.
    #[test]
    fn processes_agree_on_who_owns(ops in prop::collection::vec((any::<bool>(), 0..5_u8, any::<prop::sample::Index>()), 1..30)) {
        let place = Place::new();
        let processes = [place.open(), place.open()];
        let mut now = NOW;
        // Each with whether it is an owner still.
        let mut owners = vec![(setter_up(&processes[0]), true)];
        let mut offers: Vec<Known> = Vec::new();
        for (which, op, pick) in ops {
            let tokens = &processes[usize::from(which)];
            let at = pick.index(owners.len());
            let open = offers.iter().filter(|offer| !offer.is_over && now < offer.at + 72 * HOUR).count();
            match op {
                0 | 1 => {
                    let offered = tokens.offer(&owners[at].0, keeping("a", Right::Read, op == 1), now);
                    prop_assert_eq!(offered.is_ok(), owners[at].1 && open < 5);
                    if let Ok(offered) = offered {
                        offers.push(Known { offered, by: at, at: now, is_over: false });
                    }
                }
                2 if !offers.is_empty() => {
                    let picked = pick.index(offers.len());
                    let offer = &mut offers[picked];
                    tokens.retract(&Principal::owner(), &offer.offered.transfer.id, now).unwrap();
                    offer.is_over = true;
                }
                3 if !offers.is_empty() => {
                    let picked = pick.index(offers.len());
                    let offer = &mut offers[picked];
                    let holds = !offer.is_over && owners[offer.by].1 && now < offer.at + 72 * HOUR;
                    let claimed = tokens.claim(offer.offered.secret.reveal(), &format!("owner {}", owners.len()), Via::Http, now);
                    prop_assert_eq!(claimed.is_ok(), holds);
                    if let Ok(claimed) = claimed {
                        offer.is_over = true;
                        owners[offer.by].1 = false;
                        owners.push((tokens.authenticate(claimed.secret.reveal(), now).unwrap(), true));
                    }
                }
                _ => now += 20 * HOUR,
            }
            for tokens in &processes {
                for (owner, is_owner) in &owners {
                    let principal = tokens.principal(&owner.id, now).unwrap();
                    prop_assert_eq!(principal.may(Right::Admin, ""), *is_owner);
                }
                let active = tokens.list(&Principal::owner(), now).unwrap();
                prop_assert!(active.iter().all(|token| token.state == State::Active));
                prop_assert_eq!(active.len(), owners.len());
            }
        }
    }
}
