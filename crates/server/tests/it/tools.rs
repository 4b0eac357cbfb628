//! Tools chosen in the endpoint's address.

use crate::agent::{Agent, ERAS};
use crate::client::Request;
use crate::served::Running;
use custody::Right::{Admin, Read};
use serde_json::{Value, json};

fn names(tools: &Value) -> Vec<&str> {
    tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[test]
fn an_address_chooses_tools() {
    let server = Running::new();
    let (admin, reader) = (server.admin(), server.token(&[("notes", &[Read])]));
    for era in ERAS {
        for (target, token, expected) in [
            (
                "/mcp?tools=leases",
                &admin,
                &["acquire_lease", "extend_lease", "list_leases", "release_lease"][..],
            ),
            ("/mcp/mill?tools=write_file,events", &admin, &["wait_for_events", "write_file"]),
            ("/mcp?tools=write_file%2Cevents", &reader, &["wait_for_events"]),
            ("/mcp?tools=research&other=1", &reader, &["fetch", "search"]),
        ] {
            let mut agent = Agent::connect(server.address, target, token, era);
            assert_eq!(names(&agent.tools()), expected, "{target} {era:?}");
        }
        let mut agent = Agent::connect(server.address, "/mcp?tools=files", &admin, era);
        let text = |value: Value| value.to_string();
        let other = text(agent.call("ask", &json!({"question": "x"}))).replace("`ask`", "`X`");
        let none = text(agent.call("no_tool", &json!({"question": "x"}))).replace("`no_tool`", "`X`");
        let without_id = |said: String| serde_json::from_str::<Value>(&said).unwrap()["error"].clone();
        assert_eq!(without_id(other), without_id(none));
        let mut all = Agent::connect(server.address, "/mcp", &admin, era);
        let mut named = Agent::connect(server.address, "/mcp?tools=all", &admin, era);
        assert_eq!(all.tools(), named.tools(), "all of them is what nobody chose");
    }
}

#[test]
fn what_cannot_be_chosen_is_told_with_what_can() {
    let server = Running::new();
    let token = server.token(&[("", &[Admin])]);
    for target in
        ["/mcp?tools=everything", "/mcp?tools=", "/mcp?tools=files,", "/mcp?tools=files&tools=search"]
    {
        let request = Request::new("POST", target).header("Authorization", format!("Bearer {token}"));
        let refused = server.send(&request.json(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})));
        assert_eq!(refused.status, 400, "{target}: {}", refused.text());
        if !target.contains('&') {
            let hint = refused.json()["hint"].clone();
            assert!(
                hint.as_str().unwrap().contains("audit, autosave, checkpoints, events, files,"),
                "{hint}"
            );
        }
    }
    // Who it is comes first.
    let nobody = Request::new("POST", "/mcp?tools=everything").json(json!({}));
    assert_eq!(server.send(&nobody).status, 401);
}
