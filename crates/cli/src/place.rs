//! Where the workspace and the models are: the only module that looks at the environment.

use crate::args::Args;
use crate::failure::Failure;
use std::path::PathBuf;
use workroom::{OpenOptions, Workspace, find_workspace};

/// The folder that the command is about: named, or the nearest workspace upwards, or the current folder.
pub(crate) fn folder(args: &Args) -> Result<PathBuf, Failure> {
    if let Some(named) = &args.workspace {
        return Ok(named.clone());
    }
    let here = std::env::current_dir()?;
    Ok(find_workspace(&here)?.unwrap_or(here))
}

/// Opens the workspace.
pub(crate) fn open(args: &Args) -> Result<Workspace, Failure> {
    Ok(Workspace::open_with(folder(args)?, &options(args))?)
}

/// Opens the workspace, making one where there is none. Says whether it is new.
pub(crate) fn open_or_create(args: &Args) -> Result<(Workspace, bool), Failure> {
    let folder = folder(args)?;
    let is_new = Workspace::init(&folder)?;
    Ok((Workspace::open_with(folder, &options(args))?, is_new))
}

fn options(args: &Args) -> OpenOptions {
    OpenOptions { models_dir: models_dir(args), ..OpenOptions::default() }
}

/// The models folder: named, or `workroom/models` in the user's data folder.
pub(crate) fn models_dir(args: &Args) -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = || {
        let by_home = || var("HOME").map(|home| home.join(".local/share"));
        var("XDG_DATA_HOME").or_else(|| var("LOCALAPPDATA")).or_else(by_home)
    };
    args.models_dir.clone().or_else(|| data().map(|data| data.join("workroom").join("models")))
}
