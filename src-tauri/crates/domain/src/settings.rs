use crate::{Error, ModeId, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The colours of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Horizon Morning.
    Light,
    /// Horizon Evening.
    Dark,
    /// Horizon High Contrast Black.
    ContrastBlack,
    /// Horizon High Contrast White.
    ContrastWhite,
}

/// How much room controls take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// For a pointer.
    #[default]
    Compact,
    /// For a finger.
    Cozy,
}

/// What a person set for the whole application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// The colours of the window.
    pub theme: Theme,
    /// A language the interface has ("en", "de", "ar"), or "system".
    pub language: String,
    /// How much room controls take.
    pub density: Density,
    /// The models folder, absolute; absent: the one in the data folder.
    pub models_folder: Option<String>,
    /// How often values that change by themselves (memory) are read again,
    /// seconds, 1 to 60.
    #[schemars(range(min = 1, max = 60))]
    pub refresh_interval_s: u32,
    /// The mode the window starts in.
    pub default_mode: ModeId,
    /// Whether the system tells of long work that ends while the window is
    /// hidden.
    pub system_notifications: bool,
    /// What the models in memory may occupy together, bytes; absent: what is
    /// free.
    pub memory_budget_bytes: Option<u64>,
    /// After how many minutes without a run a model leaves the memory, 1 to
    /// 10,080; absent: never.
    #[schemars(range(min = 1, max = 10_080))]
    pub idle_unload_minutes: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            language: "system".to_owned(),
            density: Density::default(),
            models_folder: None,
            refresh_interval_s: 5,
            default_mode: ModeId("normal".to_owned()),
            system_notifications: true,
            memory_budget_bytes: None,
            idle_unload_minutes: Some(30),
        }
    }
}

impl Settings {
    /// Checks ranges; whether folders and modes exist is the caller's to see.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if !(1..=60).contains(&self.refresh_interval_s) {
            return Err(Error::invalid("refresh_interval_s", "The interval is 1 to 60 seconds."));
        }
        if self.memory_budget_bytes == Some(0) {
            let message = "The memory budget is 0: leave it empty for all that is free.";
            return Err(Error::invalid("memory_budget_bytes", message));
        }
        if self.idle_unload_minutes.is_some_and(|minutes| !(1..=10_080).contains(&minutes)) {
            let message = "The time without a run is 1 to 10,080 minutes (a week).";
            return Err(Error::invalid("idle_unload_minutes", message));
        }
        let language = &self.language;
        let plain = language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if language.is_empty() || language.len() > 16 || !plain {
            return Err(Error::invalid("language", "A language is a BCP 47 tag: en, de, ar."));
        }
        Ok(())
    }
}
