//! Kills processes that make and revoke tokens, at moments they do not choose, and asks what is left whom it lets in.
//!
//! Each child says on its standard output what it did once the call has returned. A kill does not lose what the kernel already holds, so this
//! tests locks and atomicity between processes; what a power cut leaves is made by hand in the tests of journals.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use workroom_custody::{Grant, NewToken, Principal, Refused, Tokens};

const ROUNDS: usize = 20;
const CHILDREN: usize = 3;
const NOW: i64 = 1_795_000_000_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("child") => child(Path::new(&args[2])),
        // Test runners ask for the list of tests first.
        Some("--list") => {}
        _ => parent(),
    }
}

/// Makes tokens for ever, and revokes every second one.
fn child(folder: &Path) {
    let tokens = Tokens::at(folder);
    let owner = Principal::owner();
    let mut out = std::io::stdout().lock();
    let mut say = |what: &str, secret: &str| {
        writeln!(out, "{what} {secret}").unwrap();
        out.flush().unwrap();
    };
    for n in 0.. {
        let name = format!("{} of {}", n, std::process::id());
        let made = tokens.create(&owner, NewToken::new(name, vec![Grant::everything()]), NOW).unwrap();
        say("made", made.secret.reveal());
        if n % 2 == 0 {
            say("revoking", made.secret.reveal());
            tokens.revoke(&owner, &made.token.id, NOW).unwrap();
            say("revoked", made.secret.reveal());
        }
    }
}

fn parent() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("custody");
    // The last thing that is known of each secret.
    let mut known: HashMap<String, String> = HashMap::new();
    for round in 0..ROUNDS {
        let children: Vec<Child> = (0..CHILDREN).map(|_| start(&folder)).collect();
        for line in
            children.into_iter().enumerate().flat_map(|(n, child)| kill(child, 1 + (round * 7 + n * 3) % 11))
        {
            let (what, secret) = line.split_once(' ').unwrap();
            known.insert(secret.to_owned(), what.to_owned());
        }
        let tokens = Tokens::at(&folder);
        for (secret, what) in &known {
            match (what.as_str(), tokens.authenticate(secret, NOW)) {
                ("made", Ok(_)) | ("revoked", Err(Refused::Revoked)) => {}
                // It was killed in between, and either is right.
                ("revoking", Ok(_) | Err(Refused::Revoked)) => {}
                (what, found) => panic!("round {round}: a token was {what}, and found {found:?}"),
            }
        }
    }
    assert!(known.len() >= ROUNDS * CHILDREN, "{} tokens", known.len());
    assert!(known.values().any(|what| what == "revoked"));
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("child").arg(folder).stdout(Stdio::piped()).spawn().unwrap()
}

/// Lets a child say `n` lines, kills it, and returns all that it said.
fn kill(mut child: Child, n: usize) -> Vec<String> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said: Vec<String> =
        (0..n).map(|_| lines.next().expect("the child ended by itself").unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it wrote before it died counts as well; a torn last line does not.
    let whole = |line: &String| line.split_once(' ').is_some_and(|(_, secret)| secret.len() == 53);
    said.extend(lines.map_while(Result::ok).filter(whole));
    said
}
