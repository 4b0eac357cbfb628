//! Compression: answers that are worth it, no bodies at all.

use crate::agent::{Agent, Era};
use crate::client::{Answer, Request};
use crate::described::{Call, routes, usual};
use crate::served::Running;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use serde_json::{Map, json};
use std::io::Read;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    GzEncoder::new(bytes, Compression::best()).read_to_end(&mut packed).unwrap();
    packed
}

fn unpacked(answer: &Answer) -> String {
    let mut text = String::new();
    GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn answers_are_packed_for_who_takes_it_and_the_same_inside() {
    let server = Running::new();
    let token = server.admin();
    let check = |request: Request, packs: bool| {
        let plain = server.send(&request);
        let given = server.send(&request.clone().header("Accept-Encoding", "gzip, br"));
        assert_eq!(given.header("content-encoding"), packs.then_some("gzip"), "{request:?}");
        assert_eq!(given.status, plain.status);
        if packs {
            assert_eq!(unpacked(&given), plain.text());
            assert!(given.header("vary").is_some_and(|names| names.contains("accept-encoding")), "{given:?}");
        } else {
            assert_eq!(given.body, plain.body, "{request:?}");
        }
        let refused = server.send(&request.header("Accept-Encoding", "gzip;q=0"));
        assert_eq!(refused.header("content-encoding"), None);
    };
    check(server.request(&token, "GET", "/files"), true);
    check(server.request(&token, "GET", "/search?query=wheel"), true);
    check(Request::new("GET", "/v1/openapi.json"), true);
    check(server.request(&token, "GET", "/file?path=log.txt"), false);
    check(server.request(&token, "GET", "/file?path=none.txt"), false);
    let mut agent = Agent::connect(server.address, "/mcp", &token, Era::Stateless);
    check(agent.request("tools/list", json!({})).0, true);
    let part = server.request(&token, "GET", "/file?path=log.txt").header("Range", "bytes=0-4");
    assert_eq!(server.send(&part.header("Accept-Encoding", "gzip")).text(), "first");
}

#[test]
fn packed_bodies_are_refused_before_they_are_unpacked() {
    let server = Running::new();
    let token = server.admin();
    // A megabyte that would become a gigabyte, were anybody to unpack it; and a small one.
    let bomb = packed(&vec![b' '; 64 << 20]);
    let with_bodies = routes().into_iter().filter(Call::has_body);
    let mut tried = 0;
    for route in with_bodies {
        let needed = route.arguments.iter().filter(|argument| argument.is_needed);
        let arguments: Map<_, _> =
            needed.map(|argument| (argument.name.clone(), usual(&argument.name))).collect();
        for encoding in ["gzip", "GZIP", "deflate", "br", "gzip, gzip", "identity, gzip"] {
            let request = route.request(&server, &token, &arguments).replace_body(bomb.clone());
            let answer = server.send(&request.header("Content-Encoding", encoding));
            assert_eq!(answer.status, 415, "{} {encoding}: {}", route.name, answer.text());
            assert!(answer.text().contains("Content-Encoding"), "{}", answer.text());
        }
        tried += 1;
    }
    assert!(tried >= 8, "{tried}");
    for era in [Era::Sessions, Era::Stateless] {
        let mut agent = Agent::connect(server.address, "/mcp", &token, era);
        let (request, _) = agent.request("tools/list", json!({}));
        let answer = server.send(&request.replace_body(bomb.clone()).header("Content-Encoding", "gzip"));
        assert_eq!(answer.status, 415, "{era:?}: {}", answer.text());
    }
    let nobody =
        Request::new("PUT", "/v1/workspaces/mill/file?path=x").bytes(bomb).header("Content-Encoding", "gzip");
    assert_eq!(server.send(&nobody).status, 401);
}
