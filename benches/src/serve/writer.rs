//! The ingest that goes on meanwhile: files written over HTTP, each looked for at once by a word of its own.
//!
//! A fixed number of paths is written over and over, so that the workspace comes to a size and memory may be asked not to grow. A write is
//! answered after its commit, so the first search that follows must find it: one that does not is counted as late.

use super::client::{Client, Service};
use super::load::Counts;
use crate::Failure;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Where it writes.
pub(super) const FOLDER: &str = "ingest";
/// Files of each writer.
const FILES: u64 = 250;
/// What is not found for so long is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// How writing goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) writers: usize,
    /// Of each; as fast as answers come, if absent.
    pub(super) a_second: Option<f64>,
}

/// One client that writes.
pub(super) struct Writer<'a> {
    number: usize,
    service: &'a Service,
    queries: &'a [String],
    counts: Counts,
}

impl<'a> Writer<'a> {
    pub(super) fn new(number: usize, service: &'a Service, queries: &'a [String]) -> Self {
        Self { number, service, queries, counts: Counts::default() }
    }

    /// Writes until the time is over.
    pub(super) fn run(mut self, pace: Pace, started: Instant, time: Duration) -> Result<Counts, Failure> {
        let mut client = Client::connect(self.service)?;
        for round in 0.. {
            let due = pace
                .a_second
                .map_or(Duration::ZERO, |a_second| Duration::from_secs_f64(round as f64 / a_second));
            std::thread::sleep(due.saturating_sub(started.elapsed()));
            if started.elapsed() >= time {
                break;
            }
            if let Err(error) = self.write(&mut client, round) {
                self.counts.fail("connection", &error.to_string());
                client = Client::connect(self.service)?;
            }
        }
        Ok(self.counts)
    }

    fn write(&mut self, client: &mut Client<'_>, round: u64) -> Result<(), Failure> {
        let path = format!("{FOLDER}/{}/{:03}.md", self.number, round % FILES);
        let word = word(self.number, round);
        let text = self.text(&word, round);
        let began = Instant::now();
        let answer = client.put(&path, text.as_bytes())?;
        let (took, status) = (began.elapsed(), answer.status);
        if !matches!(status, 200 | 201) {
            let said = String::from_utf8_lossy(answer.body).into_owned();
            self.counts.fail(&format!("write {status}"), &said);
            return Ok(());
        }
        self.counts.writes.add(took);
        self.counts.written_bytes += text.len() as u64;
        let asked = json!({ "query": word, "mode": "lexical", "limit": 1 }).to_string();
        let answered = Instant::now();
        for tries in 0_u64.. {
            let answer = client.post("/search", asked.as_bytes())?;
            if is_found(answer.body, &path) {
                self.counts.late += u64::from(tries > 0);
                self.counts.found.add(answered.elapsed());
                break;
            }
            if answered.elapsed() > PATIENCE {
                self.counts.fail("lost", &format!("{path} was written and is not found by `{word}`"));
                break;
            }
        }
        Ok(())
    }

    /// A note of one or two kilobytes, of the workspace's own words.
    fn text(&self, word: &str, round: u64) -> String {
        let lines = self.queries.iter().cycle().skip(round as usize % self.queries.len().max(1));
        let lines: String = lines.take(30).map(|line| format!("It says {line}.\n\n")).collect();
        format!("# Note {round}\n\nHere stands {word}.\n\n{lines}")
    }
}

fn is_found(body: &[u8], path: &str) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|answer| answer["hits"][0]["path"] == path)
}

/// A word of its own, of letters only.
fn word(writer: usize, round: u64) -> String {
    let letter = |digit: u8| char::from(b'b' + (digit - b'0') * 2);
    let letters: String = format!("{writer}{round:06}").bytes().map(letter).collect();
    format!("zqload{letters}q")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ_and_are_of_letters() {
        let words: std::collections::BTreeSet<String> =
            (0..3).flat_map(|writer| (0..500).map(move |round| word(writer, round))).collect();
        assert_eq!(words.len(), 1500);
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn only_the_file_itself_counts_as_found() {
        let check = |body: &str, expected| assert_eq!(is_found(body.as_bytes(), "a.md"), expected, "{body}");
        check(r#"{"hits":[{"path":"a.md"}]}"#, true);
        check(r#"{"hits":[{"path":"b.md"}]}"#, false);
        check(r#"{"hits":[]}"#, false);
        check("garbled", false);
    }
}
