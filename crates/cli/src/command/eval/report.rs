//! The report: a row for each set as soon as it is measured, and the mean; or all of it as JSON at the end.

use super::measure::Measured;
use crate::args::Eval;
use crate::failure::Failure;
use crate::output::{Out, grouped};
use clap::ValueEnum;
use eval::Figures;
use serde::Serialize;
use std::time::Duration;

/// Columns a set's name has; a longer one is cut.
const NAME: usize = 15;

pub(super) struct Report {
    out: Out,
    json: bool,
    mode: String,
    tier: &'static str,
    rows: Vec<Row>,
}

/// A set as the JSON has it (docs/json.md).
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    name: String,
    documents: usize,
    queries: usize,
    #[serde(flatten)]
    numbers: Numbers,
    #[serde(rename = "quote@10", skip_serializing_if = "Option::is_none")]
    quote_10: Option<f64>,
    notes: Vec<String>,
}

/// What sets have alike, so that it has a mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Numbers {
    #[serde(rename = "ndcg@10")]
    ndcg_10: f64,
    #[serde(rename = "recall@10")]
    recall_10: f64,
    #[serde(rename = "recall@100")]
    recall_100: f64,
    #[serde(rename = "mrr@10")]
    mrr_10: f64,
    seconds: f64,
    index_seconds: f64,
    query_ms_p50: f64,
    query_ms_p99: f64,
}

#[derive(Serialize)]
struct Json<'a> {
    mode: &'a str,
    tier: &'a str,
    sets: &'a [Row],
    mean: Numbers,
}

impl Report {
    pub(super) fn new(options: &Eval, tier: &'static str) -> Self {
        let mode =
            options.mode.to_possible_value().map_or_else(String::new, |mode| mode.get_name().to_owned());
        Self { out: Out::new(), json: options.json, mode, tier, rows: Vec::new() }
    }

    /// What a run file calls this system.
    pub(super) fn tag(&self) -> String {
        format!("workroom-{}-{}", self.mode, self.tier)
    }

    #[expect(clippy::print_stderr, reason = "notes are not results")]
    pub(super) fn add(&mut self, measured: Measured) -> Result<(), Failure> {
        let row = Row::of(measured);
        if !self.json {
            if self.rows.is_empty() {
                self.out.whole(&self.out.bold(&header()))?;
            }
            self.out.whole(&line(&row.name, &counts(&row), &row.numbers))?;
            // A reader that went away ends the run here rather than after the last set.
            self.out.flush()?;
            row.notes.iter().for_each(|note| eprintln!("note: {}: {note}", row.name));
        }
        self.rows.push(row);
        Ok(())
    }

    pub(super) fn end(mut self) -> Result<(), Failure> {
        let mean = mean(&self.rows);
        if self.json {
            self.out.json(&Json { mode: &self.mode, tier: self.tier, sets: &self.rows, mean })?;
        } else {
            if self.rows.len() > 1 {
                self.out.whole(&line("mean", &[String::new(), String::new()], &mean))?;
            }
            self.out.whole(&self.out.dim(&format!("mode {}, tier {}", self.mode, self.tier)))?;
        }
        Ok(self.out.flush()?)
    }
}

impl Row {
    fn of(measured: Measured) -> Self {
        let Figures { ndcg_10, recall_10, recall_100, mrr_10 } = measured.figures;
        let numbers = Numbers {
            ndcg_10,
            recall_10,
            recall_100,
            mrr_10,
            seconds: (measured.indexing + measured.searching).as_secs_f64(),
            index_seconds: measured.indexing.as_secs_f64(),
            query_ms_p50: percentile(&measured.latencies, 50),
            query_ms_p99: percentile(&measured.latencies, 99),
        };
        Self {
            name: measured.name,
            documents: measured.documents,
            queries: measured.rankings.len(),
            numbers,
            quote_10: measured.quote_10,
            notes: measured.notes,
        }
    }
}

/// Milliseconds that so many of a hundred do not exceed; the latencies rise.
fn percentile(latencies: &[Duration], percent: usize) -> f64 {
    let at = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
    latencies.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
}

fn mean(rows: &[Row]) -> Numbers {
    let of = |number: fn(&Numbers) -> f64| {
        rows.iter().map(|row| number(&row.numbers)).sum::<f64>() / rows.len().max(1) as f64
    };
    Numbers {
        ndcg_10: of(|numbers| numbers.ndcg_10),
        recall_10: of(|numbers| numbers.recall_10),
        recall_100: of(|numbers| numbers.recall_100),
        mrr_10: of(|numbers| numbers.mrr_10),
        seconds: of(|numbers| numbers.seconds),
        index_seconds: of(|numbers| numbers.index_seconds),
        query_ms_p50: of(|numbers| numbers.query_ms_p50),
        query_ms_p99: of(|numbers| numbers.query_ms_p99),
    }
}

fn header() -> String {
    columns(
        "set",
        "docs",
        "queries",
        ["nDCG@10", "R@10", "R@100", "MRR@10", "index s", "ms p50"].map(str::to_owned),
    )
}

fn counts(row: &Row) -> [String; 2] {
    [grouped(row.documents as u64), grouped(row.queries as u64)]
}

fn line(name: &str, [documents, queries]: &[String; 2], numbers: &Numbers) -> String {
    let share = |value: f64| format!("{value:.4}");
    let Numbers { ndcg_10, recall_10, recall_100, mrr_10, index_seconds, query_ms_p50, .. } = *numbers;
    let times = [format!("{index_seconds:.1}"), format!("{query_ms_p50:.1}")];
    let [index, query] = times;
    let figures = [share(ndcg_10), share(recall_10), share(recall_100), share(mrr_10), index, query];
    columns(name, documents, queries, figures)
}

fn columns(
    name: &str,
    documents: &str,
    queries: &str,
    [ndcg, near, far, mrr, index, query]: [String; 6],
) -> String {
    let name = console::truncate_str(name, NAME, "…");
    let name = console::pad_str(&name, NAME, console::Alignment::Left, None);
    format!("{name}{documents:>10}{queries:>8}{ndcg:>8}{near:>8}{far:>8}{mrr:>8}{index:>8}{query:>7}")
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_a_small_terminal() {
        let numbers =
            Numbers { ndcg_10: 0.73004, index_seconds: 1234.56, query_ms_p50: 151.04, ..Numbers::default() };
        let row = line("a-set-with-a-long-name", &["1,000,000".to_owned(), "10,000".to_owned()], &numbers);
        assert_eq!(
            [header(), row],
            [
                "set                  docs queries nDCG@10    R@10   R@100  MRR@10 index s ms p50",
                "a-set-with-a-l… 1,000,000  10,000  0.7300  0.0000  0.0000  0.0000  1234.6  151.0"
            ]
        );
    }

    #[test]
    fn percentiles() {
        let ms: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        for (latencies, expected) in [(&ms[..], [100.0, 198.0]), (&ms[..1], [1.0, 1.0]), (&[], [0.0, 0.0])] {
            assert_eq!([percentile(latencies, 50), percentile(latencies, 99)], expected);
        }
    }
}
