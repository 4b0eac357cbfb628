//! Handles of this process: each connection needs one, and what is read or written for it another.
//!
//! Invariant: the limit is only ever raised, as far as the system lets everybody raise it.
//! Not here: how many connections there may be (`http`).

/// Handles for all but connections: the index, its parsers, logs.
const BESIDE: u64 = 512;

/// Has the system allow as many handles as so many connections need, and says so where it does not: services often begin with 1,024.
#[cfg(unix)]
pub(crate) fn allow(connections: usize) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = raised(limit.current, limit.maximum, connections);
    if let Some(current) = raised
        && let Err(error) =
            setrlimit(Resource::Nofile, rustix::process::Rlimit { current: Some(current), ..limit })
    {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let current = raised.or(limit.current);
    if current.is_some_and(|current| current < needed(connections)) {
        tracing::warn!(
            allowed = current,
            needed = needed(connections),
            "the system allows fewer open files than `--max-connections` needs: raise its limit, or lower that one"
        );
    }
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(crate) fn allow(_: usize) {}

fn needed(connections: usize) -> u64 {
    (connections as u64).saturating_mul(2).saturating_add(BESIDE)
}

/// What the limit is to become, if it is to change. `None` in a limit is that there is none.
fn raised(current: Option<u64>, most: Option<u64>, connections: usize) -> Option<u64> {
    let wanted = most.map_or(needed(connections), |most| needed(connections).min(most));
    current.filter(|current| *current < wanted).map(|_| wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_be() {
        let check = |current, most, expected| {
            assert_eq!(raised(current, most, 2048), expected, "{current:?} {most:?}");
        };
        check(Some(1024), Some(1 << 20), Some(4608));
        check(Some(1024), Some(4096), Some(4096));
        check(Some(1024), None, Some(4608));
        check(Some(1024), Some(1024), None);
        check(Some(65_536), Some(1 << 20), None);
        check(None, None, None);
    }
}
