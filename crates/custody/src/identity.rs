//! Ids of workspaces.
//!
//! Invariant: 110 random bits, so that no two are ever the same. An id tells nothing and opens nothing.

use crate::{Result, random};

/// What every id of a workspace begins with.
const PREFIX: &str = "ws_";
/// For people to type: no capitals, and no `i`, `l`, `o` and `u` to misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 22;

/// An id for a new workspace.
///
/// # Errors
/// When the system has no random numbers.
pub fn new_workspace_id() -> Result<String> {
    Ok(format!("{PREFIX}{}", random::text(ALPHABET, LENGTH)?))
}

/// Whether it can be a workspace's id.
#[must_use]
pub fn is_workspace_id(text: &str) -> bool {
    let rest = text.strip_prefix(PREFIX);
    rest.is_some_and(|rest| rest.len() == LENGTH && rest.bytes().all(|byte| ALPHABET.contains(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_random_and_plain() {
        let id = new_workspace_id().unwrap();
        assert!(is_workspace_id(&id) && id != new_workspace_id().unwrap());
        for bad in ["", "ws_", &id[3..], &id.to_uppercase(), &format!("{id}0"), &id.replace("ws_", "wx_")] {
            assert!(!is_workspace_id(bad), "{bad:?}");
        }
    }
}
