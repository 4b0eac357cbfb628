//! Chunks of any document, and what is promised of them.

use crate::input::Input;
use chunk::{MAX_CHUNK_BYTES, chunk};
use corpus::{
    Chunk, ChunkText, Document, Format, Language, LineIndex, MAX_INPUT_TOKENS, Metadata, Place, Token,
    Tokenizer, Unit,
};
use extract::{Builder, Skip};

/// Words in pieces of four characters, everything else a piece of its own.
struct Pieces;

const PIECE: usize = 4;

impl Tokenizer for Pieces {
    fn tokenize(&self, text: &str, out: &mut Vec<Token>) {
        let mut in_word = 0;
        for (at, c) in text.char_indices() {
            let (start, end) = (at as u32, (at + c.len_utf8()) as u32);
            let continues = in_word > 0;
            in_word = if c.is_alphanumeric() { in_word + 1 } else { 0 };
            match out.last_mut() {
                Some(last) if in_word > 0 && (in_word - 1) % PIECE != 0 => last.end = end,
                _ if in_word > 0 => out.push(Token { id: 1, start, end, continues }),
                _ if c.is_whitespace() || c.is_control() => {}
                _ => out.push(Token { id: 2, start, end, continues: false }),
            }
        }
    }
}

/// The formats that are chunked each in its own way.
const FORMATS: [Format; 12] = [
    Format::Docx,
    Format::Xlsx,
    Format::Pdf,
    Format::Email,
    Format::Markdown,
    Format::Html,
    Format::Csv,
    Format::Json,
    Format::Yaml,
    Format::Notebook,
    Format::Code(Language::Rust),
    Format::Epub,
];
const UNITS: [Unit; 6] = [Unit::Page, Unit::Slide, Unit::Row, Unit::Cell, Unit::Chapter, Unit::Message];

/// The document that the input tells step by step, as a parser would build it.
pub(crate) fn built(mut input: Input<'_>) -> Result<Document, Skip> {
    let format = input.choice(&FORMATS).unwrap_or(Format::Docx);
    let title = Some(input.text());
    let mut build = Builder::new();
    let mut number = 0;
    while !input.is_empty() && !build.is_full() {
        let step = input.byte();
        let how_often = usize::from(step >> 4);
        match step % 9 {
            0 => build.heading(input.byte(), &input.text()),
            1 => build.paragraph(&input.text().repeat(how_often + 1)),
            2 => build.list_item(how_often, "-", &input.text()),
            3 => build.verbatim(&input.text().repeat(how_often + 1)),
            4 => build.begin_table(&cells(&mut input)),
            5 => {
                let row = cells(&mut input);
                (0..=how_often).for_each(|_| build.row(&row));
            }
            6 => {
                number += 1;
                let unit = input.choice(&UNITS).unwrap_or(Unit::Page);
                let place = if unit == Unit::Row {
                    Place::rows(input.text(), (number, number + 200), (0, 3))
                } else {
                    Place::one(unit, number, Some(input.text()))
                };
                build.place(place);
            }
            7 => build.end_place(),
            _ => build.line(&input.text()),
        }
    }
    build.finish(format, title, Metadata::default())
}

fn cells(input: &mut Input<'_>) -> Vec<String> {
    let text = input.text();
    text.split('|').map(str::to_owned).collect()
}

/// Chunks the document and checks everything that is promised about chunks.
pub(crate) fn check(document: &Document) {
    let mut tokens = Vec::new();
    Pieces.tokenize(&document.text, &mut tokens);
    let chunks = chunk(document, &tokens, &Pieces);
    check_places(document, &chunks);
    check_cover(&document.text, &chunks);
    for chunk in &chunks {
        let body = chunk.span.of(&document.text).unwrap_or_default();
        let joined = ChunkText::new(document.title.as_deref(), chunk, body).joined();
        let n = Pieces.count(&joined) + 2;
        assert!(n <= MAX_INPUT_TOKENS && body.len() <= MAX_CHUNK_BYTES, "{n} pieces: {body:?}");
    }
}

fn check_places(document: &Document, chunks: &[Chunk]) {
    let index = LineIndex::new(&document.text);
    for chunk in chunks {
        let body = chunk.span.of(&document.text).unwrap_or_default();
        assert!(!body.is_empty() && body.trim() == body, "empty or untrimmed: {body:?}");
        let (start, end) = (index.position(chunk.span.start), index.position(chunk.span.end));
        assert_eq!(
            (chunk.chars.start, chunk.chars.end, chunk.lines),
            (start.char, end.char, (start.line, end.line))
        );
    }
    let in_order = |a: &Chunk, b: &Chunk| a.span.start < b.span.start && a.span.end < b.span.end;
    assert!(chunks.is_sorted_by(in_order), "out of order");
}

fn check_cover(text: &str, chunks: &[Chunk]) {
    let mut covered = 0;
    let ends = chunks.iter().map(|chunk| (chunk.span.start as usize, chunk.span.end as usize));
    for (start, end) in ends.chain([(text.len(), text.len())]) {
        let gap = text.get(covered..start).unwrap_or_default();
        assert!(gap.chars().all(|c| c.is_whitespace() || c == '\u{feff}'), "left out: {gap:?}");
        covered = covered.max(end);
    }
}
