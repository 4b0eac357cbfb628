//! What a server says by itself: changes, progress; and what it stops saying.

use super::client::{Client, ERAS, Era, Mill};
use custody::Right::Read;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watched_file_is_told_of_in_both_eras() {
    const URI: &str = "workroom:///notes/log.md";
    for era in ERAS {
        let mill = Mill::new();
        let mut c = Client::connect(era, mill.with(&[("notes", &[Read])])).await;
        let watched = [URI, "workroom:///secret/plan.md"];
        match era {
            Era::Sessions => {
                for uri in watched {
                    assert!(c.ask("resources/subscribe", json!({"uri": uri})).await["result"].is_object());
                }
            }
            Era::Stateless => {
                let filter = json!({"resourceSubscriptions": watched});
                c.request("subscriptions/listen", json!({"notifications": filter})).await;
                let acknowledged = c.receive().await;
                assert_eq!(
                    acknowledged["method"], "notifications/subscriptions/acknowledged",
                    "{acknowledged}"
                );
            }
        }
        // What may not be seen is not told, though it comes first.
        mill.room.workspace.write("secret/plan.md", b"sold").unwrap();
        mill.room.workspace.write("notes/log.md", b"# Another day").unwrap();
        loop {
            let told = c.receive().await;
            if told["method"] == "notifications/resources/updated" {
                assert_eq!(told["params"]["uri"], URI);
                break;
            }
            assert_eq!(told["method"], "notifications/resources/list_changed", "{told}");
        }
        if era == Era::Sessions {
            assert!(c.ask("resources/unsubscribe", json!({"uri": URI})).await["result"].is_object());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listening_request_ends_when_it_is_cancelled_or_the_input_ends() {
    let mill = Mill::new();
    let mut c = Client::connect(Era::Stateless, mill.owner()).await;
    let id =
        c.request("subscriptions/listen", json!({"notifications": {"resourcesListChanged": true}})).await;
    assert_eq!(c.receive().await["method"], "notifications/subscriptions/acknowledged");
    c.cancel(id).await;
    c.request("subscriptions/listen", json!({"notifications": {"resourcesListChanged": true}})).await;
    while c.receive().await["method"] != "notifications/subscriptions/acknowledged" {}
    let server = c.leave();
    // Well before the protocol's own patience with a request is over.
    let ended = tokio::time::timeout(std::time::Duration::from_secs(4), server).await;
    assert!(ended.expect("it lingers").unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_comes_before_the_result() {
    for era in ERAS {
        let mill = Mill::new();
        let mut c = Client::connect(era, mill.owner()).await;
        let params =
            json!({"name": "ask", "arguments": {"question": "when?"}, "_meta": {"progressToken": "p1"}});
        let id = c.request("tools/call", params).await;
        let mut progress = 0;
        loop {
            let message = c.receive().await;
            if message["id"] == json!(id) {
                break;
            }
            if message["method"] == "notifications/progress" {
                assert_eq!(message["params"]["progressToken"], "p1");
                progress += 1;
            }
        }
        assert!(progress > 0, "{era:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_era_has_the_other_has_not() {
    let mill = Mill::new();
    let mut old = Client::connect(Era::Sessions, mill.owner()).await;
    assert!(old.ask("ping", json!({})).await["result"].is_object());
    let mut new = Client::connect(Era::Stateless, mill.owner()).await;
    let discovered = new.ask("server/discover", json!({})).await;
    assert!(discovered["result"]["supportedVersions"].to_string().contains("2026-07-28"), "{discovered}");
    for method in ["logging/setLevel", "resources/subscribe", "no/method"] {
        let answer = new.ask(method, json!({})).await;
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
    }
    let answer = new.ask("tools/call", json!({"arguments": 3})).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fixtures_are_there_when_they_are_wanted() {
    let mill = Mill::new();
    let mut c = Client::connect_to(Era::Sessions, mill.owner(), true).await;
    let result = c.call("test_simple_text", json!({})).await;
    assert_eq!(result["content"][0]["text"], "This is a simple text response for testing.");
    let mut c = Client::connect(Era::Sessions, mill.owner()).await;
    assert_eq!(c.call("test_simple_text", json!({})).await["error"]["code"], -32602);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_waits_for_what_another_writes() {
    let mill = Mill::new();
    let mut c = Client::connect(Era::Stateless, mill.with(&[("notes", &[Read])])).await;
    let now = c.call("wait_for_events", json!({"timeout_seconds": 0})).await;
    let after = now["structuredContent"]["next"].clone();
    assert_eq!(now["structuredContent"]["events"], json!([]), "{now}");
    let room = std::sync::Arc::clone(&mill.room);
    let writer = std::thread::spawn(move || {
        room.workspace.write("secret/plan.md", b"sold").unwrap();
        room.workspace.write("notes/report.md", b"# Done").unwrap();
    });
    let wanted = json!({"after": after, "types": ["file.created"], "timeout_seconds": 60});
    let heard = c.call("wait_for_events", wanted).await;
    writer.join().unwrap();
    let events = &heard["structuredContent"]["events"];
    assert_eq!(
        (&events[0]["path"], &events[0]["by"]),
        (&json!("notes/report.md"), &json!("owner")),
        "{heard}"
    );
    assert_eq!(events.as_array().unwrap().len(), 1);
    let nonsense = c.call("wait_for_events", json!({"after": "nonsense"})).await;
    assert_eq!(nonsense["isError"], true);
}
