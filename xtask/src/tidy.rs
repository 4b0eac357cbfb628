//! `cargo xtask tidy`: the house rules that no lint knows.
//!
//! Every source file begins with a module header and stays one thought long; no file is named after nothing; no text names a place that
//! only one machine has.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file longer than this is two thoughts.
const MAX_LINES: usize = 500;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils.rs", "util.rs", "common.rs", "manager.rs", "helpers.rs", "misc.rs"];
/// Marks of unfinished work and of one machine's paths, spelled so that this file does not hold them.
const FORBIDDEN: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("#[ig", "nore"),
];

/// What makes a choice that no seed decides, spelled so that this file does not hold it.
const UNSEEDED: [&str; 6] = [
    concat!("fastrand::u", "64("),
    concat!("fastrand::Rng::", "new("),
    concat!("rand::", "rng("),
    concat!("thread_", "rng("),
    concat!("from_os_", "rng("),
    concat!("RandomState::", "new("),
];

/// Checks every tracked file.
pub(crate) fn run() -> Outcome {
    let root = crate::root();
    let files = tracked(&root)?;
    let mut wrong = Vec::new();
    for file in &files {
        if let Ok(text) = std::fs::read_to_string(root.join(file)) {
            wrong.extend(check(file, &text).into_iter().map(|what| format!("{}: {what}", file.display())));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    println!("tidy: {} files", files.len());
    Ok(())
}

/// Files that git knows or would take.
fn tracked(root: &Path) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    let list = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .output()?;
    let names = list.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned())).collect())
}

fn check(file: &Path, text: &str) -> Vec<String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let is_rust = file.extension().is_some_and(|extension| extension == "rs");
    let is_data = file.starts_with("data");
    let mut wrong = Vec::new();
    if is_rust && !is_data {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{lines} lines; at most {MAX_LINES}"));
        }
        if EMPTY_NAMES.contains(&&*name) {
            wrong.push("a name that says nothing about what is inside".to_owned());
        }
        if !text.starts_with("//!") {
            wrong.push("no module header (`//!`) on the first line".to_owned());
        }
        if !prints_its_seed(tests_of(file, text)) {
            wrong.push("random, and prints no seed to repeat it by".to_owned());
        }
    }
    let text_file = is_rust
        || ["md", "toml", "sh", "py"].iter().any(|known| file.extension().is_some_and(|e| e == *known));
    if text_file && !is_data {
        for forbidden in FORBIDDEN {
            if let Some(line) = text.lines().position(|line| line.contains(forbidden)) {
                wrong.push(format!("line {}: holds `{forbidden}`", line + 1));
            }
        }
    }
    wrong
}

/// The tests in a file: all of it in a folder of tests, else what stands below the mark.
fn tests_of<'a>(file: &Path, text: &'a str) -> &'a str {
    let is_test = file.iter().any(|part| part == "tests" || part == "tests.rs");
    let mark = if is_test { Some(0) } else { text.find("#[cfg(test)]") };
    mark.map_or("", |mark| &text[mark..])
}

/// Whether a text either leaves nothing to chance or prints the seed of it. Property tests do so by themselves.
fn prints_its_seed(text: &str) -> bool {
    let is_random = UNSEEDED.iter().any(|choice| text.contains(choice));
    !is_random || text.lines().any(|line| line.contains("print") && line.contains("seed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_it_looks_for() {
        let check = |file: &str, text: &str| check(Path::new(file), text).len();
        assert_eq!(check("crates/a/src/lib.rs", "//! Good.\n"), 0);
        assert_eq!(check("crates/a/src/lib.rs", "fn main() {}\n"), 1);
        assert_eq!(check("crates/a/src/utils.rs", "//! Bad.\n"), 1);
        assert_eq!(check("crates/a/src/lib.rs", &format!("//! Long.\n{}", "\n".repeat(MAX_LINES))), 1);
        let random = format!("//! A test.\nlet seed = {}0..9);\n", UNSEEDED[0]);
        assert_eq!(check("crates/a/tests/it.rs", &random), 1);
        assert_eq!(check("crates/a/tests/it.rs", &format!("{random}println!(\"seed {{seed}}\");\n")), 0);
        assert_eq!(check("README.md", &format!("see {}x\n", FORBIDDEN[2])), 1);
        assert_eq!(check("data/library/x.rs", "fn main() {}\n"), 0);
    }
}
