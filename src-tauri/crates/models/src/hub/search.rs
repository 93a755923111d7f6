use super::{Hub, excerpt, repository::is_repository};
use nopenai_domain::{Error, Result};
use reqwest::Url;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many models a search gives.
const MOST: &str = "40";
/// The longest words that are searched for, characters.
const MOST_CHARACTERS: usize = 200;

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HubSort {
    /// The most downloaded in the last 30 days.
    #[default]
    Downloads,
    /// The most liked.
    Likes,
    /// The last changed.
    LastModified,
}

/// A model repository of the hub, as its search tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HubModel {
    /// "owner/name".
    pub repository: String,
    /// Its licence's short name, as its owner says.
    pub licence: Option<String>,
    /// Whether a licence must be accepted on the hub first.
    pub gated: bool,
    /// Downloads of the last 30 days.
    pub downloads: Option<u64>,
    /// How many people like it.
    pub likes: Option<u64>,
    /// The day of its last change, YYYY-MM-DD.
    pub changed_on: Option<String>,
    /// What kind of network it is, for example "llama".
    pub architecture: Option<String>,
    /// How many numbers its weights are.
    pub parameters: Option<u64>,
    /// The longest prompt and answer together, tokens.
    pub context_length: Option<u64>,
}

impl Hub {
    /// Searches for GGUF models; all words must be in a repository's name.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::InvalidInput`] for words that are too long;
    /// [`nopenai_domain::Code::Offline`] when the hub doesn't answer, and the
    /// other refusals of the hub.
    pub async fn search(&self, words: &str, sort: HubSort) -> Result<Vec<HubModel>> {
        if words.chars().count() > MOST_CHARACTERS {
            let message = format!("At most {MOST_CHARACTERS} characters can be searched for.");
            return Err(Error::invalid("words", message));
        }
        let url = self.search_url(words.trim(), sort)?;
        let found: Vec<Found> = self.json(url).await?;
        Ok(found.into_iter().filter_map(Found::shown).collect())
    }

    fn search_url(&self, words: &str, sort: HubSort) -> Result<Url> {
        let mut url = self.address()?.join(["api", "models"]);
        let sort = match sort {
            HubSort::Downloads => "downloads",
            HubSort::Likes => "likes",
            HubSort::LastModified => "lastModified",
        };
        let asked = [
            ("search", words),
            ("filter", "gguf"),
            ("sort", sort),
            ("direction", "-1"),
            ("limit", MOST),
        ];
        let properties = ["downloads", "likes", "gated", "tags", "lastModified", "gguf"];
        let expanded = properties.map(|property| ("expand[]", property));
        url.query_pairs_mut().extend_pairs(asked).extend_pairs(expanded);
        Ok(url)
    }
}

/// What the hub answers; all of it but the name may be missing.
#[derive(Deserialize)]
struct Found {
    id: String,
    downloads: Option<u64>,
    likes: Option<u64>,
    #[serde(default)]
    gated: Gated,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(rename = "lastModified")]
    last_modified: Option<String>,
    gguf: Option<Gguf>,
}

#[derive(Deserialize)]
struct Gguf {
    architecture: Option<String>,
    total: Option<u64>,
    context_length: Option<u64>,
}

/// False, or the kind of gate.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Gated {
    Not(bool),
    #[allow(dead_code, reason = "how it is gated makes no difference")]
    By(String),
}

impl Default for Gated {
    fn default() -> Self {
        Self::Not(false)
    }
}

impl Gated {
    pub fn is_gated(&self) -> bool {
        !matches!(self, Self::Not(false))
    }
}

/// The licence among the tags.
pub(super) fn licence(tags: &[String]) -> Option<String> {
    tags.iter().find_map(|tag| tag.strip_prefix("license:")).map(excerpt)
}

impl Found {
    fn shown(self) -> Option<HubModel> {
        if !is_repository(&self.id) {
            return None;
        }
        let gguf = self.gguf;
        Some(HubModel {
            repository: self.id,
            licence: licence(&self.tags),
            gated: self.gated.is_gated(),
            downloads: self.downloads,
            likes: self.likes,
            changed_on: self.last_modified.and_then(|at| at.get(..10).map(excerpt)),
            architecture: gguf.as_ref().and_then(|gguf| gguf.architecture.as_deref()).map(excerpt),
            parameters: gguf.as_ref().and_then(|gguf| gguf.total),
            context_length: gguf.and_then(|gguf| gguf.context_length),
        })
    }
}
