//! From a chat to its prompt, by the template in the model's file.

use anyhow::Context;
use chrono::{DateTime, Utc};
use minijinja::{Environment, Error, ErrorKind, context};
use nopenai_domain::Message;

const NAME: &str = "chat";

/// Texts of the tokens a template may name.
#[derive(Debug, Clone, Default)]
pub struct Specials {
    /// Begins a sequence.
    pub bos: Option<String>,
    /// Ends one.
    pub eos: Option<String>,
}

/// A chat template: Jinja as Hugging Face's transformers has it. Given the
/// names that mistral.rs gives, so that a prompt is the same in both.
pub struct ChatTemplate {
    source: String,
    specials: Specials,
    now: fn() -> DateTime<Utc>,
}

impl ChatTemplate {
    /// Understands a template; `now` is for those that name the day.
    ///
    /// # Errors
    /// When it isn't Jinja.
    pub fn new(
        source: &str,
        specials: Specials,
        now: fn() -> DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let template = Self { source: without_training_marks(source), specials, now };
        template.environment().context("its chat template is not understood")?;
        Ok(template)
    }

    /// The prompt of a chat, up to where the model's answer begins.
    ///
    /// # Errors
    /// When the template refuses the chat.
    pub fn render(&self, messages: &[Message]) -> Result<String, Error> {
        self.environment()?.get_template(NAME)?.render(context! {
            messages,
            add_generation_prompt => true,
            bos_token => self.specials.bos,
            eos_token => self.specials.eos,
            date_string => strftime((self.now)(), "%d, %B, %Y")?,
            enable_thinking => true,
            reasoning_effort => "medium",
        })
    }

    fn environment(&self) -> Result<Environment<'_>, Error> {
        let now = self.now;
        let mut environment = Environment::new();
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_lstrip_blocks(true);
        environment.set_trim_blocks(true);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", move |format: String| strftime(now(), &format));
        environment.add_template(NAME, &self.source)?;
        Ok(environment)
    }
}

/// The prompt of a model without a template, which knows no chats and goes on
/// with a text: what was said, with blank lines between.
pub fn continued(messages: &[Message]) -> String {
    let said: Vec<_> = messages.iter().map(|message| message.content.as_str()).collect();
    said.join("\n\n")
}

/// Formats a time; chrono panics on what it does not know.
fn strftime(time: DateTime<Utc>, format: &str) -> Result<String, Error> {
    use std::fmt::Write;
    let mut text = String::new();
    match write!(text, "{}", time.format(format)) {
        Ok(()) => Ok(text),
        Err(_) => Err(Error::new(ErrorKind::InvalidOperation, format!("no time format: {format}"))),
    }
}

/// Templates mark for training what an assistant said; transformers extends
/// Jinja by that block.
fn without_training_marks(source: &str) -> String {
    ["{% ", "{%- "].iter().fold(source.to_owned(), |source, open| {
        source
            .replace(&format!("{open}generation"), &format!("{open}if true"))
            .replace(&format!("{open}endgeneration"), &format!("{open}endif"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::Role;

    fn render(source: &str) -> anyhow::Result<String> {
        let specials = Specials { bos: Some("<s>".to_owned()), eos: Some("</s>".to_owned()) };
        let now = || DateTime::UNIX_EPOCH;
        let messages = [(Role::System, " Be brief. "), (Role::User, "Hé?")]
            .map(|(role, content)| Message { role, content: content.to_owned() });
        Ok(ChatTemplate::new(source, specials, now)?.render(&messages)?)
    }

    #[test]
    fn a_template_has_its_loop_methods_and_tokens() {
        let source = "{{ bos_token }}{% for message in messages %}\n\
             <|{{ message['role'] }}|>{{ message.content.strip() }}{{ eos_token }}\n\
             {% endfor %}\n{% if add_generation_prompt %}<|assistant|>{% endif %}";
        let prompt = "<s><|system|>Be brief.</s>\n<|user|>Hé?</s>\n<|assistant|>";
        assert_eq!(render(source).unwrap(), prompt);
        let source = "{% for m in messages[::-1] %}{{ m.role }} {% endfor %}";
        assert_eq!(render(source).unwrap(), "user system ");
    }

    #[test]
    fn the_day_is_passed_in() {
        assert_eq!(render("{{ strftime_now('%Y-%m-%d') }}").unwrap(), "1970-01-01");
        assert_eq!(render("{{ date_string }}").unwrap(), "01, January, 1970");
        assert!(render("{{ strftime_now('%Q') }}").is_err());
    }

    #[test]
    fn marks_for_training_change_nothing() {
        let source =
            "{%- generation -%} a {%- endgeneration %}{% generation %}b{% endgeneration %}";
        assert_eq!(render(source).unwrap(), "ab");
    }

    #[test]
    fn refusals_are_errors() {
        let error = render("{{ raise_exception('only two roles') }}").unwrap_err();
        assert!(error.to_string().contains("only two roles"), "{error}");
        assert!(render("{% for %}").is_err());
        assert!(render("{% include 'file' %}").is_err());
    }
}
