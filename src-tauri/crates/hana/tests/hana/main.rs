//! A team's database: against a real PostgreSQL with its ODBC driver, and against
//! a model of a server where faults are to come at every moment.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod cancel;
mod convergence;
mod errors;
mod faulty;
mod fixture;
mod generated;
mod hostile;
mod inserting;
mod later;
mod million;
mod model;
mod postgres;
mod profiles;
mod reached;
mod server;
mod soak;
mod sqlite;
mod tls;
