//! Which document a zip archive or a compound file is, from its first bytes.
//!
//! Invariant: reads names only; nothing is unpacked, no offset in the file is followed.
//! Not here: the directories at the end of such files, which detection does not see; a name that stands there is the parser's to find.

use corpus::Format;
use memchr::memmem;

use crate::Skip;

/// What each OpenDocument or EPUB package says in its first member, `mimetype` (OpenDocument 1.3 part 2, section 3.3; OCF 3.3).
const MEDIA_TYPES: [(&[u8], Format); 4] = [
    (b"application/epub+zip", Format::Epub),
    (b"application/vnd.oasis.opendocument.text", Format::Odt),
    (b"application/vnd.oasis.opendocument.spreadsheet", Format::Ods),
    (b"application/vnd.oasis.opendocument.presentation", Format::Odp),
];

/// The folder in which an Office Open XML package keeps its main part by custom.
const FOLDERS: [(&[u8], Format); 3] =
    [(b"word/", Format::Docx), (b"xl/", Format::Xlsx), (b"ppt/", Format::Pptx)];

/// The main stream of each kind of compound file ([MS-DOC], [MS-XLS], [MS-PPT], [MS-OXMSG]).
const STREAMS: [(&str, Format); 5] = [
    ("WordDocument", Format::Doc),
    ("PowerPoint Document", Format::Ppt),
    ("Workbook", Format::Xls),
    ("Book", Format::Xls),
    ("__properties_version1.0", Format::Msg),
];

/// The format of a zip archive that begins with `head`. The file's name counts where the first members do not tell.
pub(crate) fn zip_format(head: &[u8], named: Option<Format>) -> Result<Format, Skip> {
    let packages =
        [Format::Docx, Format::Xlsx, Format::Pptx, Format::Odt, Format::Ods, Format::Odp, Format::Epub];
    let by_name = named.filter(|format| packages.contains(format));
    let mut members = members(head);
    let Some((first, content)) = members.next() else { return Ok(by_name.unwrap_or(Format::Zip)) };
    if first == b"mimetype" {
        let known = MEDIA_TYPES.iter().find(|(media_type, _)| content.starts_with(media_type));
        if let Some((_, format)) = known {
            return Ok(*format);
        }
        if content.starts_with(b"application/vnd.oasis.opendocument") {
            return Err(Skip::Unsupported { what: "an OpenDocument file of this kind".to_owned() });
        }
    }
    if first.starts_with(b"META-INF/MANIFEST.MF") && by_name.is_none() {
        return Err(Skip::Unsupported { what: "a package".to_owned() });
    }
    let mut names = std::iter::once(first).chain(members.map(|(name, _)| name));
    let found = names.find_map(|name| {
        FOLDERS.iter().find(|(folder, _)| name.starts_with(folder)).map(|(_, format)| *format)
    });
    // A zip archive of someone's folder `word` is still called `.zip`.
    let found =
        found.filter(|_| named != Some(Format::Zip) || memmem::find(head, b"[Content_Types].xml").is_some());
    Ok(found.or(by_name).unwrap_or(Format::Zip))
}

/// Name and beginning of the content of each member whose header stands in the head (APPNOTE 6.3.10, section 4.3.7).
fn members(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    memmem::find_iter(head, b"PK\x03\x04").filter_map(|at| {
        let header = head.get(at..)?;
        let length = |at: usize| {
            header
                .get(at..at + 2)
                .and_then(|two| two.try_into().ok())
                .map(|two| usize::from(u16::from_le_bytes(two)))
        };
        let (name, extra) = (length(26)?, length(28)?);
        Some((header.get(30..30 + name)?, header.get(30 + name + extra..).unwrap_or_default()))
    })
}

/// The format of a compound file that begins with `head`. Its directory may stand anywhere, so the name counts where it does not show.
pub(crate) fn compound_format(head: &[u8], named: Option<Format>) -> Result<Format, Skip> {
    let shown = |format: Format| {
        STREAMS.iter().any(|(name, of)| *of == format && memmem::find(head, &utf16(name)).is_some())
    };
    let old = match named {
        // An encrypted package is a compound file under its usual name.
        Some(format @ (Format::Docx | Format::Xlsx | Format::Pptx))
            if memmem::find(head, &utf16("EncryptedPackage")).is_some() =>
        {
            return Ok(format);
        }
        Some(format) if shown(format) => return Ok(format),
        named => named,
    };
    if let Some((_, format)) = STREAMS.iter().find(|(_, format)| shown(*format)) {
        return Ok(*format);
    }
    match old {
        Some(
            format @ (Format::Doc
            | Format::Xls
            | Format::Ppt
            | Format::Msg
            | Format::Docx
            | Format::Xlsx
            | Format::Pptx),
        ) => Ok(format),
        _ => Err(Skip::Unsupported { what: "an old Office document of unknown kind".to_owned() }),
    }
}

/// A name as directories of compound files hold it, with the mark that ends it.
fn utf16(name: &str) -> Vec<u8> {
    name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, content: &[u8]) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend([0; 22]);
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
        bytes.extend(content);
        bytes
    }

    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        members.iter().flat_map(|(name, content)| member(name, content)).collect()
    }

    #[test]
    fn packages_by_their_first_members() {
        let check = |members: &[(&str, &[u8])], named, expected: Option<Format>| {
            assert_eq!(zip_format(&zip(members), named).ok(), expected, "{members:?} {named:?}");
        };
        check(&[("mimetype", b"application/epub+zipPK")], None, Some(Format::Epub));
        check(&[("mimetype", b"application/vnd.oasis.opendocument.text-template")], None, Some(Format::Odt));
        check(&[("mimetype", b"application/vnd.oasis.opendocument.graphics")], None, None);
        check(
            &[("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"")],
            Some(Format::Docx),
            Some(Format::Xlsx),
        );
        check(&[("[Content_Types].xml", b"x")], Some(Format::Pptx), Some(Format::Pptx));
        check(&[("word/list.txt", b"x")], Some(Format::Zip), Some(Format::Zip));
        check(&[("a.txt", b"x")], Some(Format::Text), Some(Format::Zip));
        check(&[("META-INF/MANIFEST.MF", b"x")], None, None);
        check(&[], Some(Format::Odt), Some(Format::Odt));
    }

    #[test]
    fn compound_files_by_their_streams() {
        let check = |streams: &[&str], named, expected: Option<Format>| {
            let head: Vec<u8> = streams.iter().flat_map(|name| utf16(name)).collect();
            assert_eq!(compound_format(&head, named).ok(), expected, "{streams:?} {named:?}");
        };
        check(&["Workbook", "WordDocument"], Some(Format::Doc), Some(Format::Doc));
        check(&["Workbook"], Some(Format::Doc), Some(Format::Xls));
        check(&["Workbooks"], Some(Format::Doc), Some(Format::Doc));
        check(&["EncryptedPackage"], Some(Format::Docx), Some(Format::Docx));
        check(&["WordDocument"], Some(Format::Docx), Some(Format::Doc));
        check(&["__properties_version1.0"], None, Some(Format::Msg));
        check(&[], Some(Format::Ppt), Some(Format::Ppt));
        check(&[], Some(Format::Text), None);
    }
}
