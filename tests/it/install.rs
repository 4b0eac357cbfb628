//! `workroom mcp install`: what is said, what is written into each agent's settings, and that it can be undone byte for byte.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use workroom_tests::{Room, program};

/// What is known of an agent's settings, from its own documentation.
struct Known {
    agent: &'static str,
    /// The file, below the project or below the home folder.
    file: &'static str,
    in_home: bool,
    /// Where in the file the servers are.
    list: &'static str,
    says_type: bool,
    /// How the value of a variable is asked for, where that is so.
    variable: Option<&'static str>,
    /// Settings with another server and all that the format allows besides.
    others: &'static str,
    /// Settings that the agent itself could not read.
    broken: &'static str,
}

const OTHERS: &str = "{\n  \"mcpServers\": {\n    \"other\": {\"command\": \"o\", \"args\": []}\n  },\n  \"theme\": \"dark\"\n}\n";
const BROKEN: &str = "{\n  \"mcpServers\": {\n    \"other\": {\"command\" \"o\"}\n  }\n}\n";

const KNOWN: [Known; 6] = [
    Known {
        agent: "claude-code",
        file: ".mcp.json",
        in_home: false,
        list: "mcpServers",
        says_type: true,
        variable: Some("${MILL_TOKEN}"),
        others: OTHERS,
        broken: BROKEN,
    },
    Known {
        agent: "claude-desktop",
        file: ".config/Claude/claude_desktop_config.json",
        in_home: true,
        list: "mcpServers",
        says_type: false,
        variable: None,
        others: OTHERS,
        broken: BROKEN,
    },
    Known {
        agent: "cursor",
        file: ".cursor/mcp.json",
        in_home: false,
        list: "mcpServers",
        says_type: false,
        variable: Some("${env:MILL_TOKEN}"),
        others: OTHERS,
        broken: BROKEN,
    },
    Known {
        agent: "vscode",
        file: ".vscode/mcp.json",
        in_home: false,
        list: "servers",
        says_type: true,
        variable: Some("${env:MILL_TOKEN}"),
        others: "// ours\n{\n\t\"servers\": {\n\t\t/* the old one, \"}\" */\n\t\t\"other\": {\"command\": \"o\"}, // stays\n\t},\n\t\"inputs\": [],\n}\n",
        broken: "{\n  // ours\n  \"servers\": {\n    \"other\": {\"command\": o}\n  }\n}\n",
    },
    Known {
        agent: "codex",
        file: ".codex/config.toml",
        in_home: true,
        list: "mcp_servers",
        says_type: false,
        variable: None,
        others: "# mine\nmodel = \"x\" # the best\n\n[mcp_servers.other]\ncommand = \"o\" # stays\n\n[profiles.fast]\nmodel = \"y\"\n",
        broken: "model = \"x\"\n[mcp_servers.other]\ncommand = o\n",
    },
    Known {
        agent: "gemini",
        file: ".gemini/settings.json",
        in_home: false,
        list: "mcpServers",
        says_type: false,
        variable: Some("${MILL_TOKEN}"),
        others: "{\n  // comments are taken here\n  \"mcpServers\": {\n    \"other\": {\"command\": \"o\"}\n  },\n  \"ui\": {\"theme\": \"dark\"}\n}",
        broken: BROKEN,
    },
];

impl Known {
    fn path(&self, room: &Room) -> PathBuf {
        let project = room.root();
        let home = project.parent().unwrap();
        if self.in_home { home.join(self.file) } else { project.join(self.file) }
    }

    /// Puts the file there, or takes it away.
    fn put(&self, room: &Room, text: Option<&str>) {
        let path = self.path(room);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match text {
            Some(text) => std::fs::write(path, text).unwrap(),
            None if path.exists() => std::fs::remove_file(path).unwrap(),
            None => {}
        }
    }

    fn text(&self, room: &Room) -> Option<String> {
        std::fs::read_to_string(self.path(room)).ok()
    }

    /// The list of servers as a program reads it that knows the format.
    fn servers(&self, room: &Room) -> Value {
        let text = self.text(room).unwrap();
        let settings = if self.agent == "codex" {
            serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
        } else {
            serde_json::from_str(&without_comments(&text)).unwrap()
        };
        settings[self.list].clone()
    }

    /// The entry as the agent's documentation wants it.
    fn expected(&self, room: &Room) -> Value {
        let mut entry = json!({"command": program(), "args": ["mcp", room.root()]});
        if self.says_type {
            entry["type"] = json!("stdio");
        }
        entry
    }
}

/// What a reader of JSON with comments makes of the comments in these tests, all of which are on one line, and of commas before brackets.
fn without_comments(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let line = line.split("// ").next().unwrap_or_default();
        let (before, after) = line.split_once("/*").unwrap_or((line, ""));
        lines.push_str(before.trim());
        lines.push_str(after.split_once("*/").map_or("", |(_, after)| after).trim());
    }
    lines.replace(",}", "}")
}

/// Files that were kept.
fn kept(path: &Path) -> usize {
    let names = std::fs::read_dir(path.parent().unwrap()).into_iter().flatten();
    names.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".bak")).count()
}

#[test]
fn every_agent_gets_what_its_documentation_asks_for_and_has_its_own_back() {
    for known in &KNOWN {
        for before in
            [None, Some(""), Some(known.others), Some(if known.agent == "codex" { "\n" } else { "{}" })]
        {
            let (room, agent) = (Room::new(), known.agent);
            known.put(&room, before);
            room.ok(&["mcp", "install", agent]);
            let servers = known.servers(&room);
            assert_eq!(servers["workroom"], known.expected(&room), "{agent}, {before:?}");
            if before == Some(known.others) {
                assert_eq!(servers["other"]["command"], "o", "{agent}");
            }
            assert_eq!(kept(&known.path(&room)), usize::from(before.is_some()), "{agent}, {before:?}");

            let written = known.text(&room);
            let again = room.ok(&["mcp", "install", agent]);
            assert!(again.stdout.ends_with(" already\n"), "{again:?}");
            assert_eq!(known.text(&room), written, "{agent}, {before:?}");
            assert_eq!(kept(&known.path(&room)), usize::from(before.is_some()), "{agent}, {before:?}");

            room.ok(&["mcp", "install", agent, "--uninstall"]);
            assert_eq!(known.text(&room).as_deref(), before, "{agent}");
            assert_eq!(room.ok(&["mcp", "install", agent, "--uninstall", "--dry-run"]).code, Some(0));
        }
    }
}

#[test]
fn comments_and_other_servers_stay_where_they_are() {
    for known in &KNOWN {
        let room = Room::new();
        known.put(&room, Some(known.others));
        room.ok(&["mcp", "install", known.agent]);
        let text = known.text(&room).unwrap();
        let mut rest = text.as_str();
        for line in known.others.lines() {
            // A comma may have come after the last server, and a comment before it.
            let words = line.trim_end_matches(',');
            rest = rest.split_once(words).unwrap_or_else(|| panic!("{line:?} is gone or moved in {text}")).1;
        }
        // What was changed since stays when the entry is taken out.
        known.put(&room, Some(&text.replace("\"o\"", "\"p\"")));
        room.ok(&["mcp", "install", known.agent, "--uninstall"]);
        let servers = known.servers(&room);
        assert_eq!(
            (&servers["other"]["command"], servers.get("workroom")),
            (&json!("p"), None),
            "{}",
            known.agent
        );
    }
}

#[test]
fn what_the_agent_could_not_read_is_refused_and_left_alone() {
    for known in &KNOWN {
        for option in [&[][..], &["--uninstall"]] {
            let room = Room::new();
            known.put(&room, Some(known.broken));
            let ran = room.run(&[&["mcp", "install", known.agent][..], option].concat());
            assert_eq!(ran.code, Some(2), "{ran:?}");
            assert!(
                ran.stderr.contains(known.file) && ran.stderr.contains("hint: nothing was written"),
                "{ran:?}"
            );
            assert!(ran.stderr.contains(" in line "), "{ran:?}");
            assert_eq!(known.text(&room).as_deref(), Some(known.broken));
            assert_eq!(kept(&known.path(&room)), 0);
        }
    }
}

#[test]
fn a_token_is_passed_on_by_name_and_never_written() {
    for known in &KNOWN {
        let room = Room::new();
        let mut install = room.command(&["mcp", "install", known.agent, "--token-env", "MILL_TOKEN"]);
        assert!(install.env("MILL_TOKEN", "wrk_secret").output().unwrap().status.success());
        let (entry, agent) = (known.servers(&room)["workroom"].clone(), known.agent);
        assert_eq!(entry["args"], json!(["mcp", room.root(), "--token-env", "MILL_TOKEN"]), "{agent}");
        assert_eq!(entry["env"]["MILL_TOKEN"].as_str(), known.variable, "{agent}");
        assert_eq!(entry.get("env_vars"), (agent == "codex").then(|| json!(["MILL_TOKEN"])).as_ref());
        assert!(!known.text(&room).unwrap().contains("wrk_"), "{agent}");
        // Whichever token it was for, it is taken out.
        room.ok(&["mcp", "install", agent, "--uninstall"]);
        assert_eq!(known.text(&room), None, "{agent}");
    }
}

#[test]
fn the_tools_that_are_chosen_are_written() {
    for known in &KNOWN {
        let (room, agent) = (Room::new(), known.agent);
        let refused = room.run(&["mcp", "install", agent, "--tools", "everything"]);
        assert_eq!((refused.code, known.text(&room)), (Some(2), None), "{refused:?}");
        room.ok(&["mcp", "install", agent, "--tools", "files,search"]);
        let entry = known.servers(&room)["workroom"].clone();
        assert_eq!(entry["args"], json!(["mcp", room.root(), "--tools", "files,search"]), "{agent}");
        room.ok(&["mcp", "install", agent, "--uninstall"]);
        assert_eq!(known.text(&room), None, "{agent}");
    }
}

/// A run as one text, without what differs from run to run and from machine to machine.
pub(crate) fn picture(room: &Room, arguments: &[&str]) -> String {
    blot(&room.picture(arguments))
}

/// The program's place and the times in the names of kept files, blotted out.
pub(crate) fn blot(text: &str) -> String {
    let text = text.replace(&program().display().to_string(), "[PROGRAM]");
    let line = |line: &str| match line.strip_suffix(".bak").and_then(|line| line.rsplit_once('.')) {
        Some((name, _)) => format!("{name}.[TIME].bak"),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_said() {
    let room = Room::with(&[(".mcp.json", OTHERS)]);
    let check =
        |name: &str, arguments: &[&str]| insta::assert_snapshot!(name.to_owned(), picture(&room, arguments));
    check("install_help", &["mcp", "install", "--help"]);
    check("install_dry", &["mcp", "install", "claude-code", "--dry-run"]);
    check("install", &["mcp", "install", "claude-code"]);
    check("install_again", &["mcp", "install", "claude-code"]);
    check("uninstall", &["mcp", "install", "claude-code", "--uninstall"]);
    check("uninstall_again", &["mcp", "install", "claude-code", "--uninstall"]);
    check("install_new", &["mcp", "install", "codex"]);
    check("uninstall_new", &["mcp", "install", "codex", "--uninstall"]);
    check("install_spelt", &["mcp", "install", "claude-desktop", "--token-env", "MILL_TOKEN"]);
    check("install_no_project", &["mcp", "install", "claude-desktop", "--scope", "project"]);
    check("install_nobody", &["mcp", "install"]);
    check("install_unknown", &["mcp", "install", "emacs"]);
    check("install_nowhere", &["-w", "nowhere", "mcp", "install", "cursor"]);
    room.write(
        ".vscode/mcp.json",
        "{\n  // ours\n  \"servers\": {\n    \"other\": {\"command\": o}\n  }\n}\n",
    );
    check("install_broken_json", &["mcp", "install", "vscode"]);
    check("uninstall_broken_json", &["mcp", "install", "vscode", "--uninstall"]);
    room.write(".codex/config.toml", "model = x\n");
    check("install_broken_toml", &["mcp", "install", "codex", "--scope", "project"]);
}
