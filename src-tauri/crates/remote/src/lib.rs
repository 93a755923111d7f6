//! Models that answer elsewhere: behind any endpoint that speaks OpenAI's
//! protocol of chat completions, over HTTP.
//!
//! - [`Remote`] asks, and tells what comes as it comes.
//! - [`check_address`] decides which addresses are connected to at all.
//! - [`RemoteDiagnosis`] says in words what is wrong with an endpoint.
//!
//! What an endpoint sends is read in bounded memory. Its key is in the keyring,
//! goes to the endpoint's own address only (redirects are refused), and is taken
//! out of whatever the endpoint says about an error.

mod address;
mod body;
mod chunk;
mod client;
mod diagnosis;
mod events;
mod failure;
mod keys;
mod listing;
mod said;

pub use address::check_address;
pub use body::{Question, check_promises};
pub use client::{Answered, Heard, Patience, Remote};
pub use diagnosis::RemoteDiagnosis;
pub use failure::EndpointFinding;
