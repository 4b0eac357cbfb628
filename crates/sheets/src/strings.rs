//! The strings that the cells of a workbook share.

use extract::Skip;

use crate::sheet::MAX_CELLS;

/// More than this gives more text than one document may have, unless most of it is in no cell.
const MAX_BYTES: usize = 96 << 20;

/// Strings by their number.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(crate) fn push(&mut self, words: &str) -> Result<(), Skip> {
        if self.text.len().saturating_add(words.len()) > MAX_BYTES {
            let limit = MAX_BYTES >> 20;
            return Err(Skip::too_much(format!("more than {limit} MiB of strings that cells share")));
        }
        if self.ends.len() >= MAX_CELLS {
            return Err(Skip::too_much(format!("more than {MAX_CELLS} strings that cells share")));
        }
        self.text.push_str(words);
        self.ends.push(self.text.len() as u32);
        Ok(())
    }

    pub(crate) fn get(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start as usize..*self.ends.get(index)? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_bounded_in_bytes_and_number() {
        let reason = |words: &str| {
            let mut strings = Strings::default();
            std::iter::repeat_with(|| strings.push(words)).find_map(Result::err).unwrap().to_string()
        };
        let bytes = "x".repeat(8 << 20);
        assert_eq!(reason(&bytes), "too much inside: more than 96 MiB of strings that cells share");
        assert_eq!(reason(""), "too much inside: more than 8388608 strings that cells share");
    }
}
