//! Comparisons of runs: a weighted score with its arithmetic, and what differs
//! between two texts, word by word.

mod difference;
mod score;

pub use difference::{Change, Piece, differences};
pub use score::{score, validate};
