//! Models that answer elsewhere, behind an OpenAI-compatible endpoint.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
    remote::Registration,
};
use nopenai_domain::{ModelId, RemoteModel, Result};
use nopenai_models::Model;
use nopenai_remote::RemoteDiagnosis;
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<SaveRemoteModel>(),
    Entry::of::<TestRemoteModel>(),
    Entry::of::<ListRemoteIdentifiers>(),
    Entry::of::<ClearRemoteKey>(),
];

/// Registers a model that answers elsewhere, or changes one. From then on it is
/// in the list of models. The key goes into the keyring and nowhere else; a kept
/// one goes to no other host than the one it was given for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SaveRemoteModel {
    /// What is registered.
    #[serde(flatten)]
    pub registration: Registration,
}

impl Operation for SaveRemoteModel {
    const NAME: &'static str = "save_remote_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/remote-models" };
    type Event = NoEvents;
    type Output = Model;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Model> {
        studio.save_remote(self.registration).await
    }
}

/// Has a model that answers elsewhere, registered or not, answer a question of
/// two words, once, and says in words what is wrong. Keeps nothing.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TestRemoteModel {
    /// What is tried.
    #[serde(flatten)]
    pub registration: Registration,
}

impl Operation for TestRemoteModel {
    const NAME: &'static str = "test_remote_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/remote-models/test" };
    type Event = NoEvents;
    type Output = RemoteDiagnosis;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<RemoteDiagnosis> {
        let (model, key) = studio.drafted(self.registration)?;
        // It may be tried before it has a name.
        let model = RemoteModel { name: model.model.clone(), ..model };
        model.validate()?;
        Ok(studio.remote().diagnose(&model, key).await)
    }
}

/// Asks an endpoint what it calls its models. Keeps nothing.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListRemoteIdentifiers {
    /// What is typed so far; name and model may be empty.
    #[serde(flatten)]
    pub registration: Registration,
}

impl Operation for ListRemoteIdentifiers {
    const NAME: &'static str = "list_remote_identifiers";
    const ROUTE: Route = Route { method: Method::Post, path: "/remote-models/identifiers" };
    type Event = NoEvents;
    type Output = Vec<String>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<String>> {
        let (model, key) = studio.drafted(self.registration)?;
        studio.remote().list(&model, key).await
    }
}

/// Removes the key of a model that answers elsewhere from the keyring.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ClearRemoteKey {
    /// The model.
    pub model: ModelId,
}

impl Operation for ClearRemoteKey {
    const NAME: &'static str = "clear_remote_key";
    const ROUTE: Route = Route { method: Method::Post, path: "/remote-models/key/clear" };
    type Event = NoEvents;
    type Output = Model;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Model> {
        studio.clear_remote_key(&self.model).await
    }
}
