//! What can end a run. Trouble with a single file is not here: it is recorded as that file's skip.

/// A run could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The index refused.
    #[error(transparent)]
    Index(#[from] index::Error),
    /// The folder cannot be walked.
    #[error(transparent)]
    Watch(#[from] watch::Error),
    /// The threads could not be started.
    #[error("cannot start worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The caller asked to stop. What was committed before stays.
    #[error("stopped before the end; what was indexed so far is kept")]
    Cancelled,
}
