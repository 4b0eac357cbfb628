//! The strings that the cells of a workbook share.

use extract::Skip;

/// More than this is not held in memory beside the sheets.
const MAX_BYTES: usize = 192 << 20;

/// Strings by their number.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(crate) fn push(&mut self, words: &str) -> Result<(), Skip> {
        if self.text.len() + words.len() > MAX_BYTES {
            return Err(Skip::too_much(format!("more than {} MiB of strings", MAX_BYTES >> 20)));
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
