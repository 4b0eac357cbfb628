//! A workspace as somebody sees it who may see a part of it.
//!
//! Invariant: nothing outside the part changes any byte of what a call here returns or refuses, its time aside, and what time alone decides: when
//! something was indexed, and whether a chunk has its teacher's vector yet. The one exception is a student that was fitted to the whole workspace
//! ([`Query::within`]).
//! Not here: who may see what, and who may change it.

use crate::message::Request;
use crate::workspace::{Workspace, turn};
use engine::{Answer, Hit, PathSet, Problem, Query, Question, Result, Shown, Status};

/// What of a workspace lies in a set of paths, as if there were nothing else.
pub struct View<'a> {
    workspace: &'a Workspace,
    within: PathSet,
}

impl Workspace {
    /// The workspace as whoever may see `set` sees it.
    #[must_use]
    pub fn within(&self, set: PathSet) -> View<'_> {
        View { workspace: self, within: set }
    }
}

impl View<'_> {
    /// As [`Workspace::search`]. A query that is limited further stays so.
    ///
    /// # Errors
    /// As [`Workspace::search`], and [`Invalid`](engine::ErrorKind::Invalid) for a query that waits for a commit.
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>> {
        self.workspace.search(&self.limited(query))
    }

    /// As [`Workspace::ask`].
    ///
    /// # Errors
    /// As [`View::search`].
    pub fn ask(&self, question: &Question) -> Result<Answer> {
        self.workspace.ask(&Question { query: self.limited(&question.query), ..question.clone() })
    }

    /// Places in the part that `query` is about and that are not searched, because indexing is switched off there; `/` is the whole workspace.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub fn not_searched(&self, query: &Query) -> Result<Vec<String>> {
        let off = self.workspace.config()?.index.set();
        let asked = query.path.as_ref().map_or_else(PathSet::all, |path| PathSet::under([path]));
        let left_out = off.intersection(&asked).intersection(&query.within).intersection(&self.within);
        let place = |path: &str| if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        Ok(left_out.prefixes().map(place).collect())
    }

    /// As [`Workspace::show`].
    ///
    /// # Errors
    /// As [`Workspace::show`].
    pub fn show(&self, path: &str) -> Result<Shown> {
        self.shown(path, (None, None))
    }

    /// As [`Workspace::show_chunk`].
    ///
    /// # Errors
    /// As [`Workspace::show_chunk`].
    pub fn show_chunk(&self, path: &str, chunk: u64) -> Result<Shown> {
        self.shown(path, (Some(chunk), None))
    }

    /// As [`Workspace::show_version`].
    ///
    /// # Errors
    /// As [`Workspace::show_version`].
    pub fn show_version(&self, path: &str, version: &str, chunk: Option<u64>) -> Result<Shown> {
        self.shown(path, (chunk, Some(version)))
    }

    fn shown(&self, path: &str, (chunk, version): (Option<u64>, Option<&str>)) -> Result<Shown> {
        let (within, by) = (&self.within, self.workspace.actor());
        let request = || {
            let (path, version) = (path.to_owned(), version.map(str::to_owned));
            Request::Show { path, chunk, version, within: within.clone() }
        };
        let show = |engine: &engine::Engine| engine.show_by(path, (chunk, version), within, by);
        self.workspace.query(request, |owner| owner.query(turn(), |engine| show(engine)))
    }

    /// Counts of the part; what the rest has a share in is 0, empty or absent.
    ///
    /// # Errors
    /// As [`Workspace::status`].
    pub fn status(&self) -> Result<Status> {
        let request = || Request::Status { within: self.within.clone() };
        self.workspace.query(request, |owner| owner.with(|engine| engine.status(&self.within)))
    }

    /// As [`Workspace::documents`].
    ///
    /// # Errors
    /// As [`Workspace::documents`].
    pub fn documents(&self) -> Result<Vec<String>> {
        let request = || Request::Documents { within: self.within.clone() };
        self.workspace.query(request, |owner| owner.with(|engine| Ok(engine.documents(&self.within))))
    }

    /// As [`Workspace::problems`].
    ///
    /// # Errors
    /// As [`Workspace::problems`].
    pub fn problems(&self) -> Result<Vec<Problem>> {
        let request = || Request::Problems { within: self.within.clone() };
        self.workspace.query(request, |owner| owner.with(|engine| Ok(engine.problems(&self.within))))
    }

    pub(crate) fn workspace(&self) -> &Workspace {
        self.workspace
    }

    pub(crate) fn set(&self) -> &PathSet {
        &self.within
    }

    fn limited(&self, query: &Query) -> Query {
        query.clone().within(query.within.intersection(&self.within))
    }
}
