//! `workroom eval`: measures search on test sets, through the pipeline and the search that everybody uses.
//!
//! Not here: the forms of test sets and the metrics (crate `eval`).

mod measure;
mod queries;
mod report;
mod tier;

use crate::args::{Args, Eval, Mode};
use crate::failure::Failure;
use crate::interrupt;
use eval::{Set, trec};
use measure::{Bench, Measured};
use report::Report;
use std::path::Path;

pub(super) fn run(args: &Args, options: &Eval) -> Result<(), Failure> {
    let tier = tier::choose(args, options)?;
    let sets = read(options)?;
    if let Some(folder) = &options.run_dir {
        // What cannot be written at the end should be told at the beginning.
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    }
    let temporary = tempfile::tempdir()?;
    let bench = Bench {
        mode: mode(options.mode),
        tier,
        rescore_ms: options.rescore_ms,
        keep: !options.forget,
        base: options.work_dir.as_deref().unwrap_or(temporary.path()),
        quiet: options.json,
        cancel: interrupt::flag(),
    };
    let mut report = Report::new(options, bench.tier.name());
    for set in &sets {
        let measured = bench.measure(set)?;
        if let Some(folder) = &options.run_dir {
            write(folder, set, &measured, &report.tag())?;
        }
        report.add(measured)?;
    }
    report.end()
}

/// The sets that are asked for, all read before the first is measured: a mistake in the last should not take hours to be told.
fn read(options: &Eval) -> Result<Vec<Set>, Failure> {
    let mut sources = eval::sources(&options.path, options.golden.as_deref())?;
    for name in &options.sets {
        if sources.iter().all(|source| source.name != *name) {
            let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
            return Err(Failure::Usage {
                message: format!("{} holds no set `{name}`", options.path.display()),
                hint: format!("its sets are {}", names.join(", ")),
            });
        }
    }
    sources.retain(|source| options.sets.is_empty() || options.sets.contains(&source.name));
    Ok(sources.iter().map(eval::Source::read).collect::<eval::Result<_>>()?)
}

fn write(folder: &Path, set: &Set, measured: &Measured, tag: &str) -> Result<(), Failure> {
    let run = set.counted().zip(&measured.rankings);
    trec::write_run(&folder.join(format!("{}.run", set.name)), run, tag)?;
    Ok(trec::write_qrels(&folder.join(format!("{}.qrels", set.name)), &set.queries)?)
}

fn unwritable(path: &Path, source: std::io::Error) -> eval::Error {
    eval::Error::Io { doing: "write", path: path.to_owned(), source }
}

fn mode(mode: Mode) -> workroom::Mode {
    match mode {
        Mode::Hybrid => workroom::Mode::Hybrid,
        Mode::Lexical => workroom::Mode::Lexical,
        Mode::Dense => workroom::Mode::Dense,
    }
}
