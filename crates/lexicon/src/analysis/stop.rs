//! Stop words: the words of a question that say nothing about its subject.
//!
//! Invariant: a stop word is still indexed; it is only left out of queries that say something else (phrases keep it).

/// English function and question words.
const STOP_WORDS: &str = "\
    a about all also am an and any anyone anything are as at be been being both but by can could \
    did do does doing each either for from had has have having he her here his how i if in into is \
    it its just may me might must my no nor not of on or our please shall she should so some \
    someone something such than that the their them then there these they this those to too under \
    upon us very was we were what whatever when where whether which while who whom whose why will \
    with would you your yours \
";

/// Whether `word`, in any case, is a stop word. "IT" and "US" in capitals are names, not pronouns.
pub(crate) fn is_stop_word(word: &str) -> bool {
    let shouted = word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase());
    !word.is_empty() && !shouted && STOP_WORDS.split(' ').any(|stop| stop.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pronouns_stop_and_names_do_not() {
        for stop in ["the", "What", "I", "it"] {
            assert!(is_stop_word(stop), "{stop}");
        }
        for word in ["IT", "US", "rust", "thesis", ""] {
            assert!(!is_stop_word(word), "{word}");
        }
    }
}
