use nopenai_models::{Patience, elsewhere::Surroundings};
use nopenai_secrets::Given;
use std::{env, path::PathBuf};

/// What the machine and whoever starts the application decide.
pub struct Environment {
    /// The model hub in place of Hugging Face: `HF_ENDPOINT`.
    pub hub: Option<String>,
    /// How patient the hub is waited for.
    pub patience: Patience,
    /// Secrets from outside the keyring.
    pub secrets: Given,
    /// Where other applications keep their models.
    pub surroundings: Surroundings,
}

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        let text = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let path =
            |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            hub: text("HF_ENDPOINT"),
            patience: Patience::default(),
            secrets: Given::by_environment(),
            surroundings: Surroundings {
                home: dirs::home_dir(),
                ollama_models: path("OLLAMA_MODELS"),
                ollama_of_all: Some(PathBuf::from("/usr/share/ollama/.ollama/models")),
                hf_hub_cache: path("HF_HUB_CACHE"),
                hf_home: path("HF_HOME"),
                data: dirs::data_dir(),
            },
        }
    }

    /// One that says nothing: Hugging Face, no secrets, no other applications.
    pub fn empty() -> Self {
        Self {
            hub: None,
            patience: Patience::default(),
            secrets: Given::nothing(),
            surroundings: Surroundings::default(),
        }
    }
}
