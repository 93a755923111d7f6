//! A profile as an ODBC connection string: built and escaped here alone.

use crate::{Class, DatabaseError, Result};
use nopenai_domain::{ConnectionProfile, ServerKind};
use nopenai_secrets::Secret;
use odbc_api::escape_attribute_value;
use std::fmt;

/// How long connecting may take, seconds.
pub const LOGIN_TIMEOUT_S: u32 = 15;

/// What psqlODBC reads as it stands.
const BARE: [&str; 3] = ["Server", "Database", "UID"];

/// What convinces the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The profile.
    pub profile: ConnectionProfile,
    /// Its password.
    pub password: Secret,
    /// The driver's file or registered name.
    pub driver: String,
}

/// A connection string. It holds the password and never prints.
pub struct ConnectionString(Secret);

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl ConnectionString {
    /// The connection string of a profile.
    ///
    /// # Errors
    /// [`Class::Value`] for a value that no connection string can carry.
    pub fn new(credentials: &Credentials) -> Result<Self> {
        let Credentials { profile, password, driver } = credentials;
        let attributes = match profile.kind {
            ServerKind::Hana => hana(profile, driver, password),
            ServerKind::PostgreSql => postgresql(profile, driver, password),
        };
        let mut text = String::new();
        for (name, value) in attributes {
            // ODBC has no way to write U+0000, and psqlODBC takes braces for part of
            // a name, however ordinary the character they are for.
            let is_bare = profile.kind == ServerKind::PostgreSql && BARE.contains(&name);
            let refused: &[char] = if is_bare { &['\0', ';', '{', '}'] } else { &['\0'] };
            if value.contains(refused) {
                let message = format!("{name} has a character that the driver does not take.");
                return Err(DatabaseError::new(Class::Value, message));
            }
            let written = if is_bare { value.into() } else { escape_attribute_value(&value) };
            text.push_str(&format!("{name}={written};"));
        }
        Ok(Self(Secret::new(text)))
    }

    /// The text, for the driver.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn yes(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

/// SAP HANA Client Interface Programming Reference, "ODBC Connection Properties".
fn hana(
    profile: &ConnectionProfile,
    driver: &str,
    password: &Secret,
) -> Vec<(&'static str, String)> {
    let mut attributes = vec![
        ("Driver", driver.to_owned()),
        ("SERVERNODE", format!("{}:{}", profile.host.trim(), profile.port)),
        ("UID", profile.user.clone()),
        ("PWD", password.expose().to_owned()),
    ];
    if !profile.database.is_empty() {
        attributes.push(("DATABASENAME", profile.database.clone()));
    }
    attributes.push(("ENCRYPT", yes(profile.tls).to_owned()));
    attributes.push(("sslValidateCertificate", yes(profile.validate_certificate).to_owned()));
    if let Some(store) = &profile.trust_store {
        attributes.push(("sslTrustStore", store.clone()));
    }
    attributes.push(("CHAR_AS_UTF8", "1".to_owned()));
    attributes.push(("CONNECTTIMEOUT", (LOGIN_TIMEOUT_S * 1000).to_string()));
    attributes
}

/// psqlODBC Configuration Options; `pqopt` hands libpq its own.
fn postgresql(
    profile: &ConnectionProfile,
    driver: &str,
    password: &Secret,
) -> Vec<(&'static str, String)> {
    let mode = match (profile.tls, profile.validate_certificate) {
        (false, _) => "disable",
        (true, false) => "require",
        (true, true) => "verify-full",
    };
    let mut options = format!("connect_timeout={LOGIN_TIMEOUT_S} keepalives_idle=30");
    if let Some(store) = &profile.trust_store {
        let quoted = store.replace('\\', "\\\\").replace('\'', "\\'");
        options.push_str(&format!(" sslrootcert='{quoted}'"));
    }
    vec![
        ("Driver", driver.to_owned()),
        ("Server", profile.host.trim().to_owned()),
        ("Port", profile.port.to_string()),
        ("Database", profile.database.clone()),
        ("UID", profile.user.clone()),
        ("PWD", password.expose().to_owned()),
        ("SSLmode", mode.to_owned()),
        ("pqopt", options),
        ("UseServerSidePrepare", "1".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::ProfileId;

    fn of(kind: ServerKind, user: &str, password: &str) -> Result<ConnectionString> {
        let profile = ConnectionProfile {
            id: ProfileId::generate(),
            name: "Team".to_owned(),
            kind,
            host: "db.example".to_owned(),
            port: 443,
            database: "T1".to_owned(),
            user: user.to_owned(),
            schema: "S".to_owned(),
            tls: true,
            validate_certificate: true,
            trust_store: Some("/a b/ca.pem".to_owned()),
            driver: None,
        };
        let driver = "/x/libodbcHDB.so".to_owned();
        let password = Secret::new(password.to_owned());
        ConnectionString::new(&Credentials { profile, password, driver })
    }

    #[test]
    fn nothing_in_a_value_becomes_an_attribute() {
        let string = of(ServerKind::Hana, "U;ENCRYPT=FALSE", "p}w;UID=SYSTEM").unwrap();
        assert_eq!(
            string.expose(),
            "Driver=/x/libodbcHDB.so;SERVERNODE=db.example:443;UID={U;ENCRYPT=FALSE};\
             PWD={p}}w;UID=SYSTEM};DATABASENAME=T1;ENCRYPT=TRUE;sslValidateCertificate=TRUE;\
             sslTrustStore=/a b/ca.pem;CHAR_AS_UTF8=1;CONNECTTIMEOUT=15000;"
        );
        assert_eq!(of(ServerKind::Hana, "U", "a\0b").unwrap_err().class, Class::Value);
        let string = of(ServerKind::PostgreSql, "me@corp=x", "p;w").unwrap();
        assert!(string.expose().contains("UID=me@corp=x;PWD={p;w};"));
        for user in ["U;ENCRYPT=FALSE", "{U", "U}", "U\0"] {
            let refused = of(ServerKind::PostgreSql, user, "p").unwrap_err();
            assert_eq!(refused.class, Class::Value, "{user}");
        }
    }

    #[test]
    fn it_never_prints() {
        let string = of(ServerKind::PostgreSql, "U", "geheim").unwrap();
        assert!(string.expose().contains("PWD=geheim;SSLmode=verify-full;"));
        assert_eq!(format!("{string:?}"), "…");
    }
}
