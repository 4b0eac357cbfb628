//! What the fence costs, with the allocator of the `workroom` program: a request, a start, the memory of a child, and what of its limit it
//! can use. Run it with `cargo run --release -p workroom-fence --example measure`.
//!
//! It does not show what parsing costs.

use corpus::{Document, Format};
use extract::Skip;
use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};
use workroom_fence::{Fence, Limits, Options, Parsed, Program, Request};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    workroom_fence::serve_if_asked(parse);
    let program = Program::this().ok_or("this program cannot be started")?;
    let fence = Fence::new(program.clone(), Limits { requests_per_child: u32::MAX, ..Limits::default() });
    let mut out = std::io::stdout();
    let pid = ask(&fence, Format::Text, b"pid")?;
    for size in [100, 10_000, 1_000_000, 20_000_000] {
        let bytes = vec![b'x'; size];
        let n = (40_000_000 / size).clamp(5, 5000) as u32;
        let began = Instant::now();
        for _ in 0..n {
            ask(&fence, Format::Markdown, &bytes)?;
        }
        writeln!(out, "a file of {size} bytes, there and back: {:?}", began.elapsed() / n)?;
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("Vm") && line.contains("kB")) {
        writeln!(out, "child: {line}")?;
    }
    let starts = Fence::new(program.clone(), Limits { requests_per_child: 1, ..Limits::default() });
    let began = Instant::now();
    for _ in 0..100 {
        ask(&starts, Format::Markdown, b"x")?;
    }
    writeln!(out, "a start and a request: {:?}", began.elapsed() / 100)?;
    for size in ["64", "4096", "100000", "1000000", "50000000"] {
        let fresh =
            Fence::new(program.clone(), Limits { time: Duration::from_secs(60), ..Limits::default() });
        writeln!(
            out,
            "memory to be had in blocks of {size}: {}",
            ask(&fresh, Format::Text, size.as_bytes())?
        )?;
    }
    Ok(())
}

fn ask(fence: &Fence, format: Format, bytes: &[u8]) -> Result<String, Box<dyn Error>> {
    let request = Request { format, bytes: bytes.to_vec(), options: Options::default() };
    Ok(fence.parse(&request)?.map_or_else(|reason| reason.to_string(), |parsed| parsed.document.text))
}

fn parse(request: Request) -> Result<Parsed, Skip> {
    let text = String::from_utf8_lossy(&request.bytes).into_owned();
    let text = match (request.format, text.parse()) {
        (Format::Text, Ok(size)) => format!("{} MiB", fill(size) >> 20),
        (Format::Text, Err(_)) => std::process::id().to_string(),
        _ => text,
    };
    Ok(Parsed::without_parts(Document::plain(text, request.format)))
}

/// Takes memory in blocks until there is none, and returns how much that was.
fn fill(size: usize) -> usize {
    // The list itself must not be what fails.
    let mut blocks: Vec<Vec<u8>> = Vec::with_capacity((2 << 30) / size);
    loop {
        let mut block = Vec::new();
        if blocks.len() == blocks.capacity() || block.try_reserve_exact(size).is_err() {
            return blocks.len() * size;
        }
        block.resize(size, 1);
        blocks.push(block);
    }
}
