use nopenai_domain::{Error, ModeId, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const SHIPPED: &str = include_str!("../../../../assets/catalogue.json");

/// What a model takes, roughly.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SizeClass {
    /// Up to about 2 billion parameters: quick on any laptop.
    Small,
    /// About 3 to 9 billion: a workstation with 8 to 16 GB of memory.
    Medium,
    /// Above: 16 GB of memory and more, or a graphics card.
    Large,
}

/// A model of the hub that is worth having, as somebody wrote it down. What
/// changes there (sizes, revisions, checksums) isn't in it: the hub states it
/// when the model is downloaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// The name to show.
    pub name: String,
    /// Where it is at the hub: "owner/name".
    pub repository: String,
    /// Its GGUF file there, in whose name one `*` stands for anything.
    pub file: String,
    /// The short name of its licence.
    pub licence: String,
    /// How many numbers its weights are, in billions.
    pub billion_parameters: f64,
    /// What it takes, roughly.
    pub size: SizeClass,
    /// The longest prompt and answer together it was made for, tokens.
    pub context_length: u32,
    /// What it is good at: "general", "coding", "math", "reasoning", "arabic".
    pub capabilities: Vec<String>,
    /// The modes that suit it.
    pub modes: Vec<ModeId>,
}

/// The models that the product recommends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Catalogue {
    /// What it is and isn't.
    pub about: String,
    /// The day it was written, YYYY-MM-DD.
    pub written_on: String,
    /// The models, small ones first.
    pub models: Vec<CatalogueEntry>,
}

impl Catalogue {
    /// The one the product ships.
    ///
    /// # Errors
    /// A defect: the file is checked by a test.
    pub fn shipped() -> Result<Self> {
        serde_json::from_str(SHIPPED).map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_shipped_one_is_sound() {
        let catalogue = Catalogue::shipped().unwrap();
        let modes = ["fast", "normal", "expert", "research"];
        let capabilities = ["general", "coding", "math", "reasoning", "arabic"];
        let mut seen = HashSet::new();
        for model in &catalogue.models {
            let name = &model.name;
            assert!(crate::hub::is_repository(&model.repository), "{name}");
            assert!(
                model.file.ends_with(".gguf") && model.file.matches('*').count() <= 1,
                "{name}"
            );
            assert!(model.modes.iter().all(|mode| modes.contains(&mode.0.as_str())), "{name}");
            assert!(!model.capabilities.is_empty() && !model.modes.is_empty(), "{name}");
            assert!(
                model.capabilities.iter().all(|c| capabilities.contains(&c.as_str())),
                "{name}"
            );
            assert!(!model.licence.is_empty() && model.context_length >= 2048, "{name}");
            let class = match model.billion_parameters {
                ..=2.0 => SizeClass::Small,
                ..=10.0 => SizeClass::Medium,
                _ => SizeClass::Large,
            };
            assert_eq!(model.size, class, "{name}");
            assert!(seen.insert(model.repository.clone()), "{name} is there twice");
        }
        assert!(catalogue.models.is_sorted_by_key(|model| model.size));
        for size in [SizeClass::Small, SizeClass::Medium, SizeClass::Large] {
            let count = catalogue.models.iter().filter(|model| model.size == size).count();
            assert!((10..=14).contains(&count), "{size:?}: {count}");
        }
        for capability in capabilities {
            let has = |model: &CatalogueEntry| model.capabilities.iter().any(|c| c == capability);
            assert!(catalogue.models.iter().any(has), "{capability}");
        }
    }
}
