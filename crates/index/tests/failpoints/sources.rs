//! Are the places in the lists those in the sources?

use std::path::{Path, PathBuf};

/// Every place that a `fault` module names is in `places` and is used in its crate, and no other place is in `places`.
pub(crate) fn check(places: &[&str]) {
    let mut named = Vec::new();
    for name in ["index", "lexicon", "ledger"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        let used: String = files(&source)
            .iter()
            .filter(|file| !file.starts_with(source.join("fault")))
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect();
        let list = std::fs::read_to_string(source.join("fault/mod.rs")).unwrap();
        for line in list.lines() {
            let Some((constant, place)) = definition(line) else { continue };
            assert!(used.contains(&format!("(fault::{constant})")), "{place} is never passed");
            named.push(place.to_owned());
        }
    }
    named.sort();
    let mut listed: Vec<_> = places.to_vec();
    listed.sort_unstable();
    assert_eq!(listed, named, "the lists and the sources differ");
}

/// `pub(crate) const NAME: &str = "crate::place";`
fn definition(line: &str) -> Option<(&str, &str)> {
    let (constant, place) = line.strip_prefix("pub(crate) const ")?.split_once(": &str = \"")?;
    Some((constant, place.strip_suffix("\";")?))
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
