//! Where the ODBC driver is.

use crate::{Class, DatabaseError, Result};
use nopenai_domain::{ConnectionProfile, ServerKind};
use std::path::{Path, PathBuf};

/// The name SAP's client registers on Windows.
const HANA_ON_WINDOWS: &str = "HDBODBC";

/// The name psqlODBC registers on Windows.
const POSTGRESQL_ON_WINDOWS: &str = "PostgreSQL Unicode(x64)";

/// The driver a profile names, or the one where its kind is usually installed:
/// a file, or a registered name on Windows.
///
/// # Errors
/// [`Class::DriverMissing`] saying where it was looked for.
pub fn find(profile: &ConnectionProfile, home: Option<&Path>) -> Result<String> {
    if let Some(driver) = &profile.driver {
        if cfg!(windows) || Path::new(driver).is_file() {
            return Ok(driver.clone());
        }
        let message = format!("There is no driver {driver}.");
        return Err(DatabaseError::new(Class::DriverMissing, message));
    }
    if cfg!(windows) {
        let name = match profile.kind {
            ServerKind::Hana => HANA_ON_WINDOWS,
            ServerKind::PostgreSql => POSTGRESQL_ON_WINDOWS,
        };
        return Ok(name.to_owned());
    }
    let places = places(profile.kind, home);
    let found = places.iter().find(|path| path.is_file());
    found.map(|path| path.display().to_string()).ok_or_else(|| {
        let looked: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
        let message = format!("No driver was found; looked for {}.", looked.join(", "));
        DatabaseError::new(Class::DriverMissing, message)
    })
}

fn places(kind: ServerKind, home: Option<&Path>) -> Vec<PathBuf> {
    match (kind, cfg!(target_os = "macos")) {
        (ServerKind::Hana, true) => {
            let below = "sap/hdbclient/libodbcHDB.dylib";
            let mut places = vec![PathBuf::from("/Applications").join(below)];
            places.extend(home.map(|home| home.join(below)));
            places
        }
        (ServerKind::Hana, false) => {
            let mut places = vec![PathBuf::from("/usr/sap/hdbclient/libodbcHDB.so")];
            places.extend(home.map(|home| home.join("sap/hdbclient/libodbcHDB.so")));
            places.extend(home.map(|home| home.join("usr/sap/hdbclient/libodbcHDB.so")));
            places
        }
        (ServerKind::PostgreSql, true) => {
            let folders = ["/opt/homebrew/lib", "/usr/local/lib"];
            folders.map(|folder| Path::new(folder).join("psqlodbcw.so")).to_vec()
        }
        (ServerKind::PostgreSql, false) => [
            "/usr/lib/x86_64-linux-gnu/odbc",
            "/usr/lib/aarch64-linux-gnu/odbc",
            "/usr/lib64",
            "/usr/lib",
        ]
        .map(|folder| Path::new(folder).join("psqlodbcw.so"))
        .to_vec(),
    }
}
