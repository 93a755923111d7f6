//! Two runs, side by side.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{
    Comparison, Error, Page, PageRequest, Result, Run, RunId, Score, Weights, Winner,
};
use nopenai_experiments::{Piece, differences, score, validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The operations of this module.
pub const ALL: &[Entry] =
    &[Entry::of::<CompareRuns>(), Entry::of::<SaveComparison>(), Entry::of::<ListComparisons>()];

/// Two runs and what differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SideBySide {
    /// The first run.
    pub a: Run,
    /// The second run.
    pub b: Run,
    /// The weighted score with its arithmetic.
    pub score: Score,
    /// What differs between the answers, word by word.
    pub differences: Vec<Piece>,
}

/// Compares two runs by weighted scoring, and their answers word by word.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CompareRuns {
    /// The first run.
    pub a: RunId,
    /// The second run.
    pub b: RunId,
    /// What each criterion counts; absent: 30, 40 and 30.
    #[serde(default)]
    pub weights: Weights,
}

impl Operation for CompareRuns {
    const NAME: &'static str = "compare_runs";
    const ROUTE: Route = Route { method: Method::Post, path: "/ab-testing/compare" };
    type Event = NoEvents;
    type Output = SideBySide;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<SideBySide> {
        let (a, b) = both(&studio, self.a, self.b, &self.weights).await?;
        let score = score(&a, &b, &self.weights);
        let (answer_a, answer_b) = (a.answer.clone(), b.answer.clone());
        let differences = tokio::task::spawn_blocking(move || differences(&answer_a, &answer_b))
            .await
            .map_err(Error::internal)?;
        Ok(SideBySide { a, b, score, differences })
    }
}

/// Saves a comparison of two runs, with the score as it is now and perhaps a
/// person's own decision.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SaveComparison {
    /// The first run.
    pub a: RunId,
    /// The second run.
    pub b: RunId,
    /// What each criterion counts.
    #[serde(default)]
    pub weights: Weights,
    /// A person's decision in place of the score's; absent: the score's.
    #[serde(default)]
    pub winner: Option<Winner>,
    /// Why, at most 1,000 characters.
    #[serde(default)]
    pub note: String,
}

impl Operation for SaveComparison {
    const NAME: &'static str = "save_comparison";
    const ROUTE: Route = Route { method: Method::Post, path: "/ab-testing/comparisons" };
    type Event = NoEvents;
    type Output = Comparison;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Comparison> {
        if self.note.chars().count() > 1000 {
            return Err(Error::invalid("note", "A note has at most 1,000 characters."));
        }
        let (a, b) = both(&studio, self.a, self.b, &self.weights).await?;
        let score = score(&a, &b, &self.weights);
        let comparison = Comparison {
            id: Uuid::now_v7(),
            at: studio.store().clock().now(),
            run_a: a.id,
            run_b: b.id,
            model_a: a.model_name,
            model_b: b.model_name,
            prompt: a.prompt,
            weights: self.weights,
            winner: self.winner.or(score.winner),
            overridden: self.winner.is_some() && self.winner != score.winner,
            score,
            note: self.note,
        };
        Ok(studio.store().comparisons().save(comparison).await?)
    }
}

/// One page of the saved comparisons, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListComparisons {
    /// Which page.
    #[serde(flatten)]
    pub page: PageRequest,
}

impl Operation for ListComparisons {
    const NAME: &'static str = "list_comparisons";
    const ROUTE: Route = Route { method: Method::Get, path: "/ab-testing/comparisons" };
    type Event = NoEvents;
    type Output = Page<Comparison>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<Comparison>> {
        self.page.validate()?;
        Ok(studio.store().comparisons().page(self.page).await?)
    }
}

async fn both(studio: &Studio, a: RunId, b: RunId, weights: &Weights) -> Result<(Run, Run)> {
    validate(weights)?;
    if a == b {
        return Err(Error::invalid("b", "A run can't be compared with itself: choose another."));
    }
    let history = studio.store().history();
    Ok((history.get(a).await?, history.get(b).await?))
}
