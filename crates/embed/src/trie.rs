//! A trie over bytes in one flat array, for the longest match of word pieces.
//!
//! Invariant: a lookup never leaves the array, whatever bytes it is given.
//! Not here: what the matches mean; values are plain numbers.
//!
//! The layout is a double array (Aoe 1989) in its XOR form: the child of a node for byte `c` is at `base ^ c`, and belongs to it if it
//! is labelled `c`. No two nodes share a base, so a label is proof enough. One step is one load from an array that fits a level-2
//! cache.

/// Marks a node that ends no key.
const NO_VALUE: u16 = u16::MAX;

/// Children of one node lie in one block of this size, as `base ^ byte` only changes the lowest eight bits.
const BLOCK: usize = 256;

#[derive(Clone, Copy)]
struct Node {
    base: u32,
    value: u16,
    /// The byte that leads here; 0 for a free slot, as no key holds that byte.
    label: u8,
}

const FREE: Node = Node { base: 0, value: NO_VALUE, label: 0 };

/// The base of nodes without children: block 0 stays free, so that no byte leads on from it.
const NOWHERE: usize = 0;

/// An immutable map from byte strings to numbers below `u16::MAX`.
pub(crate) struct Trie {
    nodes: Vec<Node>,
    root_base: u32,
}

/// A longest match: how many bytes, and the value there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) len: usize,
    pub(crate) value: u16,
}

impl Trie {
    /// Builds from keys in any order. Of two equal keys the later in sort order of values wins; keys that are empty or hold a zero byte
    /// are left out, as no text can match them.
    pub(crate) fn new(mut keys: Vec<(&[u8], u16)>) -> Self {
        keys.retain(|(key, _)| !key.is_empty() && !key.contains(&0));
        keys.sort_unstable();
        let mut builder = Builder { nodes: Vec::new(), used_bases: Vec::new(), search_from: [BLOCK; BLOCK] };
        builder.grow();
        let root_base = builder.insert(&keys, 0) as u32;
        Self { nodes: builder.nodes, root_base }
    }

    /// The longest key that begins `text` after `map` was applied to each of its bytes.
    #[inline]
    pub(crate) fn longest(&self, text: &[u8], map: impl Fn(u8) -> u8) -> Option<Match> {
        let mut base = self.root_base;
        let mut best = None;
        for (at, &byte) in text.iter().enumerate() {
            let byte = map(byte);
            let node = self.nodes[(base ^ u32::from(byte)) as usize];
            if node.label != byte || byte == 0 {
                break;
            }
            if node.value != NO_VALUE {
                best = Some(Match { len: at + 1, value: node.value });
            }
            base = node.base;
        }
        best
    }
}

struct Builder {
    nodes: Vec<Node>,
    used_bases: Vec<bool>,
    /// For each number of labels: where the search for so many begins. Earlier slots were tried for a set of that size; that another of
    /// that size would have fitted there is a little space lost, against a search that does not grow with the trie.
    search_from: [usize; BLOCK],
}

impl Builder {
    fn grow(&mut self) {
        self.nodes.resize(self.nodes.len() + BLOCK, FREE);
        self.used_bases.resize(self.nodes.len(), false);
    }

    /// Places the nodes that follow sorted `keys`, which share their first `depth` bytes and are longer, and returns their base.
    fn insert(&mut self, keys: &[(&[u8], u16)], depth: usize) -> usize {
        let groups: Vec<_> = keys.chunk_by(|(a, _), (b, _)| a[depth] == b[depth]).collect();
        if groups.is_empty() {
            return NOWHERE;
        }
        let labels: Vec<u8> = groups.iter().map(|group| group[0].0[depth]).collect();
        let base = self.place(&labels);
        for &label in &labels {
            self.nodes[base ^ usize::from(label)].label = label;
        }
        for (group, label) in groups.into_iter().zip(labels) {
            let ended = group.iter().take_while(|(key, _)| key.len() == depth + 1).count();
            let below = self.insert(&group[ended..], depth + 1) as u32;
            let value = group[..ended].last().map_or(NO_VALUE, |&(_, value)| value);
            self.nodes[base ^ usize::from(label)] = Node { base: below, value, label };
        }
        base
    }

    /// A base nobody has, under which every label's slot is free.
    fn place(&mut self, labels: &[u8]) -> usize {
        let first = usize::from(labels[0]);
        let mut slot = self.search_from[labels.len()];
        loop {
            if slot >= self.nodes.len() {
                self.grow();
            }
            let base = slot ^ first;
            let fits = |&label: &u8| self.nodes[base ^ usize::from(label)].label == 0;
            if !self.used_bases[base] && labels.iter().all(fits) {
                self.used_bases[base] = true;
                self.search_from[labels.len()] = slot;
                return base;
            }
            slot += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn matches_the_longest_and_maps_bytes() {
        let keys: Vec<(&[u8], u16)> = vec![(b"a", 1), (b"abc", 2), (b"b", 3), (b"", 9)];
        let trie = Trie::new(keys);
        assert_eq!(trie.longest(b"abd", |b| b), Some(Match { len: 1, value: 1 }));
        assert_eq!(trie.longest(b"ABCD", |b| b.to_ascii_lowercase()), Some(Match { len: 3, value: 2 }));
        assert_eq!(trie.longest(b"c", |b| b), None);
        assert_eq!(trie.longest(b"\0", |b| b), None);
        assert_eq!(Trie::new(Vec::new()).longest(b"a", |b| b), None);
    }

    proptest! {
        #[test]
        fn agrees_with_a_map(keys in prop::collection::vec(prop::collection::vec(1_u8..=255, 1..5), 0..200),
                             texts in prop::collection::vec(prop::collection::vec(0_u8..=255, 0..6), 1..50)) {
            let map: BTreeMap<&[u8], u16> = keys.iter().zip(0..).map(|(key, value)| (&**key, value)).collect();
            let trie = Trie::new(map.iter().map(|(&key, &value)| (key, value)).collect());
            for text in texts.iter().chain(&keys) {
                let expected = (1..=text.len())
                    .rev()
                    .find_map(|len| map.get(&text[..len]).map(|&value| Match { len, value }));
                prop_assert_eq!(trie.longest(text, |b| b), expected);
            }
        }
    }
}
