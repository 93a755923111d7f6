//! Loading a model file into the engine.

use crate::engine::Outbox;
use anyhow::Context;
use mistralrs::core::{
    AddModelConfig, DefaultSchedulerMethod, DeviceMapSetting, EngineConfig, GGUFLoaderBuilder,
    GGUFSpecificConfig, ModelDType, SchedulerConfig, TokenSource,
};
use mistralrs::{Device, Model, model_builder_trait::build_model_from_pipeline};
use nopenai_domain::{Code, Error, LoadProgress, LoadStage};
use nopenai_protocol::{ElementType, FromWorker, LoadedModel};
use std::{num::NonZeroUsize, path::Path, path::PathBuf, time::Duration};

/// Sequences the engine's scheduler computes at once.
const MAX_SEQUENCES: NonZeroUsize = NonZeroUsize::new(32).expect("32 is not zero");

/// Prompts whose computed state is kept for the next one with the same start.
const PREFIX_CACHE_SEQUENCES: usize = 16;

/// The context where the file does not state one.
const DEFAULT_CONTEXT: u32 = 4096;

/// Loads `path` and tells the studio how it went, whatever the engine does
/// with it: its errors and its panics both become [`FromWorker::LoadFailed`].
pub(crate) async fn load(
    path: PathBuf,
    element_type: ElementType,
    outbox: &Outbox,
) -> Option<Model> {
    let bytes_total = std::fs::metadata(&path).map_or(0, |file| file.len());
    let progress = tokio::spawn(report_progress(bytes_total, outbox.clone()));
    let file = path.clone();
    // A task of its own, so that a panic inside the engine is a result here.
    let outcome = tokio::spawn(async move { build(&file, element_type).await }).await;
    progress.abort();
    let reason = match outcome {
        Ok(Ok((model, loaded))) => {
            let _ = outbox.send(FromWorker::Loaded(loaded)).await;
            return Some(model);
        }
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => panic_message(panic),
    };
    let error = Error::new(
        Code::UnsupportedModel,
        format!("The engine could not load {}: {reason}", path.display()),
    );
    let _ = outbox.send(FromWorker::LoadFailed { error }).await;
    None
}

/// Builds the engine around the model file at `path`.
///
/// # Errors
/// The engine's own. It may panic too: call it in a task.
pub async fn build(path: &Path, element_type: ElementType) -> anyhow::Result<(Model, LoadedModel)> {
    let folder = path.parent().context("a file has a folder")?;
    let file = path.file_name().context("a file has a name")?;
    let device = mistralrs::best_device(false)?;
    let element_type = match (element_type, &device) {
        // Measured: docs/decisions.md, "Element type on CPUs".
        (ElementType::Auto, Device::Cpu) | (ElementType::F32, _) => ModelDType::F32,
        (ElementType::Auto, _) => ModelDType::Auto,
        (ElementType::F16, _) => ModelDType::F16,
        (ElementType::Bf16, _) => ModelDType::BF16,
    };
    let loader = GGUFLoaderBuilder::new(
        None,
        None,
        folder.to_string_lossy().into_owned(),
        vec![file.to_string_lossy().into_owned()],
        GGUFSpecificConfig::default(),
        false,
        None,
    )
    .build();
    let on = device.clone();
    let pipeline = tokio::task::block_in_place(|| {
        let silent = true;
        loader.load_model_from_hf(
            None,
            TokenSource::None,
            &element_type,
            &on,
            silent,
            DeviceMapSetting::dummy(),
            None,
            None,
        )
    })?;
    let engine = EngineConfig { prefix_cache_n: PREFIX_CACHE_SEQUENCES, ..EngineConfig::default() };
    let scheduler =
        SchedulerConfig::DefaultScheduler { method: DefaultSchedulerMethod::Fixed(MAX_SEQUENCES) };
    let activations = pipeline.lock().await.get_metadata().activation_dtype;
    let model = build_model_from_pipeline(pipeline, scheduler, AddModelConfig::new(engine)).await;
    let context_length = model.max_sequence_length()?.and_then(|n| u32::try_from(n).ok());
    let loaded = LoadedModel {
        context_length: context_length.unwrap_or(DEFAULT_CONTEXT),
        device: describe(&device),
        element_type: format!("{activations:?}"),
    };
    Ok((model, loaded))
}

fn describe(device: &Device) -> String {
    match device {
        Device::Cpu => match std::thread::available_parallelism() {
            Ok(threads) => format!("CPU, {threads} threads"),
            Err(_) => "CPU".to_owned(),
        },
        Device::Cuda(_) => "CUDA".to_owned(),
        Device::Metal(_) => "Metal".to_owned(),
    }
}

/// The engine reports its progress only as bars for a terminal, so the bytes
/// this process has read stand for it.
async fn report_progress(bytes_total: u64, outbox: Outbox) {
    let before = bytes_read_by_process();
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        let read = bytes_read_by_process().saturating_sub(before).min(bytes_total);
        let stage = if read < bytes_total { LoadStage::Reading } else { LoadStage::Preparing };
        let progress = LoadProgress { stage, bytes_read: read, bytes_total };
        if outbox.send(FromWorker::LoadProgress(progress)).await.is_err() {
            return;
        }
    }
}

/// Linux counts the bytes a process reads (proc_pid_io(5), `rchar`); elsewhere
/// this is 0 and the load shows no fraction.
fn bytes_read_by_process() -> u64 {
    std::fs::read_to_string("/proc/self/io")
        .ok()
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok()))
        .unwrap_or(0)
}

fn panic_message(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("it panicked without a message")
            .to_owned(),
        Err(error) => error.to_string(),
    }
}
