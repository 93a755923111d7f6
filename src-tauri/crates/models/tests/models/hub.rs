//! A model hub on this machine, with the faults that real ones have.

use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The repository's name.
pub const REPOSITORY: &str = "lab/tiny-GGUF";
/// The commit it is at.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What goes wrong with one answer about a file's content.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing.
    None,
    /// The connection ends after so many bytes of the content.
    Cut(usize),
    /// A range is asked for, and the whole is sent.
    IgnoreRange,
    /// The length is stated to be this.
    StateLength(usize),
    /// So many bytes more than there are follow, without a stated length.
    SendMore(usize),
    /// The content is another from now on.
    Change(Vec<u8>),
    /// The answer leads elsewhere.
    Redirect(String),
    /// The answer is an error, with headers.
    Status(u16, &'static str),
    /// So many bytes at a time, with pauses.
    Drip(usize, Duration),
    /// Nothing is said for so long, and then the connection ends.
    Silence(Duration),
}

/// A request as it was heard.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// With what follows a `?`.
    pub path: String,
    /// By small letters.
    pub headers: BTreeMap<String, String>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

struct File {
    content: Vec<u8>,
    /// What the listing states; computed by whoever adds the file.
    digest: Value,
    etag: String,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, File>,
    faults: VecDeque<Fault>,
    asked: Vec<Asked>,
    gated: bool,
}

/// The hub; ends when it is dropped.
pub struct HubServer {
    state: Arc<Mutex<State>>,
    address: String,
    serving: JoinHandle<()>,
}

impl Drop for HubServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl HubServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // An answer that broke off is the other side's to deal with.
                let shared = shared.clone();
                tokio::spawn(async move { drop(serve(stream, &shared).await) });
            }
        });
        Self { state, address, serving }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Adds a large file, with the SHA-256 that the listing states.
    pub fn add(&self, path: &str, content: Vec<u8>, sha256: &str) {
        let digest = json!({ "lfs": { "sha256": sha256, "size": content.len() } });
        self.put(path, content, digest);
    }

    /// Adds a small file, with the identifier git gives it.
    pub fn add_small(&self, path: &str, content: Vec<u8>, git: &str) {
        let digest = json!({ "size": content.len(), "blobId": git });
        self.put(path, content, digest);
    }

    /// Lists a file that is larger than any disk.
    pub fn add_vast(&self, path: &str, size: u64, sha256: &str) {
        let digest = json!({ "lfs": { "sha256": sha256, "size": size } });
        self.put(path, Vec::new(), digest);
    }

    fn put(&self, path: &str, content: Vec<u8>, digest: Value) {
        let etag = format!("\"{}\"", content.len());
        self.state().files.insert(path.to_owned(), File { content, digest, etag });
    }

    /// What goes wrong with the next answers about content, one each.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults = faults.into_iter().collect();
    }

    /// Whether the repository asks for a token.
    pub fn gate(&self) {
        self.state().gated = true;
    }

    /// The requests for content so far.
    pub fn asked(&self) -> Vec<Asked> {
        let state = self.state();
        state.asked.iter().filter(|asked| asked.path.contains("/resolve/")).cloned().collect()
    }

    /// All requests so far.
    pub fn all_asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await? {
        let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
        lock().asked.push(asked.clone());
        let answer = answer(&asked, &mut lock());
        let Answer { head, body, pace, ends } = answer;
        stream.write_all(head.as_bytes()).await?;
        match pace {
            None => stream.write_all(&body).await?,
            Some((bytes, pause)) => {
                for piece in body.chunks(bytes) {
                    stream.write_all(piece).await?;
                    stream.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        stream.flush().await?;
        if let Some(after) = ends {
            tokio::time::sleep(after).await;
            return Ok(());
        }
    }
    Ok(())
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.take(8192).read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut asked =
        Asked { path: line.split(' ').nth(1).unwrap_or_default().to_owned(), ..Asked::default() };
    loop {
        line.clear();
        stream.take(8192).read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(':') else { return Ok(Some(asked)) };
        asked.headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
}

struct Answer {
    head: String,
    body: Vec<u8>,
    /// So many bytes at a time, with pauses.
    pace: Option<(usize, Duration)>,
    /// The connection ends so long after the answer.
    ends: Option<Duration>,
}

impl Answer {
    fn new(status: &str, headers: &[(&str, String)], body: Vec<u8>) -> Self {
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {status}\r\n{lines}\r\n");
        Self { head, body, pace: None, ends: None }
    }

    fn json(body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self::new("200 OK", &[("Content-Length", body.len().to_string())], body)
    }

    fn error(status: u16, headers: &str) -> Self {
        let head = format!("HTTP/1.1 {status} Told\r\nContent-Length: 0\r\n{headers}\r\n");
        Self { head, body: Vec::new(), pace: None, ends: None }
    }
}

fn answer(asked: &Asked, state: &mut State) -> Answer {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let is_gated = state.gated && asked.header("authorization") != Some("Bearer hf_good");
    let listing = format!("/api/models/{REPOSITORY}");
    let content = [COMMIT, "main"]
        .iter()
        .find_map(|revision| path.strip_prefix(&format!("/{REPOSITORY}/resolve/{revision}/")));
    if path == "/api/models" {
        let found = query.contains("tiny") || query.contains("search=&");
        return Answer::json(&if found { json!([model(state)]) } else { json!([]) });
    }
    if path == listing || path == format!("{listing}/revision/{COMMIT}") {
        return Answer::json(&repository(state));
    }
    match content {
        Some(_) if is_gated => Answer::error(401, "X-Error-Code: GatedRepo\r\n"),
        Some(name) => file(name, asked, state),
        None => Answer::error(404, ""),
    }
}

fn model(state: &State) -> Value {
    json!({
        "id": REPOSITORY,
        "downloads": 1234,
        "likes": 5,
        "gated": if state.gated { json!("auto") } else { json!(false) },
        "tags": ["gguf", "license:apache-2.0"],
        "lastModified": "2026-03-04T05:06:07.000Z",
        "gguf": { "architecture": "llama", "total": 134_515_008, "context_length": 8192 },
    })
}

fn repository(state: &State) -> Value {
    let siblings: Vec<Value> = state
        .files
        .iter()
        .map(|(name, file)| {
            let mut sibling = file.digest.clone();
            sibling["rfilename"] = name.as_str().into();
            sibling
        })
        .collect();
    let mut repository = model(state);
    repository["sha"] = COMMIT.into();
    repository["siblings"] = siblings.into();
    repository
}

fn file(name: &str, asked: &Asked, state: &mut State) -> Answer {
    let fault = state.faults.pop_front().unwrap_or(Fault::None);
    let name = name.replace("%20", " ");
    let Some(file) = state.files.get_mut(&name) else { return Answer::error(404, "") };
    if let Fault::Change(content) = &fault {
        file.etag = format!("\"changed-{}\"", content.len());
        file.content.clone_from(content);
    }
    match &fault {
        Fault::Redirect(target) => {
            return Answer::error(302, &format!("Location: {target}\r\n"));
        }
        Fault::Status(status, headers) => return Answer::error(*status, headers),
        _ => {}
    }
    let same = asked.header("if-range").is_none_or(|etag| etag == file.etag);
    let from = asked.header("range").and_then(from).filter(|_| same);
    let from = from.filter(|_| !matches!(fault, Fault::IgnoreRange));
    let total = file.content.len();
    if from.is_some_and(|from| from >= total) {
        return Answer::error(416, "");
    }
    let mut body = file.content[from.unwrap_or(0)..].to_vec();
    let mut length = body.len();
    let mut ends = None;
    match &fault {
        Fault::Cut(bytes) => {
            body.truncate(*bytes);
            ends = Some(Duration::ZERO);
        }
        Fault::StateLength(stated) => {
            length = *stated;
            ends = Some(Duration::ZERO);
        }
        Fault::Silence(time) => {
            body.clear();
            ends = Some(*time);
        }
        Fault::SendMore(bytes) => {
            body.resize(body.len() + bytes, 7);
            ends = Some(Duration::ZERO);
        }
        _ => {}
    }
    let mut headers = vec![("ETag", file.etag.clone())];
    if !matches!(fault, Fault::SendMore(_)) {
        headers.push(("Content-Length", length.to_string()));
    }
    let status = match from {
        Some(from) => {
            headers.push(("Content-Range", format!("bytes {from}-{}/{total}", total - 1)));
            "206 Partial Content"
        }
        None => "200 OK",
    };
    let pace = match fault {
        Fault::Drip(bytes, pause) => Some((bytes, pause)),
        _ => None,
    };
    Answer { pace, ends, ..Answer::new(status, &headers, body) }
}

/// The first position of "bytes=10-".
fn from(range: &str) -> Option<usize> {
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}
