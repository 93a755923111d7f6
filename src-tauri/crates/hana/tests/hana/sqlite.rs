//! A second driver, SQLite's, for what drivers do differently: lengths they tell
//! or don't, types they guess, options they lack.

use crate::postgres::Postgres;
use nopenai_domain::ConnectionProfile;
use nopenai_hana::{
    Class, Connect, Credentials, Param, Session, SessionFactory, dialect::PostgreSql,
};
use nopenai_secrets::Secret;
use nopenai_store::sync::{ColumnType, Value};
use std::path::Path;

/// Debian package `libsqliteodbc`.
fn driver() -> String {
    format!("/usr/lib/{}-linux-gnu/odbc/libsqlite3odbc.so", std::env::consts::ARCH)
}

fn session(folder: &Path) -> Session {
    // Of what the connection string has, this driver takes the database alone.
    let database = folder.join("test.db").display().to_string();
    let profile = ConnectionProfile { database, ..Postgres::profile_at(1) };
    let password = Secret::new(String::new());
    let credentials = Credentials { profile, password, driver: driver() };
    SessionFactory::new(credentials).speaking(&PostgreSql).connect().unwrap()
}

fn kinds() -> [ColumnType; 4] {
    [ColumnType::Integer, ColumnType::Real, ColumnType::Text(5000), ColumnType::LongText]
}

fn create(session: &Session) {
    let sql = "CREATE TABLE t (i BIGINT, r DOUBLE PRECISION, s VARCHAR(5000), l TEXT)";
    session.execute(sql, &[]).unwrap();
}

fn rows() -> Vec<Vec<Value>> {
    let text = |text: &str| Value::Text(text.to_owned());
    // Around the size of the first piece a text is read in, and far beyond.
    let sizes = [0, 1, 255, 256, 1022, 1023, 1024, 1025, 4999, 5000];
    let mut rows: Vec<Vec<Value>> = sizes
        .iter()
        .map(|size| {
            let short = text(&"x".repeat(*size));
            vec![Value::Integer(*size as i64), Value::Real(0.1), short.clone(), short]
        })
        .collect();
    let said = "'; DROP TABLE t; -- ü \u{1F600} \u{202E}\u{200F} مرحبا \"\\";
    rows.push(vec![Value::Integer(i64::MAX), Value::Real(1e308), text(said), text(said)]);
    rows.push(vec![Value::Integer(i64::MIN), Value::Real(5e-324), text(""), text("\r\n\t")]);
    rows.push(vec![Value::Null, Value::Null, Value::Null, Value::Null]);
    let long = text(&"ü\u{1F600}".repeat(200_000));
    rows.push(vec![Value::Integer(-1), Value::Real(-0.5), text("after"), long]);
    rows
}

fn params(row: &[Value]) -> Vec<Param> {
    kinds().iter().zip(row).map(|(kind, value)| Param::of(*kind, value)).collect()
}

type Way = fn(&Session, &[Vec<Value>]);

const INSERT: &str = "INSERT INTO t (i, r, s, l) VALUES (?, ?, ?, ?)";
const SELECT: &str = "SELECT i, r, s, l FROM t ORDER BY rowid";

#[test]
fn every_value_comes_back_whichever_way_it_went() {
    let ways: [Way; 3] = [
        |session, rows| rows.iter().for_each(|row| session.execute(INSERT, &params(row)).unwrap()),
        |session, rows| {
            let rows: Vec<_> = rows.iter().map(|row| params(row)).collect();
            session.execute_each(INSERT, &rows).unwrap();
        },
        |session, rows| session.execute_arrays(INSERT, &kinds(), rows).unwrap(),
    ];
    for (number, way) in ways.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path());
        create(&session);
        let rows = rows();
        way(&session, &rows);
        let found = session.query(SELECT, &[], &kinds()).unwrap();
        assert_eq!(found.len(), rows.len(), "way {number}");
        for (found, row) in found.iter().zip(&rows) {
            assert_eq!(found, row, "way {number}");
        }
    }
}

#[test]
fn arrays_of_more_rows_than_one_holds_are_all_written() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path());
    create(&session);
    let row = |n: i64| vec![n.into(), Value::Null, Value::Text(format!("{n}")), Value::Null];
    let rows: Vec<Vec<Value>> = (0..2500).map(row).collect();
    session.begin().unwrap();
    session.execute_arrays(INSERT, &kinds(), &rows).unwrap();
    session.commit().unwrap();
    assert_eq!(session.query(SELECT, &[], &kinds()).unwrap(), rows);
}

/// SQLite keeps what it is given, whatever the column says.
#[test]
fn values_of_another_type_than_the_column_s_are_no_surprise() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path());
    create(&session);
    session.execute("INSERT INTO t VALUES ('12', '0.5', 7, 1.25)", &[]).unwrap();
    let found = session.query(SELECT, &[], &kinds()).unwrap().remove(0);
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(found, [Value::Integer(12), Value::Real(0.5), text("7"), text("1.25")]);
    // Half of a character is not a text: what can be read of it is.
    session.execute("DELETE FROM t", &[]).unwrap();
    session.execute("INSERT INTO t (s) VALUES (CAST(x'61FF62' AS TEXT))", &[]).unwrap();
    let found = session.query(SELECT, &[], &kinds()).unwrap().remove(0);
    assert!(matches!(&found[2], Value::Text(read) if read.starts_with('a')), "{found:?}");
}

#[test]
fn a_page_ends_after_so_many_bytes_and_says_that_there_is_more() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path());
    create(&session);
    for n in 0..10_i64 {
        let row = [n.into(), Value::Null, Value::Null, Value::Text("x".repeat(1000))];
        session.execute(INSERT, &params(&row)).unwrap();
    }
    let (rows, more) = session.query_up_to(SELECT, &[], &kinds(), 3000).unwrap();
    assert!((3..5).contains(&rows.len()) && more, "{}", rows.len());
    let (rows, more) = session.query_up_to(SELECT, &[], &kinds(), usize::MAX).unwrap();
    assert!(rows.len() == 10 && !more);
}

#[test]
fn transactions_are_kept_or_undone_and_errors_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (session(folder.path()), session(folder.path()));
    create(&one);
    let count = |session: &Session| {
        session.value("SELECT count(*) FROM t", &[], ColumnType::Integer).unwrap()
    };
    one.begin().unwrap();
    one.execute(INSERT, &params(&rows()[0])).unwrap();
    one.rollback().unwrap();
    assert_eq!(count(&two), Some(0.into()));
    one.begin().unwrap();
    one.execute(INSERT, &params(&rows()[0])).unwrap();
    one.commit().unwrap();
    assert_eq!(count(&two), Some(1.into()));
    let error = one.execute("SELECT FROM nothing", &[]).unwrap_err();
    assert_eq!(error.class, Class::Other);
    assert!(error.message.contains("syntax"), "{error}");
    let error = one.query("SELECT * FROM none", &[], &kinds()).unwrap_err();
    assert!(error.message.contains("none"), "{error}");
}
