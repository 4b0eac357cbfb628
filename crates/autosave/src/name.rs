//! Names: of agents and runs, and of the folders and files that are theirs.
//!
//! Invariant: pure. Whatever an agent is called, its folder and its files are one component of a path each. The folder of a name and an id is the
//! one that Swarms would choose.
//! On disk: docs/autosave.md.

use std::ops::RangeInclusive;

/// Where the folders of all runs are.
pub const FOLDER: &str = "agents";
/// What a run is, as a program sees it that knows nothing of steps.
pub(crate) const CONFIG: &str = "config.json";
/// Where a run's steps are, in its folder.
pub(crate) const STEPS: &str = "steps";
/// What follows an agent's name in the name of the file that holds its state.
const STATE: &str = "_state.json";

/// Bytes of a name, and of an id.
const LENGTHS: RangeInclusive<usize> = 1..=200;
/// Characters of a name in the name of a folder, as Swarms has it.
const LONGEST_SLUG: usize = 100;
/// Bytes of it: a component of a path has at most 255 on most systems.
const MOST_BYTES: usize = 240;
/// Characters of an id in the name of a folder.
const TAIL: usize = 12;
/// Digits of a step's number.
const DIGITS: usize = 8;

/// What is wrong with a name, if anything.
pub(crate) fn fault_of_name(name: &str) -> Option<&'static str> {
    if !LENGTHS.contains(&name.len()) {
        return Some("an agent's name has 1 to 200 bytes");
    }
    name.chars().any(char::is_control).then_some("an agent's name is one line of text")
}

/// What is wrong with a run's id, if anything.
pub(crate) fn fault_of_id(id: &str) -> Option<&'static str> {
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = LENGTHS.contains(&id.len()) && id.chars().all(usual) && !id.ends_with('.');
    (!fits).then_some(
        "a run's id has 1 to 200 letters, digits, dashes, underscores and dots, the last one no dot",
    )
}

/// A name in small letters, with dashes for all that file systems take for something else.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        let c = if c == ' ' || c == '_' || is_reserved(c) { '-' } else { c };
        if c != '-' || !slug.ends_with('-') {
            slug.push(c);
        }
    }
    slug.trim_matches('-').to_owned()
}

/// The name of a run's folder below [`FOLDER`].
pub(crate) fn folder_name(name: &str, id: &str) -> String {
    let slug: String = slug(name).chars().take(LONGEST_SLUG).collect();
    let short = slug.get(..slug.floor_char_boundary(MOST_BYTES)).unwrap_or_default().trim_end_matches('-');
    let short = if short.is_empty() { "agent" } else { short };
    let tail = id.len().saturating_sub(TAIL);
    format!("{short}-{}", id.get(tail..).unwrap_or(id))
}

/// Whether a folder may be one of the agent's, by its name: what lies in it says whose it is. Others cut long names elsewhere.
pub(crate) fn may_be_of(folder: &str, name: &str) -> bool {
    const SHORTEST_CUT: usize = 24;
    let slug = slug(name);
    let starts = |slug: &str| folder.strip_prefix(slug).is_some_and(|rest| rest.starts_with('-'));
    slug.is_empty()
        || folder == slug
        || starts(&slug)
        || (SHORTEST_CUT..slug.len()).any(|cut| slug.get(..cut).is_some_and(starts))
}

/// The name of the file that holds an agent's state.
pub(crate) fn state_file(name: &str) -> String {
    let safe: String = name.chars().map(|c| if is_reserved(c) { '-' } else { c }).collect();
    safe + STATE
}

/// Whether a file of this name holds a state, whatever its agent is called.
pub(crate) fn is_state_file(name: &str) -> bool {
    name.ends_with(STATE)
}

/// The name of a step's file in [`STEPS`].
pub(crate) fn step_file(sequence: u64) -> String {
    format!("{sequence:0DIGITS$}.json")
}

/// The number of the step that a file of this name holds.
pub(crate) fn sequence_of(file: &str) -> Option<u64> {
    let digits = file.strip_suffix(".json")?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (step_file(number) == file).then_some(number)
}

/// The characters that some file system does not take in a name.
fn is_reserved(c: char) -> bool {
    matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What version 16.0.3 was seen to do with each.
    #[test]
    fn folders_are_named_as_swarms_names_them() {
        let check =
            |name: &str, id: &str, expected: &str| assert_eq!(folder_name(name, id), expected, "{name}");
        let id = "agent-0123456789abcdef0123456789abcdef";
        check("Quantitative-Trading-Agent", id, "quantitative-trading-agent-456789abcdef");
        check("Tide  Watcher_2", id, "tide-watcher-2-456789abcdef");
        check("a/b\\c:d*e?f\"g<h>i|j", id, "a-b-c-d-e-f-g-h-i-j-456789abcdef");
        check("--x--", id, "x-456789abcdef");
        check("Müller", id, "müller-456789abcdef");
        check("x", "short", "x-short");
        check("???", id, "agent-456789abcdef");
        check("A.B", id, "a.b-456789abcdef");
        check(&"é".repeat(90), id, &format!("{}-456789abcdef", "é".repeat(90)));
        check(&"x".repeat(150), id, &format!("{}-456789abcdef", "x".repeat(100)));
        let long = format!("{}---{}", "x".repeat(60), "y".repeat(60));
        check(&long, id, &format!("{}-{}-456789abcdef", "x".repeat(60), "y".repeat(39)));
    }

    #[test]
    fn names_that_make_trouble_are_refused() {
        for bad in ["", "a\nb", "a\0", &"x".repeat(201)] {
            assert!(fault_of_name(bad).is_some(), "{bad:?}");
        }
        for bad in ["", "a b", "../x", "a/b", "é", "a.", &"x".repeat(201)] {
            assert!(fault_of_id(bad).is_some(), "{bad:?}");
        }
        assert_eq!((fault_of_name("A, B: \"C\""), fault_of_id("agent-1_b.c")), (None, None));
    }

    #[test]
    fn a_step_is_known_by_its_number() {
        let check = |file: &str, expected: Option<u64>| assert_eq!(sequence_of(file), expected, "{file}");
        check("00000007.json", Some(7));
        check("123456789.json", Some(123_456_789));
        for other in [
            "7.json",
            "00000000.json",
            "+0000007.json",
            "00000007.json.tmp",
            "0123456789.json",
            "x.json",
            ".json",
        ] {
            check(other, None);
        }
    }

    proptest! {
        #[test]
        fn every_name_gives_components(name in "\\PC{1,80}", id in "[A-Za-z0-9._-]{0,40}[a-z]") {
            prop_assume!(fault_of_name(&name).is_none());
            for part in [folder_name(&name, &id), state_file(&name)] {
                prop_assert!(!part.contains(is_reserved) && part.len() <= 255, "{part}");
                prop_assert!(corpus::DocPath::new(&format!("{FOLDER}/{part}")).is_ok(), "{part}");
            }
            prop_assert!(may_be_of(&folder_name(&name, &id), &name));
            prop_assert!(is_state_file(&state_file(&name)));
            prop_assert_eq!(slug(&slug(&name)), slug(&name));
        }

        #[test]
        fn steps_are_numbered_both_ways(sequence in 1_u64..) {
            prop_assert_eq!(sequence_of(&step_file(sequence)), Some(sequence));
        }
    }
}
