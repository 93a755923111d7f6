//! Models: which there are, where they come from, and which is loaded.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{LoadProgress, ModelId, Result};
use nopenai_inference::EngineStatus;
use nopenai_models::{ImportMethod, Model, ModelList};
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListModels>(),
    Entry::of::<LoadModel>(),
    Entry::of::<UnloadModel>(),
    Entry::of::<ImportModel>(),
    Entry::of::<RenameModel>(),
    Entry::of::<RemoveModel>(),
    Entry::of::<RestoreModel>(),
];

/// Lists the models folder: each model with its facts, or with the reason why
/// the engine can't run it; and the models that answer elsewhere.
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

/// Loads a model beside those that are loaded. Where memory is wanted, models
/// that are not pinned leave, the least recently used first; those that answer
/// are waited for. Streams how far the load has come.
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

/// Brings a model file or folder from elsewhere on this machine into the models
/// folder. A copy is listed as work under way and can be cancelled; its end is
/// notified.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImportModel {
    /// The file or folder, absolute.
    pub path: String,
    /// What it is called in the models folder; absent: as it is now. Ending in
    /// `.gguf`, it makes a file of any name one of that kind.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether to link or to copy it.
    pub method: ImportMethod,
}

impl Operation for ImportModel {
    const NAME: &'static str = "import_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/import" };
    type Event = NoEvents;
    type Output = Model;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Model> {
        studio.import_model(self.path.as_ref(), self.name.as_deref(), self.method).await
    }
}

/// Gives a model a name of a person's own; its files keep theirs.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RenameModel {
    /// The model.
    pub model: ModelId,
    /// 1 to 80 characters; absent: back to the file's name, or to what its
    /// endpoint calls it.
    #[serde(default)]
    pub name: Option<String>,
}

impl Operation for RenameModel {
    const NAME: &'static str = "rename_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/rename" };
    type Event = NoEvents;
    type Output = Model;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Model> {
        studio.registry().rename(&self.model, self.name).await
    }
}

/// Takes a model off the list, after unloading it. Its files stay, and
/// `restore_model` brings it back, unless they are to be deleted: then they are
/// gone. Of a linked model only the link is deleted. Of one that answers
/// elsewhere the key leaves the keyring; it can be brought back until the
/// application ends.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveModel {
    /// The model.
    pub model: ModelId,
    /// Whether its files are deleted for good.
    #[serde(default)]
    pub delete_files: bool,
}

impl Operation for RemoveModel {
    const NAME: &'static str = "remove_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/remove" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        if studio.engine().status().of(&self.model).is_some() {
            studio.engine().unload(&self.model).await?;
        }
        studio.remove_model(&self.model, self.delete_files).await
    }
}

/// Brings a model back that was taken off the list without deleting its files,
/// or one that answers elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreModel {
    /// The model.
    pub model: ModelId,
}

impl Operation for RestoreModel {
    const NAME: &'static str = "restore_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/restore" };
    type Event = NoEvents;
    type Output = Model;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Model> {
        studio.restore_model(&self.model).await
    }
}
