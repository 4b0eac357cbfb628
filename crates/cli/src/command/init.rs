//! `workroom init`: makes a folder a workspace.

use crate::args::Args;
use crate::failure::Failure;
use crate::output::Out;
use crate::place;
use workroom::Workspace;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // Inside a workspace, the folder named or the current one is meant, not the one above.
    let folder = args.workspace.clone().unwrap_or(std::env::current_dir()?);
    let is_new = Workspace::init(&folder)?;
    let shown = std::fs::canonicalize(&folder).unwrap_or(folder);
    let mut out = Out::new();
    if is_new {
        out.whole(&format!("made a workspace at {}", shown.display()))?;
        out.whole("next: `workroom index`, then `workroom search \"what you look for\"`")?;
    } else {
        out.whole(&format!("{} is a workspace already", shown.display()))?;
    }
    if place::models_dir(args).is_none() {
        out.whole("note: no place for models is known; set WORKROOM_MODELS to install one")?;
    }
    Ok(out.flush()?)
}
