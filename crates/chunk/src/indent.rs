//! Places to cut text that is laid out by indentation: any code without a grammar, and YAML.

use crate::nest::Mark;

/// What a tab counts.
const TAB: u32 = 4;

/// A mark before each line that opens something: less indented is shallower, and a blank line before makes it shallower still than its
/// neighbours. Comments and annotations stay with the line after them, closing brackets with the line before.
pub(crate) fn marks(text: &str, start: usize, end: usize) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let (mut at, mut after_blank, mut in_lead) = (start, false, None);
    for line in text[start..end].split_inclusive('\n') {
        let words = line.trim_start();
        let columns = indentation(&line[..line.len() - words.len()]);
        if words.is_empty() {
            (after_blank, in_lead) = (true, None);
        } else if !closes(words) {
            if in_lead != Some(columns) {
                marks.push(Mark { at, depth: columns * 2 + u32::from(!after_blank) });
            }
            in_lead = leads(words).then_some(columns);
            after_blank = false;
        }
        at += line.len();
    }
    marks
}

fn indentation(space: &str) -> u32 {
    space.bytes().map(|byte| if byte == b'\t' { TAB } else { 1 }).sum::<u32>().min(u32::MAX / 4)
}

/// Whether the line belongs to the one before.
fn closes(words: &str) -> bool {
    const WORDS: [&str; 8] = ["end", "else", "elif", "elsif", "catch", "except", "finally", "then"];
    let first = words.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    words.starts_with(['}', ')', ']', '{']) || WORDS.contains(&first)
}

/// Whether the line is about the one after.
fn leads(words: &str) -> bool {
    const STARTS: [&str; 9] = ["//", "#", "--", ";", "/*", "*", "@", "%", "\""];
    STARTS.iter().any(|start| words.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_open_something() {
        let text = "# about f\nf() {\n  a\n  b\n}\n\ng()\n{\n\tc\n}\nelse\n";
        let found: Vec<_> = marks(text, 0, text.len()).iter().map(|m| (text[m.at..].lines().next().unwrap(), m.depth)).collect();
        assert_eq!(found, [("# about f", 1), ("  a", 5), ("  b", 5), ("g()", 0), ("\tc", 9)]);
    }
}
