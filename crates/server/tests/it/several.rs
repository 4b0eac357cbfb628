//! Several workspaces behind one address, as strange to each other as two servers.

use crate::agent::{Agent, ERAS, Era};
use crate::client::{Answer, Request};
use crate::served::Running;
use custody::Right::{Admin, Read, Write};
use serde_json::json;

const ALL: &[(&str, &[custody::Right])] = &[("", &[Read, Write])];
const MINE: &[(&str, &str)] = &[("a.md", "The heron stands in the reeds.\n")];
const THEIRS: &[(&str, &str)] =
    &[("a.md", "The heron is sold to the king.\n"), ("b.md", "The heron, the heron and the otter.\n")];

fn server() -> Running {
    Running::below(&[("mine", MINE), ("theirs", THEIRS)])
}

fn below(token: &str, method: &str, target: &str) -> Request {
    Request::new(method, target).header("Authorization", format!("Bearer {token}"))
}

/// An answer with the name that was asked for taken out.
fn about(server: &Running, request: &Request, name: &str) -> Answer {
    let mut answer = server.send(request).without_date();
    answer.body = answer.text().replace(name, "NAME").into_bytes();
    answer.headers.retain(|(header, _)| header != "content-length");
    answer
}

#[test]
fn another_workspace_is_as_none() {
    let server = server();
    let token = server.token_in("mine", ALL);
    assert_eq!(
        server.send(&below(&token, "GET", "/v1/workspaces")).json(),
        json!({"workspaces": [{"name": "mine"}]})
    );
    for (method, rest) in [
        ("GET", ""),
        ("GET", "/file?path=a.md"),
        ("HEAD", "/file?path=a.md"),
        ("DELETE", "/file?path=a.md"),
        ("GET", "/files"),
        ("GET", "/search?query=heron"),
        ("GET", "/events"),
        ("GET", "/tokens"),
        ("GET", "/problems"),
    ] {
        assert_ne!(server.send(&below(&token, method, "/v1/workspaces/mine")).status, 404);
        let [theirs, absent] = ["theirs", "absent"].map(|name| {
            about(&server, &below(&token, method, &format!("/v1/workspaces/{name}{rest}")), name)
        });
        assert_eq!(theirs.status, 404, "{method} {rest}");
        assert_eq!(theirs, absent, "{method} {rest}");
    }
    let [theirs, absent] = ["theirs", "absent"].map(|name| {
        let request =
            below(&token, "PUT", &format!("/v1/workspaces/{name}/file?path=a.md")).bytes("mine now");
        about(&server, &request, name)
    });
    assert_eq!((theirs.status, &theirs), (404, &absent));
    assert_eq!(std::fs::read_to_string(server.folder.join("theirs/a.md")).unwrap(), THEIRS[0].1);
    for strange in
        ["..", "%2e%2e", "mine%2F..%2Ftheirs", ".workroom", "mine/../theirs", "", "mine%00", "MINE"]
    {
        let answer = server.send(&below(&token, "GET", &format!("/v1/workspaces/{strange}/file?path=a.md")));
        assert!(
            (400..500).contains(&answer.status) && !answer.text().contains("king"),
            "{strange}: {}",
            answer.text()
        );
    }
}

#[test]
fn an_agent_is_in_one_of_them() {
    let server = server();
    let (mine, theirs) = (server.token_in("mine", ALL), server.token_in("theirs", ALL));
    for era in ERAS {
        let mut agent = Agent::connect(server.address, "/mcp/mine", &mine, era);
        let found = agent.call("semantic_search", &json!({"query": "heron otter king"})).to_string();
        assert!(found.contains("reeds") && !found.contains("king") && !found.contains("b.md"), "{found}");
        for path in ["../theirs/a.md", "workroom://theirs/a.md", "b.md"] {
            let refused = agent.call("read_text_file", &json!({"path": path}));
            assert_eq!(refused["isError"], json!(true), "{path}: {refused}");
        }
        let refused = agent.ask("resources/read", json!({"uri": "workroom://theirs/a.md"}));
        assert!(refused["error"].is_object(), "{refused}");
        // Where several are served, one is named; and its own token is what opens it.
        let (request, _) = agent.request("tools/list", json!({}));
        for (target, status) in
            [("/mcp", 404), ("/mcp/theirs", 404), ("/mcp/absent", 404), ("/mcp/mine", 200)]
        {
            assert_eq!(server.send(&request.clone().to(target)).status, status, "{era:?} {target}");
        }
    }
    // A session is one token's in one workspace.
    let session =
        Agent::connect(server.address, "/mcp/mine", &mine, Era::Sessions).session().unwrap().to_owned();
    for (token, target, status) in [
        (&mine, "/mcp/mine", 200),
        (&theirs, "/mcp/theirs", 404),
        (&server.token_in("mine", ALL), "/mcp/mine", 404),
    ] {
        let request = below(token, "POST", target)
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2025-11-25")
            .header("Mcp-Session-Id", session.as_str())
            .json(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}));
        assert_eq!(server.send(&request).status, status, "{target}");
    }
}

#[test]
fn whoever_administers_one_makes_others_and_is_no_owner_of_the_rest() {
    let server = server();
    let admin = server.token_in("mine", &[("", &[Admin])]);
    let make = |token: &str, name: &str| {
        server.send(&below(token, "POST", "/v1/workspaces").json(json!({"name": name})))
    };
    for (token, name, status) in [
        (&server.token_in("mine", ALL), "new", 403),
        (&server.token_in("mine", &[("a.md", &[Admin])]), "new", 403),
        (&"wrk_x".to_owned(), "new", 401),
        (&admin, "../new", 400),
        (&admin, ".hidden", 400),
        (&admin, "theirs", 409),
        (&admin, "new", 201),
        (&admin, "new", 409),
    ] {
        assert_eq!(make(token, name).status, status, "{name}");
    }
    assert!(!server.folder.parent().unwrap().join("new").exists());
    assert_eq!(server.send(&below(&admin, "GET", "/v1/workspaces/new")).status, 404);
    let first = make(&admin, "second").json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(server.send(&below(&first, "GET", "/v1/workspaces/second")).status, 200);
    assert_eq!(server.send(&below(&first, "GET", "/v1/workspaces/mine")).status, 404);
}
