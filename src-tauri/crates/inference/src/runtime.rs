//! Which runtime answers for a model.

use crate::Engine;
use nopenai_domain::{Error, ModelId, Result, Runtime, RuntimeChoice, RuntimeSpeed};
use nopenai_models::Model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much faster another runtime must have been measured to be taken in
/// mistral.rs' place.
const CLEARLY_FASTER: f64 = 1.2;

/// Why a runtime was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RuntimeReason {
    /// A person wants it.
    Pinned,
    /// A person wants another, which can't run this model.
    PinnedCannot,
    /// No other can run this model.
    Only,
    /// It is the one that is taken first, and no comparison was measured.
    NotMeasured,
    /// It generates this many times as fast as the one that is taken first.
    Faster {
        /// By the latest measures; above 1.2.
        ratio: f64,
    },
    /// It is the one that is taken first, and the other generates only this
    /// many times as fast.
    NotSlower {
        /// By the latest measures; at most 1.2.
        ratio: f64,
    },
}

/// A runtime, and why it was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChosenRuntime {
    /// The runtime.
    pub runtime: Runtime,
    /// Why.
    pub reason: RuntimeReason,
}

/// What can be known of a runtime and a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeReport {
    /// The runtime.
    pub runtime: Runtime,
    /// Why it can't run the model; absent when it can.
    pub problem: Option<Error>,
    /// How fast it was with the model as it is now; absent until measured.
    pub speed: Option<RuntimeSpeed>,
}

/// The runtimes for a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimesReport {
    /// All there are.
    pub runtimes: Vec<RuntimeReport>,
    /// The one that answers; absent when none can.
    pub chosen: Option<ChosenRuntime>,
}

/// Chooses among the runtimes that can run a model; `None` when there are none.
/// `speeds` are those measured with the model as it is now.
pub fn choose(
    able: &[Runtime],
    choice: RuntimeChoice,
    speeds: &[RuntimeSpeed],
) -> Option<ChosenRuntime> {
    let chosen = |runtime, reason| Some(ChosenRuntime { runtime, reason });
    let first = *able.iter().min()?;
    let pinned = choice.pinned();
    if let Some(runtime) = pinned.filter(|runtime| able.contains(runtime)) {
        return chosen(runtime, RuntimeReason::Pinned);
    }
    if able.len() == 1 {
        return chosen(
            first,
            if pinned.is_some() { RuntimeReason::PinnedCannot } else { RuntimeReason::Only },
        );
    }
    let speed = |runtime| {
        let speed = speeds.iter().find(|speed| speed.runtime == runtime)?;
        Some(speed.decode_tokens_per_s).filter(|&speed| speed > 0.0)
    };
    let others = able.iter().filter(|&&runtime| runtime != first);
    let fastest = others
        .filter_map(|&runtime| Some((runtime, speed(runtime)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match (speed(first), fastest) {
        (Some(base), Some((runtime, speed))) if speed / base > CLEARLY_FASTER => {
            chosen(runtime, RuntimeReason::Faster { ratio: speed / base })
        }
        (Some(base), Some((_, speed))) => {
            chosen(first, RuntimeReason::NotSlower { ratio: speed / base })
        }
        _ => chosen(first, RuntimeReason::NotMeasured),
    }
}

impl Engine {
    /// What can be known of each runtime with a model, and which one answers
    /// when `choice` is wanted; absent: what the model's configuration wants.
    ///
    /// # Errors
    /// [`nopenai_domain::Code::NotFound`], or those of the store.
    pub async fn runtimes(
        &self,
        model: &ModelId,
        choice: Option<RuntimeChoice>,
    ) -> Result<RuntimesReport> {
        let options = &self.shared.options;
        let model = options.registry.get(model)?;
        let configurations = options.store.configurations();
        let choice = match choice {
            Some(choice) => choice,
            None => configurations.get(model.id.clone()).await?.unwrap_or_default().runtime,
        };
        let speeds = options.store.runtime_speeds().of(model.id.clone()).await?;
        let speeds: Vec<_> = speeds.into_iter().filter(|speed| is_of(speed, &model)).collect();
        let runtimes: Vec<_> = Runtime::ALL
            .into_iter()
            .map(|runtime| RuntimeReport {
                runtime,
                problem: self.problem(runtime, &model),
                speed: speeds.iter().find(|speed| speed.runtime == runtime).cloned(),
            })
            .collect();
        let able = runtimes.iter().filter(|report| report.problem.is_none());
        let able: Vec<_> = able.map(|report| report.runtime).collect();
        let chosen = choose(&able, choice, &speeds);
        Ok(RuntimesReport { runtimes, chosen })
    }

    /// The runtime that answers for a model.
    ///
    /// # Errors
    /// Why none can; those of the store.
    pub(crate) async fn runtime_for(&self, model: &ModelId) -> Result<Runtime> {
        let report = self.runtimes(model, None).await?;
        match report.chosen {
            Some(chosen) => Ok(chosen.runtime),
            None => {
                // The reason of the first that knows the model, if there is one.
                let problems =
                    report.runtimes.into_iter().rev().filter_map(|report| report.problem);
                let missing = problems
                    .max_by_key(|problem| problem.code == nopenai_domain::Code::EngineFailed);
                Err(missing.unwrap_or_else(|| Error::internal("there are no runtimes")))
            }
        }
    }

    /// Why a runtime can't run a model.
    pub(crate) fn problem(&self, runtime: Runtime, model: &Model) -> Option<Error> {
        let facts = match (&model.facts, &model.problem) {
            (Some(facts), _) => facts,
            (None, problem) => return problem.clone(),
        };
        if !facts.runtimes.contains(&runtime) {
            let message = format!(
                "{} can't run this model (architecture {}, weights {}).",
                runtime.name(),
                facts.architecture,
                facts.quantization
            );
            return Some(Error::new(nopenai_domain::Code::UnsupportedModel, message));
        }
        self.shared.options.launcher.program(runtime).err()
    }
}

/// Whether a speed was measured with a model as it is now.
fn is_of(speed: &RuntimeSpeed, model: &Model) -> bool {
    speed.size_bytes == model.size_bytes && speed.modified_at == model.modified_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use Runtime::{LlamaCpp, MistralRs};
    use nopenai_domain::Timestamp;

    fn speed(runtime: Runtime, decode_tokens_per_s: f64) -> RuntimeSpeed {
        RuntimeSpeed {
            model: ModelId("a.gguf".to_owned()),
            size_bytes: 1,
            modified_at: Timestamp(1),
            runtime,
            prefill_tokens_per_s: 1.0,
            decode_tokens_per_s,
            measured_at: Timestamp(1),
            device: "CPU".to_owned(),
        }
    }

    fn chosen(
        able: &[Runtime],
        choice: RuntimeChoice,
        speeds: &[RuntimeSpeed],
    ) -> Option<(Runtime, RuntimeReason)> {
        choose(able, choice, speeds).map(|chosen| (chosen.runtime, chosen.reason))
    }

    #[test]
    fn auto_takes_mistral_rs_unless_it_cannot_or_is_clearly_slower() {
        let auto =
            |able: &[Runtime], speeds: &[RuntimeSpeed]| chosen(able, RuntimeChoice::Auto, speeds);
        let both = &Runtime::ALL;
        assert_eq!(auto(both, &[]), Some((MistralRs, RuntimeReason::NotMeasured)));
        assert_eq!(auto(&[LlamaCpp], &[]), Some((LlamaCpp, RuntimeReason::Only)));
        assert_eq!(auto(&[], &[]), None);
        let measured =
            |ours, theirs| auto(both, &[speed(LlamaCpp, theirs), speed(MistralRs, ours)]);
        assert_eq!(
            measured(40.0, 48.0),
            Some((MistralRs, RuntimeReason::NotSlower { ratio: 1.2 }))
        );
        assert_eq!(measured(40.0, 50.0), Some((LlamaCpp, RuntimeReason::Faster { ratio: 1.25 })));
        assert_eq!(
            measured(40.0, 20.0),
            Some((MistralRs, RuntimeReason::NotSlower { ratio: 0.5 }))
        );
        assert_eq!(measured(0.0, 20.0), Some((MistralRs, RuntimeReason::NotMeasured)));
        let alone = auto(both, &[speed(LlamaCpp, 50.0)]);
        assert_eq!(alone, Some((MistralRs, RuntimeReason::NotMeasured)), "nothing to compare with");
    }

    #[test]
    fn a_pin_wins_where_it_can() {
        let fast = [speed(LlamaCpp, 99.0), speed(MistralRs, 1.0)];
        let both = &Runtime::ALL;
        let pinned = |able: &[Runtime], choice| chosen(able, choice, &fast);
        assert_eq!(
            pinned(both, RuntimeChoice::MistralRs),
            Some((MistralRs, RuntimeReason::Pinned))
        );
        assert_eq!(pinned(both, RuntimeChoice::LlamaCpp), Some((LlamaCpp, RuntimeReason::Pinned)));
        let cannot = pinned(&[LlamaCpp], RuntimeChoice::MistralRs);
        assert_eq!(cannot, Some((LlamaCpp, RuntimeReason::PinnedCannot)));
    }
}
