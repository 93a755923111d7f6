//! Asking an endpoint.

use crate::{
    address,
    body::{Body, Question},
    chunk::{Chunk, Collected, End},
    events::{Events, TooLong},
    failure::{EndpointFinding, Failure, Recovery},
    said::shown,
};
use nopenai_domain::{Code, Error, FinishReason, Place, RemoteModel, Result, TokenLikelihood};
use nopenai_secrets::{Secret, Secrets};
use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// How often an endpoint that is busy is waited for.
const MOST_WAITS: u32 = 2;
/// How many fields of a request an endpoint may refuse, one after the other.
const MOST_REFUSALS: u32 = 6;
/// The longest answer, bytes of text: far beyond what any run asks for.
const MOST_ANSWER: usize = 16 << 20;

/// How patiently endpoints are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long a connection may take to be made.
    pub connect: Duration,
    /// How long an endpoint may say nothing.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), silence: Duration::from_secs(120) }
    }
}

/// What is heard of an answer under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The endpoint took the request.
    Taken {
        /// The parameters that are set for the run and were not sent.
        left_out: Vec<String>,
    },
    /// Text to append to the answer.
    Text(String),
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Why the model stopped.
    pub reason: FinishReason,
    /// Tokens of the prompt, as the endpoint counts them; absent when it doesn't
    /// tell.
    pub tokens_in: Option<u32>,
    /// Tokens of the answer, likewise.
    pub tokens_out: Option<u32>,
    /// What else could have come in the place of each token; absent when it was
    /// not asked for, or the endpoint doesn't tell.
    pub likelihoods: Option<Vec<TokenLikelihood>>,
}

/// Models that answer elsewhere; clones share the connections.
#[derive(Clone)]
pub struct Remote {
    shared: Arc<Shared>,
}

struct Shared {
    secrets: Secrets,
    patience: Patience,
    /// Without a proxy, for this computer.
    here: OnceLock<Client>,
    elsewhere: OnceLock<Client>,
}

impl Remote {
    /// Connects to nothing yet. Keys are those in `secrets`.
    pub fn new(secrets: Secrets, patience: Patience) -> Self {
        let shared =
            Shared { secrets, patience, here: OnceLock::new(), elsewhere: OnceLock::new() };
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.shared.secrets
    }

    /// Has a model answer, and tells what comes as it comes. Dropping the future
    /// closes the connection. An endpoint that is busy and says for how long is
    /// waited for twice, up to a minute each; one that refuses a parameter which
    /// changes no promise is asked without it.
    ///
    /// # Errors
    /// [`Code::Offline`], [`Code::AccessDenied`], [`Code::NotFound`],
    /// [`Code::ContextOverflow`] or [`Code::EngineFailed`], saying what the
    /// endpoint did; [`Code::KeyringUnavailable`]; [`Code::InvalidInput`] for a
    /// format that can't be kept. What was heard before is the answer so far.
    pub async fn answer(
        &self,
        model: &RemoteModel,
        question: Question<'_>,
        hear: impl FnMut(Heard) + Send,
    ) -> Result<Answered> {
        let key = self.key(model).await?;
        Ok(self.try_answer(model, key.as_ref(), question, MOST_WAITS, hear).await?)
    }

    pub(crate) async fn try_answer(
        &self,
        model: &RemoteModel,
        key: Option<&Secret>,
        question: Question<'_>,
        most_waits: u32,
        mut hear: impl FnMut(Heard) + Send,
    ) -> Result<Answered, Failure> {
        let mut body = Body::of(&model.model, question)?;
        let response = self.begin(model, key, &mut body, most_waits).await?;
        hear(Heard::Taken { left_out: body.left_out() });
        listen(model.host(), response, key, hear).await
    }

    /// Asks until the endpoint takes the request or can't.
    async fn begin(
        &self,
        model: &RemoteModel,
        key: Option<&Secret>,
        body: &mut Body,
        most_waits: u32,
    ) -> Result<Response, Failure> {
        let url = address::below(&model.base_url, "chat/completions")?;
        let (mut waits, mut refusals) = (0, 0);
        loop {
            let request = self.client(model.place())?.post(url.clone());
            let request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .header(ACCEPT, HeaderValue::from_static("text/event-stream"))
                .body(body.to_bytes());
            let failure = match send(model.host(), request, key).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            match &failure.recovery {
                Recovery::After(wait) if waits < most_waits => {
                    waits += 1;
                    tokio::time::sleep(*wait).await;
                }
                Recovery::Without(field) if refusals < MOST_REFUSALS && body.give_up(field) => {
                    refusals += 1;
                }
                _ => return Err(failure),
            }
        }
    }

    /// Asks for what is at `url`.
    pub(crate) async fn get(
        &self,
        model: &RemoteModel,
        url: Url,
        key: Option<&Secret>,
    ) -> Result<Response, Failure> {
        send(model.host(), self.client(model.place())?.get(url), key).await
    }

    /// Made when it is first needed: it reads the system's certificates.
    fn client(&self, place: Place) -> Result<&Client, Failure> {
        let is_here = place == Place::ThisComputer;
        let kept = if is_here { &self.shared.here } else { &self.shared.elsewhere };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let Patience { connect, silence } = self.shared.patience;
        let mut builder = Client::builder()
            .user_agent(concat!("nopenai-studio/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(connect)
            .read_timeout(silence);
        if is_here {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            let message = format!("No connection can be made: {error}.");
            Failure::new(EndpointFinding::TlsRefused, Code::Offline, message)
        })?;
        Ok(kept.get_or_init(|| client))
    }
}

async fn send(
    host: &str,
    mut request: RequestBuilder,
    key: Option<&Secret>,
) -> Result<Response, Failure> {
    if let Some(key) = key {
        request = request.header(AUTHORIZATION, bearer(key)?);
    }
    let response = request.send().await.map_err(|error| Failure::network(host, &error))?;
    Failure::check(host, response, key).await
}

fn bearer(key: &Secret) -> Result<HeaderValue, Failure> {
    let value = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
    let mut value = value.map_err(|_| {
        Error::invalid("key", "The key has characters that no key has: give it anew.")
    })?;
    // So that it is in nobody's log.
    value.set_sensitive(true);
    Ok(value)
}

/// Reads an answer to its end.
async fn listen(
    host: &str,
    mut response: Response,
    key: Option<&Secret>,
    mut hear: impl FnMut(Heard) + Send,
) -> Result<Answered, Failure> {
    let mut events = Events::default();
    let mut answer = Collected::default();
    let mut bytes = 0;
    let mut is_over = false;
    while !is_over {
        let piece = response.chunk().await.map_err(|error| Failure::network(host, &error))?;
        let ended = piece.is_none();
        let data = match piece {
            Some(piece) => events.push(&piece).map_err(|TooLong| too_long(host))?,
            None => events.end().into_iter().collect(),
        };
        let mut text = String::new();
        for data in data {
            if data == b"[DONE]" {
                is_over = true;
                break;
            }
            let chunk = read(host, &data, key)?;
            if let Some(error) = &chunk.error {
                say(&mut hear, text);
                return Err(Failure::within(host, error, key));
            }
            text += &answer.take(chunk);
        }
        bytes += text.len();
        say(&mut hear, text);
        if bytes > MOST_ANSWER {
            return Err(too_long(host));
        }
        is_over |= ended;
    }
    say(&mut hear, answer.close().to_owned());
    finish(host, answer)
}

fn finish(host: &str, answer: Collected) -> Result<Answered, Failure> {
    let problem = |message: String| {
        Err(Failure::new(EndpointFinding::ServerProblem, Code::EngineFailed, message))
    };
    match answer.end {
        Some(End::Ordinary(reason)) => Ok(Answered {
            reason,
            tokens_in: answer.tokens_in,
            tokens_out: answer.tokens_out,
            likelihoods: answer.likelihoods,
        }),
        Some(End::Filtered) => problem(format!("A content filter at {host} cut the answer off.")),
        None => problem(format!(
            "The connection to {host} ended before the answer did, or what is there does not \
             stream chat completions."
        )),
    }
}

fn say(hear: &mut impl FnMut(Heard), text: String) {
    if !text.is_empty() {
        hear(Heard::Text(text));
    }
}

fn read(host: &str, data: &[u8], key: Option<&Secret>) -> Result<Chunk, Failure> {
    serde_json::from_slice(data).map_err(|error| {
        // What does not fit stands in the error, too.
        let error = shown(&error.to_string(), key);
        let beginning = shown(&String::from_utf8_lossy(data), key);
        let message = format!("What {host} sent is no piece of an answer ({error}): {beginning}");
        Failure::new(EndpointFinding::NotUnderstood, Code::EngineFailed, message)
    })
}

fn too_long(host: &str) -> Failure {
    let message = format!("{host} sent more than an answer can have; the connection was closed.");
    Failure::new(EndpointFinding::NotUnderstood, Code::EngineFailed, message)
}
