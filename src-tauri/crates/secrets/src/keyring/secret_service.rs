//! The Secret Service of freedesktop.org (GNOME Keyring, KWallet, KeePassXC)
//! over the session bus, with the session type "plain": the bus is a socket of
//! this user.

use crate::Secret;
use nopenai_domain::{Error, Result};
use std::collections::HashMap;
use zbus::{
    blocking::{Connection, Proxy},
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

const SERVICE: &str = "/org/freedesktop/secrets";
/// "No object" on this bus.
const NONE: &str = "/";

/// Session, parameters of the encryption (none), the secret, its media type.
type Sealed = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

fn unavailable(error: zbus::Error) -> Error {
    const NOBODY: &str = "org.freedesktop.DBus.Error.ServiceUnknown";
    match &error {
        zbus::Error::MethodError(name, ..) if name.as_str() == NOBODY => {
            super::unavailable("none runs in this session")
        }
        zbus::Error::InputOutput(_) | zbus::Error::Address(_) => {
            super::unavailable("this session has no message bus")
        }
        _ => super::unavailable(error),
    }
}

/// The secret called `name`.
///
/// # Errors
/// When the keyring can't be asked, or stays locked.
pub fn get(service: &str, name: &str) -> Result<Option<Secret>> {
    let session = Session::open().map_err(unavailable)?;
    let text = session.get(&attributes(service, name)).map_err(unavailable)?;
    Ok(text.map(Secret::new))
}

/// Keeps a secret in place of the one of that name.
///
/// # Errors
/// When the keyring doesn't take it.
pub fn set(service: &str, name: &str, secret: &Secret) -> Result<()> {
    let label = format!("nOpenai Studio: {name}");
    let session = Session::open().map_err(unavailable)?;
    session.set(&label, &attributes(service, name), secret).map_err(unavailable)
}

/// Removes a secret.
///
/// # Errors
/// When the keyring doesn't.
pub fn clear(service: &str, name: &str) -> Result<()> {
    let session = Session::open().map_err(unavailable)?;
    session.clear(&attributes(service, name)).map_err(unavailable)
}

type Attributes<'a> = HashMap<&'a str, &'a str>;

/// Named as the crate `keyring` does.
fn attributes<'a>(service: &'a str, name: &'a str) -> Attributes<'a> {
    HashMap::from([("service", service), ("username", name)])
}

struct Session {
    bus: Connection,
    path: OwnedObjectPath,
}

impl Session {
    fn open() -> zbus::Result<Self> {
        let bus = Connection::session()?;
        let service = proxy(&bus, SERVICE, "Service")?;
        let (_, path): (OwnedValue, OwnedObjectPath) =
            service.call("OpenSession", &("plain", Value::from("")))?;
        Ok(Self { bus, path })
    }

    fn get(&self, attributes: &Attributes) -> zbus::Result<Option<String>> {
        let Some(item) = self.item(attributes)? else { return Ok(None) };
        let item = proxy(&self.bus, &item, "Item")?;
        let ((_, _, secret, _),): (Sealed,) = item.call("GetSecret", &(&self.path,))?;
        let text = String::from_utf8(secret);
        text.map(Some).map_err(|_| zbus::Error::Failure("it holds no text".to_owned()))
    }

    fn set(&self, label: &str, attributes: &Attributes, secret: &Secret) -> zbus::Result<()> {
        let collection = self.collection()?;
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Value::from(label)),
            ("org.freedesktop.Secret.Item.Attributes", Value::from(attributes.clone())),
        ]);
        let nothing: &[u8] = &[];
        let sealed = (&self.path, nothing, secret.expose().as_bytes(), "text/plain; charset=utf8");
        let replace = true;
        let collection = proxy(&self.bus, &collection, "Collection")?;
        let (_, prompt): (OwnedObjectPath, OwnedObjectPath) =
            collection.call("CreateItem", &(properties, sealed, replace))?;
        self.answered(&prompt).map(drop)
    }

    fn clear(&self, attributes: &Attributes) -> zbus::Result<()> {
        let Some(item) = self.item(attributes)? else { return Ok(()) };
        let (prompt,): (OwnedObjectPath,) = proxy(&self.bus, &item, "Item")?.call("Delete", &())?;
        self.answered(&prompt).map(drop)
    }

    /// The unlocked item with these attributes.
    fn item(&self, attributes: &Attributes) -> zbus::Result<Option<OwnedObjectPath>> {
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.service()?.call("SearchItems", &(attributes,))?;
        match (unlocked.into_iter().next(), locked.into_iter().next()) {
            (Some(item), _) => Ok(Some(item)),
            (None, Some(item)) => {
                self.unlock(&item)?;
                Ok(Some(item))
            }
            (None, None) => Ok(None),
        }
    }

    /// The user's collection, unlocked, made where there is none yet.
    fn collection(&self) -> zbus::Result<OwnedObjectPath> {
        let service = self.service()?;
        let (collection,): (OwnedObjectPath,) = service.call("ReadAlias", &("default",))?;
        if collection.as_str() != NONE {
            self.unlock(&collection)?;
            return Ok(collection);
        }
        let label = Value::from("Default keyring");
        let properties = HashMap::from([("org.freedesktop.Secret.Collection.Label", label)]);
        let (collection, prompt): (OwnedObjectPath, OwnedObjectPath) =
            service.call("CreateCollection", &(properties, "default"))?;
        match self.answered(&prompt)? {
            Some(made) => Ok(OwnedObjectPath::try_from(made)?),
            None => Ok(collection),
        }
    }

    fn unlock(&self, object: &ObjectPath) -> zbus::Result<()> {
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.service()?.call("Unlock", &(&[object][..],))?;
        self.answered(&prompt).map(drop)
    }

    /// Waits for the person who is asked, when one is; gives what came of it.
    fn answered(&self, prompt: &ObjectPath) -> zbus::Result<Option<OwnedValue>> {
        if prompt.as_str() == NONE {
            return Ok(None);
        }
        let prompt = proxy(&self.bus, prompt, "Prompt")?;
        let mut completed = prompt.receive_signal("Completed")?;
        let () = prompt.call("Prompt", &("",))?;
        let gone = || zbus::Error::Failure("it went away".to_owned());
        let (dismissed, result): (bool, OwnedValue) =
            completed.next().ok_or_else(gone)?.body().deserialize()?;
        if dismissed {
            return Err(zbus::Error::Failure("it was not unlocked".to_owned()));
        }
        Ok(Some(result))
    }

    fn service(&self) -> zbus::Result<Proxy<'_>> {
        proxy(&self.bus, SERVICE, "Service")
    }
}

fn proxy<'a>(bus: &Connection, path: &'a str, interface: &str) -> zbus::Result<Proxy<'a>> {
    let interface = format!("org.freedesktop.Secret.{interface}");
    Proxy::new(bus, "org.freedesktop.secrets", path, interface)
}
