//! Leases over HTTP and MCP: taken within one's rights, shown at every change, told to whom they may be told.

use crate::agent::{Agent, ERAS, Era};
use crate::client::Answer;
use crate::served::Running;
use custody::Right::{Admin, Read, Write};
use serde_json::{Value, json};

/// Asks for a lease.
fn take(server: &Running, token: &str, body: Value) -> Answer {
    server.send(&server.request(token, "POST", "/leases").json(body))
}

fn exclusive(server: &Running, token: &str, path: &str) -> Value {
    let answer = take(server, token, json!({"paths": [path], "purpose": "a test"}));
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// Writes a file by a lease, or without one.
fn write(server: &Running, token: &str, path: &str, lease: Option<&str>) -> Answer {
    let request = server.request(token, "PUT", &format!("/file?path={path}")).bytes("text");
    server.send(&lease.into_iter().fold(request, |request, id| request.header("Workroom-Lease", id)))
}

#[test]
fn a_refused_write_says_who_holds_it_and_what_to_do() {
    let server = Running::new();
    let (holder, other) = (server.token(&[("notes", &[Read, Write])]), server.admin());
    let lease = exclusive(&server, &holder, "notes");
    let id = lease["id"].as_str().unwrap();
    let refused = write(&server, &other, "notes/tide.md", None);
    assert_eq!((refused.status, refused.header("content-type")), (423, Some("application/problem+json")));
    let problem = refused.json();
    assert_eq!(problem["kind"], "locked");
    let told = &problem["lease"];
    assert_eq!(
        (&told["holder"], &told["purpose"], &told["own"]),
        (&json!("token 0"), &json!("a test"), &json!(false))
    );
    assert_eq!((&told["fencing_token"], &told["until"]), (&lease["fencing_token"], &lease["until"]));
    assert!(!refused.text().contains(id), "nobody else is told the id");

    // Another's id is of no use, one's own is; the next call that is named is one that works.
    assert_eq!(write(&server, &other, "notes/tide.md", Some(id)).status, 412);
    assert_eq!(write(&server, &holder, "notes/tide.md", Some(id)).status, 200);
    assert_eq!(write(&server, &holder, "notes/tide.md", None).status, 423);
    for (method, below) in
        [("DELETE", "/file?path=notes/tide.md"), ("DELETE", "/file?path=notes&recursive=true")]
    {
        assert_eq!(server.ask(&other, method, below).status, 423, "{method} {below}");
    }
    let next = &problem["next"][0];
    assert_eq!((&next["method"], &next["href"]), (&json!("POST"), &json!("/v1/workspaces/mill/leases")));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| take(&server, &other, next["body"].clone()));
        assert_eq!(server.ask(&holder, "DELETE", &format!("/leases/{id}")).status, 200);
        let given = waits.join().unwrap();
        assert_eq!(given.status, 201, "{}", given.text());
        assert_eq!(given.json()["paths"], json!(["notes"]));
    });
    // The one that was given back is told apart from one that another holds.
    let gone = server.ask(&holder, "DELETE", &format!("/leases/{id}"));
    assert_eq!((gone.status, &gone.json()["kind"]), (412, &json!("lease-ended")));
    assert_eq!(write(&server, &holder, "notes/gate.md", Some(id)).status, 423);
}

#[test]
fn a_lease_goes_on_by_heartbeats_and_shows_at_its_files() {
    let server = Running::new();
    let (admin, reader) = (server.admin(), server.token(&[("notes", &[Read])]));
    let lease = exclusive(&server, &admin, "notes/tide.md");
    let beat = |body: Value| {
        let below = format!("/leases/{}/heartbeat", lease["id"].as_str().unwrap());
        server.send(&server.request(&admin, "POST", &below).json(body))
    };
    let longer = beat(json!({"seconds": 3600}));
    assert_eq!(longer.status, 200);
    assert!(longer.json()["until"].as_str() > lease["until"].as_str());
    assert_eq!(beat(json!({"seconds": 3601})).status, 400);
    let info = server.ask(&reader, "GET", "/file/info?path=notes/tide.md").json();
    assert_eq!((&info["lease"]["holder"], &info["lease"]["own"]), (&json!("token 0"), &json!(false)));
    assert_eq!(server.ask(&reader, "GET", "/file/info?path=notes/gate.md").json()["lease"], Value::Null);
    for (body, status) in [
        (json!({"paths": []}), 400),
        (json!({"paths": ["notes"], "seconds": 0}), 400),
        (json!({"paths": ["notes"], "wait": 51}), 400),
        (json!({"paths": ["notes"], "purpose": "two\nlines"}), 400),
        (json!({"paths": ["notes"], "mode": "any"}), 422),
        (json!({"paths": ["../x"]}), 422),
    ] {
        assert_eq!(take(&server, &admin, body.clone()).status, status, "{body}");
    }
    for (id, status) in [("lease_none", 422), ("{}", 422), ("lease_abcdefghijklmnopqrstuv", 412)] {
        assert_eq!(write(&server, &admin, "log.txt", Some(id)).status, status, "{id}");
        let target = format!("/leases/{}", crate::described::encoded(id));
        assert_eq!(server.ask(&admin, "DELETE", &target).status, status, "{id}");
    }
}

#[test]
fn leases_keep_to_the_rights_of_whoever_takes_and_sees_them() {
    let server = Running::new();
    let admin = server.admin();
    let reader = server.token(&[("notes", &[Read])]);
    let writer = server.token(&[("notes", &[Read, Write])]);
    let dropper = server.token(&[("inbox", &[Write])]);
    let status = |token: &str, path: &str, mode: &str| {
        let answer = take(&server, token, json!({"paths": [path], "mode": mode, "seconds": 1}));
        if answer.status == 201 {
            let id = answer.json()["id"].as_str().unwrap().to_owned();
            assert_eq!(server.ask(token, "DELETE", &format!("/leases/{id}")).status, 200);
        }
        answer.status
    };
    for (token, path, mode, expected) in [
        (&reader, "notes", "shared", 201),
        (&reader, "notes", "exclusive", 403),
        (&reader, "", "shared", 403),
        (&reader, "hidden", "shared", 404),
        (&writer, "notes/new.md", "exclusive", 201),
        (&writer, "hidden", "exclusive", 404),
        (&dropper, "inbox", "exclusive", 201),
        (&dropper, "inbox", "shared", 404),
        (&admin, "", "exclusive", 201),
    ] {
        assert_eq!(status(token, path, mode), expected, "{path} {mode}");
    }

    // Of one lease each is told what it may know.
    let both =
        take(&server, &admin, json!({"paths": ["notes/tide.md", "hidden", "inbox"], "purpose": "all"}));
    assert_eq!(both.status, 201);
    let listed = |token: &str| server.ask(token, "GET", "/leases").json()["leases"].clone();
    assert_eq!(listed(&reader)[0]["paths"], json!(["notes/tide.md"]));
    assert_eq!(listed(&admin)[0]["paths"], json!(["hidden", "inbox", "notes/tide.md"]));
    assert_eq!(listed(&dropper), json!([]));
    let blind = write(&server, &dropper, "inbox/x.md", None);
    assert_eq!(blind.status, 423);
    assert!(!blind.text().contains("token") && blind.json()["lease"].is_null(), "{}", blind.text());

    // To take one away one must administer all of it.
    let lead = server.token(&[("notes", &[Admin])]);
    let body = json!({"fencing_token": both.json()["fencing_token"]});
    let take_away =
        |token: &str| server.send(&server.request(token, "POST", "/leases/break").json(body.clone()));
    assert_eq!(take_away(&dropper).status, 404);
    assert_eq!(take_away(&writer).status, 403);
    assert_eq!(take_away(&lead).status, 403);
    let taken = take_away(&admin);
    assert_eq!((taken.status, &taken.json()["purpose"]), (200, &json!("all")));
    assert_eq!(take_away(&admin).status, 404);
    assert_eq!(write(&server, &writer, "notes/tide.md", None).status, 200);
}

#[test]
fn agents_hold_files_by_tools() {
    for era in ERAS {
        let server = Running::new();
        let (holder, other) = (server.token(&[("notes", &[Read, Write])]), server.admin());
        let [mut holder, mut other] =
            [&holder, &other].map(|token| Agent::connect(server.address, "/mcp", token, era));
        let call = |agent: &mut Agent, tool: &str, arguments: Value| {
            let result = agent.call(tool, &arguments);
            let text = result["content"][0]["text"].as_str().unwrap().to_owned();
            (result["isError"] == json!(true), text, result["structuredContent"].clone())
        };
        let (failed, text, taken) =
            call(&mut holder, "acquire_lease", json!({"paths": ["notes/tide.md"], "purpose": "a test"}));
        assert!(!failed && text.starts_with("holding `notes/tide.md` until 2"), "{text}");
        let lease = taken["lease"].clone();
        let write = json!({"path": "notes/tide.md", "content": "new"});
        let (failed, text, _) = call(&mut other, "write_file", write.clone());
        assert!(failed && text.starts_with("`notes/tide.md` is held by `token 0` until 2"), "{text}");
        assert!(text.contains("next: acquire_lease {\"paths\":[\"notes/tide.md\"],\"wait\":30}"), "{text}");
        let mut by_lease = write;
        by_lease["lease"] = lease.clone();
        assert!(call(&mut other, "write_file", by_lease.clone()).0, "it is another's");
        assert!(!call(&mut holder, "write_file", by_lease.clone()).0);
        let (_, text, _) = call(&mut other, "list_leases", json!({}));
        assert!(text.starts_with("token 0 holds `notes/tide.md` alone until 2"), "{text}");
        let (_, text, _) = call(&mut other, "get_file_info", json!({"path": "notes/tide.md"}));
        assert!(text.contains("lease: token 0 holds"), "{text}");
        assert!(!call(&mut holder, "extend_lease", json!({"lease": lease, "seconds": 60})).0);
        assert!(!call(&mut holder, "release_lease", json!({"lease": lease})).0);
        let (failed, text, _) = call(&mut holder, "write_file", by_lease);
        assert!(failed && text.contains("the lease holds no more"), "{text}");
    }
    let server = Running::new();
    let nobody = server.token(&[("none", &[Read])]);
    let mut agent = Agent::connect(server.address, "/mcp", &nobody, Era::Stateless);
    let listed = agent.call("list_leases", &json!({}));
    assert_eq!(listed["structuredContent"]["leases"], json!([]));
}
