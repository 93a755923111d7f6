//! Making room: which models leave for another.

use nopenai_domain::{ModelId, Timestamp};

/// A model in memory.
#[derive(Debug, Clone)]
pub(crate) struct Resident {
    /// The model.
    pub model: ModelId,
    /// What its process occupies, bytes.
    pub bytes: u64,
    /// Whether it is answering.
    pub busy: bool,
    /// Whether it stays until a person unloads it.
    pub pinned: bool,
    /// When it was last used.
    pub used_at: Timestamp,
}

/// What is to be done before a model can be loaded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: it fits.
    Load,
    /// Unload this one, and look again.
    Unload(ModelId),
    /// Wait until this one has answered, and look again.
    Wait(ModelId),
    /// Nothing helps.
    Refuse,
}

/// How `needed` bytes can be had where `free` are: of the models that are not
/// pinned the least recently used leave first, and those that are answering
/// only when the idle ones are not enough.
pub(crate) fn step(residents: &[Resident], needed: u64, free: u64) -> Step {
    if needed <= free {
        return Step::Load;
    }
    let mut movable: Vec<&Resident> = residents.iter().filter(|model| !model.pinned).collect();
    movable.sort_by_key(|model| (model.busy, model.used_at));
    let Some(first) = movable.first() else { return Step::Refuse };
    let reclaimable: u64 = movable.iter().map(|model| model.bytes).sum();
    if needed > free.saturating_add(reclaimable) {
        Step::Refuse
    } else if first.busy {
        Step::Wait(first.model.clone())
    } else {
        Step::Unload(first.model.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resident(name: &str, bytes: u64, used_at: i64) -> Resident {
        let model = ModelId(name.to_owned());
        Resident { model, bytes, busy: false, pinned: false, used_at: Timestamp(used_at) }
    }

    fn id(name: &str) -> ModelId {
        ModelId(name.to_owned())
    }

    #[test]
    fn the_least_recently_used_leaves_first() {
        let models = [resident("new", 100, 2), resident("old", 100, 1)];
        assert_eq!(step(&models, 50, 60), Step::Load);
        assert_eq!(step(&models, 150, 60), Step::Unload(id("old")));
        assert_eq!(step(&models, 300, 60), Step::Refuse);
    }

    #[test]
    fn a_pinned_model_stays_and_an_answering_one_is_waited_for() {
        let mut models = [resident("a", 100, 1), resident("b", 100, 2)];
        models[0].pinned = true;
        assert_eq!(step(&models, 150, 60), Step::Unload(id("b")));
        assert_eq!(step(&models, 200, 60), Step::Refuse);
        models[1].busy = true;
        assert_eq!(step(&models, 150, 60), Step::Wait(id("b")));
        models[0].pinned = false;
        assert_eq!(step(&models, 150, 60), Step::Unload(id("a")), "the idle one goes first");
    }

    proptest! {
        /// Doing what is said, until nothing is to be done, ends with room or a
        /// refusal, and never moves a pinned model.
        #[test]
        fn what_is_said_makes_room(
            models in prop::collection::vec((1..100_u64, any::<bool>(), any::<bool>()), 0..6),
            needed in 1..400_u64, mut free in 0..100_u64,
        ) {
            let mut residents: Vec<Resident> = models.iter().enumerate().map(|(at, model)| {
                let (bytes, busy, pinned) = *model;
                Resident { busy, pinned, ..resident(&at.to_string(), bytes, at as i64) }
            }).collect();
            let movable: u64 = residents.iter().filter(|r| !r.pinned).map(|r| r.bytes).sum();
            let possible = needed <= free + movable;
            loop {
                match step(&residents, needed, free) {
                    Step::Load => break prop_assert!(possible && needed <= free),
                    Step::Refuse => break prop_assert!(!possible),
                    Step::Wait(model) => {
                        let waited = residents.iter_mut().find(|r| r.model == model).unwrap();
                        prop_assert!(waited.busy && !waited.pinned);
                        waited.busy = false;
                    }
                    Step::Unload(model) => {
                        let at = residents.iter().position(|r| r.model == model).unwrap();
                        let gone = residents.remove(at);
                        prop_assert!(!gone.busy && !gone.pinned);
                        free += gone.bytes;
                    }
                }
            }
        }
    }
}
