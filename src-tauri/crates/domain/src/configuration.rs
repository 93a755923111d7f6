use crate::{
    Error, ModeId, ModelId, ParameterOverrides, Parameters, Result, RuntimeChoice, Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How one model is used, as a person set it. Every run of the model starts
/// from it, whoever asks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfiguration {
    /// The parameters of its runs, before mode and request.
    pub parameters: Parameters,
    /// A load whose estimate exceeds this many bytes is refused.
    pub memory_limit_bytes: Option<u64>,
    /// Whether it stays in memory, once loaded, until a person unloads it.
    pub pinned: bool,
    /// The chat template in place of the file's own, Jinja; absent: its own.
    pub chat_template: Option<String>,
    /// Which runtime computes.
    pub runtime: RuntimeChoice,
}

impl ModelConfiguration {
    /// Checks every range.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        self.parameters.validate()?;
        match self.memory_limit_bytes {
            Some(0) => Err(Error::invalid(
                "memory_limit_bytes",
                "The memory limit is 0: leave it empty for none.",
            )),
            _ => Ok(()),
        }
    }
}

/// A named configuration that can be put onto any model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preset {
    /// Its name, unique.
    pub name: String,
    /// What it holds.
    pub configuration: ModelConfiguration,
}

/// A named way of asking: parameters over the model's own, and perhaps a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// Its identifier.
    pub id: ModeId,
    /// Its name, at most 40 characters.
    pub name: String,
    /// What it is good for, a sentence.
    #[serde(default)]
    pub description: String,
    /// The model it asks; absent: the chosen one.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// Over the model's own parameters.
    #[serde(default)]
    pub parameters: ParameterOverrides,
    /// Whether the product ships it: it can be changed and reset, not removed.
    #[serde(default)]
    pub shipped: bool,
    /// Whether a shipped one differs from how it came.
    #[serde(default)]
    pub changed: bool,
}

impl Mode {
    /// Checks name and ranges.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if self.name.trim().is_empty() || self.name.chars().count() > 40 {
            return Err(Error::invalid("name", "A mode's name has 1 to 40 characters."));
        }
        if self.description.chars().count() > 200 {
            return Err(Error::invalid("description", "At most 200 characters."));
        }
        self.parameters.validate()
    }
}

/// What tokens of a model cost, from a moment on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// Of this model.
    pub model: ModelId,
    /// From this moment on, until a later price.
    pub from: Timestamp,
    /// ISO 4217 code, three capital letters.
    pub currency: String,
    /// For 1,000 tokens of the prompt.
    pub input_per_1k: f64,
    /// For 1,000 tokens of the answer.
    pub output_per_1k: f64,
}

impl Price {
    /// Checks currency and figures.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        let letters = self.currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if self.currency.len() != 3 || !letters {
            return Err(Error::invalid("currency", "A currency is three capital letters: EUR."));
        }
        for (field, value) in
            [("input_per_1k", self.input_per_1k), ("output_per_1k", self.output_per_1k)]
        {
            if !(0.0..=1_000_000.0).contains(&value) {
                return Err(Error::invalid(field, "A price is 0 to 1,000,000."));
            }
        }
        Ok(())
    }

    /// The cost of a run of so many tokens.
    pub fn cost(&self, tokens_in: u32, tokens_out: u32) -> crate::Cost {
        let amount = (f64::from(tokens_in) * self.input_per_1k
            + f64::from(tokens_out) * self.output_per_1k)
            / 1000.0;
        crate::Cost { amount, currency: self.currency.clone(), priced_at: self.from }
    }
}
