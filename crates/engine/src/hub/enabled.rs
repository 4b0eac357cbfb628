//! Built with the hub: fastembed fetches, into a cache of ours.

use crate::Result;
use std::path::Path;

/// Loads a model of the hub's list, fetching it into `cache` when it is not there.
pub(crate) fn load(name: &str, cache: &Path, runtime: &Path, threads: usize) -> Result<embed::Teacher> {
    Ok(embed::Teacher::load_from_hub(name, cache, runtime, threads)?)
}
