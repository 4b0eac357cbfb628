//! What principals with fewer rights are shown and told.

use super::client::{Client, ERAS, Era, Mill, text};
use custody::Right::{Read, Write};
use serde_json::{Value, json};

const WRITES: [&str; 14] = [
    "append_file",
    "audit_log",
    "copy_file",
    "create_checkpoint",
    "create_directory",
    "create_transfer",
    "delete_file",
    "edit_file",
    "move_file",
    "restore_checkpoint",
    "restore_from_trash",
    "restore_version",
    "save_state",
    "write_file",
];

/// What is any use to who may write somewhere and read nothing.
const SENDS: [&str; 9] = [
    "acquire_lease",
    "append_file",
    "extend_lease",
    "list_allowed_directories",
    "list_leases",
    "release_lease",
    "request_approval",
    "wait_for_approval",
    "write_file",
];

/// What a tool is given about a path.
type Arguments = fn(&str) -> Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_principal_is_shown_what_it_may_call() {
    for era in ERAS {
        let mill = Mill::new();
        let all = Client::connect(era, mill.owner()).await.tools().await;
        let mut sorted = all.clone();
        sorted.sort();
        assert_eq!(all, sorted);
        assert!(WRITES.iter().all(|tool| all.iter().any(|name| name == tool)));

        let mut reader = Client::connect(era, mill.with(&[("notes", &[Read])])).await;
        let shown = reader.tools().await;
        let expected: Vec<String> =
            all.iter().filter(|tool| !WRITES.contains(&tool.as_str())).cloned().collect();
        assert_eq!(shown, expected);
        // One that is not shown is as one that is not there.
        let refused = |answer: Value, name: &str| answer["error"].to_string().replace(name, "X");
        let hidden =
            refused(reader.call("write_file", json!({"path": "a", "content": ""})).await, "write_file");
        assert_eq!(
            hidden,
            refused(reader.call("no_tool", json!({"path": "a", "content": ""})).await, "no_tool")
        );

        let mut writer = Client::connect(era, mill.with(&[("logs", &[Write])])).await;
        assert_eq!(writer.tools().await, SENDS);
        let mut nobody = Client::connect(era, mill.with(&[])).await;
        assert_eq!(nobody.tools().await, ["list_allowed_directories"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_seen_is_as_what_is_not_there() {
    let mill = Mill::new();
    let mut c = Client::connect(Era::Sessions, mill.with(&[("notes", &[Read, Write])])).await;
    let calls: [(&str, Arguments); 9] = [
        ("read_text_file", |path| json!({"path": path})),
        ("read_media_file", |path| json!({"path": path})),
        ("get_file_info", |path| json!({"path": path})),
        ("fetch", |path| json!({"id": path})),
        ("fetch", |path| json!({"id": format!("{path}#0")})),
        ("find_similar", |path| json!({"path": path})),
        ("edit_file", |path| json!({"path": path, "edits": [{"oldText": "Plan", "newText": "x"}]})),
        ("delete_file", |path| json!({"path": path})),
        ("move_file", |path| json!({"source": path, "destination": "notes/x.md"})),
    ];
    for (tool, arguments) in calls {
        let mut said = Vec::new();
        for path in ["secret/plan.md", "secret/none.md"] {
            let result = c.call(tool, arguments(path)).await;
            assert_eq!(result["isError"], json!(true), "{tool}: {result}");
            said.push(result.to_string().replace(path.rsplit('/').next().unwrap(), "X"));
        }
        assert_eq!(said[0], said[1], "{tool}");
    }
    for (tool, arguments) in [
        ("list_directory", json!({"path": ""})),
        ("directory_tree", json!({})),
        ("search_files", json!({"pattern": "*"})),
        ("semantic_search", json!({"query": "is the mill to be sold?"})),
        ("search", json!({"query": "is the mill to be sold?"})),
        ("ask", json!({"question": "is the mill to be sold?", "detail": "full"})),
        ("status", json!({"detail": "full"})),
        ("list_allowed_directories", json!({})),
    ] {
        let result = c.call(tool, arguments).await;
        let said = result.to_string();
        assert!(
            !said.contains("secret") && !said.contains("spring") && !said.contains("plan.md"),
            "{tool}: {said}"
        );
    }
    assert!(text(&c.call("status", json!({})).await).starts_with("mill: 2 documents"));
    let listed = c.ask("resources/list", json!({})).await.to_string();
    assert!(!listed.contains("secret"), "{listed}");
    let mut said = Vec::new();
    for uri in ["workroom:///secret/plan.md", "workroom:///secret/none.md"] {
        let answer = c.ask("resources/read", json!({"uri": uri})).await;
        said.push(answer["error"].to_string().replace(uri.rsplit('/').next().unwrap(), "X"));
    }
    assert_eq!(said[0], said[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_right_is_named_where_the_file_may_be_seen() {
    let mill = Mill::new();
    let mut c = Client::connect(Era::Stateless, mill.with(&[("", &[Read]), ("notes", &[Write])])).await;
    let result = c.call("write_file", json!({"path": "secret/plan.md", "content": ""})).await;
    assert_eq!(result["isError"], json!(true));
    assert!(text(&result).contains("no right to write to `secret/plan.md`"), "{result}");
}
