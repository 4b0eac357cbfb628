//! RTF in small pieces, and in pieces that make no sense.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(body: &str, expected: &str) {
    let text = read(format!("{{\\rtf1\\ansi {body}}}").as_bytes()).map(|document| document.text);
    assert_eq!(text.as_deref().map(str::trim_end), Ok(expected), "{body}");
}

#[test]
fn characters() {
    check(r"caf\'e9 \emdash  a\~b \{x\}\par", "caf\u{e9} \u{2014} a b {x}");
    check(
        r"{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}{\f2\fcharset128 C;}}\f1 \'e4\'e0 {\f2\'93\'fa\'96{}\'7b}\par",
        "\u{434}\u{430} \u{65e5}\u{fffd}{",
    );
    check(
        r"\uc1\u8364?1 \uc2\u8364\'80\'802 \uc0\u8364 3 \u-10179 \u-8703 .",
        "\u{20ac}1 \u{20ac}2 \u{20ac}3 \u{1f601}.",
    );
    check(r"{\uc3 \u65 abc}d\u66 {\b x}?e", "AdBx?e");
    check("a\\\nb\\par c", "a\n\nb\n\nc");
}

#[test]
fn structure() {
    check(
        r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s7\sbasedon1 Titre 2;}{\*\cs10 heading 3;}}\pard\s1 One\par\pard\s7 Two\par\pard\s10 text\par\pard\outlinelevel2 Three\par",
        "One\n\nTwo\n\ntext\n\nThree",
    );
    check(
        r"a\par{\listtext\pard\plain\f3 \'b7\tab}\ilvl0 first\par{\pntext 2)\tab}\ilvl1 second\par",
        "a\n- first\n  2) second",
    );
    check(
        r"before\par\trowd\trhdr\pard\intbl Name\cell Tons\cell\row\trowd\pard\intbl Ada\par Toll\cell 3\cell\row\pard after\par",
        "before\n\nName | Tons\nAda Toll | 3\n\nafter",
    );
    check(r"a\chftn{\footnote \chftn  the note\par more} b\par", "a[^1] b\n\n[^1]: the note more");
    // Each kind of note is counted by itself, and told before the next heading.
    check(
        r"a{\footnote one}b{\footnote\ftnalt two}c{\*\annotation why}{\footnote three}\par\outlinelevel0 Next\par\pard d{\footnote four}\par",
        "a[^1]b[^e1]c[^c1][^2]\n\n[^1]: one\n[^e1]: two\n[^c1]: why\n[^2]: three\n\nNext\n\nd[^3]\n\n[^3]: four",
    );
    check(
        r"x{\shp{\*\shpinst\shptop0{\sp{\sn a}{\sv 1}}{\shptxt in a box\par}}{\shprslt copy}}y\par z",
        "xy\n\nin a box\n\nz",
    );
}

#[test]
fn what_is_not_seen() {
    check(r"a{\v hidden}{\*\unknown{\b x}}{\pict 00ff}{\header h}{\deleted gone}b", "ab");
    check(r#"see {\field{\*\fldinst HYPERLINK "http://x"}{\fldrslt here}}."#, "see here.");
    check(r"a\bin3 }}}b", "ab");
    check(r"{\upr{old}{\*\ud{new}}}", "new");
}

#[test]
fn what_it_says_of_itself() {
    let document = read(
        br"{\rtf1{\info{\title The mill}{\author Ada}{\keywords tide; ebb}{\creatim\yr2023\mo3\dy5\hr14\min30}{\nofpages7}}words}",
    )
    .unwrap();
    assert_eq!((document.title.as_deref(), document.text.as_str()), (Some("The mill"), "words\n"));
    let about = document.metadata;
    assert_eq!(
        (about.authors, about.keywords),
        (vec!["Ada".to_owned()], vec!["tide".to_owned(), "ebb".to_owned()])
    );
    assert_eq!((about.created_ms, about.pages), (Some(1_678_026_600_000), Some(7)));
}

#[test]
fn nesting_is_bounded_and_balanced() {
    let deep = format!("{{\\rtf1 {}deep{} end}}", "{".repeat(300_000), "}".repeat(300_000));
    assert_eq!(rtf_text(deep.as_bytes()), "deep end\n");
    assert_eq!(rtf_text(b"{\\rtf1 }}}}a{{{b"), "ab\n");
    assert_eq!(read(b"rtf").unwrap_err().code(), "damaged");
    assert_eq!(read(b"{\\rtf1 }").unwrap_err().code(), "no-text");
}

proptest! {
    #[test]
    fn any_rtf_is_a_document_or_a_reason(pieces in prop::collection::vec(prop_oneof![
        Just("{"), Just("}"), Just("\\*"), Just("\\par "), Just("\\cell "), Just("\\row "), Just("\\intbl "), Just("\\footnote "),
        Just("\\shptxt "), Just("\\u-300 "), Just("\\uc9 "), Just("\\'8"), Just("\\'e9"), Just("\\bin9 "), Just("\\bin-1 "), Just("a"), Just("\\ud "),
        Just("\\upr "), Just("\\stylesheet "), Just("\\fonttbl "), Just("\\f-3 "), Just("\\listtext "), Just("\\v "), Just("\\info "), Just("\\title "), Just("\\pard "),
    ], 0..60)) {
        drop(read(format!("{{\\rtf1{}", pieces.concat()).as_bytes()));
    }
}
