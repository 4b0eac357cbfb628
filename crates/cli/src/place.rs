//! Where the workspace and the models are: the only module that looks at the environment.

use crate::args::Args;
use crate::failure::Failure;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use workroom::{Actor, AuditAct, OpenOptions, Sharing, Starter, Via, Workspace, find_workspace};

/// The folder that the command is about: named, or the nearest workspace upwards, or the current folder.
pub(crate) fn folder(args: &Args) -> Result<PathBuf, Failure> {
    if let Some(named) = &args.workspace {
        return Ok(named.clone());
    }
    let here = std::env::current_dir()?;
    Ok(find_workspace(&here)?.unwrap_or(here))
}

/// Where a command finds the lease that it was run under.
pub(crate) const LEASE: &str = "WORKROOM_LEASE";

/// The lease that this command was run under, if any.
pub(crate) fn lease() -> Option<String> {
    std::env::var(LEASE).ok().filter(|id| !id.is_empty())
}

/// Opens the workspace.
pub(crate) fn open(args: &Args) -> Result<Workspace, Failure> {
    let folder = folder(args)?;
    Ok(here(Workspace::open_with(&folder, &options(args, &folder)?)?))
}

/// What is done by a command is the owner's, by the command line.
fn here(workspace: Workspace) -> Workspace {
    workspace.acting_as(Actor::owner(Via::Cli))
}

/// Opens the workspace, making one where there is none. Says whether it is new.
pub(crate) fn open_or_create(args: &Args) -> Result<(Workspace, bool), Failure> {
    let folder = folder(args)?;
    let is_new = Workspace::init(&folder)?;
    Ok((here(Workspace::open_with(&folder, &options(args, &folder)?)?), is_new))
}

/// Opens the workspace at `folder`, making one where there is none.
pub(crate) fn open_or_create_at(args: &Args, folder: &Path) -> Result<Workspace, Failure> {
    Workspace::init(folder)?;
    Ok(Workspace::open_with(folder, &options(args, folder)?)?)
}

/// Has it noted in the audit log of the workspace at `folder` what was done there past its owner. It is done, whether or not that can be noted.
pub(crate) fn note(args: &Args, folder: &Path, act: AuditAct) {
    let noted = options(args, folder).and_then(|options| Ok(Workspace::note_in(folder, &options, act)?));
    if let Err(error) = noted {
        tracing::warn!(%error, "this is not in the audit log");
    }
}

fn options(args: &Args, folder: &Path) -> Result<OpenOptions, Failure> {
    Ok(Opening::of(args)?.options(folder))
}

/// How commands open workspaces: by a daemon, unless the user wants none.
pub(crate) struct Opening {
    daemon: Option<PathBuf>,
    models_dir: Option<PathBuf>,
}

impl Opening {
    /// As the command line and the environment say.
    pub(crate) fn of(args: &Args) -> Result<Self, Failure> {
        let no_daemon =
            args.no_daemon || std::env::var_os("WORKROOM_NO_DAEMON").is_some_and(|value| value == "1");
        let daemon = if no_daemon { None } else { Some(std::env::current_exe()?) };
        Ok(Self { daemon, models_dir: models_dir(args) })
    }

    /// Options for the workspace at `folder`.
    pub(crate) fn options(&self, folder: &Path) -> OpenOptions {
        let sharing = match &self.daemon {
            None => Sharing::FirstOwns,
            Some(program) => Sharing::Daemon(self.starter(program, folder)),
        };
        OpenOptions { models_dir: self.models_dir.clone(), sharing, ..OpenOptions::default() }
    }

    /// How to start the daemon of the workspace at `folder`: this very program, in whatever folder the command was typed.
    fn starter(&self, program: &Path, folder: &Path) -> Starter {
        // Only an empty path cannot be made absolute, and no workspace has one.
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let mut arguments: Vec<OsString> = vec!["-w".into(), absolute(folder).into()];
        if let Some(models) = &self.models_dir {
            arguments.extend(["--models-dir".into(), absolute(models).into()]);
        }
        arguments.extend(["daemon".into(), "run".into(), "--inherit".into()]);
        Starter { program: program.to_path_buf(), arguments }
    }
}

/// Options for a workspace that is this process's alone.
pub(crate) fn alone(models_dir: Option<PathBuf>) -> OpenOptions {
    OpenOptions { models_dir, sharing: Sharing::Alone, ..OpenOptions::default() }
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

/// The file that this process was given as its standard input.
#[cfg(unix)]
pub(crate) fn standard_input() -> Result<std::fs::File, Failure> {
    use std::os::fd::AsFd;
    Ok(std::io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// The file that this process was given as its standard input.
#[cfg(windows)]
pub(crate) fn standard_input() -> Result<std::fs::File, Failure> {
    use std::os::windows::io::AsHandle;
    Ok(std::io::stdin().as_handle().try_clone_to_owned()?.into())
}
