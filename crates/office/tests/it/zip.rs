//! Packages for tests: entries that are stored, with a directory.

/// A package of these entries.
pub(crate) fn package(entries: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in entries {
        let offset = out.len() as u32;
        let mut sizes = crc(text.as_bytes()).to_le_bytes().to_vec();
        sizes.extend([text.len() as u32; 2].iter().flat_map(|size| size.to_le_bytes()));
        sizes.extend((name.len() as u16).to_le_bytes());
        out.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0");
        out.extend(&sizes);
        out.extend(b"\0\0");
        out.extend(name.bytes().chain(text.bytes()));
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\x21\0");
        directory.extend(&sizes);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (start, size, n) = (out.len() as u32, directory.len() as u32, entries.len() as u16);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([n; 2].iter().flat_map(|n| n.to_le_bytes()));
    out.extend([size, start].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(b"\0\0");
    out
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
