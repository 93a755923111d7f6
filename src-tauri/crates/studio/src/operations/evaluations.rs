//! Prompt sets, asked of models: the only source of quality figures.

use crate::{
    Studio, evaluation_file,
    evaluations::EvaluationTarget,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{
    Code, Error, EvaluatedItem, Evaluation, EvaluationId, ModelId, Page, PageRequest,
    ParameterOverrides, PromptSet, PromptSetId, PromptSetItem, Quality, Result, Verdict,
};
use nopenai_experiments::evaluation::{quality, read_set};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;
use uuid::Uuid;

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListPromptSets>(),
    Entry::of::<ImportPromptSet>(),
    Entry::of::<RemovePromptSet>(),
    Entry::of::<RestorePromptSet>(),
    Entry::of::<ListPromptSetItems>(),
    Entry::of::<StartEvaluations>(),
    Entry::of::<CancelEvaluation>(),
    Entry::of::<ResumeEvaluation>(),
    Entry::of::<ListEvaluations>(),
    Entry::of::<GetEvaluation>(),
    Entry::of::<ListEvaluatedItems>(),
    Entry::of::<ListQualities>(),
    Entry::of::<ExportEvaluation>(),
];

/// The seed of evaluations that name none.
const SEED: u64 = 0;

/// Lists the prompt sets: the product's, then a person's by name.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListPromptSets {}

impl Operation for ListPromptSets {
    const NAME: &'static str = "list_prompt_sets";
    const ROUTE: Route = Route { method: Method::Get, path: "/prompt-sets" };
    type Event = NoEvents;
    type Output = Vec<PromptSet>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<PromptSet>> {
        Ok(studio.store().prompt_sets().list().await?)
    }
}

/// Reads a prompt set from a CSV or JSONL file: columns `prompt`, `system`,
/// `kind`, `expected`, `case_sensitive`, and any others as variables. Nothing
/// is imported when a line can't be used; `details.problems` names the lines.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImportPromptSet {
    /// The file, absolute: .csv, .jsonl or .ndjson.
    pub path: String,
    /// 1 to 80 characters; absent: the file's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it takes the place of the set of that name. Evaluations keep
    /// the items they were made with.
    #[serde(default)]
    pub replace: bool,
}

impl Operation for ImportPromptSet {
    const NAME: &'static str = "import_prompt_set";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompt-sets/import" };
    type Event = NoEvents;
    type Output = PromptSet;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<PromptSet> {
        let path = Path::new(&self.path).to_owned();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let items = tokio::task::spawn_blocking(move || read_set(&path))
            .await
            .map_err(Error::internal)??;
        let name = self.name.map_or(stem, |name| name.trim().to_owned());
        let sets = studio.store().prompt_sets();
        let id = match sets.named(name.clone()).await? {
            Some(set) if set.shipped => {
                let message = format!("\"{name}\" came with the product: choose another name.");
                return Err(Error::new(Code::AlreadyExists, message).with("field", "name"));
            }
            Some(set) if self.replace => set.id,
            // A name that is taken is refused by the store.
            _ => PromptSetId(Uuid::now_v7().to_string()),
        };
        let set = sets.save(PromptSet::new(id, name), items).await?;
        studio.evaluating().changed();
        Ok(set)
    }
}

/// Takes a person's prompt set off the list, with its evaluations;
/// `restore_prompt_set` brings both back until the application ends.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemovePromptSet {
    /// The set.
    pub set: PromptSetId,
}

impl Operation for RemovePromptSet {
    const NAME: &'static str = "remove_prompt_set";
    const ROUTE: Route = Route { method: Method::Delete, path: "/prompt-sets/{set}" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().prompt_sets().remove(self.set).await?;
        studio.evaluating().changed();
        Ok(())
    }
}

/// Brings a prompt set back that was taken off the list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestorePromptSet {
    /// The set.
    pub set: PromptSetId,
}

impl Operation for RestorePromptSet {
    const NAME: &'static str = "restore_prompt_set";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompt-sets/{set}/restore" };
    type Event = NoEvents;
    type Output = PromptSet;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<PromptSet> {
        let set = studio.store().prompt_sets().restore(self.set).await?;
        studio.evaluating().changed();
        Ok(set)
    }
}

/// One page of a prompt set's items, in their order.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListPromptSetItems {
    /// The set.
    pub set: PromptSetId,
    /// Which page.
    #[serde(default)]
    pub page: PageRequest,
}

impl Operation for ListPromptSetItems {
    const NAME: &'static str = "list_prompt_set_items";
    const ROUTE: Route = Route { method: Method::Post, path: "/prompt-sets/{set}/items" };
    type Event = NoEvents;
    type Output = Page<PromptSetItem>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<PromptSetItem>> {
        self.page.validate()?;
        let sets = studio.store().prompt_sets();
        let set = sets.get(self.set).await?;
        Ok(sets.items(set.id, set.revision, self.page).await?)
    }
}

/// An evaluation and the quality that came of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EvaluationFigures {
    /// The evaluation.
    pub evaluation: Evaluation,
    /// Passed over judged items with its interval; absent while none was
    /// judged.
    pub quality: Option<Quality>,
}

impl From<Evaluation> for EvaluationFigures {
    fn from(evaluation: Evaluation) -> Self {
        Self { quality: quality(&evaluation.tally), evaluation }
    }
}

/// Begins to ask a prompt set of models and modes, one after the other, as one
/// work that is listed, can be cancelled and is resumed. Every item is a run of
/// the history. With temperature 0 and seed 0 unless told otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct StartEvaluations {
    /// The set.
    pub set: PromptSetId,
    /// Of whom, 1 to 64.
    pub targets: Vec<EvaluationTarget>,
    /// The model that judges; needed for sets with items that a model judges.
    #[serde(default)]
    pub judge: Option<ModelId>,
    /// Over the mode's.
    #[serde(default)]
    pub parameters: ParameterOverrides,
}

impl Operation for StartEvaluations {
    const NAME: &'static str = "start_evaluations";
    const ROUTE: Route = Route { method: Method::Post, path: "/evaluations" };
    type Event = NoEvents;
    type Output = Vec<EvaluationFigures>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<EvaluationFigures>> {
        let parameters = ParameterOverrides {
            temperature: self.parameters.temperature.or(Some(0.0)),
            seed: self.parameters.seed.or(Some(SEED)),
            ..self.parameters
        };
        let started =
            studio.start_evaluations(self.set, self.targets, self.judge, parameters).await?;
        Ok(started.into_iter().map(EvaluationFigures::from).collect())
    }
}

/// Stops an evaluation; what it has come to is kept, and `resume_evaluation`
/// goes on with it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CancelEvaluation {
    /// The evaluation.
    pub evaluation: EvaluationId,
}

impl Operation for CancelEvaluation {
    const NAME: &'static str = "cancel_evaluation";
    const ROUTE: Route = Route { method: Method::Post, path: "/evaluations/{evaluation}/cancel" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.cancel_evaluation(self.evaluation)
    }
}

/// Goes on with an evaluation that was cancelled, interrupted or paused, from
/// its first item without a result.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ResumeEvaluation {
    /// The evaluation.
    pub evaluation: EvaluationId,
}

impl Operation for ResumeEvaluation {
    const NAME: &'static str = "resume_evaluation";
    const ROUTE: Route = Route { method: Method::Post, path: "/evaluations/{evaluation}/resume" };
    type Event = NoEvents;
    type Output = EvaluationFigures;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<EvaluationFigures> {
        Ok(studio.resume_evaluation(self.evaluation).await?.into())
    }
}

/// One page of the evaluations, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListEvaluations {
    /// Of this set; absent: of all.
    #[serde(default)]
    pub set: Option<PromptSetId>,
    /// Which page.
    #[serde(flatten)]
    pub page: PageRequest,
}

impl Operation for ListEvaluations {
    const NAME: &'static str = "list_evaluations";
    const ROUTE: Route = Route { method: Method::Get, path: "/evaluations" };
    type Event = NoEvents;
    type Output = Page<EvaluationFigures>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<EvaluationFigures>> {
        self.page.validate()?;
        let page = studio.store().evaluations().page(self.set, self.page).await?;
        let items = page.items.into_iter().map(EvaluationFigures::from).collect();
        Ok(Page { items, next: page.next })
    }
}

/// One evaluation.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetEvaluation {
    /// The evaluation.
    pub evaluation: EvaluationId,
}

impl Operation for GetEvaluation {
    const NAME: &'static str = "get_evaluation";
    const ROUTE: Route = Route { method: Method::Get, path: "/evaluations/{evaluation}" };
    type Event = NoEvents;
    type Output = EvaluationFigures;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<EvaluationFigures> {
        Ok(studio.store().evaluations().get(self.evaluation).await?.into())
    }
}

/// One page of an evaluation's items: what was asked and expected, what was
/// answered in which run, and what that came to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListEvaluatedItems {
    /// The evaluation.
    pub evaluation: EvaluationId,
    /// Only those that came to this; absent: all.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Which page.
    #[serde(default)]
    pub page: PageRequest,
}

impl Operation for ListEvaluatedItems {
    const NAME: &'static str = "list_evaluated_items";
    const ROUTE: Route = Route { method: Method::Post, path: "/evaluations/{evaluation}/items" };
    type Event = NoEvents;
    type Output = Page<EvaluatedItem>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<EvaluatedItem>> {
        self.page.validate()?;
        let evaluations = studio.store().evaluations();
        Ok(evaluations.items(self.evaluation, self.verdict, self.page).await?)
    }
}

/// Tells each model's quality with each set, of its last completed evaluation
/// with the items the set has now. A model without one has none.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListQualities {}

impl Operation for ListQualities {
    const NAME: &'static str = "list_qualities";
    const ROUTE: Route = Route { method: Method::Get, path: "/evaluations/qualities" };
    type Event = NoEvents;
    type Output = Vec<EvaluationFigures>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<EvaluationFigures>> {
        let latest = studio.store().evaluations().latest().await?;
        Ok(latest.into_iter().map(EvaluationFigures::from).collect())
    }
}

/// How many items were written.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct ExportedItems {
    /// Items, one row each.
    pub rows: u64,
}

/// Writes an evaluation's items and results to a CSV file (RFC 4180, UTF-8 with
/// a byte order mark). Texts that a spreadsheet would take for a formula begin
/// with an apostrophe.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ExportEvaluation {
    /// The evaluation.
    pub evaluation: EvaluationId,
    /// The file, absolute; what is there is replaced when all are written.
    pub path: String,
}

impl Operation for ExportEvaluation {
    const NAME: &'static str = "export_evaluation";
    const ROUTE: Route = Route { method: Method::Post, path: "/evaluations/{evaluation}/export" };
    type Event = NoEvents;
    type Output = ExportedItems;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<ExportedItems> {
        let evaluations = studio.store().evaluations();
        let evaluation = evaluations.get(self.evaluation).await?;
        let rows = evaluation_file::write(&evaluations, &evaluation, self.path.as_ref()).await?;
        Ok(ExportedItems { rows })
    }
}
