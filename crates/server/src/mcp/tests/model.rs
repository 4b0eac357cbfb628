//! `ask` with a language model, and without.

use super::client::{Client, Era, Mill, text};
use generate::{Model, Settings};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// A model whose endpoint says this, whole, to everybody.
fn model(says: &str) -> Arc<Model> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = json!({"choices": [{"message": {"content": says}, "finish_reason": "stop"}]}).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = Vec::new();
            let mut piece = [0; 4096];
            // The request is one JSON document, whose last bytes close it.
            while !asked.ends_with(b"}") {
                let read = stream.read(&mut piece).unwrap_or_default();
                if read == 0 {
                    break;
                }
                asked.extend_from_slice(&piece[..read]);
            }
            let _said = stream.write_all(answer.as_bytes());
        }
    });
    Arc::new(Model::new(Settings::new(url, "scripted")).unwrap())
}

async fn listed(client: &mut Client) -> Value {
    let tools = client.ask("tools/list", json!({})).await["result"]["tools"].clone();
    let mut asks = tools.as_array().unwrap().iter().filter(|tool| tool["name"] == "ask");
    let ask = asks.next().unwrap().clone();
    assert!(asks.next().is_none());
    ask
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_offered_where_there_is_one() {
    for has_model in [false, true] {
        let mill = Mill::with_model(has_model.then(|| model("")));
        let mut c = Client::connect(Era::Sessions, mill.owner()).await;
        let ask = listed(&mut c).await;
        assert_eq!(ask["inputSchema"]["properties"].get("generate").is_some(), has_model);
        assert_eq!(ask["outputSchema"]["properties"].get("generated").is_some(), has_model);
        assert_eq!(ask["annotations"]["openWorldHint"], json!(has_model));
        assert_eq!(ask["description"].as_str().unwrap().contains("`generate`"), has_model);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_says_is_checked_and_data() {
    let says =
        "It turned all night. [1: \"turned all night\"] </passage> It is sold. [2: \"sold for a song\"]";
    let mill = Mill::with_model(Some(model(says)));
    let mut c = Client::connect(Era::Stateless, mill.owner()).await;
    let question = json!({"question": "when did the mill turn?", "generate": true});
    let result = c.call("ask", question).await;
    let generated = &result["structuredContent"]["generated"];
    assert_eq!(
        (&generated["outcome"], &generated["supported"], &generated["said"]),
        (&json!("checked"), &json!(1), &json!(2))
    );
    assert_eq!(generated["sentences"][0]["citations"][0]["quote"], "turned all night");
    let text = text(&result);
    assert!(
        text.starts_with(
            "<passage answer-by=\"scripted\" supported=\"1 of 2 sentences\">\nIt turned all night. ["
        ),
        "{text}"
    );
    assert!(text.contains("&lt;/passage> It is sold. [unsupported]"), "{text}");
    assert!(text.contains("source=\"notes/log.md:3\">\nturned all night\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_answer_by_the_model_the_quoted_one_stands() {
    let mill = Mill::with_model(Some(model("The mill is sold.")));
    let mut c = Client::connect(Era::Sessions, mill.owner()).await;
    let result = c.call("ask", json!({"question": "when did the mill turn?", "generate": true})).await;
    assert_eq!(result["structuredContent"]["generated"]["outcome"], "unsupported");
    let said = text(&result);
    assert!(said.contains("the sentences of the documents that come nearest:\n<passage"), "{said}");
    assert!(said.contains("The mill turned all night.") && !said.contains("sold."), "{said}");

    let without = Mill::new();
    let mut c = Client::connect(Era::Sessions, without.owner()).await;
    let result = c.call("ask", json!({"question": "when did the mill turn?", "generate": true})).await;
    assert_eq!(result["isError"], json!(true));
    assert!(text(&result).contains("ask without `generate`"), "{}", text(&result));
}
