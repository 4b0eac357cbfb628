//! What the folder refuses, in the caller's words: a kind, and a hint that works.

use crate::{Error, ErrorKind};
use corpus::DocPath;
use std::path::Path;

/// Whether the caller reads what should be there, or writes what may not be there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Something below a file is not there.
    Read,
    /// Something below a file cannot be.
    Write,
}

/// The caller's error for what the folder at `root` refused.
pub(crate) fn refused(root: &Path, access: Access, error: files::Error) -> Error {
    let at = |path: &DocPath| path.to_fs(root);
    let invalid = |error: &files::Error| Error::new(ErrorKind::Invalid, error.to_string());
    match &error {
        files::Error::NotFound(path) => no_file(root, path),
        files::Error::Exists(path) => exists(root, path),
        files::Error::Outside { link, .. } => invalid(&error)
            .at(at(link))
            .hint("a symbolic link on the way points elsewhere; name a path inside the workspace"),
        files::Error::Through { link, .. } => {
            invalid(&error).at(at(link)).hint("links are not followed: name the file by its own path")
        }
        files::Error::Other { path, kind } => invalid(&error).at(at(path)).hint(match kind {
            files::Kind::Link => "name the file that it points to",
            files::Kind::File => "name a folder",
            _ => "name a file",
        }),
        files::Error::Below { path, file, kind } => below_file(root, path, file, *kind, access, &error),
        files::Error::Own(path) => own(path),
        files::Error::NotEmpty(path) => Error::new(ErrorKind::Conflict, error.to_string())
            .at(at(path))
            .hint("remove what is in it first, or remove it with all that it holds"),
        files::Error::IntoItself { to, .. } => {
            invalid(&error).at(at(to)).hint("name a place outside the folder")
        }
        files::Error::Name { .. } => invalid(&error).hint("name a shorter path"),
        files::Error::Pattern { .. } => invalid(&error)
            .hint("`*` and `?` stand for parts of a name, `**` for folders, `[a-c]` for a character, `{a,b}` for either"),
        files::Error::Io { .. } => Error::caused(ErrorKind::Io, error),
        // The kinds of a newer folder than this was written for.
        _ => Error::caused(ErrorKind::Io, error),
    }
}

fn below_file(
    root: &Path,
    path: &DocPath,
    file: &DocPath,
    kind: files::Kind,
    access: Access,
    error: &files::Error,
) -> Error {
    let is = if access == Access::Write { ErrorKind::Invalid } else { ErrorKind::NotFound };
    let said = Error::new(is, error.to_string()).at(path.to_fs(root));
    if kind != files::Kind::File {
        return said.hint("name a path inside the workspace");
    }
    said.hint(format!(
        "what a message or an archive holds is shown by `workroom show`; it changes with `{file}` itself"
    ))
}

pub(crate) fn no_file(root: &Path, path: &DocPath) -> Error {
    Error::new(ErrorKind::NotFound, format!("no such file: {path}")).at(path.to_fs(root))
}

pub(crate) fn exists(root: &Path, path: &DocPath) -> Error {
    let error = Error::new(ErrorKind::Conflict, format!("`{path}` was not changed: it exists"));
    error.at(path.to_fs(root)).hint("name another path, or remove what is there first")
}

pub(crate) fn own(path: &DocPath) -> Error {
    let error = Error::new(ErrorKind::Invalid, format!("`{path}` belongs to the program"));
    error.hint("files of yours live outside `.workroom/`")
}
