//! An agent over standard input and output: starts a server as its settings say, and speaks MCP with it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// An agent that has started a server and said hello.
pub struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
    transcript: Vec<String>,
}

impl Agent {
    /// Starts the server.
    ///
    /// # Panics
    /// When it cannot be started or is none.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = BufReader::new(output.unwrap_or_else(|| panic!("no output")));
        let mut agent = Self { child, input, output, next: 0, transcript: Vec::new() };
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}});
        let begun = agent.ask("initialize", &hello);
        assert_eq!(begun["result"]["serverInfo"]["name"], "workroom", "{begun}");
        agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        agent
    }

    fn send(&mut self, message: &Value) {
        let sent = self.input.as_mut().map(|input| writeln!(input, "{message}"));
        assert!(sent.is_some_and(|sent| sent.is_ok()), "the server takes nothing");
        self.transcript.push(format!("-> {message}"));
    }

    /// The next message.
    ///
    /// # Panics
    /// When none comes.
    pub fn receive(&mut self) -> Value {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        let message = serde_json::from_str(&line);
        let message: Value = message.unwrap_or_else(|error| panic!("{error} in {line:?} ({read:?})"));
        self.transcript.push(format!("<- {message}"));
        message
    }

    /// Makes a request and waits for its answer.
    pub fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == json!(self.next) {
                return message;
            }
        }
    }

    /// Calls a tool and waits for its result.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({"name": tool, "arguments": arguments}))["result"].take()
    }

    /// Every message so far, `->` those that it sent.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.transcript.join("\n")
    }

    /// Closes its end, as an agent that leaves does, and returns the server's exit code.
    ///
    /// # Panics
    /// When the server cannot be waited for.
    #[must_use]
    pub fn leave(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap_or_else(|error| panic!("{error}")).code()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // An error means that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
