//! Rows as bytes.
//!
//! A value is `version u8`, `crc32 u32 LE` over tree name, key and body, then the body. The checksum covers the key too, so a value
//! that turns up under another key is damage. Bodies of `docs`, `skips` and `head` are postcard; a vector's is a fixed layout,
//! because a hundred thousand of them are read at every start:
//! `model u16 LE | tier u8 | text hash [16] | scale f32 LE | components [384]`.
//!
//! Invariant: decoding never panics, and what decodes encodes to the same bytes.

use corpus::{
    ChunkId, ContentHash, DIM, DocId, DocPath, Format, LanguageCode, Metadata, ModelId, QuantizedVector,
    TextHash, Tier,
};
use serde::{Deserialize, Serialize};

use crate::tally::Tally;
use crate::{DocRecord, Error, SkipRecord, VectorRow};

/// The most a key and its value may take together. Sled keeps 16 to 17 rows on a page and moves a page above 128 KiB into a file of
/// its own, which it neither syncs nor, when overwritten, deletes.
pub(crate) const ROW_LIMIT: usize = 7 * 1024;

pub(crate) const DOCS: &str = "docs";
pub(crate) const SKIPS: &str = "skips";
pub(crate) const VECTORS: &str = "vectors";
pub(crate) const META: &str = "meta";

/// The key of the head row in `meta`. Callers' own keys begin with [`CALLER`], so the two never meet.
pub(crate) const HEAD_KEY: &[u8] = b"head";
pub(crate) const CALLER: &str = "x/";

const VERSION: u8 = 2;
const ENVELOPE: usize = 5;
const VECTOR_BODY: usize = 2 + 1 + 16 + 4 + DIM;

/// Where the ledger stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Drawn when the store was made; tells two ledgers apart.
    pub(crate) store_id: u64,
    pub(crate) seq: u64,
    pub(crate) next_doc: u64,
    pub(crate) next_chunk: u64,
    /// The last commit that changed the full text.
    pub(crate) text_seq: u64,
    pub(crate) docs: Tally,
    pub(crate) skips: Tally,
    /// Rows of vectors. At least: some can be written outside of commits.
    pub(crate) vectors: u64,
}

#[derive(Serialize, Deserialize)]
struct DocBody<'a> {
    path: &'a str,
    hash: [u8; 32],
    size: u64,
    mtime_ns: i64,
    inode: u64,
    racy: bool,
    format: &'a str,
    title: Option<&'a str>,
    first_chunk: u64,
    n_chunks: u32,
    indexed_at_ms: i64,
    encoding: &'a str,
    #[serde(borrow)]
    metadata: MetadataBody<'a>,
    parser: &'a str,
    container: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct MetadataBody<'a> {
    #[serde(borrow)]
    authors: Vec<&'a str>,
    #[serde(borrow)]
    keywords: Vec<&'a str>,
    created_ms: Option<i64>,
    modified_ms: Option<i64>,
    pages: Option<u32>,
    language: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct SkipBody<'a> {
    size: u64,
    mtime_ns: i64,
    inode: u64,
    code: &'a str,
    reason: &'a str,
    at_ms: i64,
    hash: Option<[u8; 32]>,
    parser: Option<&'a str>,
    container: Option<&'a str>,
}

/// Wraps a body, refusing one that would not fit a row.
pub(crate) fn seal(tree: &'static str, key: &[u8], body: &[u8]) -> Result<Vec<u8>, Error> {
    let bytes = key.len() + ENVELOPE + body.len();
    if bytes > ROW_LIMIT {
        return Err(Error::TooLarge {
            what: format!("row {} of {tree}", show(key)),
            bytes,
            limit: ROW_LIMIT,
        });
    }
    let mut value = Vec::with_capacity(ENVELOPE + body.len());
    value.push(VERSION);
    value.extend_from_slice(&checksum(tree, key, body).to_le_bytes());
    value.extend_from_slice(body);
    Ok(value)
}

/// The body of a value, once its version and checksum hold.
pub(crate) fn unseal<'a>(tree: &'static str, key: &[u8], value: &'a [u8]) -> Result<&'a [u8], Error> {
    match value {
        [VERSION, a, b, c, d, body @ ..] => {
            if checksum(tree, key, body) == u32::from_le_bytes([*a, *b, *c, *d]) {
                Ok(body)
            } else {
                Err(corrupt(tree, key, "the checksum does not match"))
            }
        }
        [_, _, _, _, _, ..] => Err(corrupt(tree, key, "its version is unknown")),
        _ => Err(corrupt(tree, key, "it is too short")),
    }
}

/// The checksum that a value carries, right or wrong; 0 for one too short to have any.
pub(crate) fn checksum_of(value: &[u8]) -> u32 {
    match value {
        [_, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => 0,
    }
}

pub(crate) fn encode_head(head: &Head) -> Result<Vec<u8>, Error> {
    seal(META, HEAD_KEY, &pack(META, HEAD_KEY, head)?)
}

pub(crate) fn decode_head(value: &[u8]) -> Result<Head, Error> {
    unpack(META, HEAD_KEY, unseal(META, HEAD_KEY, value)?)
}

pub(crate) fn encode_doc(record: &DocRecord) -> Result<Vec<u8>, Error> {
    let key = record.id.0.to_be_bytes();
    let body = DocBody {
        path: record.path.as_str(),
        hash: *record.hash.as_bytes(),
        size: record.size,
        mtime_ns: record.mtime_ns,
        inode: record.inode,
        racy: record.racy,
        format: record.format.name(),
        title: record.title.as_deref(),
        first_chunk: record.first_chunk.0,
        n_chunks: record.n_chunks,
        indexed_at_ms: record.indexed_at_ms,
        encoding: &record.encoding,
        metadata: MetadataBody::of(&record.metadata),
        parser: &record.parser,
        container: record.container.as_ref().map(DocPath::as_str),
    };
    seal(DOCS, &key, &pack(DOCS, &key, &body)?)
}

pub(crate) fn decode_doc(key: &[u8], value: &[u8]) -> Result<DocRecord, Error> {
    let bad = |why| corrupt(DOCS, key, why);
    let id = number(key).ok_or_else(|| bad("its key is not a number"))?;
    let body: DocBody<'_> = unpack(DOCS, key, unseal(DOCS, key, value)?)?;
    Ok(DocRecord {
        id: DocId(id),
        path: DocPath::new(body.path).map_err(|_| bad("its path is not inside a workspace"))?,
        hash: ContentHash::from_bytes(body.hash),
        size: body.size,
        mtime_ns: body.mtime_ns,
        inode: body.inode,
        racy: body.racy,
        format: Format::from_name(body.format).ok_or_else(|| bad("its format is unknown"))?,
        title: body.title.map(str::to_owned),
        first_chunk: ChunkId(body.first_chunk),
        n_chunks: body.n_chunks,
        indexed_at_ms: body.indexed_at_ms,
        encoding: body.encoding.to_owned(),
        metadata: body.metadata.into_metadata(),
        parser: body.parser.to_owned(),
        container: container(body.container).map_err(bad)?,
    })
}

pub(crate) fn encode_skip(record: &SkipRecord) -> Result<Vec<u8>, Error> {
    let key = record.path.as_str().as_bytes();
    let body = SkipBody {
        size: record.size,
        mtime_ns: record.mtime_ns,
        inode: record.inode,
        code: &record.code,
        reason: &record.reason,
        at_ms: record.at_ms,
        hash: record.hash.map(|hash| *hash.as_bytes()),
        parser: record.parser.as_deref(),
        container: record.container.as_ref().map(DocPath::as_str),
    };
    seal(SKIPS, key, &pack(SKIPS, key, &body)?)
}

pub(crate) fn decode_skip(key: &[u8], value: &[u8]) -> Result<SkipRecord, Error> {
    let path = std::str::from_utf8(key).ok().and_then(|path| DocPath::new(path).ok());
    let body: SkipBody<'_> = unpack(SKIPS, key, unseal(SKIPS, key, value)?)?;
    Ok(SkipRecord {
        path: path.ok_or_else(|| corrupt(SKIPS, key, "its path is not inside a workspace"))?,
        size: body.size,
        mtime_ns: body.mtime_ns,
        inode: body.inode,
        code: body.code.to_owned(),
        reason: body.reason.to_owned(),
        at_ms: body.at_ms,
        hash: body.hash.map(ContentHash::from_bytes),
        parser: body.parser.map(str::to_owned),
        container: container(body.container).map_err(|why| corrupt(SKIPS, key, why))?,
    })
}

fn container(path: Option<&str>) -> Result<Option<DocPath>, &'static str> {
    path.map(DocPath::new).transpose().map_err(|_| "its container is not inside a workspace")
}

impl<'a> MetadataBody<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        Self {
            authors: metadata.authors.iter().map(String::as_str).collect(),
            keywords: metadata.keywords.iter().map(String::as_str).collect(),
            created_ms: metadata.created_ms,
            modified_ms: metadata.modified_ms,
            pages: metadata.pages,
            language: metadata.language.as_ref().map(LanguageCode::as_str),
        }
    }

    fn into_metadata(self) -> Metadata {
        Metadata {
            authors: self.authors.into_iter().map(str::to_owned).collect(),
            keywords: self.keywords.into_iter().map(str::to_owned).collect(),
            created_ms: self.created_ms,
            modified_ms: self.modified_ms,
            pages: self.pages,
            language: self.language.and_then(LanguageCode::new),
        }
    }
}

pub(crate) fn encode_vector(row: &VectorRow) -> Result<Vec<u8>, Error> {
    if !is_vector(&row.vector) {
        return Err(Error::Inconsistent { why: "a vector has no direction or holds a component of -128" });
    }
    let mut body = Vec::with_capacity(VECTOR_BODY);
    body.extend_from_slice(&row.model.0.to_le_bytes());
    body.push(match row.tier {
        Tier::Student => 0,
        Tier::Teacher => 1,
    });
    body.extend_from_slice(row.text_hash.as_bytes());
    body.extend_from_slice(&row.vector.scale.to_le_bytes());
    body.extend(row.vector.q.iter().map(|x| x.cast_unsigned()));
    seal(VECTORS, &row.chunk.0.to_be_bytes(), &body)
}

pub(crate) fn decode_vector(key: &[u8], value: &[u8]) -> Result<VectorRow, Error> {
    let bad = |why| corrupt(VECTORS, key, why);
    let chunk = number(key).ok_or_else(|| bad("its key is not a number"))?;
    let body: &[u8; VECTOR_BODY] =
        unseal(VECTORS, key, value)?.try_into().map_err(|_| bad("its length is wrong"))?;
    let mut text_hash = [0; 16];
    text_hash.copy_from_slice(&body[3..19]);
    let mut q = Box::new([0_i8; DIM]);
    for (to, from) in q.iter_mut().zip(&body[23..]) {
        *to = from.cast_signed();
    }
    let vector = QuantizedVector { scale: f32::from_le_bytes([body[19], body[20], body[21], body[22]]), q };
    if !is_vector(&vector) {
        return Err(bad("it is not a vector"));
    }
    let tier = match body[2] {
        0 => Tier::Student,
        1 => Tier::Teacher,
        _ => return Err(bad("its tier is unknown")),
    };
    let model = ModelId(u16::from_le_bytes([body[0], body[1]]));
    Ok(VectorRow { chunk: ChunkId(chunk), model, tier, text_hash: TextHash::from_bytes(text_hash), vector })
}

pub(crate) fn number(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

pub(crate) fn corrupt(tree: &'static str, key: &[u8], why: &'static str) -> Error {
    Error::Corrupt { tree, key: show(key), why }
}

fn pack<T: Serialize>(tree: &'static str, key: &[u8], body: &T) -> Result<Vec<u8>, Error> {
    postcard::to_stdvec(body).map_err(|_| corrupt(tree, key, "it cannot be written"))
}

fn unpack<'a, T: Deserialize<'a>>(tree: &'static str, key: &[u8], body: &'a [u8]) -> Result<T, Error> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(corrupt(tree, key, "it is longer than its content")),
        Err(_) => Err(corrupt(tree, key, "it does not decode")),
    }
}

/// A quantised unit vector: a scale that counts, and components whose negatives fit a byte too.
fn is_vector(vector: &QuantizedVector) -> bool {
    vector.scale.is_finite() && vector.scale > 0.0 && !vector.q.contains(&i8::MIN)
}

fn checksum(tree: &str, key: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(tree.as_bytes());
    hasher.update(key);
    hasher.update(body);
    hasher.finalize()
}

/// The first bytes of a key; a path may be long.
fn show(key: &[u8]) -> String {
    key.iter().take(32).map(|byte| format!("{byte:02x}")).collect()
}
