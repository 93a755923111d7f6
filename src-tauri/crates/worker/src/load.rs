//! Loading a model into the engine.

use crate::model::LoadedEngine;
use anyhow::Context;
use mistralrs::core::{
    DeviceMapSetting, GGUFLoaderBuilder, GGUFSpecificConfig, Loader, ModelDType,
    NormalLoaderBuilder, NormalSpecificConfig, TokenSource,
};
use mistralrs::{Device, best_device};
use nopenai_protocol::{ElementType, LoadedModel};
use nopenai_serving::Progress;
use std::{path::Path, time::Duration};

/// The context where the file does not state one.
const DEFAULT_CONTEXT: u32 = 4096;

/// Builds the engine around the model at `path`: a GGUF file, or a folder of
/// safetensors.
///
/// # Errors
/// The engine's own. It may panic too: call it in a task.
pub async fn build(
    path: &Path,
    element_type: ElementType,
) -> anyhow::Result<(LoadedEngine, LoadedModel)> {
    let device = best_device(false)?;
    let element_type = match (element_type, &device) {
        // Measured: docs/decisions.md, "Element type on CPUs".
        (ElementType::Auto, Device::Cpu) | (ElementType::F32, _) => ModelDType::F32,
        (ElementType::Auto, _) => ModelDType::Auto,
        (ElementType::F16, _) => ModelDType::F16,
        (ElementType::Bf16, _) => ModelDType::BF16,
    };
    let loader = if path.is_dir() { folder_loader(path)? } else { file_loader(path)? };
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
    let activations = pipeline.lock().await.get_metadata().activation_dtype;
    let engine = LoadedEngine::start(pipeline).await?;
    let context_length =
        engine.model().await.max_sequence_length()?.and_then(|n| u32::try_from(n).ok());
    let loaded = LoadedModel {
        context_length: context_length.unwrap_or(DEFAULT_CONTEXT),
        device: describe(&device),
        element_type: format!("{activations:?}"),
        memory: nopenai_serving::of_process(),
    };
    Ok((engine, loaded))
}

fn file_loader(file: &Path) -> anyhow::Result<Box<dyn Loader>> {
    let folder = file.parent().context("a file has a folder")?;
    let name = file.file_name().context("a file has a name")?;
    let name = name.to_string_lossy().into_owned();
    let folder = folder.to_string_lossy().into_owned();
    let how = GGUFSpecificConfig::default();
    Ok(GGUFLoaderBuilder::new(None, None, folder, vec![name], how, false, None).build())
}

/// Reads the architecture from the folder's `config.json`.
fn folder_loader(folder: &Path) -> anyhow::Result<Box<dyn Loader>> {
    let folder = folder.to_string_lossy().into_owned();
    let how = NormalSpecificConfig::default();
    NormalLoaderBuilder::new(how, None, None, Some(folder), false, None).build(None)
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
/// this process has read stand for it; those of safetensors are mapped.
pub(crate) async fn follow_reading(mapped: bool, progress: Progress) {
    let bytes_read = if mapped { bytes_mapped_by_process } else { bytes_read_by_process };
    let before = bytes_read();
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        progress.read(bytes_read().saturating_sub(before));
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

/// Linux counts the resident pages of mapped files (proc_pid_status(5),
/// `RssFile`); elsewhere this is 0.
fn bytes_mapped_by_process() -> u64 {
    nopenai_serving::status_bytes("RssFile:").unwrap_or(0)
}
