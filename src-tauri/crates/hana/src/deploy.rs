//! Brings a server's schema to the version this application knows: versioned,
//! safe to repeat, and resumable, since DDL is not transactional everywhere.

use crate::{Class, DatabaseError, Param, Result, Session, dialect::Statements, schema};
use nopenai_domain::Clock;
use nopenai_store::sync::{ColumnType, Value};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// What deploying would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeployPlan {
    /// The version that is deployed; 0: none.
    pub from: u32,
    /// The version this application knows.
    pub to: u32,
    /// The statements, in order; none when there is nothing to do.
    pub statements: Vec<String>,
}

/// What deploying has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deployment {
    /// The version before; 0: none.
    pub from: u32,
    /// The version now.
    pub to: u32,
    /// How many statements were run.
    pub statements: usize,
}

/// Whether a count is more than none.
pub(crate) fn is_there(session: &Session, sql: &str, params: &[Param]) -> Result<bool> {
    let found = session.value(sql, params, ColumnType::Integer)?;
    Ok(matches!(found, Some(Value::Integer(count)) if count > 0))
}

/// The deployed version; 0 when none is.
///
/// # Errors
/// [`Class::Newer`] when it is newer than this application.
pub(crate) fn deployed_version(session: &Session, schema: &str) -> Result<u32> {
    let dialect = session.dialect();
    let name = dialect.name("SCHEMA_VERSION");
    let table = Param::Text(name.trim_matches('"').to_owned());
    if !is_there(session, dialect.table_exists(), &[Param::from(schema), table])? {
        return Ok(0);
    }
    let statement = Statements::new(dialect, schema).schema_version();
    let found = session.value(&statement.sql, &[], ColumnType::Integer)?;
    let version = match found {
        Some(Value::Integer(version)) => u32::try_from(version).unwrap_or(u32::MAX),
        _ => 0,
    };
    let known = session.migrations().latest_version();
    if version > known {
        let message = format!("The schema is version {version}; this application knows {known}.");
        return Err(DatabaseError::new(Class::Newer, message));
    }
    Ok(version)
}

/// What [`deploy`] would do, without doing it.
///
/// # Errors
/// [`Class::Newer`]; what the server says.
pub fn plan(session: &Session, schema: &str) -> Result<DeployPlan> {
    let dialect = session.dialect();
    let mut statements = Vec::new();
    let to = session.migrations().latest_version();
    let exists = is_there(session, dialect.schema_exists(), &[Param::from(schema)])?;
    let from = if exists { deployed_version(session, schema)? } else { 0 };
    if !exists {
        statements.push(dialect.create_schema(schema));
    }
    for migration in &session.migrations().of(dialect.kind())[from as usize..] {
        statements.extend(schema::statements(migration, dialect, schema));
    }
    if from < to {
        let made = Statements::new(dialect, schema);
        statements.extend([made.create_head().sql, made.record_version().sql]);
    }
    Ok(DeployPlan { from, to, statements })
}

/// Brings the schema to the latest version. What exists already is passed over,
/// so that it can be repeated after whatever stopped it, and by two at once.
///
/// # Errors
/// [`Class::Newer`] with nothing changed; what the server says of a statement,
/// with those before it done.
pub fn deploy(session: &Session, schema: &str, clock: &dyn Clock) -> Result<Deployment> {
    let dialect = session.dialect();
    let exists = is_there(session, dialect.schema_exists(), &[Param::from(schema)])?;
    let mut run = 0;
    let mut step = |sql: &str, params: &[Param]| {
        run += 1;
        passed_over(session.execute(sql, params))
    };
    if !exists {
        step(&dialect.create_schema(schema), &[])?;
    }
    let from = deployed_version(session, schema)?;
    let made = Statements::new(dialect, schema);
    let migrations = session.migrations().of(dialect.kind());
    for (version, migration) in (1..).zip(migrations).skip(from as usize) {
        for statement in schema::statements(migration, dialect, schema) {
            step(&statement, &[])?;
        }
        let identity = || Param::Text(Uuid::now_v7().to_string());
        step(&made.create_head().sql, &[identity(), identity()])?;
        let application = Param::from(concat!("nOpenai Studio ", env!("CARGO_PKG_VERSION")));
        step(&made.record_version().sql, &[version.into(), clock.now().0.into(), application])?;
    }
    Ok(Deployment { from, to: session.migrations().latest_version(), statements: run })
}

fn passed_over(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if matches!(error.class, Class::Exists | Class::Constraint) => Ok(()),
        result => result,
    }
}
