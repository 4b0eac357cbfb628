//! Built without the hub: says so.

use crate::{Error, ErrorKind, Result};
use std::path::Path;

/// Always fails, with what to do instead.
pub(crate) fn load(name: &str, _cache: &Path, _runtime: &Path, _threads: usize) -> Result<embed::Teacher> {
    let error = Error::new(
        ErrorKind::Model,
        format!("cannot fetch {name}: this program was built without the model hub"),
    );
    Err(error.hint("build it with `--features hub`, or run `workroom models install` without `--hub`"))
}
