//! What a package may unfold to.

/// From this many bytes on the ratio counts: a short entry of blanks is no bomb.
const RATIO_FROM: u64 = 4 << 20;

/// Bounds on what a package may unfold to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most entries it may have.
    pub entries: usize,
    /// The most bytes that one entry may unfold to.
    pub entry_bytes: u64,
    /// The most bytes that all reads together may unfold to; an entry that is read twice counts twice.
    pub total_bytes: u64,
    /// How many bytes one compressed byte may unfold to, once an entry has some mebibytes.
    pub ratio: u64,
}

impl Default for Limits {
    /// For documents. XML of big tables shrinks by up to 150:1, and what is made to explode by 1000:1.
    fn default() -> Self {
        Self { entries: 20_000, entry_bytes: 64 << 20, total_bytes: 256 << 20, ratio: 300 }
    }
}

impl Limits {
    /// The most that an entry of so many compressed bytes may unfold to by itself.
    pub(crate) fn entry_limit(&self, compressed: u64) -> u64 {
        self.entry_bytes.min(compressed.saturating_mul(self.ratio).max(RATIO_FROM))
    }
}
