//! Comparisons of runs: a weighted score with its arithmetic, and what differs
//! between two texts, word by word. Evaluations: prompt sets, asked of models,
//! and the quality that comes of it.

mod difference;
pub mod evaluation;
mod score;

pub use difference::{Change, Piece, differences};
pub use score::{score, validate};
