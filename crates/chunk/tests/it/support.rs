//! A small tokenizer in the manner of the real one, and the rules that every document's chunks keep.

use std::fmt::Write as _;

use corpus::{Chunk, ChunkText, DocPath, Document, LineIndex, MAX_INPUT_TOKENS, Token, Tokenizer};
use workroom_chunk::{MAX_CHUNK_BYTES, chunk};

/// Words in pieces of four characters, one unknown piece for a word of more than a hundred, punctuation and ideographs by themselves.
pub(crate) struct Pieces;

const PIECE: usize = 4;
const MAX_WORD: usize = 100;

impl Tokenizer for Pieces {
    fn tokenize(&self, text: &str, out: &mut Vec<Token>) {
        let mut word: Vec<usize> = Vec::new();
        for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
            let alone = !c.is_alphanumeric() || ('\u{3000}'..='\u{9fff}').contains(&c);
            if !alone {
                word.push(at);
                continue;
            }
            push_word(&word, at, out);
            word.clear();
            if !c.is_whitespace() && !c.is_control() {
                out.push(Token {
                    id: 2,
                    start: at as u32,
                    end: (at + c.len_utf8()) as u32,
                    continues: false,
                });
            }
        }
    }
}

fn push_word(chars: &[usize], end: usize, out: &mut Vec<Token>) {
    let size = if chars.len() > MAX_WORD { chars.len() } else { PIECE };
    for (index, piece) in chars.chunks(size.max(1)).enumerate() {
        let next = chars.get((index + 1) * size).copied().unwrap_or(end);
        out.push(Token {
            id: u16::from(size != PIECE),
            start: piece[0] as u32,
            end: next as u32,
            continues: index > 0,
        });
    }
}

/// The document that a file of that name and text is.
pub(crate) fn document(name: &str, text: &str) -> Document {
    extract::extract(&DocPath::new(name).unwrap(), text.as_bytes().to_vec()).unwrap()
}

/// Chunks the document and checks everything that is promised about chunks.
pub(crate) fn chunks(document: &Document) -> Vec<Chunk> {
    let mut tokens = Vec::new();
    Pieces.tokenize(&document.text, &mut tokens);
    let chunks = chunk(document, &tokens, &Pieces);
    check_places(document, &chunks);
    check_cover(document, &chunks);
    check_size(document, &chunks);
    assert_eq!(chunk(document, &tokens, &Pieces), chunks, "not deterministic");
    chunks
}

fn check_places(document: &Document, chunks: &[Chunk]) {
    let index = LineIndex::new(&document.text);
    for chunk in chunks {
        let body = chunk.span.of(&document.text).expect("in bounds and on characters");
        assert!(!body.is_empty() && body.trim() == body, "untrimmed: {}", short(body));
        let (start, end) = (index.position(chunk.span.start), index.position(chunk.span.end));
        assert_eq!((chunk.chars.start, chunk.chars.end), (start.char, end.char));
        assert_eq!(chunk.lines, (start.line, end.line));
    }
    assert!(
        chunks.is_sorted_by(|a, b| a.span.start < b.span.start && a.span.end < b.span.end),
        "out of order"
    );
}

fn check_cover(document: &Document, chunks: &[Chunk]) {
    let mut covered = 0;
    for span in chunks.iter().map(|chunk| chunk.span) {
        let start = span.start as usize;
        if start > covered {
            let gap = &document.text[covered..start];
            assert!(gap.chars().all(|c| c.is_whitespace() || c == '\u{feff}'), "left out: {}", short(gap));
        }
        covered = covered.max(span.end as usize);
    }
    assert!(
        document.text[covered..].chars().all(|c| c.is_whitespace() || c == '\u{feff}'),
        "left out: {:?}",
        &document.text[covered..]
    );
}

fn check_size(document: &Document, chunks: &[Chunk]) {
    for chunk in chunks {
        let body = chunk.span.of(&document.text).unwrap();
        let joined = ChunkText::new(document.title.as_deref(), chunk, body).joined();
        let n = Pieces.count(&joined) + 2;
        assert!(n <= MAX_INPUT_TOKENS, "{n} pieces: {}", short(&joined));
        assert!(body.len() <= MAX_CHUNK_BYTES);
    }
}

/// One line a chunk: lines, pieces, headings, its first and its last line.
pub(crate) fn outline(name: &str, text: &str) -> String {
    let document = document(name, text);
    let mut out = String::new();
    for chunk in chunks(&document) {
        let body = chunk.span.of(&document.text).unwrap();
        let lines: Vec<&str> = body.lines().map(str::trim).collect();
        let (first, last) = (short(lines[0]), short(lines[lines.len() - 1]));
        let _ = writeln!(
            out,
            "{:>3}-{:<3} {:>3} [{}] {first} .. {last}",
            chunk.lines.0,
            chunk.lines.1,
            Pieces.count(body),
            chunk.headings.join(" > ")
        );
    }
    out
}

fn short(line: &str) -> String {
    let line = line.replace('"', "'");
    if line.chars().count() <= 32 { line } else { format!("{}~", line.chars().take(31).collect::<String>()) }
}
