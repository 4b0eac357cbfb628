//! What a principal is told of what was refused.
//!
//! Invariant: what it may not know of is told as what is not there; nothing on the way to a path is named that it may not know of.

use super::{Access, MOST};
use crate::refusal::{Kind, Near, NextCall, Refusal, Result};
use workroom::{Condition, DocPath, Error, ErrorKind, Page, PathSet};

impl Access {
    pub(super) fn told(&self, seq: u64) -> Option<u64> {
        self.readable().is_all().then_some(seq)
    }

    pub(super) fn said<T>(&self, result: workroom::Result<T>) -> Result<T> {
        result.map_err(|error| self.refused(&error))
    }

    /// What the library says to somebody who reads `path`.
    pub(super) fn read<T>(&self, path: &str, result: workroom::Result<T>) -> Result<T> {
        result.map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.nothing_at(path),
            _ => self.veiled(path, &error),
        })
    }

    /// What the library says to somebody who changes `path`.
    pub(super) fn changed<T>(
        &self,
        path: &str,
        condition: &Condition,
        result: workroom::Result<T>,
    ) -> Result<T> {
        result.map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.nothing_at(path),
            ErrorKind::Conflict if *condition != Condition::Any && self.sees(path) => {
                let refusal = Refusal { kind: Kind::PreconditionFailed, ..self.refused(&error) };
                refusal.next(NextCall::Read { path: path.to_owned() })
            }
            ErrorKind::Held | ErrorKind::LeaseEnded => self.refused(&error),
            _ if !self.sees(path) && error.kind() != ErrorKind::Io => {
                Refusal::new(Kind::Conflict, format!("`{path}` cannot be written"))
                    .hint("something is in the way that this token may not see; choose another path")
            }
            _ => self.veiled(path, &error),
        })
    }

    pub(super) fn moved<T>(
        &self,
        from: &DocPath,
        to: &DocPath,
        condition: &Condition,
        result: workroom::Result<T>,
    ) -> Result<T> {
        let about_target =
            |error: &Error| error.path().is_some_and(|at| at == to.to_fs(self.room.workspace.root()));
        match result {
            Err(error) if error.kind() == ErrorKind::Conflict && about_target(&error) => {
                Err(self.refused(&error))
            }
            result => self.changed(from.as_str(), condition, result),
        }
    }

    /// An error that is about something on the way which may not be seen, such as a link above, says no more than that nothing is there.
    pub(super) fn veiled(&self, path: &str, error: &Error) -> Refusal {
        let root = self.room.workspace.root();
        let about = error.path().and_then(|at| DocPath::from_fs(root, at).ok());
        match about {
            Some(about) if !self.sees(about.as_str()) => self.nothing_at(path),
            // The path is one; what stands there is not what the call is for.
            _ if error.kind() == ErrorKind::Invalid => {
                Refusal { kind: Kind::Conflict, ..self.refused(error) }
            }
            _ => self.refused(error),
        }
    }

    pub(super) fn refused(&self, error: &Error) -> Refusal {
        match error.kind() {
            ErrorKind::Held => self.locked(error),
            _ => Refusal::of(error, self.room.workspace.root()),
        }
    }

    /// Nothing is there, or nothing that it may know of: with what it may know of near it.
    pub(crate) fn nothing_at(&self, path: &str) -> Refusal {
        let readable = self.readable();
        if readable.is_empty() {
            let refusal = Refusal::new(Kind::NotFound, format!("no such file: `{path}`"));
            return refusal.hint("this token may see nothing here");
        }
        let mut rest = path;
        while let Some((above, wanted)) = rest.rsplit_once('/') {
            if readable.shows_folder(above)
                && let Some(names) = self.names_in(above, &readable)
            {
                return Refusal::not_found(path, &Near::new(above.to_owned(), wanted, names));
            }
            rest = above;
        }
        let names = self.names_in("", &readable).unwrap_or_default();
        Refusal::not_found(path, &Near::new(String::new(), rest, names))
            .next(NextCall::Find { pattern: format!("**/{}", path.rsplit('/').next().unwrap_or(path)) })
    }

    pub(super) fn names_in(&self, folder: &str, readable: &PathSet) -> Option<Vec<String>> {
        let page = Page { after: None, limit: MOST };
        let found = self.room.workspace.quiet().list(folder, readable, &page).ok()?;
        Some(found.entries.iter().map(|entry| entry.name().to_owned()).collect())
    }
}
