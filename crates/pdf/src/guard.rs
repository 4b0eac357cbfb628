//! A look at a file's streams before the parser of objects sees them.
//!
//! That parser unfolds streams of objects and cross references by itself, without a bound. Deflate makes at most 1032 bytes of one, so only
//! long streams, and those packed several times, need to be unfolded here to know what they come to; nothing of them is kept.
//!
//! Invariant: one pass over the file; what passes unfolds to no more than [`ONE`] a stream and [`ALL`] together, as far as the file shows
//! plainly where its streams are.
//! Not here: streams that are encrypted, or hide their ends or their filters. For those the parser's process has its own bound on memory.

use std::io::Read;

use extract::Skip;
use memchr::memmem;

use crate::stream::inflate;

/// One stream, unfolded.
const ONE: u64 = 128 << 20;
/// All long streams of a file, unfolded. Pictures count: nothing tells them apart that could be relied on.
const ALL: u64 = 2 << 30;
/// The most that deflate makes of one byte.
const RATIO: u64 = 1032;
/// A stream's dictionary lies in so many bytes before it.
const DICTIONARY: usize = 2048;

/// Refuses a file whose streams unfold to more than the parser should meet.
pub(crate) fn check(file: &[u8]) -> Result<(), Skip> {
    let mut all = 0;
    let mut open = None;
    let ends = memmem::find_iter(file, b"stream").chain([file.len()]);
    for at in ends {
        let before = file.get(..at).unwrap_or_default();
        let is_start = at < file.len() && !before.ends_with(b"end");
        match open {
            // Within a stream the word is chance.
            Some(_) if is_start => {}
            None if is_start => open = Some(at + b"stream".len()),
            None => {}
            Some(start) => {
                open = None;
                let data = file.get(start..at).unwrap_or_default().trim_ascii_start();
                all += unfolded(data, times_packed(file, start))?;
                if all > ALL {
                    return Err(Skip::too_much(format!("streams of more than {} GiB", ALL >> 30)));
                }
            }
        }
    }
    Ok(())
}

/// How often a stream is packed, by the filters named just before it.
fn times_packed(file: &[u8], start: usize) -> usize {
    let before = file.get(start.saturating_sub(DICTIONARY)..start).unwrap_or_default();
    // Where this object begins, or the one before it ends.
    let from = memmem::rfind(before, b"obj").unwrap_or(0);
    memmem::find_iter(before.get(from..).unwrap_or_default(), b"FlateDecode").count()
}

/// How much a stream comes to, if it is long enough to ask.
fn unfolded(data: &[u8], times: usize) -> Result<u64, Skip> {
    let size = match times {
        0 => return Ok(0),
        1 if data.len() as u64 * RATIO <= ONE => return Ok(0),
        1 => count(data),
        // Twice makes sense to nobody, but is allowed.
        2 => count(&inflate(data, (ONE / 8) as usize)),
        _ => return Err(Skip::too_much(format!("a stream that is packed {times} times"))),
    };
    if size > ONE {
        return Err(Skip::too_much(format!("a stream of more than {} MiB", ONE >> 20)));
    }
    Ok(size)
}

/// How many bytes come out, up to one more than the bound.
fn count(data: &[u8]) -> u64 {
    let mut decoder = flate2::read::ZlibDecoder::new(data).take(ONE + 1);
    let mut buffer = [0; 16 << 10];
    let mut all = 0;
    while let Ok(read @ 1..) = decoder.read(&mut buffer) {
        all += read as u64;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn packed(data: &[u8]) -> Vec<u8> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(data).unwrap();
        zlib.finish().unwrap()
    }

    fn file(dict: &str, data: &[u8]) -> Vec<u8> {
        [b"7 0 obj << ", dict.as_bytes(), b" >> stream\r\n", data, b"\nendstream endobj"].concat()
    }

    #[test]
    fn what_unfolds_without_measure_is_refused() {
        let zeros = packed(&vec![0; (ONE + 1000) as usize]);
        let twice = packed(&zeros);
        let cases = [
            ("/Filter /FlateDecode", packed(b"a small one"), true),
            ("/Filter /FlateDecode", zeros.clone(), false),
            ("/Filter [/FlateDecode /FlateDecode]", twice.clone(), false),
            ("/Filter [/FlateDecode /FlateDecode /FlateDecode]", packed(&twice), false),
            ("/Filter /DCTDecode", zeros, true),
            // What other objects, on lines of their own, say of their streams.
            (
                "/F /FlateDecode\nendobj 8\n0\nobj\n<< /Filter /FlateDecode /F /FlateDecode",
                packed(b"a small one"),
                true,
            ),
        ];
        for (dict, data, passes) in cases {
            assert_eq!(check(&file(dict, &data)).is_ok(), passes, "{dict}");
        }
        assert_eq!(check(b"stream endstream stream"), Ok(()));
    }
}
