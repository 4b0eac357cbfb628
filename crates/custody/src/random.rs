//! Random text from the system's generator.
//!
//! Invariant: each character is as likely as any other of its alphabet; a system without random numbers is an error, never a weaker choice.

use crate::{Error, Result};

/// Digits and letters, which every program takes for one word.
pub(crate) const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `count` characters of `alphabet`, which holds at most 256 of them, each in one byte.
pub(crate) fn text(alphabet: &[u8], count: usize) -> Result<String> {
    let size = alphabet.len().clamp(1, 256);
    // Above the last multiple of the size, the first characters would come up more often.
    let fair = 256 - 256 % size;
    let mut out = String::with_capacity(count);
    let mut bytes = [0; 64];
    while out.len() < count {
        fill(&mut bytes)?;
        let digits = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let characters = digits.filter_map(|byte| alphabet.get(byte % size));
        let missing = count - out.len();
        out.extend(characters.take(missing).map(|character| char::from(*character)));
    }
    Ok(out)
}

/// Fills `bytes` with random ones.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| Error::Random { why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_comes_up_about_as_often() {
        let drawn = text(BASE62, 62 * 1000).unwrap();
        assert_eq!(drawn.len(), 62 * 1000);
        for character in BASE62 {
            let times = drawn.bytes().filter(|byte| byte == character).count();
            // Six standard deviations: less than one wrong alarm in ten million runs.
            assert!((810..1190).contains(&times), "`{}` came up {times} times", char::from(*character));
        }
    }
}
