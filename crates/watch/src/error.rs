//! What can stop this crate's calls altogether. What concerns one file is a [`Problem`](crate::Problem) instead.

use std::io;
use std::path::PathBuf;

/// Why a call of this crate could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The workspace's root exists but is no folder: name another one.
    #[error("`{0}` is not a folder")]
    NotAFolder(PathBuf),
    /// The file system refused. The source names path and operation; trying again later may help.
    #[error("read the file system")]
    Unreadable(#[source] io::Error),
    /// The system gives this process no further thread.
    #[error("start the watch thread")]
    NoThread(#[source] io::Error),
}
