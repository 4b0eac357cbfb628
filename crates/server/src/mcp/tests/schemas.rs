//! Schemas: simple enough for every client, and true of what is returned.

use super::client::{Client, Era, Mill};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Words of JSON Schema that every client and model provider takes.
const WORDS: [&str; 14] = [
    "type",
    "properties",
    "required",
    "items",
    "enum",
    "description",
    "default",
    "additionalProperties",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tool_is_described_in_simple_words() {
    let mill = Mill::new();
    let mut c = Client::connect(Era::Sessions, mill.owner()).await;
    let tools = c.ask("tools/list", json!({})).await["result"]["tools"].clone();
    for tool in tools.as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        assert!(tool["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{name} {hint}");
        }
        assert_eq!(tool["inputSchema"]["additionalProperties"], json!(false), "{name}");
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{name} {schema}");
            simple(&tool[schema], &format!("{name} {schema}"));
        }
        for (argument, schema) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(
                schema["description"].is_string() || name == "edit_file",
                "{name} {argument} is not described"
            );
        }
    }
}

fn simple(schema: &Value, at: &str) {
    let Some(words) = schema.as_object() else { return };
    for (word, value) in words {
        assert!(WORDS.contains(&word.as_str()), "{at}: {word}");
        match word.as_str() {
            "type" => assert!(value.is_string(), "{at}: {value}"),
            "properties" => value
                .as_object()
                .unwrap()
                .iter()
                .for_each(|(name, schema)| simple(schema, &format!("{at}.{name}"))),
            "items" | "additionalProperties" => simple(value, &format!("{at}[]")),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_returned_is_as_the_schemas_say() {
    let mill = Mill::new();
    mill.room.workspace.write("pixel.png", b"\x89PNG\r\n\x1a\n").unwrap();
    mill.room.workspace.save_state(&workroom::autosave::Save::new("scout", r#"{"n": 1}"#)).unwrap();
    let mut c = Client::connect(Era::Sessions, mill.owner()).await;
    let tools = c.ask("tools/list", json!({})).await["result"]["tools"].clone();
    let first = mill.room.workspace.write("e.md", b"one").unwrap().version;
    mill.room.workspace.write("e.md", b"two").unwrap();
    let mut told = BTreeMap::from([("first", json!(first))]);
    let mut called = Vec::new();
    for (tool, arguments) in [
        ("acquire_lease", json!({"paths": ["held"], "purpose": "to try"})),
        ("add_comment", json!({"path": "notes/log.md", "quote": "all night", "text": "Since when?"})),
        ("append_file", json!({"path": "a.md", "content": "x"})),
        ("ask", json!({"question": "when was the gate shut?", "detail": "full", "cite_as": "langchain"})),
        ("ask", json!({"question": "xyzzy plugh"})),
        ("audit_log", json!({})),
        ("copy_file", json!({"source": "a.md", "destination": "b.md"})),
        ("create_checkpoint", json!({"note": "as it was", "tags": ["old"]})),
        ("create_directory", json!({"path": "folder"})),
        ("create_transfer", json!({})),
        ("delete_file", json!({"path": "b.md"})),
        ("diff_checkpoint", json!({"checkpoint": "old"})),
        ("diff_versions", json!({"path": "e.md", "from": "$first"})),
        ("directory_tree", json!({})),
        ("edit_file", json!({"path": "a.md", "edits": [{"oldText": "x", "newText": "y"}]})),
        ("extend_lease", json!({"lease": "$acquire_lease/lease"})),
        ("fetch", json!({"id": "notes/log.md"})),
        ("find_similar", json!({"path": "notes/log.md", "detail": "full"})),
        ("get_file_info", json!({"path": "notes/log.md"})),
        ("list_allowed_directories", json!({})),
        ("list_checkpoints", json!({})),
        ("list_comments", json!({})),
        ("list_directory", json!({})),
        ("list_directory_with_sizes", json!({})),
        ("list_leases", json!({})),
        ("list_saved_states", json!({})),
        ("list_trash", json!({})),
        ("list_versions", json!({"path": "e.md"})),
        ("move_file", json!({"source": "a.md", "destination": "c.md"})),
        ("read_media_file", json!({"path": "pixel.png"})),
        ("read_multiple_files", json!({"paths": ["notes/log.md", "none"]})),
        ("read_text_file", json!({"path": "notes/log.md"})),
        ("read_version", json!({"path": "e.md", "version": "$first"})),
        ("release_lease", json!({"lease": "$acquire_lease/lease"})),
        ("request_approval", json!({"title": "May I?", "paths": ["notes"], "options": ["yes", "no"]})),
        ("resolve_comment", json!({"id": "$add_comment/id"})),
        ("restore_checkpoint", json!({"checkpoint": "old"})),
        ("restore_from_trash", json!({"id": "$list_trash/entries/0/id", "to": "f.md"})),
        ("restore_version", json!({"path": "e.md", "version": "$first"})),
        ("resume_state", json!({"agent": "scout"})),
        ("save_state", json!({"agent": "scout", "state": {"n": 2}, "reason": "final"})),
        ("search", json!({"query": "mill"})),
        ("search_files", json!({"pattern": "*.md"})),
        ("semantic_search", json!({"query": "mill", "detail": "full", "cite_as": "openai"})),
        ("status", json!({"detail": "full"})),
        ("wait_for_approval", json!({"id": "$request_approval/id", "seconds": 0})),
        ("wait_for_events", json!({"after": "start"})),
        ("write_file", json!({"path": "d.md", "content": "x"})),
    ] {
        let result = c.call(tool, filled(arguments, &told)).await;
        assert_eq!(result["isError"], json!(false), "{tool}: {result}");
        told.insert(tool, result["structuredContent"].clone());
        let listed = tools.as_array().unwrap().iter().find(|listed| listed["name"] == tool).unwrap();
        conforms(&result["structuredContent"], &listed["outputSchema"], tool);
        called.push(tool);
    }
    called.dedup();
    let listed: Vec<&str> =
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(called, listed, "every tool is called here");
}

/// Arguments with what was told before in the place of `$tool/where/it/stands`.
fn filled(arguments: Value, told: &BTreeMap<&str, Value>) -> Value {
    let fill = |value: Value| match value.as_str().and_then(|text| text.strip_prefix('$')) {
        Some(place) => {
            let (tool, pointer) = place.split_at(place.find('/').unwrap_or(place.len()));
            told[tool].pointer(pointer).unwrap().clone()
        }
        None => value,
    };
    arguments.as_object().unwrap().clone().into_iter().map(|(name, value)| (name, fill(value))).collect()
}

/// As far as our own schemas go.
fn conforms(value: &Value, schema: &Value, at: &str) {
    let fits = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some(other) => panic!("{at}: {other}"),
    };
    assert!(fits, "{at} is {value}, not {schema}");
    if let Some(names) = schema["enum"].as_array() {
        assert!(names.contains(value), "{at} is {value}, not one of {names:?}");
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{at} lacks {name}: {value}");
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => conforms(value, schema, &format!("{at}.{name}")),
            // A map of names, or anything.
            None => conforms(value, &schema["additionalProperties"], &format!("{at}.{name}")),
        }
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(item, &schema["items"], &format!("{at}[]"));
    }
}
