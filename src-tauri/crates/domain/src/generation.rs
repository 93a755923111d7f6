use crate::{AnswerFormat, Error, Result, ToolChoice, declared_tools};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest prompt that is looked at, in bytes of UTF-8. Far beyond any
/// context, and small enough to tokenize at once.
pub const MAX_PROMPT_BYTES: usize = 1024 * 1024;

/// The largest seed: what a JavaScript number holds exactly.
const MAX_SEED: u64 = (1 << 53) - 1;

/// The most texts that end an answer.
const MAX_STOPS: usize = 8;

/// The longest text that ends an answer.
const MAX_STOP_CHARACTERS: usize = 64;

/// The longest system prompt, in bytes of UTF-8.
const MAX_SYSTEM_PROMPT_BYTES: usize = 64 * 1024;

/// Who speaks in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions that frame the whole chat.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A function the model has called: what it gave back.
    Tool,
}

/// One turn of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// How an answer is drawn from the model: every parameter of a run, decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Spread of the distribution, 0 to 2; 0 always takes the likeliest token.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: f64,
    /// Share of probability mass kept, above 0 up to 1 (nucleus sampling,
    /// Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration").
    #[schemars(range(min = 0.0, max = 1.0))]
    pub top_p: f64,
    /// How many of the likeliest tokens are kept, 0 to 1000; 0 keeps all.
    #[schemars(range(min = 0, max = 1000))]
    pub top_k: u32,
    /// The least probability kept, as a share of the likeliest token's, 0 to 1
    /// (min-p sampling, Nguyen et al. 2024, "Turning Up the Heat").
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_p: f64,
    /// What the logit of a token that has occurred is divided by (multiplied
    /// when negative), 0.5 to 2; 1 changes nothing (Keskar et al. 2019, "CTRL",
    /// §4.1).
    #[schemars(range(min = 0.5, max = 2.0))]
    pub repetition_penalty: f64,
    /// The most tokens of the answer.
    #[schemars(range(min = 1, max = 131_072))]
    pub max_tokens: u32,
    /// Tokens that prompt and answer may have together, 128 to 1,048,576; the
    /// model's own bound where that is smaller, and where this is absent.
    #[schemars(range(min = 128, max = 1_048_576))]
    pub context_length: Option<u32>,
    /// The start of the random sequence, 0 to 2^53-1. Absent: one is drawn and
    /// recorded with the run, so that any run can be repeated.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    pub seed: Option<u64>,
    /// Texts that end the answer, themselves left out; at most 8 of at most 64
    /// characters.
    pub stop: Vec<String>,
    /// Instructions that stand before the prompt; empty for none. At most
    /// 65,536 bytes.
    pub system_prompt: String,
    /// What the answer has to be.
    pub format: AnswerFormat,
    /// How many of the likeliest tokens are told, with their probabilities, at
    /// each token of the answer, 0 to 20; 0 tells nothing.
    #[schemars(range(min = 0, max = 20))]
    pub alternatives: u32,
    /// Functions the model may call: a JSON array as the field `tools` of
    /// OpenAI's API, at most 65,536 bytes; empty for none.
    pub tools: String,
    /// Whether it has to call one.
    pub tool_choice: ToolChoice,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.95,
            top_k: 0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            max_tokens: 512,
            context_length: None,
            seed: None,
            stop: Vec::new(),
            system_prompt: String::new(),
            format: AnswerFormat::Text,
            alternatives: 0,
            tools: String::new(),
            tool_choice: ToolChoice::Auto,
        }
    }
}

impl Parameters {
    /// Checks every range, and that the parameters go together.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`], with the field named in the details.
    pub fn validate(&self) -> Result<()> {
        self.check_ranges()?;
        if self.tool_choice == ToolChoice::Auto {
            return Ok(());
        }
        if declared_tools(&self.tools)?.is_empty() {
            let message = "A call is required, and no function is declared.";
            return Err(Error::invalid("tool_choice", message));
        }
        if self.format != AnswerFormat::Text {
            let message = "An answer can't be a call and have a format of its own.";
            return Err(Error::invalid("tool_choice", message));
        }
        Ok(())
    }

    fn check_ranges(&self) -> Result<()> {
        check("temperature", self.temperature, (0.0..=2.0).contains(&self.temperature), "0 to 2")?;
        check("top_p", self.top_p, self.top_p > 0.0 && self.top_p <= 1.0, "above 0, up to 1")?;
        check("top_k", self.top_k, self.top_k <= 1000, "0 to 1,000")?;
        check("min_p", self.min_p, (0.0..=1.0).contains(&self.min_p), "0 to 1")?;
        let penalty = self.repetition_penalty;
        check("repetition_penalty", penalty, (0.5..=2.0).contains(&penalty), "0.5 to 2")?;
        let max_tokens = self.max_tokens;
        check("max_tokens", max_tokens, (1..=131_072).contains(&max_tokens), "1 to 131,072")?;
        if let Some(length) = self.context_length {
            let ok = (128..=1_048_576).contains(&length);
            check("context_length", length, ok, "128 to 1,048,576")?;
        }
        if let Some(seed) = self.seed {
            check("seed", seed, seed <= MAX_SEED, "0 to 9,007,199,254,740,991")?;
        }
        let stops = self.stop.len();
        check("stop", format!("{stops} texts long"), stops <= MAX_STOPS, "0 to 8 texts")?;
        for stop in &self.stop {
            let length = stop.chars().count();
            let ok = (1..=MAX_STOP_CHARACTERS).contains(&length);
            check("stop", format!("a text of {length} characters"), ok, "1 to 64 characters")?;
        }
        let bytes = self.system_prompt.len();
        let ok = bytes <= MAX_SYSTEM_PROMPT_BYTES;
        check("system_prompt", format!("{bytes} bytes long"), ok, "0 to 65,536 bytes")?;
        check("alternatives", self.alternatives, self.alternatives <= 20, "0 to 20")?;
        self.format.validate()?;
        declared_tools(&self.tools).map(drop)
    }
}

/// Some parameters: those that are set replace what stands beneath. A run's
/// parameters are the defaults under the model's configuration under the mode
/// under the request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterOverrides {
    /// See [`Parameters::temperature`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: Option<f64>,
    /// See [`Parameters::top_p`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub top_p: Option<f64>,
    /// See [`Parameters::top_k`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub top_k: Option<u32>,
    /// See [`Parameters::min_p`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_p: Option<f64>,
    /// See [`Parameters::repetition_penalty`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.5, max = 2.0))]
    pub repetition_penalty: Option<f64>,
    /// See [`Parameters::max_tokens`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 131_072))]
    pub max_tokens: Option<u32>,
    /// See [`Parameters::context_length`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 128, max = 1_048_576))]
    pub context_length: Option<u32>,
    /// See [`Parameters::seed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    pub seed: Option<u64>,
    /// See [`Parameters::stop`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Vec<String>>,
    /// See [`Parameters::system_prompt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// See [`Parameters::format`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<AnswerFormat>,
    /// See [`Parameters::alternatives`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 20))]
    pub alternatives: Option<u32>,
    /// See [`Parameters::tools`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<String>,
    /// See [`Parameters::tool_choice`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
}

impl ParameterOverrides {
    /// `beneath`, with what is set here in its place.
    pub fn over(&self, beneath: Parameters) -> Parameters {
        Parameters {
            temperature: self.temperature.unwrap_or(beneath.temperature),
            top_p: self.top_p.unwrap_or(beneath.top_p),
            top_k: self.top_k.unwrap_or(beneath.top_k),
            min_p: self.min_p.unwrap_or(beneath.min_p),
            repetition_penalty: self.repetition_penalty.unwrap_or(beneath.repetition_penalty),
            max_tokens: self.max_tokens.unwrap_or(beneath.max_tokens),
            context_length: self.context_length.or(beneath.context_length),
            seed: self.seed.or(beneath.seed),
            stop: self.stop.clone().unwrap_or(beneath.stop),
            system_prompt: self.system_prompt.clone().unwrap_or(beneath.system_prompt),
            format: self.format.clone().unwrap_or(beneath.format),
            alternatives: self.alternatives.unwrap_or(beneath.alternatives),
            tools: self.tools.clone().unwrap_or(beneath.tools),
            tool_choice: self.tool_choice.unwrap_or(beneath.tool_choice),
        }
    }

    /// Checks every range. Whether all go together is for what they are put
    /// over to say.
    ///
    /// # Errors
    /// As [`Parameters::validate`].
    pub fn validate(&self) -> Result<()> {
        self.over(Parameters::default()).check_ranges()
    }
}

fn check(field: &str, value: impl std::fmt::Display, ok: bool, range: &str) -> Result<()> {
    if ok {
        Ok(())
    } else {
        Err(Error::invalid(field, format!("{field} is {value}; its range is {range}.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(parameters: &Parameters) -> Option<String> {
        let error = parameters.validate().err()?;
        Some(error.details["field"].as_str()?.to_owned())
    }

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(field(&Parameters::default()), None);
    }

    #[test]
    fn each_field_out_of_range_is_named() {
        let with = |change: fn(&mut Parameters)| {
            let mut parameters = Parameters::default();
            change(&mut parameters);
            field(&parameters)
        };
        assert_eq!(with(|p| p.temperature = 2.1).as_deref(), Some("temperature"));
        assert_eq!(with(|p| p.temperature = f64::NAN).as_deref(), Some("temperature"));
        assert_eq!(with(|p| p.top_p = 0.0).as_deref(), Some("top_p"));
        assert_eq!(with(|p| p.top_p = f64::INFINITY).as_deref(), Some("top_p"));
        assert_eq!(with(|p| p.max_tokens = 0).as_deref(), Some("max_tokens"));
        assert_eq!(with(|p| p.seed = Some(1 << 53)).as_deref(), Some("seed"));
        assert_eq!(with(|p| p.top_k = 1001).as_deref(), Some("top_k"));
        assert_eq!(with(|p| p.min_p = -0.1).as_deref(), Some("min_p"));
        assert_eq!(with(|p| p.repetition_penalty = 0.4).as_deref(), Some("repetition_penalty"));
        assert_eq!(with(|p| p.context_length = Some(127)).as_deref(), Some("context_length"));
        assert_eq!(with(|p| p.stop = vec![String::new()]).as_deref(), Some("stop"));
        assert_eq!(with(|p| p.stop = vec!["x".to_owned(); 9]).as_deref(), Some("stop"));
        let long = |p: &mut Parameters| p.system_prompt = "x".repeat(65_537);
        assert_eq!(with(long).as_deref(), Some("system_prompt"));
        assert_eq!(with(|p| p.alternatives = 21).as_deref(), Some("alternatives"));
        let no_rule = |p: &mut Parameters| p.format = AnswerFormat::Regex(String::new());
        assert_eq!(with(no_rule).as_deref(), Some("format"));
        assert_eq!(with(|p| p.tools = "[".to_owned()).as_deref(), Some("tools"));
        let nothing_to_call = |p: &mut Parameters| p.tool_choice = ToolChoice::Required;
        assert_eq!(with(nothing_to_call).as_deref(), Some("tool_choice"));
        let call = |p: &mut Parameters| {
            p.tool_choice = ToolChoice::Required;
            p.tools = r#"[{"name": "now"}]"#.to_owned();
        };
        assert_eq!(with(call), None);
        let both = |p: &mut Parameters| {
            p.tool_choice = ToolChoice::Required;
            p.tools = r#"[{"name": "now"}]"#.to_owned();
            p.format = AnswerFormat::Regex("a".to_owned());
        };
        assert_eq!(with(both).as_deref(), Some("tool_choice"));
    }

    #[test]
    fn what_is_set_replaces_what_stands_beneath_and_nothing_else() {
        let beneath = Parameters { top_k: 40, seed: Some(7), ..Parameters::default() };
        let above = ParameterOverrides {
            temperature: Some(0.0),
            stop: Some(vec!["END".to_owned()]),
            ..ParameterOverrides::default()
        };
        let expected =
            Parameters { temperature: 0.0, stop: vec!["END".to_owned()], ..beneath.clone() };
        assert_eq!(above.over(beneath), expected);
    }

    proptest! {
        #[test]
        fn valid_parameters_survive_json(
            temperature in 0.0..=2.0_f64, top_p in 0.001..=1.0_f64,
            max_tokens in 1..=131_072_u32, seed in proptest::option::of(0..=MAX_SEED),
        ) {
            let parameters =
                Parameters { temperature, top_p, max_tokens, seed, ..Parameters::default() };
            prop_assert!(parameters.validate().is_ok());
            let text = serde_json::to_string(&parameters).expect("plain numbers serialize");
            let back: Parameters = serde_json::from_str(&text).expect("and parse again");
            prop_assert!((back.temperature - parameters.temperature).abs() < 1e-12);
            prop_assert_eq!(back.seed, parameters.seed);
        }
    }
}
