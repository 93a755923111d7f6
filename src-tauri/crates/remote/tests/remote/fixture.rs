//! Who asks.

use crate::endpoint::{Endpoint, KEY, MODEL};
use nopenai_domain::{Error, Message, ModelId, Parameters, RemoteModel, Role, Timestamp};
use nopenai_remote::{Answered, Heard, Patience, Question, Remote};
use nopenai_secrets::{Given, Secrets};
use std::{sync::Arc, time::Duration};

/// One who is not patient, and has the key of every endpoint, or none.
pub fn remote(key: Option<&'static str>) -> Remote {
    let variable = move |name: &str| {
        key.filter(|_| name.starts_with("NOPENAI_SECRET_REMOTE_MODEL_KEY_")).map(str::to_owned)
    };
    let given = Given { folder: None, variable: Arc::new(variable) };
    let patience =
        Patience { connect: Duration::from_secs(2), silence: Duration::from_millis(400) };
    Remote::new(Secrets::new(given, "nopenai-test"), patience)
}

pub fn model(base_url: &str) -> RemoteModel {
    RemoteModel {
        id: ModelId::remote(),
        name: "Elsewhere".to_owned(),
        base_url: base_url.to_owned(),
        model: MODEL.to_owned(),
        context_length: None,
        has_key: false,
        changed_at: Timestamp(0),
    }
}

/// What became of a question: what was not sent, the answer as far as it came,
/// and how it ended.
pub struct Asked {
    pub left_out: Vec<String>,
    pub text: String,
    pub ended: Result<Answered, Error>,
}

pub async fn ask(endpoint: &Endpoint) -> Asked {
    ask_with(endpoint, &Parameters::default()).await
}

pub async fn ask_with(endpoint: &Endpoint, parameters: &Parameters) -> Asked {
    let messages = [Message { role: Role::User, content: "Hello?".to_owned() }];
    let question = Question { messages: &messages, parameters };
    let (mut left_out, mut text) = (Vec::new(), String::new());
    let model = model(endpoint.address());
    let remote = remote(Some(KEY));
    let ended = remote.answer(&model, question, |heard| match heard {
        Heard::Taken { left_out: names } => left_out = names,
        Heard::Text(piece) => text += &piece,
    });
    let ended = ended.await;
    Asked { left_out, text, ended }
}
