use crate::{Secret, keyring};
use nopenai_domain::{Code, Error, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The longest secret that is taken, bytes.
const MOST_BYTES: u64 = 16 * 1024;

/// What a secret is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Small letters, digits and dashes: in the keyring, and of its file.
    key: Cow<'static, str>,
    /// A variable that the field knows it by, beside our own.
    variable: Option<&'static str>,
}

impl Name {
    /// A secret called `key`: small letters, digits and dashes.
    pub const fn new(key: &'static str) -> Self {
        Self { key: Cow::Borrowed(key), variable: None }
    }

    /// A secret of which there are several, told apart by `which`: likewise.
    pub fn of(kind: &str, which: &str) -> Self {
        Self { key: Cow::Owned(format!("{kind}-{which}")), variable: None }
    }

    /// Also read from an environment variable that other programs read.
    #[must_use]
    pub const fn or_variable(mut self, variable: &'static str) -> Self {
        self.variable = Some(variable);
        self
    }

    /// "NOPENAI_SECRET_HUGGING_FACE_TOKEN".
    fn own_variable(&self) -> String {
        format!("NOPENAI_SECRET_{}", self.key.to_uppercase().replace('-', "_"))
    }
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// In the operating system's keyring.
    Keyring,
    /// In an environment variable, which only whoever starts the application
    /// changes.
    Variable {
        /// Its name.
        name: String,
    },
    /// In a file, which only whoever runs the machine changes.
    File {
        /// Its path.
        path: String,
    },
}

/// Gives the environment variable of a name, when there is one.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Secrets from outside, which are only read and come before the keyring's.
#[derive(Clone)]
pub struct Given {
    /// A folder of files, one for each secret and called like it.
    pub folder: Option<PathBuf>,
    /// The environment variable of that name.
    pub variable: Variables,
}

impl Given {
    /// None at all.
    pub fn nothing() -> Self {
        Self { folder: None, variable: Arc::new(|_| None) }
    }

    /// The environment of this process; the folder is the one that
    /// `NOPENAI_SECRETS_DIR` names.
    pub fn by_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            folder: variable("NOPENAI_SECRETS_DIR").map(PathBuf::from),
            variable: Arc::new(variable),
        }
    }

    fn find(&self, name: &Name) -> Result<Option<(Origin, Secret)>> {
        if let Some(path) = self.folder.as_ref().map(|folder| folder.join(&*name.key))
            && let Some(secret) = read(&path)?
        {
            return Ok(Some((Origin::File { path: path.display().to_string() }, secret)));
        }
        let variables = [Some(name.own_variable()), name.variable.map(str::to_owned)];
        let given = variables.into_iter().flatten().find_map(|variable| {
            let secret = (self.variable)(&variable)?;
            Some((Origin::Variable { name: variable }, Secret::new(secret.trim().to_owned())))
        });
        Ok(given)
    }
}

/// The secrets of this user; clones are cheap.
#[derive(Clone)]
pub struct Secrets {
    given: Given,
    /// What the keyring knows the application by.
    service: &'static str,
}

impl Secrets {
    /// Secrets from outside, then those in the keyring under `service`.
    pub fn new(given: Given, service: &'static str) -> Self {
        Self { given, service }
    }

    /// A secret and where it is; none when there is none.
    ///
    /// # Errors
    /// [`Code::KeyringUnavailable`] when the keyring can't be asked, and
    /// [`Code::FileUnavailable`] for a file that can't be read.
    pub async fn find(&self, name: Name) -> Result<Option<(Origin, Secret)>> {
        if let Some(given) = self.given.find(&name)? {
            return Ok(Some(given));
        }
        let service = self.service;
        let kept = blocking(move || keyring::get(service, &name.key)).await?;
        Ok(kept.map(|secret| (Origin::Keyring, secret)))
    }

    /// Keeps a secret in the keyring, in place of the one there.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for an empty or overlong one, or when it is given
    /// from outside, which would hide this one; else as [`Secrets::find`].
    pub async fn set(&self, name: Name, secret: Secret) -> Result<()> {
        let secret = Secret::new(secret.expose().trim().to_owned());
        let length = secret.expose().len() as u64;
        let is_plain = secret.expose().chars().all(|c| !c.is_control());
        if !(1..=MOST_BYTES).contains(&length) || !is_plain {
            return Err(Error::invalid("secret", "This is not a token: one line is expected."));
        }
        self.refuse_given(&name)?;
        let service = self.service;
        blocking(move || keyring::set(service, &name.key, &secret)).await
    }

    /// Removes a secret from the keyring; none there is as good.
    ///
    /// # Errors
    /// As [`Secrets::set`].
    pub async fn clear(&self, name: Name) -> Result<()> {
        self.refuse_given(&name)?;
        let service = self.service;
        blocking(move || keyring::clear(service, &name.key)).await
    }

    fn refuse_given(&self, name: &Name) -> Result<()> {
        let place = match self.given.find(name)? {
            None => return Ok(()),
            Some((Origin::File { path }, _)) => format!("the file {path}"),
            Some((Origin::Variable { name }, _)) => format!("the environment variable {name}"),
            Some((Origin::Keyring, _)) => "the keyring".to_owned(),
        };
        Err(Error::invalid("secret", format!("It comes from {place}, and is changed there.")))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn read(path: &Path) -> Result<Option<Secret>> {
    let refused = |reason: String| {
        Error::new(Code::FileUnavailable, format!("{} cannot be read: {reason}.", path.display()))
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error.to_string())),
        Ok(metadata) if metadata.len() > MOST_BYTES => {
            return Err(refused(format!("a secret has at most {MOST_BYTES} bytes")));
        }
        Ok(_) => {}
    }
    let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    Ok(Some(Secret::new(text.trim().to_owned())).filter(|secret| !secret.expose().is_empty()))
}
