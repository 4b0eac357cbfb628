//! `workroom serve` and `workroom mcp` from the command line: what is said at the start, and of each mistake.

use crate::install::picture;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use workroom_tests::{Room, program};

/// The ports of addresses blotted out: they are those that were free.
fn blot_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    let blot =
        |part: &str| format!("127.0.0.1:[PORT]{}", part.trim_start_matches(|c: char| c.is_ascii_digit()));
    parts.fold(first, |text, part| text + &blot(part))
}

/// All that a server prints that is stopped by Ctrl-C as soon as it serves, and its exit code.
fn started(room: &Room, arguments: &[&str]) -> String {
    let mut command = room.command(&[&["serve", "--listen", "127.0.0.1:0"][..], arguments].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    out.read_line(&mut said).unwrap();
    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    out.read_to_string(&mut said).unwrap();
    let ended = child.wait_with_output().unwrap();
    let complained = String::from_utf8(ended.stderr).unwrap();
    blot_ports(&format!("exit: {}\n--- stdout\n{said}--- stderr\n{complained}", ended.status.code().unwrap()))
}

#[test]
fn a_server_says_where_it_is_and_how_one_comes_in() {
    let room = Room::with(&[("notes/a.md", "The lighthouse keeper counts ships.\n")]);
    let check =
        |name: &str, arguments: &[&str]| insta::assert_snapshot!(name.to_owned(), started(&room, arguments));
    check("serve", &[]);
    check("serve_folder", &["."]);
    check("serve_anonymous", &["--anonymous", "read"]);
    check("serve_root_without_workspaces", &["--root", "notes"]);
    room.ok(&["-w", "notes", "init"]);
    check("serve_root", &["--root", "."]);
    room.ok(&["token", "create", "agent", "--read", "/"]);
    check("serve_with_a_token", &[]);
}

/// What it says is what works: the command that makes a token is typed as it is printed.
#[test]
fn the_way_in_that_is_told_is_one() {
    for arguments in [&[][..], &["below/one"], &["--root", "below"]] {
        let room = Room::with(&[("below/one/a.md", "The lighthouse keeper counts ships.\n")]);
        room.ok(&["-w", "below/one", "init"]);
        let said = started(&room, arguments);
        let told = said.lines().find_map(|line| line.strip_prefix("  workroom "));
        let told = told.unwrap_or_else(|| panic!("no command is told in {said}"));
        let typed = told.replace("WORKSPACE", "one").replace("NAME", "agent");
        room.ok(&typed.split(' ').collect::<Vec<_>>());
        let folder = if arguments.is_empty() { "." } else { "below/one" };
        let tokens = room.ok(&["-w", folder, "token", "list", "--json"]).json();
        assert_eq!(tokens[0]["name"], "agent", "{told}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_no_line_is_too_wide_and_ctrl_c_stops() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    let serve = format!("stty cols 80; exec {} serve --listen 127.0.0.1:0", program().display());
    // Gives the program a terminal of its own.
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--flush", "--command", &serve, "/dev/null"]);
    let as_usual = room.command(&[]);
    script.env_clear().envs(as_usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.current_dir(room.root()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    let mut screen = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    screen.read_line(&mut said).unwrap();
    child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    screen.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    for line in said.lines() {
        assert!(line.trim_end().chars().count() <= 80, "{line:?}");
    }
    insta::assert_snapshot!("serve_on_a_terminal", blot_ports(&said.replace('\r', "")));
}

#[test]
fn mistakes_when_serving() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    let check = |name: &str, arguments: &[&str]| {
        insta::assert_snapshot!(name.to_owned(), blot_ports(&picture(&room, arguments)));
    };
    check("serve_nowhere", &["serve", "nowhere"]);
    check("serve_a_file", &["serve", "a.md"]);
    check("serve_root_nowhere", &["serve", "--root", "nowhere"]);
    check("serve_two_things", &["serve", ".", "--root", "."]);
    check("serve_a_name", &["serve", "--listen", "example.org:80"]);
    check("serve_everybody", &["serve", "--listen", "0.0.0.0:7799"]);
    check("serve_half_of_tls", &["serve", "--tls-cert", "cert.pem"]);
    check("serve_no_certificate", &["serve", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    check("serve_no_pem", &["serve", "--tls-cert", "a.md", "--tls-key", "a.md"]);
    check("serve_anonymous_admin", &["serve", "--anonymous", "admin"]);
}

#[test]
fn a_port_in_use_is_told() {
    let room = Room::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = picture(&room, &["serve", "--listen", &address]);
    insta::assert_snapshot!("serve_port_in_use", blot_ports(&said));
}

#[test]
fn mistakes_when_an_agent_is_served() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    room.ok(&["init"]);
    let check =
        |name: &str, arguments: &[&str]| insta::assert_snapshot!(name.to_owned(), picture(&room, arguments));
    check("mcp_nowhere", &["mcp", "nowhere"]);
    check("mcp_a_file", &["mcp", "a.md"]);
    check("mcp_no_variable", &["mcp", "--token-env", "MILL_TOKEN"]);
    // PATH is a variable that is set, and holds no token.
    check("mcp_no_token", &["mcp", "--token-env", "PATH"]);
    check("mcp_misspelt", &["mcp", "instal", "cursor"]);
    check("mcp_unknown_option", &["mcp", "--tokens", "x"]);
}
