//! The harness under load, in small: the real program, searched by several connections while files are written, for some seconds.
//!
//! What is measured then says nothing of speed. What must hold of any load must hold of this one.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Memory of all processes together: a release build came to 380 MB with 300 files. Searches that all run at once take more.
const MOST_MB: u64 = 1024;

/// Runs the harness on this project's own sources, and returns what it keeps.
fn measured(arguments: &[&str]) -> Value {
    let scratch = tempfile::tempdir().unwrap();
    let into = scratch.path().join("results.json");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let output = Command::new(env!("CARGO_BIN_EXE_workroom-bench"))
        .arg("serve")
        .arg(sources)
        .args(["--files", "300"])
        .args(arguments)
        .arg("--scratch")
        .arg(scratch.path())
        .arg("--into")
        .arg(&into)
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}", printed.join("\n"));
    let all: Value = serde_json::from_slice(&std::fs::read(into).unwrap()).unwrap();
    all["results"].clone()
}

#[test]
fn a_load_meets_no_error_and_what_it_writes_is_found_at_once() {
    let results = measured(&["--minutes", "0.05", "--connections", "16", "--parts", "steady,full,daemon"]);
    for (index, load) in [
        ("index in the server", "steady"),
        ("index in the server", "full"),
        ("index in the daemon", "steady"),
    ] {
        let load = &results[index][load];
        let n = |name: &str| load[name].as_u64().unwrap_or_else(|| panic!("no `{name}` in {load:#}"));
        assert_eq!((n("n_errors"), n("late")), (0, 0), "{load:#}");
        assert!(load["search"]["n"].as_u64() > Some(0) && load["write"]["n"].as_u64() > Some(0), "{load:#}");
        assert_eq!(load["write"]["n"], load["found_after"]["n"], "{load:#}");
        assert!((1..MOST_MB).contains(&n("peak_mb")), "{load:#}");
    }
}

#[test]
fn the_same_queries_are_asked_by_every_way() {
    let results = measured(&["--minutes", "0.05", "--parts", "overhead"]);
    for way in ["in process", "socket", "http", "http, daemon"] {
        for at_once in ["1", "2", "8", "64"] {
            let figures = &results["overhead"]["search"][way][at_once];
            assert!(figures["n"].as_u64() > Some(0), "{way}, {at_once}: {figures:#}");
        }
        assert!(results["overhead"]["least"][way]["1"]["n"].as_u64() > Some(0), "{way}");
    }
}
