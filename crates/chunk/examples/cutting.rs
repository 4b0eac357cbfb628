//! How fast a folder is extracted and chunked, each by itself, on one thread.
//!
//! What is measured: `extract` and `chunk` over every file of a folder, read into memory first. Tokenising is not counted; a simple
//! tokenizer stands in for the model's.
//! How to run: `cargo run --release -p workroom-chunk --example cutting -- FOLDER [MEGABYTES]`
//! What it does not show: reading files, the real tokenizer, many threads.

#![expect(clippy::print_stdout, reason = "a program that reports to its user")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use corpus::{DocPath, Token, Tokenizer};

struct Pieces;

impl Tokenizer for Pieces {
    /// Words of letters and digits in pieces of four characters, every other character by itself.
    fn tokenize(&self, text: &str, out: &mut Vec<Token>) {
        let mut in_word = 0;
        for (at, c) in text.char_indices() {
            let (start, end) = (at as u32, (at + c.len_utf8()) as u32);
            if c.is_whitespace() {
                in_word = 0;
            } else if !c.is_alphanumeric() || in_word % 4 == 0 {
                out.push(Token { id: 0, start, end, continues: in_word > 0 && c.is_alphanumeric() });
                in_word = u32::from(c.is_alphanumeric());
            } else {
                in_word += 1;
                if let Some(last) = out.last_mut() {
                    last.end = end;
                }
            }
        }
    }
}

#[derive(Default)]
struct Sum {
    files: usize,
    bytes: usize,
    chunks: usize,
    tokens: usize,
    extract: Duration,
    chunk: Duration,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().ok_or("usage: cutting FOLDER [MEGABYTES]")?);
    let limit = arguments.next().map_or(Ok(64), |text| text.parse::<usize>())? << 20;
    let mut sums: BTreeMap<&'static str, Sum> = BTreeMap::new();
    let mut total = 0;
    for path in files(&root)? {
        if total > limit {
            break;
        }
        let bytes = std::fs::read(&path)?;
        total += bytes.len();
        measure(&DocPath::from_fs(&root, &path)?, bytes, &mut sums);
    }
    report(&sums);
    Ok(())
}

fn measure(path: &DocPath, bytes: Vec<u8>, sums: &mut BTreeMap<&'static str, Sum>) {
    let n = bytes.len();
    let begin = Instant::now();
    let Ok(document) = extract::extract(path, bytes) else { return };
    let extract = begin.elapsed();
    let mut tokens = Vec::new();
    Pieces.tokenize(&document.text, &mut tokens);
    let begin = Instant::now();
    let chunks = workroom_chunk::chunk(&document, &tokens, &Pieces);
    let chunk = begin.elapsed();
    let sum = sums.entry(document.format.name()).or_default();
    sum.files += 1;
    sum.bytes += n;
    sum.chunks += chunks.len();
    sum.tokens += tokens.len();
    sum.extract += extract;
    sum.chunk += chunk;
}

fn report(sums: &BTreeMap<&'static str, Sum>) {
    println!(
        "{:<12}{:>7}{:>9}{:>9}{:>8}{:>14}{:>12}",
        "format", "files", "MB", "chunks", "pieces", "extract ms/MB", "chunk ms/MB"
    );
    for (format, sum) in sums {
        let megabytes = sum.bytes as f64 / 1e6;
        let per_megabyte = |time: Duration| time.as_secs_f64() * 1e3 / megabytes.max(1e-9);
        let pieces = sum.tokens / sum.chunks.max(1);
        let (extract, chunk) = (per_megabyte(sum.extract), per_megabyte(sum.chunk));
        println!(
            "{format:<12}{:>7}{megabytes:>9.2}{:>9}{pieces:>8}{extract:>14.1}{chunk:>12.1}",
            sum.files, sum.chunks
        );
    }
}

fn files(root: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
