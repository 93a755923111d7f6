//! Models: which there are, and which is loaded.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{LoadProgress, ModelId, Result};
use nopenai_inference::EngineStatus;
use nopenai_models::ModelList;
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] =
    &[Entry::of::<ListModels>(), Entry::of::<LoadModel>(), Entry::of::<UnloadModel>()];

/// Lists the models folder: each file with its facts, or with the reason why
/// the engine can't run it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListModels {}

impl Operation for ListModels {
    const NAME: &'static str = "list_models";
    const ROUTE: Route = Route { method: Method::Get, path: "/models" };
    type Event = NoEvents;
    type Output = ModelList;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<ModelList> {
        Ok(studio.registry().list())
    }
}

/// Loads a model in place of the one that is loaded, after the runs that are
/// under way. Streams how far the load has come.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct LoadModel {
    /// The model.
    pub model: ModelId,
}

impl Operation for LoadModel {
    const NAME: &'static str = "load_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/load" };
    type Event = LoadProgress;
    type Output = EngineStatus;

    async fn run(self, studio: Studio, events: Events<LoadProgress>) -> Result<EngineStatus> {
        let progress = |step| {
            events.send(&step);
        };
        studio.engine().load(&self.model, progress).await
    }
}

/// Unloads a model, or cancels its load. Its memory is free afterwards.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UnloadModel {
    /// The model.
    pub model: ModelId,
}

impl Operation for UnloadModel {
    const NAME: &'static str = "unload_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/unload" };
    type Event = NoEvents;
    type Output = EngineStatus;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<EngineStatus> {
        studio.engine().unload(&self.model).await
    }
}
