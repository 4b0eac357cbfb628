//! Every call that there is, from what the server says of itself: a new route, tool or argument with a path is called without a word here.

use crate::client::Request;
use crate::served::Running;
use serde_json::{Map, Value, json};

/// A call, and what it takes.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// A route as it is declared, with its method; or a tool.
    pub(crate) name: String,
    pub(crate) arguments: Vec<Argument>,
    body: Body,
}

/// Something that a call takes.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) is_needed: bool,
    is_list: bool,
    in_query: bool,
}

/// How a call's arguments are sent, but for those in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    None,
    Json,
    Bytes,
}

/// Arguments that name files or folders, or patterns of them.
const PATHS: [&str; 11] = [
    "path",
    "paths",
    "folder",
    "from",
    "to",
    "source",
    "destination",
    "id",
    "prefix",
    "pattern",
    "excludePatterns",
];

impl Argument {
    /// Whether it says where.
    pub(crate) fn is_path(&self) -> bool {
        PATHS.contains(&self.name.as_str())
    }

    /// Whether it says how long to wait.
    pub(crate) fn is_patience(&self) -> bool {
        matches!(self.name.as_str(), "wait" | "timeout_seconds")
    }

    /// The value that says this, in its form.
    pub(crate) fn saying(&self, text: &str) -> Value {
        if self.is_list { json!([text]) } else { json!(text) }
    }
}

/// What is harmless, for arguments that a call must have.
pub(crate) fn usual(name: &str) -> Value {
    match name {
        "query" | "question" => json!("when is the wheel sold?"),
        "content" => json!("evil"),
        "edits" => json!([{"oldText": "wheel", "newText": "x", "old": "wheel", "new": "x"}]),
        "grants" => json!([{"prefix": "", "rights": ["read"]}]),
        "name" => json!("helper"),
        "wait" | "timeout_seconds" => json!(0),
        "pattern" => json!("**/*"),
        "paths" => json!(["notes/tide.md"]),
        "destination" | "to" => json!("notes/new.md"),
        _ => json!("notes/tide.md"),
    }
}

impl Call {
    /// All arguments that it must have, and this one. It waits for nothing.
    pub(crate) fn with(&self, argument: &Argument, value: Value) -> Map<String, Value> {
        let needed = self.arguments.iter().filter(|other| other.is_needed || other.is_patience());
        let mut all: Map<String, Value> =
            needed.map(|other| (other.name.clone(), self.usual(&other.name))).collect();
        all.insert(argument.name.clone(), value);
        all
    }

    /// Whether a request brings more than its address.
    pub(crate) fn has_body(&self) -> bool {
        self.body != Body::None
    }

    fn usual(&self, name: &str) -> Value {
        let mut value = usual(name);
        if name == "edits" {
            // HTTP and MCP name the parts of an edit differently, and take no others.
            let (old, new) = if self.body == Body::Json { ("oldText", "newText") } else { ("old", "new") };
            if let Some(edit) = value[0].as_object_mut() {
                edit.remove(old);
                edit.remove(new);
            }
        }
        value
    }

    /// The request of a route below a workspace.
    pub(crate) fn request(&self, server: &Running, token: &str, arguments: &Map<String, Value>) -> Request {
        let (method, address) = self.name.split_once(' ').unwrap_or_default();
        let mut address = address.to_owned();
        let (mut query, mut body) = (Vec::new(), Map::new());
        for (name, value) in arguments {
            let known = self.arguments.iter().find(|argument| argument.name == *name);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match known {
                _ if address.contains(&format!("{{{name}}}")) => {
                    // One part of the address, whatever it holds.
                    let part = encoded(&text).replace('/', "%2F");
                    address = address.replace(&format!("{{{name}}}"), &part);
                }
                Some(argument) if argument.in_query => query.push(format!("{name}={}", encoded(&text))),
                _ => drop(body.insert(name.clone(), value.clone())),
            }
        }
        let below = address.trim_start_matches("/v1/workspaces/{workspace}");
        let below = if query.is_empty() { below.to_owned() } else { format!("{below}?{}", query.join("&")) };
        let request = server.request(token, method, &below);
        match self.body {
            Body::None => request,
            Body::Json => request.json(Value::Object(body)),
            Body::Bytes => request.bytes("evil"),
        }
    }
}

/// With everything but letters and digits as in addresses.
pub(crate) fn encoded(text: &str) -> String {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/');
    text.bytes()
        .map(|byte| if usual(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The routes below a workspace, but for the one that never ends.
pub(crate) fn routes() -> Vec<Call> {
    let document: Value = serde_json::from_str(&workroom_server::openapi_json()).unwrap();
    let mut calls = Vec::new();
    for (address, methods) in document["paths"].as_object().unwrap() {
        if !address.starts_with("/v1/workspaces/{workspace}") || address.ends_with("/events") {
            continue;
        }
        for (method, operation) in methods.as_object().unwrap() {
            calls.push(route(&document, &format!("{} {address}", method.to_uppercase()), operation));
        }
    }
    assert!(calls.len() >= 16, "{calls:?}");
    calls
}

fn route(document: &Value, name: &str, operation: &Value) -> Call {
    let mut arguments = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (place, given) = (parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
        if place != "header" && given != "workspace" {
            let is_needed = parameter["required"] == json!(true);
            arguments.push(Argument {
                name: given.into(),
                is_needed,
                is_list: false,
                in_query: place == "query",
            });
        }
    }
    let content = operation["requestBody"]["content"].as_object();
    let body = match content.and_then(|content| content.iter().next()) {
        None => Body::None,
        Some((kind, _)) if kind != "application/json" => Body::Bytes,
        Some((_, media)) => {
            arguments.extend(properties(resolved(document, &media["schema"]), false));
            Body::Json
        }
    };
    Call { name: name.to_owned(), arguments, body }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn properties(schema: &Value, in_query: bool) -> Vec<Argument> {
    let needed: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let argument = |(name, schema): (&String, &Value)| Argument {
        name: name.clone(),
        is_needed: needed.contains(&name.as_str()),
        is_list: schema["type"] == "array",
        in_query,
    };
    properties.map(argument).collect()
}

/// The tools that are listed.
pub(crate) fn tools(listed: &Value) -> Vec<Call> {
    let call = |tool: &Value| Call {
        name: tool["name"].as_str().unwrap().to_owned(),
        arguments: properties(&tool["inputSchema"], false),
        body: Body::None,
    };
    listed.as_array().unwrap().iter().map(call).collect()
}
