//! The model hub (Hugging Face, or what `HF_ENDPOINT` names in its place):
//! asked only when a person asks for something from it.

mod address;
mod failure;
mod repository;
mod search;

use address::HubAddress;
pub(crate) use failure::{Failure, Recovery, excerpt};
pub use repository::{HubRepository, Offer};
pub(crate) use repository::{base, is_repository, is_revision};
pub use search::{HubModel, HubSort};

use nopenai_domain::{Code, Error, Result};
use nopenai_secrets::{Name, Origin, Secret, Secrets};
use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// The token of a person's account at the hub.
const TOKEN: Name = Name::new("hugging-face-token").or_variable("HF_TOKEN");
/// How often an answer may lead elsewhere.
const MOST_REDIRECTS: usize = 5;
/// The largest listing that is read, bytes.
const MOST_LISTING: usize = 16 << 20;

/// How patient the hub is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long a connection may say nothing.
    pub idle: Duration,
    /// How long is waited before the second attempt; doubled before each
    /// further one.
    pub pause: Duration,
    /// How many attempts in a row may bring nothing new.
    pub attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), pause: Duration::from_secs(1), attempts: 6 }
    }
}

/// How the hub is reached.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HubAccess {
    /// Its address.
    pub address: String,
    /// Where the account's token is, when there is one. The token itself is
    /// never told.
    pub token: Option<Origin>,
    /// Why the keyring can't be asked for one.
    pub problem: Option<Error>,
}

/// The hub; clones share it.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

struct Shared {
    address: Result<HubAddress>,
    secrets: Secrets,
    patience: Patience,
    client: OnceLock<Client>,
}

impl Hub {
    /// Hugging Face, or the hub that `endpoint` names (`HF_ENDPOINT`), with the
    /// token that `secrets` may hold. Nothing is connected to yet; when
    /// `endpoint` is no address, everything that is asked for says so.
    pub fn new(endpoint: Option<&str>, secrets: Secrets, patience: Patience) -> Self {
        let address = HubAddress::of(endpoint);
        let shared = Shared { address, secrets, patience, client: OnceLock::new() };
        Self { shared: Arc::new(shared) }
    }

    /// How it is reached.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] when `HF_ENDPOINT` is no address; those of a file
    /// that should hold the token.
    pub async fn access(&self) -> Result<HubAccess> {
        let address = self.address()?.to_string();
        match self.shared.secrets.find(TOKEN).await {
            Ok(token) => {
                let token = token.map(|(origin, _)| origin);
                Ok(HubAccess { address, token, problem: None })
            }
            Err(error) if error.code == Code::KeyringUnavailable => {
                Ok(HubAccess { address, token: None, problem: Some(error) })
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps the account's token in the keyring.
    ///
    /// # Errors
    /// Those of [`Secrets::set`].
    pub async fn set_token(&self, token: Secret) -> Result<()> {
        self.shared.secrets.set(TOKEN, token).await
    }

    /// Removes the account's token from the keyring.
    ///
    /// # Errors
    /// Those of [`Secrets::clear`].
    pub async fn clear_token(&self) -> Result<()> {
        self.shared.secrets.clear(TOKEN).await
    }

    pub(crate) fn address(&self) -> Result<&HubAddress> {
        self.shared.address.as_ref().map_err(Error::clone)
    }

    pub(crate) fn patience(&self) -> Patience {
        self.shared.patience
    }

    /// Asks for `url`, and follows where the answer leads, to hosts the hub is
    /// known to keep files at. `ask` adds to each request.
    pub(crate) async fn get(
        &self,
        mut url: Url,
        ask: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let address = self.address()?;
        let token = self.token().await?;
        for _ in 0..=MOST_REDIRECTS {
            address.check(&url)?;
            let mut request = ask(self.client()?.get(url.clone()));
            if let Some(token) = token.as_ref().filter(|_| address.is_hub(&url)) {
                request = request.header(AUTHORIZATION, bearer(token)?);
            }
            let response = request.send().await.map_err(|error| Failure::network(&url, &error))?;
            if !response.status().is_redirection() {
                return Failure::check(response, token.is_some()).await;
            }
            let target = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            url = target
                .and_then(|target| url.join(target).ok())
                .ok_or_else(|| Failure::lasting("The hub's answer leads nowhere."))?;
        }
        Err(Failure::lasting(format!(
            "The hub's answer led elsewhere more than {MOST_REDIRECTS} times."
        )))
    }

    /// Asks for a listing.
    pub(crate) async fn json<T: DeserializeOwned>(&self, url: Url) -> Result<T, Failure> {
        let mut response = self.get(url, |request| request).await?;
        let mut body = Vec::new();
        let url = response.url().clone();
        while let Some(piece) =
            response.chunk().await.map_err(|error| Failure::network(&url, &error))?
        {
            if body.len() + piece.len() > MOST_LISTING {
                return Err(Failure::lasting("The hub's answer is too long to be a listing."));
            }
            body.extend_from_slice(&piece);
        }
        serde_json::from_slice(&body).map_err(|error| {
            let host = url.host_str().unwrap_or_default();
            Failure::lasting(format!("What {host} answered is no listing of a model hub: {error}."))
        })
    }

    /// None, too, when the keyring can't be asked: most models need no token.
    async fn token(&self) -> Result<Option<Secret>, Failure> {
        match self.shared.secrets.find(TOKEN).await {
            Ok(token) => Ok(token.map(|(_, token)| token)),
            Err(error) if error.code == Code::KeyringUnavailable => {
                tracing::debug!(%error, "the hub is asked without a token");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Made when it is first needed: it reads the system's certificates.
    fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.shared.client.get() {
            return Ok(client);
        }
        let is_loopback = self.address()?.is_loopback();
        let mut builder = Client::builder()
            .user_agent(concat!("nopenai-studio/", env!("CARGO_PKG_VERSION")))
            // Ranges and lengths are those of the file itself.
            .default_headers(
                [(ACCEPT_ENCODING, HeaderValue::from_static("identity"))].into_iter().collect(),
            )
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.patience().idle)
            .read_timeout(self.patience().idle)
            .https_only(!is_loopback);
        if is_loopback {
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|error| Failure::lasting(format!("No connection can be made: {error}.")))?;
        Ok(self.shared.client.get_or_init(|| client))
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| Failure::lasting("The hub's token has characters that no token has."))?;
    value.set_sensitive(true);
    Ok(value)
}
