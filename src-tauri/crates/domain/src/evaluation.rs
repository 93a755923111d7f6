use crate::{
    Error, EvaluationId, ModeRef, ModelId, ParameterOverrides, PromptSetId, RunId, Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model may be good at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Arithmetic and word problems.
    Math,
    /// Programs.
    Coding,
    /// Conclusions in several steps.
    Reasoning,
    /// Questions in Arabic.
    Arabic,
    /// Knowledge and following instructions.
    General,
}

/// What an answer must be like. How each kind reads an answer is stated at
/// `experiments::assess`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Expectation {
    /// It is this text.
    Exact {
        /// The text.
        text: String,
        /// Whether upper and lower case differ.
        #[serde(default)]
        case_sensitive: bool,
    },
    /// It contains this text.
    Contains {
        /// The text.
        text: String,
        /// Whether upper and lower case differ.
        #[serde(default)]
        case_sensitive: bool,
    },
    /// A regular expression finds something in it.
    Regex {
        /// In the syntax of the crate `regex`.
        pattern: String,
    },
    /// Its JSON is of this shape.
    JsonSchema {
        /// A JSON Schema of the keywords the product knows.
        schema: serde_json::Value,
    },
    /// It chooses this option.
    MultipleChoice {
        /// A to Z.
        letter: char,
    },
    /// Another model finds that it meets this criterion.
    Judge {
        /// In words.
        criterion: String,
    },
}

/// One prompt of a set, with its variables filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptSetItem {
    /// Its place in the set, from 1.
    pub position: u32,
    /// What is asked.
    pub prompt: String,
    /// Instructions before it, in place of the mode's.
    pub system: Option<String>,
    /// What the answer must be like; absent: it is only asked.
    pub expectation: Option<Expectation>,
}

/// Prompts that are asked together; an evaluation set when they carry
/// expectations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptSet {
    /// Its identifier.
    pub id: PromptSetId,
    /// Its name, which no other of a person's, or of the product's, has.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Under which licence, SPDX; empty when that is not known.
    pub licence: String,
    /// What it measures, of those the product ships.
    pub capability: Option<Capability>,
    /// Whether it came with the product.
    pub shipped: bool,
    /// Counts how often its items were replaced, from 1.
    pub revision: u32,
    /// When its items were last replaced.
    pub changed_at: Timestamp,
    /// How many items it has.
    pub items: u32,
    /// How many of them carry an expectation.
    pub expecting: u32,
    /// How many of them another model judges.
    pub judged: u32,
}

impl PromptSet {
    /// A person's set that is not kept yet: what is counted is 0.
    pub fn new(id: PromptSetId, name: String) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            licence: String::new(),
            capability: None,
            shipped: false,
            revision: 0,
            changed_at: Timestamp(0),
            items: 0,
            expecting: 0,
            judged: 0,
        }
    }
}

/// How far an evaluation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationState {
    /// Under way, or waiting for the one before it.
    Running,
    /// It stopped by itself, since the model could not be run; `problem` says
    /// why.
    Paused,
    /// Every item has its result.
    Completed,
    /// A person stopped it.
    Cancelled,
    /// The application ended during it.
    Interrupted,
}

/// A prompt set, asked of one model in one mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluation {
    /// Its identifier.
    pub id: EvaluationId,
    /// The set.
    pub set: PromptSetId,
    /// The set's name at the time.
    pub set_name: String,
    /// The set's revision at the time: its items are asked.
    pub set_revision: u32,
    /// How many items that has.
    pub items: u32,
    /// The model that is asked.
    pub model: ModelId,
    /// That model's name at the time.
    pub model_name: String,
    /// In which mode, when one was chosen.
    pub mode: Option<ModeRef>,
    /// The model that judges, when one is needed.
    pub judge: Option<ModelId>,
    /// Over the mode's; temperature 0 and a fixed seed unless asked otherwise.
    pub parameters: ParameterOverrides,
    /// How far it has come.
    pub state: EvaluationState,
    /// Why it is paused.
    pub problem: Option<Error>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, paused or was stopped; not known of an interrupted one.
    pub ended_at: Option<Timestamp>,
    /// What its items came to, so far.
    pub tally: Tally,
}

/// What an item's answer came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ItemVerdict")] // one of memory is called Verdict too
pub enum Verdict {
    /// It is as expected.
    Passed,
    /// It is not.
    Failed,
    /// Nobody can say; counts for nothing.
    NotJudged,
    /// The run failed; counts for nothing.
    NotRun,
    /// Nothing was expected.
    Answered,
    /// The model that judges has not been asked yet.
    Waiting,
}

/// Why a verdict is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The answer is as expected.
    AsExpected,
    /// It is another text, or another option.
    Different,
    /// The text is not in it.
    NotContained,
    /// The regular expression finds nothing.
    NoMatch,
    /// No option could be read from it.
    NoChoice,
    /// There is no JSON in it.
    NoJson,
    /// Its JSON is of another shape; `detail` says where.
    OtherShape,
    /// It is too long to be searched.
    TooLong,
    /// The model that judges found so.
    Judged,
    /// The model that judges gave no verdict that can be read.
    JudgeUnclear,
    /// The model that judges could not be asked; `detail` says why.
    JudgeFailed,
    /// The run failed; `detail` says why.
    RunFailed,
    /// Nothing was expected.
    NothingExpected,
    /// The model that judges has not been asked yet.
    NotAskedYet,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationResult {
    /// The item's place in the set.
    pub position: u32,
    /// What its answer came to.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// Facts behind the reason.
    pub detail: Option<String>,
    /// Its run in the history.
    pub run: Option<RunId>,
    /// The run of the model that judges.
    pub judge_run: Option<RunId>,
    /// What was answered, as far as it came.
    pub answer: String,
}

/// An item and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluatedItem {
    /// The item, as it was asked.
    pub item: PromptSetItem,
    /// What became of it; absent while it has not been asked.
    pub result: Option<EvaluationResult>,
}

/// How many items came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// As expected.
    pub passed: u32,
    /// Not as expected.
    pub failed: u32,
    /// Without a verdict.
    pub not_judged: u32,
    /// Whose run failed.
    pub not_run: u32,
    /// Of which nothing was expected.
    pub answered: u32,
    /// Waiting for the model that judges.
    pub waiting: u32,
}

impl Tally {
    /// Items whose result is final.
    pub fn done(&self) -> u32 {
        self.passed + self.failed + self.not_judged + self.not_run + self.answered
    }

    /// Adds one item.
    pub fn add(&mut self, verdict: Verdict, items: u32) {
        let count = match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Failed => &mut self.failed,
            Verdict::NotJudged => &mut self.not_judged,
            Verdict::NotRun => &mut self.not_run,
            Verdict::Answered => &mut self.answered,
            Verdict::Waiting => &mut self.waiting,
        };
        *count += items;
    }
}

/// The share of judged items that passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// Passed over judged, 0 to 1.
    pub share: f64,
    /// The lower end of its 95% interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many items were judged: passed or failed.
    pub judged: u32,
}
