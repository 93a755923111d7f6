//! The process that does mathematics with llama.cpp. It speaks the worker
//! protocol on its standard input and output and ends when its input does.
//!
//! One thread owns the model's context and computes one run after another
//! ([`compute`]); what is asked of it comes through a channel.

mod compute;
mod engine;
mod log;
mod measure;
mod prefix;
mod requantize;
mod text;
mod tokens;

pub use engine::LlamaEngine;
pub use requantize::requantize;
