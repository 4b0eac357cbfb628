//! Which characters an embedded Type 1 font gives its codes (Adobe Type 1 Font Format).
//!
//! Invariant: only the clear text before `eexec` is read, once, from left to right.
//! Not here: glyphs, and the encrypted part of the program.

use super::glyphs;

/// The built-in encoding, or nothing where the program uses the standard one.
pub(crate) fn encoding_of_type1(program: &[u8]) -> Option<Vec<Option<String>>> {
    let clear = find(program, b"eexec").map_or(program, |end| program.get(..end).unwrap_or(program));
    let start = find(clear, b"/Encoding")?;
    let text = String::from_utf8_lossy(clear.get(start..)?);
    let mut words = text.split_ascii_whitespace().skip(1).peekable();
    if words.peek() == Some(&"StandardEncoding") {
        return None;
    }
    let mut codes = vec![None; 256];
    while let Some(word) = words.next() {
        match word {
            "dup" => {
                // `dup 65 /A put`, also without the space before the name.
                let code = words.next().unwrap_or_default();
                let (code, name) = match code.split_once('/') {
                    Some((code, name)) => (code, name),
                    None => (code, words.next().unwrap_or_default().trim_start_matches('/')),
                };
                let slot = code.parse::<usize>().ok().and_then(|code| codes.get_mut(code));
                if let Some(slot) = slot {
                    *slot = glyphs::text_of(name);
                }
            }
            "def" | "readonly" => break,
            _ => {}
        }
    }
    codes.iter().any(Option::is_some).then_some(codes)
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clear_text_of_a_program() {
        let program = b"%!PS\n/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\n\
            dup 11 /ff put\ndup 65/A put\ndup 999 /B put\nreadonly def\ncurrentfile eexec dup 66 /C put";
        let codes = encoding_of_type1(program).unwrap();
        assert_eq!(
            (codes[11].as_deref(), codes[65].as_deref(), codes[66].as_deref()),
            (Some("ff"), Some("A"), None)
        );
        assert_eq!(encoding_of_type1(b"/Encoding StandardEncoding def eexec"), None);
        assert_eq!(encoding_of_type1(b""), None);
    }
}
