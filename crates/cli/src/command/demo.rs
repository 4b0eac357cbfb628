//! `workroom demo`: a newcomer's first minute. Indexes the sample library and asks it a few questions, by the same calls as the commands.

use super::{ask, index, search};
use crate::args::{Args, Demo};
use crate::failure::Failure;
use crate::output::Out;
use crate::place;
use crate::progress::Shown;
use include_dir::{Dir, include_dir};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use workroom::{Query, Question, Workspace};

static LIBRARY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../data/library");

/// Searches whose words hardly occur in the passages that answer them.
const SEARCHES: [&str; 2] = ["how do we protect the hull from rust", "how late may I make noise"];
const QUESTION: &str = "Who is called when the boat is late?";

pub(super) fn run(_: &Args, options: &Demo) -> Result<(), Failure> {
    let temporary = tempfile::tempdir()?;
    let folder = options.keep.as_deref().unwrap_or(temporary.path());
    unpack(folder)?;
    let mut out = Out::new();
    let workspace = Workspace::create_with(folder, &place::alone(None))?;
    let bar = Shown::new(false);
    let summary = workspace.index_until(&bar, &AtomicBool::new(false));
    bar.end();
    command(&mut out, "index")?;
    index::print(&mut out, &summary?, None)?;
    let searches: Vec<&str> = if options.questions.is_empty() { SEARCHES.to_vec() } else { Vec::new() };
    for words in searches {
        command(&mut out, &format!("search \"{words}\" --limit 2"))?;
        let hits = workspace.search(&Query::new(words).limit(2))?;
        search::print(&mut out, &hits)?;
    }
    let asked = if options.questions.is_empty() { QUESTION.to_owned() } else { options.questions.join(" ") };
    command(&mut out, &format!("ask \"{asked}\" --budget 300"))?;
    let answer = workspace.ask(&Question { budget: 300, ..Question::new(asked) })?;
    ask::print(&mut out, &answer)?;
    if let Some(kept) = &options.keep {
        out.whole(&format!("the library is in {}; go on with `workroom -w {0} search ...`", kept.display()))?;
    }
    Ok(out.flush()?)
}

fn command(out: &mut Out, what: &str) -> Result<(), Failure> {
    out.whole("")?;
    Ok(out.whole(&out.bold(&format!("$ workroom {what}")))?)
}

/// Writes the library into a folder that is new or empty.
fn unpack(folder: &Path) -> Result<(), Failure> {
    let taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        return Err(Failure::Usage {
            message: format!("{} is not empty", folder.display()),
            hint: "name a new folder with `--keep`".to_owned(),
        });
    }
    std::fs::create_dir_all(folder)?;
    Ok(LIBRARY.extract(folder)?)
}
