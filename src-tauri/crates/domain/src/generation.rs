use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest prompt that is looked at, in bytes of UTF-8. Far beyond any
/// context, and small enough to tokenize at once.
pub const MAX_PROMPT_BYTES: usize = 1024 * 1024;

/// The largest seed: what a JavaScript number holds exactly.
const MAX_SEED: u64 = (1 << 53) - 1;

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
}

/// One turn of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// How an answer is drawn from the model.
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
    /// The most tokens of the answer.
    #[schemars(range(min = 1, max = 131_072))]
    pub max_tokens: u32,
    /// The start of the random sequence, 0 to 2^53-1. Absent: one is drawn and
    /// recorded with the run, so that any run can be repeated.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    pub seed: Option<u64>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { temperature: 0.7, top_p: 0.95, max_tokens: 512, seed: None }
    }
}

impl Parameters {
    /// Checks every range.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`], with the field named in the details.
    pub fn validate(&self) -> Result<()> {
        check("temperature", self.temperature, (0.0..=2.0).contains(&self.temperature), "0 to 2")?;
        check("top_p", self.top_p, self.top_p > 0.0 && self.top_p <= 1.0, "above 0, up to 1")?;
        check(
            "max_tokens",
            self.max_tokens,
            (1..=131_072).contains(&self.max_tokens),
            "1 to 131,072",
        )?;
        match self.seed {
            Some(seed) => check("seed", seed, seed <= MAX_SEED, "0 to 9,007,199,254,740,991"),
            None => Ok(()),
        }
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
    }

    proptest! {
        #[test]
        fn valid_parameters_survive_json(
            temperature in 0.0..=2.0_f64, top_p in 0.001..=1.0_f64,
            max_tokens in 1..=131_072_u32, seed in proptest::option::of(0..=MAX_SEED),
        ) {
            let parameters = Parameters { temperature, top_p, max_tokens, seed };
            prop_assert!(parameters.validate().is_ok());
            let text = serde_json::to_string(&parameters).expect("plain numbers serialize");
            let back: Parameters = serde_json::from_str(&text).expect("and parse again");
            prop_assert!((back.temperature - parameters.temperature).abs() < 1e-12);
            prop_assert_eq!(back.seed, parameters.seed);
        }
    }
}
