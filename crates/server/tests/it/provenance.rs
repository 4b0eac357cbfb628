//! Who wrote what is found: over HTTP, to whoever may read it.

use crate::served::Running;
use custody::Right::{Read, Write};
use serde_json::{Value, json};

fn found(server: &Running, token: &str, words: &str) -> Value {
    let body = json!({"query": words, "limit": 1});
    let answer = server.send(&server.request(token, "POST", "/search").json(body));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["hits"][0].clone()
}

#[test]
fn hits_say_who_wrote_them_and_how_far_to_believe_them() {
    let server = Running::new();
    let (writer, reader) =
        (server.token(&[("", &[Read, Write])]), server.token(&[("inbox", &[Read]), ("notes", &[Read])]));
    let url = "https%3A%2F%2Fexample.org%2Fotter";
    let target = format!("/file?path=inbox/otter.md&source_url={url}&trust=untrusted");
    let write = server.request(&writer, "PUT", &target).header("User-Agent", "scraper/1.0");
    assert_eq!(server.send(&write.bytes("An otter lives under the bridge.\n")).status, 201);
    let hit = found(&server, &reader, "where does the otter live?");
    assert_eq!(hit["trust"], "untrusted", "{hit}");
    let origin = &hit["origin"];
    assert_eq!(origin["source"], "fetched", "{origin}");
    assert_eq!(origin["source_url"], "https://example.org/otter");
    assert_eq!(origin["by"]["via"], "http");
    assert_eq!(origin["by"]["client"], "scraper/1.0");
    assert!(origin["by"]["principal"].as_str().is_some_and(|id| id.len() == 8), "{origin}");

    let sources = "derived_from=inbox/otter.md&derived_from=inbox/otter.md";
    let derived = server.request(&writer, "PUT", &format!("/file?path=notes/beaver.md&{sources}"));
    assert_eq!(server.send(&derived.bytes("A beaver built the dam in the mill race.\n")).status, 201);
    let hit = found(&server, &reader, "who built the dam?");
    assert_eq!(
        (hit["trust"].as_str(), hit["origin"]["source"].as_str()),
        (Some("untrusted"), Some("derived"))
    );
    let shown = server.ask(&reader, "GET", "/chunks?path=notes/beaver.md").json();
    assert_eq!((&shown["trust"], &shown["origin"]["source"]), (&json!("untrusted"), &json!("derived")));
}

#[test]
fn what_a_writer_says_is_checked() {
    let server = Running::new();
    let writer = server.token(&[("notes", &[Read, Write]), ("drop", &[Write])]);
    let write = |target: &str| {
        let request = server.request(&writer, "PUT", &format!("/file?path={target}")).bytes("x\n");
        server.send(&request).without_date()
    };
    for (target, status) in [
        ("notes/x.md&trust=trusted", 403),
        ("notes/x.md&trust=little", 400),
        ("notes/x.md&source_url=nowhere", 422),
        ("notes/x.md&source_url=a:b&source_url=a:b", 400),
        ("notes/x.md&derived_from=../x", 400),
        ("notes/x.md&derived_from=notes/none.md", 404),
        ("notes/x.md&path=notes/y.md", 400),
        ("notes/x.md&unknown=1", 400),
        ("drop/x.md&trust=untrusted", 200),
    ] {
        let answer = write(target);
        let status =
            if status == 200 { [200, 201].contains(&answer.status) } else { answer.status == status };
        assert!(status, "{target}: {} {}", answer.status, answer.text());
    }
    // A source that may not be read is answered as one that is not there.
    let refused = |source: &str| {
        let answer = write(&format!("drop/x.md&derived_from={source}"));
        assert_eq!(answer.status, 404);
        answer.text().replace("plan", "none")
    };
    assert_eq!(refused("hidden/plan.md"), refused("hidden/none.md"));
}
