//! `workroom ask` with a language model: an endpoint that a test scripts. No model answers here.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use workroom_tests::{Ran, Room, Running};

const QUESTION: &str = "when does the mill turn?";

fn room() -> Room {
    let room = Room::with(&[
        ("tide.md", "# Tides\n\nThe mill turns at ebb and rests at flood.\nIts gate is shut\nat night.\n"),
        ("wheel.md", "# Wheel\n\nThe wheel of the mill turns twelve times a minute.\n"),
    ]);
    room.ok(&["index"]);
    room
}

/// A request as it came: its head in lower case, its body.
type Asked = (String, Value);

/// An endpoint that says this to everybody.
fn endpoint(answer: String) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, asked) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _heard = send.send(read(&stream));
            let _said = stream.write_all(answer.as_bytes());
        }
    });
    (url, asked)
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    (head, serde_json::from_slice(&body).unwrap())
}

fn whole(status: &str, body: &Value) -> String {
    let body = body.to_string();
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn saying(text: &str) -> (String, Receiver<Asked>) {
    endpoint(whole("200 OK", &json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})))
}

/// Asks with these variables in the environment.
fn ask(room: &Room, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let all: Vec<&str> = ["ask", QUESTION, "--budget", "200"].iter().chain(arguments).copied().collect();
    let mut command: Command = room.command(&all);
    ran(command.envs(variables.iter().copied()))
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn an_answer_is_printed_with_what_bears_it_out() {
    let room = room();
    let (url, asked) =
        saying("It turns at ebb. [1: \"turns at ebb\"] \u{1b}[31mIt is sold. [2: \"was sold for a song\"]");
    let named = ["--llm-url", &url, "--llm-model", "scripted"];
    let printed = ask(&room, &[], &named);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let lines: Vec<&str> = printed.stdout.lines().collect();
    let beginning = [
        "It turns at ebb.",
        "    [1] tide.md:3: \"turns at ebb\"",
        "\u{fffd}[31mIt is sold. [unsupported]",
        "scripted: 1 of 2 sentences quote what stands there; whether it means the same is for the reader",
        "",
    ];
    assert_eq!(lines[..5], beginning, "{}", printed.stdout);
    assert!(lines[5].starts_with("[1] tide.md:1-5"), "{}", printed.stdout);
    assert_eq!(printed.stderr, "");

    let (head, body) = asked.recv().unwrap();
    assert!(!head.contains("authorization"), "{head}");
    assert_eq!(body["model"], "scripted");
    let answer = ask(&room, &[], &[&named[..], &["--json"]].concat()).json();
    assert!(answer["answer"].as_str().unwrap().contains("The mill turns at ebb"));
    assert_eq!((&answer["generated"]["supported"], &answer["generated"]["said"]), (&json!(1), &json!(2)));
}

#[test]
fn the_environment_names_the_model_and_its_key() {
    let room = room();
    let (url, asked) = saying("NO ANSWER IN THE PASSAGES");
    let key_file = room.at("key");
    std::fs::write(&key_file, "sk-file\n").unwrap();
    let named =
        [("WORKROOM_LLM_URL", url.as_str()), ("WORKROOM_LLM_MODEL", "m"), ("WORKROOM_LLM_KEY", "sk-env")];
    let printed = ask(&room, &named, &[]);
    let why = "the language model found no answer in the passages; the sentences that come nearest:\nThe mill turns at ebb";
    assert!(printed.stdout.starts_with(why), "{printed:?}");
    assert!(asked.recv().unwrap().0.contains("authorization: bearer sk-env\r\n"));
    ask(&room, &named, &["--llm-key-file", key_file.to_str().unwrap()]);
    assert!(asked.recv().unwrap().0.contains("authorization: bearer sk-file\r\n"));
    // Whoever wants none asks none, and where nothing is named none is asked.
    for (variables, arguments) in
        [(&named[..], &["--no-llm"][..]), (&[("WORKROOM_LLM_URL", "")][..], &[][..])]
    {
        assert!(ask(&room, variables, arguments).stdout.starts_with("The mill turns at ebb"));
    }
    assert!(asked.try_recv().is_err());
}

#[test]
fn an_endpoint_that_fails_leaves_the_quoted_answer_and_an_exit_code() {
    let room = room();
    let (url, _asked) =
        endpoint(whole("401 Unauthorized", &json!({"error": {"message": "no such key: sk-secret"}})));
    let named =
        [("WORKROOM_LLM_URL", url.as_str()), ("WORKROOM_LLM_MODEL", "m"), ("WORKROOM_LLM_KEY", "sk-secret")];
    let printed = ask(&room, &named, &[]);
    assert_eq!(printed.code, Some(12), "{printed:?}");
    assert!(printed.stdout.contains("The mill turns at ebb"), "{printed:?}");
    let error = format!(
        "error: the language model at {url}/v1/chat/completions refused with 401: no such key: (the key)\n\
         hint: check the key: `--llm-key-file`, or WORKROOM_LLM_KEY\n"
    );
    assert_eq!(printed.stderr, error);
    let answer = ask(&room, &named, &["--json"]).json();
    assert_eq!(
        (&answer["generated"]["outcome"], &answer["generated"]["failure"]),
        (&json!("failed"), &json!("refused"))
    );
}

#[test]
fn settings_that_make_no_sense_are_refused_before_anything_is_asked() {
    let room = room();
    let check = |variables: &[(&str, &str)], arguments: &[&str], says: &str| {
        let printed = ask(&room, variables, arguments);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""), "{printed:?}");
        assert!(printed.stderr.contains(says) && printed.stderr.contains("hint: "), "{printed:?}");
    };
    check(&[], &["--llm-url", "http://127.0.0.1:9"], "has an address and no name");
    check(&[("WORKROOM_LLM_MODEL", "m")], &[], "has a name and no address");
    check(&[], &["--llm-url", "localhost", "--llm-model", "m"], "`localhost` is no address");
    check(&[], &["--llm-url", "http://a:b@c", "--llm-model", "m"], "must hold no name and no password");
    check(
        &[],
        &["--llm-url", "http://c", "--llm-model", "m", "--llm-key-file", "none"],
        "cannot read the key in none",
    );
}

#[test]
fn a_certificate_is_checked_and_ones_own_can_be_named() {
    let room = room();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (room.at("cert.pem"), room.at("key.pem"));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    // This program serves TLS too; that it is no language model is what it then says.
    let server: Running = room.start(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
    ]);
    let said: Value =
        serde_json::from_str(&server.wait_for("its address", |line| line.starts_with('{'))).unwrap();
    let port = said["url"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let url = format!("https://localhost:{port}");
    let named = [("WORKROOM_LLM_URL", url.as_str()), ("WORKROOM_LLM_MODEL", "m")];
    let unknown = ask(&room, &named, &[]);
    assert_eq!(unknown.code, Some(12), "{unknown:?}");
    assert!(
        unknown.stderr.contains("cannot be reached") && unknown.stderr.contains("certificate"),
        "{unknown:?}"
    );
    let trusted = ask(&room, &[&named[..], &[("SSL_CERT_FILE", certificate)]].concat(), &[]);
    assert_eq!(trusted.code, Some(12), "{trusted:?}");
    assert!(trusted.stderr.contains("refused with 404"), "{trusted:?}");
}

#[test]
fn an_agent_over_standard_input_is_offered_the_model() {
    let room = room();
    let (url, _asked) = saying("It turns at ebb. [1: \"turns at ebb\"]");
    let asks = [
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": QUESTION, "generate": true}}}),
    ];
    let mut command = room.command(&["mcp", "--llm-url", &url, "--llm-model", "scripted"]);
    let mut child =
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for ask in asks {
        writeln!(input, "{ask}").unwrap();
    }
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let answer: Value = lines
        .find_map(|line| {
            let message: Value = serde_json::from_str(&line).ok()?;
            (message["id"] == 1).then_some(message)
        })
        .unwrap();
    drop(input);
    child.wait().unwrap();
    let generated = &answer["result"]["structuredContent"]["generated"];
    assert_eq!((&generated["outcome"], &generated["supported"]), (&json!("checked"), &json!(1)), "{answer}");
}
