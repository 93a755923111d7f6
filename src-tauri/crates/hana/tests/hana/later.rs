//! A later version of the application, with a table more: one migration per
//! dialect and one registration are all there is to it.

use crate::{
    fixture::Workstation,
    postgres::{Postgres, SCHEMA},
};
use nopenai_domain::{ServerKind, SystemClock};
use nopenai_hana::{
    Class, Finding, Interrupt, Limits, Pool, SessionFactory, deploy, diagnose,
    dialect::{Statements, dialect},
    plan,
    schema::{self, Migrations, PLACEHOLDER},
    sync::{Remote, Server, SyncError},
};
use nopenai_store::{
    Schema,
    sync::{Column, ColumnType, SyncedTable, TABLES, by_name},
};
use std::sync::Arc;

const NOTE: SyncedTable = SyncedTable {
    local: "note",
    remote: "NOTES",
    note: "What people note.",
    columns: &[
        Column::new("id", ColumnType::Text(64)),
        Column::new("at", ColumnType::Integer),
        Column::new("text", ColumnType::LongText).or_null(),
    ],
    indexes: &[&["at"]],
    ..SyncedTable::PLAIN
};

const LOCAL: &str = "CREATE TABLE note (id TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL, \
    text TEXT) STRICT;";

fn and<T: Clone>(all: &[T], one: T) -> &'static [T] {
    Box::leak([all, &[one]].concat().into_boxed_slice())
}

/// The migration the registration makes, for a kind of server.
fn remote(kind: ServerKind) -> &'static str {
    let created = schema::create(&Statements::new(dialect(kind), PLACEHOLDER), &NOTE);
    Box::leak((created.join(";\n") + ";\n").into_boxed_str())
}

struct Later {
    local: Schema,
    remote: Migrations,
}

impl Later {
    fn version() -> Self {
        let (current, known) = (Schema::CURRENT, Migrations::CURRENT);
        Self {
            local: Schema { migrations: and(current.migrations, LOCAL), tables: and(TABLES, NOTE) },
            remote: Migrations {
                hana: and(known.hana, remote(ServerKind::Hana)),
                postgresql: and(known.postgresql, remote(ServerKind::PostgreSql)),
            },
        }
    }

    fn factory(&self, postgres: &Postgres) -> SessionFactory {
        SessionFactory::new(postgres.credentials()).with_migrations(self.remote)
    }

    fn server(&self, postgres: &Postgres) -> Arc<dyn Server> {
        let pool = Pool::new(self.factory(postgres), Limits::default());
        Arc::new(Remote::of(pool, self.local.tables))
    }
}

async fn note(person: &Workstation, sql: &'static str) {
    person.store.write(|connection| Ok(connection.execute_batch(sql)?)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_added_by_one_migration_and_one_registration() {
    let postgres = Postgres::start();
    deploy(&postgres.session(), SCHEMA, &SystemClock).unwrap();
    let now: Arc<dyn Server> = Arc::new(postgres.remote());
    let (mut one, mut two) = (Workstation::new(), Workstation::new());
    one.save_mode("m", "of before").await;
    one.sync(&now).await.unwrap();
    two.sync(&now).await.unwrap();

    // The first one updates: here at once, at the server when it is deployed.
    let later = Later::version();
    one.reopen_as(later.local);
    note(&one, "INSERT INTO note VALUES ('n', 7, 'von \"mir\"')").await;
    let server = later.server(&postgres);
    let early = one.sync(&server).await.unwrap_err();
    assert!(matches!(&early, SyncError::Database(error) if error.class == Class::Missing));
    let factory = later.factory(&postgres);
    assert_eq!(diagnose(&factory).finding, Finding::SchemaOlder);
    let session = factory.open(Interrupt::default()).unwrap();
    let planned = plan(&session, SCHEMA).unwrap();
    assert_eq!((planned.from, planned.to), (1, 2));
    assert!(planned.statements[0].contains("\"notes\""));
    let deployed = deploy(&session, SCHEMA, &SystemClock).unwrap();
    assert_eq!((deployed.from, deployed.to), (1, 2));
    assert_eq!(diagnose(&factory).finding, Finding::Ready);
    assert_eq!(one.sync(&server).await.unwrap().pushed, 1);

    // The other one doesn't know it yet, and writes nothing; then it does.
    two.save_mode("t", "of after").await;
    let late = two.sync(&now).await.unwrap_err();
    assert!(matches!(&late, SyncError::Database(error) if error.class == Class::Newer));
    two.reopen_as(later.local);
    let cycle = two.sync(&server).await.unwrap();
    assert_eq!((cycle.pushed, cycle.pulled), (1, 1));
    let table = by_name(later.local.tables, "note").unwrap();
    let notes = two.store.sync().contents(table).await.unwrap();
    assert_eq!(notes, one.store.sync().contents(table).await.unwrap());
    assert_eq!(notes[0].0, "n");

    // Changed by one and deleted by the other, as in any table.
    note(&two, "UPDATE note SET text = NULL").await;
    two.sync(&server).await.unwrap();
    one.sync(&server).await.unwrap();
    assert_eq!(
        two.store.sync().contents(table).await.unwrap(),
        one.store.sync().contents(table).await.unwrap()
    );
    note(&one, "DELETE FROM note").await;
    one.sync(&server).await.unwrap();
    two.sync(&server).await.unwrap();
    assert_eq!(two.store.sync().contents(table).await.unwrap(), []);
    assert_eq!(two.store.modes().list().await.unwrap().len(), 2);
}

/// What cannot be run here is at least what the registration says.
#[test]
fn sap_hana_s_migration_of_it_is_made_the_same_way() {
    let migration = remote(ServerKind::Hana);
    assert!(migration.starts_with("CREATE COLUMN TABLE \"{schema}\".\"NOTES\""));
    assert!(migration.contains("\"TEXT\" NCLOB,\n"), "{migration}");
}
