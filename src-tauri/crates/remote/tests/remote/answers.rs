//! What is sent, and what is made of what comes.

use crate::endpoint::{Endpoint, KEY, Reply, content};
use crate::fixture::{ask, ask_with};
use nopenai_domain::{FinishReason, Parameters};
use serde_json::json;

#[tokio::test]
async fn an_answer_is_heard_as_it_comes_with_its_tokens() {
    let endpoint = Endpoint::start().await;
    endpoint.want_key();
    let asked = ask(&endpoint).await;
    assert_eq!(asked.text, "Hello from elsewhere.");
    let answered = asked.ended.unwrap();
    assert_eq!(answered.reason, FinishReason::Stop);
    assert_eq!((answered.tokens_in, answered.tokens_out), (Some(11), Some(4)));
    let sent = &endpoint.asked()[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(sent.authorization, Some(format!("Bearer {KEY}")));
    assert_eq!(sent.body["stream"], true);
    assert_eq!(sent.body["stream_options"], json!({ "include_usage": true }));
    assert_eq!(sent.body["messages"], json!([{ "role": "user", "content": "Hello?" }]));
}

#[tokio::test]
async fn every_way_of_streaming_is_understood() {
    let end = r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#;
    let (a, b) = (content("grü"), content("ß"));
    for stream in [
        format!(": hi\r\n\r\ndata: {a}\r\n\r\ndata: {b}\r\n\r\ndata: {end}\r\n\r\n"),
        format!("event: x\nid: 7\ndata:{a}\n\ndata:{b}\n\ndata:{end}\n\ndata: [DONE]"),
        format!("\u{feff}data: {a}\r\rdata: {b}\r\rdata: {end}\r\r"),
    ] {
        let endpoint = Endpoint::start().await;
        // In pieces that end within characters and lines.
        endpoint.reply([Reply::bytes(stream.as_bytes().chunks(5))]);
        let asked = ask(&endpoint).await;
        assert_eq!(asked.text, "grüß", "{stream:?}");
        let answered = asked.ended.unwrap();
        assert_eq!(answered.reason, FinishReason::Length);
        assert_eq!((answered.tokens_in, answered.tokens_out), (None, None), "it did not tell");
    }
}

#[tokio::test]
async fn what_an_endpoint_refuses_is_done_without_and_named() {
    let endpoint = Endpoint::start().await;
    let refuse = |field: &str| {
        let message = format!("Unsupported parameter: '{field}'.");
        Reply::status(400, &json!({ "message": message, "param": field }))
    };
    endpoint.reply([refuse("max_tokens"), refuse("temperature"), Reply::answer(&["Yes."])]);
    let parameters = Parameters { top_k: 5, ..Parameters::default() };
    let asked = ask_with(&endpoint, &parameters).await;
    assert_eq!((asked.text.as_str(), asked.ended.is_ok()), ("Yes.", true));
    assert_eq!(asked.left_out, ["top_k", "temperature"]);
    let last = &endpoint.asked()[2].body;
    assert_eq!((&last["max_completion_tokens"], last.get("temperature")), (&json!(512), None));

    // What changes the answer's promise is not given up.
    let parameters = Parameters { stop: vec!["END".to_owned()], ..Parameters::default() };
    endpoint.reply([refuse("stop")]);
    let error = ask_with(&endpoint, &parameters).await.ended.unwrap_err();
    assert!(error.message.contains("Unsupported parameter: 'stop'"), "{error}");
    assert_eq!(endpoint.asked().len(), 4);
}
