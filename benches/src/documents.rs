//! Documents: pages and bytes a second by format, beside `pdftotext` and `markitdown` on the same files in the same run.
//!
//! Every file is read [`RUNS`] times by each tool, one tool after the other before the next file comes, and the median counts: the machine's
//! other work then weighs on all of them alike. Ours is one warm child of the fence, asked in turn, as the program asks it; formats that
//! need no fence are read in process. `pdftotext` is a process for each file, and its bare start is measured beside it. `markitdown` is one
//! process that has imported everything before the first file.
//!
//! What it does not show: several children at once, files that are not in the page cache, whether the text is right.

mod case;
mod markitdown;
mod ours;
mod pdftotext;
mod report;

use crate::Failure;
use case::{Row, Taken};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often each tool reads each file.
pub(crate) const RUNS: usize = 5;
/// A tool that has taken so long for one file does not read it again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn run(root: &Path, python: &str) -> Result<Value, Failure> {
    let cases = case::collect(root)?;
    if cases.is_empty() {
        return Err("there is no document in that folder; name one that holds some".into());
    }
    let overhead = ours::overhead()?;
    let pdftotext = told(pdftotext::Tool::start(), "pdftotext");
    let mut markitdown = told(markitdown::Tool::start(python), "markitdown");
    let ours = ours::Tool::start()?;
    let mut rows = Vec::with_capacity(cases.len());
    for (at, case) in cases.into_iter().enumerate() {
        eprint!("\r  {} {:<12}", at + 1, case.format.name());
        let (taken, pages) = ours.read(&case)?;
        let pdftotext = pdftotext.as_ref().and_then(|tool| tool.read(&case));
        let markitdown = markitdown.as_mut().and_then(|tool| tool.read(&case));
        rows.push(Row { case, pages, ours: taken, pdftotext, markitdown, peak: None });
    }
    eprint!("\r{:<20}\r", "");
    // The one warm child would be found beside those whose memory is asked for.
    drop(ours);
    for row in &mut rows {
        row.peak = ours::peak_memory(&row.case)?;
    }
    let start = pdftotext.as_ref().map_or(Duration::ZERO, |tool| tool.bare_start);
    let mut results = report::all(&rows, start);
    results["fence"] = overhead;
    results["pdftotext"] = pdftotext.map_or(Value::Null, |tool| tool.json());
    results["markitdown"] = markitdown.map_or(Value::Null, |tool| tool.json());
    Ok(results)
}

/// The tool if it is there; what is missing is said, and costs only its column.
fn told<T>(tool: Result<T, Failure>, name: &str) -> Option<T> {
    tool.inspect_err(|why| println!("  {name} is not to be had ({why}): its column is empty")).ok()
}

/// The median time of several readings. The first that fails is the last.
pub(crate) fn timed(mut reading: impl FnMut() -> Result<usize, String>) -> Taken {
    let (began, mut seconds, mut text_bytes) = (Instant::now(), Vec::new(), 0);
    while seconds.len() < RUNS && (seconds.is_empty() || began.elapsed() < PATIENCE) {
        let this = Instant::now();
        text_bytes = reading()?;
        seconds.push(this.elapsed().as_secs_f64());
    }
    Ok(case::Reading { seconds: median(&mut seconds), text_bytes })
}

/// The middle value; nothing has none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Rounded to what a measurement can tell.
fn rounded(value: f64) -> Value {
    let digits = 10_f64.powi(3 - value.abs().max(1e-9).log10().ceil() as i32);
    json!((value * digits).round() / digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_the_median_or_its_reason() {
        let mut n = 0;
        let taken = timed(|| {
            n += 1;
            Ok(n)
        });
        assert_eq!(taken.map(|reading| reading.text_bytes), Ok(RUNS));
        assert_eq!(timed(|| Err("locked".to_owned())), Err("locked".to_owned()));
        assert_eq!([median(&mut [3.0, 1.0, 2.0]), median(&mut [])], [2.0, 0.0]);
    }

    #[test]
    fn three_digits_are_kept() {
        let check = |value: f64, expected: f64| assert_eq!(rounded(value), json!(expected));
        check(0.012_345, 0.0123);
        check(12_345.6, 12_300.0);
        check(1.0, 1.0);
        check(0.0, 0.0);
    }
}
