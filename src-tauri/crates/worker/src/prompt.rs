//! From a chat to the tokens the engine is given.
//!
//! The engine could do both steps by itself, but only in one go, with its own
//! template, and with an answer's thinking taken out of it. Here a chat becomes
//! text by the templates that every worker shares, and text becomes tokens, so
//! that what is counted and shown is what is sent.

use anyhow::Context;
use either::Either;
use mistralrs::core::{ChatTemplate, Pipeline};
use nopenai_domain::Result;
use nopenai_protocol::Chat;
use nopenai_serving::engine_failed;
use nopenai_template::{Prompts, Specials};

/// The tokens of a text, with or without the one that begins a sequence.
type Encode = dyn Fn(String, bool) -> Result<Vec<u32>> + Send + Sync;

/// The text of tokens, special ones included.
type Decode = dyn Fn(&[u32]) -> String + Send + Sync;

/// Makes prompts for one model.
pub struct Prompter {
    prompts: Prompts,
    encode: Box<Encode>,
    decode: Box<Decode>,
}

impl Prompter {
    /// For the model in `pipeline`.
    ///
    /// # Errors
    /// When it has no tokenizer, or its template isn't understood.
    pub fn of(pipeline: &dyn Pipeline) -> anyhow::Result<Self> {
        let tokenizer = pipeline.tokenizer().context("the model has no tokenizer")?;
        let template = pipeline.get_chat_template();
        let specials = template.as_ref().map_or_else(Specials::default, |template| Specials {
            bos: template.bos_tok(),
            eos: template.eos_tok(),
            unknown: template.unk_tok(),
        });
        let own = template.as_deref().and_then(source);
        let prompts = Prompts::new(own.as_deref(), specials, chrono::Utc::now)?;
        let decoder = tokenizer.clone();
        let encode = move |text: String, begin: bool| {
            let encoding = tokenizer.encode_fast(text, begin).map_err(engine_failed)?;
            Ok(encoding.get_ids().to_vec())
        };
        let decode = move |tokens: &[u32]| decoder.decode(tokens, false).unwrap_or_default();
        Ok(Self { prompts, encode: Box::new(encode), decode: Box::new(decode) })
    }

    /// The text of a chat as it is sent.
    pub fn render(&self, chat: &Chat) -> Result<String> {
        let Chat { messages, template, continued, tools } = chat;
        self.prompts.render(messages, tools, template.as_deref(), *continued)
    }

    /// The tokens of a chat as they are sent: the one that begins a sequence
    /// stands there once if the model wants it, whether the template wrote it
    /// or not.
    pub fn tokens(&self, chat: &Chat) -> Result<Vec<u32>> {
        let text = self.render(chat)?;
        let begun = self.prompts.bos().is_some_and(|bos| !bos.is_empty() && text.starts_with(bos));
        (self.encode)(text, !begun)
    }

    /// White space at the beginning of `token` where it follows `before`.
    pub fn leading_space(&self, before: u32, token: u32) -> String {
        let both = (self.decode)(&[before, token]);
        let added = both.strip_prefix(&(self.decode)(&[before])).unwrap_or_default();
        added[..added.len() - added.trim_start().len()].to_owned()
    }
}

/// The template for chats without tools.
fn source(template: &ChatTemplate) -> Option<String> {
    match &template.chat_template.as_ref()?.0 {
        Either::Left(source) => Some(source.clone()),
        Either::Right(named) => {
            let named_default =
                named.iter().find(|each| each.get("name").is_some_and(|name| name == "default"));
            let found = named_default.and_then(|each| each.get("template"));
            found.or_else(|| named.iter().find_map(|each| each.get("default"))).cloned()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where it fails")]
mod tests {
    use super::*;
    use crate::load;
    use mistralrs::{TextMessageRole, TextMessages};
    use nopenai_domain::{Message, Role};
    use nopenai_protocol::ElementType;

    fn chat(said: &[(Role, &str)]) -> Chat {
        let message =
            |&(role, content): &(Role, &str)| Message { role, content: content.to_owned() };
        Chat { messages: said.iter().map(message).collect(), ..Chat::default() }
    }

    fn engine_role(role: Role) -> TextMessageRole {
        match role {
            Role::System => TextMessageRole::System,
            Role::User => TextMessageRole::User,
            Role::Assistant => TextMessageRole::Assistant,
            Role::Tool => TextMessageRole::Tool,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_tokens_are_those_of_the_engines_own_template() {
        let file = std::env::var_os("NOPENAI_STARTER_MODEL").unwrap();
        let (engine, _) = load::build(file.as_ref(), ElementType::Auto).await.unwrap();
        let turns = [
            (Role::System, "Be brief."),
            (Role::User, "Wer? \u{645}\u{627}\u{61f}\n```rust\nfn main() {}\n```"),
            (Role::Assistant, "<|im_start|> is a token."),
            (Role::User, " Spaces  around "),
        ];
        for from in [0, 1, 3] {
            let said = &turns[from..];
            let own = said.iter().fold(TextMessages::new(), |own, (role, content)| {
                own.add_message(engine_role(*role), content)
            });
            let model = engine.model().await;
            let own = model.tokenize(Either::Left(own), None, true, true, None).await.unwrap();
            assert_eq!(engine.prompter().tokens(&chat(said)).unwrap(), own, "{said:?}");
        }
        let begun = Chat { continued: true, ..chat(&turns[..3]) };
        let text = engine.prompter().render(&begun).unwrap();
        assert!(text.ends_with("<|im_start|>assistant\n<|im_start|> is a token."), "{text}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn white_space_of_a_token_behind_another_is_known() {
        let file = std::env::var_os("NOPENAI_STARTER_MODEL").unwrap();
        let (engine, _) = load::build(file.as_ref(), ElementType::Auto).await.unwrap();
        let prompter = engine.prompter();
        let tokens = (prompter.encode)("The lighthouse was\n\nold".to_owned(), false).unwrap();
        let spaces: String =
            tokens.windows(2).map(|pair| prompter.leading_space(pair[0], pair[1])).collect();
        assert_eq!(spaces.matches(' ').count(), 2, "{spaces:?}");
        assert_eq!(spaces.matches('\n').count(), 2, "{spaces:?}");
    }
}
