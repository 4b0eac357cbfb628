//! The files that are read, and what each tool took for one.

use crate::Failure;
use corpus::{DocPath, Format};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The formats that are compared: all but plain text, code, archives and images.
const FORMATS: [Format; 23] = [
    Format::Pdf,
    Format::Docx,
    Format::Doc,
    Format::Odt,
    Format::Rtf,
    Format::Pptx,
    Format::Ppt,
    Format::Odp,
    Format::Xlsx,
    Format::Xls,
    Format::Ods,
    Format::Csv,
    Format::Html,
    Format::Epub,
    Format::Xml,
    Format::Email,
    Format::Mbox,
    Format::Msg,
    Format::Notebook,
    Format::Rst,
    Format::Org,
    Format::AsciiDoc,
    Format::Latex,
];

/// A file.
pub(crate) struct Case {
    pub(crate) file: PathBuf,
    pub(crate) path: DocPath,
    pub(crate) format: Format,
    pub(crate) bytes: u64,
}

/// What reading took, and how much text came of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) seconds: f64,
    pub(crate) text_bytes: usize,
}

/// A reading, or why there is none.
pub(crate) type Taken = Result<Reading, String>;

/// A file and what each tool took for it; `None` when the tool is missing or does not read the format.
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) pages: Option<u32>,
    pub(crate) ours: Taken,
    pub(crate) pdftotext: Option<Taken>,
    pub(crate) markitdown: Option<Taken>,
    /// The most memory that a child of its own held.
    pub(crate) peak: Option<u64>,
}

/// The documents of a folder, by format and path.
pub(crate) fn collect(root: &Path) -> Result<Vec<Case>, Failure> {
    let (mut cases, mut open) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else if let Some(case) = case(root, entry.path())? {
                cases.push(case);
            }
        }
    }
    let place = |case: &Case| FORMATS.iter().position(|format| *format == case.format);
    cases.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.path.as_str().cmp(b.path.as_str())));
    Ok(cases)
}

fn case(root: &Path, file: PathBuf) -> Result<Option<Case>, Failure> {
    let path = DocPath::from_fs(root, &file)?;
    let mut head = Vec::new();
    let mut opened = std::fs::File::open(&file)?;
    let bytes = opened.metadata()?.len();
    opened.by_ref().take(extract::HEAD_BYTES as u64).read_to_end(&mut head)?;
    let format = extract::detect_format(&path, &head).ok().filter(|format| FORMATS.contains(format));
    Ok(format.map(|format| Case { file, path, format, bytes }))
}
