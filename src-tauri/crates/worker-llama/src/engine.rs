use crate::{
    compute::{self, Asked, Job, Piece},
    tokens,
};
use anyhow::Context;
use llama_cpp_2::{
    LlamaBackendDeviceType, list_llama_ggml_backend_devices, model::LlamaModel, token::LlamaToken,
};
use nopenai_domain::{Embedding, Error, FinishReason, Result, TextLikelihood};
use nopenai_protocol::{Chat, ElementType, LoadedModel};
use nopenai_serving::{
    Answer, End, Engine, Progress, Request, engine_failed, of_process, room, toktrie::TokEnv,
};
use nopenai_template::{Prompts, Specials};
use std::{
    path::Path,
    sync::{Arc, OnceLock, mpsc::Sender},
};
use tokio::sync::{mpsc, oneshot};

/// llama.cpp with a model in it.
pub struct LlamaEngine {
    model: Arc<LlamaModel>,
    prompts: Prompts,
    jobs: Sender<Job>,
    /// Made when it is first asked for.
    vocabulary: OnceLock<TokEnv>,
}

impl LlamaEngine {
    fn prompt(&self, chat: &Chat) -> Result<Vec<LlamaToken>> {
        let tokens = tokens::tokenize(&self.model, &self.text(chat)?);
        if tokens.is_empty() { Err(engine_failed("the prompt has no tokens")) } else { Ok(tokens) }
    }

    fn ask(&self, job: Job) -> Result<()> {
        self.jobs.send(job).map_err(|_| thread_ended())
    }

    fn text(&self, chat: &Chat) -> Result<String> {
        let Chat { messages, template, continued, tools } = chat;
        self.prompts.render(messages, tools, template.as_deref(), *continued)
    }
}

impl Engine for LlamaEngine {
    /// llama.cpp chooses the type of activations by itself.
    async fn load(
        path: &Path,
        _: ElementType,
        progress: Progress,
    ) -> anyhow::Result<(Self, LoadedModel)> {
        let (tell, loaded) = oneshot::channel();
        let (jobs, asked) = std::sync::mpsc::channel();
        let file = path.to_owned();
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name("llama.cpp".to_owned())
            .spawn(move || compute::work(&file, progress, tell, &asked, &runtime))?;
        let model = loaded.await.context("llama.cpp's thread ended")??;
        let prompts = prompts(&model)?;
        let described = LoadedModel {
            context_length: model.n_ctx_train(),
            device: device(),
            element_type: "F32".to_owned(),
            memory: of_process(),
        };
        Ok((Self { model, prompts, jobs, vocabulary: OnceLock::new() }, described))
    }

    async fn render(&self, chat: &Chat) -> Result<String> {
        self.text(chat)
    }

    async fn count(&self, chat: &Chat) -> Result<u32> {
        let tokens = self.prompt(chat)?;
        Ok(u32::try_from(tokens.len()).unwrap_or(u32::MAX))
    }

    async fn vocabulary(&self) -> Result<TokEnv> {
        Ok(self.vocabulary.get_or_init(|| tokens::vocabulary(&self.model)).clone())
    }

    async fn answer(&self, request: Request, answer: &mut Answer<'_>) -> Result<End> {
        let Request { chat, parameters, sampler } = request;
        let prompt = self.prompt(&chat)?;
        let tokens_in = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
        let room = room(tokens_in, parameters.context_length, self.model.n_ctx_train())?;
        let limit = tokens_in + room;
        answer.started(tokens_in).await;
        let max_tokens = parameters.max_tokens.min(room);
        let (pieces, mut said) = mpsc::channel(1);
        self.ask(Job::Answer(Asked { prompt, max_tokens, limit, sampler, pieces }))?;
        while let Some(piece) = said.recv().await {
            match piece {
                Piece::Text(text) => {
                    if answer.say(&text).await {
                        return Ok(stopped(said).await);
                    }
                }
                Piece::End(end) => return Ok(end),
                Piece::Failed(reason) => return Err(engine_failed(reason)),
            }
        }
        Err(engine_failed("it stopped in the middle of the answer"))
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Embedding>> {
        let (reply, points) = oneshot::channel();
        self.ask(Job::Embed(texts, reply))?;
        points.await.map_err(|_| thread_ended())?.map_err(|error| engine_failed(error.to_string()))
    }

    async fn weigh(&self, text: String) -> Result<TextLikelihood> {
        let (reply, likelihood) = oneshot::channel();
        self.ask(Job::Weigh(text, reply))?;
        let likelihood = likelihood.await.map_err(|_| thread_ended())?;
        likelihood.map_err(|error| engine_failed(error.to_string()))
    }
}

fn thread_ended() -> Error {
    engine_failed("llama.cpp's thread ended")
}

/// Ends the computation; what was drawn already isn't said.
async fn stopped(mut said: mpsc::Receiver<Piece>) -> End {
    said.close();
    let mut unsaid = 0;
    while let Some(piece) = said.recv().await {
        unsaid += u32::from(matches!(piece, Piece::Text(_)));
    }
    End { reason: FinishReason::Stop, unsaid }
}

fn prompts(model: &LlamaModel) -> anyhow::Result<Prompts> {
    let own = model.chat_template(None).ok();
    let own = own.as_ref().map(|own| own.to_str()).transpose()?;
    let vocabulary = model.vocab();
    let specials = Specials {
        bos: tokens::text(&vocabulary, vocabulary.bos()),
        eos: tokens::text(&vocabulary, vocabulary.eos()),
        unknown: None,
    };
    Ok(Prompts::new(own, specials, chrono::Utc::now)?)
}

/// The first device that isn't the processor, else that with its threads.
fn device() -> String {
    let devices = list_llama_ggml_backend_devices();
    let other =
        devices.into_iter().find(|device| device.device_type != LlamaBackendDeviceType::Cpu);
    other.map_or_else(
        || format!("CPU, {} threads", compute::threads()),
        |device| format!("{}, {}", device.backend, device.description),
    )
}
