//! Input made to be hard: long, deep, without words or without end.

use crate::support::{chunks, document};

#[track_caller]
fn check(name: &str, text: &str, at_least: usize) {
    let n = chunks(&document(name, text)).len();
    assert!(n >= at_least, "{name}: {n} chunks");
}

#[test]
fn one_word_without_end() {
    for name in ["a.txt", "a.md", "a.html", "a.csv", "a.json", "a.yaml", "a.rs", "a.js", "a.sh"] {
        check(name, &"a".repeat(300_000), 70);
        check(name, &"中".repeat(30_000), 100);
    }
}

#[test]
fn brackets_without_end() {
    for name in ["a.json", "a.rs", "a.py", "a.js", "a.tsx", "a.go", "a.java", "a.c", "a.cpp", "a.sh"] {
        for bracket in ["{", "[", "(", "}", "<a b={("] {
            check(name, &bracket.repeat(100_000 / bracket.len()), 100);
        }
        check(name, &format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)), 100);
    }
}

#[test]
fn quotes_and_comments_without_end() {
    for name in ["a.json", "a.rs", "a.py", "a.js", "a.go", "a.java", "a.c"] {
        for opening in ["\"a ", "' ", "` ", "/* ", "\"\"\" ", "# ", "// a\n", "r#\" ", "/a", "\\"] {
            check(name, &opening.repeat(60_000 / opening.len()), 5);
        }
    }
}

#[test]
fn ever_deeper_indentation() {
    let mut text = String::new();
    for depth in 0..1500 {
        text.push_str(&" ".repeat(depth));
        text.push_str("if a:\n");
    }
    for name in ["a.py", "a.yaml", "a.sh", "a.rs", "a.md"] {
        check(name, &text, 10);
    }
}

#[test]
fn many_small_things() {
    check("a.csv", &"a,b\n".repeat(50_000), 500);
    check("a.yaml", &"k: v\n".repeat(20_000), 200);
    check("a.md", &"# h\n".repeat(20_000), 200);
    check("a.toml", &"[t]\n".repeat(20_000), 200);
    check("a.txt", &"p\n\n".repeat(50_000), 200);
    check("a.rs", &"fn f() {}\n".repeat(20_000), 200);
}
