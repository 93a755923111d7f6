//! From a chat to its prompt, by the template in the model's file or one in its
//! place.

use chrono::{DateTime, Utc};
mod tools;

use minijinja::{Environment, ErrorKind, Value, context, value::Kwargs};
use nopenai_domain::{Error, Message, Result, Role, Tool};
pub use tools::in_words;

const NAME: &str = "chat";

/// Texts of the tokens a template may name.
#[derive(Debug, Clone, Default)]
pub struct Specials {
    /// Begins a sequence.
    pub bos: Option<String>,
    /// Ends one.
    pub eos: Option<String>,
    /// Stands for what the vocabulary doesn't have.
    pub unknown: Option<String>,
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
    /// [`nopenai_domain::Code::InvalidInput`] naming `chat_template` when it
    /// isn't Jinja, with the line.
    pub fn new(source: &str, specials: Specials, now: fn() -> DateTime<Utc>) -> Result<Self> {
        let source = counting_up(&without_training_marks(source));
        let template = Self { source, specials, now };
        template.environment().map(drop).map_err(|error| refused(&error))?;
        Ok(template)
    }

    /// The prompt of a chat in which these functions may be called, up to
    /// where the model's answer begins. A template that knows no functions has
    /// them told of in its system prompt.
    ///
    /// # Errors
    /// When the template refuses the chat.
    pub fn render(&self, messages: &[Message], tools: &[Tool]) -> Result<String> {
        let plain = |messages: &[Message]| {
            let messages: Vec<_> = messages.iter().map(Value::from_serialize).collect();
            self.rendered(&messages, None)
        };
        let rendered = if tools.is_empty() {
            plain(&tools::in_words(messages, tools))
        } else if tools::knows_tools(&self.source) {
            let messages = tools::with_calls(messages, tools);
            self.rendered(&messages, Some(tools::declared(tools)))
        } else {
            let told = tools::in_words(messages, tools);
            plain(&told).or_else(|_| plain(&tools::without_system(&told)))
        };
        rendered.map_err(|error| refused(&error))
    }

    fn rendered(
        &self,
        messages: &[Value],
        tools: Option<Vec<Value>>,
    ) -> Result<String, minijinja::Error> {
        self.environment()?.get_template(NAME)?.render(context! {
            messages,
            tools,
            add_generation_prompt => true,
            bos_token => self.specials.bos,
            eos_token => self.specials.eos,
            unk_token => self.specials.unknown,
            date_string => strftime((self.now)(), "%d, %B, %Y")?,
            enable_thinking => true,
            reasoning_effort => "medium",
        })
    }

    fn environment(&self) -> Result<Environment<'_>, minijinja::Error> {
        let now = self.now;
        let mut environment = Environment::new();
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_lstrip_blocks(true);
        environment.set_trim_blocks(true);
        environment.add_function("raise_exception", |message: String| {
            Err::<String, _>(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_filter("tojson", tojson);
        environment.add_function("strftime_now", move |format: String| strftime(now(), &format));
        environment.add_template(NAME, &self.source)?;
        Ok(environment)
    }
}

/// Checks that a text is a template.
///
/// # Errors
/// As [`ChatTemplate::new`].
pub fn check(source: &str) -> Result<()> {
    ChatTemplate::new(source, Specials::default(), Utc::now).map(drop)
}

/// What becomes of chats by a model's own template, or by one in its place.
pub struct Prompts {
    /// Absent when the model brings none, as base models do.
    own: Option<ChatTemplate>,
    specials: Specials,
    now: fn() -> DateTime<Utc>,
}

impl Prompts {
    /// Understands a model's own template.
    ///
    /// # Errors
    /// As [`ChatTemplate::new`].
    pub fn new(own: Option<&str>, specials: Specials, now: fn() -> DateTime<Utc>) -> Result<Self> {
        let own = own.map(|own| ChatTemplate::new(own, specials.clone(), now)).transpose()?;
        Ok(Self { own, specials, now })
    }

    /// The prompt of a chat by `template`, or by the model's own, in which
    /// `tools` may be called. Where the chat is `continued`, its last message is
    /// the beginning of the answer, and stands unchanged where the answer begins.
    ///
    /// # Errors
    /// When a template isn't Jinja, or refuses the chat.
    pub fn render(
        &self,
        messages: &[Message],
        tools: &[Tool],
        template: Option<&str>,
        continued: bool,
    ) -> Result<String> {
        let (messages, begun) = match messages.split_last() {
            Some((last, before)) if continued && last.role == Role::Assistant => {
                (before, last.content.as_str())
            }
            _ => (messages, ""),
        };
        let mut prompt = match (template, &self.own) {
            (Some(other), _) => ChatTemplate::new(other, self.specials.clone(), self.now)?
                .render(messages, tools)?,
            (None, Some(own)) => own.render(messages, tools)?,
            (None, None) => plain(&tools::in_words(messages, tools)),
        };
        prompt.push_str(begun);
        Ok(prompt)
    }

    /// The text of the token that begins a sequence.
    pub fn bos(&self) -> Option<&str> {
        self.specials.bos.as_deref()
    }
}

fn refused(error: &minijinja::Error) -> Error {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let message = match error.line() {
        Some(line) => format!("The chat template is not understood in line {line}: {what}."),
        None => format!("The chat template refuses this: {what}."),
    };
    let refused = Error::invalid("chat_template", message);
    match error.line() {
        Some(line) => refused.with("line", line),
        None => refused,
    }
}

/// The prompt of a model without a template, which knows no chats and goes on
/// with a text: what was said, with blank lines between.
fn plain(messages: &[Message]) -> String {
    let said: Vec<_> = messages.iter().map(|message| message.content.as_str()).collect();
    said.join("\n\n")
}

/// JSON as transformers sets it: with spaces, nothing escaped for HTML, and
/// indented where the template asks for that.
fn tojson(value: &Value, options: Kwargs) -> Result<String, minijinja::Error> {
    let indent: Option<usize> = options.get("indent")?;
    // Python's other options are about characters and order.
    let _: Option<Value> = options.get("ensure_ascii")?;
    let _: Option<Value> = options.get("sort_keys")?;
    options.assert_all_used()?;
    let Some(indent) = indent else { return Ok(tools::python_json(value)) };
    let spaces = " ".repeat(indent.min(16));
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    let unreadable = |_| minijinja::Error::new(ErrorKind::BadSerialization, "no JSON");
    serde::Serialize::serialize(value, &mut serializer).map_err(unreadable)?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// Formats a time; chrono panics on what it does not know.
fn strftime(time: DateTime<Utc>, format: &str) -> Result<String, minijinja::Error> {
    use std::fmt::Write;
    let mut text = String::new();
    match write!(text, "{}", time.format(format)) {
        Ok(()) => Ok(text),
        Err(_) => {
            let message = format!("no time format: {format}");
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        }
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

/// minijinja's ranges don't count down; templates count down to 0 to find a
/// chat's last question: `range(n, -1, -1)`.
fn counting_up(source: &str) -> String {
    let mut parts = source.split("range(");
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let down = part.split_once(',').and_then(|(from, rest)| {
            let rest = rest.trim_start().strip_prefix("-1,")?.trim_start();
            Some((from, rest.strip_prefix("-1)")?))
        });
        match down {
            Some((from, rest)) => changed.push_str(&format!("(range(({from}) + 1)|reverse){rest}")),
            None => changed.push_str(&format!("range({part}")),
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn specials() -> Specials {
        let text = |text: &str| Some(text.to_owned());
        Specials { bos: text("<s>"), eos: text("</s>"), unknown: None }
    }

    fn chat(said: &[(Role, &str)]) -> Vec<Message> {
        let message =
            |&(role, content): &(Role, &str)| Message { role, content: content.to_owned() };
        said.iter().map(message).collect()
    }

    fn render(source: &str) -> Result<String> {
        let messages = chat(&[(Role::System, " Be brief. "), (Role::User, "Hé?")]);
        ChatTemplate::new(source, specials(), now)?.render(&messages, &[])
    }

    #[test]
    fn an_answer_that_is_gone_on_with_stands_unchanged_where_it_begins() {
        let own = "{% for m in messages %}<{{ m.role }}>{{ m.content.strip() }}{% endfor %}<a>";
        let said = chat(&[(Role::User, "Why?"), (Role::Assistant, "<think>x</think>\nBecause ")]);
        let prompts = Prompts::new(Some(own), specials(), now).unwrap();
        let prompt = prompts.render(&said, &[], None, true).unwrap();
        assert_eq!(prompt, "<user>Why?<a><think>x</think>\nBecause ");
        let whole = prompts.render(&said, &[], None, false).unwrap();
        assert!(whole.ends_with("Because<a>"), "{whole}");
        let other = prompts.render(&said[..1], &[], Some("{{ messages[0].content }}!"), false);
        assert_eq!(other.unwrap(), "Why?!");
        let none = Prompts::new(None, specials(), now).unwrap();
        assert_eq!(none.render(&said, &[], None, true).unwrap(), "Why?<think>x</think>\nBecause ");
    }

    #[test]
    fn a_template_that_is_not_jinja_is_refused_with_its_line() {
        let error = check("{{ bos_token }}\n{% for m in %}\n").unwrap_err();
        assert_eq!(error.details["field"], "chat_template");
        assert_eq!(error.details["line"], 2);
        assert!(error.message.contains("line 2"), "{error}");
        assert!(check("{% for m in messages %}{{ m.content }}{% endfor %}").is_ok());
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
    fn ranges_count_down_too() {
        let source = "{% for i in range(messages|length - 1, -1, -1) %}{{ i }}{% endfor %}";
        assert_eq!(render(source).unwrap(), "10");
        assert_eq!(render("{% for i in range(2) %}{{ i }}{% endfor %}").unwrap(), "01");
        assert_eq!(render("{% for i in range(0, 3) %}{{ i }}{% endfor %}").unwrap(), "012");
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
    fn functions_are_given_to_a_template_that_knows_them_and_told_of_else() {
        let tools = nopenai_domain::declared_tools(r#"[{"name": "now"}]"#).unwrap();
        let messages = chat(&[(Role::User, "How <late> is it?")]);
        let knows = "{% if tools %}{{ tools[0]|tojson }}{% endif %}{{ messages[0].content }}";
        let known = ChatTemplate::new(knows, specials(), now).unwrap();
        let prompt = known.render(&messages, &tools).unwrap();
        assert!(prompt.contains(r#""name": "now""#), "{prompt}");
        assert!(prompt.ends_with("}How <late> is it?"), "{prompt}");
        assert_eq!(known.render(&messages, &[]).unwrap(), "How <late> is it?");
        let all = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}";
        let told = ChatTemplate::new(all, specials(), now).unwrap();
        let prompt = told.render(&messages, &tools).unwrap();
        assert!(prompt.starts_with("<system>You may call"), "{prompt}");
        assert!(prompt.ends_with("<user>How <late> is it?"), "{prompt}");
        let strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}\
                      {{ messages[0].content }}";
        let without = ChatTemplate::new(strict, specials(), now).unwrap();
        let prompt = without.render(&messages, &tools).unwrap();
        assert!(prompt.starts_with("You may call") && prompt.ends_with("is it?"), "{prompt}");
        assert_eq!(render("{{ {'a': [1, '<']}|tojson }}").unwrap(), r#"{"a": [1, "<"]}"#);
        assert_eq!(render("{{ [1]|tojson(indent=2) }}").unwrap(), "[\n  1\n]");
    }

    #[test]
    fn refusals_are_errors() {
        let error = render("{{ raise_exception('only two roles') }}").unwrap_err();
        assert!(error.to_string().contains("only two roles"), "{error}");
        assert!(render("{% for %}").is_err());
        assert!(render("{% include 'file' %}").is_err());
    }
}
