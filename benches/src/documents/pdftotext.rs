//! `pdftotext` of poppler: a process for each file, as it is used.

use super::case::{Case, Taken};
use super::{median, rounded, timed};
use crate::Failure;
use corpus::Format;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts by which the bare start is measured.
const STARTS: usize = 20;

/// One page with one word, without a table of places: readers find the objects by themselves.
const ONE_PAGE: &[u8] = b"%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 36>> stream
BT /F 12 Tf 20 100 Td (tide) Tj ET  
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R /Size 6>>
%%EOF
";

/// The program, if it is installed.
pub(crate) struct Tool {
    version: String,
    /// What it takes for a file of one word.
    pub(crate) bare_start: Duration,
}

impl Tool {
    pub(crate) fn start() -> Result<Self, Failure> {
        let said = Command::new("pdftotext").arg("-v").output()?.stderr;
        let version = String::from_utf8_lossy(&said).lines().next().unwrap_or_default().to_owned();
        let mut page = tempfile::NamedTempFile::new()?;
        page.write_all(ONE_PAGE)?;
        let mut seconds = Vec::new();
        for _ in 0..STARTS {
            let began = Instant::now();
            if text(page.path())? < b"tide".len() {
                return Err("it finds no word in a page of one".into());
            }
            seconds.push(began.elapsed().as_secs_f64());
        }
        let bare_start = Duration::from_secs_f64(median(&mut seconds));
        println!("  {version}: {:.1} ms for a page of one word", bare_start.as_secs_f64() * 1e3);
        Ok(Self { version, bare_start })
    }

    pub(crate) fn read(&self, case: &Case) -> Option<Taken> {
        (case.format == Format::Pdf).then(|| timed(|| text(&case.file)))
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "version": self.version, "bare_start_ms": rounded(self.bare_start.as_secs_f64() * 1e3) })
    }
}

/// How many bytes of text it prints of a file.
fn text(file: &Path) -> Result<usize, String> {
    let output = Command::new("pdftotext").arg(file).arg("-").stdin(Stdio::null()).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output.stdout.len());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().last().unwrap_or("it failed without a word").to_owned())
}
