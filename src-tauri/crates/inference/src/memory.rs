use crate::{Engine, engine::lock, room::Resident};
use nopenai_domain::{Code, Error, ModelConfiguration, ModelId, Result, Runtime};
use nopenai_models::{Model, estimate, estimate::MemoryEstimate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The context that is counted with where none is configured: a model's own
/// bound can be a hundred times what its runs use, and memory for it is taken
/// only as they do.
const ASSUMED_CONTEXT: u32 = 4096;

/// The share of what is free from which on an estimate is called tight.
const TIGHT: f64 = 0.8;

/// Whether a model fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// With room to spare.
    Fits,
    /// With less than a fifth of what is free to spare.
    Tight,
    /// It needs more than is free, or than its limit allows; it isn't loaded.
    Exceeds,
    /// What it needs is not known.
    Unknown,
}

/// The memory a model needs, against what there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryReport {
    /// What it needs; absent when its file doesn't tell enough.
    pub estimate: Option<MemoryEstimate>,
    /// What can be had now without swapping, bytes.
    pub available_bytes: u64,
    /// All there is, bytes.
    pub total_bytes: u64,
    /// What the model's configuration allows it, bytes.
    pub limit_bytes: Option<u64>,
    /// What the settings allow all models together, bytes.
    pub budget_bytes: Option<u64>,
    /// What models occupy now that would be unloaded for this one, bytes;
    /// absent while there are none.
    pub loaded_bytes: Option<u64>,
    /// What models occupy now that stay, bytes.
    pub pinned_bytes: u64,
    /// Whether it fits.
    pub verdict: Verdict,
    /// The tokens of prompt and answer together that were counted with.
    pub context_length: u32,
}

/// What loaded models occupy, bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held {
    movable: u64,
    pinned: u64,
}

impl Held {
    pub fn of(residents: &[Resident]) -> Self {
        residents.iter().fold(Self::default(), |held, model| match model.pinned {
            true => Self { pinned: held.pinned + model.bytes, ..held },
            false => Self { movable: held.movable + model.bytes, ..held },
        })
    }

    /// What can be had as things are, where so much is available and the
    /// settings allow so much, bytes.
    pub fn left(self, available: u64, budget: Option<u64>) -> u64 {
        let allowed = budget.unwrap_or(u64::MAX);
        available.min(allowed.saturating_sub(self.movable + self.pinned))
    }
}

impl MemoryReport {
    /// What there will be when all that can be is unloaded, bytes.
    fn free_bytes(&self) -> u64 {
        let available = self.available_bytes.saturating_add(self.loaded_bytes.unwrap_or(0));
        available.min(self.budget_left())
    }

    /// What the settings leave to models that can be unloaded, bytes.
    fn budget_left(&self) -> u64 {
        self.budget_bytes.unwrap_or(u64::MAX).saturating_sub(self.pinned_bytes)
    }

    fn judge(&self) -> Verdict {
        let Some(estimate) = &self.estimate else { return Verdict::Unknown };
        let (needed, free) = (estimate.total_bytes, self.free_bytes());
        if needed > self.limit_bytes.unwrap_or(u64::MAX) || needed > free {
            Verdict::Exceeds
        } else if needed as f64 > TIGHT * free as f64 {
            Verdict::Tight
        } else {
            Verdict::Fits
        }
    }

    /// Refuses what exceeds its limit, the settings, or what is free.
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        match (self.verdict, &self.estimate) {
            (Verdict::Exceeds, Some(estimate)) => Err(self.refusal(name, estimate.total_bytes)),
            _ => Ok(()),
        }
    }

    /// Why `needed` bytes can't be had, and what would help.
    pub(crate) fn refusal(&self, name: &str, needed: u64) -> Error {
        let tokens = self.context_length;
        let limit = self.limit_bytes.filter(|limit| needed > *limit);
        let over_budget = needed > self.budget_left();
        let (available, why, remedy) = match limit {
            Some(limit) => (limit, "its configuration allows", "raise the limit"),
            None if over_budget && self.pinned_bytes > 0 => (
                self.free_bytes(),
                "the settings leave beside the models that stay loaded",
                "unload one of those, raise the memory budget",
            ),
            None if over_budget => {
                (self.free_bytes(), "the settings allow", "raise the memory budget")
            }
            None => (self.free_bytes(), "there are free", "close other programs"),
        };
        let message = format!(
            "{name} needs about {} with a context of {tokens} tokens, and {why} {}. Shorten \
             the context, {remedy}, or choose a smaller model.",
            in_words(needed),
            in_words(available),
        );
        Error::new(Code::OutOfMemory, message)
            .with("needed", needed)
            .with("available", available)
            .with("context_length", tokens)
    }
}

impl Engine {
    /// Estimates the memory of `model` with a context of `context_length`
    /// tokens; absent: as configured, or 4,096 where nothing is. Never more
    /// than the model was made for.
    ///
    /// # Errors
    /// [`Code::NotFound`], or those of the store.
    pub async fn estimate(
        &self,
        model: &ModelId,
        context_length: Option<u32>,
    ) -> Result<MemoryReport> {
        let entry = self.shared.options.registry.get(model)?;
        let configuration = self.configuration(model).await?;
        let runtimes = self.runtimes(model, Some(configuration.runtime)).await?;
        let runtime = runtimes.chosen.map_or(Runtime::MistralRs, |chosen| chosen.runtime);
        let mut residents = lock(&self.shared.pool).residents();
        for own in residents.iter_mut().filter(|resident| resident.model == *model) {
            // Loaded again, it gives back what it occupies.
            own.pinned = false;
        }
        Ok(self.report(&entry, &configuration, (context_length, runtime), &residents))
    }

    fn report(
        &self,
        model: &Model,
        configuration: &ModelConfiguration,
        (context_length, runtime): (Option<u32>, Runtime),
        residents: &[Resident],
    ) -> MemoryReport {
        let facts = model.facts.as_ref();
        let most = facts.and_then(|facts| facts.context_length).unwrap_or(u32::MAX);
        let wanted = context_length.or(configuration.parameters.context_length);
        let context_length = wanted.unwrap_or(ASSUMED_CONTEXT).min(most);
        let system = nopenai_runtime::system_memory();
        let held = Held::of(residents);
        let report = MemoryReport {
            estimate: facts.and_then(|facts| estimate::memory(facts, context_length, runtime)),
            available_bytes: system.available_bytes,
            total_bytes: system.total_bytes,
            limit_bytes: configuration.memory_limit_bytes,
            budget_bytes: self.budget(),
            loaded_bytes: Some(held.movable).filter(|bytes| *bytes > 0),
            pinned_bytes: held.pinned,
            verdict: Verdict::Unknown,
            context_length,
        };
        MemoryReport { verdict: report.judge(), ..report }
    }
}

/// Bytes for a message: 1.2 GB.
fn in_words(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 1000.0 {
        format!("{megabytes:.0} MB")
    } else {
        format!("{:.1} GB", megabytes / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    fn report(needed: Option<u64>, limit_bytes: Option<u64>) -> MemoryReport {
        let estimate = needed.map(|total_bytes| MemoryEstimate {
            weights_bytes: total_bytes,
            kv_cache_bytes: 0,
            workspace_bytes: 0,
            total_bytes,
        });
        let report = MemoryReport {
            estimate,
            available_bytes: 700 * MB,
            total_bytes: 2000 * MB,
            limit_bytes,
            budget_bytes: None,
            loaded_bytes: Some(300 * MB),
            pinned_bytes: 0,
            verdict: Verdict::Unknown,
            context_length: 4096,
        };
        MemoryReport { verdict: report.judge(), ..report }
    }

    #[test]
    fn what_is_free_includes_what_the_present_model_gives_back() {
        assert_eq!(report(Some(800 * MB), None).verdict, Verdict::Fits);
        assert_eq!(report(Some(801 * MB), None).verdict, Verdict::Tight);
        assert_eq!(report(Some(1000 * MB), None).verdict, Verdict::Tight);
        assert_eq!(report(Some(1001 * MB), None).verdict, Verdict::Exceeds);
        assert_eq!(report(None, None).verdict, Verdict::Unknown);
        assert_eq!(report(None, Some(1)).verdict, Verdict::Unknown);
    }

    #[test]
    fn a_refusal_names_the_bound_that_was_met() {
        assert_eq!(report(Some(1000 * MB), None).check("A model"), Ok(()));
        let refusal = |needed, limit| {
            let refused = report(Some(needed), limit).check("A model");
            refused.err().map(|error| (error.code, error.details, error.message))
        };
        let (code, details, message) = refusal(1500 * MB, None).expect("it needs more");
        assert_eq!(code, Code::OutOfMemory);
        assert_eq!(
            (&details["needed"], &details["available"]),
            (&(1500 * MB).into(), &(1000 * MB).into())
        );
        assert!(message.contains("1.5 GB") && message.contains("1.0 GB"), "{message}");
        let (_, details, message) = refusal(600 * MB, Some(500 * MB)).expect("it is limited");
        assert_eq!(details["available"], 500 * MB);
        assert!(message.contains("limit") && message.contains("500 MB"), "{message}");
    }

    #[test]
    fn the_budget_is_shared_with_the_models_that_stay() {
        let report = MemoryReport {
            budget_bytes: Some(600 * MB),
            pinned_bytes: 250 * MB,
            ..report(Some(400 * MB), None)
        };
        let report = MemoryReport { verdict: report.judge(), ..report };
        let refused = report.check("A model").unwrap_err();
        assert_eq!(refused.details["available"], 350 * MB);
        assert!(refused.message.contains("stay loaded"), "{refused}");
        let alone = MemoryReport { pinned_bytes: 0, ..report };
        assert_eq!(MemoryReport { verdict: alone.judge(), ..alone }.check("A model"), Ok(()));
    }

    #[test]
    fn what_is_left_is_bounded_by_the_system_and_the_budget() {
        let held = Held { movable: 100, pinned: 50 };
        assert_eq!(held.left(400, None), 400);
        assert_eq!(held.left(400, Some(500)), 350);
        assert_eq!(held.left(400, Some(120)), 0);
    }
}
