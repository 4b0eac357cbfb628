//! What people and agents write for each other to read: within bounds, and with nothing in it that is not seen.
//!
//! Not here: names of tokens, which are shown in lists (`token`).

use crate::token::{is_invisible, random_id};
use crate::{Error, Result};

/// How many lines a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// One.
    One,
    /// Any number.
    Many,
}

/// Whether a text can be shown to somebody.
pub(crate) fn check(what: &str, text: &str, most: usize, lines: Lines) -> Result<()> {
    let is_bad = |c: char| match c {
        '\n' | '\t' => lines == Lines::One,
        c => c.is_control() || is_invisible(c),
    };
    if text.trim().is_empty() {
        return Err(Error::invalid(format!("{what} cannot be empty")));
    }
    if text.chars().count() > most {
        return Err(Error::invalid(format!("{what} has at most {most} characters")));
    }
    if text.chars().any(is_bad) {
        let one = if lines == Lines::One { " of one line" } else { "" };
        return Err(Error::invalid(format!("{what} is text{one} without characters that are not seen")));
    }
    Ok(())
}

/// A new id: what it is of, and random letters and digits. It says nothing of how many there are.
pub(crate) fn new_id(of: &str) -> Result<String> {
    Ok(format!("{of}_{}", random_id()?))
}

/// Whether it can be an id.
pub(crate) fn check_id(id: &str) -> Result<()> {
    let usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (4..=40).contains(&id.len()) && id.bytes().all(usual) {
        return Ok(());
    }
    Err(Error::invalid("an id is 4 to 40 small letters, digits and underscores"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_seen() {
        let is_fit = |text: &str, lines| check("a text", text, 10, lines).is_ok();
        assert!(is_fit("tide\ttable", Lines::Many) && is_fit("two\nlines", Lines::Many));
        assert!(is_fit(&"ü".repeat(10), Lines::One));
        for bad in ["", "  \n", "x\u{1b}[31m", "x\u{202e}y", "x\r\ny", &"ü".repeat(11)] {
            assert!(!is_fit(bad, Lines::Many), "{bad:?}");
        }
        assert!(!is_fit("two\nlines", Lines::One));
    }

    #[test]
    fn ids_are_plain() {
        let id = new_id("comment").unwrap();
        assert!(check_id(&id).is_ok() && id.len() == 16 && id.starts_with("comment_"));
        for bad in ["", "abc", "ABCD", "ab cd", "../x", &"a".repeat(41)] {
            assert!(check_id(bad).is_err(), "{bad:?}");
        }
    }
}
