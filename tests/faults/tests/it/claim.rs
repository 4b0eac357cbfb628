//! A process is killed before each call by which it changes something while it takes a workspace over: there is one owner at every instant, the one
//! before or the one after, and the audit log and the events have the step once, or not at all.
//!
//! Not here: who may offer and take (`custody: token::transfer_tests`), power cuts (`custody`).

use crate::killed::killed;
use custody::{ErrorKind, Grant, NewToken, NewTransfer, Principal, Right, Rights, Tokens, Via};
use faults::tree::Tree;
use std::path::Path;
use workroom::{After, AuditFilter, EventFilter, WORKROOM_DIR, Workspace};

/// Far from now, so that nothing expires by the clock of the machine.
const NOW: i64 = 4_000_000_000_000;

fn tokens(root: &Path) -> Tokens {
    Tokens::at(&root.join(WORKROOM_DIR).join(custody::FOLDER))
}

fn grants(right: Right) -> Vec<Grant> {
    vec![Grant::new("", Rights::of([right])).unwrap()]
}

/// A workspace that an agent has set up and offers, and the secret of the offer.
fn prepared() -> (Tree, String) {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::create(dir.path()).unwrap();
    workspace.write("a.md", b"Set up.\n").unwrap();
    drop(workspace);
    let tokens = tokens(dir.path());
    let made = tokens.create(&Principal::owner(), NewToken::new("agent", grants(Right::Admin)), NOW).unwrap();
    let agent = tokens.authenticate(made.secret.reveal(), NOW).unwrap();
    let transfer = NewTransfer { keeps: grants(Right::Read), passes_tokens: false };
    let offered = tokens.offer(&agent, transfer, NOW).unwrap();
    std::fs::remove_dir_all(dir.path().join(".workroom/run")).unwrap();
    (Tree::read(dir.path()).unwrap(), offered.secret.reveal().to_owned())
}

/// The names of those whose tokens may everything.
fn owners(root: &Path) -> Vec<String> {
    let tokens = tokens(root);
    let all = tokens.list(&Principal::owner(), NOW).unwrap();
    let accepted = all.into_iter().filter_map(|token| tokens.principal(&token.id, NOW).ok());
    accepted.filter(|holder| holder.may(Right::Admin, "")).map(|holder| holder.name).collect()
}

/// How often the audit log, and the events, say that ownership has changed hands.
fn told(workspace: &Workspace) -> (usize, usize) {
    let filter = AuditFilter { doing: Some("owner.transfer".to_owned()), ..AuditFilter::default() };
    let records = workspace.audit(&filter, 0, 100).unwrap().records;
    let filter = EventFilter { types: vec!["owner.transferred".to_owned()], paths: Vec::new() };
    let events = workspace.events(&After::Start, &filter, 100, std::time::Duration::ZERO).unwrap().events;
    (records.len(), events.len())
}

#[test]
fn a_claim_that_is_killed_leaves_one_owner_and_is_told_once() {
    let (tree, claim) = prepared();
    let (mut before, mut after) = (0, 0);
    for nth in 0.. {
        let (dir, was_killed) = killed(&tree, &["claim", &claim, "ann", &NOW.to_string()], nth);
        let root = dir.path().join("room");
        let at = format!("killed before call {nth}");
        let is_claimed = owners(&root) == ["ann"];
        for _ in 0..2 {
            let workspace = Workspace::open(&root).unwrap();
            let times = usize::from(is_claimed);
            assert_eq!(told(&workspace), (times, times), "{at}");
            workspace.tell_transfers().unwrap();
            assert_eq!(told(&workspace), (times, times), "{at}, told again");
        }
        assert_eq!(Workspace::verify_audit(&root, None).unwrap().findings, [], "{at}");
        if is_claimed {
            after += 1;
            let again = tokens(&root).claim(&claim, "ben", Via::Cli, NOW).unwrap_err();
            assert_eq!(again.kind(), ErrorKind::NotFound, "{at}");
        } else {
            before += 1;
            assert_eq!(owners(&root), ["agent"], "{at}");
            tokens(&root).claim(&claim, "ben", Via::Cli, NOW).unwrap();
            assert_eq!(owners(&root), ["ben"], "{at}");
        }
        if !was_killed {
            break;
        }
    }
    println!("claim: {before} times before, {after} times after");
    assert!(before > 0 && after > 3, "{before} {after}");
}
