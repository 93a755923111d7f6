//! What went wrong with the hub, in words, and whether waiting helps.

use nopenai_domain::{Code, Error};
use reqwest::{Response, StatusCode, Url, header::RETRY_AFTER};
use std::time::Duration;

/// The longest that is waited because the hub asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Whether another attempt may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Not without a person.
    None,
    /// After a while, or after as long as the hub said.
    Later(Option<Duration>),
}

/// An error, and what may help.
#[derive(Debug)]
pub(crate) struct Failure {
    pub error: Error,
    pub recovery: Recovery,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// One that stays.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, recovery: Recovery::None }
    }
}

impl Failure {
    /// One that stays; the message says all.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self { error: Error::new(Code::FileUnavailable, message), recovery: Recovery::None }
    }

    /// One that may pass; the message says all.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { error: Error::new(Code::Offline, message), recovery: Recovery::Later(None) }
    }

    /// No answer, or one that broke off.
    pub fn network(url: &Url, error: &reqwest::Error) -> Self {
        let host = url.host_str().unwrap_or_default();
        let reason = innermost(error);
        let message = if error.is_timeout() {
            format!("{host} did not answer in time.")
        } else if error.is_connect() {
            format!(
                "{host} was not reached: {reason}. Check the connection, and the proxy if there is \
                 one (HTTPS_PROXY)."
            )
        } else {
            format!("The connection to {host} broke off: {reason}.")
        };
        Self::passing(message)
    }

    /// Gives an answer that means success back.
    pub async fn check(response: Response, has_token: bool) -> Result<Response, Self> {
        let status = response.status();
        if status.is_success() || status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(response);
        }
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned)
        };
        let code = header("x-error-code").unwrap_or_default();
        let said = header("x-error-message").map(|text| excerpt(&text)).unwrap_or_default();
        let wait = header(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok());
        Err(Self::of_status(status, &code, &said, wait.map(Duration::from_secs), has_token))
    }

    fn of_status(
        status: StatusCode,
        code: &str,
        said: &str,
        wait: Option<Duration>,
        has_token: bool,
    ) -> Self {
        let lasting = |code, message: String| {
            let message =
                if said.is_empty() { message } else { format!("{message} The hub says: {said}") };
            let error = Error::new(code, message).with("status", status.as_u16());
            Self { error, recovery: Recovery::None }
        };
        let number = status.as_u16();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if code == "GatedRepo" => lasting(
                Code::AccessDenied,
                if has_token {
                    "Its makers ask for their licence to be accepted: open the model's page on the \
                     hub, accept it there with the account of your token, and try again."
                } else {
                    "Its makers ask for their licence to be accepted: accept it on the model's page \
                     on the hub, and give the token of that account here."
                }
                .to_owned(),
            ),
            StatusCode::UNAUTHORIZED if has_token => lasting(
                Code::AccessDenied,
                "The hub does not accept the token, or has no such model. Give a new token, or \
                 check the model's name."
                    .to_owned(),
            ),
            // The hub answers so, too, for what does not exist.
            StatusCode::UNAUTHORIZED => lasting(
                Code::AccessDenied,
                "The hub has no such model, or shows it only to those it knows. Check the name, or \
                 give a token."
                    .to_owned(),
            ),
            StatusCode::FORBIDDEN => lasting(
                Code::AccessDenied,
                "The hub refuses this. The token may not be allowed to read it, or the licence not \
                 be accepted."
                    .to_owned(),
            ),
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                lasting(Code::NotFound, "The hub does not have this (any more).".to_owned())
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let wait = wait.unwrap_or(Duration::from_secs(10));
                let message = format!(
                    "The hub takes no more requests for {} s. Try again then.",
                    wait.as_secs()
                );
                let error = Error::new(Code::Offline, message).with("status", number);
                let recovery = match wait <= LONGEST_WAIT {
                    true => Recovery::Later(Some(wait)),
                    false => Recovery::None,
                };
                Self { error, recovery }
            }
            _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                let message =
                    format!("The hub has a problem of its own (status {number}). Try again later.");
                let error = Error::new(Code::Offline, message).with("status", number);
                Self { error, recovery: Recovery::Later(wait.filter(|wait| *wait <= LONGEST_WAIT)) }
            }
            _ => lasting(Code::FileUnavailable, format!("The hub answered with status {number}.")),
        }
    }
}

/// The beginning of a stranger's text, without what isn't seen.
pub(crate) fn excerpt(text: &str) -> String {
    crate::name::plain(text).chars().take(200).collect()
}

/// The cause behind the causes; the outer ones only say that something failed.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
