//! The head: where a log has got to, signed.
//!
//! Invariant: a head that verifies was made by whoever has the key of that log, when the record of that number had that hash.
//! Not here: when one is made (`log`). The key lies beside the log: whoever may write there can make the whole log anew, and sign it. What
//! keeps such a one from being believed is a head that was kept elsewhere.

use super::line::Hash;
use crate::{Error, Result};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::path::Path;

const SIGNED_AS: &[u8] = b"workroom 2026-11-21 head of an audit log";
const SEED: usize = 32;

/// Where a log has got to, signed by its key (Ed25519, RFC 8032).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of the last record.
    pub seq: u64,
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// When this was signed, in milliseconds since 1970.
    pub at_ms: i64,
    /// The public key, in hexadecimal.
    pub key: String,
    /// The signature, in hexadecimal.
    pub signature: String,
}

/// What heads are signed with.
pub(super) struct Key(Ed25519KeyPair);

impl Head {
    /// Whether the signature is its key's.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let (Some(key), Some(signature)) = (unhex(&self.key), unhex(&self.signature)) else { return false };
        let key = UnparsedPublicKey::new(&ED25519, key);
        key.verify(&signed(self.seq, &self.hash, self.at_ms), &signature).is_ok()
    }
}

impl Key {
    /// The key that lies at `path`, made if there is none; and whether what lay there was none, and is put aside.
    pub(super) fn open(path: &Path) -> Result<(Self, bool)> {
        let seed = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
            Err(error) => return Err(Error::io(path, "read")(error)),
        };
        if let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(&seed) {
            return Ok((Self(pair), false));
        }
        let aside = path.with_extension("damaged");
        std::fs::rename(path, &aside).map_err(Error::io(path, "put aside"))?;
        let made = Ed25519KeyPair::from_seed_unchecked(&make(path)?);
        let why = "it is no key";
        let made =
            made.map_err(|_| Error::Damaged { path: path.to_path_buf(), offset: 0, record: 0, why })?;
        Ok((Self(made), true))
    }

    /// The public key, in hexadecimal.
    pub(super) fn public(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    pub(super) fn sign(&self, seq: u64, hash: &Hash, at_ms: i64) -> Head {
        let hash = hash.to_hex().to_string();
        let signature = hex(self.0.sign(&signed(seq, &hash, at_ms)).as_ref());
        Head { seq, hash, at_ms, key: self.public(), signature }
    }
}

fn make(path: &Path) -> Result<Vec<u8>> {
    let mut seed = vec![0; SEED];
    crate::random::fill(&mut seed)?;
    let unfinished = path.with_extension("new");
    let file = crate::journal::private().write(true).create(true).truncate(true).open(&unfinished);
    let mut file = file.map_err(Error::io(&unfinished, "make"))?;
    file.write_all(&seed).and_then(|()| file.sync_all()).map_err(Error::io(&unfinished, "write"))?;
    std::fs::rename(&unfinished, path).map_err(Error::io(path, "put in place"))?;
    crate::journal::sync_folder(path)?;
    Ok(seed)
}

fn signed(seq: u64, hash: &str, at_ms: i64) -> Vec<u8> {
    [SIGNED_AS, &seq.to_le_bytes(), hash.as_bytes(), &at_ms.to_le_bytes()].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
