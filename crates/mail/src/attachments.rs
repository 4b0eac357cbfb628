//! What came with a message, under names that are safe as file names.
//!
//! Invariant: a name is one path component without control characters, of at most [`MAX_NAME_BYTES`], and occurs once in its mail.

use std::collections::HashSet;

/// The longest name.
const MAX_NAME_BYTES: usize = 120;
/// The most attachments of a message; a mailbox has room for more.
pub(crate) const MAX_OF_MESSAGE: usize = 256;
/// The most attachments of a mailbox.
pub(crate) const MAX_OF_MAILBOX: usize = 4096;
/// The most bytes of all attachments of one file. Those that do not fit are left out, and still named in the text.
const MAX_BYTES: usize = 256 << 20;

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, made safe.
    pub name: String,
    /// Its content, decoded.
    pub bytes: Vec<u8>,
}

/// Collects attachments under names of their own.
#[derive(Debug)]
pub(crate) struct Attachments {
    list: Vec<Attachment>,
    taken: HashSet<String>,
    n_bytes: usize,
    limit: usize,
}

impl Attachments {
    pub(crate) fn new(limit: usize) -> Self {
        Self { list: Vec::new(), taken: HashSet::new(), n_bytes: 0, limit }
    }

    /// Keeps `bytes` as far as there is room, and returns the name they have.
    pub(crate) fn add(&mut self, name: &str, bytes: Vec<u8>) -> Option<String> {
        let n_bytes = self.n_bytes.saturating_add(bytes.len());
        if self.list.len() >= self.limit || n_bytes > MAX_BYTES {
            return None;
        }
        let name = self.unique(safe(name));
        self.n_bytes = n_bytes;
        self.taken.insert(name.to_lowercase());
        self.list.push(Attachment { name: name.clone(), bytes });
        Some(name)
    }

    pub(crate) fn into_list(self) -> Vec<Attachment> {
        self.list
    }

    /// The name, or the first of `name (2).ext`, `name (3).ext`, ... that is free. File systems that ignore case are thought of.
    fn unique(&self, name: String) -> String {
        let is_free = |name: &str| !self.taken.contains(&name.to_lowercase());
        if is_free(&name) {
            return name;
        }
        let (stem, extension) = split(&name);
        let numbered = (2..=self.limit + 2).map(|n| {
            let end = format!(" ({n}){extension}");
            format!("{}{end}", cut(stem, MAX_NAME_BYTES.saturating_sub(end.len())))
        });
        numbered.into_iter().find(|name| is_free(name)).unwrap_or(name)
    }
}

/// One path component that every file system takes.
pub(crate) fn safe(name: &str) -> String {
    // What looks like a path keeps its last part.
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let is_unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let words: String =
        last.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|&c| !is_unseen(c)).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.trim_matches('.').is_empty() {
        return "attachment".to_owned();
    }
    if words.len() <= MAX_NAME_BYTES {
        return words;
    }
    let (stem, extension) = split(&words);
    format!("{}{extension}", cut(stem, MAX_NAME_BYTES.saturating_sub(extension.len())).trim_end())
}

/// The name of an attached message: its subject, in which a slash parts no folders.
pub(crate) fn message_name(subject: &str) -> String {
    let subject = subject.trim().replace(['/', '\\'], "-");
    let stem = subject.strip_suffix(".eml").unwrap_or(&subject);
    let stem = if stem.is_empty() { "message" } else { cut(stem, MAX_NAME_BYTES - 4) };
    format!("{}.eml", stem.trim_end())
}

/// The name before its extension, and the extension with its dot. What is too long for an extension is none.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 16 => name.split_at(at),
        _ => (name, ""),
    }
}

fn cut(text: &str, len: usize) -> &str {
    text.get(..text.floor_char_boundary(len.min(text.len()))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_made_safe() {
        let long = format!("{}.tar.gz", "ä".repeat(100));
        for (name, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\tide table.xlsx", "tide table.xlsx"),
            ("a\u{0}b\r\n c.txt", "ab c.txt"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("..", "attachment"),
            ("", "attachment"),
            ("///", "attachment"),
            (".profile", ".profile"),
            (long.as_str(), &format!("{}.gz", "ä".repeat(52) + "ä".repeat(6).as_str())),
        ] {
            assert_eq!(safe(name), expected, "{name}");
        }
    }

    #[test]
    fn names_are_told_apart() {
        let mut attachments = Attachments::new(4);
        let names: Vec<_> = ["a.txt", "A.TXT", "a.txt", "b", "b"]
            .map(|name| attachments.add(name, Vec::new()))
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(names, ["a.txt", "A (2).TXT", "a (3).txt", "b"]);
        assert_eq!(attachments.into_list().len(), 4);
    }

    proptest! {
        #[test]
        fn any_name_is_one_component(names in prop::collection::vec("\\PC{0,200}|[./\\\\\u{0}]{0,4}|a", 0..6)) {
            let mut attachments = Attachments::new(8);
            for name in &names {
                attachments.add(name, Vec::new());
            }
            let list = attachments.into_list();
            let unique: HashSet<_> = list.iter().map(|attachment| attachment.name.clone()).collect();
            prop_assert_eq!((unique.len(), list.len()), (names.len(), names.len()));
            for name in unique {
                prop_assert!(!name.is_empty() && name.len() <= MAX_NAME_BYTES && name != "." && name != "..", "{:?}", name);
                prop_assert!(!name.contains(['/', '\\']) && !name.chars().any(char::is_control), "{:?}", name);
            }
        }
    }
}
