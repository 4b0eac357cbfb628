//! Endpoints that do not answer as they should.

use crate::mill::turning;
use crate::scripted::{STREAM, Scripted, delta, whole};
use serde_json::json;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use workroom_generate::{Error, Failure, Generated, Model, Settings};

const KEY: &str = "sk-geheim-0815";

fn asked(model: &Model) -> Result<Generated, Error> {
    model.answer(&turning(), &mut |_| {}, &|| false)
}

fn keyed(endpoint: &Scripted) -> Model {
    endpoint.model_with(|settings| Settings { key: Some(KEY.into()), ..settings })
}

#[test]
fn a_refusal_is_told_with_the_endpoints_words_and_never_the_key() {
    let check = |status: &str, body: &str, words: &[&str], hint: &str| {
        let endpoint = Scripted::saying(whole(status, "application/json", body));
        let error = asked(&keyed(&endpoint)).unwrap_err();
        assert_eq!(error.failure(), Failure::Refused, "{error}");
        for word in words.iter().chain([&endpoint.url.as_str(), &status.split_once(' ').unwrap().0]) {
            assert!(error.to_string().contains(word), "{error} lacks {word}");
        }
        assert!(error.hint().contains(hint), "{}", error.hint());
        assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
        let elsewhere = serde_json::to_string(&Generated::failed_elsewhere("m", &error)).unwrap();
        assert!(!elsewhere.contains(&endpoint.url), "{elsewhere}");
    };
    let echo =
        format!(r#"{{"error": {{"message": "Incorrect API key provided: {KEY}.", "type": "invalid"}}}}"#);
    check("401 Unauthorized", &echo, &["Incorrect API key provided: (the key)."], "--llm-key-file");
    check("429 Too Many Requests", r#"{"error": "slow down"}"#, &["slow down"], "later");
    check("404 Not Found", r#"{"detail": "model `x` not found"}"#, &["model `x` not found"], "name");
    check("500 Internal Server Error", "<html>\n<b>oh</b>", &["<html> <b>oh</b>"], "log");
    check("503 Service Unavailable", "", &["503"], "log");
    check("400 Bad Request", &format!(r#"{{"message": "{}"}}"#, "x".repeat(5000)), &["xxx…"], "name");
}

#[test]
fn what_is_no_answer_is_none() {
    let check = |answer: String, expected: Failure| {
        let endpoint = Scripted::saying(answer.clone());
        let error = asked(&keyed(&endpoint)).unwrap_err();
        assert_eq!(error.failure(), expected, "{error} for {:?}", answer.get(..200).unwrap_or(&answer));
        assert!(!error.hint().is_empty());
        assert!(error.to_string().len() < 700, "{error}");
    };
    let half = delta("It turns at ebb. [1: \"turns at ebb\"]");
    // Cut off in the middle: closed, a length that is not kept, chunks that do not end.
    check(format!("{STREAM}{half}"), Failure::CutOff);
    check(
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99999\r\n\r\n{half}"),
        Failure::CutOff,
    );
    check(
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{half}\r\n", half.len()),
        Failure::CutOff,
    );
    check(format!("{STREAM}data: {{\"choices\": [{{\"del"), Failure::NotUnderstood);
    check(STREAM.to_owned(), Failure::CutOff);
    // Not what the protocol has.
    check(whole("200 OK", "text/html", "<!doctype html><p>Welcome"), Failure::NotUnderstood);
    check(whole("200 OK", "application/json", "[]"), Failure::NotUnderstood);
    check(whole("200 OK", "application/json", "{\"choices\": 3}"), Failure::NotUnderstood);
    check(whole("200 OK", "application/json", "{\"choices\": []}"), Failure::NotUnderstood);
    check(format!("{STREAM}data: not json\n\n"), Failure::NotUnderstood);
    check(format!("{STREAM}data: [DONE]\n\n"), Failure::NotUnderstood);
    check(
        format!("{STREAM}{half}data: {}\n\n", json!({"error": {"message": "out of memory"}})),
        Failure::Refused,
    );
    check("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), Failure::Unreachable);
    // Huge.
    check(
        whole(
            "200 OK",
            "application/json",
            &json!({"choices": [{"message": {"content": "x".repeat(300 << 10)}}]}).to_string(),
        ),
        Failure::TooLong,
    );
    check(format!("{STREAM}data: {}", "x".repeat(3 << 20)), Failure::TooLong);
}

#[test]
fn an_endless_answer_is_ended() {
    let (say, ended) = channel();
    let say = Mutex::new(say);
    let say = Arc::new(say);
    let endpoint = Scripted::new(move |_, mut stream| {
        let piece = delta(&"and so on ".repeat(100));
        let begun = stream.write_all(STREAM.as_bytes());
        while begun.is_ok() && stream.write_all(piece.as_bytes()).is_ok() {}
        let _sent = say.lock().unwrap().send(());
    });
    assert_eq!(asked(&endpoint.model()).unwrap_err().failure(), Failure::TooLong);
    // And the connection with it.
    ended.recv_timeout(Duration::from_secs(60)).unwrap();
}

#[test]
fn a_silent_endpoint_is_given_up() {
    for begins in ["", STREAM, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {"] {
        let endpoint = Scripted::new(move |_, mut stream| {
            stream.write_all(begins.as_bytes()).unwrap();
            // Says no more, until the other end has gone.
            drop(stream.read(&mut [0]));
        });
        let timeout = Duration::from_millis(300);
        let model = endpoint.model_with(|settings| Settings { timeout, ..settings });
        let error = asked(&model).unwrap_err();
        assert_eq!(error.failure(), Failure::Slow, "{error}");
        assert!(error.hint().contains("--llm-seconds"));
    }
}

#[test]
fn whoever_goes_ends_the_answer() {
    let (say, ended) = channel();
    let say = Arc::new(Mutex::new(say));
    let endpoint = Scripted::new(move |_, mut stream| {
        let begun = stream.write_all(STREAM.as_bytes());
        while begun.is_ok() && stream.write_all(delta("x").as_bytes()).is_ok() {}
        let _sent = say.lock().unwrap().send(());
    });
    let is_gone = AtomicBool::new(false);
    let mut heard = |_: &str| is_gone.store(true, Ordering::SeqCst);
    let error =
        endpoint.model().answer(&turning(), &mut heard, &|| is_gone.load(Ordering::SeqCst)).unwrap_err();
    assert_eq!(error.failure(), Failure::Cancelled);
    ended.recv_timeout(Duration::from_secs(60)).unwrap();
}

#[test]
fn nobody_there_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for url in [format!("http://{address}"), "http://no-such-host.invalid".to_owned()] {
        let model = Model::new(Settings::new(&url, "m")).unwrap();
        let error = asked(&model).unwrap_err();
        assert_eq!(error.failure(), Failure::Unreachable, "{error}");
        assert!(error.to_string().contains(&url), "{error}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Scripted::saying("");
    let location = other.url.clone();
    let endpoint = Scripted::saying(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}/v1/chat/completions\r\nContent-Length: 0\r\n\r\n"
    ));
    let error = asked(&keyed(&endpoint)).unwrap_err();
    assert_eq!(error.failure(), Failure::Refused);
    assert!(error.hint().contains("redirects are not followed"), "{}", error.hint());
    assert!(other.requests.try_recv().is_err());
}

#[test]
fn so_many_are_answered_at_once_and_no_more() {
    const AT_ONCE: usize = 8;
    let (open, gate) = channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let endpoint = Scripted::new(move |_, stream| {
        // Opened by the end of the test's sender.
        let _opened = gate.lock().unwrap().recv();
        drop(stream);
    });
    let model = endpoint.model();
    let found = turning();
    std::thread::scope(|scope| {
        let waiting: Vec<_> =
            (0..AT_ONCE).map(|_| scope.spawn(|| model.answer(&found, &mut |_| {}, &|| false))).collect();
        for _ in 0..AT_ONCE {
            endpoint.requests.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        let error = model.answer(&found, &mut |_| {}, &|| false).unwrap_err();
        assert_eq!(error.failure(), Failure::Busy);
        drop(open);
        for waiting in waiting {
            assert_ne!(waiting.join().unwrap().unwrap_err().failure(), Failure::Busy);
        }
    });
    assert_ne!(asked(&model).unwrap_err().failure(), Failure::Busy);
}

#[test]
fn settings_without_sense_are_refused() {
    for (url, model) in [("localhost", "m"), ("http://127.0.0.1", " ")] {
        let error = Model::new(Settings::new(url, model)).unwrap_err();
        assert_eq!(error.failure(), Failure::Setting);
        assert!(!error.hint().is_empty());
    }
}
