//! Failures on demand, by the crate `fail`.

use super::*;

/// Fails, panics or ends the process if a test says so.
pub(crate) fn point(name: &'static str) -> std::io::Result<()> {
    fail::fail_point!(name, |_| Err(std::io::Error::other(format!("failed on demand at {name}"))));
    Ok(())
}

/// All of them.
pub(crate) const ALL: &[&str] =
    &[FORMAT, REPAIRS, REBUILD, RECONCILE, COMMIT, BETWEEN, APPLY, PUBLISH, ROLLBACK];
