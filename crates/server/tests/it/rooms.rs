//! Workspaces made, cloned, archived and deleted over HTTP; and none reaches another.

use crate::client::{Answer, PATIENCE, Request};
use crate::served::Running;
use custody::Right::{Admin, Read, Write};
use serde_json::{Value, json};
use std::time::Instant;

const TEMPLATE: &[(&str, &str)] = &[("house/rules.md", "The heron is fed at noon.\n")];
const OTHER: &[(&str, &str)] = &[("a.md", "The heron is sold to the king.\n")];

fn below(token: &str, method: &str, target: &str) -> Request {
    Request::new(method, target).header("Authorization", format!("Bearer {token}"))
}

fn make(server: &Running, token: &str, body: Value) -> Answer {
    server.send(&below(token, "POST", "/v1/workspaces").json(body))
}

fn found(server: &Running, token: &str, name: &str) -> Vec<String> {
    let target = format!("/v1/workspaces/{name}/search?query=heron");
    let answer = server.send(&below(token, "GET", &target)).json();
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["quote"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn environments_of_one_template_share_nothing() {
    let server = Running::below(&[("template", TEMPLATE), ("other", OTHER)]);
    let admin = server.token_in("template", &[("", &[Admin])]);
    let reader = server.token_in("template", &[("", &[Read, Write])]);
    let stranger = server.token_in("other", &[("", &[Admin])]);
    assert_eq!(make(&server, &reader, json!({"name": "x", "template": "template"})).status, 403);
    assert_eq!(make(&server, &stranger, json!({"name": "x", "template": "template"})).status, 404);
    assert_eq!(make(&server, &admin, json!({"name": "x", "template": "absent"})).status, 404);
    let secrets: Vec<String> = ["dev", "staging", "prod"]
        .iter()
        .map(|name| {
            let made = make(&server, &admin, json!({"name": name, "template": "template"}));
            assert_eq!(made.status, 201, "{}", made.text());
            made.json()["secret"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(make(&server, &admin, json!({"name": "dev", "template": "template"})).status, 409);
    let ids: Vec<Value> = ["template", "dev", "staging", "prod"]
        .iter()
        .zip([&admin, &secrets[0], &secrets[1], &secrets[2]])
        .map(|(name, token)| {
            server.send(&below(token, "GET", &format!("/v1/workspaces/{name}"))).json()["id"].clone()
        })
        .collect();
    assert!(ids.iter().all(Value::is_string) && (1..4).all(|n| !ids[..n].contains(&ids[n])), "{ids:?}");

    // Each has the template's files, and what is written in one is found in no other.
    for (name, token) in ["dev", "staging", "prod"].iter().zip(&secrets) {
        let words = format!("The heron of {name} alone.\n");
        let put = below(token, "PUT", &format!("/v1/workspaces/{name}/file?path=own.md")).bytes(words);
        assert_eq!(server.send(&put).status, 201);
    }
    for (name, token) in ["dev", "staging", "prod"].iter().zip(&secrets) {
        let mut quotes = found(&server, token, name);
        quotes.sort();
        assert_eq!(quotes.len(), 2, "{name}: {quotes:?}");
        assert!(
            quotes[0].contains("fed at noon") && quotes[1].contains(&format!("of {name} alone")),
            "{quotes:?}"
        );
        for other in ["dev", "staging", "prod", "template", "other"].iter().filter(|other| *other != name) {
            let target = format!("/v1/workspaces/{other}/search?query=heron");
            assert_eq!(server.send(&below(token, "GET", &target)).status, 404, "{name} sees {other}");
        }
    }
    assert_eq!(found(&server, &admin, "template").len(), 1);
}

#[test]
fn what_is_archived_is_read_and_not_changed() {
    let server = Running::below(&[("mine", TEMPLATE)]);
    let (admin, writer) =
        (server.token_in("mine", &[("", &[Admin])]), server.token_in("mine", &[("", &[Read, Write])]));
    let set = |token: &str, what: &str| {
        server.send(&below(token, "POST", &format!("/v1/workspaces/mine/{what}"))).status
    };
    let put = || server.send(&below(&writer, "PUT", "/v1/workspaces/mine/file?path=new.md").bytes("x"));
    assert_eq!([set(&writer, "archive"), set(&admin, "archive")], [403, 200]);
    let refused = put();
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("archived"), "{}", refused.text());
    assert_eq!(found(&server, &writer, "mine").len(), 1);
    let status = server.send(&below(&writer, "GET", "/v1/workspaces/mine")).json();
    assert_eq!(status["archived"], true);
    assert_eq!(set(&admin, "unarchive"), 200);
    assert_eq!(put().status, 201);
}

#[test]
fn a_workspace_is_deleted_by_its_name_given_twice() {
    let server = Running::below(&[("mine", TEMPLATE), ("other", OTHER)]);
    let (admin, writer) =
        (server.token_in("mine", &[("", &[Admin])]), server.token_in("mine", &[("", &[Read, Write])]));
    let other = server.token_in("other", &[("", &[Admin])]);
    let delete = |token: &str, confirm: &str| {
        server.send(&below(token, "DELETE", &format!("/v1/workspaces/mine?confirm={confirm}"))).status
    };
    assert_eq!([delete(&writer, "mine"), delete(&other, "mine"), delete(&admin, "other")], [403, 404, 400]);
    assert_eq!(found(&server, &admin, "mine").len(), 1);
    assert_eq!(delete(&admin, "mine"), 200);
    assert!(!server.folder.join("mine").exists());
    assert_eq!(std::fs::read_dir(&server.folder).unwrap().count(), 1, "nothing is left of it");
    assert_eq!(
        server.send(&below(&admin, "GET", "/v1/workspaces/mine")).status,
        401,
        "its tokens are no more"
    );
    assert_eq!(found(&server, &other, "other").len(), 1);
    // The name is free again once nobody works there any more, and nothing of the old one comes back.
    let began = Instant::now();
    while make(&server, &other, json!({"name": "mine"})).status != 201 {
        assert!(began.elapsed() < PATIENCE, "the name does not become free");
        std::thread::yield_now();
    }
    assert_eq!(server.send(&below(&admin, "GET", "/v1/workspaces/mine")).status, 401);
}

#[test]
fn a_workspace_is_made_of_a_checkpoint_as_it_was() {
    let server = Running::below(&[("mine", TEMPLATE), ("other", OTHER)]);
    let (admin, writer) =
        (server.token_in("mine", &[("", &[Admin])]), server.token_in("mine", &[("", &[Read, Write])]));
    let stranger = server.token_in("other", &[("", &[Admin])]);
    let put = |words: &str| {
        let request = below(&admin, "PUT", "/v1/workspaces/mine/file?path=house%2Frules.md").bytes(words);
        assert_eq!(server.send(&request).status, 200);
    };
    let checkpoint = below(&admin, "POST", "/v1/workspaces/mine/checkpoints").json(json!({"tags": ["noon"]}));
    let checkpoint = server.send(&checkpoint);
    assert_eq!(checkpoint.status, 201, "{}", checkpoint.text());
    let id = checkpoint.json()["id"].as_str().unwrap().to_owned();
    put("The heron is fed at dusk.\n");
    let branch = |name: &str, of: &str| json!({"name": name, "template": "mine", "checkpoint": of});
    for (token, body, status) in [
        (&writer, branch("try", "noon"), 403),
        (&stranger, branch("try", "noon"), 404),
        (&admin, branch("try", "dawn"), 404),
        (&admin, branch("other", "noon"), 409),
        (&admin, branch("../try", "noon"), 400),
        (&admin, json!({"name": "try", "checkpoint": "noon"}), 422),
    ] {
        let refused = make(&server, token, body.clone());
        assert_eq!(refused.status, status, "{body}: {}", refused.text());
        assert!(
            refused.json()["detail"].as_str().is_some_and(|said| !said.contains("/.")),
            "{}",
            refused.text()
        );
    }
    assert_eq!(std::fs::read_dir(&server.folder).unwrap().count(), 2, "what was refused left nothing");
    // Away or not: what is made of it is not.
    let archive = below(&admin, "POST", "/v1/workspaces/mine/archive");
    assert_eq!(server.send(&archive).status, 200);
    for (name, of) in [("try", "noon"), ("again", id.as_str())] {
        let made = make(&server, &admin, branch(name, of));
        assert_eq!(made.status, 201, "{}", made.text());
        let token = made.json()["secret"].as_str().unwrap().to_owned();
        assert_eq!(found(&server, &token, name), ["The heron is fed at noon."]);
        let target = format!("/v1/workspaces/{name}");
        assert_eq!(server.send(&below(&token, "GET", &target)).json()["archived"], false);
        let own = below(&token, "PUT", &format!("{target}/file?path=own.md")).bytes("Only here.\n");
        assert_eq!(server.send(&own).status, 201);
        assert_eq!(
            server.send(&below(&admin, "GET", &target)).status,
            404,
            "the source's token does not open it"
        );
    }
    assert_eq!(found(&server, &admin, "mine"), ["The heron is fed at dusk."]);
    let noted = below(&admin, "GET", "/v1/workspaces/mine/audit?kind=workspace.clone");
    let noted = server.send(&noted).text();
    assert!(noted.contains("checkpoint `noon` as `try`") && noted.contains("denied"), "{noted}");
}

#[test]
fn a_server_of_one_workspace_says_why_it_makes_none() {
    let server = Running::new();
    let body = json!({"name": "try", "template": "mill", "checkpoint": "noon"});
    let refused = make(&server, &server.admin(), body);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(refused.json()["hint"], "start it with `--root DIR` to serve several");
}
