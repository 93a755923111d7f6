//! Endpoints as they are: a server of the tests' own, with faults.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod answers;
mod diagnosis;
mod endpoint;
mod faults;
mod fixture;
