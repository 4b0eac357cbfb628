//! Frames: how messages are cut apart in a pipe. Four bytes of length (little-endian), then that many bytes.
//!
//! Invariant: reading takes little more memory than what has come, and never more than the reader allows.

use std::io::{self, ErrorKind, Read, Write};

/// The longest frame: its length must fit the four bytes with room to spare.
pub(crate) const LONGEST: u64 = 1 << 30;

/// Room that is made before anything came.
const PORTION: u64 = 256 << 10;

/// Writes one frame, in one call where it is small.
pub(crate) fn write(to: &mut impl Write, body: &[u8]) -> io::Result<()> {
    const SMALL: usize = 64 << 10;
    if body.len() as u64 > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the message is too long"));
    }
    let length = (body.len() as u32).to_le_bytes();
    if body.len() > SMALL {
        to.write_all(&length)?;
        return to.write_all(body);
    }
    let mut whole = Vec::with_capacity(length.len() + body.len());
    whole.extend(length);
    whole.extend(body);
    to.write_all(&whole)
}

/// The next frame; `None` when the other side closed before it began one.
pub(crate) fn read(from: &mut impl Read, longest: u64) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if !begins(from, &mut length)? {
        return Ok(None);
    }
    let length = u64::from(u32::from_le_bytes(length));
    if length > longest {
        return Err(io::Error::new(ErrorKind::InvalidData, "the message is too long"));
    }
    let mut body = Vec::with_capacity(length.min(PORTION) as usize);
    from.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(body))
}

/// Fills `buffer`; false when nothing at all came.
fn begins(from: &mut impl Read, buffer: &mut [u8; 4]) -> io::Result<bool> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_come_as_they_went(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6)) {
            let mut pipe = Vec::new();
            for body in &bodies {
                write(&mut pipe, body).unwrap();
            }
            let (mut from, mut got) = (&pipe[..], Vec::new());
            while let Some(body) = read(&mut from, 300).unwrap() {
                got.push(body);
            }
            prop_assert_eq!(got, bodies);
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut from = &bytes[..];
            while let Ok(Some(body)) = read(&mut from, 1 << 20) {
                prop_assert!(body.len() <= bytes.len());
            }
        }
    }

    #[test]
    fn what_is_too_long_or_cut_short_is_an_error() {
        let kind = |bytes: &[u8], longest| read(&mut &*bytes, longest).map_err(|error| error.kind());
        assert_eq!(kind(&[], 9), Ok(None));
        assert_eq!(kind(&[1, 0], 9), Err(ErrorKind::UnexpectedEof));
        assert_eq!(kind(&[2, 0, 0, 0, 7], 9), Err(ErrorKind::UnexpectedEof));
        assert_eq!(kind(&[255, 255, 255, 255, 7], 9), Err(ErrorKind::InvalidData));
        assert_eq!(kind(&[1, 0, 0, 0, 7], 9), Ok(Some(vec![7])));
    }
}
