//! The process that does mathematics with mistral.rs. It speaks the worker
//! protocol on its standard input and output and ends when its input does.

mod generate;
pub mod load;
pub mod model;
mod prompt;
mod sampler;
