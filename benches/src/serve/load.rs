//! Load: so many connections that search, each as soon as it has its answer, while files are written.

use super::client::{Client, Service};
use super::memory::Memory;
use super::program::Running;
use super::writer::{Pace, Writer};
use crate::statistics::Samples;
use crate::{Failure, machine};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What is put upon a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) connections: usize,
    pub(super) pace: Option<Pace>,
    pub(super) time: Duration,
}

/// What clients counted.
#[derive(Default)]
pub(super) struct Counts {
    /// When each search was answered since the start, and what it took.
    searches: Vec<(Duration, Duration)>,
    pub(super) writes: Samples,
    pub(super) written_bytes: u64,
    /// From a write's answer to the file's being found.
    pub(super) found: Samples,
    /// Writes that the first search after their answer did not find.
    pub(super) late: u64,
    /// What failed, by kind, with the first reason.
    failed: BTreeMap<String, (u64, String)>,
}

/// Each caller begins so many queries after the one before.
pub(super) const STEP: usize = 37;
/// Rows of the course over time, at the most.
const ROWS: u32 = 60;

impl Counts {
    /// Counts a failure.
    pub(super) fn fail(&mut self, kind: &str, why: &str) {
        let why = || why.chars().take(300).collect();
        self.failed.entry(kind.to_owned()).or_insert_with(|| (0, why())).0 += 1;
    }

    fn merge(&mut self, other: Self) {
        self.searches.extend(other.searches);
        self.writes.merge(other.writes);
        self.found.merge(other.found);
        self.written_bytes += other.written_bytes;
        self.late += other.late;
        for (kind, (n, why)) in other.failed {
            self.failed.entry(kind).or_insert((0, why)).0 += n;
        }
    }

    fn n_failed(&self) -> u64 {
        self.failed.values().map(|(n, _)| n).sum()
    }
}

impl Load {
    /// Puts it upon a server that runs.
    pub(super) fn run(self, server: &Running<'_>, queries: &[String]) -> Result<Value, Failure> {
        let service = server.service()?;
        // What is asked first waits for the vectors to be read.
        for query in queries {
            Client::connect(service)?.post("/search", &body(query))?;
        }
        let (mut memory, before) = (Memory::of(server.processes()), server.computed());
        let started = Instant::now();
        let mut counts = Counts::default();
        std::thread::scope(|scope| {
            let search = |n: usize| scope.spawn(move || search(service, queries, n, started, self.time));
            let mut clients: Vec<_> = (0..self.connections).map(search).collect();
            let pace = self.pace.unwrap_or(Pace { writers: 0, a_second: None });
            clients.extend((0..pace.writers).map(|n| {
                let writer = Writer::new(n, service, queries);
                scope.spawn(move || writer.run(pace, started, self.time).map_err(|error| error.to_string()))
            }));
            memory.watch(self.time);
            for client in clients {
                counts.merge(client.join().map_err(|_| "a client panicked")??);
            }
            Ok::<(), Failure>(())
        })?;
        let mut report = self.report(&counts, &memory);
        let a_search = (server.computed() - before) * 1e3 / counts.searches.len().max(1) as f64;
        println!("  {a_search:.2} ms of a core for each search, all else included");
        report["core_ms_a_search"] = json!((a_search * 100.0).round() / 100.0);
        report["load_average"] = json!(machine::load_average());
        Ok(report)
    }

    fn report(self, counts: &Counts, memory: &Memory<'_>) -> Value {
        let seconds = self.time.as_secs_f64();
        let all = samples(counts.searches.iter());
        let a_second = rounded(all.len() as f64 / seconds);
        println!("{} ({a_second} a second)", all.line(self.name));
        println!(
            "{} ({} a second, {} late)",
            counts.writes.line("  write"),
            rounded(counts.writes.len() as f64 / seconds),
            counts.late
        );
        println!("{}", counts.found.line("  then find"));
        let memory_json = memory.json();
        let failed: Map<String, Value> = counts
            .failed
            .iter()
            .map(|(kind, (n, why))| (kind.clone(), json!({ "n": n, "first": why })))
            .collect();
        println!(
            "  {} errors {}",
            counts.n_failed(),
            if failed.is_empty() { String::new() } else { json!(failed).to_string() }
        );
        json!({
            "connections": self.connections, "seconds": seconds, "searches_a_second": a_second, "search": all.json(),
            "writers": self.pace.map_or(0, |pace| pace.writers), "writes_a_second": rounded(counts.writes.len() as f64 / seconds),
            "write": counts.writes.json(), "written_bytes": counts.written_bytes, "found_after": counts.found.json(), "late": counts.late,
            "n_errors": counts.n_failed(), "errors": failed, "memory": memory_json, "peak_mb": memory.peak() / 1_000_000,
            "course": self.course(counts),
        })
    }

    /// How it went over time.
    fn course(self, counts: &Counts) -> Vec<Value> {
        let row = (self.time / ROWS).max(Duration::from_secs(1));
        let mut rows: BTreeMap<u64, Samples> = BTreeMap::new();
        for (at, took) in &counts.searches {
            rows.entry((at.as_secs_f64() / row.as_secs_f64()) as u64).or_default().add(*took);
        }
        let ms = |samples: &Samples, share| (samples.percentile(share).as_secs_f64() * 1e4).round() / 10.0;
        let line = |(at, samples): (&u64, &Samples)| {
            json!({
                "second": rounded(*at as f64 * row.as_secs_f64()), "a_second": rounded(samples.len() as f64 / row.as_secs_f64()),
                "p50_ms": ms(samples, 0.5), "p99_ms": ms(samples, 0.99), "max_ms": ms(samples, 1.0),
            })
        };
        rows.iter().map(line).collect()
    }
}

/// The body of a search for a query.
pub(super) fn body(query: &str) -> Vec<u8> {
    json!({ "query": query }).to_string().into_bytes()
}

fn search(
    service: &Service,
    queries: &[String],
    number: usize,
    started: Instant,
    time: Duration,
) -> Result<Counts, String> {
    let bodies: Vec<Vec<u8>> = queries.iter().map(|query| body(query)).collect();
    let connect = || Client::connect(service).map_err(|error| error.to_string());
    let (mut client, mut counts) = (connect()?, Counts::default());
    // Each begins elsewhere.
    for body in bodies.iter().cycle().skip(number * STEP) {
        if started.elapsed() >= time {
            break;
        }
        let began = Instant::now();
        match client.post("/search", body) {
            Ok(answer) if answer.status == 200 && answer.body.starts_with(br#"{"hits":[{"#) => {
                counts.searches.push((started.elapsed(), began.elapsed()));
            }
            Ok(answer) if answer.status == 200 => counts.fail("no hit", &String::from_utf8_lossy(body)),
            Ok(answer) => {
                counts.fail(&format!("search {}", answer.status), &String::from_utf8_lossy(answer.body));
            }
            Err(error) => {
                counts.fail("connection", &error.to_string());
                client = connect()?;
            }
        }
    }
    Ok(counts)
}

fn samples<'a>(searches: impl Iterator<Item = &'a (Duration, Duration)>) -> Samples {
    let mut samples = Samples::default();
    searches.for_each(|(_, took)| samples.add(*took));
    samples
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
