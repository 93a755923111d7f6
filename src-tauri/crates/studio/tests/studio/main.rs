//! The application without its window, with a real worker and a real model.

mod bad_input;
mod engine;
mod faults;
mod fixture;
