//! An event as a line: a JSON object whose last member is a checksum of the rest.
//!
//! Invariant: pure. What was cut off or changed is no event.
//! Not here: files.

use super::cursor::MOST;
use super::event::Event;
use crate::{Error, Result};

const BEFORE: &[u8] = b",\"crc\":\"";
const DIGITS: usize = 8;
const AFTER: &[u8] = b"\"}";

/// Adds an event's line, with its end.
pub(super) fn write(event: &Event, to: &mut Vec<u8>) -> Result<()> {
    let begin = to.len();
    serde_json::to_writer(&mut *to, event).map_err(|error| Error::invalid(error.to_string()))?;
    // The closing brace comes back behind the checksum.
    to.pop();
    let crc = crc32fast::hash(to.get(begin..).unwrap_or_default());
    to.extend_from_slice(BEFORE);
    to.extend_from_slice(format!("{crc:08x}").as_bytes());
    to.extend_from_slice(AFTER);
    to.push(b'\n');
    Ok(())
}

/// The event of a line without its end.
pub(super) fn read(line: &[u8]) -> Option<Event> {
    let line = line.strip_suffix(AFTER)?;
    let (line, digits) = line.split_last_chunk::<DIGITS>()?;
    let body = line.strip_suffix(BEFORE)?;
    let crc = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    if crc32fast::hash(body) != crc {
        return None;
    }
    serde_json::from_slice(&[body, b"}"].concat()).ok().filter(|event: &Event| event.seq < MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::NewEvent;
    use crate::{Actor, Via};
    use proptest::prelude::*;

    fn line(event: &Event) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(event, &mut bytes).unwrap();
        bytes.pop();
        bytes
    }

    #[test]
    fn a_line_looks_so() {
        let new =
            NewEvent::new("file.moved").at("a.md").to("b.md").by(&Actor::owner(Via::Cli)).with("size", 3);
        let event = Event { id: "msg_1".into(), ..new.told(7, 1000).unwrap() };
        let text = String::from_utf8(line(&event)).unwrap();
        let expected = concat!(
            r#"{"seq":7,"id":"msg_1","type":"file.moved","at_ms":1000,"path":"a.md","to":"b.md","#,
            r#""by":{"principal":"owner","name":"owner","via":"cli"},"data":{"size":3},"crc":"#
        );
        assert!(text.starts_with(expected), "{text}");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_and_nothing_else(
            kind in "[a-z]{1,6}\\.[a-z]{1,6}", path in "\\PC{0,20}", detail in "\\PC{0,20}",
            at: prop::sample::Index, bit in 0..8_u8,
        ) {
            let event = NewEvent::new(kind).at(path).with("detail", detail).told(1, -5).unwrap();
            let good = line(&event);
            prop_assert_eq!(read(&good), Some(event));
            let mut bad = good.clone();
            let n = at.index(bad.len());
            bad[n] ^= 1 << bit;
            // A digit of the checksum in the other case says the same.
            prop_assert!(read(&bad).is_none() || bad.eq_ignore_ascii_case(&good));
            prop_assert!(read(&good[..n]).is_none());
        }
    }
}
