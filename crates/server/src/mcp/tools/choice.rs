//! Which tools an agent has of those that it may use: chosen by whoever sets it up, by the names of sets and of single tools.
//!
//! Invariant: a tool that was not chosen is to the agent as one that there is not. To choose a tool gives no right to use it.
//! Not here: who may use which (`action`).

use super::{ACTIONS, Action, SETS};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::str::FromStr;
use std::sync::Arc;

/// What chooses every tool.
const ALL: &str = "all";

/// Which tools an agent has; all that it may use, unless somebody chose. Cheap to clone.
///
/// Written as names with commas between them, in any order: of sets, such as `files`; of single tools, such as `write_file`; or `all`. Where a set
/// and a tool have one name, the set is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolChoice {
    /// The names of the tools; none where nobody chose.
    names: Option<Arc<BTreeSet<&'static str>>>,
}

/// Something was chosen that is no set and no tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no set of tools and no tool `{name}`")]
pub struct UnknownTools {
    name: String,
}

impl UnknownTools {
    /// What can be chosen.
    #[must_use]
    pub fn hint(&self) -> String {
        let mut hint = String::from("choose among the sets ");
        for (name, _) in SETS {
            let _never_fails = write!(hint, "{name}, ");
        }
        hint + "or `all`, and single tools by their names, with commas between them"
    }
}

impl ToolChoice {
    /// Whether the agent has the tool.
    pub(crate) fn has(&self, tool: &str) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(tool))
    }
}

impl FromStr for ToolChoice {
    type Err = UnknownTools;

    fn from_str(text: &str) -> Result<Self, UnknownTools> {
        let mut chosen = BTreeSet::new();
        for name in text.split(',').map(str::trim) {
            let is_set = SETS.iter().any(|(set, _)| *set == name);
            let meant = |action: &&'static Action| match is_set {
                true => action.set == name,
                false => name == ALL || action.tool.name == name,
            };
            let mut found = ACTIONS.iter().filter(meant).map(|action| action.tool.name.as_ref()).peekable();
            if found.peek().is_none() {
                return Err(UnknownTools { name: name.to_owned() });
            }
            chosen.extend(found);
        }
        Ok(Self { names: Some(Arc::new(chosen)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        let choice: ToolChoice = text.parse().unwrap();
        ACTIONS.iter().map(|action| action.tool.name.as_ref()).filter(|name| choice.has(name)).collect()
    }

    #[test]
    fn sets_and_single_tools_are_chosen_by_their_names() {
        let check = |text: &str, expected: &[&str]| assert_eq!(names(text), expected, "{text}");
        check("leases", &["acquire_lease", "extend_lease", "list_leases", "release_lease"]);
        check("write_file", &["write_file"]);
        check(" write_file, append_file ,write_file", &["append_file", "write_file"]);
        check("audit,events", &["audit_log", "wait_for_events"]);
        // A set of that name, and not the tool.
        check("search", &["ask", "ask", "find_similar", "semantic_search"]);
        check("research", &["fetch", "search"]);
        assert_eq!(names("all").len(), ACTIONS.len());
        assert_eq!(names("write_file,all"), names("all"));
        for bad in ["", "file", "Files", "files,", ",", "files,no_tool", "write_file append_file"] {
            let error = bad.parse::<ToolChoice>().unwrap_err();
            assert!(SETS.iter().all(|(set, _)| error.hint().contains(set)), "{bad}: {}", error.hint());
        }
    }

    #[test]
    fn every_tool_is_in_one_set_and_every_set_has_some() {
        assert!(ACTIONS.iter().all(|action| SETS.iter().any(|(set, _)| *set == action.set)));
        let mut together: Vec<&str> = SETS.iter().flat_map(|(set, _)| names(set)).collect();
        together.sort_unstable();
        assert_eq!(together, names("all"));
        assert!(SETS.iter().all(|(set, _)| !names(set).is_empty()));
        assert!(SETS.is_sorted_by_key(|(set, _)| *set));
    }

    #[test]
    fn nobody_chose_is_everything() {
        assert!(ACTIONS.iter().all(|action| ToolChoice::default().has(&action.tool.name)));
    }
}
