//! What goes wrong, caused.

use crate::endpoint::{Endpoint, KEY, MODEL, Reply, content};
use crate::fixture::{Asked, ask, model, remote};
use nopenai_domain::{Code, Message, Parameters, Role};
use nopenai_remote::{EndpointFinding, Heard, Question};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

async fn with(replies: impl IntoIterator<Item = Reply>) -> (Endpoint, Asked) {
    let endpoint = Endpoint::start().await;
    endpoint.reply(replies);
    let asked = ask(&endpoint).await;
    (endpoint, asked)
}

fn wait(seconds: &str, status: u16) -> Reply {
    let header = format!("Retry-After: {seconds}\r\n");
    Reply::with_headers(status, &header, &json!({ "message": "slow down" }))
}

#[tokio::test]
async fn one_that_is_busy_is_waited_for_as_long_as_it_says_at_most_twice() {
    let (endpoint, asked) = with([wait("0", 429), wait("0", 503)]).await;
    assert!(asked.ended.is_ok());
    assert_eq!(endpoint.asked().len(), 3);

    let (endpoint, asked) = with([wait("0", 429), wait("0", 429), wait("0", 429)]).await;
    let error = asked.ended.unwrap_err();
    assert_eq!((error.code, endpoint.asked().len()), (Code::Offline, 3));
    assert!(error.message.contains("slow down"), "{error}");

    let began = Instant::now();
    let (endpoint, asked) = with([wait("1", 429)]).await;
    assert!(asked.ended.is_ok() && began.elapsed() >= Duration::from_secs(1));
    assert_eq!(endpoint.asked().len(), 2);

    // Without a time, or for too long, it is for a person to try again.
    for reply in [Reply::status(429, &Value::Null), wait("3600", 429), wait("soon", 503)] {
        let (endpoint, asked) = with([reply]).await;
        assert_eq!(asked.ended.unwrap_err().code, Code::Offline);
        assert_eq!(endpoint.asked().len(), 1);
    }
}

#[tokio::test]
async fn an_error_says_what_it_is() {
    let long = json!({ "message": "maximum context length is 8 tokens", "code": "x" });
    for (reply, code, words) in [
        (Reply::status(403, &json!("not yours")), Code::AccessDenied, "not yours"),
        (Reply::status(500, &Value::Null), Code::Offline, "status 500"),
        (Reply::status(400, &long), Code::ContextOverflow, "8 tokens"),
        (Reply::status(422, &json!({ "detail": "odd" })), Code::EngineFailed, "odd"),
    ] {
        let (endpoint, asked) = with([reply]).await;
        let error = asked.ended.unwrap_err();
        assert_eq!(error.code, code);
        assert!(error.message.contains(words), "{error}");
        assert_eq!(endpoint.asked().len(), 1);
    }
}

#[tokio::test]
async fn what_had_come_before_it_broke_stays() {
    let half = Reply::raw(&[&format!("data: {}\n\n", content("Half an"))]);
    for (reply, words) in [
        (half.clone().cut(), "broke off"),
        (half.clone(), "ended before the answer did"),
        (half.clone().then_silent(Duration::from_secs(3)), "said nothing for too long"),
    ] {
        let (_endpoint, asked) = with([reply]).await;
        assert_eq!(asked.text, "Half an");
        let error = asked.ended.unwrap_err();
        assert!(error.message.contains(words), "{error}");
    }
    let error = json!({ "error": { "message": "the model fell over", "code": 500 } });
    let (_endpoint, asked) = with([Reply::events(&[content("Half an"), error])]).await;
    assert_eq!(asked.text, "Half an");
    assert!(asked.ended.unwrap_err().message.contains("the model fell over"));
    let filtered = json!({ "choices": [{ "delta": {}, "finish_reason": "content_filter" }] });
    let (_endpoint, asked) = with([Reply::events(&[content("Half an"), filtered])]).await;
    assert!(asked.ended.unwrap_err().message.contains("content filter"));
}

#[tokio::test]
async fn silence_from_the_beginning_ends_too() {
    let began = Instant::now();
    let (_endpoint, asked) = with([Reply::raw(&[]).then_silent(Duration::from_secs(3))]).await;
    assert_eq!(asked.ended.unwrap_err().code, Code::Offline);
    // Nor does one answer that takes the connection and says nothing at all.
    let mute = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}/v1", mute.local_addr().unwrap());
    let diagnosis = remote(None).diagnose(&model(&address), None).await;
    assert_eq!(diagnosis.finding, EndpointFinding::Silent);
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn garbage_is_told_as_such() {
    for garbage in ["data: {\"choices\": [\n\n", "data: \u{7}<html>\n\n", "data: 5\n\n"] {
        let (_endpoint, asked) = with([Reply::raw(&[garbage])]).await;
        let error = asked.ended.unwrap_err();
        assert!(error.message.contains("no piece of an answer"), "{error}");
    }
    let (_endpoint, asked) = with([Reply::raw(&["<html><body>Welcome</body></html>"])]).await;
    assert!(asked.ended.unwrap_err().message.contains("does not stream chat completions"));
}

#[tokio::test]
async fn a_line_of_a_hundred_megabytes_takes_no_memory_and_no_time() {
    let piece = "x".repeat(1 << 20);
    let (endpoint, asked) = with([Reply::raw(&[piece.as_str()]).times(100)]).await;
    let error = asked.ended.unwrap_err();
    assert!(error.message.contains("more than an answer can have"), "{error}");
    // What the sockets hold was written, and no more.
    assert!(endpoint.written() < 20 << 20, "{} bytes were taken", endpoint.written());
}

#[tokio::test]
async fn an_answer_without_an_end_is_ended() {
    let line = format!("data: {}\n\n", content(&"x".repeat(100_000)));
    let (endpoint, asked) = with([Reply::raw(&[line.as_str()]).times(1000)]).await;
    assert!(asked.ended.unwrap_err().message.contains("more than an answer can have"));
    assert!(asked.text.len() < 18 << 20 && endpoint.written() < 40 << 20);
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_that_the_key_stays() {
    let other = Endpoint::start().await;
    let header = format!("Location: {}/chat/completions\r\n", other.address());
    for status in [301, 302, 307, 308] {
        let (_endpoint, asked) = with([Reply::with_headers(status, &header, &Value::Null)]).await;
        let error = asked.ended.unwrap_err();
        assert!(error.message.contains("leads elsewhere"), "{error}");
    }
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_run_that_is_given_up_closes_the_connection() {
    let endpoint = Endpoint::start().await;
    let many = vec!["word "; 500];
    endpoint.reply([Reply::answer(&many).slowly(Duration::from_millis(10))]);
    let messages = [Message { role: Role::User, content: "Hello?".to_owned() }];
    let parameters = Parameters::default();
    let question = Question { messages: &messages, parameters: &parameters };
    let model = model(endpoint.address());
    let remote = remote(None);
    let mut heard_text = false;
    {
        let answer = remote.answer(&model, question, |heard| {
            heard_text |= matches!(heard, Heard::Text(_));
        });
        tokio::pin!(answer);
        let given_up = tokio::time::timeout(Duration::from_millis(300), &mut answer).await;
        assert!(given_up.is_err(), "it goes on for five seconds");
    }
    assert!(heard_text);
    let began = Instant::now();
    while endpoint.closed() == 0 {
        assert!(began.elapsed() < Duration::from_secs(2), "it is still being written");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_wait_for_a_busy_one_can_be_given_up() {
    let endpoint = Endpoint::start().await;
    endpoint.reply([wait("30", 429)]);
    let asking = tokio::time::timeout(Duration::from_millis(200), ask(&endpoint));
    assert!(asking.await.is_err());
    assert_eq!(endpoint.asked()[0].body["model"], MODEL);
}

#[tokio::test]
async fn an_endpoint_that_repeats_the_key_in_an_error_is_quoted_without_it() {
    let echo = json!({ "message": format!("bad request by {KEY}") });
    let within = json!({ "error": format!("stopped: {KEY}") });
    let garbage = format!("data: {KEY} is no JSON\n\n");
    let misplaced = format!("data: {{\"choices\": \"{KEY}\"}}\n\n");
    for reply in [
        Reply::status(400, &echo),
        Reply::status(500, &echo),
        Reply::events(&[within]),
        Reply::raw(&[garbage.as_str()]),
        Reply::raw(&[misplaced.as_str()]),
    ] {
        let (endpoint, asked) = with([reply]).await;
        let error = asked.ended.unwrap_err();
        assert!(endpoint.asked()[0].authorization.is_some());
        let told = serde_json::to_string(&error).unwrap();
        assert!(!told.contains(KEY) && told.contains('…'), "{told}");
    }
}
