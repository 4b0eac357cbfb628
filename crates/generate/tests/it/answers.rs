//! What becomes of what a model says.

use crate::mill::{self, number, turning, verify};
use crate::scripted::{Scripted, streamed, whole};
use serde_json::json;
use workroom_generate::{Generated, Outcome, Why};

/// What is made of an answer, with what was heard meanwhile.
fn said(text: &str) -> (Generated, String) {
    let endpoint = Scripted::saying(streamed(text));
    let mut heard = String::new();
    let generated =
        endpoint.model().answer(&turning(), &mut |piece| heard.push_str(piece), &|| false).unwrap();
    for cited in generated.sentences.iter().flat_map(|sentence| &sentence.citations) {
        verify(&cited.citation);
    }
    (generated, heard)
}

#[test]
fn right_citations_are_found_in_the_files() {
    let found = turning();
    let (tide, wheels) = (number(&found, "tide.md"), number(&found, "räder.md"));
    let text = format!(
        "It turns at ebb. [{tide}: \"turns at ebb\"] Drei Räder drehen sich [{wheels}: \"Drei Räder der Mühle drehen sich bei Ebbe\"]."
    );
    let (generated, heard) = said(&text);
    assert_eq!(heard, text);
    assert_eq!((generated.outcome, generated.supported, generated.said), (Outcome::Checked, 2, 2));
    assert_eq!(
        generated.answer,
        Some(format!("It turns at ebb. [{tide}] Drei Räder drehen sich. [{wheels}]"))
    );
    let first = &generated.sentences[0].citations[0];
    assert_eq!((first.citation.passage + 1, first.citation.path.as_str()), (tide, "tide.md"));
    assert_eq!((first.claimed, first.folded), (None, false));
}

#[test]
fn what_does_not_stand_is_marked() {
    let tide = number(&turning(), "tide.md");
    let check = |cited: &str, expected: Why| {
        let text = format!(
            "It turns at ebb. [{tide}: \"turns at ebb\"] It is sold. {}",
            cited.replace('T', &tide.to_string())
        );
        let (generated, _) = said(&text);
        assert_eq!((generated.supported, generated.said), (1, 2), "{cited}");
        assert_eq!(generated.answer, Some(format!("It turns at ebb. [{tide}] It is sold. [unsupported]")));
        let sentence = &generated.sentences[1];
        assert!(!sentence.supported && sentence.citations.is_empty());
        assert_eq!(
            sentence.rejected.iter().map(|rejected| rejected.why).collect::<Vec<_>>(),
            [expected],
            "{cited}"
        );
    };
    check("[T: \"was sold for a song\"]", Why::NotThere);
    check("[99: \"was sold for a song\"]", Why::NotThere);
    check("[T]", Why::TooShort);
    check("[T: \"the\"]", Why::TooShort);
    // Words that go on in the document.
    check("[T: \"mill turns at eb\"]", Why::NotThere);
}

#[test]
fn a_quote_that_stands_elsewhere_is_given_its_number() {
    let found = turning();
    let (tide, wheels) = (number(&found, "tide.md"), number(&found, "räder.md"));
    for wrong in [wheels, 0, 77] {
        let (generated, _) = said(&format!("It rests at flood. [{wrong}: \"rests at flood\"]"));
        let cited = &generated.sentences[0].citations[0];
        assert_eq!((cited.citation.passage + 1, cited.claimed), (tide, Some(wrong)));
    }
}

#[test]
fn other_white_space_is_folded_and_said() {
    let tide = number(&turning(), "tide.md");
    for quote in ["gate is shut at half past nine", "gate  is shut\\r\\nat half past nine"] {
        let quote = quote.replace("\\r\\n", "\r\n");
        let (generated, _) = said(&format!("At half past nine. [{tide}: \"{quote}\"]"));
        let cited = &generated.sentences[0].citations[0];
        assert_eq!((cited.folded, cited.citation.quote.as_str()), (true, "gate is shut\nat half past nine"));
        assert_eq!((cited.citation.start_line, cited.citation.end_line), (4, 5));
    }
    let (generated, _) = said(&format!("At half past nine. [{tide}: \"gate is shut\nat half past nine\"]"));
    assert!(!generated.sentences[0].citations[0].folded);
}

#[test]
fn an_answer_without_support_is_not_returned() {
    for text in
        ["The mill is sold.", "The mill is sold. [1: \"the mill was sold for a song\"] So they say. [2]"]
    {
        let (generated, _) = said(text);
        assert_eq!(
            (generated.outcome, generated.answer.as_deref(), generated.supported),
            (Outcome::Unsupported, None, 0)
        );
        let shown = serde_json::to_string(&generated).unwrap();
        assert!(!shown.contains("sold"), "{shown}");
        assert!(generated.why.is_some());
    }
}

#[test]
fn a_model_may_find_nothing() {
    for text in
        ["NO ANSWER IN THE PASSAGES", "<think>Is it? It is not.</think>\n\nNo answer in the passages."]
    {
        let (generated, _) = said(text);
        assert_eq!((generated.outcome, generated.answer), (Outcome::NoAnswer, None));
    }
}

#[test]
fn where_nothing_is_relevant_the_endpoint_is_not_called() {
    let endpoint = Scripted::saying(streamed("It is so. [1: \"turns at ebb\"]"));
    let found = mill::found("xyzzy plugh quux");
    assert_eq!(found.answer, None);
    let generated = endpoint.model().answer(&found, &mut |_| {}, &|| false).unwrap();
    assert_eq!(generated.outcome, Outcome::NotAsked);
    assert!(endpoint.requests.try_recv().is_err());
}

#[test]
fn passages_are_data_that_cannot_end_their_delimiters() {
    let endpoint = Scripted::saying(streamed("It turns at ebb. [1: \"turns at ebb\"]"));
    let model = endpoint
        .model_with(|settings| workroom_generate::Settings { key: Some("sk-geheim".into()), ..settings });
    let found = turning();
    model.answer(&found, &mut |_| {}, &|| false).unwrap();
    let request = endpoint.requests.recv().unwrap();
    assert!(request.head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", request.head);
    assert!(request.head.to_lowercase().contains("authorization: bearer sk-geheim\r\n"), "{}", request.head);
    assert_eq!((&request.body["model"], &request.body["stream"]), (&json!("scripted"), &json!(true)));
    let [system, user] = request.body["messages"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!((&system["role"], &user["role"]), (&json!("system"), &json!("user")));
    let text = user["content"].as_str().unwrap();
    let delimiters = |what: &str| text.matches(what).count();
    assert_eq!(
        (delimiters("<passage "), delimiters("</passage>")),
        (found.passages.len(), found.passages.len())
    );
    assert!(text.contains("&lt;/passage>") && text.contains("&lt;passage n=\"1\""), "{text}");
    assert!(text.ends_with("Question: when does the mill turn at ebb?"), "{text}");
}

#[test]
fn an_endpoint_need_not_stream() {
    let found = turning();
    let tide = number(&found, "tide.md");
    let text = format!("It turns at ebb. [{tide}: \"turns at ebb\"]");
    let body = json!({"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "length"}]});
    for body in [body.to_string(), serde_json::to_string_pretty(&body).unwrap()] {
        let endpoint = Scripted::saying(whole("200 OK", "application/json", &body));
        let generated = endpoint.model().answer(&found, &mut |_| {}, &|| false).unwrap();
        assert_eq!((generated.supported, generated.cut), (1, true));
    }
}

#[test]
fn a_model_with_a_temperature_of_its_own_is_asked_again_without() {
    use std::io::Write;
    let endpoint = Scripted::new(|number, mut stream| {
        let refusal = r#"{"error": {"message": "Unsupported value: 'temperature' does not support 0"}}"#;
        let answer = match number {
            0 => whole("400 Bad Request", "application/json", refusal),
            _ => streamed("It turns at ebb. [1: \"turns at ebb\"]"),
        };
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let generated = endpoint.model().answer(&turning(), &mut |_| {}, &|| false).unwrap();
    assert_eq!(generated.outcome, Outcome::Checked);
    let temperatures: Vec<bool> =
        endpoint.requests.try_iter().map(|request| request.body["temperature"].is_number()).collect();
    assert_eq!(temperatures, [true, false]);
}
