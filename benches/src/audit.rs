//! What the audit log costs: one write and one search at a time, with the log and without it, in turns in one run on one index.
//!
//! A write is a call of `Workspace::write` in the owner's process: bytes synced, put in their place, committed. Each turn opens the index again with the
//! other setting, which is not measured. What it does not show: many writers at once, who share syncs.

use crate::Failure;
use crate::statistics::Samples;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::time::Instant;
use workroom::{Query, Workspace};

const TURNS: usize = 10;
const IN_A_TURN: usize = 30;
const QUERIES: [&str; 5] =
    ["how are errors reported", "open a file", "parse a number", "wait for a thread", "the size of a buffer"];

pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    let workspace = Workspace::create(root)?;
    workspace.index(&workroom::NoProgress)?;
    let settings = root.join(".workroom/config.toml");
    let before = std::fs::read_to_string(&settings)?;
    let mut samples: [[Samples; 2]; 2] = Default::default();
    for turn in 0..2 * TURNS {
        let is_on = turn % 2 == 1;
        std::fs::write(&settings, format!("{before}\n[audit]\nenabled = {is_on}\n"))?;
        workspace.reopen()?;
        workspace.search(&Query::new("warm"))?;
        let [writes, searches] = &mut samples[usize::from(is_on)];
        for n in 0..IN_A_TURN {
            let text = format!("# Note {turn} {n}\n\nThe keeper counts the ships that pass, {n} of them.\n");
            let began = Instant::now();
            workspace.write(&format!("bench-audit/{turn}-{n}.md"), text.as_bytes())?;
            writes.add(began.elapsed());
            for query in QUERIES {
                let began = Instant::now();
                workspace.search(&Query::new(query))?;
                searches.add(began.elapsed());
            }
        }
    }
    std::fs::write(&settings, before)?;
    let mut results = Map::new();
    for (at, what) in ["write", "search"].into_iter().enumerate() {
        let [off, on] = [0, 1].map(|is_on: usize| &samples[is_on][at]);
        let share = on.percentile(0.5).as_secs_f64() / off.percentile(0.5).as_secs_f64() - 1.0;
        println!("{}\n{}", off.line(&format!("{what} off")), on.line(&format!("{what} on")));
        println!("  {what}: {:+.1} % at the median", share * 100.0);
        results.insert(what.to_owned(), json!({ "off": off.json(), "on": on.json(), "median_share": share }));
    }
    Ok(Value::Object(results))
}
