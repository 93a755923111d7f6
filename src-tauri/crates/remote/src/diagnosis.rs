//! What is right and wrong with an endpoint, for the test button.

use crate::{
    Remote,
    body::Question,
    client::Heard,
    failure::{EndpointFinding, Failure},
};
use nopenai_domain::{Message, Parameters, RemoteModel, Role};
use nopenai_secrets::Secret;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Instant;

/// What is asked, and how much is wanted: as little as can be paid for.
const QUESTION: &str = "Say yes.";
const MOST_TOKENS: u32 = 16;

/// What a test of an endpoint found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RemoteDiagnosis {
    /// How it ended.
    pub finding: EndpointFinding,
    /// What happened and what to do, with the endpoint's own words; empty when
    /// it works.
    pub detail: String,
    /// From the request to the first piece of the answer, milliseconds; absent
    /// when none came.
    pub answered_ms: Option<f64>,
}

impl Remote {
    /// Has the model answer a question of two words, once, with `key` or the one
    /// that is kept for it, and says how that went.
    pub async fn diagnose(&self, model: &RemoteModel, key: Option<Secret>) -> RemoteDiagnosis {
        let key = match key {
            Some(key) => Some(key),
            None => match self.key(model).await {
                Ok(key) => key,
                Err(error) => return of(&error.into(), None),
            },
        };
        let messages = [Message { role: Role::User, content: QUESTION.to_owned() }];
        let parameters = Parameters { max_tokens: MOST_TOKENS, ..Parameters::default() };
        let question = Question { messages: &messages, parameters: &parameters };
        let begun = Instant::now();
        let mut answered_ms = None;
        let hear = |heard| {
            if let Heard::Text(_) = heard {
                answered_ms.get_or_insert_with(|| begun.elapsed().as_secs_f64() * 1000.0);
            }
        };
        let answered = self.try_answer(model, key.as_ref(), question, 0, hear).await;
        match answered {
            Ok(_) => RemoteDiagnosis {
                finding: EndpointFinding::Works,
                detail: String::new(),
                answered_ms,
            },
            Err(failure) => of(&failure, answered_ms),
        }
    }
}

fn of(failure: &Failure, answered_ms: Option<f64>) -> RemoteDiagnosis {
    let detail = failure.error.message.clone();
    RemoteDiagnosis { finding: failure.finding, detail, answered_ms }
}
