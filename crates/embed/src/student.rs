//! The student: a text's vector is the normalised mean of one table row per word piece.
//!
//! Invariant: the same text and table give the same bits on every machine.
//! Not here: where the rows come from (see `fit`), and how the table is kept in a file (see `table`).

use std::sync::{Arc, LazyLock};

use corpus::{DIM, MAX_INPUT_TOKENS, Tier, Token};

use crate::kernel::add_rows;
use crate::table::Table;
use crate::{Embedder, ModelInfo, Result, WordPiece};

/// Vectors at tens of thousands of passages a second, in the space of the teacher it was fitted to.
///
/// ```
/// let student = workroom_embed::Student::builtin();
/// let near = |a, b| {
///     let (a, b) = (student.embed_text(a).unwrap(), student.embed_text(b).unwrap());
///     a.iter().zip(&b).map(|(x, y)| x * y).sum::<f32>()
/// };
/// assert!(near("a dog barks", "the puppy growls") > near("a dog barks", "interest rates rise"));
/// ```
pub struct Student {
    table: Table,
    info: ModelInfo,
}

static BUILTIN: LazyLock<Arc<Student>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "compiled in, and read whole in the tests")]
    let table = Table::builtin().expect("the built-in table is sound");
    Arc::new(Student::new(table))
});

impl Student {
    /// The student shipped with this crate, read on first use.
    #[must_use]
    pub fn builtin() -> &'static Arc<Self> {
        &BUILTIN
    }

    /// Reads a table that [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) when it is not one, is damaged, or belongs to another vocabulary.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(Self::new(Table::from_bytes(bytes)?))
    }

    /// From rows in floating point, one a word piece of the built-in vocabulary, fitted to the model `space`. `None` when their number
    /// or the name does not fit, or a value is not finite.
    #[must_use]
    pub fn from_rows(space: &str, rows: &[[f32; DIM]]) -> Option<Self> {
        Some(Self::new(Table::from_rows(space, rows)?))
    }

    /// A copy with some rows replaced, as adaptation to a workspace does. Rows outside the table or with values that are not finite are
    /// left as they were.
    #[must_use]
    pub fn with_rows<'a>(&self, rows: impl IntoIterator<Item = (u16, &'a [f32; DIM])>) -> Self {
        let mut table = self.table.clone();
        for (id, row) in rows {
            table.set_row(id, row);
        }
        table.seal();
        Self::new(table)
    }

    /// The file form of its table: about 12 MB, with a checksum inside.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.table.to_bytes()
    }

    /// Row `id` in floating point, or `None` outside the table.
    #[must_use]
    pub fn row(&self, id: u16) -> Option<[f32; DIM]> {
        let (scale, row) = self.table.row(id)?;
        Some(row.map(|byte| f32::from(byte.cast_signed()) * scale))
    }

    /// The vector of a text of which the pieces are known, or `None` when there are none. Only as many pieces count as the teacher
    /// would read.
    #[must_use]
    pub fn embed_tokens(&self, tokens: &[Token]) -> Option<[f32; DIM]> {
        let read = &tokens[..tokens.len().min(READ_TOKENS)];
        let mut sum = [0.0; DIM];
        add_rows(read.iter().filter_map(|token| self.table.row(token.id)), &mut sum);
        let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        // Too short to have a direction: no pieces, or pieces that cancel.
        (norm > f32::MIN_POSITIVE).then(|| sum.map(|x| x / norm))
    }

    /// The vector of a text, or `None` when it holds no word piece.
    #[must_use]
    pub fn embed_text(&self, text: &str) -> Option<[f32; DIM]> {
        let mut tokens = Vec::with_capacity(READ_TOKENS);
        WordPiece::builtin().pieces_while(text, |token| {
            tokens.push(token);
            tokens.len() < READ_TOKENS
        });
        self.embed_tokens(&tokens)
    }

    fn new(table: Table) -> Self {
        let info = ModelInfo {
            name: format!("student of {}", table.space()),
            space: table.space().to_owned(),
            dim: DIM,
            tier: Tier::Student,
            max_tokens: MAX_INPUT_TOKENS,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            checksum: table.checksum().to_hex().to_string(),
        };
        Self { table, info }
    }
}

/// What is left of [`MAX_INPUT_TOKENS`] beside the teacher's start and end marks: both tiers read the same part of a long text.
const READ_TOKENS: usize = MAX_INPUT_TOKENS - 2;

impl Embedder for Student {
    fn model(&self) -> &ModelInfo {
        &self.info
    }

    fn embed_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        texts.iter().map(|text| self.embed_query(text)).collect()
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>> {
        Ok(self.embed_text(text).map_or_else(|| vec![0.0; DIM], |vector| vector.to_vec()))
    }
}
