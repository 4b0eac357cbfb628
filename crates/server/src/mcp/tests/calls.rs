//! Calls of every tool, and what they say.

use super::client::{Client, ERAS, Era, LOG, Mill, text};
use serde_json::{Value, json};

/// One call: it fails or not, and says all of these.
async fn check(client: &mut Client, tool: &str, arguments: Value, fails: bool, says: &[&str]) -> Value {
    let result = client.call(tool, arguments.clone()).await;
    assert_eq!(result["isError"], json!(fails), "{tool} {arguments}: {result}");
    let text = text(&result);
    for part in says {
        assert!(text.contains(part), "{tool} {arguments} does not say {part:?}: {text}");
    }
    result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_read_and_written_in_both_eras() {
    for era in ERAS {
        let mill = Mill::new();
        let mut c = Client::connect(era, mill.owner()).await;
        let ok = false;
        check(&mut c, "read_text_file", json!({"path": "notes/log.md"}), ok, &[LOG]).await;
        check(&mut c, "read_text_file", json!({"path": "notes/log.md", "head": 1}), ok, &["# Tide log\n"])
            .await;
        check(
            &mut c,
            "read_text_file",
            json!({"path": "notes/log.md", "tail": 1}),
            ok,
            &["The gate was shut at flood.\n"],
        )
        .await;
        check(
            &mut c,
            "read_text_file",
            json!({"path": "notes/log.md", "offset": 3, "limit": 1}),
            ok,
            &["The mill turned"],
        )
        .await;
        check(
            &mut c,
            "read_text_file",
            json!({"path": "workroom:///notes/log.md"}),
            ok,
            &["The mill turned"],
        )
        .await;
        check(
            &mut c,
            "read_multiple_files",
            json!({"paths": ["notes/wheels.md", "no.md"]}),
            ok,
            &["Three wheels", "no such file: `no.md`"],
        )
        .await;
        let written = check(
            &mut c,
            "write_file",
            json!({"path": "new/a.md", "content": "one\n"}),
            ok,
            &["wrote 4 bytes to `new/a.md`"],
        )
        .await;
        let version = written["structuredContent"]["version"].clone();
        assert_eq!(version, json!(workroom::version_of(b"one\n")));
        check(
            &mut c,
            "append_file",
            json!({"path": "new/a.md", "content": "two\n", "if_match": version}),
            ok,
            &["added 4 bytes"],
        )
        .await;
        check(
            &mut c,
            "write_file",
            json!({"path": "new/a.md", "content": "", "if_match": version}),
            true,
            &["was not changed"],
        )
        .await;
        check(
            &mut c,
            "write_file",
            json!({"path": "new/a.md", "content": "", "if_match": "absent"}),
            true,
            &["new/a.md"],
        )
        .await;
        let edits = json!([{"oldText": "two", "newText": "three"}]);
        check(
            &mut c,
            "edit_file",
            json!({"path": "new/a.md", "edits": edits, "dryRun": true}),
            ok,
            &["-two", "+three", "nothing was written"],
        )
        .await;
        check(
            &mut c,
            "edit_file",
            json!({"path": "new/a.md", "edits": edits}),
            ok,
            &["-two", "+three", "edited"],
        )
        .await;
        check(&mut c, "edit_file", json!({"path": "new/a.md", "edits": edits}), true, &["does not match"])
            .await;
        check(&mut c, "create_directory", json!({"path": "new/b"}), ok, &["made the folder"]).await;
        check(&mut c, "create_directory", json!({"path": "new/b"}), ok, &["already"]).await;
        check(
            &mut c,
            "copy_file",
            json!({"source": "new/a.md", "destination": "new/b/c.md"}),
            ok,
            &["copied"],
        )
        .await;
        check(&mut c, "move_file", json!({"source": "new/a.md", "destination": "new/d.md"}), ok, &["moved"])
            .await;
        check(
            &mut c,
            "move_file",
            json!({"source": "new/d.md", "destination": "new/b/c.md"}),
            true,
            &["new/b/c.md"],
        )
        .await;
        check(&mut c, "list_directory", json!({"path": "new"}), ok, &["[DIR] b", "[FILE] d.md"]).await;
        check(
            &mut c,
            "list_directory_with_sizes",
            json!({"path": "notes", "sortBy": "size"}),
            ok,
            &["total: 2 files, 0 folders"],
        )
        .await;
        let tree = check(&mut c, "directory_tree", json!({"path": "new"}), ok, &[]).await;
        let expected = json!([{"name": "b", "type": "directory", "children": [{"name": "c.md", "type": "file"}]}, {"name": "d.md", "type": "file"}]);
        assert_eq!(
            serde_json::from_str::<Value>(tree["structuredContent"]["content"].as_str().unwrap()).unwrap(),
            expected
        );
        check(
            &mut c,
            "search_files",
            json!({"path": "", "pattern": "*.md", "excludePatterns": ["secret"]}),
            ok,
            &["new/b/c.md\nnew/d.md\nnotes/log.md"],
        )
        .await;
        check(
            &mut c,
            "get_file_info",
            json!({"path": "new/d.md"}),
            ok,
            &["type: file", "size: 10", "version: "],
        )
        .await;
        check(&mut c, "get_file_info", json!({"path": "new"}), ok, &["type: directory"]).await;
        check(&mut c, "list_allowed_directories", json!({}), ok, &["workspace: mill", "read: everything"])
            .await;
        check(&mut c, "delete_file", json!({"path": "new"}), true, &["new"]).await;
        check(&mut c, "delete_file", json!({"path": "new", "recursive": true}), ok, &["deleted `new`"]).await;
        check(&mut c, "list_directory", json!({}), ok, &["[DIR] notes\n[DIR] secret"]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_is_found_and_cited() {
    let mill = Mill::new();
    let mut c = Client::connect(Era::Sessions, mill.owner()).await;
    let found = check(&mut c, "search", json!({"query": "when did the mill turn?"}), false, &[]).await;
    let structured = found["structuredContent"].clone();
    assert_eq!(serde_json::from_str::<Value>(&text(&found)).unwrap(), structured);
    let first = &structured["results"][0];
    assert_eq!((first["title"].as_str(), first["id"].as_str()), (Some("Tide log"), Some("notes/log.md#0")));
    let url = first["url"].as_str().unwrap();
    assert!(url.starts_with("workroom://mill/notes/log.md#line="), "{url}");
    let fetched = check(&mut c, "fetch", json!({"id": first["id"]}), false, &[]).await;
    assert_eq!(fetched["structuredContent"]["text"].as_str().map(str::trim_end), Some(LOG.trim_end()));
    check(&mut c, "fetch", json!({"id": "notes/log.md"}), false, &["The gate was shut"]).await;
    check(&mut c, "fetch", json!({"id": "notes/log.md#99"}), true, &["has no chunk 99"]).await;

    let result = check(
        &mut c,
        "semantic_search",
        json!({"query": "gate at flood", "path": "notes"}),
        false,
        &["<passage n=\"1\" source=\"notes/log.md:"],
    )
    .await;
    let hit = &result["structuredContent"]["results"][0];
    assert!(hit.get("score").is_none() && hit.get("citation").is_none(), "terse is terse: {hit}");
    let full = json!({"query": "gate at flood", "detail": "full", "cite_as": "anthropic"});
    let result = check(&mut c, "semantic_search", full, false, &["modified="]).await;
    let hit = &result["structuredContent"]["results"][0];
    assert_eq!(hit["citation"]["version"], json!(workroom::version_of(LOG.as_bytes())));
    assert_eq!(hit["cited"]["type"], "search_result");
    check(
        &mut c,
        "ask",
        json!({"question": "When was the gate shut?"}),
        false,
        &["The gate was shut at flood."],
    )
    .await;
    check(&mut c, "find_similar", json!({"path": "notes/log.md"}), false, &["<passage"]).await;
    check(&mut c, "status", json!({"detail": "full"}), false, &["mill: 3 documents"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_so_that_it_can_be_done_right() {
    let mill = Mill::new();
    let mut c = Client::connect(Era::Stateless, mill.owner()).await;
    let wrong = true;
    check(
        &mut c,
        "read_text_file",
        json!({"path": "notes/lgo.md"}),
        wrong,
        &["no such file: `notes/lgo.md`", "log.md, wheels.md", "next: list_directory {\"path\":\"notes\"}"],
    )
    .await;
    check(&mut c, "read_text_file", json!({}), wrong, &["missing field `path`", "`head` (optional)"]).await;
    check(&mut c, "read_text_file", json!({"path": "a", "lines": 3}), wrong, &["unknown field `lines`"])
        .await;
    check(
        &mut c,
        "read_text_file",
        json!({"path": "a", "head": 1, "tail": 1}),
        wrong,
        &["exclude each other"],
    )
    .await;
    check(&mut c, "read_text_file", json!({"path": "/etc/passwd"}), wrong, &["relative to the workspace"])
        .await;
    check(
        &mut c,
        "read_text_file",
        json!({"path": "../etc/passwd"}),
        wrong,
        &["not a plain path inside the workspace"],
    )
    .await;
    check(&mut c, "read_text_file", json!({"path": "a\0b"}), wrong, &["NUL"]).await;
    check(
        &mut c,
        "write_file",
        json!({"path": ".workroom/config.toml", "content": ""}),
        wrong,
        &[".workroom"],
    )
    .await;
    check(&mut c, "semantic_search", json!({"query": " "}), wrong, &["empty"]).await;
    check(
        &mut c,
        "semantic_search",
        json!({"query": "x", "types": ["poem"]}),
        wrong,
        &["`poem` is not a type"],
    )
    .await;
    let unknown = c.call("no_such_tool", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_resources() {
    for era in ERAS {
        let mill = Mill::new();
        let mut c = Client::connect(era, mill.owner()).await;
        let listed = c.ask("resources/list", json!({})).await;
        let uris: Vec<&str> = listed["result"]["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["uri"].as_str().unwrap())
            .collect();
        assert_eq!(
            uris,
            ["workroom:///notes/log.md", "workroom:///notes/wheels.md", "workroom:///secret/plan.md"]
        );
        let read = c.ask("resources/read", json!({"uri": "workroom:///notes/log.md"})).await;
        assert_eq!(read["result"]["contents"][0]["text"], LOG);
        assert_eq!(read["result"]["contents"][0]["mimeType"], "text/markdown");
        let absent = c.ask("resources/read", json!({"uri": "workroom:///no.md"})).await;
        let code = if era == Era::Stateless { -32602 } else { -32002 };
        assert_eq!(
            (&absent["error"]["code"], &absent["error"]["data"]["uri"]),
            (&json!(code), &json!("workroom:///no.md")),
            "{absent}"
        );
        let templates = c.ask("resources/templates/list", json!({})).await;
        let template = templates["result"]["resourceTemplates"][0]["uriTemplate"].clone();
        let completion = json!({"ref": {"type": "ref/resource", "uri": template}, "argument": {"name": "path", "value": "notes/l"}});
        let completed = c.ask("completion/complete", completion).await;
        assert_eq!(completed["result"]["completion"]["values"], json!(["notes/log.md"]));
        let bad = c.ask("resources/list", json!({"cursor": "no cursor"})).await;
        assert_eq!(bad["error"]["code"], -32602);
    }
}
