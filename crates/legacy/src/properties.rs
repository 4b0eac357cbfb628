//! What a compound file says of itself: its property set of summary information ([MS-OLEPS]).
//!
//! Invariant: any bytes give metadata, if only an empty one.

use corpus::Metadata;
use extract::{add_authors, add_keywords, add_subject};

use crate::bytes::{u16_at, u32_at, u64_at, utf16};
use crate::codepage::decode;
use crate::compound::Compound;

/// More properties than this has no summary.
const MAX_PROPERTIES: u32 = 256;
/// Longer than this is no title and no name.
const MAX_VALUE_BYTES: usize = 4096;
/// Milliseconds from 1601, where Windows begins to count, to 1970.
const EPOCH_MS: i64 = 11_644_473_600_000;

/// Title and metadata of a compound file.
#[must_use]
pub fn summary(file: &Compound<'_>) -> (Option<String>, Metadata) {
    let Some(stream) = file.stream("\u{5}SummaryInformation") else { return Default::default() };
    let set = u32_at(&stream, 44).and_then(|at| stream.get(at as usize..)).unwrap_or_default();
    let page = find(set, 1).and_then(|at| u16_at(set, at + 4)).map_or(1252, u32::from);
    let text = |id| find(set, id).and_then(|at| string(set, at, page));
    let pages = find(set, 14).filter(|&at| u32_at(set, at) == Some(3)).and_then(|at| u32_at(set, at + 4));
    let mut metadata = Metadata {
        created_ms: find(set, 12).and_then(|at| time(set, at)),
        modified_ms: find(set, 13).and_then(|at| time(set, at)),
        pages: pages.filter(|&pages| (1..1_000_000).contains(&pages)),
        ..Metadata::default()
    };
    add_authors(&mut metadata, &text(4).unwrap_or_default());
    add_keywords(&mut metadata, &text(5).unwrap_or_default());
    add_subject(&mut metadata, &text(3).unwrap_or_default());
    (text(2), metadata)
}

/// Where in the set the value of a property begins.
fn find(set: &[u8], id: u32) -> Option<usize> {
    let count = u32_at(set, 4)?.min(MAX_PROPERTIES) as usize;
    let at = (0..count).find(|i| u32_at(set, 8 + 8 * i) == Some(id))?;
    Some(u32_at(set, 12 + 8 * at)? as usize).filter(|&at| at < set.len())
}

fn string(set: &[u8], at: usize, page: u32) -> Option<String> {
    let (kind, length) = (u16_at(set, at)?, u32_at(set, at + 4)? as usize);
    let bytes = |length: usize| {
        let end = (at + 8).saturating_add(length.min(MAX_VALUE_BYTES)).min(set.len());
        set.get(at + 8..end)
    };
    let text = match kind {
        0x1e if page == 1200 => utf16(bytes(length)?),
        0x1e => decode(bytes(length)?, page),
        0x1f => utf16(bytes(length.saturating_mul(2))?),
        _ => return None,
    };
    let text = text.split('\0').next().unwrap_or_default().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn time(set: &[u8], at: usize) -> Option<i64> {
    let ticks = (u16_at(set, at)? == 0x40).then(|| u64_at(set, at + 4)).flatten()?;
    // Zero is "never"; and some programs write a duration here, or nothing that is a year of this or the last century.
    let ms = i64::try_from(ticks / 10_000).ok()? - EPOCH_MS;
    (-2_000_000_000_000..4_000_000_000_000).contains(&ms).then_some(ms)
}
