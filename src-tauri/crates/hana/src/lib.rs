//! A team's database, reached by ODBC: SAP HANA, or PostgreSQL as a second
//! kind. Connections in a pool, two dialects, the deployment of the schema, and
//! the sync that brings every workstation to the same rows.
//!
//! ODBC blocks, so does everything below [`sync::Engine`], which calls it off the
//! async threads.

mod arrays;
mod connect;
mod deploy;
mod diagnose;
pub mod dialect;
mod driver;
mod error;
mod interrupt;
mod pool;
mod retry;
pub mod schema;
mod session;
pub mod sync;

pub use connect::{ConnectionString, Credentials};
pub use deploy::{DeployPlan, Deployment, deploy, plan};
pub use diagnose::{Diagnosis, Finding, diagnose};
pub use driver::find as find_driver;
pub use error::{Class, DatabaseError, Result};
pub use interrupt::Interrupt;
pub use pool::{Connect, Limits, Pool, PoolStatus, Pooled};
pub use retry::{Backoff, retry};
pub use session::{Param, Session, SessionFactory};
