//! Every hit can be checked: its quote is byte for byte the text at its range, in bytes, characters and lines.

use serde_json::Value;
use workroom_tests::Room;

fn check_against_file(room: &Room, hit: &Value) {
    let text = std::fs::read_to_string(room.at(hit["path"].as_str().unwrap())).unwrap();
    let number = |key: &str| hit[key].as_u64().unwrap() as usize;
    let quote = hit["quote"].as_str().unwrap();
    assert_eq!(&text[number("start_byte")..number("end_byte")], quote, "{hit}");
    let by_chars: String =
        text.chars().skip(number("start_char")).take(number("end_char") - number("start_char")).collect();
    assert_eq!(by_chars, quote, "{hit}");
    let line_of = |byte: usize| text[..byte].matches('\n').count() + 1;
    assert_eq!(
        (line_of(number("start_byte")), line_of(number("end_byte"))),
        (number("start_line"), number("end_line")),
        "{hit}"
    );
}

fn long_text() -> String {
    let sentence =
        |i: usize| format!("Im Jahr {i} wurde die Brücke über den Fluß mit {} Nägeln repariert. ", i * 7);
    let paragraph = |p: usize| (p * 8..p * 8 + 8).map(sentence).collect::<String>();
    (0..40).map(|p| format!("## Abschnitt {p}\n\n{}\n\n", paragraph(p))).collect()
}

#[test]
fn quotes_are_the_text_at_their_range() {
    let room = Room::with(&[
        ("bridge.md", &long_text()),
        ("bom.txt", "\u{feff}Der Kahn fährt über den Fluß.\n"),
        ("crlf.md", "# Ufer\r\n\r\nDas Ufer ist steil.\r\nDer Fluß ist tief.\r\n"),
        ("code.rs", "/// Ströme.\nfn fluss() -> &'static str {\n    \"Fluß\"\n}\n\nfn ufer() {}\n"),
    ]);
    room.ok(&["index"]);
    let mut checked = 0;
    for query in ["Fluß", "Brücke Nägel repariert", "steil", "Ströme"] {
        for hit in room.hits(&["--limit", "50", query]) {
            check_against_file(&room, &hit);
            assert_eq!(hit["fresh"], true);
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked}");
}

#[test]
fn passages_and_sentences_of_an_answer_are_quotes_too() {
    let room = Room::with(&[("bridge.md", &long_text())]);
    room.ok(&["index"]);
    let answer = room
        .ok(&[
            "ask",
            "--json",
            "--budget",
            "800",
            "Mit wie vielen Nägeln wurde die Brücke im Jahr 17 repariert?",
        ])
        .json();
    let passages = answer["passages"].as_array().unwrap();
    assert!(!passages.is_empty() && answer["tokens"].as_u64().unwrap() <= 800, "{answer}");
    passages.iter().for_each(|hit| check_against_file(&room, hit));
    let sentences = answer["sentences"].as_array().unwrap();
    assert!(!sentences.is_empty(), "{answer}");
    sentences.iter().for_each(|sentence| check_against_file(&room, sentence));
    let ranges: Vec<(u64, u64)> = passages
        .iter()
        .map(|hit| (hit["start_byte"].as_u64().unwrap(), hit["end_byte"].as_u64().unwrap()))
        .collect();
    for (i, a) in ranges.iter().enumerate() {
        assert!(ranges[i + 1..].iter().all(|b| a.1 <= b.0 || b.1 <= a.0), "passages overlap: {ranges:?}");
    }
}

#[test]
fn a_hit_says_when_its_file_has_changed_and_goes_when_the_file_goes() {
    let room = Room::with(&[
        ("a.md", "The lighthouse keeper counts ships.\n"),
        ("b.md", "The lighthouse is white.\n"),
    ]);
    room.ok(&["index"]);
    room.write("a.md", "The keeper has left.\n");
    std::fs::remove_file(room.at("b.md")).unwrap();
    let hits = room.hits(&["lighthouse"]);
    let shown: Vec<(&str, bool)> =
        hits.iter().map(|hit| (hit["path"].as_str().unwrap(), hit["fresh"].as_bool().unwrap())).collect();
    assert_eq!(shown.iter().filter(|(path, _)| *path == "a.md").collect::<Vec<_>>(), [&("a.md", false)]);
    assert!(shown.iter().all(|(path, _)| *path != "b.md"), "{shown:?}");
    // The quote is still that of the version it names.
    let a = hits.iter().find(|hit| hit["path"] == "a.md").unwrap();
    assert_eq!(a["quote"], "The lighthouse keeper counts ships.");
}

#[test]
fn a_question_that_nothing_answers_gets_no_answer() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts the ships that pass at night.\n")]);
    room.ok(&["index"]);
    let answer =
        room.ok(&["ask", "--json", "Which enzyme breaks down lactose in the small intestine?"]).json();
    assert_eq!(answer["answer"], Value::Null, "{answer}");
}
