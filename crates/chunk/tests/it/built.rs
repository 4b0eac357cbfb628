//! Documents that were built from files with pages, slides, sheets and tables.

use corpus::{Document, Format, Metadata, Place, Unit};
use extract::Builder;
use proptest::prelude::*;

use crate::support::chunks;

/// One line a chunk: its place, headings, the header it goes on under, its first and last line.
fn check(build: Builder, format: Format, expected: &[&str]) {
    let document = build.finish(format, None, Metadata::default()).unwrap();
    let found: Vec<String> = chunks(&document)
        .iter()
        .map(|chunk| {
            let body = chunk.span.of(&document.text).unwrap();
            let (first, last) = (body.lines().next().unwrap(), body.lines().last().unwrap());
            let place = chunk.place.as_ref().map(Place::label).unwrap_or_default();
            let header = chunk.header.as_deref().unwrap_or_default();
            format!("{place} [{}] [{header}] {first} .. {last}", chunk.headings.join(" > "))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_page_or_slide_shares_its_chunk_with_no_other() {
    let mut build = Builder::new();
    for n in 1..=3 {
        build.place(Place::one(Unit::Slide, n, None));
        build.heading(1, &format!("Slide {n}"));
        build.paragraph("Few words.");
    }
    check(
        build,
        Format::Pptx,
        &[
            "slide 1 [Slide 1] [] Slide 1 .. Few words.",
            "slide 2 [Slide 2] [] Slide 2 .. Few words.",
            "slide 3 [Slide 3] [] Slide 3 .. Few words.",
        ],
    );
}

#[test]
fn long_headings_and_long_headers_leave_room_for_rows() {
    // Ideographs are a piece each, so that 120 characters of either are half of what a model reads.
    let dense = |n: usize| "\u{6f6e}\u{78e8}".repeat(n);
    let mut build = Builder::new();
    build.heading(1, &dense(60));
    build.begin_table(&[dense(30), dense(30)]);
    (0..40).for_each(|_| build.row(&["north gate", "4"]));
    let document = build.finish(Format::Docx, None, Metadata::default()).unwrap();
    // That none is too long is among what is checked of all chunks.
    let last = chunks(&document).pop().unwrap();
    assert_eq!(last.header.map(|header| header.chars().count()), Some(14));
}

#[test]
fn a_heading_at_the_foot_of_a_page_stays_on_it() {
    let mut build = Builder::new();
    build.place(Place::one(Unit::Page, 1, None));
    build.paragraph("First page.");
    build.heading(1, "Costs");
    build.place(Place::one(Unit::Page, 2, None));
    build.paragraph("Second page.");
    check(
        build,
        Format::Pdf,
        &["page 1 [Costs] [] First page. .. Costs", "page 2 [Costs] [] Second page. .. Second page."],
    );
}

#[test]
fn rows_are_cited_by_their_cells_and_know_their_header() {
    let mut build = Builder::new();
    for sheet in ["Rain", "Wind"] {
        build.heading(1, sheet);
        build.begin_block();
        build.place(Place::rows(sheet, (3, 42), (0, 1)));
        build.begin_table(&["Day", "Millimetres of rain"]);
        for row in 4..=42 {
            build.row(&[format!("{row} of the month"), format!("{} millimetres", row * 3)]);
        }
        build.end_place();
    }
    check(
        build,
        Format::Xlsx,
        &[
            "sheet Rain, A3:B22 [Rain] [] Rain .. 22 of the month | 66 millimetres",
            "sheet Rain, A23:B42 [Rain] [Day | Millimetres of rain] 23 of the month | 69 millimetres .. 42 of the month | 126 millimetres",
            "sheet Wind, A3:B22 [Wind] [] Wind .. 22 of the month | 66 millimetres",
            "sheet Wind, A23:B42 [Wind] [Day | Millimetres of rain] 23 of the month | 69 millimetres .. 42 of the month | 126 millimetres",
        ],
    );
}

#[test]
fn a_long_table_in_prose_is_cut_between_rows() {
    let mut build = Builder::new();
    build.paragraph("What each wheel ground.");
    build.begin_table(&["Wheel", "Tons"]);
    for row in 0..60 {
        build.row(&[format!("wheel number {row}"), format!("{row} tons and some")]);
    }
    build.paragraph("So much for that.");
    check(
        build,
        Format::Docx,
        &[
            " [] [] What each wheel ground. .. wheel number 17 | 17 tons and some",
            " [] [Wheel | Tons] wheel number 18 | 18 tons and some .. wheel number 37 | 37 tons and some",
            " [] [Wheel | Tons] wheel number 38 | 38 tons and some .. So much for that.",
        ],
    );
}

#[derive(Clone, Debug)]
enum Step {
    Page,
    Heading(u8),
    Paragraph(usize),
    Table(usize),
}

fn document(steps: &[Step]) -> Document {
    let mut build = Builder::new();
    let mut page = 0;
    for step in steps {
        match step {
            Step::Page => {
                page += 1;
                build.place(Place::one(Unit::Page, page, None));
            }
            Step::Heading(level) => build.heading(*level, &format!("Part {level}")),
            Step::Paragraph(n) => build.paragraph(&"Some words here, and more. ".repeat(*n)),
            Step::Table(n) => {
                build.begin_table(&["Name", "Weight"]);
                (0..*n).for_each(|row| build.row(&[format!("name {row}"), "12 tons".to_owned()]));
            }
        }
    }
    build.finish(Format::Docx, None, Metadata::default()).unwrap()
}

proptest! {
    #[test]
    fn every_chunk_lies_on_one_page(steps in prop::collection::vec(prop_oneof![
        Just(Step::Page),
        (1..4_u8).prop_map(Step::Heading),
        (1..60_usize).prop_map(Step::Paragraph),
        (0..80_usize).prop_map(Step::Table),
    ], 0..12)) {
        let document = document(&steps);
        for chunk in chunks(&document) {
            if let Some(place) = &chunk.place {
                prop_assert_eq!(place.first, place.last);
            }
            if let Some(header) = &chunk.header {
                let body = chunk.span.of(&document.text).unwrap();
                prop_assert!(header == "Name | Weight" && !body.starts_with("Name |"));
            }
        }
    }
}
