//! The process that does mathematics. It speaks the worker protocol on its
//! standard input and output and ends when its input does.

mod engine;
mod generate;
pub mod load;
mod memory;
pub mod model;
mod sampler;
mod stdio;
mod stop;

pub use engine::serve;
