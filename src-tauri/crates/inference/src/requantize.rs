//! Another form of a model, for a kernel that is faster, kept only where the
//! model is as good in it.

use crate::Engine;
use nopenai_domain::{Code, Error, ModelId, Result, Runtime};
use nopenai_models::{Format, Model};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// The text that is weighed, some 1,200 tokens.
const TEXT: &str = include_str!("../../../../assets/perplexity.txt");

/// By how much the perplexity may grow, as a share.
const WORSE: f64 = 0.01;

/// How often the progress is told.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// A form in which both runtimes compute fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeightForm {
    /// Four bits for a weight, and a scale for 32.
    #[serde(rename = "q4_0")]
    Q4,
    /// Eight bits for a weight, and a scale for 32.
    #[serde(rename = "q8_0")]
    Q8,
}

impl WeightForm {
    /// As in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q4 => "Q4_0",
            Self::Q8 => "Q8_0",
        }
    }

    /// Bytes of a weight, its share of the scale included.
    fn bytes(self) -> f64 {
        match self {
            Self::Q4 => 18.0 / 32.0,
            Self::Q8 => 34.0 / 32.0,
        }
    }
}

/// A model that was written in another form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requantized {
    /// The new file, in the folder of the old one.
    pub file: String,
    /// Its size, bytes.
    pub size_bytes: u64,
    /// The perplexity of the model as it was, on a fixed English text, in
    /// windows of 512 tokens.
    pub perplexity_before: f64,
    /// The same of the new file.
    pub perplexity_after: f64,
}

impl Engine {
    /// Writes `model` in another form, beside it, if its perplexity grows by no
    /// more than 1 %. Both are weighed with llama.cpp while all runs wait.
    /// `progress` hears bytes written of those expected.
    ///
    /// # Errors
    /// [`Code::UnsupportedModel`] for what is no GGUF file that llama.cpp runs,
    /// has that form already, or would be worse, with both figures;
    /// [`Code::AlreadyExists`] when there is such a file; [`Code::NotFound`],
    /// [`Code::OutOfMemory`], [`Code::FileUnavailable`], [`Code::EngineFailed`];
    /// [`Code::Cancelled`]. Nothing is left of what failed.
    pub async fn requantize(
        &self,
        model: &ModelId,
        form: WeightForm,
        progress: impl FnMut(u64, u64) + Send,
        cancel: &CancellationToken,
    ) -> Result<Requantized> {
        let entry = self.shared.options.registry.get(model)?;
        let path = self.shared.options.registry.path(model)?;
        check(&entry, form)?;
        let file = file_name(&path, &entry, form);
        let target = path.with_file_name(&file);
        if target.exists() {
            let message = format!("{file} is there already.");
            return Err(Error::new(Code::AlreadyExists, message));
        }
        let unfinished = Unfinished(path.with_file_name(format!(".{file}.unfinished")));
        let (before, after) = tokio::select! {
            weighed = self.write_and_weigh(&entry, (&path, &unfinished.0), form, progress) => weighed?,
            () = cancel.cancelled() => {
                return Err(Error::new(Code::Cancelled, "It was cancelled."));
            }
        };
        // A perplexity that is no number is no better one.
        let is_as_good = after <= before * (1.0 + WORSE);
        if !is_as_good {
            let grown = 100.0 * (after / before - 1.0);
            let message = format!(
                "In the form {} this model is worse: its perplexity grows from {before:.2} to \
                 {after:.2}, by {grown:.1} %. It was not kept.",
                form.name()
            );
            let error = Error::new(Code::UnsupportedModel, message);
            return Err(error.with("before", before).with("after", after));
        }
        let unwritten = |error: std::io::Error| {
            Error::new(Code::FileUnavailable, format!("{file} can't be written: {error}."))
        };
        let size_bytes = fs::metadata(&unfinished.0).map_err(unwritten)?.len();
        fs::rename(&unfinished.0, &target).map_err(unwritten)?;
        Ok(Requantized { file, size_bytes, perplexity_before: before, perplexity_after: after })
    }

    async fn write_and_weigh(
        &self,
        entry: &Model,
        (from, to): (&Path, &Path),
        form: WeightForm,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<(f64, f64)> {
        let launcher = &self.shared.options.launcher;
        let parameters = entry.facts.as_ref().and_then(|facts| facts.parameters).unwrap_or(0);
        let expected = (parameters as f64 * form.bytes()) as u64;
        let writing = launcher.requantize(from, to, form.name());
        tokio::pin!(writing);
        loop {
            tokio::select! {
                written = &mut writing => break written?,
                () = tokio::time::sleep(TELL_EVERY) => {
                    let written = fs::metadata(to).map_or(0, |file| file.len());
                    progress(written.min(expected), expected);
                }
            }
        }
        progress(expected, expected);
        let _rest = self.shared.queue.rest().await;
        let _one_at_a_time = self.shared.loads.lock().await;
        self.discard(&entry.id).await;
        self.make_room(entry).await?;
        Ok((self.perplexity(from).await?, self.perplexity(to).await?))
    }

    async fn perplexity(&self, file: &Path) -> Result<f64> {
        let options = &self.shared.options;
        let worker =
            options.launcher.start(Runtime::LlamaCpp, file, options.element_type, |_| {}).await?;
        let weighed = worker.weigh(TEXT.to_owned()).await;
        worker.stop().await;
        Ok(weighed?.perplexity())
    }
}

/// The name of the file in the new form, in place of the one it names.
fn file_name(path: &Path, entry: &Model, form: WeightForm) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let old = entry.facts.as_ref().map_or("", |facts| facts.quantization.as_str());
    let name = stem.strip_suffix(old).unwrap_or(&stem).trim_end_matches(['.', '-', '_']);
    format!("{name}.{}.gguf", form.name())
}

fn check(entry: &Model, form: WeightForm) -> Result<()> {
    let refused = |message: String| Err(Error::new(Code::UnsupportedModel, message));
    let facts = entry.facts.as_ref();
    if entry.format != Some(Format::Gguf)
        || !facts.is_some_and(|facts| facts.runtimes.contains(&Runtime::LlamaCpp))
    {
        return refused("Only GGUF files that llama.cpp runs can be written anew.".to_owned());
    }
    if facts.is_some_and(|facts| facts.quantization == form.name()) {
        return refused(format!("This model has the form {} already.", form.name()));
    }
    Ok(())
}

/// A file that goes away unless it is renamed.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
