//! The bytes of an XML entry as text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far into the bytes the declaration `<?xml ... ?>` may reach.
const DECLARATION_BYTES: usize = 256;

/// The text of XML by its byte order mark, else by the encoding it declares, else as UTF-8. What fits no character becomes U+FFFD.
#[must_use]
pub fn decode_xml(bytes: Vec<u8>) -> String {
    let (encoding, mark) = match Encoding::for_bom(&bytes) {
        Some(found) => found,
        None => (declared(&bytes), 0),
    };
    if encoding == UTF_8 && mark == 0 {
        return String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    }
    encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0.into_owned()
}

/// What the declaration says. One in UTF-16 without a mark shows by the zeros in it.
fn declared(bytes: &[u8]) -> &'static Encoding {
    if bytes.starts_with(b"<\0?\0") {
        return UTF_16LE;
    }
    if bytes.starts_with(b"\0<\0?") {
        return UTF_16BE;
    }
    let head = bytes.get(..bytes.len().min(DECLARATION_BYTES)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let declaration = head.split("?>").next().filter(|head| head.starts_with("<?xml"));
    let label = declaration
        .and_then(|declaration| declaration.split("encoding").nth(1))
        .and_then(|rest| rest.split(['"', '\'']).nth(1));
    let encoding = label.and_then(|label| Encoding::for_label(label.as_bytes()));
    // Bytes that could be read up to here are not UTF-16, whatever they say.
    encoding.filter(|&encoding| encoding != UTF_16LE && encoding != UTF_16BE).unwrap_or(UTF_8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_read_in_its_encoding() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let marked = |bytes: Vec<u8>| [b"\xff\xfe".to_vec(), bytes].concat();
        for (bytes, expected) in [
            (b"<a>t\xc3\xa9</a>".to_vec(), "<a>t\u{e9}</a>"),
            (b"\xef\xbb\xbf<a/>".to_vec(), "<a/>"),
            (marked(utf16("<a>\u{e9}</a>")), "<a>\u{e9}</a>"),
            (utf16("<?xml?><a>\u{e9}</a>"), "<?xml?><a>\u{e9}</a>"),
            (
                b"<?xml version='1.0' encoding='iso-8859-1'?>\xe9".to_vec(),
                "<?xml version='1.0' encoding='iso-8859-1'?>\u{e9}",
            ),
            (
                b"<?xml version='1.0' encoding=\"UTF-16\"?>a".to_vec(),
                "<?xml version='1.0' encoding=\"UTF-16\"?>a",
            ),
            (b"a\xff".to_vec(), "a\u{fffd}"),
            (Vec::new(), ""),
        ] {
            assert_eq!(decode_xml(bytes), expected);
        }
    }
}
