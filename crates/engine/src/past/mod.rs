//! The past: what a search would have found at a time, or at a checkpoint.
//!
//! Invariant: files are as they were then, what is ranked is what a workspace of nothing but these files would rank, and what of them is no longer
//! kept is told. Nothing here is a source of truth: whatever is lost is made again of the versions that are kept.
//! Not here: how versions are kept (`keep`), who may see what (the query's set of paths, of now).
//!
//! What a file held then and holds now is searched in the index. The rest is read from the contents and indexed, by the same pipeline, into an
//! index beside (`beside`), and both are joined to one snapshot (`then`).

mod beside;
mod instant;
mod show;
mod snapshot;
mod then;

pub use snapshot::AsOf;

pub(crate) use snapshot::Seen;

use beside::Besides;
use snapshot::Joined;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use then::Then;

/// Of so many instants the files are kept in mind, and the snapshots.
const MOST: usize = 4;

/// What is kept from one look at the past to the next.
#[derive(Default)]
pub(crate) struct Past {
    /// Held while what is missing is indexed: nobody else indexes it meanwhile. Nothing that runs in the pipeline wants it.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Those asked for last come last, here and below.
    thens: Vec<Arc<Then>>,
    joined: Vec<Joined>,
    besides: Besides,
}

impl Past {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts something last, and drops what was asked for longest ago if it becomes too many.
fn keep_last<T>(kept: &mut Vec<T>, most: usize, one: T) {
    if kept.len() >= most {
        kept.remove(0);
    }
    kept.push(one);
}
