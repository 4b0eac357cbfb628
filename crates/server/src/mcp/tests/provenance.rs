//! Who wrote what is found, as agents say and hear it.

use super::client::{Client, ERAS, Mill, text};
use custody::Right::{Read, Write};
use serde_json::{Value, json};

async fn call(client: &mut Client, tool: &str, arguments: Value) -> Value {
    let result = client.call(tool, arguments.clone()).await;
    assert_eq!(result["isError"], json!(false), "{tool} {arguments}: {result}");
    result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passage_names_its_writer_and_its_label() {
    for era in ERAS {
        let mill = Mill::new();
        let mut writer = Client::connect(era, mill.with(&[("", &[Read, Write])])).await;
        let otter = json!({
            "path": "inbox/otter.md", "content": "An otter lives under the bridge.\n",
            "source_url": "https://example.org/otter", "trust": "untrusted",
        });
        call(&mut writer, "write_file", otter).await;
        let derived = json!({
            "path": "notes/beaver.md", "content": "A beaver built the dam.\n", "derived_from": ["inbox/otter.md"],
        });
        call(&mut writer, "write_file", derived).await;

        let mut reader = Client::connect(era, mill.owner()).await;
        let asked = |detail: &str| json!({"query": "where does the otter live?", "limit": 1, "detail": detail, "cite_as": "langchain"});
        let terse = call(&mut reader, "semantic_search", asked("terse")).await;
        assert!(text(&terse).contains(" trust=\"untrusted\""), "{}", text(&terse));
        assert!(!text(&terse).contains("written_by"), "{}", text(&terse));
        let full = call(&mut reader, "semantic_search", asked("full")).await;
        let said = text(&full);
        for part in [" written_by=\"t\"", " via=\"mcp, test 0\"", " source_url=\"https://example.org/otter\""]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
        let passage = &full["structuredContent"]["results"][0];
        for record in [&passage["citation"], &passage["cited"]["metadata"]] {
            assert_eq!(record["written_by"], "t", "{passage}");
            assert_eq!(record["written_via"], "mcp, test 0");
            assert_eq!(record["made"], "fetched");
            assert_eq!(record["source_url"], "https://example.org/otter");
            assert_eq!(record["trust"], "untrusted");
        }
        let fetched = call(&mut reader, "fetch", json!({"id": "notes/beaver.md"})).await;
        assert_eq!(fetched["structuredContent"]["metadata"]["trust"], "untrusted", "{fetched}");
        let vouched = json!({"path": "a.md", "content": "x", "trust": "trusted"});
        let refused = writer.call("write_file", vouched.clone()).await;
        assert!(refused["isError"] == json!(true) && text(&refused).contains("owner"), "{refused}");
        call(&mut reader, "write_file", vouched).await;
    }
}
