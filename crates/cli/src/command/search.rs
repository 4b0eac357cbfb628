//! `workroom search`: hits, best first.

use super::scope::query;
use crate::args::{Args, Search};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::place;
use serde::Serialize;
use workroom::{Hit, PathSet, Query, Workspace};

#[derive(Serialize)]
struct Json<'a> {
    query: &'a str,
    hits: &'a [Hit],
}

pub(super) fn run(args: &Args, options: &Search) -> Result<(), Failure> {
    let query = query(&options.query, &options.scope)?.limit(usize::from(options.limit));
    let workspace = place::open(args)?;
    let hits = workspace.search(&query)?;
    let mut out = Out::new();
    if options.scope.json {
        out.json(&Json { query: &query.text, hits: &hits })?;
    } else if hits.is_empty() {
        out.whole(&nothing(&workspace)?)?;
    } else {
        print(&mut out, &hits)?;
    }
    if let Some(note) = left_out(&workspace, &query).filter(|_| !options.scope.json) {
        out.whole(&note)?;
    }
    Ok(out.flush()?)
}

/// What was not searched because indexing is switched off there, as far as the query is about it.
pub(super) fn left_out(workspace: &Workspace, query: &Query) -> Option<String> {
    let off = workspace.config().ok()?.index.set();
    let asked = query.path.as_ref().map_or_else(PathSet::all, |path| PathSet::under([path]));
    let left_out = off.intersection(&asked);
    let named: Vec<String> = left_out
        .prefixes()
        .map(|path| if path.is_empty() { "the whole workspace".to_owned() } else { clean(path) })
        .collect();
    (!named.is_empty()).then(|| format!("(not searched, since indexing is off there: {})", named.join(", ")))
}

pub(super) fn print(out: &mut Out, hits: &[Hit]) -> Result<(), Failure> {
    for (hit, number) in hits.iter().zip(1..) {
        out.hit(number, hit)?;
    }
    Ok(())
}

/// Why nothing was found.
pub(super) fn nothing(workspace: &Workspace) -> Result<String, Failure> {
    Ok(match workspace.status()?.documents {
        0 => "nothing is indexed yet: run `workroom index`".to_owned(),
        _ => "nothing found".to_owned(),
    })
}
