//! Addresses where nothing is sent, whatever they are called.

use crate::stage::{NEARBY, Stage, now_ms};
use std::net::TcpListener;
use workroom::{Actor, EventFilter, Via};
use workroom_hooks::{Allowed, NewEndpoint, Outcome};

fn new(url: &str, allowed: Allowed) -> NewEndpoint {
    NewEndpoint {
        url: url.to_owned(),
        filter: EventFilter::default(),
        allowed,
        by: Actor::owner(Via::Library),
    }
}

#[test]
fn nothing_is_sent_to_this_machine_or_to_its_network() {
    let stage = Stage::new();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "[::]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[ff02::1]",
        "224.0.0.1",
        "198.18.0.1",
        "203.0.113.1",
        "[2001:db8::1]",
        // The same as numbers, which the system's look-up reads too.
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
    ] {
        let url = format!("https://{host}/");
        let Ok(endpoint) = stage.endpoints.add(new(&url, Allowed::default()), 1) else { continue };
        let made = workroom_hooks::test(&stage.endpoints, &endpoint.id, now_ms()).unwrap();
        assert!(matches!(made.outcome, Outcome::Failed { .. }), "{url} was sent to");
        let why = made.error.unwrap();
        let is_refused =
            why.contains("nothing is sent") || why.contains("not known") || why.contains("lookup");
        assert!(is_refused && made.status.is_none(), "{url}: {why}");
        stage.endpoints.remove(&endpoint.id).unwrap();
    }
}

#[test]
fn no_connection_is_made_to_an_address_that_is_refused() {
    let stage = Stage::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    assert!(
        stage.endpoints.add(new(&url, Allowed::default()), 1).is_err(),
        "neither its scheme nor its port will do"
    );
    // Link-local addresses give out the keys of machines: they are refused even where what is nearby is meant.
    let endpoint = stage.endpoints.add(new("http://169.254.169.254/latest", NEARBY), 1).unwrap();
    let made = workroom_hooks::test(&stage.endpoints, &endpoint.id, now_ms()).unwrap();
    assert!(made.error.unwrap().contains("link-local"));
    assert!(listener.accept().is_err(), "nobody came");
}
