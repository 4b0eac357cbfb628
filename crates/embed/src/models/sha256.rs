//! SHA-256 in hexadecimal: the checksum that packages and model hubs publish.
//!
//! Not here: checksums of our own files, which are BLAKE3.

use std::io::{Read, Write};

use sha2::{Digest, Sha256};

/// Of bytes in memory.
pub(super) fn of(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).as_slice())
}

/// Copies, and hashes what went by.
pub(super) fn copy(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Ok(hex(hash.finalize().as_slice()));
        }
        hash.update(&buffer[..n]);
        to.write_all(&buffer[..n])?;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_value() {
        let mut copied = Vec::new();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::of(b"abc"), expected);
        assert_eq!(super::copy(&mut &b"abc"[..], &mut copied).unwrap(), expected);
        assert_eq!(copied, b"abc");
    }
}
