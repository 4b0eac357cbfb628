//! Bombs in the formats of older office programs.

use super::{Bomb, bomb};
use corpus::Format::{Doc, Msg, Ppt, Rtf, Xls};

const DEEP: usize = 100_000;

pub(super) const BOMBS: [Bomb; 14] = [
    bomb("rtf: groups in groups", Rtf, || rtf(&"{\\b ".repeat(10 * DEEP))),
    bomb("rtf: tables in tables", Rtf, || {
        rtf(&"\\intbl\\itap99999 a\\nestcell{\\*\\nesttableprops\\trowd\\nestrow}".repeat(10_000))
    }),
    bomb("rtf: two billion bytes that are not there", Rtf, || {
        rtf("a\\bin2147483647 b\\bin-2147483648 c\\bin99999999999999999999 d")
    }),
    bomb("rtf: two billion blanks to leave out", Rtf, || rtf(&"\\uc2147483647\\u8364 a".repeat(DEEP))),
    bomb("rtf: fields in fields", Rtf, || rtf(&"{\\field{\\*\\fldinst HYPERLINK}{\\fldrslt ".repeat(DEEP))),
    bomb("rtf: foot notes in foot notes", Rtf, || rtf(&"a{\\footnote ".repeat(DEEP))),
    bomb("rtf: a million fonts", Rtf, || {
        rtf(&format!(
            "{{\\fonttbl{}}}a",
            (0..10 * DEEP).map(|n| format!("{{\\f{n} a;}}")).collect::<String>()
        ))
    }),
    bomb("rtf: 100,000 rows of cells far to the right", Rtf, || {
        rtf(&"\\trowd\\cellx2147483647\\cellx-1\\intbl a\\cell\\row".repeat(DEEP))
    }),
    bomb("doc: sectors in a ring", Doc, ring),
    bomb("xls: sectors in a ring", Xls, ring),
    bomb("ppt: sectors in a ring", Ppt, ring),
    bomb("msg: sectors in a ring", Msg, ring),
    bomb("doc: folders that hold themselves", Doc, own_children),
    bomb("msg: folders that hold themselves", Msg, own_children),
];

fn rtf(body: &str) -> Vec<u8> {
    format!("{{\\rtf1\\ansi {body}").into_bytes()
}

/// A compound file whose allocation table leads every sector to itself, and whose streams are as long as can be said.
fn ring() -> Vec<u8> {
    compound(|sector| sector, [0xffff_ffff, 0xffff_ffff, 0xffff_ffff])
}

/// A compound file whose entries are each the others' sisters and children.
fn own_children() -> Vec<u8> {
    compound(|_| 0xffff_fffe, [0, 1, 2])
}

/// A compound file: header, allocation table, directory, and some sectors of zeros. `next` tells what follows a sector; `kin` are the
/// left and right sister and the child of every entry.
fn compound(next: impl Fn(u32) -> u32, kin: [u32; 3]) -> Vec<u8> {
    const NAMES: [&str; 4] = ["Root Entry", "WordDocument", "Workbook", "__substg1.0_0037001F"];
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.extend([0; 16]);
    file.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    file.extend([0; 10]);
    // One sector of the table, the directory at sector 1; the table of small sectors and that of tables at sector 2.
    file.extend([1_u32, 1, 0, 4096, 2, u32::MAX, 2, u32::MAX, 0].map(u32::to_le_bytes).concat());
    file.extend(std::iter::repeat_n(u32::MAX, 108).flat_map(u32::to_le_bytes));
    file.truncate(512);
    file.extend((0..128).flat_map(|sector| next(sector).to_le_bytes()));
    for (n, name) in NAMES.iter().enumerate() {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend(((name.len() + 1) as u16 * 2).to_le_bytes());
        entry.extend([if n == 0 { 5 } else { 2 }, 1]);
        entry.extend(kin.map(u32::to_le_bytes).concat());
        entry.resize(116, 0);
        entry.extend(3_u32.to_le_bytes());
        entry.extend(0x7fff_ffff_u64.to_le_bytes());
        file.extend(entry);
    }
    file.resize(512 * 8, 0);
    file
}
