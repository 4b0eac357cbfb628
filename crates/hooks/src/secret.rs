//! Secrets, and what is signed with them.
//!
//! Invariant: a secret is 32 random bytes, one endpoint's alone. It is shown when it is made, and in no error and no log.

use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use standardwebhooks::Webhook;

/// What every secret begins with.
const PREFIX: &str = "whsec_";
const BYTES: usize = 32;

/// What deliveries are signed with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> Result<Self> {
        let mut bytes = [0; BYTES];
        fill(&mut bytes)?;
        Ok(Self(format!("{PREFIX}{}", STANDARD.encode(bytes))))
    }

    /// The text, for whoever is to check signatures.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The signature of a message that is sent at that second.
    pub(crate) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> Result<String> {
        let unusable = |error: standardwebhooks::WebhookError| {
            Error::System(format!("a delivery cannot be signed: {error}"))
        };
        Webhook::new(&self.0).and_then(|webhook| webhook.sign(id, seconds, body)).map_err(unusable)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Fills `bytes` with random ones.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::System(format!("the system gives no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;
    use sha2::Sha256;

    /// The same by code that shares nothing with it.
    fn signed(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
        let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn the_specifications_example() {
        let secret = Secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned());
        let (id, body) =
            ("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", br#"{"email":"test@example.com","username":"test_user"}"#);
        let expected = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(secret.sign(id, 1_649_367_553, body).unwrap(), expected);
        assert_eq!(signed(secret.reveal(), id, 1_649_367_553, body), expected);
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    proptest! {
        #[test]
        fn two_implementations_sign_alike(id in "msg_[A-Za-z0-9]{22}", seconds: i64, body in "\\PC{0,40}") {
            let secret = Secret::new().unwrap();
            prop_assert_eq!(secret.sign(&id, seconds, body.as_bytes()).unwrap(), signed(secret.reveal(), &id, seconds, body.as_bytes()));
        }
    }
}
