//! A workspace in a temporary folder.

use crate::program::{Ran, Running, program};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A temporary folder with files, on which the program runs. Its commands start no daemon, so that each test sees what its own command did,
/// unless the room was made [with a daemon](Room::with_daemon).
pub struct Room {
    dir: TempDir,
    daemon: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

impl Room {
    /// An empty folder.
    ///
    /// # Panics
    /// When there is no temporary folder.
    #[must_use]
    pub fn new() -> Self {
        let dir =
            tempfile::Builder::new().prefix("room-").tempdir().unwrap_or_else(|error| panic!("{error}"));
        std::fs::create_dir_all(dir.path().join("w")).unwrap_or_else(|error| panic!("{error}"));
        Self { dir, daemon: false }
    }

    /// An empty folder whose commands start a daemon, as users' do. It is stopped with the room.
    #[must_use]
    pub fn with_daemon() -> Self {
        let mut room = Self::new();
        room.daemon = true;
        room
    }

    /// A folder with these files.
    #[must_use]
    pub fn with(files: &[(&str, &str)]) -> Self {
        let room = Self::new();
        for (path, text) in files {
            room.write(path, text);
        }
        room
    }

    /// The workspace's folder.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let dir = self.dir.path().canonicalize().unwrap_or_else(|_| self.dir.path().to_path_buf());
        dir.join("w")
    }

    /// A place inside the workspace.
    #[must_use]
    pub fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file as an editor would, outside the program.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let at = self.at(path);
        if let Some(folder) = at.parent() {
            std::fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{error}"));
        }
        std::fs::write(at, text).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Runs the program with `input` on its standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(arguments);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap_or_else(|error| panic!("cannot start the program: {error}"));
        if let Some(mut stdin) = child.stdin.take() {
            // A program that reads nothing is the test's to judge.
            let _closed = stdin.write_all(input);
        }
        Ran::of(child.wait_with_output().unwrap_or_else(|error| panic!("{error}")))
    }

    /// The program with these arguments, ready to start in the workspace's folder.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_in(&self.root(), arguments)
    }

    /// The program with these arguments, ready to start in another folder.
    #[must_use]
    pub fn command_in(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(folder).env_clear().env("HOME", self.dir.path());
        for kept in ["PATH", "SYSTEMROOT", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        if !self.daemon {
            command.env("WORKROOM_NO_DAEMON", "1");
        }
        command
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output();
        Ran::of(output.unwrap_or_else(|error| panic!("cannot start the program: {error}")))
    }

    /// Runs the program, which must succeed.
    ///
    /// # Panics
    /// When it fails.
    pub fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:#?}");
        ran
    }

    /// Starts the program and lets it go on.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// The hits of a search.
    ///
    /// # Panics
    /// When the search fails.
    #[must_use]
    pub fn hits(&self, arguments: &[&str]) -> Vec<Value> {
        let all: Vec<&str> = ["search", "--json"].iter().chain(arguments).copied().collect();
        let json = self.ok(&all).json();
        json["hits"].as_array().cloned().unwrap_or_else(|| panic!("no hits in {json}"))
    }

    /// The paths of the hits of a search, best first, each once.
    #[must_use]
    pub fn found(&self, query: &str) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        for hit in self.hits(&[query]) {
            let path = hit["path"].as_str().unwrap_or_default().to_owned();
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// The whole outcome of a run as one text, with what differs from run to run blotted out.
    #[must_use]
    pub fn picture(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        let code = ran.code.map_or("signal".to_owned(), |code| code.to_string());
        let text = format!("exit: {code}\n--- stdout\n{}--- stderr\n{}", ran.stdout, ran.stderr);
        let home = self.dir.path().to_string_lossy().into_owned();
        blot_times(&text.replace(&*self.root().to_string_lossy(), "[ROOM]").replace(&home, "[HOME]"))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.daemon && self.at(".workroom").exists() {
            // A daemon whose folder is gone leaves by itself; this only spares it the wait.
            drop(self.command(&["daemon", "stop"]).output());
        }
    }
}

/// Replaces durations and rates (`0.01 s`, `12.3 MB/s`) and times of day.
fn blot_times(text: &str) -> String {
    let blot = |word: &str| {
        let bare = word.trim_matches(['(', ')', ',']);
        let is_time = bare.len() > 15 && bare.contains('T') && bare.ends_with('Z');
        if is_time { word.replace(bare, "[TIME]") } else { word.to_owned() }
    };
    let line = |line: &str| {
        let words: Vec<String> = line.split(' ').map(blot).collect();
        let mut out: Vec<String> = Vec::new();
        for word in words {
            let unit = matches!(word.trim_end_matches([')', ',']), "s" | "MB/s" | "ms");
            if let Some(number) =
                out.last_mut().filter(|number| unit && number.trim_start_matches('(').parse::<f64>().is_ok())
            {
                let bare = number.trim_start_matches('(').to_owned();
                *number = number.replace(&bare, "[N]");
            }
            out.push(word);
        }
        out.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
