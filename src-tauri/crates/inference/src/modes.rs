use nopenai_domain::{Code, Error, Mode, ModeId, Result};
use nopenai_store::Store;
use tokio::sync::watch;
use uuid::Uuid;

/// The modes the product ships, in the order they are listed.
const SHIPPED: &str = include_str!("../../../../assets/modes.json");

/// The named ways of asking: those the product ships, which a person may have
/// changed, and a person's own. Clones share them.
#[derive(Clone)]
pub struct Modes {
    store: Store,
    changes: watch::Sender<u64>,
}

impl Modes {
    /// The modes of `store`, over the shipped ones.
    pub fn new(store: Store) -> Self {
        Self { store, changes: watch::Sender::new(0) }
    }

    /// Counts changes, so that windows know when to look again.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The shipped ones in their order, then a person's own by name.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn list(&self) -> Result<Vec<Mode>> {
        let mut own = self.store.modes().list().await?;
        let mut list = shipped()?;
        for mode in &mut list {
            if let Some(place) = own.iter().position(|stored| stored.id == mode.id) {
                let stored = own.swap_remove(place);
                *mode = Mode { shipped: true, changed: true, ..stored };
            }
        }
        own.sort_by_cached_key(|mode| (mode.name.to_lowercase(), mode.id.clone()));
        list.extend(own.into_iter().map(|mode| Mode { shipped: false, changed: false, ..mode }));
        Ok(list)
    }

    /// One mode.
    ///
    /// # Errors
    /// [`Code::NotFound`], or those of the store.
    pub async fn get(&self, id: &ModeId) -> Result<Mode> {
        let list = self.list().await?;
        list.into_iter().find(|mode| mode.id == *id).ok_or_else(|| not_found(id))
    }

    /// Saves a mode and returns it as it is listed: changes the one with its
    /// identifier, or adds one. An empty identifier is drawn.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for a field out of range, and for an identifier
    /// that is neither a shipped mode's nor a UUID; [`Code::AlreadyExists`] for
    /// another mode's name; those of the store.
    pub async fn save(&self, mode: Mode) -> Result<Mode> {
        mode.validate()?;
        let original = shipped()?.into_iter().find(|shipped| shipped.id == mode.id);
        let mut mode = Mode {
            name: mode.name.trim().to_owned(),
            shipped: original.is_some(),
            changed: false,
            ..mode
        };
        if mode.id.0.is_empty() {
            mode.id = ModeId(Uuid::now_v7().to_string());
        } else if original.is_none() && Uuid::parse_str(&mode.id.0).is_err() {
            let message = "The identifier of a mode of one's own is a UUID; leave it empty.";
            return Err(Error::invalid("id", message));
        }
        self.check_name(&mode).await?;
        if original.as_ref() == Some(&mode) {
            self.store.modes().remove(mode.id.clone()).await?;
        } else {
            self.store.modes().save(mode.clone()).await?;
            mode.changed = mode.shipped;
        }
        self.changed();
        Ok(mode)
    }

    /// Removes a person's mode; brings a shipped one back to how it came.
    ///
    /// # Errors
    /// [`Code::NotFound`], or those of the store.
    pub async fn remove(&self, id: &ModeId) -> Result<()> {
        let was_stored = self.store.modes().remove(id.clone()).await?;
        if was_stored {
            self.changed();
        } else if !shipped()?.iter().any(|mode| mode.id == *id) {
            return Err(not_found(id));
        }
        Ok(())
    }

    async fn check_name(&self, mode: &Mode) -> Result<()> {
        let name = mode.name.to_lowercase();
        let taken = |other: &Mode| other.id != mode.id && other.name.to_lowercase() == name;
        if self.list().await?.iter().any(taken) {
            let message =
                format!("There is a mode \"{}\" already: choose another name.", mode.name);
            return Err(Error::new(Code::AlreadyExists, message).with("field", "name"));
        }
        Ok(())
    }

    /// Says that there are other modes than before.
    pub fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }
}

fn shipped() -> Result<Vec<Mode>> {
    let modes: Vec<Mode> = serde_json::from_str(SHIPPED).map_err(Error::internal)?;
    Ok(modes.into_iter().map(|mode| Mode { shipped: true, ..mode }).collect())
}

fn not_found(id: &ModeId) -> Error {
    Error::new(Code::NotFound, format!("There is no mode {id}: choose another."))
        .with("mode", id.0.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends where it fails")]
    use super::*;
    use nopenai_domain::{ParameterOverrides, SystemClock};
    use std::sync::Arc;

    fn modes() -> (Modes, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db"), Arc::new(SystemClock)).unwrap();
        (Modes::new(store), folder)
    }

    fn own(name: &str) -> Mode {
        Mode {
            id: ModeId(String::new()),
            name: name.to_owned(),
            description: String::new(),
            model: None,
            parameters: ParameterOverrides { top_k: Some(3), ..ParameterOverrides::default() },
            shipped: false,
            changed: false,
        }
    }

    async fn names(modes: &Modes) -> Vec<String> {
        modes.list().await.unwrap().into_iter().map(|mode| mode.name).collect()
    }

    #[test]
    fn the_shipped_modes_are_valid_and_normal_changes_nothing() {
        let modes = shipped().unwrap();
        let ids: Vec<_> = modes.iter().map(|mode| mode.id.0.as_str()).collect();
        assert_eq!(ids, ["fast", "normal", "expert", "research"]);
        for mode in &modes {
            mode.validate().unwrap();
            assert!(mode.description.ends_with('.'), "{}", mode.name);
        }
        assert_eq!(modes[1].parameters, ParameterOverrides::default());
    }

    #[tokio::test]
    async fn a_persons_modes_come_last_by_name_and_are_removed() {
        let (modes, _folder) = modes();
        let heard = modes.changes();
        modes.save(own("zebra")).await.unwrap();
        let added = modes.save(own(" Ant ")).await.unwrap();
        assert_eq!(names(&modes).await[4..], ["Ant", "zebra"]);
        assert_eq!(modes.get(&added.id).await.unwrap(), added);
        assert!(heard.has_changed().unwrap());

        let renamed = Mode { name: "Bee".to_owned(), ..added.clone() };
        modes.save(renamed).await.unwrap();
        assert_eq!(names(&modes).await[4..], ["Bee", "zebra"]);
        modes.remove(&added.id).await.unwrap();
        assert_eq!(names(&modes).await[4..], ["zebra"]);
        assert_eq!(modes.remove(&added.id).await.unwrap_err().code, Code::NotFound);
        // Undone with the identifier it had.
        assert_eq!(modes.save(added.clone()).await.unwrap().id, added.id);
    }

    #[tokio::test]
    async fn a_shipped_mode_is_changed_and_comes_back() {
        let (modes, _folder) = modes();
        let fast = modes.get(&ModeId("fast".to_owned())).await.unwrap();
        assert!(fast.shipped && !fast.changed);
        let mut faster = fast.clone();
        faster.parameters.max_tokens = Some(16);
        let saved = modes.save(faster).await.unwrap();
        assert!(saved.shipped && saved.changed);
        assert_eq!(modes.list().await.unwrap()[0], saved, "it keeps its place");
        modes.remove(&fast.id).await.unwrap();
        assert_eq!(modes.get(&fast.id).await.unwrap(), fast);
        modes.remove(&fast.id).await.unwrap();

        let same = modes.save(Mode { changed: true, ..fast.clone() }).await.unwrap();
        assert_eq!(same, fast, "as it came is not changed");
    }

    #[tokio::test]
    async fn names_are_ones_own_and_identifiers_are_checked() {
        let (modes, _folder) = modes();
        let taken = modes.save(own("FAST")).await.unwrap_err();
        assert_eq!(taken.code, Code::AlreadyExists);
        let nameless = modes.save(own(" ")).await.unwrap_err();
        assert_eq!(nameless.details["field"], "name");
        let odd = Mode { id: ModeId("../fast".to_owned()), ..own("odd") };
        assert_eq!(modes.save(odd).await.unwrap_err().details["field"], "id");
        let unknown = modes.get(&ModeId("slow".to_owned())).await.unwrap_err();
        assert_eq!(unknown.code, Code::NotFound);
    }
}
