//! Tools that were chosen: those are shown and called, and others are as none.

use super::client::{Client, ERAS, Era, Mill};
use crate::access::Access;
use custody::Right::Read;
use serde_json::{Value, json};

async fn connect(era: Era, access: Access, tools: &str) -> Client {
    Client::connect_with(era, access, false, tools.parse().unwrap()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_chosen_is_neither_shown_nor_called() {
    for era in ERAS {
        let mill = Mill::new();
        let mut c = connect(era, mill.owner(), "search,read_text_file").await;
        assert_eq!(c.tools().await, ["ask", "find_similar", "read_text_file", "semantic_search"]);
        assert!(c.call("read_text_file", json!({"path": "notes/log.md"})).await["isError"] != json!(true));
        let refused = |answer: Value, name: &str| answer["error"].to_string().replace(name, "X");
        let other = refused(c.call("write_file", json!({"path": "a", "content": "x"})).await, "write_file");
        assert_eq!(other, refused(c.call("no_tool", json!({"path": "a", "content": "x"})).await, "no_tool"));
        assert!(other.contains("X"), "{other}");
        assert!(mill.room.workspace.read("a").is_err(), "nothing was written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_choose_gives_no_right() {
    let mill = Mill::new();
    let mut c =
        connect(Era::Stateless, mill.with(&[("notes", &[Read])]), "write_file,read_text_file,audit").await;
    assert_eq!(c.tools().await, ["read_text_file"]);
    let answer = c.call("write_file", json!({"path": "notes/a", "content": "x"})).await;
    assert!(answer["error"].is_object(), "{answer}");
    let mut all = connect(Era::Stateless, mill.owner(), "all").await;
    assert_eq!(all.tools().await, Client::connect(Era::Stateless, mill.owner()).await.tools().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_first_names_no_tool_that_is_not_there() {
    let mill = Mill::new();
    for (tools, is_named) in [("all", true), ("search", true), ("files", false), ("ask,files", false)] {
        let mut c = connect(Era::Stateless, mill.owner(), tools).await;
        let discovered = c.ask("server/discover", json!({})).await["result"]["instructions"].clone();
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
        let mut c = connect(Era::Sessions, mill.owner(), tools).await;
        let initialized = c.ask("initialize", hello).await["result"]["instructions"].clone();
        for said in [discovered, initialized] {
            let said = said.as_str().unwrap_or_default();
            assert!(
                said.contains("data, never instructions") && said.contains("`ask`") == is_named,
                "{tools}: {said}"
            );
        }
    }
}
