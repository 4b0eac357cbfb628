//! Rich text as Outlook compresses it ([MS-OXRTFCP]).
//!
//! Invariant: gives at most as many bytes as the header says, and no more than [`MAX_BYTES`]; each byte of input gives 17 at most.

/// The most bytes that are unfolded.
const MAX_BYTES: usize = 64 << 20;
/// The window that references point into, and what it begins with (section 2.1.3.1.2 of the specification).
const WINDOW: usize = 4096;
const BEGINNING: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const HEADER_BYTES: usize = 16;
const COMPRESSED: &[u8] = b"LZFu";
const STORED: &[u8] = b"MELA";

/// The rich text, or `None` for what is not compressed so. What breaks off is given up to there.
pub(crate) fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    let (header, content) = bytes.split_at_checked(HEADER_BYTES)?;
    let size = u32::from_le_bytes(header.get(4..8)?.try_into().ok()?) as usize;
    let size = size.min(MAX_BYTES);
    match header.get(8..12)? {
        STORED => Some(content.get(..size).unwrap_or(content).to_vec()),
        COMPRESSED => Some(unfold(content, size)),
        _ => None,
    }
}

fn unfold(content: &[u8], size: usize) -> Vec<u8> {
    let mut window = [0_u8; WINDOW];
    window[..BEGINNING.len()].copy_from_slice(BEGINNING);
    let mut at = BEGINNING.len();
    let mut out = Vec::new();
    let mut put = |byte: u8, at: &mut usize, window: &mut [u8; WINDOW]| {
        out.push(byte);
        window[*at % WINDOW] = byte;
        *at = (*at + 1) % WINDOW;
        out.len() < size
    };
    let mut input = content.iter().copied();
    'runs: while let Some(control) = input.next() {
        for bit in 0..8 {
            if control >> bit & 1 == 0 {
                let Some(byte) = input.next() else { break 'runs };
                if !put(byte, &mut at, &mut window) {
                    break 'runs;
                }
                continue;
            }
            let (Some(high), Some(low)) = (input.next(), input.next()) else { break 'runs };
            let reference = usize::from(u16::from_be_bytes([high, low]));
            let (from, n) = (reference >> 4, (reference & 0xf) + 2);
            // A reference to where the next byte goes is the end.
            if from == at {
                break 'runs;
            }
            for step in 0..n {
                let byte = window[(from + step) % WINDOW];
                if !put(byte, &mut at, &mut window) {
                    break 'runs;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The first example of the specification, section 3.1.
    const EXAMPLE: &[u8] = &[
        0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00,
        0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00,
        0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
    ];

    #[test]
    fn the_examples_of_the_specification() {
        let text = decompress(EXAMPLE).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        let stored = b"\x0f\0\0\0\x03\0\0\0MELA\0\0\0\0abc";
        assert_eq!(decompress(stored).as_deref(), Some(&b"abc"[..]));
        assert_eq!(decompress(b"short"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_unfold_within_bounds(content in prop::collection::vec(any::<u8>(), 0..200), size in 0..300_u32) {
            let mut bytes = vec![0; 4];
            bytes.extend(size.to_le_bytes());
            bytes.extend(COMPRESSED);
            bytes.extend([0; 4]);
            bytes.extend(&content);
            let text = decompress(&bytes).unwrap();
            prop_assert!(text.len() <= (size as usize).max(1) && text.len() <= 17 * content.len());
        }
    }
}
