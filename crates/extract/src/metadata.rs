//! What documents say of themselves, in one form whatever the format: who wrote it and what it is about.
//!
//! Invariant: each value is one line, none is empty or there twice, and there are at most [`MAX_VALUES`] of a kind.
//! Not here: where a format keeps them; dates (see [`crate::milliseconds`]).

use corpus::Metadata;

use crate::title::tidy;

/// More names or words than this are a list of something else.
const MAX_VALUES: usize = 64;
/// What programs write where nobody told them.
const NOTHING: [&str; 8] =
    ["anonymous", "unspecified", "unknown", "unknown author", "user", "admin", "author", "n/a"];

/// Adds authors. Only a semicolon or a line parts them: names have commas in them.
pub fn add_authors(metadata: &mut Metadata, words: &str) {
    words.split([';', '\n']).for_each(|name| add(&mut metadata.authors, name, true));
}

/// Adds keywords, parted by commas, semicolons or lines.
pub fn add_keywords(metadata: &mut Metadata, words: &str) {
    words.split([',', ';', '\n']).for_each(|word| add(&mut metadata.keywords, word, false));
}

/// Adds a subject or a category, which is one keyword: it may be a sentence.
pub fn add_subject(metadata: &mut Metadata, words: &str) {
    add(&mut metadata.keywords, words, true);
}

fn add(values: &mut Vec<String>, value: &str, may_say_nothing: bool) {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let Some(value) = tidy(&value.chars().map(visible).collect::<String>()) else { return };
    let core = value.trim_matches(['(', ')', '[', ']']).to_lowercase();
    let is_nothing = may_say_nothing && NOTHING.contains(&core.as_str());
    if values.len() < MAX_VALUES && !is_nothing && !values.contains(&value) {
        values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parted_tidied_and_there_once() {
        let mut metadata = Metadata::default();
        add_authors(&mut metadata, "Byron, Ada;  Bo\u{0} Li ;Bo Li");
        add_authors(&mut metadata, "(unspecified)");
        add_keywords(&mut metadata, "tide, mill;;\nuser,tide");
        add_subject(&mut metadata, "How to run a mill, and when");
        add_subject(&mut metadata, " Unknown ");
        assert_eq!(metadata.authors, ["Byron, Ada", "Bo Li"]);
        assert_eq!(metadata.keywords, ["tide", "mill", "user", "How to run a mill, and when"]);
    }

    #[test]
    fn a_list_of_something_else_is_cut() {
        let mut metadata = Metadata::default();
        add_keywords(&mut metadata, &(0..1000).map(|n| format!("word {n},")).collect::<String>());
        assert_eq!(metadata.keywords.len(), MAX_VALUES);
    }
}
