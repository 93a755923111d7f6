use crate::{Error, ProfileId, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest name of a user or a schema, bytes: as SAP HANA has it, and as
/// PostgreSQL, which would cut a longer one off without a word.
fn longest_identifier(kind: ServerKind) -> usize {
    match kind {
        ServerKind::Hana => 127,
        ServerKind::PostgreSql => 63,
    }
}

/// What a profile connects to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerKind {
    /// SAP HANA 2.0 or SAP HANA Cloud.
    Hana,
    /// PostgreSQL 12 or later.
    PostgreSql,
}

/// How to reach a team's database. The password is in the keyring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionProfile {
    /// The profile; its password is kept under it.
    pub id: ProfileId,
    /// What a person calls it, 1 to 60 characters.
    pub name: String,
    /// What it connects to.
    pub kind: ServerKind,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The tenant of SAP HANA, which may be empty, or the PostgreSQL database.
    pub database: String,
    /// The database user.
    pub user: String,
    /// The schema with the team's tables.
    pub schema: String,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Whether the server's certificate is checked.
    pub validate_certificate: bool,
    /// A file of trusted certificates (PEM); absent: the system's.
    pub trust_store: Option<String>,
    /// The driver's file, or its registered name on Windows; absent: looked for.
    pub driver: Option<String>,
}

impl ConnectionProfile {
    /// Checks what can be checked without the server.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        let length = self.name.trim().chars().count();
        if !(1..=60).contains(&length) {
            return Err(Error::invalid("name", "A profile's name has 1 to 60 characters."));
        }
        let host = self.host.trim();
        let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || host.len() > 255 || !host.chars().all(is_host) {
            return Err(Error::invalid("host", "The host is a name or an address."));
        }
        if self.port == 0 {
            return Err(Error::invalid("port", "The port is 1 to 65,535."));
        }
        let most = longest_identifier(self.kind);
        identifier("user", &self.user, most)?;
        identifier("schema", &self.schema, most)?;
        match self.kind {
            ServerKind::PostgreSql => identifier("database", &self.database, most)?,
            ServerKind::Hana if self.database.is_empty() => {}
            ServerKind::Hana => identifier("database", &self.database, most)?,
        }
        for (field, path) in [("trust_store", &self.trust_store), ("driver", &self.driver)] {
            let is_plain = |path: &str| !path.is_empty() && !path.chars().any(char::is_control);
            if path.as_deref().is_some_and(|path| !is_plain(path)) {
                return Err(Error::invalid(field, "This is no path."));
            }
        }
        Ok(())
    }
}

fn identifier(field: &str, text: &str, most: usize) -> Result<()> {
    let fits = (1..=most).contains(&text.len());
    if !fits || text.chars().any(char::is_control) {
        let message = format!("1 to {most} bytes on one line are expected.");
        return Err(Error::invalid(field, message));
    }
    Ok(())
}
