//! Conversations: what is asked and answered in them.

use crate::Studio;
use nopenai_domain::{
    Attachment, Caller, Chat, ChatContents, ChatId, ChatMessage, ChatSettings, Code, Error,
    FinishReason, Message, MessageId, ModelId, Outcome, Result, Role, Run, turns,
};
use nopenai_inference::{Prompt, RunEvent, RunStep, SentPrompt, TokenCount};
use schemars::JsonSchema;
use serde::Serialize;

/// What happens while something is said in a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChatEvent {
    /// A message stands in the conversation and is shown: a person's, or an
    /// answer that begins.
    Message {
        /// The message.
        message: ChatMessage,
    },
    /// A step of the run that answers.
    Run {
        /// The step.
        event: RunEvent,
    },
}

/// What was answered in a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChatAnswer {
    /// The answer as it stands in the conversation.
    pub message: ChatMessage,
    /// The run that made it; one that failed has its reason in it.
    pub run: Run,
}

/// What an answer is to be.
struct Answering {
    chat: Chat,
    /// The turns before the question.
    before: Vec<Message>,
    /// The question, with its files, or what a function gave back.
    content: String,
    is_tool_result: bool,
    /// The answer as it begins.
    answer: ChatMessage,
    /// The window's choice, asked where the conversation names no model.
    model: Option<ModelId>,
    /// Whether an answer that was computed before may be given again.
    cache: bool,
    /// Whether the answer goes on from the text it has.
    continued: bool,
}

impl Answering {
    /// An answer to `asked`, computed from its beginning.
    fn new(
        contents: &ChatContents,
        asked: &ChatMessage,
        answer: ChatMessage,
        model: Option<ModelId>,
    ) -> Self {
        Self {
            chat: contents.chat.clone(),
            before: turns(&contents.branch(asked.parent)),
            content: asked.content(),
            is_tool_result: asked.role == Role::Tool,
            answer,
            model,
            cache: false,
            continued: false,
        }
    }
}

impl Studio {
    /// Adds a person's message behind `parent` and has it answered, telling
    /// what happens. The message stays when there is no answer.
    pub(crate) async fn say(
        &self,
        chat: ChatId,
        parent: Option<MessageId>,
        said: (String, Vec<Attachment>),
        model: Option<ModelId>,
        tell: impl Fn(ChatEvent) + Send + Sync,
    ) -> Result<ChatAnswer> {
        let (text, attachments) = said;
        let message = self.message(chat, parent, Role::User, text);
        let message = ChatMessage { attachments, ..message };
        self.store().chats().ask(message.clone()).await?;
        self.chats_changed();
        tell(ChatEvent::Message { message: message.clone() });
        self.answer_anew(chat, message.id, model, true, tell).await
    }

    /// Adds what the functions gave back that an answer calls, in the order of
    /// its calls, and has the model go on with that, telling what happens.
    pub(crate) async fn give_back(
        &self,
        chat: ChatId,
        answer: MessageId,
        results: Vec<String>,
        model: Option<ModelId>,
        tell: impl Fn(ChatEvent) + Send + Sync,
    ) -> Result<ChatAnswer> {
        let contents = self.store().chats().get(chat).await?;
        let calling = contents.message(answer)?;
        let calls = contents.run_of(calling).map_or(0, |run| run.calls.len());
        if calls == 0 {
            return Err(Error::invalid("message", "This answer calls no function."));
        }
        if results.len() != calls {
            let given = results.len();
            let message = format!("The answer has {calls} calls, and {given} results are given.");
            return Err(Error::invalid("results", message));
        }
        let mut last = answer;
        let mut given = Vec::new();
        for result in results {
            let message = self.message(chat, Some(last), Role::Tool, result);
            message.validate()?;
            last = message.id;
            given.push(message);
        }
        for message in given {
            self.store().chats().ask(message.clone()).await?;
            tell(ChatEvent::Message { message });
        }
        self.chats_changed();
        self.answer_anew(chat, last, model, true, tell).await
    }

    /// Answers a person's message; of an answer, the question before it. The
    /// answer stands beside those there are.
    pub(crate) async fn answer_anew(
        &self,
        chat: ChatId,
        message: MessageId,
        model: Option<ModelId>,
        cache: bool,
        tell: impl Fn(ChatEvent) + Send + Sync,
    ) -> Result<ChatAnswer> {
        let contents = self.store().chats().get(chat).await?;
        let asked = question(&contents, message)?;
        let answer = self.message(chat, Some(asked.id), Role::Assistant, String::new());
        let answering = Answering { cache, ..Answering::new(&contents, asked, answer, model) };
        self.answer(answering, tell).await
    }

    /// Goes on with the answer at the end of the branch that is shown.
    pub(crate) async fn go_on(
        &self,
        chat: ChatId,
        message: MessageId,
        model: Option<ModelId>,
        tell: impl Fn(ChatEvent) + Send + Sync,
    ) -> Result<ChatAnswer> {
        let contents = self.store().chats().get(chat).await?;
        let answer = contents.message(message)?.clone();
        let asked = question(&contents, message)?;
        let whole = contents.run_of(&answer).is_some_and(|run| {
            run.outcome == Outcome::Completed && run.finish_reason == Some(FinishReason::Stop)
        });
        if answer.role != Role::Assistant || answer.text.trim().is_empty() || whole {
            let message = "Only an answer that was cut short can be gone on with.";
            return Err(Error::invalid("message", message));
        }
        if contents.chat.leaf != Some(answer.id) {
            let message = "Only the last answer can be gone on with.";
            return Err(Error::invalid("message", message));
        }
        let anew = Answering::new(&contents, asked, answer, model);
        self.answer(Answering { continued: true, ..anew }, tell).await
    }

    /// A draft exactly as it would be sent behind `parent`; nothing while the
    /// model isn't loaded.
    pub(crate) async fn preview_in_chat(
        &self,
        contents: &ChatContents,
        parent: Option<MessageId>,
        draft: (String, Vec<Attachment>),
        model: Option<ModelId>,
    ) -> Result<Option<SentPrompt>> {
        let settings = contents.chat.settings.clone();
        let (text, attachments) = draft;
        let draft = self.message(contents.chat.id, parent, Role::User, text);
        let prompt = Prompt {
            model: self.asked(&settings).await?.or(model),
            mode: settings.mode,
            prompt: ChatMessage { attachments, ..draft }.content(),
            is_tool_result: false,
            parameters: settings.parameters,
            stream: true,
            cache: true,
            before: turns(&contents.branch(parent)),
            continue_answer: None,
            context_policy: settings.context_policy,
            chat: Some(contents.chat.id),
        };
        self.engine().preview(&prompt).await
    }

    /// Counts the tokens of a draft as it would be sent behind `parent`, with
    /// all that stands before it; nothing while the model isn't loaded.
    pub(crate) async fn count_in_chat(
        &self,
        contents: &ChatContents,
        parent: Option<MessageId>,
        draft: (String, Vec<Attachment>),
        model: Option<ModelId>,
    ) -> Result<Option<TokenCount>> {
        let settings = &contents.chat.settings;
        let Some(model) = self.asked(settings).await?.or(model) else { return Ok(None) };
        let (text, attachments) = draft;
        let draft = self.message(contents.chat.id, parent, Role::User, text);
        let content = ChatMessage { attachments, ..draft }.content();
        let engine = self.engine();
        let parameters =
            engine.effective(&model, settings.mode.as_ref(), &settings.parameters).await?;
        let before = turns(&contents.branch(parent));
        engine.count_tokens(&model, &before, &content, &parameters).await
    }

    /// The model that a conversation, or its mode, names.
    async fn asked(&self, settings: &ChatSettings) -> Result<Option<ModelId>> {
        match (&settings.model, &settings.mode) {
            (None, Some(mode)) => Ok(self.modes().get(mode).await?.model),
            (model, _) => Ok(model.clone()),
        }
    }

    fn message(
        &self,
        chat: ChatId,
        parent: Option<MessageId>,
        role: Role,
        text: String,
    ) -> ChatMessage {
        ChatMessage {
            id: MessageId::generate(),
            chat,
            parent,
            role,
            text,
            attachments: Vec::new(),
            run: None,
            created_at: self.store().clock().now(),
        }
    }

    async fn answer(
        &self,
        answering: Answering,
        tell: impl Fn(ChatEvent) + Send + Sync,
    ) -> Result<ChatAnswer> {
        let Answering { chat, content, is_tool_result, mut answer, model, cache, .. } = answering;
        let settings = chat.settings;
        let prompt = Prompt {
            model: self.asked(&settings).await?.or(model),
            mode: settings.mode,
            prompt: content,
            is_tool_result,
            parameters: settings.parameters,
            stream: true,
            cache,
            before: answering.before,
            continue_answer: answering.continued.then(|| answer.text.clone()),
            context_policy: settings.context_policy,
            chat: Some(chat.id),
        };
        let begun = answer.clone();
        let listen = |event: RunEvent| {
            if matches!(event.step, RunStep::Accepted) {
                let message = ChatMessage { run: Some(event.run), ..begun.clone() };
                self.store().chats().begin_answer(message.clone());
                tell(ChatEvent::Message { message });
                self.chats_changed();
            }
            if matches!(event.step, RunStep::Accepted | RunStep::Finished { .. }) {
                self.history_changed();
            }
            tell(ChatEvent::Run { event });
        };
        let run = self.engine().run(prompt, &Caller::window(), listen).await?;
        answer.run = Some(run.id);
        answer.text.push_str(&run.answer);
        self.store().chats().end_answer(answer.clone()).await?;
        self.chats_changed();
        self.notify_failure(&run).await;
        Ok(ChatAnswer { message: answer, run })
    }
}

/// The question that a message is, or that it answers; what a function gave
/// back is one.
fn question(contents: &ChatContents, message: MessageId) -> Result<&ChatMessage> {
    let mut found = contents.message(message)?;
    if found.role == Role::Assistant
        && let Some(parent) = found.parent
    {
        found = contents.message(parent)?;
    }
    if found.role != Role::Assistant {
        return Ok(found);
    }
    Err(Error::new(Code::NotFound, "The question of this answer is not there."))
}
