//! An OpenAI-compatible endpoint on this machine, with the faults that real ones
//! have.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The key it accepts, when it wants one.
pub const KEY: &str = "sk-test-0123456789abcdef";
/// The model it has.
pub const MODEL: &str = "tiny-chat";

/// An answer to one request.
#[derive(Debug, Clone)]
pub struct Reply {
    head: String,
    /// What is written, one after the other, each after a pause.
    pieces: Vec<(Duration, Vec<u8>)>,
    /// How often the pieces are written.
    times: usize,
    /// Whether the answer ends in order.
    whole: bool,
    /// How long nothing is said after the pieces.
    silence: Duration,
}

impl Reply {
    fn new(status: u16, headers: &str, pieces: Vec<(Duration, Vec<u8>)>) -> Self {
        let head = format!("HTTP/1.1 {status} Told\r\n{headers}Transfer-Encoding: chunked\r\n\r\n");
        Self { head, pieces, times: 1, whole: true, silence: Duration::ZERO }
    }

    /// A stream of these texts.
    pub fn raw(pieces: &[&str]) -> Self {
        Self::bytes(pieces.iter().map(|piece| piece.as_bytes()))
    }

    /// A stream of these bytes, in these pieces.
    pub fn bytes<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let pieces = pieces.into_iter().map(|piece| (Duration::ZERO, piece.to_vec()));
        Self::new(200, "Content-Type: text/event-stream\r\n", pieces.collect())
    }

    /// A stream of these events, and its end.
    pub fn events(events: &[Value]) -> Self {
        let lines: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        let mut pieces: Vec<&str> = lines.iter().map(String::as_str).collect();
        pieces.push("data: [DONE]\n\n");
        Self::raw(&pieces)
    }

    /// A whole answer of these texts, with its usage.
    pub fn answer(texts: &[&str]) -> Self {
        let mut events: Vec<Value> = texts.iter().map(|text| content(text)).collect();
        events.push(json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }));
        let usage = json!({ "prompt_tokens": 11, "completion_tokens": texts.len() });
        events.push(json!({ "choices": [], "usage": usage }));
        Self::events(&events)
    }

    /// An error, with what stands in its body.
    pub fn status(status: u16, error: &Value) -> Self {
        Self::with_headers(status, "", error)
    }

    pub fn with_headers(status: u16, headers: &str, error: &Value) -> Self {
        let body = json!({ "error": error }).to_string().into_bytes();
        let headers = format!("Content-Type: application/json\r\n{headers}");
        Self::new(status, &headers, vec![(Duration::ZERO, body)])
    }

    /// The connection ends after the pieces.
    pub fn cut(self) -> Self {
        Self { whole: false, ..self }
    }

    /// A pause before each piece.
    pub fn slowly(mut self, pause: Duration) -> Self {
        self.pieces.iter_mut().for_each(|(wait, _)| *wait = pause);
        self
    }

    /// The pieces so often, and then the connection ends.
    pub fn times(self, times: usize) -> Self {
        Self { times, whole: false, ..self }
    }

    /// Nothing for so long, and then the connection ends.
    pub fn then_silent(self, silence: Duration) -> Self {
        Self { silence, whole: false, ..self }
    }
}

/// A piece of an answer.
pub fn content(text: &str) -> Value {
    json!({ "choices": [{ "delta": { "content": text } }] })
}

/// A request as it was heard.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    /// Null, where there was no JSON.
    pub body: Value,
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
    wants_key: bool,
    written: usize,
    closed: usize,
}

/// The endpoint; ends when it is dropped.
pub struct Endpoint {
    state: Arc<Mutex<State>>,
    address: String,
    serving: JoinHandle<()>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Endpoint {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move {
                    // An answer that broke off is the other side's to deal with.
                    if serve(stream, &shared).await.is_err() {
                        lock(&shared).closed += 1;
                    }
                });
            }
        });
        Self { state, address, serving }
    }

    /// Its base URL.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether it asks for [`KEY`].
    pub fn want_key(&self) {
        lock(&self.state).wants_key = true;
    }

    /// What the next questions are answered with, one each; then all the same.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.state).replies.extend(replies);
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.state).asked.clone()
    }

    /// Bytes of answers that were taken so far.
    pub fn written(&self) -> usize {
        lock(&self.state).written
    }

    /// Connections that the other side closed during an answer.
    pub fn closed(&self) -> usize {
        lock(&self.state).closed
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await? {
        let reply = reply(asked, &mut lock(state));
        stream.write_all(reply.head.as_bytes()).await?;
        for _ in 0..reply.times {
            for (pause, piece) in &reply.pieces {
                tokio::time::sleep(*pause).await;
                let size = format!("{:x}\r\n", piece.len());
                stream.write_all(size.as_bytes()).await?;
                stream.write_all(piece).await?;
                stream.write_all(b"\r\n").await?;
                stream.flush().await?;
                lock(state).written += piece.len();
            }
        }
        if !reply.whole {
            tokio::time::sleep(reply.silence).await;
            return Ok(());
        }
        stream.write_all(b"0\r\n\r\n").await?;
        stream.flush().await?;
    }
    Ok(())
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.take(8192).read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let mut asked = Asked {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Asked::default()
    };
    let mut length = 0;
    loop {
        line.clear();
        stream.take(8192).read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_lowercase().as_str() {
            "authorization" => asked.authorization = Some(value.trim().to_owned()),
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    asked.body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Some(asked))
}

fn reply(asked: Asked, state: &mut State) -> Reply {
    let accepted = format!("Bearer {KEY}");
    let is_known = !state.wants_key || asked.authorization.as_deref() == Some(accepted.as_str());
    let model = asked.body["model"].as_str().unwrap_or_default().to_owned();
    let route = (asked.method.clone(), asked.path.clone());
    // As careless as some are: the key is in the words about it.
    let echo = asked.authorization.clone().unwrap_or_default();
    state.asked.push(asked);
    match (route.0.as_str(), route.1.as_str()) {
        _ if !is_known => {
            let message = format!("Incorrect API key provided: {echo}.");
            Reply::status(401, &json!({ "message": message, "code": "invalid_api_key" }))
        }
        ("GET", "/v1/models") => {
            let list = json!({ "object": "list", "data": [{ "id": MODEL }, { "id": "another" }] });
            let body = list.to_string().into_bytes();
            Reply::new(200, "Content-Type: application/json\r\n", vec![(Duration::ZERO, body)])
        }
        ("POST", "/v1/chat/completions") if !state.replies.is_empty() => {
            state.replies.pop_front().unwrap_or_else(|| Reply::answer(&[]))
        }
        ("POST", "/v1/chat/completions") if model == MODEL => {
            Reply::answer(&["Hello", " from", " elsewhere", "."])
        }
        ("POST", "/v1/chat/completions") => {
            let message = format!("The model `{model}` does not exist.");
            Reply::status(404, &json!({ "message": message, "code": "model_not_found" }))
        }
        _ => Reply::new(404, "", vec![(Duration::ZERO, b"<h1>Not found</h1>".to_vec())]),
    }
}
