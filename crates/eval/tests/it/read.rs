//! What each reader makes of a good set.

use crate::{folder, picture, read};

fn check(files: &[(&str, &str)], path: &str, golden: Option<&str>) -> String {
    let dir = folder(files);
    let sets = read(&dir, path, golden).unwrap();
    picture(&dir, &sets)
}

const CORPUS: &str = r#"{"_id": "d1", "title": "Tides", "text": "High water comes twice.", "metadata": {"by": "x"}}
{"_id": 2, "text": "Low water too."}
"#;
const QUERIES: &str = r#"{"_id": "q1", "text": "when is high water"}
{"_id": "q2", "text": "of another split"}
{"_id": "q3", "text": "answered by nothing"}
"#;
const JUDGMENTS: &str = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\tgone\t1\r\nq3\t2\t0\n\n";

#[test]
fn beir() {
    let files = [
        ("tides/corpus.jsonl", CORPUS),
        ("tides/queries.jsonl", QUERIES),
        ("tides/qrels/test.tsv", JUDGMENTS),
    ];
    let one = check(&files, "tides", None);
    insta::assert_snapshot!(one, @r#"
    set tides
      doc d1 "Tides" "High water comes twice."
      doc 2 "" "Low water too."
      query q1 "when is high water" {"d1": 2, "gone": 1}
      query q3 "answered by nothing" {"2": 0}
      note queries without a judgment, not asked: 1 of 3
      note judgments of documents that do not exist, counted as never found: 1
      note queries without a relevant document, left out of the figures: 1
    "#);
    assert_eq!(check(&files, ".", None), one, "a folder of folders holds the same set");
}

#[test]
fn beir_folders_side_by_side() {
    let two = "\u{feff}{\"_id\": \"d1\", \"title\": null, \"text\": \"x\"}\r\n\r\n";
    let queries = "{\"_id\": \"q1\", \"text\": \"x\"}";
    let judgments = "query-id\tcorpus-id\tscore\nq1\td1\t1";
    let picture = check(
        &[
            ("b/corpus.jsonl", two),
            ("b/queries.jsonl", queries),
            ("b/qrels/test.tsv", judgments),
            ("a/corpus.jsonl", two),
            ("a/queries.jsonl", queries),
            ("a/qrels/test.tsv", judgments),
            ("notes/readme.txt", "no set"),
            ("extra.jsonl", "{\"input\": \"not read: the folders are the sets\"}"),
        ],
        ".",
        None,
    );
    insta::assert_snapshot!(picture, @r#"
    set a
      doc d1 "" "x"
      query q1 "x" {"d1": 1}
    set b
      doc d1 "" "x"
      query q1 "x" {"d1": 1}
    "#);
}

#[test]
fn scope() {
    let picture = check(
        &[
            (
                "SOURCE.json",
                r#"{"scope": "room: only docs whose metadata.room equals the query's", "docs": 3}"#,
            ),
            (
                "corpus.jsonl",
                r#"{"_id": "d1", "text": "a", "metadata": {"room": "x"}}
{"_id": "d2", "text": "b", "metadata": {"room": 7}}
"#,
            ),
            (
                "queries.jsonl",
                r#"{"_id": "q1", "text": "a", "metadata": {"room": "x"}}
{"_id": "q2", "text": "b", "metadata": {"room": 7}}
"#,
            ),
            ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t1\nq2\td2\t1\n"),
        ],
        ".",
        None,
    );
    insta::assert_snapshot!(picture, @r#"
    set sets
      doc d1 "" "a" in x
      doc d2 "" "b" in 7
      query q1 "a" {"d1": 1, "d2": 1} in x
      query q2 "b" {"d2": 1} in 7
      note relevant documents outside their query's scope, counted as never found: 1
    "#);
}

const GOLDEN: &str = r#"{"id": "g1", "question": "how high?", "paths": ["a.md", "b/c.txt"], "quote": "so high"}
{"question": "how low?", "path": "./a.md"}
{"question": "who knows?", "paths": []}
"#;

#[test]
fn golden() {
    let inside =
        [("golden.jsonl", GOLDEN), ("a.md", "so high"), ("b/c.txt", "x"), ("b/.workroom/index", "x")];
    insta::assert_snapshot!(check(&inside, ".", None), @r#"
    set golden
      doc a.md "" a.md
      doc b/c.txt "" b/c.txt
      query g1 "how high?" {"a.md": 1, "b/c.txt": 1} quote "so high"
      query q2 "how low?" {"a.md": 1}
      query q3 "who knows?" {}
      note queries without a relevant document, left out of the figures: 1
    "#);
    // Beside the documents, apart from them, or named itself.
    let below = [("all.jsonl", GOLDEN), ("docs/a.md", "so high"), ("docs/b/c.txt", "x")];
    let found = check(&below, ".", None);
    insta::assert_snapshot!(found, @r#"
    set all
      doc a.md "" docs/a.md
      doc b/c.txt "" docs/b/c.txt
      query g1 "how high?" {"a.md": 1, "b/c.txt": 1} quote "so high"
      query q2 "how low?" {"a.md": 1}
      query q3 "who knows?" {}
      note queries without a relevant document, left out of the figures: 1
    "#);
    assert_eq!(check(&below, "all.jsonl", None), found);
    let apart = check(&below, "docs", Some("all.jsonl"));
    assert_eq!(apart, found.replace("set all", "set docs"));
}

#[test]
fn ragas() {
    let lines = r#"{"user_input": "one?", "reference_contexts": ["A.", "B."], "retrieved_contexts": ["B.", "C."], "reference": "a"}
{"user_input": "two?", "reference_contexts": ["B."], "response": "b"}
{"user_input": "three?", "retrieved_contexts": ["A."]}
"#;
    let picture = check(&[("r.jsonl", lines)], "r.jsonl", None);
    insta::assert_snapshot!(picture, @r#"
    set r
      doc c1 "" "A."
      doc c2 "" "B."
      doc c3 "" "C."
      query q1 "one?" {"c1": 1, "c2": 1}
      query q2 "two?" {"c2": 1}
      query q3 "three?" {}
      note queries without a relevant document, left out of the figures: 1
    "#);
    assert_eq!(check(&[("r.jsonl", lines), ("other.jsonl", "{\"x\": 1}")], ".", None), picture);
}

#[test]
fn deepeval() {
    let lines = r#"{"input": "one?", "expected_output": "a", "context": ["A."], "retrieval_context": [{"context": "C.", "source": "s"}, "A."]}
{"input": "two?", "expectedOutput": "b", "context": ["B."], "retrievalContext": ["D."]}
"#;
    insta::assert_snapshot!(check(&[("d.jsonl", lines)], "d.jsonl", None), @r#"
    set d
      doc c1 "" "A."
      doc c2 "" "C."
      doc c3 "" "B."
      doc c4 "" "D."
      query q1 "one?" {"c1": 1}
      query q2 "two?" {"c3": 1}
    "#);
}
