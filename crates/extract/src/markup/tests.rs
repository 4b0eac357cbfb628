//! Each format as its manual writes it, and as people do.

use super::*;

/// Title, then each heading as `level|span text|words`.
#[track_caller]
fn check(format: Format, source: &str, expected: &[&str]) -> Document {
    let document = read(source.as_bytes().to_vec(), format).unwrap();
    assert_eq!(document.text, source);
    let mut found = vec![document.title.clone().unwrap_or_default()];
    let shown = |h: &Heading| format!("{}|{}|{}", h.level, h.span.of(source).unwrap(), h.text);
    found.extend(document.headings.iter().map(shown));
    assert_eq!(found, expected, "{source}");
    document
}

#[test]
fn restructured_text() {
    let rst = |source: &str, expected: &[&str]| check(Format::Rst, source, expected);
    rst(
        "====\nMill\n====\n\n:Author: Ada Byron\n:Date: 2024-03-05\n\nTides\n=====\ntext\n\nEbb `a`\n-------\n\nSea\n===\n",
        &[
            "Mill",
            "1|====\nMill\n====|Mill",
            "2|Tides\n=====|Tides",
            "3|Ebb `a`\n-------|Ebb a",
            "2|Sea\n===|Sea",
        ],
    );
    rst(
        "Use :ref:`the mill`\n~~~~~~~~~~~~~~~~~~~\n",
        &["Use the mill", "1|Use :ref:`the mill`\n~~~~~~~~~~~~~~~~~~~|Use the mill"],
    );
    rst("text\nmore\n----\n\n----\n\n- item\n------\n\n.. note::\n\n   In\n   ==\n\n", &[""]);
    rst("===== =====\na     b\n===== =====\n", &[""]);
    rst("\u{feff}Ä\n==\r\n", &["Ä", "1|Ä\n==|Ä"]);
    let document = rst(":Authors: Ada; Bo <b@b.c>\n:Date: 5 March\n\nText", &[""]);
    assert_eq!(
        (document.metadata.authors, document.metadata.created_ms),
        (vec!["Ada".to_owned(), "Bo".to_owned()], None)
    );
}

#[test]
fn asciidoc() {
    let adoc = |source: &str, expected: &[&str]| check(Format::AsciiDoc, source, expected);
    let document = adoc(
        "= The Mill\nAda Byron <ada@mill.example>; Bo Li\nv1.0, 2024-03-05: first\n:keywords: tide, mill\n\n== Tides ==\n\n[[e]]\n=== [[ebb]]Ebb\n",
        &["The Mill", "1|= The Mill|The Mill", "2|== Tides ==|Tides", "3|=== [[ebb]]Ebb|Ebb"],
    );
    assert_eq!(document.metadata.authors, ["Ada Byron", "Bo Li"]);
    assert_eq!(document.metadata.keywords, ["tide", "mill"]);
    assert_eq!(document.metadata.created_ms, Some(1_709_596_800_000));
    adoc(
        "Mill\n====\n\nTides\n-----\n\ntext\n\n----\n== no\n----\n\n....\n= no\n....\n\n== yes\n",
        &["Mill", "1|Mill\n====|Mill", "2|Tides\n-----|Tides", "2|== yes|yes"],
    );
    adoc("A long paragraph here\n----\n== code\n----\n", &[""]);
    adoc("=no\n==\n======= no\n", &[""]);
}

#[test]
fn org() {
    let org = |source: &str, expected: &[&str]| check(Format::Org, source, expected);
    let open = concat!("TO", "DO");
    let document = org(
        &format!(
            "#+TITLE: Mill\n#+author: Ada\n#+{open}: WAIT(w@) | GONE\n* {open} [#A] Tides :a:b:\n** WAIT See [[x][the sea]]\n*bold*\n * no\n*** Ratio 1:2\n"
        ),
        &[
            "Mill",
            &format!("1|* {open} [#A] Tides :a:b:|Tides"),
            "2|** WAIT See [[x][the sea]]|See the sea",
            "3|*** Ratio 1:2|Ratio 1:2",
        ],
    );
    assert_eq!(document.metadata.authors, ["Ada"]);
    org("* DONE\n* A\n", &["A", "1|* A|A"]);
}

#[test]
fn latex() {
    let tex = |source: &str, expected: &[&str]| check(Format::Latex, source, expected);
    let document = tex(
        "\\title{The \\emph{Mill}\\thanks{to all}}\n\\author{Ada \\and J\\\"urgen\\\\Sea}\n% \\section{no}\n\\section[s]{Tides \\& ebb~{x}}\n\\subsection*{Caf\\'e}\n\\begin{verbatim}\n\\section{no}\n\\end{verbatim}\n\\verb|\\section{no}|\n100\\% \\section{Yes}",
        &[
            "The Mill",
            "1|\\section[s]{Tides \\& ebb~{x}}|Tides & ebb x",
            "2|\\subsection*{Caf\\'e}|Café",
            "1|\\section{Yes}|Yes",
        ],
    );
    assert_eq!(document.metadata.authors, ["Ada", "Jürgen"]);
    tex(
        "\\chapter{A}\n\\section{B}\n\\titleformat{\\section}{x}\n\\section{open",
        &["A", "1|\\chapter{A}|A", "2|\\section{B}|B"],
    );
    tex("\\section{A\n  b}", &["A b", "1|\\section{A\n  b}|A b"]);
}

#[test]
fn marks_alone_take_linear_time() {
    for (format, mark) in [
        (Format::Latex, "\\section{"),
        (Format::Latex, "\\begin{verbatim"),
        (Format::Latex, "\\verb|"),
        (Format::Rst, "==\n"),
        (Format::Rst, "a\n==\n\n"),
        (Format::AsciiDoc, "[[\n"),
        (Format::AsciiDoc, "A\n\n"),
        (Format::Org, "* [[\n"),
    ] {
        let document = read(mark.repeat(50_000).into_bytes(), format).unwrap();
        assert!(document.headings.len() <= 50_000);
    }
}
