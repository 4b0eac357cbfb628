//! Retrieval evaluation: test sets in their usual forms in, metrics and TREC files out.
//!
//! [`sources`] finds the sets in a folder or file, [`Source::read`] loads one as a [`Set`], [`Layout`] says which files its documents become, [`keep`] writes them,
//! [`Ranking`] is what a search came to, [`figures`] judges it, and [`trec`] writes it down for other tools to judge.
//!
//! ```
//! use workroom_eval::{Judgments, figures};
//!
//! let judged = Judgments::from([("a".to_owned(), 2), ("b".to_owned(), 1)]);
//! let perfect = figures(&["a", "b", "c"], &judged).unwrap();
//! assert_eq!((perfect.ndcg_10, perfect.mrr_10), (1.0, 1.0));
//! ```
//!
//! Invariant: a mistake in a file is an error that names the file and the line; nothing is skipped in silence.
//! Not here: searching, workspaces, models, terminals.

mod error;
mod keep;
mod layout;
mod metric;
mod publish;
mod ranking;
mod read;
mod set;
pub mod trec;

pub use error::{Error, Result};
pub use keep::keep;
pub use layout::{Layout, Placed};
pub use metric::{Figures, figures, mean};
pub use ranking::{DEPTH, Ranking};
pub use read::{Source, sources};
pub use set::{Body, Document, Judgments, Query, Set};
