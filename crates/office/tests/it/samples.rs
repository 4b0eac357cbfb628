//! Files that real programs made (see `tests/samples/make.py`), read back whole.

use std::path::{Path, PathBuf};

use corpus::Format;

use crate::render::render;

/// The samples with their formats.
pub(crate) fn samples() -> Vec<(PathBuf, Format)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let format = Format::from_name(path.extension()?.to_str()?)?;
            (format != Format::Code(corpus::Language::Python) && format.is_fenced()).then_some((path, format))
        })
        .collect();
    samples.sort();
    samples
}

#[test]
fn samples_are_read_whole() {
    let samples = samples();
    assert_eq!(samples.len(), 8);
    for (path, format) in samples {
        let document = workroom_office::read(std::fs::read(&path).unwrap(), format).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        insta::assert_snapshot!(name, render(&document));
    }
}

#[test]
fn metadata_of_samples() {
    let read = |name: &str, format| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name);
        workroom_office::read(std::fs::read(path).unwrap(), format).unwrap().metadata
    };
    assert_eq!(read("python.pptx", Format::Pptx).pages, Some(4));
    assert_eq!(read("libreoffice.odp", Format::Odp).pages, Some(4));
    assert_eq!(read("libreoffice.odt", Format::Odt).created_ms, Some(1_583_049_600_000));
    assert_eq!(read("libreoffice.docx", Format::Docx).created_ms, Some(1_583_049_600_000));
}
