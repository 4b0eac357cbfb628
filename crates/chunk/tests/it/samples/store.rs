//! A store of notes.

use std::collections::BTreeMap;
use std::io;

/// The most notes that a store holds.
const LIMIT: usize = 1000;

// ---- notes ----

/// A note.
#[derive(Clone, Debug)]
pub struct Note {
    pub title: String,
    pub body: String,
}

/// All notes, by number.
#[derive(Default)]
pub struct Store {
    notes: BTreeMap<u64, Note>,
    next: u64,
}

impl Store {
    /// A store without notes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a note and returns its number. Numbers are never used again, even when the note is
    /// removed, so that a link to a note never leads to another one.
    pub fn add(&mut self, note: Note) -> Result<u64, io::Error> {
        if self.notes.len() >= LIMIT {
            return Err(io::Error::other("the store is full"));
        }
        let number = self.next;
        self.next += 1;
        self.notes.insert(number, note);
        Ok(number)
    }

    /// Finds notes that hold all words.
    pub fn find(&self, words: &[&str]) -> Vec<u64> {
        let mut found = Vec::new();
        for (number, note) in &self.notes {
            let text = format!("{} {}", note.title, note.body).to_lowercase();
            if words.iter().all(|word| text.contains(&word.to_lowercase())) {
                found.push(*number);
            }
        }
        found.sort_by_key(|number| {
            let note = &self.notes[number];
            let in_title = words.iter().filter(|word| note.title.contains(**word)).count();
            std::cmp::Reverse(in_title)
        });
        found
    }

    /// Prints a summary of everything there is, in the order of the numbers.
    pub fn print(&self, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{} of {} notes", self.notes.len(), LIMIT)?;
        for (number, note) in &self.notes {
            let mut line = format!("{number:>6}  {}", note.title);
            if line.len() > 60 {
                line.truncate(57);
                line.push_str("...");
            }
            match note.body.lines().next() {
                Some(first) if !first.is_empty() => {
                    writeln!(out, "{line}: {first}")?;
                }
                Some(_) => {
                    writeln!(out, "{line}: (begins with an empty line)")?;
                }
                None => {
                    writeln!(out, "{line}: (empty)")?;
                }
            }
            let words = note.body.split_whitespace().count();
            let longest = note.body.split_whitespace().map(str::len).max();
            writeln!(out, "        {words} words, the longest of {longest:?} letters")?;
            let links = note.body.matches("](").count();
            if links > 0 {
                writeln!(out, "        {links} links")?;
            }
            let tasks = note.body.lines().filter(|line| line.starts_with("- [ ]")).count();
            let done = note.body.lines().filter(|line| line.starts_with("- [x]")).count();
            if tasks + done > 0 {
                writeln!(out, "        {done} of {} tasks are done", tasks + done)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_not_used_again() {
        let mut store = Store::new();
        let note = Note { title: "a".into(), body: "b".into() };
        assert_eq!(store.add(note.clone()).unwrap(), 0);
        assert_eq!(store.add(note).unwrap(), 1);
    }
}
