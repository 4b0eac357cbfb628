//! How long it takes to let somebody in, to make a token, and to open a journal of many.
//!
//! Prints microseconds for each. Run: `cargo run --release -p workroom-custody --example admit [TOKENS]`. The folder is a temporary one, so
//! the figures for making tokens are those of that disk's fsync.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and fails by panicking")]

use std::time::Instant;
use workroom_custody::{Grant, NewToken, Principal, Tokens};

fn main() {
    let count: u32 = std::env::args().nth(1).map_or(1000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let tokens = Tokens::at(folder.path());
    let now_ms = 1_795_000_000_000;
    let make = |n: u32| {
        let new = NewToken::new(format!("agent {n}"), vec![Grant::everything()]);
        tokens.create(&Principal::owner(), new, now_ms).unwrap().secret
    };
    let (secrets, making) = timed(|| (0..count).map(make).collect::<Vec<_>>());
    let admit =
        |tokens: &Tokens| secrets.iter().all(|secret| tokens.authenticate(secret.reveal(), now_ms).is_ok());
    let (_, first) = timed(|| admit(&tokens));
    let (_, later) = timed(|| admit(&tokens));
    let (_, refused) =
        timed(|| secrets.iter().all(|secret| tokens.authenticate(&secret.reveal()[1..], now_ms).is_err()));
    let (_, opening) = timed(|| Tokens::at(folder.path()).list(&Principal::owner(), now_ms).unwrap());
    let each = |micros: f64| micros / f64::from(count);
    println!("{count} tokens");
    println!("make               {:8.1} µs each", each(making));
    println!("let in, first time {:8.1} µs each (its use is noted)", each(first));
    println!("let in             {:8.1} µs each", each(later));
    println!("refuse             {:8.1} µs each", each(refused));
    println!("open and list all  {opening:8.1} µs");
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64() * 1e6)
}
