//! Tokens, as whoever makes, shows and revokes them sees them.

use super::{Made, NewToken, Refused, State, Tokens};
use crate::{Error, ErrorKind, Grant, Principal, Right, Rights};
use proptest::prelude::*;
use std::path::PathBuf;

const NOW: i64 = 1_795_000_000_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The tokens, as another process has them.
    fn open(&self) -> Tokens {
        Tokens::at(&self.0.path().join("custody"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("custody/tokens.journal")
    }
}

fn grants(grants: &[(&str, Right)]) -> Vec<Grant> {
    grants.iter().map(|(prefix, right)| Grant::new(prefix, Rights::of([*right])).unwrap()).collect()
}

fn make(tokens: &Tokens, name: &str) -> Made {
    tokens.create(&Principal::owner(), NewToken::new(name, grants(&[("a", Right::Read)])), NOW).unwrap()
}

/// What comes of showing a secret: the name of the principal, or why not.
fn shown(tokens: &Tokens, made: &Made, now_ms: i64) -> String {
    match tokens.authenticate(made.secret.reveal(), now_ms) {
        Ok(principal) => principal.name,
        Err(refused) => format!("{refused:?}"),
    }
}

#[test]
fn a_token_lets_in_until_it_is_revoked_in_every_process() {
    let place = Place::new();
    let (server, command) = (place.open(), place.open());
    assert!(server.list(&Principal::owner(), NOW).unwrap().is_empty());
    assert!(!place.file().parent().unwrap().exists(), "looking makes nothing");

    let made = make(&command, "reader");
    let principal = server.authenticate(made.secret.reveal(), NOW).unwrap();
    assert_eq!((principal.id.as_str(), principal.name.as_str()), (made.token.id.as_str(), "reader"));
    assert!(!principal.is_owner());
    assert!(principal.may(Right::Read, "a/b.md") && !principal.may(Right::Write, "a/b.md"));
    assert_eq!(server.principal(&made.token.id, NOW).unwrap(), principal);

    let revoked = command.revoke(&Principal::owner(), &made.token.id, NOW + 1).unwrap();
    assert_eq!((revoked.state, revoked.revoked_ms), (State::Revoked, Some(NOW + 1)));
    assert_eq!(shown(&server, &made, NOW + 1), "Revoked");
    assert!(matches!(server.principal(&made.token.id, NOW + 1), Err(Refused::Revoked)));
    let again = server.revoke(&Principal::owner(), &made.token.id, NOW + 2).unwrap();
    assert_eq!(again.revoked_ms, Some(NOW + 1));
    assert_eq!(shown(&place.open(), &made, NOW), "Revoked");

    std::fs::remove_file(place.file()).unwrap();
    assert_eq!(shown(&server, &made, NOW), "Unknown");
}

#[test]
fn whoever_is_refused_is_told_one_thing() {
    let place = Place::new();
    let tokens = place.open();
    let owner = Principal::owner();
    let brief = tokens
        .create(&owner, NewToken::new("brief", grants(&[("", Right::Read)])).until(NOW + DAY), NOW)
        .unwrap();
    let gone = make(&tokens, "gone");
    tokens.revoke(&owner, &gone.token.id, NOW).unwrap();
    assert_eq!(shown(&tokens, &brief, NOW + DAY - 1), "brief");
    let said = |secret: &str, now_ms: i64| tokens.authenticate(secret, now_ms).unwrap_err().to_string();
    let never = make(&Place::new().open(), "of another workspace");
    let told = [
        said(brief.secret.reveal(), NOW + DAY),
        said(gone.secret.reveal(), NOW),
        said(never.secret.reveal(), NOW),
        said(&brief.token.id, NOW),
        said("", NOW),
    ];
    assert!(told.iter().all(|text| text == "the token is not valid"), "{told:?}");
    assert_eq!(shown(&tokens, &brief, NOW + DAY), "Expired");
}

#[test]
fn a_secret_is_kept_nowhere() {
    let place = Place::new();
    let made = make(&place.open(), "reader");
    assert_eq!(shown(&place.open(), &made, NOW), "reader");
    let secret = made.secret.reveal();
    for entry in std::fs::read_dir(place.file().parent().unwrap()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(secret) && !text.contains(&secret[4..47]));
    }
    let printed = format!("{made:?} {:?} {:?}", place.open().list(&Principal::owner(), NOW), place.open());
    assert!(!printed.contains(&secret[4..]), "{printed}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new();
    let tokens = place.open();
    let owner = Principal::owner();
    let check = |name: &str, granted: Vec<Grant>, expires_ms: Option<i64>, expected: &str| {
        let new = NewToken { name: name.into(), grants: granted, expires_ms };
        let error = tokens.create(&owner, new, NOW).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, expected));
    };
    let read = || grants(&[("a", Right::Read)]);
    check("", read(), None, "a token's name is how people know it; it cannot be empty");
    check(" x", read(), None, "a token's name cannot begin or end with a space");
    for unseen in ["a\u{1b}[31m", "owner\u{200b}", "a\u{202e}b", "a\u{e0041}"] {
        check(unseen, read(), None, "a token's name cannot hold characters that are not seen");
    }
    check(&"x".repeat(65), read(), None, "a token's name has at most 64 characters");
    check("x", Vec::new(), None, "a token without a right would be of no use");
    check("x", read(), Some(NOW), "a token cannot end before it begins");
    check("x", vec![Grant::everything(); 65], None, "a token has at most 64 grants");
    assert!(!place.file().exists(), "nothing was written");

    let id = make(&tokens, "x").token.id;
    check(
        "x",
        read(),
        None,
        &format!("the token `{id}` is named `x` already; revoke it, or choose another name"),
    );
    tokens.revoke(&owner, &id, NOW).unwrap();
    assert_ne!(make(&tokens, "x").token.id, id);
    assert_eq!(tokens.revoke(&owner, "nosuchid", NOW).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn no_token_makes_one_that_may_more_or_lives_longer() {
    let place = Place::new();
    let tokens = place.open();
    let owner = Principal::owner();
    let granted = grants(&[("team", Right::Admin), ("public", Right::Read)]);
    let admin = tokens.create(&owner, NewToken::new("admin", granted).until(NOW + DAY), NOW).unwrap();
    let by = tokens.authenticate(admin.secret.reveal(), NOW).unwrap();
    let give = |name: &str, prefix: &str, right: Right| {
        tokens.create(&by, NewToken::new(name, grants(&[(prefix, right)])), NOW)
    };
    for (prefix, right) in
        [("", Right::Read), ("public", Right::Read), ("teams", Right::Read), ("other", Right::Admin)]
    {
        assert_eq!(
            give("too much", prefix, right).unwrap_err().kind(),
            ErrorKind::Denied,
            "{right} {prefix}"
        );
    }
    let member = give("member", "team/x", Right::Admin).unwrap();
    let member_id = member.token.id.as_str();
    assert_eq!(member.token.created_by, admin.token.id);
    assert_eq!(shown(&tokens, &member, NOW), "member");

    // It knows of what it might have made, and of itself, and may revoke those and no other.
    let other = make(&tokens, "other");
    assert_eq!(tokens.revoke(&by, &other.token.id, NOW).unwrap_err().kind(), ErrorKind::NotFound);
    let known = |by: &Principal| {
        let mut names: Vec<String> =
            tokens.list(by, NOW).unwrap().into_iter().map(|token| token.name).collect();
        names.sort();
        names
    };
    assert_eq!(known(&owner), ["admin", "member", "other"]);
    assert_eq!(known(&by), ["admin", "member"]);
    let member_principal = tokens.principal(member_id, NOW).unwrap();
    assert_eq!(known(&member_principal), ["member"]);
    assert_eq!(
        tokens.revoke(&member_principal, &admin.token.id, NOW).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        give("other", "team", Right::Read).unwrap().token.name,
        "other",
        "the owner's is none of its business"
    );
    let second = give("second", "team", Right::Read).unwrap();
    tokens.revoke(&tokens.principal(&second.token.id, NOW).unwrap(), &second.token.id, NOW).unwrap();
    assert_eq!(shown(&tokens, &second, NOW), "Revoked");

    assert_eq!(shown(&tokens, &member, NOW + DAY), "Expired");
    tokens.revoke(&owner, &admin.token.id, NOW).unwrap();
    assert_eq!(shown(&tokens, &member, NOW), "Revoked");
    assert_eq!(
        give("late", "team", Right::Read).unwrap_err().kind(),
        ErrorKind::Denied,
        "it ended a moment ago"
    );
}

#[test]
fn tokens_are_not_made_by_each_other_without_end() {
    let place = Place::new();
    let tokens = place.open();
    let mut by = Principal::owner();
    for depth in 0..8 {
        let made = tokens
            .create(&by, NewToken::new(format!("{depth}"), grants(&[("", Right::Admin)])), NOW)
            .unwrap();
        by = tokens.authenticate(made.secret.reveal(), NOW).unwrap();
    }
    let refused = tokens.create(&by, NewToken::new("8", grants(&[("", Right::Read)])), NOW).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
}

#[test]
fn a_damaged_journal_lets_nobody_in() {
    let place = Place::new();
    let made = make(&place.open(), "reader");
    make(&place.open(), "another");
    let mut bytes = std::fs::read(place.file()).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    std::fs::write(place.file(), &bytes).unwrap();

    let tokens = place.open();
    let refused = tokens.authenticate(made.secret.reveal(), NOW).unwrap_err();
    assert!(matches!(refused, Refused::Unreadable(Error::Damaged { record: 1, .. })), "{refused:?}");
    assert!(matches!(tokens.principal(&made.token.id, NOW), Err(Refused::Unreadable(_))));
    assert_eq!(tokens.list(&Principal::owner(), NOW).unwrap_err().kind(), ErrorKind::Damaged);
    let new = NewToken::new("x", grants(&[("a", Right::Read)]));
    assert_eq!(tokens.create(&Principal::owner(), new, NOW).unwrap_err().kind(), ErrorKind::Damaged);
    // What the hint says works.
    std::fs::rename(place.file(), place.0.path().join("aside")).unwrap();
    make(&tokens, "x");
    assert_eq!(tokens.list(&Principal::owner(), NOW).unwrap().len(), 1);
}

#[test]
fn use_is_noted_to_the_hour_and_the_journal_stays_small() {
    let place = Place::new();
    let (tokens, other) = (place.open(), place.open());
    let (made, ended) = (make(&tokens, "reader"), make(&tokens, "ended"));
    tokens.revoke(&Principal::owner(), &ended.token.id, NOW).unwrap();
    let used = |now_ms: i64| {
        assert_eq!(shown(&tokens, &made, now_ms), "reader");
        other
            .list(&Principal::owner(), now_ms)
            .unwrap()
            .into_iter()
            .find(|token| token.name == "reader")
            .unwrap()
            .used_ms
    };
    assert_eq!(other.list(&Principal::owner(), NOW).unwrap().len(), 2);
    assert_eq!(used(NOW), Some(NOW));
    assert_eq!(used(NOW + HOUR - 1), Some(NOW));
    assert_eq!(used(NOW + HOUR), Some(NOW + HOUR));
    let mut largest = 0;
    for hour in 2..3000 {
        assert_eq!(shown(&tokens, &made, NOW + hour * HOUR), "reader");
        largest = largest.max(std::fs::metadata(place.file()).unwrap().len());
    }
    assert!(largest < 80 << 10, "{largest} bytes");
    let left = other.list(&Principal::owner(), NOW + 3000 * HOUR).unwrap();
    assert_eq!(left.len(), 1, "what ended 90 days ago is left out: {left:?}");
    assert_eq!((left[0].used_ms, left[0].created_ms), (Some(NOW + 2999 * HOUR), NOW));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Two processes make, revoke and show tokens; hours pass. Each shows what a list of all tokens says.
    #[test]
    fn processes_agree_on_who_is_let_in(ops in prop::collection::vec((any::<bool>(), 0..4_u8, any::<prop::sample::Index>()), 1..25)) {
        let place = Place::new();
        let processes = [place.open(), place.open()];
        let mut now = NOW;
        // Each with its maker's place in the list, when it ends, and whether it was revoked.
        let mut model: Vec<(Made, Option<usize>, i64, bool)> = Vec::new();
        let is_good = |model: &[(Made, Option<usize>, i64, bool)], mut at: usize, now: i64| loop {
            let (_, by, end, revoked) = &model[at];
            if *revoked || *end <= now {
                return false;
            }
            let Some(maker) = by else { return true };
            at = *maker;
        };
        for (which, op, pick) in ops {
            let tokens = &processes[usize::from(which)];
            let picked = (!model.is_empty()).then(|| pick.index(model.len()));
            match (op, picked) {
                (0, maker) => {
                    let maker = maker.filter(|at| is_good(&model, *at, now));
                    let by = maker.map_or(Principal::owner(), |at| tokens.principal(&model[at].0.token.id, now).unwrap());
                    let end = now + 3 * HOUR;
                    let new = NewToken::new(format!("{}", model.len()), grants(&[("", Right::Admin)])).until(end);
                    match tokens.create(&by, new, now) {
                        Ok(made) => model.push((made, maker, end, false)),
                        Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Denied),
                    }
                }
                (1, Some(at)) => {
                    tokens.revoke(&Principal::owner(), &model[at].0.token.id, now).unwrap();
                    model[at].3 = true;
                }
                (2, _) => now += HOUR,
                _ => {}
            }
            for (at, (made, ..)) in model.iter().enumerate() {
                for tokens in &processes {
                    let accepted = tokens.authenticate(made.secret.reveal(), now).is_ok();
                    prop_assert_eq!(accepted, is_good(&model, at, now));
                }
            }
        }
    }
}
