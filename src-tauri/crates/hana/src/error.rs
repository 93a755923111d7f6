//! What a server says, and what to do about it.

use nopenai_domain::{Code, Error};
use std::fmt;

/// What a database gives.
pub type Result<T, E = DatabaseError> = std::result::Result<T, E>;

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The connection is gone: connect again and repeat.
    Connection,
    /// The transaction was rolled back: repeat the whole of it.
    Transaction,
    /// The server is short of something: wait, then repeat.
    Busy,
    /// No driver, or one that can't be loaded.
    DriverMissing,
    /// Nobody answers at the host and port.
    Unreachable,
    /// The server doesn't encrypt, or not as asked.
    TlsRefused,
    /// The server's certificate isn't trusted.
    CertificateNotTrusted,
    /// User or password are wrong. Never repeated: it can lock the user.
    PasswordWrong,
    /// The password must be changed first.
    PasswordExpired,
    /// The user is locked or deactivated.
    UserLocked,
    /// The user may not do that.
    NoPrivilege,
    /// The database, schema, table or column doesn't exist.
    Missing,
    /// It exists already.
    Exists,
    /// A row contradicts a constraint.
    Constraint,
    /// A value doesn't fit its column.
    Value,
    /// It took longer than allowed, or was cancelled.
    Cancelled,
    /// The server's schema is that of a newer application.
    Newer,
    /// The server or its driver doesn't know how to do that.
    Unsupported,
    /// Another failure; repeating it gives the same.
    Other,
}

impl Class {
    /// Whether it is worth repeating.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Connection | Self::Transaction | Self::Busy)
    }

    /// Whether the connection can't be used any more.
    pub fn ends_connection(self) -> bool {
        self == Self::Connection
    }
}

/// A failure of the server or of the way to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct DatabaseError {
    /// What to do about it.
    pub class: Class,
    /// The driver's own number; 0 when there is none.
    pub native: i32,
    /// SQLSTATE, five characters; empty when there is none.
    pub state: String,
    /// The driver's words, without any secret.
    pub message: String,
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (self.native, self.state.as_str()) {
            (0, "") => Ok(()),
            (native, state) => write!(f, " ({native}, {state})"),
        }
    }
}

impl DatabaseError {
    /// A failure that no driver reported.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, native: 0, state: String::new(), message: message.into() }
    }

    /// What to do, one sentence.
    pub fn advice(&self) -> &'static str {
        match self.class {
            Class::Connection => "The connection was lost; it is tried again.",
            Class::Transaction | Class::Busy => "The server is busy; it is tried again.",
            Class::DriverMissing => {
                "The ODBC driver was not found: install the SAP HANA client (or psqlODBC), or \
                 name the driver's file in the profile."
            }
            Class::Unreachable => {
                "The server was not reached: check host, port, network and whether it runs."
            }
            Class::TlsRefused => {
                "The server does not encrypt as asked: check TLS in the profile and at the server."
            }
            Class::CertificateNotTrusted => {
                "The server's certificate is not trusted: name a trust store that holds its issuer."
            }
            Class::PasswordWrong => {
                "User or password are wrong: correct them in the profile. It is not tried again by \
                 itself, since that could lock the user."
            }
            Class::PasswordExpired => {
                "The password must be changed first: change it with a database tool, then in the \
                 profile."
            }
            Class::UserLocked => "The user is locked: ask the administrator to unlock it.",
            Class::NoPrivilege => {
                "The user lacks a privilege: ask the administrator to run the grant script."
            }
            Class::Missing => {
                "The schema or a table is missing: check the profile's database and schema, and \
                 deploy the schema."
            }
            Class::Newer => {
                "The server's schema is of a newer version: update this application. Nothing is \
                 written until then."
            }
            Class::Cancelled => "It took longer than allowed: try again when the server is idle.",
            Class::Exists
            | Class::Constraint
            | Class::Value
            | Class::Unsupported
            | Class::Other => "The server refused it; see its words.",
        }
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        let code = match error.class {
            Class::Connection
            | Class::Transaction
            | Class::Busy
            | Class::Unreachable
            | Class::Cancelled => Code::Offline,
            Class::PasswordWrong
            | Class::PasswordExpired
            | Class::UserLocked
            | Class::TlsRefused
            | Class::CertificateNotTrusted
            | Class::NoPrivilege => Code::AccessDenied,
            Class::Missing | Class::DriverMissing => Code::NotFound,
            Class::Newer => Code::StoreRefused,
            Class::Exists => Code::AlreadyExists,
            Class::Constraint | Class::Value | Class::Unsupported | Class::Other => Code::Internal,
        };
        Self::new(code, format!("{} ({error})", error.advice()))
            .with("native", error.native)
            .with("state", error.state)
    }
}
