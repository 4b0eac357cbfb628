//! What came of it: a line for each format, each rival's time on the files that both read, and the files that are worst for us.

use super::case::{Reading, Row, Taken};
use super::{median, rounded};
use corpus::Format;
use serde_json::{Value, json};
use std::time::Duration;

/// Files that are named.
const WORST: usize = 5;
/// A rival is taken to need at least this for a file, its start not counted: below, a ratio says nothing.
const LEAST: f64 = 1e-3;

/// Prints everything and returns it as JSON.
pub(crate) fn all(rows: &[Row], bare_start: Duration) -> Value {
    let mut formats = json!({});
    for rows in rows.chunk_by(|a, b| a.case.format == b.case.format) {
        formats[rows.first().map_or("", |row| row.case.format.name())] = format(rows);
    }
    let others: Vec<&Row> = rows.iter().filter(|row| row.case.format != Format::Pdf).collect();
    print_formats(&formats);
    let pdf = pdf(rows, bare_start);
    let slowest = slowest(&others);
    print_reasons(rows);
    json!({ "by_format": formats, "markitdown_on_all": Rival::markitdown(rows).json(), "pdf_beside_pdftotext": pdf, "slower_than_markitdown": slowest })
}

/// A tool beside ours on the files that both read.
#[derive(Default)]
struct Rival {
    n_both: usize,
    n_failed: usize,
    /// Files that it alone reads.
    n_alone: usize,
    bytes: u64,
    pages: u64,
    ours: f64,
    theirs: f64,
    ratios: Vec<f64>,
}

impl Rival {
    fn markitdown(rows: &[Row]) -> Self {
        Self::of(rows, |row| row.markitdown.as_ref(), 0.0)
    }

    /// `start` is taken off each of its times.
    fn of<'a>(rows: &'a [Row], tool: impl Fn(&'a Row) -> Option<&'a Taken>, start: f64) -> Self {
        let mut rival = Self::default();
        for row in rows {
            match (&row.ours, tool(row)) {
                (_, None) => {}
                (_, Some(Err(_))) => rival.n_failed += 1,
                (Err(_), Some(Ok(_))) => rival.n_alone += 1,
                (Ok(ours), Some(Ok(theirs))) => rival.add(row, ours, less(theirs.seconds, start)),
            }
        }
        rival
    }

    fn add(&mut self, row: &Row, ours: &Reading, theirs: f64) {
        self.n_both += 1;
        self.bytes += row.case.bytes;
        self.pages += u64::from(row.pages.unwrap_or_default());
        self.ours += ours.seconds;
        self.theirs += theirs;
        self.ratios.push(ours.seconds / theirs);
    }

    fn json(mut self) -> Value {
        if self.n_both == 0 {
            return json!({ "both": 0, "failed": self.n_failed, "alone": self.n_alone });
        }
        json!({
            "both": self.n_both, "failed": self.n_failed, "alone": self.n_alone,
            "ours_seconds": rounded(self.ours), "theirs_seconds": rounded(self.theirs), "ratio": rounded(self.ours / self.theirs),
            "median_ratio": rounded(median(&mut self.ratios)), "mb_per_s": rounded(self.bytes as f64 / self.theirs / 1e6),
            "pages_per_s": rounded(self.pages as f64 / self.theirs),
        })
    }
}

/// A time less the start, of which there is always something left.
fn less(seconds: f64, start: f64) -> f64 {
    if start == 0.0 { seconds } else { (seconds - start).max(LEAST) }
}

/// One format: what we do, and `markitdown` beside it.
fn format(rows: &[Row]) -> Value {
    let read = || rows.iter().filter_map(|row| Some((row, row.ours.as_ref().ok()?)));
    let seconds: f64 = read().map(|(_, ours)| ours.seconds).sum();
    let bytes: u64 = read().map(|(row, _)| row.case.bytes).sum();
    let text_bytes: usize = read().map(|(_, ours)| ours.text_bytes).sum();
    let pages: u64 = read().filter_map(|(row, _)| row.pages).map(u64::from).sum();
    let largest = rows.iter().filter_map(|row| Some((row.peak?, row.case.path.as_str()))).max();
    json!({
        "files": rows.len(), "read": read().count(), "bytes": bytes, "text_bytes": text_bytes, "pages": pages,
        "seconds": rounded(seconds), "mb_per_s": rounded(bytes as f64 / seconds / 1e6), "pages_per_s": rounded(pages as f64 / seconds),
        "markitdown": Rival::markitdown(rows).json(),
        "child_peak_mb": largest.map(|(bytes, _)| rounded(bytes as f64 / 1e6)), "child_peak_file": largest.map(|(_, path)| path),
    })
}

fn print_formats(formats: &Value) {
    println!(
        "\n{}",
        line(["format", "files", "read", "pages", "MB", "ours:", "", "markitdown:", "", "", "", "", "child"])
    );
    println!(
        "{}",
        line([
            "", "", "", "", "", "pages/s", "MB/s", "pages/s", "MB/s", "ratio", "median", "failed", "peak MB"
        ])
    );
    for (name, of) in formats.as_object().into_iter().flatten() {
        let theirs = &of["markitdown"];
        let megabytes = rounded(of["bytes"].as_f64().unwrap_or_default() / 1e6);
        let cells = [
            name.clone(),
            shown(&of["files"]),
            shown(&of["read"]),
            shown(&of["pages"]),
            shown(&megabytes),
            shown(&of["pages_per_s"]),
            shown(&of["mb_per_s"]),
            shown(&theirs["pages_per_s"]),
            shown(&theirs["mb_per_s"]),
            shown(&theirs["ratio"]),
            shown(&theirs["median_ratio"]),
            shown(&theirs["failed"]),
            shown(&of["child_peak_mb"]),
        ];
        println!("{}", line(cells.each_ref().map(String::as_str)));
    }
    println!(
        "  A ratio is our time over theirs, of all files that both read and the median of files; formats without a child are read in process."
    );
}

/// A line of the table.
fn line(cells: [&str; 13]) -> String {
    const WIDTHS: [usize; 13] = [10, 6, 6, 7, 8, 10, 9, 13, 9, 10, 10, 8, 9];
    let cells = cells.into_iter().zip(WIDTHS).enumerate();
    let cells = cells.map(
        |(at, (cell, width))| {
            if at == 0 { format!("  {cell:<width$}") } else { format!("{cell:>width$}") }
        },
    );
    cells.collect()
}

/// A figure for people; zero and what is not known are a dash.
fn shown(value: &Value) -> String {
    match value.as_f64() {
        Some(value) if value > 0.0 => value.to_string(),
        _ => "-".to_owned(),
    }
}

/// PDF beside `pdftotext`, its start counted and not.
fn pdf(rows: &[Row], bare_start: Duration) -> Value {
    let start = bare_start.as_secs_f64();
    let with = Rival::of(rows, |row| row.pdftotext.as_ref(), 0.0).json();
    let without = Rival::of(rows, |row| row.pdftotext.as_ref(), start).json();
    for (name, rival) in [("with its start", &with), ("less its start", &without)] {
        println!(
            "  pdftotext {name}: {} files, {} pages/s, {} MB/s; we take {} of its time (median of files {})",
            rival["both"],
            shown(&rival["pages_per_s"]),
            shown(&rival["mb_per_s"]),
            shown(&rival["ratio"]),
            shown(&rival["median_ratio"])
        );
    }
    let of = |row: &&Row| Some(less(row.pdftotext.as_ref()?.as_ref().ok()?.seconds, start));
    let worst = worst(&rows.iter().collect::<Vec<_>>(), of, 0.0, "pdftotext, less its start");
    json!({ "with_start": with, "less_start": without, "worst": worst })
}

/// The files of all other formats for which `markitdown` takes less time than we do.
fn slowest(rows: &[&Row]) -> Value {
    worst(
        rows,
        |row| Some(row.markitdown.as_ref()?.as_ref().ok()?.seconds),
        1.0,
        "markitdown, where we take longer",
    )
}

/// The files with the highest ratios above a floor.
fn worst(rows: &[&Row], theirs: impl Fn(&&Row) -> Option<f64>, floor: f64, name: &str) -> Value {
    let ratio = |row: &&Row| Some(row.ours.as_ref().ok()?.seconds / theirs(row)?);
    let mut ranked: Vec<(f64, &Row)> = rows.iter().filter_map(|row| Some((ratio(row)?, *row))).collect();
    ranked.retain(|(ratio, _)| *ratio > floor);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let total = ranked.len();
    ranked.truncate(WORST);
    println!("\n  the worst against {name} ({total} files):");
    let lines = ranked.iter().map(|(ratio, row)| {
        let ours = row.ours.as_ref().map_or(0.0, |ours| ours.seconds) * 1e3;
        let theirs = theirs(row).unwrap_or_default() * 1e3;
        let (path, bytes) = (row.case.path.as_str(), row.case.bytes);
        let pages = row.pages.map_or_else(|| "-".to_owned(), |pages| pages.to_string());
        println!("  {ratio:>7.2}  {ours:>9.2} ms  {theirs:>9.2} ms  {pages:>4} pages  {bytes:>9} bytes  {path}");
        json!({ "path": path, "ratio": rounded(*ratio), "ours_ms": rounded(ours), "theirs_ms": rounded(theirs), "pages": row.pages, "bytes": bytes })
    });
    Value::Array(lines.collect())
}

/// Why files have no text, ours and theirs.
fn print_reasons(rows: &[Row]) {
    println!("\n  not read:");
    for row in rows {
        let tools = [
            ("workroom", Some(&row.ours)),
            ("pdftotext", row.pdftotext.as_ref()),
            ("markitdown", row.markitdown.as_ref()),
        ];
        for (name, taken) in tools {
            if let Some(Err(why)) = taken {
                let why = why.lines().next().unwrap_or_default();
                println!("  {name:<10}  {}: {}", row.case.path, why.chars().take(120).collect::<String>());
            }
        }
    }
}
