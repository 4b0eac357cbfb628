//! The machine a result belongs to, and where results are kept.

use crate::Failure;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

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

/// The processes that one started, and that still run.
pub(crate) fn children_of(parent: &str) -> Vec<String> {
    let names = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|process| status_of(process, "PPid:").is_some_and(|found| found == parent))
        .collect()
}

/// Those that this process started with that first argument.
pub(crate) fn children_with(argument: &str) -> Vec<String> {
    children_of(&std::process::id().to_string())
        .into_iter()
        .filter(|process| {
            let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            line.split(|&byte| byte == 0).nth(1) == Some(argument.as_bytes())
        })
        .collect()
}

/// Seconds that a process's threads have computed, if the system tells.
pub(crate) fn computed(process: &str) -> Option<f64> {
    /// What Linux counts in, on every machine of today.
    const A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name comes second, in brackets, and may hold anything.
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system) = (after_name.next()?.parse::<f64>().ok()?, after_name.next()?.parse::<f64>().ok()?);
    Some((user + system) / A_SECOND)
}

/// Threads of the whole machine that wanted to run in the last minute, on average: more than cores means that others were at work too.
pub(crate) fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// The first word of a line of a process's status.
pub(crate) fn status_of(process: &str, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next().map(str::to_owned)
}

/// Writes results to a file: the one named, else one in `benches/results/`, named by day, machine and what was measured.
pub(crate) fn keep(what: &str, results: &Value, named: Option<PathBuf>) -> Result<(), Failure> {
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
    let usual = || folder.join(format!("{day}-{}-{cores}-cores-{what}.json", word(processor())));
    let path = named.unwrap_or_else(usual);
    let all = json!({ "date": day, "machine": describe(), "version": env!("CARGO_PKG_VERSION"), "results": results });
    std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&all)?))?;
    println!("\nkept as {}", path.display());
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_of_this_process() {
        assert!(peak_memory().is_some_and(|bytes| bytes > 1 << 20));
        let before = computed("self").unwrap();
        while computed("self").unwrap() < before + 0.02 {}
        assert_eq!(computed("no such process"), None);
        assert!(load_average().is_some_and(|load| load >= 0.0));
    }

    #[test]
    fn children_are_of_their_parent() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let own = std::process::id().to_string();
        assert!(children_of(&own).contains(&child.id().to_string()));
        assert_eq!(children_of(&child.id().to_string()), Vec::<String>::new());
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
