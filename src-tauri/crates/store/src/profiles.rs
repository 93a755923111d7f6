//! The servers a person can connect to: table `connection_profile`.

use crate::{
    Result, Store, StoreError,
    value::{from_json, json},
};
use nopenai_domain::{Code, ConnectionProfile, Error, ProfileId};
use rusqlite::{Connection, OptionalExtension, params};

/// The connection profiles of a [`Store`].
#[derive(Clone)]
pub struct Profiles {
    store: Store,
}

impl Profiles {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// All of them, by name, and which is the active one.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn list(&self) -> Result<Vec<(ConnectionProfile, bool)>> {
        let read = |connection: &Connection| {
            let mut profiles: Vec<(ConnectionProfile, bool)> = connection
                .prepare_cached("SELECT profile, active FROM connection_profile")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .map(|row| {
                    let (profile, active): (String, bool) = row?;
                    Ok((from_json(&profile)?, active))
                })
                .collect::<Result<_>>()?;
            profiles.sort_by_cached_key(|(profile, _)| (profile.name.to_lowercase(), profile.id));
            Ok(profiles)
        };
        self.store.read(read).await
    }

    /// The active one, when there is one.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn active(&self) -> Result<Option<ConnectionProfile>> {
        let read = |connection: &Connection| {
            let text: Option<String> = connection
                .prepare_cached("SELECT profile FROM connection_profile WHERE active = 1")?
                .query_row([], |row| row.get(0))
                .optional()?;
            text.as_deref().map(from_json).transpose()
        };
        self.store.read(read).await
    }

    /// Keeps a profile, in place of the one of its identifier.
    ///
    /// # Errors
    /// [`StoreError::Input`] for a value out of range, and for a name that
    /// another profile has.
    pub async fn save(&self, profile: ConnectionProfile) -> Result<()> {
        profile.validate()?;
        let name = profile.name.trim().to_lowercase();
        let is_taken = |(other, _): &(ConnectionProfile, bool)| {
            other.id != profile.id && other.name.trim().to_lowercase() == name
        };
        if self.list().await?.iter().any(is_taken) {
            let message = "There is a profile of that name already: choose another name.";
            return Err(Error::new(Code::AlreadyExists, message).with("field", "name").into());
        }
        let write = move |connection: &Connection| {
            connection.execute(
                "INSERT INTO connection_profile (id, active, profile) VALUES (?1, 0, ?2) \
                 ON CONFLICT (id) DO UPDATE SET profile = ?2",
                params![profile.id.to_string(), json(&profile)?],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Makes a profile the active one; none: no server.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn activate(&self, profile: Option<ProfileId>) -> Result<()> {
        let write = move |connection: &Connection| {
            connection.execute("UPDATE connection_profile SET active = 0 WHERE active = 1", [])?;
            let Some(id) = profile else { return Ok(()) };
            let changed = connection.execute(
                "UPDATE connection_profile SET active = 1 WHERE id = ?1",
                [id.to_string()],
            )?;
            if changed == 1 { Ok(()) } else { Err(not_found(id)) }
        };
        self.store.write(write).await
    }

    /// Forgets a profile.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove(&self, profile: ProfileId) -> Result<()> {
        let write = move |connection: &Connection| {
            let removed = connection
                .execute("DELETE FROM connection_profile WHERE id = ?1", [profile.to_string()])?;
            if removed == 1 { Ok(()) } else { Err(not_found(profile)) }
        };
        self.store.write(write).await
    }
}

fn not_found(profile: ProfileId) -> StoreError {
    StoreError::NotFound(format!("connection profile {profile}"))
}
