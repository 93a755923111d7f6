//! Prompt sets, asked of models, and what their answers are worth.

mod assess;
mod choice;
mod evaluate;
mod import;
mod judge;
mod quality;
mod shape;
mod shipped;
mod text;

pub use assess::{Assessment, assess};
pub use evaluate::{Ask, Evaluator, Question, Stops};
pub use import::{SetFormat, parse_set, read_set};
pub use quality::quality;
pub use shipped::{keep_shipped, shipped};
