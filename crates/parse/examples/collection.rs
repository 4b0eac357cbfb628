//! What the parsers, behind the fence, make of a folder of real files. Run it with
//! `cargo run --release -p workroom-parse --example collection -- FOLDER [--archives] [--text]`.
//!
//! Prints a table by format (files, with text, bytes, characters, time), the slowest files, and each file without text with its reason; with
//! `--text` the text itself. It does not show whether the text is right.

use corpus::{DocPath, Format};
use extract::{HEAD_BYTES, Skip, detect_format};
use fence::{Fence, Limits, Options, Parsed, Program, Request};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The allocator of the `workroom` program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The format of a file, and what became of it.
type Row = (&'static str, Result<Parsed, Skip>);

#[derive(Default)]
struct Tally {
    files: usize,
    good: usize,
    parts: usize,
    bytes: usize,
    characters: usize,
    time: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    fence::serve_if_asked(workroom_parse::parse);
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(args.first().ok_or("usage: collection FOLDER [--archives] [--text]")?);
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let options = Options { archives: has("--archives"), ..Options::default() };
    let fence = Fence::new(Program::this().ok_or("no program")?, Limits::default());
    let (mut tallies, mut slow, mut out) = (BTreeMap::<&str, Tally>::new(), Vec::new(), std::io::stdout());
    for path in files(&folder)? {
        let bytes = std::fs::read(&path)?;
        let (name, n_bytes) = (path.strip_prefix(&folder)?.display().to_string(), bytes.len());
        let began = Instant::now();
        let (format, outcome) = read(&fence, &name, bytes, options)?;
        let time = began.elapsed();
        let tally = tallies.entry(format).or_default();
        tally.files += 1;
        tally.bytes += n_bytes;
        tally.time += time;
        slow.push((time, name.clone()));
        match outcome {
            Ok(parsed) => {
                tally.good += 1;
                tally.characters += parsed.document.text.chars().count();
                tally.parts += parsed.parts.len();
                if has("--text") {
                    writeln!(out, "===== {name}\n{}", parsed.document.text)?;
                }
                for part in parsed.parts {
                    if let Err(reason) = part.outcome {
                        writeln!(out, "{name} > {}: {reason}", part.name)?;
                    }
                }
            }
            Err(reason) => writeln!(out, "{name}: {reason}")?,
        }
    }
    writeln!(
        out,
        "{:10} {:>6} {:>6} {:>6} {:>10} {:>10} {:>8}",
        "format", "files", "good", "parts", "KB", "characters", "ms"
    )?;
    for (format, t) in tallies {
        let (kb, ms) = (t.bytes / 1000, t.time.as_millis());
        writeln!(
            out,
            "{format:10} {:>6} {:>6} {:>6} {kb:>10} {:>10} {ms:>8}",
            t.files, t.good, t.parts, t.characters
        )?;
    }
    slow.sort_by(|a, b| b.cmp(a));
    for (time, name) in slow.iter().take(8) {
        writeln!(out, "{:>8} ms {name}", time.as_millis())?;
    }
    Ok(())
}

fn read(fence: &Fence, name: &str, bytes: Vec<u8>, options: Options) -> Result<Row, Box<dyn Error>> {
    let path = DocPath::new(&name.replace('\\', "/"))?;
    let format: Format = match detect_format(&path, bytes.get(..HEAD_BYTES).unwrap_or(&bytes)) {
        Ok(format) => format,
        Err(reason) => return Ok(("-", Err(reason))),
    };
    if !format.is_fenced() {
        return Ok((format.name(), extract::read(format, bytes).map(Parsed::without_parts)));
    }
    let request = Request { format, bytes, options };
    Ok((format.name(), fence.parse(&request)?))
}

/// All files under a folder, in order.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}
