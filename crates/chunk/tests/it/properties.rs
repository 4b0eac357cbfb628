//! What holds for any text in any format.

use corpus::{Format, Heading, Span};
use proptest::prelude::*;

use crate::support::{chunks, document};

const NAMES: [&str; 18] = [
    "a.txt", "a.md", "a.html", "a.csv", "a.json", "a.jsonl", "a.yaml", "a.toml", "a.rs", "a.py", "a.js",
    "a.ts", "a.tsx", "a.go", "a.java", "a.c", "a.cpp", "a.sh",
];

/// Words, breaks and pieces of all syntaxes, in proportions that make chunks of many sizes.
fn texts() -> impl Strategy<Value = String> {
    let syntax = prop::sample::select(vec![
        "# H\n",
        "## I\n",
        "```\n",
        "| a | b |\n",
        "- ",
        "---\n",
        "\n\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n\t",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        ":",
        "\"",
        "'",
        "`",
        "/*",
        "*/",
        "//",
        "#",
        "fn f() {\n",
        "impl A {\n",
        "def f():\n",
        "class A:\n",
        "class A {\n",
        "func f() {\n",
        "int f(void) {\n",
        "const f = () => {\n",
        "[table]\n",
        "key:\n",
        "a = 1\n",
        "{\"a\": ",
        "\\",
        "<p>",
        "<h1>a</h1>",
        "<",
        "\u{feff}",
        "\u{85}",
        "\u{a0}",
        "\u{200b}",
    ]);
    let prose = prop::sample::select(vec![
        "Some words here. ",
        "word ",
        "e.g. this, ",
        "日本語の文。",
        "Überraschung! ",
        "x",
        "1.5 ",
        "e\u{301}",
    ]);
    let long = (
        1_usize..4000,
        prop::sample::select(vec!["a", "中", "é", ". ", "b ", ",", "\n", "{", "x\n\n", "(a,"]),
    )
        .prop_map(|(n, s)| s.repeat(n.min(9000 / s.len())));
    let piece = prop_oneof![4 => syntax.prop_map(str::to_owned), 8 => (prose, 1_usize..40).prop_map(|(s, n)| s.repeat(n)), 1 => long];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text_in_any_format(name in prop::sample::select(&NAMES[..]), text in texts()) {
        chunks(&document(name, &text));
    }

    #[test]
    fn any_headings_however_long(text in texts(), title in "[a-z中 ]{0,300}", level in 1_u8..7) {
        let mut document = document("a.txt", &text);
        document.format = Format::Markdown;
        document.title = Some(title.clone());
        let ends = text.split_inclusive('\n').scan(0, |at, line| { *at += line.len(); Some(*at) });
        document.headings = ends.step_by(7).collect::<Vec<_>>().windows(2)
            .map(|pair| Heading { span: Span::new(pair[0], pair[0] + text[pair[0]..pair[1]].find('\n').unwrap_or(0)), level, text: title.clone() })
            .filter(|heading| !heading.span.is_empty())
            .collect();
        chunks(&document);
    }
}

#[test]
fn white_space_has_no_chunks() {
    for name in NAMES {
        for text in ["", "\n", " \t\r\n\u{a0}\u{3000}\n", "\u{feff}", "\u{feff}\n"] {
            assert_eq!(chunks(&document(name, text)), [], "{name} {text:?}");
        }
    }
}
