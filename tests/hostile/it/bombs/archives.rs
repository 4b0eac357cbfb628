//! Bombs in archives.

use super::{Bomb, bomb};
use corpus::Format::{Tar, Zip as ZipArchive};
use flate2::Compression;
use flate2::write::GzEncoder;
use hostile::zip::Zip;
use std::io::Write;

pub(super) const BOMBS: [Bomb; 9] = [
    bomb("zip: 16 zips of 16 zips of 16 gigabytes", ZipArchive, || {
        (0..3).fold(gigabyte("a.txt"), |inner, _| copies(16, &inner))
    }),
    bomb("zip: 100 texts of 60 megabytes", ZipArchive, || copies_of_texts(100)),
    bomb("zip: 2,000 zips in one another", ZipArchive, || {
        (0..2000).fold(b"a".to_vec(), |inner, _| copies(1, &inner))
    }),
    bomb("zip: 100,000 members", ZipArchive, || {
        let mut zip = Zip::new();
        (0..100_000).for_each(|n| zip.stored(format!("{n}.txt").as_bytes(), b"a"));
        zip.done()
    }),
    bomb("zip: 5,000 members of one name", ZipArchive, || {
        let mut zip = Zip::new();
        (0..5000).for_each(|_| zip.stored(b"a.txt", b"a"));
        zip.done()
    }),
    bomb("tar: a member of 8 exabytes", Tar, || {
        member("a.txt", b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff")
    }),
    bomb("tar: a name of 8 gigabytes", Tar, || member("././@LongLink", b"77777777777\0")),
    bomb("tar: two gigabytes of zeros, compressed", Tar, || {
        let head = member("a.txt", b"17777777777\0");
        gz([&head[..512]].into_iter().chain(std::iter::repeat_n(&[0; 1 << 16][..], 1 << 15)))
    }),
    bomb("tar: a million empty members, compressed", Tar, || {
        let head = member("a.txt", b"00000000000\0");
        gz(std::iter::repeat_n(&head[..512], 1_000_000))
    }),
];

/// A zip archive of one text of a gigabyte.
fn gigabyte(name: &str) -> Vec<u8> {
    let mut zip = Zip::new();
    zip.deflated(name.as_bytes(), &[b'a'; 1 << 20], 1 << 10).unwrap();
    zip.done()
}

fn copies(n: usize, inner: &[u8]) -> Vec<u8> {
    let mut zip = Zip::new();
    (0..n).for_each(|n| zip.deflated(format!("{n}.zip").as_bytes(), inner, 1).unwrap());
    zip.done()
}

/// As many texts of 60 MiB, which is allowed for one.
fn copies_of_texts(n: usize) -> Vec<u8> {
    let mut zip = Zip::new();
    let block = "The gate. ".repeat(100_000);
    for n in 0..n {
        zip.deflated(format!("{n}.txt").as_bytes(), block.as_bytes(), 60).unwrap();
    }
    zip.done()
}

/// A tar archive of one member that says it is of that size.
fn member(name: &str, size: &[u8; 12]) -> Vec<u8> {
    let mut block = vec![0; 2048];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(size);
    block[148..156].copy_from_slice(&[b' '; 8]);
    block[156] = if name.starts_with("././") { b'L' } else { b'0' };
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block[..512].iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn gz<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    pieces.for_each(|piece| gz.write_all(piece).unwrap());
    gz.finish().unwrap()
}
