//! A test's server, reached as the application reaches it.

use crate::postgres::{PASSWORD, Postgres};
use nopenai_domain::ConnectionProfile;
use nopenai_hana::{Credentials, Limits, Pool, Session, SessionFactory, find_driver, sync::Remote};
use nopenai_secrets::Secret;

impl Postgres {
    pub fn credentials(&self) -> Credentials {
        of(self.profile(), PASSWORD)
    }

    /// A session of its own.
    pub fn session(&self) -> Session {
        Session::open(&self.credentials()).unwrap()
    }

    /// What a workstation has of it.
    pub fn remote(&self) -> Remote {
        let factory = SessionFactory::new(self.credentials());
        Remote::new(Pool::new(factory, Limits::default()))
    }
}

/// Credentials with the driver that is found.
pub fn of(profile: ConnectionProfile, password: &str) -> Credentials {
    let driver = find_driver(&profile, None).unwrap();
    Credentials { profile, password: Secret::new(password.to_owned()), driver }
}
