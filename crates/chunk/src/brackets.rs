//! Places to cut JSON and its like: after commas, by depth. Strings are passed over.

use crate::nest::Mark;

/// The marks inside `start..end`, in order. Text that is no JSON gives some marks or none, never wrong offsets.
pub(crate) fn marks(text: &str, start: usize, end: usize) -> Vec<Mark> {
    let bytes = text.as_bytes();
    let mut marks = Vec::new();
    let (mut depth, mut at) = (0_u32, start);
    while at < end {
        match bytes[at] {
            b'"' => at = string_end(bytes, at, end) - 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => marks.push(Mark { at: at + 1, depth, apart: false }),
            _ => {}
        }
        at += 1;
    }
    marks
}

/// One past the string that opens at `at`; a line break ends it too, since strings of JSON have none.
fn string_end(bytes: &[u8], at: usize, end: usize) -> usize {
    let mut next = at + 1;
    while next < end {
        match bytes[next] {
            b'\\' => next += 1,
            b'"' | b'\n' => return next + 1,
            _ => {}
        }
        next += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_follow_commas_by_depth() {
        let text = r#"{"a, [": [1, {"b": 2}], "c\"": {}}"#;
        let found: Vec<_> =
            marks(text, 0, text.len()).iter().map(|mark| (&text[..mark.at], mark.depth)).collect();
        let expected = [(r#"{"a, [": [1,"#, 2), (r#"{"a, [": [1, {"b": 2}],"#, 1)];
        assert_eq!(found, expected);
    }
}
