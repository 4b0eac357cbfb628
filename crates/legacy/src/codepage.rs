//! Code pages by the numbers that Windows gives them.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, IBM866, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5,
    ISO_8859_6, ISO_8859_7, ISO_8859_8, ISO_8859_15, KOI8_R, KOI8_U, MACINTOSH, SHIFT_JIS, UTF_8, UTF_16LE,
    WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255,
    WINDOWS_1256, WINDOWS_1257, WINDOWS_1258, X_MAC_CYRILLIC,
};

/// Numbers and their encodings. The pages of DOS are missing but one: nothing we read was written in them after 1995.
const PAGES: [(u32, &Encoding); 35] = [
    (874, WINDOWS_874),
    (932, SHIFT_JIS),
    (936, GBK),
    (949, EUC_KR),
    (950, BIG5),
    (866, IBM866),
    (1200, UTF_16LE),
    (1250, WINDOWS_1250),
    (1251, WINDOWS_1251),
    (1252, WINDOWS_1252),
    (1253, WINDOWS_1253),
    (1254, WINDOWS_1254),
    (1255, WINDOWS_1255),
    (1256, WINDOWS_1256),
    (1257, WINDOWS_1257),
    (1258, WINDOWS_1258),
    (1361, EUC_KR),
    (10_000, MACINTOSH),
    (10_007, X_MAC_CYRILLIC),
    (20_866, KOI8_R),
    (21_866, KOI8_U),
    (20_932, EUC_JP),
    (51_932, EUC_JP),
    (51_949, EUC_KR),
    (28_592, ISO_8859_2),
    (28_593, ISO_8859_3),
    (28_594, ISO_8859_4),
    (28_595, ISO_8859_5),
    (28_596, ISO_8859_6),
    (28_597, ISO_8859_7),
    (28_598, ISO_8859_8),
    (28_605, ISO_8859_15),
    (32_768, MACINTOSH),
    (54_936, GB18030),
    (65_001, UTF_8),
];

/// The encoding of a code page; windows-1252, which most files are in, for a number that is unknown.
#[must_use]
pub fn encoding_of(page: u32) -> &'static Encoding {
    PAGES.iter().find(|(number, _)| *number == page).map_or(WINDOWS_1252, |(_, encoding)| encoding)
}

/// Text in a code page. Bytes that mean nothing in it become replacement characters.
#[must_use]
pub fn decode(bytes: &[u8], page: u32) -> String {
    encoding_of(page).decode_without_bom_handling(bytes).0.into_owned()
}

/// The code page of a character set as fonts name it (`\fcharset` in RTF, `chs` in Word and Excel).
#[must_use]
pub(crate) fn page_of_charset(charset: u32) -> Option<u32> {
    let page = match charset {
        0 => 1252,
        77 => 10_000,
        128 => 932,
        129 | 130 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    };
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_the_number_of_its_page() {
        let cases = [(1252, "caf\u{e9}"), (1251, "caf\u{439}"), (10_000, "caf\u{c8}"), (4711, "caf\u{e9}")];
        for (page, expected) in cases {
            assert_eq!(decode(b"caf\xe9", page), expected, "{page}");
        }
    }
}
