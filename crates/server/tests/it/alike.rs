//! What a token may not read changes no byte of what it gets, over every transport: two servers, whose workspaces differ in files that the token
//! may not read, are called alike, any route and any tool, with what is right and what is wrong. One of them goes on changing such files.
//!
//! Left out of the comparison: times (of answers, and of files that were made by two hands: `Date`, `Last-Modified`, everything in RFC 3339), the
//! server's own port, and the ids of sessions, tokens and workspaces, which are drawn. A length (`Content-Length`) is held against its own body in place of the other's,
//! as times differ in length.

use crate::agent::{Agent, Era, message};
use crate::client::Answer;
use crate::described::{Argument, Call, routes, tools, usual};
use crate::served::Running;
use custody::Right::{Read, Write};
use proptest::prelude::*;
use proptest::sample::Index as Pick;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What both have. The folder `inbox` is there in both, since that something stands in the way of a write is told (`docs/permissions.md`).
const VISIBLE: [(&str, &str); 7] = [
    ("inbox/kept.md", "What was left here is for others to read.\n"),
    ("notes/tide.md", "# Tides\n\nThe mill turns at ebb and rests at flood.\n"),
    ("notes/gate.md", "# Gate\n\nThe sluice gate is greased in spring.\n"),
    ("notes/deep/wheel.md", "# Wheel\n\nThe wheel has forty paddles of oak, and none of pine.\n"),
    ("notes/drafts/plan.txt", "The pond is emptied before the wheel is mended.\n"),
    ("team/shared/list.md", "- oak\n- grease\n- wheel\n"),
    ("log.txt", "first line\n"),
];
/// They begin like visible ones, repeat their words, stand beside them, and some lie where the token may write and not read.
const HIDDEN: [(&str, &str); 8] = [
    ("hidden/plan.md", "# Plan\n\nThe wheel will be sold in autumn, the mill and the gate with it.\n"),
    ("notes-2/tide.md", "# Tides\n\nThe mill turns at ebb and rests at flood.\n"),
    ("notes.md", "The sluice gate, the sluice gate, the sluice gate.\n"),
    ("team/secret.md", "Das Geheimnis der Mühle: oak is pine.\n"),
    ("team/shared.md", "- oak\n- wheel\n"),
    ("inbox/a.md", "There was something here before, about paddles.\n"),
    ("log.txt.bak", "first line\nsecond line\n"),
    ("hidden/bad.pdf", "no document"),
];
const GRANTS: &[(&str, &[custody::Right])] = &[
    ("notes", &[Read]),
    ("notes/drafts", &[Write]),
    ("team/shared", &[Read]),
    ("inbox", &[Write]),
    ("log.txt", &[Read, Write]),
];
const WHERE: [&str; 34] = [
    "notes/tide.md",
    "notes/gate.md",
    "notes",
    "notes/deep",
    "notes/deep/wheel.md",
    "notes/drafts",
    "notes/drafts/plan.txt",
    "notes/drafts/new.md",
    "notes/drafts/new.md",
    "notes/drafts/other.md",
    "notes/drafts/folder/x.md",
    "notes/drafts/folder",
    "notes/none.md",
    "notes/tdie.md",
    "log.txt",
    "log.txt.bak",
    "log.tx",
    "team",
    "team/shared",
    "team/shared/list.md",
    "team/secret.md",
    "team/shared.md",
    "team/none.md",
    "hidden",
    "hidden/plan.md",
    "hidden/new.md",
    "hidden/plan.md/x",
    "hidden/bad.pdf",
    "notes-2",
    "notes-2/tide.md",
    "notes.md",
    "inbox/a.md",
    "inbox/b.md",
    "inbox",
];
const WRONG: [&str; 5] = ["", "../hidden/plan.md", "/hidden", "a\u{0}b", ".workroom/config.toml"];
const ASKED: [&str; 7] = [
    "when is the wheel sold?",
    "sluice gate",
    "Geheimnis der Mühle",
    "\"oak\" paddles pine",
    "the",
    "zebra",
    "",
];
const PATTERNS: [&str; 6] = ["**/*", "*.md", "**/*plan*", "hidden/**", "notes*/**", "["];

/// One call: by which transport, which of all, with what.
#[derive(Clone, Debug)]
struct Step {
    transport: Pick,
    call: Pick,
    picks: Vec<Pick>,
    /// What is done to a file that may not be read, before it and in one of the two only.
    hidden: Option<(Pick, bool)>,
}

fn step() -> impl Strategy<Value = Step> {
    let hidden = prop::option::weighted(0.3, any::<(Pick, bool)>());
    let picks = prop::collection::vec(any::<Pick>(), 8);
    (any::<Pick>(), any::<Pick>(), picks, hidden).prop_map(|(transport, call, picks, hidden)| Step {
        transport,
        call,
        picks,
        hidden,
    })
}

/// A value for an argument: mostly one that makes sense.
fn value(argument: &Argument, pick: &Pick) -> Value {
    let chosen = |from: &[&str]| argument.saying(from[pick.index(from.len())]);
    match argument.name.as_str() {
        "query" | "question" => chosen(&ASKED),
        "pattern" | "excludePatterns" => chosen(&PATTERNS),
        "id" => argument.saying(&format!("{}{}", pick.get(&WHERE), ["", "#0", "#7"][pick.index(3)])),
        _ if argument.is_path() && pick.index(12) == 0 => chosen(&WRONG),
        _ if argument.is_path() => chosen(&WHERE),
        "content" => json!(["", "text about the wheel\n", "# Oak\n\nAll of it.\n"][pick.index(3)]),
        "edits" | "grants" | "name" => usual(&argument.name),
        "limit" | "depth" | "head" | "tail" | "offset" | "chunk" | "budget" => {
            json!([0, 1, 2, 50, 500][pick.index(5)])
        }
        "seconds" => json!([0, 3600][usize::from(pick.index(8) > 0)]),
        "wait" | "timeout_seconds" => json!(0),
        "recursive" | "dry_run" | "dryRun" => json!(pick.index(2) == 0),
        "detail" => json!(["terse", "standard", "full", "wrong"][pick.index(4)]),
        "cite_as" => json!(["openai", "anthropic", "langchain"][pick.index(3)]),
        "mode" => json!(["hybrid", "lexical", "dense"][pick.index(3)]),
        "sortBy" => json!(["name", "size"][pick.index(2)]),
        "types" => json!([["markdown"], ["plain"], ["poem"]][pick.index(3)]),
        "filters" => json!(["language=de"]),
        "if_match" => json!(["absent", "0"][pick.index(2)]),
        _ => json!("x"),
    }
}

fn arguments(call: &Call, picks: &[Pick]) -> Map<String, Value> {
    let mut all = Map::new();
    for (argument, pick) in call.arguments.iter().zip(picks.iter().cycle()) {
        // Now and then one that is needed is left out, and half of the others.
        let is_given = if argument.is_needed { pick.index(40) != 0 } else { pick.index(2) == 0 };
        let is_address = call.name.contains(&format!("{{{}}}", argument.name));
        if is_given || is_address || argument.is_patience() {
            all.insert(argument.name.clone(), value(argument, pick));
        }
    }
    all
}

/// A server, and the clients of one token.
struct Side {
    server: Running,
    token: String,
    owner: String,
    agents: [Agent; 2],
}

impl Side {
    fn new(files: &[(&str, &str)]) -> Self {
        let server = Running::with(files, |options| options);
        let (token, owner) = (server.token(GRANTS), server.admin());
        let agents =
            [Era::Sessions, Era::Stateless].map(|era| Agent::connect(server.address, "/mcp", &token, era));
        Self { server, token, owner, agents }
    }

    /// Something happens that the token may not know of.
    fn change_hidden(&self, which: &Pick, removes: bool) {
        let (path, text) = which.get(&HIDDEN);
        let at = format!("/file?path={path}");
        let request = match removes {
            true => self.server.request(&self.owner, "DELETE", &at),
            false => self.server.request(&self.owner, "PUT", &at).bytes(text.repeat(3)),
        };
        let status = self.server.send(&request).status;
        // The token may hold it by a lease: then nothing changes.
        assert!(status < 300 || status == 404 && removes || status == 423, "{path} {status}");
    }

    fn told(&mut self, calls: &Calls, step: &Step) -> String {
        let transport = step.transport.index(3);
        let answer = match transport {
            0 => {
                let call = step.call.get(&calls.routes);
                self.server.send(&call.request(&self.server, &self.token, &arguments(call, &step.picks)))
            }
            _ => {
                let (method, params) = calls.of_mcp(step);
                self.agents[transport - 1].post(&method, params)
            }
        };
        self.without_time(answer)
    }

    /// An answer as text, without what is said above to be left out.
    fn without_time(&self, answer: Answer) -> String {
        if let Some(length) = answer.header("content-length").filter(|_| !answer.body.is_empty()) {
            assert_eq!(length, answer.body.len().to_string());
        }
        let left_out = ["date", "last-modified", "content-length", "mcp-session-id"];
        let headers = answer.headers.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        let shown = format!("{} {:?}\n{}", answer.status, headers.collect::<Vec<_>>(), answer.text());
        let address = self.server.address.to_string();
        without_ids(&without_times(&shown)).replace(&address, "ADDRESS")
    }
}

/// With `ID` for the ids of those who wrote what was found.
fn without_ids(text: &str) -> String {
    const NAMES: [&str; 2] = ["\"principal\":\"", "\"writer\":\""];
    let mut out = text.to_owned();
    for name in NAMES {
        let parts: Vec<&str> = out.split(name).collect();
        let rest = |part: &&str| part.find('"').map_or_else(String::new, |end| format!("ID{}", &part[end..]));
        let masked =
            parts.iter().enumerate().map(|(n, part)| if n == 0 { (*part).to_owned() } else { rest(part) });
        out = masked.collect::<Vec<_>>().join(name);
    }
    [
        ("ws_", 22),
        ("lease_", 22),
        ("comment_", 8),
        ("reply_", 8),
        ("approval_", 8),
        ("checkpoint_", 8),
        ("trash_", 8),
        // Where events go on from.
        ("after=", 32),
        ("\"next\":\"", 32),
    ]
    .into_iter()
    .fold(out, |out, (prefix, length)| without_drawn(&out, prefix, length))
}

/// With `ID` behind that prefix, for so many letters and digits that were drawn.
pub(crate) fn without_drawn(text: &str, prefix: &str, length: usize) -> String {
    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut parts = text.split(prefix);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| match part.get(..length).filter(|id| is_id(id)) {
        Some(_) => out + prefix + "ID" + &part[length..],
        None => out + prefix + part,
    })
}

/// With `TIME` for everything of the form `2026-11-21T17:00:00.123Z`.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("T").filter(|_| !rest.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let is_date = before.len() >= 10
            && before.is_char_boundary(before.len() - 10)
            && before[before.len() - 10..].bytes().enumerate().all(|(n, byte)| match n {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let time = after.find(|c: char| !matches!(c, '0'..='9' | ':' | '.')).unwrap_or(after.len());
        if is_date && time >= 8 && after[time..].starts_with('Z') {
            out += &before[..before.len() - 10];
            out += "TIME";
            rest = &after[time + 1..];
        } else {
            out += &rest[..=at];
            rest = after;
        }
    }
    out + rest
}

/// All that can be called.
struct Calls {
    routes: Vec<Call>,
    tools: Vec<Call>,
}

/// What is no tool of MCP.
const METHODS: [&str; 8] = [
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/read",
    "completion/complete",
    "prompts/list",
    "no/method",
];

impl Calls {
    fn of_mcp(&self, step: &Step) -> (String, Value) {
        let n = step.call.index(self.tools.len() + METHODS.len() + 1);
        if let Some(call) = self.tools.get(n) {
            let arguments = arguments(call, &step.picks);
            return ("tools/call".to_owned(), json!({"name": call.name, "arguments": arguments}));
        }
        let place = step.picks[0].get(&WHERE);
        match METHODS.get(n - self.tools.len()) {
            Some(&"resources/read") => {
                ("resources/read".to_owned(), json!({"uri": format!("workroom:///{place}")}))
            }
            Some(&"completion/complete") => {
                let begun = &place[..step.picks[1].index(place.len() + 1)];
                let of = json!({"type": "ref/resource", "uri": "workroom:///{+path}"});
                (
                    "completion/complete".to_owned(),
                    json!({"ref": of, "argument": {"name": "path", "value": begun}}),
                )
            }
            Some(method) => ((*method).to_owned(), json!({})),
            None => ("tools/call".to_owned(), json!({"name": "no_such_tool", "arguments": {"path": place}})),
        }
    }
}

/// What has been called, so that nothing is left out in silence.
fn called(calls: &Calls, steps: &[Step]) -> BTreeSet<String> {
    let name = |step: &Step| match step.transport.index(3) {
        0 => step.call.get(&calls.routes).name.clone(),
        era => {
            let (method, params) = calls.of_mcp(step);
            format!("{era} {method} {}", params["name"].as_str().unwrap_or_default())
        }
    };
    steps.iter().map(name).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_may_not_be_read_changes_no_byte(steps in prop::collection::vec(step(), 260)) {
        let all: Vec<(&str, &str)> = VISIBLE.into_iter().chain(HIDDEN).collect();
        let (mut among, mut alone) = (Side::new(&all), Side::new(&VISIBLE));
        let listed = among.agents[0].tools();
        prop_assert_eq!(&listed, &alone.agents[0].tools());
        let calls = Calls { routes: routes(), tools: tools(&listed) };
        for step in &steps {
            if let Some((which, removes)) = &step.hidden {
                among.change_hidden(which, *removes);
            }
            let (one, other) = (among.told(&calls, step), alone.told(&calls, step));
            prop_assert_eq!(one, other, "{:?}", called(&calls, std::slice::from_ref(step)));
        }
        let (called, some) = (called(&calls, &steps), calls.routes.len() + calls.tools.len());
        prop_assert!(called.len() > some, "{} of {}", called.len(), some);
    }
}

#[test]
fn a_message_is_found_among_others() {
    let body = b"id: 1\ndata: {\"id\":1}\n\ndata: {\"id\":2,\"result\":{}}\n\n".to_vec();
    let answer = Answer { status: 200, headers: Vec::new(), body };
    assert_eq!(message(&answer, 2), Some(json!({"id": 2, "result": {}})));
    assert_eq!(without_times("T at 2026-11-21T17:00:00.1Z, 12-T"), "T at TIME, 12-T");
}
