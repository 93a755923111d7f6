//! The report for whoever helps.

use crate::Studio;
use nopenai_domain::{Result, RunFilter};
use nopenai_inference::ModelStatus;
use nopenai_models::Model;
use std::fmt::Write;

/// Describes the application and the machine, without prompts and answers.
pub(crate) async fn report(studio: &Studio) -> Result<String> {
    let mut text = String::new();
    application(&mut text, studio);
    machine(&mut text);
    engine(&mut text, studio);
    models(&mut text, studio);
    let settings = studio.settings().borrow().clone();
    line(&mut text, "Settings", &serde_json::to_string(&settings).unwrap_or_default());
    let runs = studio.store().history().count(RunFilter::default()).await?;
    let more = if runs.at_least { " or more" } else { "" };
    line(&mut text, "Runs", &format!("{}{more}", runs.count));
    Ok(without_home(&text))
}

fn application(text: &mut String, studio: &Studio) {
    line(text, "nOpenai Studio", env!("CARGO_PKG_VERSION"));
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    line(text, "Built for", &target);
    line(text, "Data folder", &studio.data().path().display().to_string());
    line(text, "Database schema", &nopenai_store::latest_version().to_string());
    line(text, "SQLite", nopenai_store::sqlite_version());
}

fn machine(text: &mut String) {
    let memory = nopenai_runtime::system_memory();
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    line(text, "Threads", &threads.to_string());
    line(
        text,
        "Memory, bytes",
        &format!("{} of {} free", memory.available_bytes, memory.total_bytes),
    );
}

fn engine(text: &mut String, studio: &Studio) {
    let status = studio.engine().status();
    for model in &status.models {
        line(text, "In the engine", &in_engine(model));
        if let Some(problem) = &model.problem {
            line(text, "Engine problem", &problem.message);
        }
    }
    line(text, "Runs waiting", &status.queue.waiting.to_string());
    let cache = status.cache;
    let counts = format!(
        "{} of {} entries, {} bytes, {} hits, {} misses, {} evictions",
        cache.entries, cache.most_entries, cache.bytes, cache.hits, cache.misses, cache.evictions
    );
    line(text, "Prompt cache", &counts);
}

fn in_engine(model: &ModelStatus) -> String {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    let bytes = model.memory_bytes.map_or("–".to_owned(), |bytes| bytes.to_string());
    let (device, element_type) = (known(&model.device), known(&model.element_type));
    format!("{}, {:?}, {device}, {element_type}, {bytes} bytes", model.model, model.state)
}

fn models(text: &mut String, studio: &Studio) {
    let list = studio.registry().list();
    line(text, "Models folder", &list.folder);
    if let Some(problem) = list.problem {
        line(text, "Models folder problem", &problem.message);
    }
    for model in &list.models {
        line(text, "Model", &described(model));
    }
}

fn described(model: &Model) -> String {
    if let Some(remote) = &model.remote {
        let called = &remote.registered.model;
        return format!("{}, \"{called}\" at {}", model.id, remote.registered.base_url);
    }
    let what = match (&model.facts, &model.problem) {
        (Some(facts), _) => format!("{} {}", facts.architecture, facts.quantization),
        (None, Some(problem)) => problem.message.clone(),
        (None, None) => String::new(),
    };
    format!("{}, {} bytes, {what}", model.id, model.size_bytes)
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string can't fail.
    let _ = writeln!(text, "{name}: {value}");
}

/// The home folder names a person.
fn without_home(text: &str) -> String {
    match dirs::home_dir().and_then(|home| home.to_str().map(str::to_owned)) {
        Some(home) if home.len() > 1 => text.replace(&home, "~"),
        _ => text.to_owned(),
    }
}
