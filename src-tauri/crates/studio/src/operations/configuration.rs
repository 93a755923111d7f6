//! How each model is used, the memory it needs, and what computes it.

use crate::{
    Studio, configuration_file,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{
    Code, Error, ModelConfiguration, ModelId, Preset, Result, RuntimeChoice, RuntimeSpeed,
};
use nopenai_inference::{MemoryReport, RuntimesReport, check_template};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<GetConfiguration>(),
    Entry::of::<SaveConfiguration>(),
    Entry::of::<ResetConfiguration>(),
    Entry::of::<ExportConfiguration>(),
    Entry::of::<ImportConfiguration>(),
    Entry::of::<ListPresets>(),
    Entry::of::<SavePreset>(),
    Entry::of::<RemovePreset>(),
    Entry::of::<EstimateMemory>(),
    Entry::of::<GetRuntimes>(),
    Entry::of::<MeasureRuntimes>(),
];

/// A model's configuration.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Configured {
    /// What its runs start from.
    pub configuration: ModelConfiguration,
    /// Whether a person saved it; otherwise it is the default.
    pub saved: bool,
}

/// Tells how a model is configured.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetConfiguration {
    /// The model.
    pub model: ModelId,
}

impl Operation for GetConfiguration {
    const NAME: &'static str = "get_configuration";
    const ROUTE: Route = Route { method: Method::Get, path: "/models/configuration" };
    type Event = NoEvents;
    type Output = Configured;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Configured> {
        let saved = studio.store().configurations().get(self.model).await?;
        Ok(Configured { saved: saved.is_some(), configuration: saved.unwrap_or_default() })
    }
}

/// Configures a model: every run of it starts from this from now on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SaveConfiguration {
    /// The model.
    pub model: ModelId,
    /// All of it.
    pub configuration: ModelConfiguration,
}

impl Operation for SaveConfiguration {
    const NAME: &'static str = "save_configuration";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/configuration" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        validate(&self.configuration)?;
        studio.registry().get(&self.model)?;
        let pinned = self.configuration.pinned;
        studio.store().configurations().save(self.model.clone(), self.configuration).await?;
        studio.engine().pin(&self.model, pinned);
        Ok(())
    }
}

/// Brings a model's configuration back to the default.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ResetConfiguration {
    /// The model.
    pub model: ModelId,
}

impl Operation for ResetConfiguration {
    const NAME: &'static str = "reset_configuration";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/configuration/reset" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().configurations().remove(self.model.clone()).await?;
        studio.engine().pin(&self.model, false);
        Ok(())
    }
}

/// Writes a configuration to a file, as JSON.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportConfiguration {
    /// What to write.
    pub configuration: ModelConfiguration,
    /// The file, absolute; replaced when it exists.
    pub path: String,
}

impl Operation for ExportConfiguration {
    const NAME: &'static str = "export_configuration";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/configuration/export" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, _: Studio, _: Events<NoEvents>) -> Result<()> {
        validate(&self.configuration)?;
        configuration_file::write(self.path.as_ref(), &self.configuration).await
    }
}

/// Reads a configuration from a file. Nothing is saved yet.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImportConfiguration {
    /// The file, absolute.
    pub path: String,
}

impl Operation for ImportConfiguration {
    const NAME: &'static str = "import_configuration";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/configuration/import" };
    type Event = NoEvents;
    type Output = ModelConfiguration;

    async fn run(self, _: Studio, _: Events<NoEvents>) -> Result<ModelConfiguration> {
        configuration_file::read(self.path.as_ref()).await
    }
}

/// Lists the named configurations.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListPresets {}

impl Operation for ListPresets {
    const NAME: &'static str = "list_presets";
    const ROUTE: Route = Route { method: Method::Get, path: "/presets" };
    type Event = NoEvents;
    type Output = Vec<Preset>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<Preset>> {
        Ok(studio.store().configurations().presets().await?)
    }
}

/// Saves a named configuration, in place of one with the same name.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SavePreset {
    /// The preset.
    pub preset: Preset,
}

impl Operation for SavePreset {
    const NAME: &'static str = "save_preset";
    const ROUTE: Route = Route { method: Method::Post, path: "/presets" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        let name = self.preset.name.trim();
        if name.is_empty() || name.chars().count() > 60 {
            return Err(Error::invalid("name", "A preset's name has 1 to 60 characters."));
        }
        validate(&self.preset.configuration)?;
        let preset = Preset { name: name.to_owned(), ..self.preset };
        Ok(studio.store().configurations().save_preset(preset).await?)
    }
}

/// Removes a named configuration.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemovePreset {
    /// Its name.
    pub name: String,
}

impl Operation for RemovePreset {
    const NAME: &'static str = "remove_preset";
    const ROUTE: Route = Route { method: Method::Post, path: "/presets/remove" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        let name = self.name;
        if studio.store().configurations().remove_preset(name.clone()).await? {
            Ok(())
        } else {
            Err(Error::new(Code::NotFound, format!("There is no preset \"{name}\".")))
        }
    }
}

/// Estimates the memory a model needs with a context of some length, against
/// what is free.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EstimateMemory {
    /// The model.
    pub model: ModelId,
    /// Tokens of prompt and answer together; absent: as configured.
    #[serde(default)]
    pub context_length: Option<u32>,
}

impl Operation for EstimateMemory {
    const NAME: &'static str = "estimate_memory";
    const ROUTE: Route = Route { method: Method::Get, path: "/models/memory" };
    type Event = NoEvents;
    type Output = MemoryReport;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<MemoryReport> {
        studio.engine().estimate(&self.model, self.context_length).await
    }
}

/// Tells which runtimes can run a model, how fast they were, and which one
/// answers, for which reason.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetRuntimes {
    /// The model.
    pub model: ModelId,
    /// As if this were wanted; absent: as configured.
    #[serde(default)]
    pub choice: Option<RuntimeChoice>,
}

impl Operation for GetRuntimes {
    const NAME: &'static str = "get_runtimes";
    const ROUTE: Route = Route { method: Method::Get, path: "/models/runtimes" };
    type Event = NoEvents;
    type Output = RuntimesReport;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<RuntimesReport> {
        studio.engine().runtimes(&self.model, self.choice).await
    }
}

/// Times each runtime that can run a model: the reading of a fixed prompt and
/// 64 tokens of its likeliest answer. The loaded model is unloaded before, and
/// runs wait meanwhile. It is listed as work under way and can be cancelled.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct MeasureRuntimes {
    /// The model.
    pub model: ModelId,
}

impl Operation for MeasureRuntimes {
    const NAME: &'static str = "measure_runtimes";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/runtimes/measure" };
    type Event = NoEvents;
    type Output = Vec<RuntimeSpeed>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<RuntimeSpeed>> {
        studio.measure_runtimes(&self.model).await
    }
}

fn validate(configuration: &ModelConfiguration) -> Result<()> {
    configuration.validate()?;
    configuration.chat_template.as_deref().map_or(Ok(()), check_template)
}
