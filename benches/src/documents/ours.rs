//! Our side: the fence's child as the program uses it, and what the fence costs by itself.

use super::case::{Case, Taken};
use super::{rounded, timed};
use crate::statistics::Samples;
use crate::{Failure, machine};
use corpus::{Document, Format};
use fence::{ARGUMENT, Fence, Limits, Options, Program, Request};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Requests by which the fence's own cost is measured.
const REQUESTS: usize = 2_000;
/// Children that are started for it.
const STARTS: usize = 50;
const TINY: &[u8] = b"The mill turns with the tide, twice a day.\n";

/// One warm child.
pub(crate) struct Tool {
    fence: Fence,
}

impl Tool {
    pub(crate) fn start() -> Result<Self, Failure> {
        // Other tools have their turn between two files: the child is to be there still when they are done.
        let limits = Limits { children: 1, idle: Duration::from_secs(3600), ..Limits::default() };
        let tool = Self { fence: fence(limits)? };
        tiny(&tool.fence)?;
        Ok(tool)
    }

    /// Reads a file from the disk as the program does. The second value is its number of pages.
    pub(crate) fn read(&self, case: &Case) -> Result<(Taken, Option<u32>), Failure> {
        let (mut pages, mut broken) = (None, None);
        let taken = timed(|| {
            let bytes = std::fs::read(&case.file).map_err(|error| error.to_string())?;
            if !case.format.is_fenced() {
                let document = extract::read(case.format, bytes).map_err(|skip| skip.to_string())?;
                return Ok(note(&document, &mut pages));
            }
            let parsed = self.fence.parse(&request(case.format, bytes)).map_err(|error| {
                broken = Some(error);
                "no child".to_owned()
            })?;
            let parsed = parsed.map_err(|skip| skip.to_string())?;
            let parts = parsed.parts.iter().filter_map(|part| part.outcome.as_ref().ok());
            Ok(note(&parsed.document, &mut pages) + parts.map(|part| part.text.len()).sum::<usize>())
        });
        broken.map_or(Ok((taken, pages)), |error| Err(error.into()))
    }
}

/// Its text's length; its pages are kept.
fn note(document: &Document, pages: &mut Option<u32>) -> usize {
    *pages = document.metadata.pages;
    document.text.len()
}

/// The most memory that a child holds which has read this file alone, in bytes.
pub(crate) fn peak_memory(case: &Case) -> Result<Option<u64>, Failure> {
    if !case.format.is_fenced() {
        return Ok(None);
    }
    // One that holds much memory leaves after its reply, and could no longer be asked; with a high limit none holds much.
    let fence = fence(Limits { children: 1, memory_bytes: 16 << 30, ..Limits::default() })?;
    // That a file has no text is told by the other pass; it takes memory all the same.
    let _outcome = fence.parse(&request(case.format, std::fs::read(&case.file)?))?;
    Ok(machine::children_with(ARGUMENT).first().and_then(|child| machine::peak_memory_of(child)))
}

/// What a request costs when there is nothing to parse, and what a start costs.
pub(crate) fn overhead() -> Result<Value, Failure> {
    let warm = fence(Limits { children: 1, requests_per_child: u32::MAX, ..Limits::default() })?;
    tiny(&warm)?;
    let requests = samples(REQUESTS, || tiny(&warm))?;
    let child = machine::children_with(ARGUMENT).first().and_then(|child| machine::peak_memory_of(child));
    let starts = samples(STARTS, || tiny(&fence(Limits::default())?))?;
    println!("  fence: {} bytes of text there and back, and a start, a request and an end", TINY.len());
    println!("{}", requests.line("request"));
    println!("{}", starts.line("start"));
    let micros = |samples: &Samples, share| rounded(samples.percentile(share).as_secs_f64() * 1e6);
    Ok(json!({
        "request_us": { "p50": micros(&requests, 0.5), "p99": micros(&requests, 0.99), "n": REQUESTS },
        "start_us": { "p50": micros(&starts, 0.5), "p99": micros(&starts, 0.99), "n": STARTS },
        "idle_child_mb": child.map(|bytes| rounded(bytes as f64 / 1e6)),
    }))
}

fn samples(n: usize, mut measured: impl FnMut() -> Result<(), Failure>) -> Result<Samples, Failure> {
    let mut samples = Samples::default();
    for _ in 0..n {
        let began = Instant::now();
        measured()?;
        samples.add(began.elapsed());
    }
    Ok(samples)
}

fn tiny(fence: &Fence) -> Result<(), Failure> {
    let parsed = fence.parse(&request(Format::Text, TINY.to_vec()))??;
    if parsed.document.text.len() == TINY.len() { Ok(()) } else { Err("the child gave another text".into()) }
}

fn request(format: Format, bytes: Vec<u8>) -> Request {
    Request { format, bytes, options: Options::default() }
}

fn fence(limits: Limits) -> Result<Fence, Failure> {
    Ok(Fence::new(Program::this().ok_or("this program cannot be started as a parser")?, limits))
}
