//! Serving: searches over HTTP by 64 connections while files are written, and what HTTP costs over a call in process.
//!
//! The real program serves a workspace of small text files, and every query is made of the indexed text ([`crate::search`]). Clients run on the
//! same machine and take their part of its cores: each of the 64 is a thread that waits, sends and reads, no more. Nobody installed a model:
//! the student ranks alone.
//!
//! What it does not show: a network, TLS, several workspaces, clients that do not keep their connection.

mod client;
mod folder;
mod load;
mod memory;
mod overhead;
mod program;
mod writer;
mod wrk;

use crate::{Failure, machine, search, taken};
use load::Load;
use program::{Index, Program};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use workroom::{NoProgress, Workspace};
use writer::Pace;

/// What is asked for.
struct Options {
    folder: Option<PathBuf>,
    files: usize,
    connections: usize,
    /// The time of the load beside steady writes; other loads take a third of it, half a minute at most.
    time: Duration,
    program: Option<PathBuf>,
    into: Option<PathBuf>,
    /// Where the copy is made that is served.
    scratch: PathBuf,
    parts: Vec<String>,
}

/// What can be measured, in this order.
const PARTS: [&str; 6] = ["overhead", "search", "steady", "full", "wrk", "daemon"];

impl Options {
    fn of(mut arguments: Vec<String>) -> Result<Self, Failure> {
        let mut number = |name: &str, usual: f64| -> Result<f64, Failure> {
            taken(&mut arguments, name)?.map_or(Ok(usual), |value| Ok(value.parse()?))
        };
        let (files, connections) =
            (number("--files", 10_000.0)? as usize, number("--connections", 64.0)? as usize);
        let time = Duration::try_from_secs_f64(number("--minutes", 1.0)? * 60.0)?;
        let parts = taken(&mut arguments, "--parts")?;
        let parts: Vec<String> = match &parts {
            Some(parts) => parts.split(',').map(str::to_owned).collect(),
            None => PARTS.map(str::to_owned).to_vec(),
        };
        if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
            return Err(format!("there is no part `{unknown}`; there are {}", PARTS.join(", ")).into());
        }
        let mut path = |name: &str| taken(&mut arguments, name).map(|path| path.map(PathBuf::from));
        let (program, into) = (path("--program")?, path("--into")?);
        let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
        let scratch = path("--scratch")?.unwrap_or_else(own);
        let folder = arguments.get(1).map(PathBuf::from);
        Ok(Self { folder, files, connections, time, program, into, scratch, parts })
    }

    fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|known| known == part)
    }

    /// The loads that are put upon a server, one after another.
    fn loads(&self) -> Vec<Load> {
        let (connections, short) = (self.connections, (self.time / 3).min(Duration::from_secs(30)));
        let load = |name, pace, time| Load { name, connections, pace, time };
        [
            load("search", None, short),
            load("steady", Some(Pace { writers: 1, a_second: Some(8.0) }), self.time),
            load("full", Some(Pace { writers: 4, a_second: None }), short),
        ]
        .into_iter()
        .filter(|load| self.has(load.name))
        .collect()
    }
}

/// Measures what the arguments ask for.
pub(crate) fn run(arguments: Vec<String>) -> Result<(), Failure> {
    let options = Options::of(arguments)?;
    let source = options.folder.clone().map_or_else(crate::corpus_copy::registry_sources, Ok)?;
    std::fs::create_dir_all(&options.scratch)?;
    let folder = options.scratch.canonicalize()?.join("served");
    let bytes = folder::prepare(&source, options.files, &folder)?;
    let program = Program::new(options.program.clone(), &folder)?;
    println!("{}", machine::describe());
    let (queries, chunks) = index(&folder)?;
    println!("{} files, {:.1} MB, {chunks} chunks", options.files, bytes as f64 / 1e6);
    let mut results = Map::new();
    results.insert("folder".to_owned(), json!({ "files": options.files, "bytes": bytes, "chunks": chunks }));
    if options.has("overhead") {
        println!("\noverhead");
        let time = (options.time / 30).clamp(Duration::from_millis(100), Duration::from_secs(4));
        results.insert("overhead".to_owned(), overhead::run(&program, &folder, &queries, time)?);
    }
    for (index, wanted) in [(Index::InServer, true), (Index::InDaemon, options.has("daemon"))] {
        if wanted && let Some(loads) = loaded(&options, &program, index, &queries)? {
            results.insert(index.name().to_owned(), loads);
        }
    }
    machine::keep("serve", &Value::Object(results), options.into)
}

/// Indexes the folder; queries made of its text, and the number of its chunks.
fn index(folder: &Path) -> Result<(Vec<String>, u64), Failure> {
    let workspace = Workspace::create(folder)?;
    workspace.index(&NoProgress)?;
    let queries = search::queries(&workspace)?;
    if queries.is_empty() {
        return Err("no query could be made of the files".into());
    }
    Ok((queries, workspace.status()?.chunks))
}

/// Puts every load upon a server of its own start; none where none is asked for.
fn loaded(
    options: &Options,
    program: &Program,
    index: Index,
    queries: &[String],
) -> Result<Option<Value>, Failure> {
    let (loads, wrk) = (options.loads(), options.has("wrk"));
    if loads.is_empty() && !wrk {
        return Ok(None);
    }
    println!("\n{}, {} connections", index.name(), options.connections);
    let running = program.start(index)?;
    let mut results = Map::new();
    if wrk {
        let time = (options.time / 3).min(Duration::from_secs(30));
        let figures = wrk::run(running.service()?, queries, options.connections, time)?;
        results.insert("wrk".to_owned(), figures);
    }
    for load in loads {
        results.insert(load.name.to_owned(), load.run(&running, queries)?);
    }
    Ok(Some(Value::Object(results)))
}
