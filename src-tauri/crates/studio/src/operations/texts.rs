//! Models and texts without answers: points, and other forms that are as good.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{Caller, Embedding, ModelId, Result};
use nopenai_inference::{Requantized, WeightForm};
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] = &[Entry::of::<EmbedTexts>(), Entry::of::<RequantizeModel>()];

/// Makes points of texts (embeddings): texts that mean alike, for the model,
/// are near each other. llama.cpp does it, pooled as the model's file says, else
/// by the mean over the tokens. The model is loaded if it isn't.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EmbedTexts {
    /// The model.
    pub model: ModelId,
    /// The texts, at most 256; each of at most 2,048 tokens.
    pub texts: Vec<String>,
}

impl Operation for EmbedTexts {
    const NAME: &'static str = "embed_texts";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/embeddings" };
    type Event = NoEvents;
    type Output = Vec<Embedding>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<Embedding>> {
        studio.engine().embed(&self.model, self.texts, &Caller::window()).await
    }
}

/// Writes a model's GGUF file in a form that is computed faster, beside it, if
/// its perplexity on a fixed text grows by no more than 1 %. It is listed as
/// work under way and can be cancelled; runs wait while both are weighed.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RequantizeModel {
    /// The model.
    pub model: ModelId,
    /// The form.
    pub form: WeightForm,
}

impl Operation for RequantizeModel {
    const NAME: &'static str = "requantize_model";
    const ROUTE: Route = Route { method: Method::Post, path: "/models/requantize" };
    type Event = NoEvents;
    type Output = Requantized;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Requantized> {
        studio.requantize(&self.model, self.form).await
    }
}
