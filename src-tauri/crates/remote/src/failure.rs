//! What went wrong with an endpoint, in words, and whether another attempt may
//! succeed.

use crate::said::Said;
use nopenai_domain::{Code, Error};
use nopenai_secrets::Secret;
use reqwest::{Response, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// The longest that is waited because an endpoint asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How a test of an endpoint ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointFinding {
    /// It answers.
    Works,
    /// The host doesn't exist, or nobody answers there.
    HostUnreachable,
    /// The connection can't be encrypted, or its certificate isn't trusted.
    TlsRefused,
    /// It says nothing.
    Silent,
    /// It wants a key, and there is none.
    KeyMissing,
    /// It doesn't accept the key.
    KeyWrong,
    /// The key may not do this.
    NotAllowed,
    /// There is nothing of this kind at the address.
    AddressWrong,
    /// It doesn't have the model.
    ModelMissing,
    /// It takes no more requests for a while, or the account's credit is used up.
    TooMany,
    /// It has a problem of its own.
    ServerProblem,
    /// It leads elsewhere, where the key must not go.
    Redirected,
    /// What it answers is nothing that is expected.
    NotUnderstood,
    /// It refuses the request; see its words.
    Refused,
    /// The keyring that holds the key can't be asked.
    KeyringUnavailable,
}

/// What may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Nothing without a person.
    None,
    /// Another attempt, after as long as the endpoint said.
    After(Duration),
    /// Another attempt without this field of the request.
    Without(String),
}

/// An error, what it means, and what may help.
#[derive(Debug)]
pub(crate) struct Failure {
    pub finding: EndpointFinding,
    pub error: Box<Error>,
    pub recovery: Recovery,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        *failure.error
    }
}

/// Before anything was sent.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let finding = match error.code {
            Code::KeyringUnavailable => EndpointFinding::KeyringUnavailable,
            _ => EndpointFinding::Refused,
        };
        Self { finding, error: Box::new(error), recovery: Recovery::None }
    }
}

impl Failure {
    pub fn new(finding: EndpointFinding, code: Code, message: String) -> Self {
        Self { finding, error: Box::new(Error::new(code, message)), recovery: Recovery::None }
    }

    /// No answer, or one that broke off.
    pub fn network(host: &str, error: &reqwest::Error) -> Self {
        let reason = innermost(error);
        if error.is_timeout() && !error.is_connect() {
            let message = format!("{host} said nothing for too long.");
            return Self::new(EndpointFinding::Silent, Code::Offline, message);
        }
        if !error.is_connect() {
            let message = format!("The connection to {host} broke off: {reason}.");
            return Self::new(EndpointFinding::ServerProblem, Code::Offline, message);
        }
        if is_about_tls(error) {
            let message = format!(
                "No encrypted connection to {host} can be made: {reason}. Check the address; a \
                 certificate of one's own must be among the system's."
            );
            return Self::new(EndpointFinding::TlsRefused, Code::Offline, message);
        }
        let message = format!(
            "{host} was not reached: {reason}. Check the address and the connection, and the proxy \
             if there is one (HTTPS_PROXY)."
        );
        Self::new(EndpointFinding::HostUnreachable, Code::Offline, message)
    }

    /// Gives an answer that means success back.
    pub async fn check(
        host: &str,
        response: Response,
        key: Option<&Secret>,
    ) -> Result<Response, Self> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let message = format!(
                "{host} leads elsewhere, which is not followed, since the key would go there too. \
                 Give the address it means."
            );
            return Err(Self::new(EndpointFinding::Redirected, Code::EngineFailed, message));
        }
        let wait = response.headers().get(header::RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let said = Said::read(response, key).await;
        Err(Self::of_status(host, status, &said, wait.map(Duration::from_secs), key.is_some()))
    }

    /// An error that stands in the place of an answer's piece.
    pub fn within(host: &str, error: &Value, key: Option<&Secret>) -> Self {
        let said = Said::of(error, key);
        let message = said.after(format!("{host} ended the answer with an error."));
        Self::new(EndpointFinding::ServerProblem, said.code(Code::EngineFailed), message)
    }

    fn of_status(
        host: &str,
        status: StatusCode,
        said: &Said,
        wait: Option<Duration>,
        has_key: bool,
    ) -> Self {
        let number = status.as_u16();
        let told = |finding, code, message: String| {
            let mut failure = Self::new(finding, said.code(code), said.after(message));
            failure.error.details.insert("status".to_owned(), number.into());
            failure
        };
        match status {
            StatusCode::UNAUTHORIZED if has_key => told(
                EndpointFinding::KeyWrong,
                Code::AccessDenied,
                format!("{host} does not accept the key. Give another one."),
            ),
            StatusCode::UNAUTHORIZED => told(
                EndpointFinding::KeyMissing,
                Code::AccessDenied,
                format!("{host} wants a key, and there is none. Give one."),
            ),
            StatusCode::FORBIDDEN => told(
                EndpointFinding::NotAllowed,
                Code::AccessDenied,
                format!("{host} does not let this key do that."),
            ),
            StatusCode::NOT_FOUND | StatusCode::GONE if said.is_about_model => told(
                EndpointFinding::ModelMissing,
                Code::NotFound,
                format!("{host} does not have this model (any more). Choose another."),
            ),
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::METHOD_NOT_ALLOWED => told(
                EndpointFinding::AddressWrong,
                Code::NotFound,
                format!(
                    "{host} has nothing at this address. It often ends in /v1; the model's \
                     identifier may be wrong, too."
                ),
            ),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let finding = match status {
                    StatusCode::TOO_MANY_REQUESTS => EndpointFinding::TooMany,
                    _ => EndpointFinding::ServerProblem,
                };
                let when = wait.map_or(String::new(), |wait| format!(" for {} s", wait.as_secs()));
                let message = format!("{host} takes no more requests{when}. Try again then.");
                let mut failure = told(finding, Code::Offline, message);
                if let Some(wait) = wait.filter(|wait| *wait <= LONGEST_WAIT) {
                    failure.recovery = Recovery::After(wait);
                }
                failure
            }
            _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => told(
                EndpointFinding::ServerProblem,
                Code::Offline,
                format!("{host} has a problem of its own (status {number}). Try again later."),
            ),
            _ => {
                let message = format!("{host} refuses the request (status {number}).");
                let mut failure = told(EndpointFinding::Refused, Code::EngineFailed, message);
                if let Some(field) = &said.field {
                    failure.recovery = Recovery::Without(field.clone());
                }
                failure
            }
        }
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = String> {
    let first: &dyn std::error::Error = error;
    std::iter::successors(Some(first), |error| error.source()).map(ToString::to_string)
}

/// The cause behind the causes; the outer ones only say that something failed.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().unwrap_or_default()
}

fn is_about_tls(error: &reqwest::Error) -> bool {
    // rustls' own words; its type isn't ours to name.
    let signs = ["certificate", "corrupt message", "handshake", "tls", "TLS"];
    causes(error).any(|cause| signs.iter().any(|sign| cause.contains(sign)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(status: u16, error: Value, has_key: bool) -> Failure {
        let key = has_key.then(|| Secret::new("sk-very-secret".to_owned()));
        let said = Said::of(&error, key.as_ref());
        Failure::of_status("h", StatusCode::from_u16(status).unwrap(), &said, None, has_key)
    }

    #[test]
    fn each_status_says_what_to_do() {
        let model = json!({ "code": "model_not_found", "message": "The model x does not exist" });
        for (status, error, has_key, finding, code) in [
            (401, Value::Null, true, EndpointFinding::KeyWrong, Code::AccessDenied),
            (401, Value::Null, false, EndpointFinding::KeyMissing, Code::AccessDenied),
            (403, Value::Null, true, EndpointFinding::NotAllowed, Code::AccessDenied),
            (404, model, true, EndpointFinding::ModelMissing, Code::NotFound),
            (404, Value::Null, true, EndpointFinding::AddressWrong, Code::NotFound),
            (405, Value::Null, true, EndpointFinding::AddressWrong, Code::NotFound),
            (429, Value::Null, true, EndpointFinding::TooMany, Code::Offline),
            (503, Value::Null, true, EndpointFinding::ServerProblem, Code::Offline),
            (500, Value::Null, true, EndpointFinding::ServerProblem, Code::Offline),
            (418, Value::Null, true, EndpointFinding::Refused, Code::EngineFailed),
        ] {
            let failure = of(status, error, has_key);
            assert_eq!((failure.finding, failure.error.code), (finding, code), "{status}");
        }
        let long = json!({ "code": "context_length_exceeded", "message": "too long" });
        assert_eq!(of(400, long, true).error.code, Code::ContextOverflow);
        let field = json!({ "param": "temperature", "message": "unsupported" });
        let without = Recovery::Without("temperature".to_owned());
        assert_eq!(of(400, field, true).recovery, without);
    }
}
