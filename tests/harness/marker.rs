//! Words that occur nowhere else.

/// A word of its own for each number: letters only, so that no tokeniser takes it for several words.
#[must_use]
pub fn marker(n: u64) -> String {
    let mut word = String::from("zq");
    for digit in format!("{n:03}").bytes() {
        word.push(char::from(b'b' + (digit - b'0') * 2));
    }
    word.push('q');
    word
}
