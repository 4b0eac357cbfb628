//! `workroom search`: hits, best first.

use super::scope::{dated, query, then};
use crate::args::{Args, Search};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::place;
use serde::Serialize;
use workroom::{AsOf, Hit, PathSet, Workspace};

#[derive(Serialize)]
struct Json<'a> {
    query: &'a str,
    hits: &'a [Hit],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_searched: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<&'a AsOf>,
}

pub(super) fn run(args: &Args, options: &Search) -> Result<(), Failure> {
    let query = query(&options.query, &options.scope)?.limit(usize::from(options.limit));
    let workspace = place::open(args)?;
    let (query, as_of) = dated(&workspace, query)?;
    let hits = workspace.search(&query)?;
    let not_searched = workspace.within(PathSet::all()).not_searched(&query)?;
    let mut out = Out::new();
    if options.scope.json {
        let (query, as_of) = (&query.text, as_of.as_ref());
        out.json(&Json { query, hits: &hits, not_searched: &not_searched, as_of })?;
    } else if hits.is_empty() {
        out.whole(&if as_of.is_some() { "nothing found".to_owned() } else { nothing(&workspace)? })?;
    } else {
        print(&mut out, &hits)?;
    }
    let notes = left_out(&not_searched).into_iter().chain(as_of.as_ref().map(then));
    for note in notes.filter(|_| !options.scope.json) {
        out.whole(&note)?;
    }
    Ok(out.flush()?)
}

/// What was not searched because indexing is switched off there, as far as the query is about it.
pub(super) fn left_out(places: &[String]) -> Option<String> {
    let named = |place: &String| if place == "/" { "the whole workspace".to_owned() } else { clean(place) };
    let named: Vec<String> = places.iter().map(named).collect();
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
