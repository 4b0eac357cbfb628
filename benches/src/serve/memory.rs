//! Memory of the processes that serve, once a second, and whether it grows.
//!
//! Two figures of each: all that is resident, which holds mapped index files that the system can take back at any time, and what is the process's
//! own (anonymous), which it cannot.

use crate::machine::{children_of, status_of};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What comes before this share of the time is warming up: caches fill, the written files come to their number.
const WARM_UP: f64 = 0.2;

/// Memory of some processes over time.
pub(super) struct Memory<'a> {
    processes: &'a [(&'static str, String)],
    started: Instant,
    samples: BTreeMap<&'static str, Vec<Sample>>,
    /// Of all children that parse, at a time.
    children: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    second: f64,
    resident: u64,
    own: u64,
}

impl<'a> Memory<'a> {
    pub(super) fn of(processes: &'a [(&'static str, String)]) -> Self {
        Self { processes, started: Instant::now(), samples: BTreeMap::new(), children: 0 }
    }

    /// Looks once a second until the time is over.
    pub(super) fn watch(&mut self, time: Duration) {
        while self.started.elapsed() < time {
            self.look();
            let left = time.saturating_sub(self.started.elapsed());
            std::thread::sleep(left.min(Duration::from_secs(1)));
        }
        self.look();
    }

    fn look(&mut self) {
        let bytes = |process: &str, line: &str| {
            status_of(process, line).and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
        };
        let mut children = 0;
        for (name, process) in self.processes {
            let sample = Sample {
                second: self.started.elapsed().as_secs_f64(),
                resident: bytes(process, "VmRSS:"),
                own: bytes(process, "RssAnon:"),
            };
            self.samples.entry(name).or_default().push(sample);
            children += children_of(process).iter().map(|child| bytes(child, "VmRSS:")).sum::<u64>();
        }
        self.children = self.children.max(children);
    }

    /// For each process where it began, its peak, and the trend of both figures once it is warm.
    pub(super) fn json(&self) -> Value {
        let mut all = Map::new();
        for (name, samples) in &self.samples {
            let resident = |sample: &Sample| sample.resident;
            let own = |sample: &Sample| sample.own;
            let first = samples.first().map_or(0, resident);
            let peak = samples.iter().map(resident).max().unwrap_or_default();
            let (resident, own) = (Trend::of(samples, resident), Trend::of(samples, own));
            println!(
                "  {name:<10} resident {} to {} MB, own {} to {} MB ({:+.2} MB a minute), peak {} MB",
                mega(resident.first),
                mega(resident.last),
                mega(own.first),
                mega(own.last),
                own.a_minute / 1e6,
                mega(peak as f64)
            );
            all.insert(
                (*name).to_owned(),
                json!({
                    "at_start_mb": mega(first as f64), "peak_mb": mega(peak as f64), "resident": resident.json(),
                    "own": own.json(), "own_mb_by_minute": by_minute(samples),
                }),
            );
        }
        all.insert("parsers_peak_mb".to_owned(), json!(mega(self.children as f64)));
        Value::Object(all)
    }

    /// The largest memory that all processes together have held.
    pub(super) fn peak(&self) -> u64 {
        self.samples
            .values()
            .map(|samples| samples.iter().map(|sample| sample.resident).max().unwrap_or(0))
            .sum()
    }
}

/// How a figure moves once the process is warm.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trend {
    /// Mean of the first tenth of the warm time, and of the last.
    first: f64,
    last: f64,
    /// Bytes a minute, by least squares.
    a_minute: f64,
}

impl Trend {
    fn of(samples: &[Sample], figure: impl Fn(&Sample) -> u64) -> Self {
        let warm = &samples[(samples.len() as f64 * WARM_UP) as usize..];
        let points: Vec<(f64, f64)> =
            warm.iter().map(|sample| (sample.second / 60.0, figure(sample) as f64)).collect();
        let tenth = points.len().div_ceil(10);
        let mean_of = |points: &[(f64, f64)]| mean(points.iter().map(|point| point.1));
        Self {
            first: mean_of(&points[..tenth]),
            last: mean_of(&points[points.len() - tenth..]),
            a_minute: slope(&points),
        }
    }

    fn json(&self) -> Value {
        json!({ "warm_mb": mega(self.first), "end_mb": mega(self.last), "mb_a_minute": (self.a_minute / 1e4).round() / 100.0 })
    }
}

/// What was the process's own at the first look of each minute, and at the end.
fn by_minute(samples: &[Sample]) -> Vec<f64> {
    let firsts = samples
        .chunk_by(|a, b| (a.second / 60.0) as u64 == (b.second / 60.0) as u64)
        .map(|minute| &minute[0]);
    firsts.chain(samples.last()).map(|sample| mega(sample.own as f64)).collect()
}

fn mega(bytes: f64) -> f64 {
    (bytes / 1e5).round() / 10.0
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len().max(1) as f64;
    values.sum::<f64>() / n
}

/// The slope of the line that lies nearest to the points; 0 where there is none.
fn slope(points: &[(f64, f64)]) -> f64 {
    let (x, y) = (mean(points.iter().map(|point| point.0)), mean(points.iter().map(|point| point.1)));
    let with = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>();
    let of = points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>();
    if of > 0.0 { with / of } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_what_comes_after_warming_up() {
        let check = |figure: fn(u32) -> u64, expected: Trend| {
            let sample = |second: u32| Sample { second: f64::from(second), resident: figure(second), own: 0 };
            let samples: Vec<Sample> = (0..100).map(sample).collect();
            let found = Trend::of(&samples, |sample| sample.resident);
            assert!((found.a_minute - expected.a_minute).abs() < 1e-6, "{found:?}");
            assert_eq!((found.first, found.last), (expected.first, expected.last));
        };
        check(|_| 7, Trend { first: 7.0, last: 7.0, a_minute: 0.0 });
        check(|second| u64::from(second.min(20)), Trend { first: 20.0, last: 20.0, a_minute: 0.0 });
        check(|second| 10 * u64::from(second), Trend { first: 235.0, last: 955.0, a_minute: 600.0 });
        assert_eq!(Trend::of(&[], |sample| sample.own), Trend { first: 0.0, last: 0.0, a_minute: 0.0 });
    }

    #[test]
    fn a_minute_is_told_by_its_beginning() {
        let sample = |second: u32| Sample {
            second: f64::from(second),
            resident: 0,
            own: u64::from(second) * 1_000_000,
        };
        let samples: Vec<Sample> = (0..130).step_by(10).map(sample).collect();
        assert_eq!(by_minute(&samples), [0.0, 60.0, 120.0, 120.0]);
        assert_eq!(by_minute(&[]), [0.0; 0]);
    }

    #[test]
    fn one_point_has_no_slope() {
        assert_eq!([slope(&[]), slope(&[(1.0, 5.0)])], [0.0, 0.0]);
    }
}
