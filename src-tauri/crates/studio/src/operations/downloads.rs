//! Models from elsewhere: the catalogue, the hub, and other applications.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{Error, Result};
use nopenai_models::{
    Catalogue, Download, HubAccess, HubModel, HubRepository, HubSort,
    elsewhere::{self, FoundModel},
};
use nopenai_secrets::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListCatalogue>(),
    Entry::of::<SearchHub>(),
    Entry::of::<ReadHubRepository>(),
    Entry::of::<ListOtherApplications>(),
    Entry::of::<ListDownloads>(),
    Entry::of::<StartDownload>(),
    Entry::of::<PauseDownload>(),
    Entry::of::<ResumeDownload>(),
    Entry::of::<CancelDownload>(),
    Entry::of::<ReadHubAccess>(),
    Entry::of::<SetHubToken>(),
    Entry::of::<ClearHubToken>(),
];

/// Lists the models that the product recommends. It is part of the product:
/// nothing is connected to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListCatalogue {}

impl Operation for ListCatalogue {
    const NAME: &'static str = "list_catalogue";
    const ROUTE: Route = Route { method: Method::Get, path: "/catalogue" };
    type Event = NoEvents;
    type Output = Catalogue;

    async fn run(self, _: Studio, _: Events<NoEvents>) -> Result<Catalogue> {
        Catalogue::shipped()
    }
}

/// Searches the hub for GGUF models; at most 40 are given. Connects to the hub.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SearchHub {
    /// Words of the repository's name, at most 200 characters; none: all.
    pub words: String,
    /// What comes first.
    #[serde(default)]
    pub sort: HubSort,
}

impl Operation for SearchHub {
    const NAME: &'static str = "search_hub";
    const ROUTE: Route = Route { method: Method::Get, path: "/hub/models" };
    type Event = NoEvents;
    type Output = Vec<HubModel>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<HubModel>> {
        studio.hub().search(&self.words, self.sort).await
    }
}

/// What a repository of the hub has, and the memory it would have to fit into.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HubRepositoryView {
    /// The repository and what can be had of it.
    #[serde(flatten)]
    pub repository: HubRepository,
    /// The memory that is free now, bytes. A model takes its files' size and
    /// more; what exactly is known once it is here.
    pub memory_available_bytes: u64,
}

/// Tells what can be downloaded of a repository, with sizes. Connects to the
/// hub.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadHubRepository {
    /// "owner/name".
    pub repository: String,
    /// A commit, tag or branch; absent: as it is now.
    #[serde(default)]
    pub revision: Option<String>,
}

impl Operation for ReadHubRepository {
    const NAME: &'static str = "read_hub_repository";
    const ROUTE: Route = Route { method: Method::Get, path: "/hub/repository" };
    type Event = NoEvents;
    type Output = HubRepositoryView;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<HubRepositoryView> {
        let revision = self.revision.as_deref();
        let repository = studio.downloads().repository(&self.repository, revision).await?;
        let memory = nopenai_runtime::system_memory();
        Ok(HubRepositoryView { repository, memory_available_bytes: memory.available_bytes })
    }
}

/// Lists the models that LM Studio, Ollama, the Hugging Face cache and Jan have
/// on this machine, each inspected. `import_model` links them.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListOtherApplications {}

impl Operation for ListOtherApplications {
    const NAME: &'static str = "list_other_applications";
    const ROUTE: Route = Route { method: Method::Get, path: "/models/elsewhere" };
    type Event = NoEvents;
    type Output = Vec<FoundModel>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<FoundModel>> {
        let look = move || elsewhere::find(studio.surroundings(), &studio.models_folder());
        tokio::task::spawn_blocking(look).await.map_err(Error::internal)
    }
}

/// Lists the downloads that are under way, paused or failed, by name.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListDownloads {}

impl Operation for ListDownloads {
    const NAME: &'static str = "list_downloads";
    const ROUTE: Route = Route { method: Method::Get, path: "/downloads" };
    type Event = NoEvents;
    type Output = Vec<Download>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<Download>> {
        Ok(studio.downloads().list())
    }
}

/// Begins to download a model of the hub into the models folder. It goes on by
/// itself, survives the application, and its end is notified; the model is
/// listed when all of it is verified.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct StartDownload {
    /// "owner/name".
    pub repository: String,
    /// A commit, tag or branch, pinned to the commit it names now; absent: as
    /// the repository is now.
    #[serde(default)]
    pub revision: Option<String>,
    /// The GGUF file in the repository, in whose name one `*` stands for
    /// anything; absent: the repository's safetensors.
    #[serde(default)]
    pub file: Option<String>,
}

impl Operation for StartDownload {
    const NAME: &'static str = "start_download";
    const ROUTE: Route = Route { method: Method::Post, path: "/downloads" };
    type Event = NoEvents;
    type Output = Download;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Download> {
        let (revision, file) = (self.revision.as_deref(), self.file.as_deref());
        studio.start_download(&self.repository, revision, file).await
    }
}

/// Has a download rest; what has arrived stays.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PauseDownload {
    /// The download's name.
    pub name: String,
}

impl Operation for PauseDownload {
    const NAME: &'static str = "pause_download";
    const ROUTE: Route = Route { method: Method::Post, path: "/downloads/pause" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.downloads().pause(&self.name).await
    }
}

/// Goes on with a download that rests or failed, from what has arrived.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ResumeDownload {
    /// The download's name.
    pub name: String,
}

impl Operation for ResumeDownload {
    const NAME: &'static str = "resume_download";
    const ROUTE: Route = Route { method: Method::Post, path: "/downloads/resume" };
    type Event = NoEvents;
    type Output = Download;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Download> {
        studio.resume_download(&self.name)
    }
}

/// Ends a download and deletes what has arrived.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CancelDownload {
    /// The download's name.
    pub name: String,
}

impl Operation for CancelDownload {
    const NAME: &'static str = "cancel_download";
    const ROUTE: Route = Route { method: Method::Post, path: "/downloads/cancel" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.downloads().remove(&self.name).await
    }
}

/// Tells how the hub is reached, and where its token is, when there is one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadHubAccess {}

impl Operation for ReadHubAccess {
    const NAME: &'static str = "read_hub_access";
    const ROUTE: Route = Route { method: Method::Get, path: "/hub/access" };
    type Event = NoEvents;
    type Output = HubAccess;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<HubAccess> {
        studio.hub().access().await
    }
}

/// Keeps the token of a person's account at the hub in the system's keyring. It
/// is sent to the hub alone, and never given back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetHubToken {
    /// The token.
    pub token: Secret,
}

impl Operation for SetHubToken {
    const NAME: &'static str = "set_hub_token";
    const ROUTE: Route = Route { method: Method::Post, path: "/hub/token" };
    type Event = NoEvents;
    type Output = HubAccess;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<HubAccess> {
        studio.hub().set_token(self.token).await?;
        studio.hub().access().await
    }
}

/// Removes the hub's token from the system's keyring.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ClearHubToken {}

impl Operation for ClearHubToken {
    const NAME: &'static str = "clear_hub_token";
    const ROUTE: Route = Route { method: Method::Delete, path: "/hub/token" };
    type Event = NoEvents;
    type Output = HubAccess;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<HubAccess> {
        studio.hub().clear_token().await?;
        studio.hub().access().await
    }
}
