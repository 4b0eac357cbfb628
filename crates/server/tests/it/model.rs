//! Answers by a language model, whose endpoint says what a test has it say.

use crate::client::{Answer, connect};
use crate::served::{FILES, Running};
use custody::Right;
use generate::{Model, Settings};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// What is asked of every server here.
const QUESTION: &str = "when does the mill turn?";

/// An endpoint that does as it is told with every connection, and hands on what it was asked.
fn endpoint(act: impl Fn(TcpStream) + Send + 'static) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _heard = send.send(read(&stream));
            act(stream);
        }
    });
    (url, asked)
}

fn read(stream: &TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// An answer in pieces.
fn streamed(text: &str) -> String {
    let pieces: Vec<String> = text.split_inclusive(' ').map(delta).collect();
    format!("{STREAM}{}data: [DONE]\n\n", pieces.concat())
}

const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

fn delta(text: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}))
}

/// A server with a model whose endpoint says this to everybody.
fn saying(answer: impl Into<Vec<u8>>) -> (Running, String, Receiver<Value>) {
    let answer = answer.into();
    let (url, asked) = endpoint(move |mut stream| drop(stream.write_all(&answer)));
    let model = Arc::new(Model::new(Settings::new(&url, "scripted")).unwrap());
    (
        Running::with(&FILES, |options| workroom_server::ServeOptions { model: Some(model), ..options }),
        url,
        asked,
    )
}

fn ask(server: &Running, token: &str, accept: &str) -> Answer {
    let body = json!({"question": QUESTION, "generate": true});
    server.send(&server.request(token, "POST", "/ask").header("Accept", accept).json(body))
}

/// Every citation stands in the file that the same token reads.
fn verify(server: &Running, token: &str, generated: &Value) {
    for sentence in generated["sentences"].as_array().unwrap() {
        for cited in sentence["citations"].as_array().unwrap() {
            let file = server.ask(token, "GET", &format!("/file?path={}", cited["path"].as_str().unwrap()));
            let at = |name: &str| usize::try_from(cited[name].as_u64().unwrap()).unwrap();
            assert_eq!(file.text()[at("start_byte")..at("end_byte")], *cited["quote"].as_str().unwrap());
            assert_eq!(file.header("etag"), Some(format!("{}", cited["version"]).as_str()));
        }
    }
}

#[test]
fn an_answer_by_a_model_is_checked_and_told_beside_the_quoted_one() {
    let (server, _, asked) = saying(streamed(
        "It turns at ebb. [9: \"The mill turns at ebb\"] It is sold in autumn. [1: \"will be sold in autumn\"]",
    ));
    let token = server.admin();
    let answer = ask(&server, &token, "application/json");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let answer = answer.json();
    assert!(answer["answer"].as_str().unwrap().contains("ebb"), "{answer}");
    let generated = &answer["generated"];
    assert_eq!((&generated["outcome"], &generated["model"]), (&json!("checked"), &json!("scripted")));
    verify(&server, &token, generated);
    assert_eq!(generated["sentences"][0]["citations"][0]["claimed"], 9);
    assert_eq!(asked.recv().unwrap()["model"], "scripted");
    // Who does not want it does not get it, and nobody is asked.
    let plain = server.send(&server.request(&token, "POST", "/ask").json(json!({"question": QUESTION})));
    assert_eq!(plain.json().get("generated"), None);
    assert!(asked.try_recv().is_err());
}

#[test]
fn the_model_is_shown_what_the_token_may_read_and_nothing_else() {
    let (server, _, asked) = saying(streamed("It is sold. [1: \"The wheel will be sold in autumn\"]"));
    let reader = server.token(&[("notes", &[Right::Read])]);
    let generated = ask(&server, &reader, "application/json").json()["generated"].clone();
    let shown = asked.recv().unwrap().to_string();
    assert!(
        shown.contains("notes/tide.md") && !shown.contains("hidden/") && !shown.contains("autumn"),
        "{shown}"
    );
    assert_eq!(generated["outcome"], "unsupported");
    // Whoever has no part in it cannot say where the model is.
    let elsewhere = json!({"question": QUESTION, "generate": true, "llm_url": "http://127.0.0.1:1"});
    assert_eq!(server.send(&server.request(&reader, "POST", "/ask").json(elsewhere)).status, 422);
}

#[test]
fn an_answer_comes_in_events_as_it_is_made() {
    let (server, _, _asked) = saying(streamed("It turns at ebb. [1: \"The mill turns at ebb\"]"));
    let token = server.admin();
    let answer = ask(&server, &token, "text/event-stream");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
    let events = events(&answer.text());
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"passages"), Some(&"answer")));
    assert!(names[1..names.len() - 1].iter().all(|name| *name == "delta") && names.len() > 3, "{names:?}");
    let said: String = events.iter().filter_map(|(_, data)| data["text"].as_str()).collect();
    assert_eq!(said, "It turns at ebb. [1: \"The mill turns at ebb\"]");
    let (passages, last) = (&events[0].1, &events[events.len() - 1].1);
    assert_eq!(passages["passages"], last["passages"]);
    verify(&server, &token, &last["generated"]);
    assert_eq!(last["generated"]["supported"], 1);
    // Without a model there is nothing between the two.
    let body = json!({"question": QUESTION});
    let plain = server.request(&token, "POST", "/ask").header("Accept", "text/event-stream").json(body);
    let names: Vec<String> =
        self::events(&server.send(&plain).text()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["passages", "answer"]);
}

fn events(text: &str) -> Vec<(String, Value)> {
    let event = |event: &str| {
        let (name, data) = event.strip_prefix("event: ")?.split_once("\ndata: ")?;
        Some((name.to_owned(), serde_json::from_str(data).unwrap()))
    };
    text.split("\n\n").filter_map(event).collect()
}

#[test]
fn an_endpoint_that_fails_leaves_the_quoted_answer_and_keeps_its_secrets() {
    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 23\r\nConnection: close\r\n\r\n{\"error\": \"bad secret\"}";
    let (server, url, _asked) = saying(refusal);
    for accept in ["application/json", "text/event-stream"] {
        let answer = ask(&server, &server.admin(), accept);
        assert_eq!(answer.status, 200);
        let text = answer.text();
        assert!(!text.contains(&url) && !text.contains("bad secret"), "{text}");
        let answer = if accept.ends_with("json") { answer.json() } else { events(&text).pop().unwrap().1 };
        assert_eq!(
            (&answer["generated"]["outcome"], &answer["generated"]["failure"]),
            (&json!("failed"), &json!("refused"))
        );
        assert!(answer["answer"].as_str().unwrap().contains("ebb"));
    }
}

#[test]
fn a_client_that_goes_away_ends_the_answer() {
    let (say, ended) = channel();
    let (url, _asked) = endpoint(move |mut stream| {
        let begun = stream.write_all(STREAM.as_bytes());
        while begun.is_ok() && stream.write_all(delta("and so on ").as_bytes()).is_ok() {}
        let _told = say.send(());
    });
    let model = Arc::new(Model::new(Settings::new(&url, "endless")).unwrap());
    let server =
        Running::with(&FILES, |options| workroom_server::ServeOptions { model: Some(model), ..options });
    let body = json!({"question": QUESTION, "generate": true}).to_string();
    let mut client = connect(server.address);
    let head = format!(
        "POST /v1/workspaces/mill/ask HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nAccept: text/event-stream\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        server.admin(),
        body.len()
    );
    client.write_all(head.as_bytes()).unwrap();
    let mut reader = BufReader::new(&client);
    let mut line = String::new();
    while !line.starts_with("event: delta") {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "no delta came");
    }
    drop(client);
    ended.recv_timeout(crate::client::PATIENCE).unwrap();
}

#[test]
fn a_server_without_a_model_says_so() {
    let server = Running::new();
    let answer = ask(&server, &server.admin(), "application/json");
    assert_eq!(answer.status, 422);
    assert!(answer.json()["hint"].as_str().unwrap().contains("without `generate`"), "{}", answer.text());
}
