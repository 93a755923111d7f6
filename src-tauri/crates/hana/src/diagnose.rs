//! What is right and wrong with a connection profile, for the test button.

use crate::{
    Class, Connect, DatabaseError, Param, Result, Session, SessionFactory,
    deploy::{deployed_version, is_there},
    dialect::Statements,
};
use nopenai_store::sync::{ColumnType, Value};
use schemars::JsonSchema;
use serde::Serialize;

/// How a test of a profile ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Everything is as it should be.
    Ready,
    /// No driver.
    DriverMissing,
    /// Nobody answers.
    HostUnreachable,
    /// The server doesn't encrypt, or not as asked.
    TlsRefused,
    /// The server's certificate isn't trusted.
    CertificateNotTrusted,
    /// User or password are wrong.
    PasswordWrong,
    /// The password must be changed first.
    PasswordExpired,
    /// The user is locked.
    UserLocked,
    /// The database doesn't exist.
    DatabaseMissing,
    /// The schema doesn't exist, or it was never deployed.
    SchemaMissing,
    /// The schema is older than this application: deploy it.
    SchemaOlder,
    /// The schema is newer than this application.
    SchemaNewer,
    /// The user may not read or write it.
    NoPrivilege,
    /// The server is busy or starting.
    Busy,
    /// Something else; see its words.
    Failed,
}

/// What a test of a profile found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// How it ended.
    pub finding: Finding,
    /// What to do, one sentence; empty when it is ready.
    pub advice: String,
    /// The server's or driver's own words; empty when there are none.
    pub detail: String,
    /// The server's version, once it was reached.
    pub server: Option<String>,
}

impl Diagnosis {
    fn of(finding: Finding, error: &DatabaseError) -> Self {
        let advice = error.advice().to_owned();
        Self { finding, advice, detail: error.to_string(), server: None }
    }

    /// The diagnosis of a failure to connect.
    pub fn of_connecting(error: &DatabaseError) -> Self {
        let finding = match error.class {
            Class::Missing => Finding::DatabaseMissing,
            _ => finding(error.class),
        };
        Self::of(finding, error)
    }
}

fn finding(class: Class) -> Finding {
    match class {
        Class::DriverMissing => Finding::DriverMissing,
        Class::Unreachable | Class::Connection => Finding::HostUnreachable,
        Class::TlsRefused => Finding::TlsRefused,
        Class::CertificateNotTrusted => Finding::CertificateNotTrusted,
        Class::PasswordWrong => Finding::PasswordWrong,
        Class::PasswordExpired => Finding::PasswordExpired,
        Class::UserLocked => Finding::UserLocked,
        Class::NoPrivilege => Finding::NoPrivilege,
        Class::Missing => Finding::SchemaMissing,
        Class::Newer => Finding::SchemaNewer,
        Class::Busy | Class::Transaction | Class::Cancelled => Finding::Busy,
        Class::Exists | Class::Constraint | Class::Value | Class::Unsupported | Class::Other => {
            Finding::Failed
        }
    }
}

/// Tries what a sync needs, one thing after the other, once. Changes nothing.
/// Blocks.
pub fn diagnose(factory: &SessionFactory) -> Diagnosis {
    let session = match factory.connect() {
        Ok(session) => session,
        Err(error) => return Diagnosis::of_connecting(&error),
    };
    let version = session.value(session.dialect().version(), &[], ColumnType::LongText);
    let server = match version {
        Ok(Some(Value::Text(version))) => Some(version),
        _ => None,
    };
    let found = look_at_schema(&session, &factory.credentials().profile.schema);
    Diagnosis {
        server,
        ..found.unwrap_or_else(|error| Diagnosis::of(finding(error.class), &error))
    }
}

fn look_at_schema(session: &Session, schema: &str) -> Result<Diagnosis> {
    let dialect = session.dialect();
    if !is_there(session, dialect.schema_exists(), &[Param::from(schema)])? {
        let message = format!("There is no schema {schema}.");
        return Err(DatabaseError::new(Class::Missing, message));
    }
    let version = deployed_version(session, schema)?;
    if version == 0 {
        let message = format!("The schema {schema} has none of the team's tables yet.");
        return Err(DatabaseError::new(Class::Missing, message));
    }
    let known = session.migrations().latest_version();
    if version < known {
        return Ok(Diagnosis {
            finding: Finding::SchemaOlder,
            advice: "The schema is of an older version: deploy it.".to_owned(),
            detail: format!("Version {version} of {known}."),
            server: None,
        });
    }
    let statements = Statements::new(dialect, schema);
    session.begin()?;
    let writable = session.execute(&statements.try_head().sql, &[]);
    session.rollback()?;
    writable?;
    Ok(Diagnosis {
        finding: Finding::Ready,
        advice: String::new(),
        detail: String::new(),
        server: None,
    })
}
