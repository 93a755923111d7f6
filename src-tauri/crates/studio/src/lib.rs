//! The application without a window: the rooms, composed, and everything it
//! can do as a list of operations ([`operations::all`]).
//!
//! A transport (the window's commands, later HTTP) looks an operation up by
//! name, gives it JSON and a sink for its events, and gets JSON back.

mod background;
mod chats;
mod configuration_file;
mod data;
mod diagnostics;
mod downloads;
mod environment;
mod evaluation_file;
mod evaluations;
mod export;
mod openapi;
mod operation;
pub mod operations;
mod remote;
mod restore;
mod studio;
mod tasks;
mod team;
mod text_file;

pub use chats::{ChatAnswer, ChatEvent};
pub use data::DataFolder;
pub use environment::Environment;
pub use export::ExportFormat;
pub use nopenai_domain::{Clock, Code, Error, Result, Runtime, SystemClock, Timestamp, processor};
pub use nopenai_models::{Patience, elsewhere::Surroundings};
pub use nopenai_protocol::ElementType;
pub use nopenai_runtime::Launcher;
pub use nopenai_secrets::Given;
pub use openapi::document as openapi_document;
pub use operation::{Entry, Events, Method, Operation, Route, Sink};
pub use restore::restore_backup;
pub use studio::{Studio, StudioOptions};
pub use tasks::{Task, TaskKind};
pub use team::{SyncPhase, SyncStatus, TableSync};
