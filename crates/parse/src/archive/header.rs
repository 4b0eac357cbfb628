//! Headers of a tar archive: POSIX.1-2017 (ustar and pax), and what GNU tar made of them.

use extract::Skip;

/// Headers and the ends of members stand on multiples of this.
pub(super) const BLOCK: usize = 512;

/// What a header stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file.
    File,
    /// A file with holes, whose parts would have to be put together.
    Sparse,
    /// The next member's name (GNU).
    LongName,
    /// Facts about the next member (pax).
    Extended,
    /// Something with bytes that nobody reads: facts about all members, the target of a link.
    Other,
    /// A folder, a link, a device: no bytes follow, whatever its size says.
    Empty,
}

/// One header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) size: u64,
}

impl Header {
    /// Reads a block; `None` for one of zeros, which ends the archive.
    pub(super) fn read(block: &[u8; BLOCK]) -> Result<Option<Self>, Skip> {
        if block.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        let field = |from: usize, length: usize| block.get(from..from + length).unwrap_or_default();
        // Old writers summed signed bytes.
        let stated = number(field(148, 8));
        let sums = sums(block);
        if stated.is_none_or(|stated| stated != sums.0 && stated as i64 != sums.1) {
            return Err(Skip::damaged("a header of the tar archive is wrong"));
        }
        let is_posix = field(257, 6) == b"ustar\0";
        let prefix = if is_posix { text(field(345, 155)) } else { String::new() };
        let name = text(field(0, 100));
        let kind = match block.get(156).copied().unwrap_or_default() {
            // Before POSIX a folder was a file whose name ends so.
            0 | b'0' | b'7' if name.ends_with('/') => Kind::Empty,
            0 | b'0' | b'7' => Kind::File,
            b'S' => Kind::Sparse,
            b'L' => Kind::LongName,
            b'x' | b'X' => Kind::Extended,
            b'1'..=b'6' => Kind::Empty,
            _ => Kind::Other,
        };
        let size =
            number(field(124, 12)).ok_or_else(|| Skip::damaged("a size in the tar archive is no number"))?;
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        Ok(Some(Self { kind, name, size }))
    }
}

/// The sums of all bytes, unsigned and signed, with blanks in place of the sum itself.
fn sums(block: &[u8; BLOCK]) -> (u64, i64) {
    let bytes =
        || block.iter().enumerate().map(|(i, &byte)| if (148..156).contains(&i) { b' ' } else { byte });
    (bytes().map(u64::from).sum(), bytes().map(|byte| i64::from(byte as i8)).sum())
}

/// A number in octal digits, or in binary where the first bit is set (GNU).
fn number(field: &[u8]) -> Option<u64> {
    if let Some((&first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let high = u64::from(first & 0x7f);
        return rest.iter().try_fold(high, |value, &byte| Some(value.checked_mul(256)? + u64::from(byte)));
    }
    let digits =
        field.iter().copied().skip_while(|&byte| byte == b' ').take_while(|byte| !matches!(byte, 0 | b' '));
    digits.into_iter().try_fold(0_u64, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|&digit| digit < 8)?;
        value.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

/// The text in a field, up to the first NUL.
pub(super) fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// The name and the size that pax records give the next member: `LENGTH KEY=VALUE\n`, one after the other.
pub(super) fn extended(mut records: &[u8]) -> (Option<String>, Option<u64>) {
    let (mut name, mut size) = (None, None);
    while let Some(space) = records.iter().position(|&byte| byte == b' ') {
        let length = std::str::from_utf8(records.get(..space).unwrap_or_default())
            .ok()
            .and_then(|text| text.parse().ok());
        let Some(length) = length.filter(|&length: &usize| length > space && length <= records.len()) else {
            break;
        };
        let (record, rest) = records.split_at(length);
        records = rest;
        let record = String::from_utf8_lossy(record.get(space + 1..).unwrap_or_default()).into_owned();
        match record.trim_end_matches('\n').split_once('=') {
            Some(("path", value)) => name = Some(value.to_owned()),
            Some(("size", value)) => size = value.parse().ok(),
            _ => {}
        }
    }
    (name, size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        let check = |field: &[u8], expected: Option<u64>| assert_eq!(number(field), expected, "{field:?}");
        check(b"0000644\0", Some(0o644));
        check(b"   12 \0", Some(0o12));
        check(b"\0\0\0", Some(0));
        check(b"12x", None);
        check(b"9", None);
        check(b"\x80\0\0\x01\x02", Some(258));
        check(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None);
    }

    #[test]
    fn extended_records_are_read_by_their_length() {
        let check = |records: &[u8], name: Option<&str>, size: Option<u64>| {
            assert_eq!(extended(records), (name.map(str::to_owned), size));
        };
        check(b"18 path=a=b/c.txt\n12 size=345\n", Some("a=b/c.txt"), Some(345));
        check(b"13 mtime=1.5\n11 path=a\xc3\xa4\n", Some("a\u{e4}"), None);
        check(b"99 path=a\n", None, None);
        check(b"0 path=a\n", None, None);
        check(b"x", None, None);
    }

    proptest! {
        #[test]
        fn any_block_is_a_header_or_none(bytes in prop::collection::vec(any::<u8>(), BLOCK), sum in any::<bool>()) {
            let mut block: [u8; BLOCK] = bytes.try_into().unwrap();
            if sum {
                let sum = format!("{:06o}\0 ", sums(&block).0);
                block[148..156].copy_from_slice(sum.as_bytes());
            }
            let _header = Header::read(&block);
        }

        #[test]
        fn any_records_end(records in "([0-9]{1,2} (path|size)=[a-z0-9]{0,4}\n?){0,5}") {
            let _facts = extended(records.as_bytes());
        }
    }
}
