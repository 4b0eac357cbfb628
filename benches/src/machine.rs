//! The machine a result belongs to, and where results are kept.

use crate::Failure;
use serde_json::{Value, json};
use std::path::Path;

/// Processor, cores and memory in one line.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores, {}", processor(), std::env::consts::OS)
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// The largest memory this process has held, in bytes, if the system tells.
pub(crate) fn peak_memory() -> Option<u64> {
    peak_memory_of("self")
}

/// The largest memory that the process of this number has held, in bytes, if the system tells.
pub(crate) fn peak_memory_of(process: &str) -> Option<u64> {
    Some(status_of(process, "VmHWM:")?.parse::<u64>().ok()? * 1024)
}

/// The processes that this one started with that first argument, and that still run.
pub(crate) fn children_with(argument: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let names = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|process| status_of(process, "PPid:").is_some_and(|parent| parent == own))
        .filter(|process| {
            let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            line.split(|&byte| byte == 0).nth(1) == Some(argument.as_bytes())
        })
        .collect()
}

/// The first word of a line of a process's status.
fn status_of(process: &str, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next().map(str::to_owned)
}

/// Writes results to `benches/results/`, named by day, machine and what was measured.
pub(crate) fn keep(what: &str, results: &Value) -> Result<(), Failure> {
    let day = jiff::Timestamp::now().to_string().chars().take(10).collect::<String>();
    let word = |text: String| {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    std::fs::create_dir_all(&folder)?;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let path = folder.join(format!("{day}-{}-{cores}-cores-{what}.json", word(processor())));
    let all = json!({ "date": day, "machine": describe(), "version": env!("CARGO_PKG_VERSION"), "results": results });
    std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&all)?))?;
    println!("\nkept as benches/results/{}", path.file_name().unwrap_or_default().to_string_lossy());
    Ok(())
}
