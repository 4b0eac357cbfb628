//! Paths that lead out, or look so: over every route and every tool, from one table (`paths.json`), which the program's own commands are tried
//! with too (`tests/it/paths.rs`).
//!
//! Invariant: whatever is called with them, nothing outside is shown or changed, and nothing of the program's own.

use crate::agent::{Agent, ERAS, Era};
use crate::described::{Call, encoded, routes, tools};
use crate::served::Running;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const SECRET: &str = "what-lies-outside";

fn table() -> BTreeMap<String, Vec<String>> {
    let mut table: BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("../paths.json")).unwrap();
    let refused = table.get_mut("refused").unwrap();
    refused.extend([
        "../".repeat(400) + "etc/passwd",
        "a/".repeat(3000),
        "a".repeat(300),
        "notes/".to_owned() + &"a".repeat(5000),
    ]);
    table
}

/// A server whose workspace has links to what lies beside it.
fn server() -> Running {
    let server = Running::new();
    let beside = server.folder.parent().unwrap();
    for path in ["outside.txt", "outside/outside.txt", "mill-old/x.txt"] {
        let path = beside.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, SECRET).unwrap();
    }
    server
}

/// The links, made again where a call has removed them.
fn link(folder: &Path) {
    let absolute = folder.parent().unwrap().join("outside.txt");
    for (at, to) in [
        ("link.txt", Path::new("../outside.txt")),
        ("absolute.txt", &absolute),
        ("notes/link.md", Path::new("../../outside.txt")),
        ("away", Path::new("../outside")),
        ("chain", Path::new("away")),
        ("up", Path::new("..")),
        ("dangling", Path::new("../not-there-yet")),
        ("loop", Path::new("loop")),
        ("inside", Path::new("notes")),
    ] {
        let at = folder.join(at);
        if at.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(to, at).unwrap();
        }
    }
}

/// All that lies beside the workspace, and what in it is the program's own and no call changes.
fn untouchable(server: &Running) -> BTreeMap<String, Vec<u8>> {
    let beside = server.folder.parent().unwrap();
    let mut found = BTreeMap::new();
    let mut folders = vec![beside.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path == server.folder {
                continue;
            }
            let name = path.strip_prefix(beside).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path)
            } else {
                drop(found.insert(name, std::fs::read(path).unwrap()))
            }
        }
    }
    assert_eq!(found.len(), 3, "{:?}", found.keys());
    let settings = server.folder.join(".workroom/config.toml");
    found.insert("settings".into(), std::fs::read(settings).unwrap());
    found
}

/// Calls that list what was noted of a path, which is nothing of one that is none.
const NOTED: [&str; 5] = [
    "GET /v1/workspaces/{workspace}/audit",
    "GET /v1/workspaces/{workspace}/comments",
    "audit_log",
    "list_comments",
    "wait_for_events",
];

/// Whether a call with this in this place must be refused: patterns find nothing, and a search says so by finding nothing.
fn must_refuse(call: &Call, argument: &str) -> bool {
    let is_search = NOTED.contains(&call.name.as_str())
        || call.arguments.iter().any(|argument| matches!(argument.name.as_str(), "query" | "question"));
    !is_search && !matches!(argument, "pattern" | "excludePatterns" | "paths" | "prefix")
}

/// Makes every call with a path in every place that takes one.
fn try_all(
    calls: &[Call],
    vector: &str,
    mut send: impl FnMut(&Call, &Map<String, Value>) -> (bool, String),
    refused: bool,
) {
    for call in calls {
        for argument in call.arguments.iter().filter(|argument| argument.is_path()) {
            let mut arguments = call.with(argument, argument.saying(vector));
            if call.arguments.iter().any(|argument| argument.name == "recursive") {
                arguments.insert("recursive".into(), json!(true));
            }
            let (is_refused, said) = send(call, &arguments);
            let shown = format!("{} with {} {vector:?}: {said}", call.name, argument.name);
            assert!(!said.contains(SECRET), "{shown}");
            assert!(is_refused || !(refused && must_refuse(call, &argument.name)), "{shown}");
        }
    }
}

/// Whether a call is refused, and all that is said.
fn over_http(server: &Running, token: &str) -> impl FnMut(&Call, &Map<String, Value>) -> (bool, String) {
    |call, arguments| {
        let answer = server.send(&call.request(server, token, arguments));
        assert!(answer.status < 500, "{} {arguments:?}: {}", call.name, answer.text());
        (answer.status >= 400, answer.text())
    }
}

fn over_mcp(agent: &mut Agent) -> impl FnMut(&Call, &Map<String, Value>) -> (bool, String) {
    |call, arguments| {
        let result = agent.call(&call.name, &Value::Object(arguments.clone()));
        (
            result["isError"] == json!(true) || result.get("code").is_some() || result.get("error").is_some(),
            result.to_string(),
        )
    }
}

#[test]
fn no_path_leads_out_over_any_route() {
    let server = server();
    let token = server.admin();
    let (calls, before) = (routes(), untouchable(&server));
    for (kind, vectors) in table().iter().filter(|(kind, _)| *kind != "names") {
        for vector in vectors {
            link(&server.folder);
            try_all(&calls, vector, over_http(&server, &token), kind == "refused");
        }
    }
    assert_eq!(untouchable(&server), before);
}

#[test]
fn no_path_leads_out_over_any_tool_or_resource() {
    let server = server();
    let token = server.admin();
    let before = untouchable(&server);
    let mut agents = ERAS.map(|era| Agent::connect(server.address, "/mcp", &token, era));
    let calls = tools(&agents[0].tools());
    let table = table();
    for (n, (kind, vector)) in table
        .iter()
        .filter(|(kind, _)| *kind != "names")
        .flat_map(|(kind, all)| all.iter().map(move |one| (kind, one)))
        .enumerate()
    {
        link(&server.folder);
        // What a tool does is the same in both eras: each vector is tried in one, resources in both.
        try_all(&calls, vector, over_mcp(&mut agents[n % 2]), kind == "refused");
        for (agent, era) in agents.iter_mut().zip(ERAS) {
            resources(agent, era, vector, kind == "refused");
        }
    }
    assert_eq!(untouchable(&server), before);
}

fn resources(agent: &mut Agent, era: Era, vector: &str, refused: bool) {
    let template = "workroom:///{+path}";
    for uri in
        [vector.to_owned(), format!("workroom:///{vector}"), format!("workroom://mill/{}", encoded(vector))]
    {
        let read = agent.ask("resources/read", json!({"uri": uri}));
        assert!(!read.to_string().contains(SECRET), "{era:?} {uri:?}: {read}");
        assert!(!refused || read["error"].is_object(), "{era:?} {uri:?}: {read}");
    }
    for reference in [template, vector] {
        let completion = json!({"ref": {"type": "ref/resource", "uri": reference}, "argument": {"name": "path", "value": vector}});
        let completed = agent.ask("completion/complete", completion);
        // What is offered are names of the workspace: earlier vectors may stand there as such.
        let values = completed.pointer("/result/completion/values").and_then(Value::as_array);
        for value in values.into_iter().flatten().filter_map(Value::as_str) {
            let mut parts = value.split('/');
            let is_outside = value.starts_with('/') || parts.clone().any(|part| part == "..");
            let is_own = parts.next() == Some(".workroom");
            assert!(!is_outside && !is_own, "{era:?} {vector:?}: {completed}");
        }
    }
}

#[test]
fn strange_names_are_names() {
    let server = server();
    let token = server.admin();
    let mut agent = Agent::connect(server.address, "/mcp", &token, Era::Stateless);
    for name in &table()["names"] {
        let at = format!("/file?path={}", encoded(name));
        let written = server.send(&server.request(&token, "PUT", &at).bytes(name.as_str()));
        assert_eq!(written.status, 201, "{name}: {}", written.text());
        assert_eq!(std::fs::read_to_string(server.folder.join(name)).unwrap(), *name);
        assert_eq!(server.ask(&token, "GET", &at).text(), *name);
        let read = agent.call("read_text_file", &json!({"path": name}));
        assert_eq!(read["structuredContent"]["content"], json!(name), "{name}: {read}");
        let again = agent.call("write_file", &json!({"path": name, "content": "again"}));
        assert_eq!(again["isError"], json!(false), "{name}: {again}");
        assert_eq!(std::fs::read_to_string(server.folder.join(name)).unwrap(), "again");
    }
}

/// Exchanges a folder and a link to what lies outside, again and again, and makes both anew where a call has taken one away.
#[cfg(target_os = "linux")]
fn swap(folder: &Path, is_done: &AtomicBool) {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let [one, other] = ["swap", "turned"].map(|name| folder.join(name));
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    while !is_done.load(Ordering::Relaxed) {
        if !is_link(&one) && !is_link(&other) {
            drop(std::fs::remove_dir_all(&other));
            drop(std::fs::remove_file(&other));
            drop(std::os::unix::fs::symlink("../outside", &other));
        }
        if renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).is_err() {
            let inside = if is_link(&one) { &other } else { &one };
            drop(std::fs::create_dir_all(inside.join("deep")));
            drop(std::fs::write(inside.join("outside.txt"), "what lies inside"));
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_path_leads_out_while_a_folder_is_swapped_for_a_link() {
    let server = server();
    let token = server.admin();
    let before = untouchable(&server);
    let mut agent = Agent::connect(server.address, "/mcp", &token, Era::Stateless);
    let tools = tools(&agent.tools());
    let (is_done, worked, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let count = |(is_refused, said): (bool, String)| {
        let counted = if is_refused { &refused } else { &worked };
        counted.fetch_add(1, Ordering::Relaxed);
        (is_refused, said)
    };
    std::thread::scope(|scope| {
        scope.spawn(|| swap(&server.folder, &is_done));
        // However the calls end, the swapping does.
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for vector in ["swap/outside.txt", "swap/deep/new.md", "swap"] {
                let mut ask = over_http(&server, &token);
                try_all(&routes(), vector, |call, arguments| count(ask(call, arguments)), false);
                let mut ask = over_mcp(&mut agent);
                try_all(&tools, vector, |call, arguments| count(ask(call, arguments)), false);
            }
        }));
        is_done.store(true, Ordering::Relaxed);
        ended.unwrap_or_else(|why| std::panic::resume_unwind(why));
    });
    assert_eq!(untouchable(&server), before);
    // It is no race when one side always wins.
    assert!(worked.into_inner() > 0 && refused.into_inner() > 0);
}
