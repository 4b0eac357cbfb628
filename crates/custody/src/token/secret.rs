//! What a token's holder knows.
//!
//! Invariant: 256 random bits. Nothing here prints a secret but [`Secret::reveal`].

use crate::{Result, random};

/// What every secret begins with, so that scanners of source code and logs know one when they see it.
pub const SECRET_PREFIX: &str = "wrk_";
/// What the secret of every offered transfer begins with: it opens nothing, but it can be made one that does.
pub const CLAIM_PREFIX: &str = "wrc_";
/// As many digits of base 62 as 256 bits need.
const RANDOM: usize = 43;
/// As many digits of base 62 as a CRC-32 needs.
const CHECK: usize = 6;
/// Ids are for people to type: no capitals, and no `i`, `l`, `o` and `u` to misread.
const ID_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID: usize = 8;

/// What a secret is for. A digest of one kind is of no use for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be let in.
    Token,
    /// To become the owner.
    Claim,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::Token => SECRET_PREFIX,
            Self::Claim => CLAIM_PREFIX,
        }
    }

    fn context(self) -> &'static str {
        match self {
            Self::Token => "workroom 2026-11-21 secret of a token",
            Self::Claim => "workroom 2026-11-21 secret of a transfer",
        }
    }
}

/// A secret: `wrk_` for a token, `wrc_` for a claim, 43 random characters, and 6 that are a checksum of what comes before.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What is kept of a secret. Compares in constant time.
pub(super) type Digest = blake3::Hash;

impl Secret {
    pub(super) fn random(purpose: Purpose) -> Result<Self> {
        let body = format!("{}{}", purpose.prefix(), random::text(random::BASE62, RANDOM)?);
        let check = checksum(&body);
        Ok(Self(body + &check))
    }

    /// The secret itself, to be shown to whoever is to have it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self, purpose: Purpose) -> Digest {
        digest(&self.0, purpose)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({}…)", self.0.get(..SECRET_PREFIX.len()).unwrap_or_default())
    }
}

/// The digest of what somebody gave as a secret, unless it has not even the form of one.
pub(super) fn digest_of(given: &str, purpose: Purpose) -> Option<Digest> {
    let prefix = purpose.prefix();
    let has_form = given.len() == prefix.len() + RANDOM + CHECK && given.starts_with(prefix);
    let (body, check) = given.split_at_checked(given.len().checked_sub(CHECK)?)?;
    (has_form && checksum(body) == check).then(|| digest(given, purpose))
}

/// A digest of its own kind, so that it is of use nowhere else.
fn digest(secret: &str, purpose: Purpose) -> Digest {
    Digest::from(blake3::derive_key(purpose.context(), secret.as_bytes()))
}

/// The CRC-32 in base 62, most significant digit first.
fn checksum(of: &str) -> String {
    let mut rest = crc32fast::hash(of.as_bytes()) as usize;
    let mut digits: Vec<u8> = Vec::with_capacity(CHECK);
    for _ in 0..CHECK {
        digits.extend(random::BASE62.get(rest % random::BASE62.len()));
        rest /= random::BASE62.len();
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// A new id. It says nothing about any secret.
pub(crate) fn random_id() -> Result<String> {
    random::text(ID_ALPHABET, ID)
}

#[cfg(test)]
mod tests {
    use super::Purpose::{Claim, Token};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_has_its_form_and_no_other_text_has() {
        let secret = Secret::random(Token).unwrap();
        let text = secret.reveal();
        assert_eq!(text.len(), 53);
        assert!(text.strip_prefix("wrk_").unwrap().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(digest_of(text, Token), Some(secret.digest(Token)));
        assert_eq!(digest_of(text, Claim), None);
        assert_ne!(Secret::random(Token).unwrap(), secret);
        assert_eq!(format!("{secret:?}"), "Secret(wrk_…)");
        assert!(!secret.digest(Token).to_string().contains(&text[4..]));
        let claim = Secret::random(Claim).unwrap();
        assert_eq!(format!("{claim:?}"), "Secret(wrc_…)");
        assert_eq!(digest_of(claim.reveal(), Claim), Some(claim.digest(Claim)));
        assert_ne!(claim.digest(Claim), claim.digest(Token));
        assert_eq!(digest_of(claim.reveal(), Token), None);

        let cut = &text[..52];
        let other_case = text.to_ascii_uppercase();
        for wrong in
            ["", "wrk_", cut, &format!("{text}0"), &format!(" {text}"), &other_case, "é".repeat(27).as_str()]
        {
            assert_eq!(digest_of(wrong, Token), None, "{wrong:?} was taken");
        }
    }

    #[test]
    fn the_checksum_is_what_scanners_expect() {
        // Values of zlib's crc32, written in base 62 by hand.
        assert_eq!(checksum(""), "000000");
        assert_eq!(checksum("123456789"), "3jZRME");
    }

    proptest! {
        #[test]
        fn a_mistyped_secret_is_noticed(at in 4..53_usize, to in "[0-9A-Za-z]") {
            let secret = Secret::random(Token).unwrap();
            let mut mistyped = secret.reveal().to_owned();
            mistyped.replace_range(at..=at, &to);
            prop_assert_eq!(digest_of(&mistyped, Token).is_some(), mistyped == secret.reveal());
        }

        #[test]
        fn any_text_is_a_secret_or_none(text in "\\PC{0,60}") {
            prop_assert_eq!(digest_of(&text, Token), None);
        }
    }
}
