//! What it costs to ask over HTTP: the same queries to the library in the owner's process, over its socket, and over HTTP, one way after another
//! in each round: searches as agents ask them, by 1, 2, 8 and 64 at once; and by one the least search there is, for a single word and hit, beside
//! which the way itself is seen.

use super::client::{Client, Service};
use super::load::{STEP, body};
use super::program::{Index, Program, Running};
use crate::statistics::Samples;
use crate::{Failure, machine};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};
use workroom::{Mode, Query, Workspace};

/// Callers at a time.
const AT_ONCE: [usize; 4] = [1, 2, 8, 64];
/// Every way is taken so often, in turn: other work of the machine then weighs on all alike.
const ROUNDS: u32 = 3;

/// What was measured, by way and callers at once.
type Measured = BTreeMap<(&'static str, &'static str, usize), Calls>;

#[derive(Default)]
struct Calls {
    samples: Samples,
    /// Seconds that this process and the server's have computed for them.
    computed: f64,
}

/// A caller: asks, and waits for what comes.
type Caller<'a> = Box<dyn FnMut(&Asked) -> Result<(), Failure> + 'a>;

/// A query, and as it is sent.
struct Asked {
    query: Query,
    body: Vec<u8>,
}

/// Queries of one kind, and how many ask them at once.
struct Kind {
    name: &'static str,
    asked: Vec<Asked>,
    at_once: &'static [usize],
}

impl Kind {
    fn all(queries: &[String]) -> [Self; 2] {
        let search = |text: &String| Asked { query: Query::new(text), body: body(text) };
        let least = |text: &String| {
            let word = text.split(' ').max_by_key(|word| word.len()).unwrap_or(text);
            let asked = json!({ "query": word, "mode": "lexical", "limit": 1 });
            Asked {
                query: Query::new(word).mode(Mode::Lexical).limit(1),
                body: asked.to_string().into_bytes(),
            }
        };
        [
            Self { name: "search", asked: queries.iter().map(search).collect(), at_once: &AT_ONCE },
            Self { name: "least", asked: queries.iter().map(least).collect(), at_once: &AT_ONCE[..1] },
        ]
    }
}

/// A way to ask.
struct Way<'a> {
    name: &'static str,
    server: Option<&'a Running<'a>>,
    caller: &'a (dyn Fn() -> Result<Caller<'a>, Failure> + Sync),
}

/// Measures each way for `time` with each number of callers, in each round.
pub(super) fn run(
    program: &Program,
    folder: &Path,
    queries: &[String],
    time: Duration,
) -> Result<Value, Failure> {
    let (mut measured, kinds) = (Measured::new(), Kind::all(queries));
    for _ in 0..ROUNDS {
        let owner = Workspace::open(folder)?;
        let caller = || library(&owner);
        Way { name: "in process", server: None, caller: &caller }.take(&mut measured, &kinds, time)?;
        let client = Workspace::open(folder)?;
        if client.is_owner() {
            return Err("two have the workspace open and both own it".into());
        }
        let caller = || library(&client);
        Way { name: "socket", server: None, caller: &caller }.take(&mut measured, &kinds, time)?;
        drop((client, owner));
        for (name, index) in [("http", Index::InServer), ("http, daemon", Index::InDaemon)] {
            let running = program.start(index)?;
            let service = running.service()?;
            let caller = || http(service);
            Way { name, server: Some(&running), caller: &caller }.take(&mut measured, &kinds, time)?;
        }
    }
    Ok(report(&measured, time * ROUNDS))
}

fn library(workspace: &Workspace) -> Result<Caller<'_>, Failure> {
    Ok(Box::new(|asked| Ok(workspace.search(&asked.query).map(drop)?)))
}

fn http(service: &Service) -> Result<Caller<'_>, Failure> {
    let mut client = Client::connect(service)?;
    Ok(Box::new(move |asked| match client.post("/search", &asked.body)?.status {
        200 => Ok(()),
        status => Err(format!("status {status}").into()),
    }))
}

impl Way<'_> {
    fn take(&self, measured: &mut Measured, kinds: &[Kind], time: Duration) -> Result<(), Failure> {
        // Whoever asks first has the vectors read, and each query its part of the files.
        let first = (self.caller)()?;
        kinds.iter().flat_map(|kind| &kind.asked).try_for_each(first)?;
        for (kind, at_once) in kinds.iter().flat_map(|kind| kind.at_once.iter().map(move |n| (kind, *n))) {
            let before = self.computed();
            let callers = std::thread::scope(|scope| {
                let ask = |number| scope.spawn(move || self.ask(number, &kind.asked, time));
                let callers: Vec<_> = (0..at_once).map(ask).collect();
                callers.into_iter().map(ScopedJoinHandle::join).collect::<Vec<_>>()
            });
            let all = measured.entry((kind.name, self.name, at_once)).or_default();
            for caller in callers {
                all.samples.merge(caller.map_err(|_| "a caller panicked")??);
            }
            all.computed += self.computed() - before;
        }
        Ok(())
    }

    fn computed(&self) -> f64 {
        machine::computed("self").unwrap_or_default() + self.server.map_or(0.0, Running::computed)
    }

    /// Asks one query after another until the time is over; each caller begins elsewhere.
    fn ask(&self, number: usize, all: &[Asked], time: Duration) -> Result<Samples, String> {
        let said = |error: Failure| error.to_string();
        let (mut caller, mut samples, started) =
            ((self.caller)().map_err(said)?, Samples::default(), Instant::now());
        for asked in all.iter().cycle().skip(number * STEP) {
            let began = Instant::now();
            if began.duration_since(started) >= time {
                break;
            }
            caller(asked).map_err(said)?;
            samples.add(began.elapsed());
        }
        Ok(samples)
    }
}

fn report(measured: &Measured, time: Duration) -> Value {
    let mut all = Map::new();
    for ((kind, name, at_once), Calls { samples, computed }) in measured {
        let a_call = (computed * 1e5 / samples.len().max(1) as f64).round() / 100.0;
        let a_second = (samples.len() as f64 / time.as_secs_f64() * 10.0).round() / 10.0;
        println!(
            "{}   {a_second} a second, {a_call} ms of a core each",
            samples.line(&format!("{kind}: {name}, {at_once} at once"))
        );
        let mut figures = samples.json();
        figures["a_second"] = json!(a_second);
        figures["core_ms"] = json!(a_call);
        let all = all.entry((*kind).to_owned()).or_insert_with(|| json!({}));
        all[*name][at_once.to_string()] = figures;
    }
    Value::Object(all)
}
