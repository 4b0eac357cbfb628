//! The server over real connections on this machine, with a real workspace behind it.
//!
//! Invariant: requests are written byte for byte, so that what no client library would send is sent too.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agent;
mod alike;
mod autosaves;
mod client;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../../../telemetry/tests/it/collector.rs"]
mod collector;
mod described;
mod encoded;
mod ended;
mod endurance;
mod events;
mod files;
mod guards;
mod handoff;
mod leases;
mod limits;
mod model;
mod names;
mod oracle;
mod page;
mod past;
mod provenance;
mod rooms;
mod search;
mod served;
mod several;
mod spans;
mod streams;
mod tls;
mod tokens;
mod tools;
#[cfg(unix)]
mod vectors;
mod versions;
mod wire;

/// The interface's description is the one in docs.
#[test]
fn the_description_is_the_one_in_docs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let described = workroom_server::openapi_json();
    if std::env::var_os("WORKROOM_WRITE_OPENAPI").is_some() {
        std::fs::write(path, &described).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == described,
        "docs/openapi.json is out of date: run this test with WORKROOM_WRITE_OPENAPI=1"
    );
}
