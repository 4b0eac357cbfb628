//! Cuts text into BERT's word pieces, with the bytes each came from.
//!
//! Invariant: the same ids as the reference tokenizer of the model that the vocabulary belongs to, for every text (tested against it).
//! Not here: start and end marks, padding and truncation, which are the teacher's business.
//!
//! Words of plain ASCII go straight through a trie that lower-cases as it walks; everything else takes the detour over
//! [`Normalizer`]. Neither allocates per word.

use std::cell::Cell;
use std::sync::LazyLock;

use corpus::{Token, Tokenizer};

use crate::normalize::{Normalizer, Word};
use crate::trie::{Match, Trie};

/// A word of more characters is one unknown piece.
const MAX_WORD_CHARS: usize = 100;

/// Kept whole wherever they stand in a text, as the reference does.
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The vocabulary of all-MiniLM-L6-v2 and of every uncased English BERT.
pub(crate) static VOCABULARY: &str = include_str!("../../../data/student/vocab.txt");

static BUILTIN: LazyLock<WordPiece> = LazyLock::new(|| WordPiece::from_vocabulary(VOCABULARY));

/// Pieces of [`VOCABULARY`].
pub(crate) fn n_pieces() -> usize {
    VOCABULARY.lines().count()
}

/// The tokenizer of uncased BERT models.
///
/// ```
/// use corpus::Tokenizer;
///
/// let pieces = workroom_embed::WordPiece::builtin();
/// assert_eq!(pieces.count("Embeddings, quickly!"), 7);
/// ```
pub struct WordPiece {
    /// Pieces that begin a word.
    first: Trie,
    /// Pieces that go on a word, without their `##`.
    rest: Trie,
    special: [Option<u16>; SPECIAL.len()],
    unknown: u16,
}

impl WordPiece {
    /// The vocabulary of the built-in student and its teacher, built on first use.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// From a vocabulary of one piece a line; the line's number, from 0, is the piece's id. Lines from the 65,535th on are left out,
    /// and a vocabulary without `[UNK]` takes its first piece for that.
    #[must_use]
    pub fn from_vocabulary(vocabulary: &str) -> Self {
        let pieces = || vocabulary.lines().map(str::trim_end).zip(0..u16::MAX);
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for (piece, id) in pieces() {
            match piece.strip_prefix("##") {
                Some(tail) if !tail.is_empty() => rest.push((tail.as_bytes(), id)),
                _ => first.push((piece.as_bytes(), id)),
            }
        }
        let id_of = |name: &str| pieces().find(|&(piece, _)| piece == name).map(|(_, id)| id);
        let unknown = id_of("[UNK]").unwrap_or(0);
        Self { first: Trie::new(first), rest: Trie::new(rest), special: SPECIAL.map(id_of), unknown }
    }

    /// Calls `emit` with each piece of `text` in order.
    pub fn pieces(&self, text: &str, mut emit: impl FnMut(Token)) {
        self.pieces_while(text, |token| {
            emit(token);
            true
        });
    }

    /// As [`Self::pieces`], but stops when `emit` says no.
    pub(crate) fn pieces_while(&self, text: &str, mut emit: impl FnMut(Token) -> bool) {
        let bytes = text.as_bytes();
        let mut scratch = Scratch::default();
        let go_on = Cell::new(true);
        let mut emit = |token| go_on.set(go_on.get() && emit(token));
        let mut at = 0;
        while go_on.get()
            && let Some(&byte) = bytes.get(at)
        {
            at = match CLASSES[usize::from(byte)] {
                SPACE => at + 1,
                PUNCTUATION => self.punctuation(bytes, at, &mut emit),
                _ => self.stretch(text, at, &mut scratch, &mut emit),
            };
        }
    }

    /// One punctuation mark, or one of the special names in brackets. Returns where to go on.
    fn punctuation(&self, text: &[u8], at: usize, emit: &mut impl FnMut(Token)) -> usize {
        let bytes = &text[at..];
        if bytes[0] == b'[' {
            for (name, id) in SPECIAL.iter().zip(self.special) {
                if let (true, Some(id)) = (bytes.starts_with(name.as_bytes()), id) {
                    emit(token(id, at, at + name.len(), false));
                    return at + name.len();
                }
            }
        }
        let id = self.first.longest(&bytes[..1], |byte| byte).map_or(self.unknown, |found| found.value);
        emit(token(id, at, at + 1, false));
        at + 1
    }

    /// What stands between ASCII space and punctuation: nothing in it can join or change places with what is around it, so it can be
    /// judged alone. Returns its end.
    #[inline]
    fn stretch(
        &self,
        text: &str,
        start: usize,
        scratch: &mut Scratch,
        emit: &mut impl FnMut(Token),
    ) -> usize {
        let bytes = text.as_bytes();
        let ascii_end = end_of(bytes, start, WORD);
        if bytes.get(ascii_end).is_none_or(|&byte| CLASSES[usize::from(byte)] != OTHER) {
            if ascii_end - start > MAX_WORD_CHARS {
                emit(token(self.unknown, start, ascii_end, false));
                return ascii_end;
            }
            let source = |from, to| (start + from, start + to);
            let lower = |byte: u8| byte.to_ascii_lowercase();
            self.word(&bytes[start..ascii_end], lower, source, &mut scratch.pieces, emit);
            return ascii_end;
        }
        let end = end_of(bytes, ascii_end, WORD | OTHER);
        let Scratch { normalizer, pieces } = scratch;
        normalizer.words(&text[start..end], start, |Word { text, sources }| {
            let source =
                |from: usize, to: usize| (sources[from].start as usize, sources[to - 1].end as usize);
            if text.len() > MAX_WORD_CHARS && text.chars().count() > MAX_WORD_CHARS {
                let (start, end) = source(0, text.len());
                emit(token(self.unknown, start, end, false));
            } else {
                self.word(text.as_bytes(), |byte| byte, source, pieces, emit);
            }
        });
        end
    }

    /// Cuts one word, which `map` lower-cases, from left to right into the longest pieces there are. If that leads nowhere,
    /// it is one unknown piece. `source` gives the original bytes of a range of the word.
    #[inline]
    fn word(
        &self,
        word: &[u8],
        map: impl Fn(u8) -> u8,
        source: impl Fn(usize, usize) -> (usize, usize),
        pieces: &mut Vec<Piece>,
        emit: &mut impl FnMut(Token),
    ) {
        let mut give = |piece: Piece| {
            let (start, end) = source(piece.from, piece.to);
            emit(token(piece.id, start, end, piece.from > 0));
        };
        let unknown = Piece { id: self.unknown, from: 0, to: word.len() };
        match self.first.longest(word, &map) {
            // Nearly every word of ordinary text.
            Some(Match { len, value }) if len == word.len() => {
                give(Piece { id: value, from: 0, to: len });
            }
            Some(first) if self.cut_rest(word, first, map, pieces) => pieces.drain(..).for_each(give),
            _ => give(unknown),
        }
    }

    /// Fills `pieces` with all of `word`, which begins with `first`. False when some part of it is no piece.
    fn cut_rest(&self, word: &[u8], first: Match, map: impl Fn(u8) -> u8, pieces: &mut Vec<Piece>) -> bool {
        pieces.clear();
        pieces.push(Piece { id: first.value, from: 0, to: first.len });
        let mut from = first.len;
        while from < word.len() {
            let Some(found) = self.rest.longest(&word[from..], &map) else { return false };
            let to = from + found.len;
            pieces.push(Piece { id: found.value, from, to });
            from = to;
        }
        true
    }
}

impl Tokenizer for WordPiece {
    fn tokenize(&self, text: &str, out: &mut Vec<Token>) {
        self.pieces(text, |token| out.push(token));
    }

    fn count(&self, text: &str) -> usize {
        let mut n = 0;
        self.pieces(text, |_| n += 1);
        n
    }
}

/// A piece as a range of the bytes of its normalised word.
struct Piece {
    id: u16,
    from: usize,
    to: usize,
}

/// Buffers of one call.
#[derive(Default)]
struct Scratch {
    normalizer: Normalizer,
    pieces: Vec<Piece>,
}

const SPACE: u8 = 1;
const PUNCTUATION: u8 = 2;
const WORD: u8 = 4;
/// Not ASCII, or a control character: needs the detour.
const OTHER: u8 = 8;

/// What each byte is.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        classes[byte] = match c {
            b' ' | b'\t' | b'\n' | b'\r' => SPACE,
            _ if c.is_ascii_punctuation() => PUNCTUATION,
            _ if c.is_ascii_alphanumeric() => WORD,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};

/// Where the run of bytes of the given classes that begins at `from` ends.
#[inline]
fn end_of(bytes: &[u8], from: usize, classes: u8) -> usize {
    let run = bytes[from..].iter().take_while(|&&byte| CLASSES[usize::from(byte)] & classes != 0);
    from + run.count()
}

fn token(id: u16, start: usize, end: usize, continues: bool) -> Token {
    Token { id, start: start as u32, end: end as u32, continues }
}
