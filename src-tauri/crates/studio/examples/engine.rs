//! `cargo xtask bench engine`: our worker against mistral.rs called directly,
//! in turns, on the same prompts. Prints one JSON object of figures.
//!
//! Environment: `NOPENAI_STARTER_MODEL`, the model; `NOPENAI_ELEMENT_TYPE`,
//! `f32`, `f16` or `bf16` in place of `auto`.

use nopenai_studio::{
    ElementType, Environment, Launcher, Runtime, Studio, StudioOptions, SystemClock, operations,
};
use serde_json::{Value, json};
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Instant,
};

const ROUNDS: usize = 7;
const TOKENS: u64 = 96;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let model = PathBuf::from(env::var("NOPENAI_STARTER_MODEL")?);
    let element_type = env::var("NOPENAI_ELEMENT_TYPE").unwrap_or_else(|_| "auto".to_owned());
    let programs = env::current_exe()?.canonicalize()?;
    let examples = programs.parent().ok_or("no folder")?;
    let worker = examples.with_file_name("nopenai-worker");

    let folder = tempfile::tempdir()?;
    let ours = Ours::start(folder.path(), &model, &worker, &element_type).await?;
    let mut direct = Direct::start(&examples.join("direct"), &model, &element_type)?;
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        // Another start each time: a shared prefix would be read from the cache.
        let prompt = format!("{round} is a number. Tell a long story about it.");
        let pair = (ours.answer(&prompt).await?, direct.answer(&prompt)?);
        // The first round warms both up.
        if round > 0 {
            rounds.push(pair);
        }
    }
    let median = |figure: &dyn Fn(&(Value, Value)) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let of = |value: &Value, key: &str| value[key].as_f64().unwrap_or(f64::NAN);
    let token_ms = |value: &Value| 1000.0 / of(value, "decode_tps");
    let figures = json!({
        "load_s": ours.load_s,
        "direct_load_s": direct.load_s,
        "ttft_ms": median(&|pair| of(&pair.0, "ttft_ms")),
        "direct_ttft_ms": median(&|pair| of(&pair.1, "ttft_ms")),
        "decode_tps": median(&|pair| of(&pair.0, "decode_tps")),
        "direct_decode_tps": median(&|pair| of(&pair.1, "decode_tps")),
        "overhead_per_token_ms": median(&|pair| token_ms(&pair.0) - token_ms(&pair.1)),
        "overhead_ttft_ms": median(&|pair| of(&pair.0, "ttft_ms") - of(&pair.1, "ttft_ms")),
    });
    println!("{figures}");
    Ok(())
}

/// The application without its window.
struct Ours {
    studio: Studio,
    load_s: f64,
}

impl Ours {
    async fn start(
        folder: &Path,
        model: &Path,
        worker: &Path,
        element_type: &str,
    ) -> Outcome<Self> {
        let models = folder.join("models");
        fs::create_dir_all(&models)?;
        fs::hard_link(model, models.join("m.gguf"))
            .or_else(|_| fs::copy(model, models.join("m.gguf")).map(|_| ()))?;
        let element_type: ElementType = serde_json::from_value(json!(element_type))?;
        let studio = Studio::open(StudioOptions {
            data_folder: folder.to_owned(),
            launcher: Launcher::new([(Runtime::MistralRs, worker.to_owned())].into()),
            element_type,
            clock: Arc::new(SystemClock),
            environment: Environment::empty(),
        })?;
        let start = Instant::now();
        call(&studio, "load_model", json!({ "model": "m.gguf" })).await?;
        Ok(Self { studio, load_s: start.elapsed().as_secs_f64() })
    }

    async fn answer(&self, prompt: &str) -> Outcome<Value> {
        let parameters = json!({ "temperature": 0.0, "max_tokens": TOKENS });
        let run = call(
            &self.studio,
            "run_prompt",
            json!({ "prompt": prompt, "parameters": parameters, "cache": false }),
        );
        let run = run.await?;
        let measures = &run["measures"];
        Ok(json!({ "ttft_ms": measures["ttft_ms"], "decode_tps": measures["tokens_per_s"] }))
    }
}

async fn call(studio: &Studio, name: &str, input: Value) -> Outcome<Value> {
    let operation = operations::find(name).ok_or("no such operation")?;
    Ok(operation.invoke(studio.clone(), input, Arc::new(|_| true)).await?)
}

/// The example `direct` of the worker's crate.
struct Direct {
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    load_s: f64,
}

impl Direct {
    fn start(program: &Path, model: &Path, element_type: &str) -> Outcome<Self> {
        let mut process = Command::new(program)
            .arg(model)
            .arg(element_type)
            .env("HF_HUB_OFFLINE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("no input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut direct = Self { _process: process, input, output, load_s: 0.0 };
        direct.load_s = direct.line()?["load_s"].as_f64().ok_or("no load time")?;
        Ok(direct)
    }

    fn answer(&mut self, prompt: &str) -> Outcome<Value> {
        writeln!(self.input, "{}", json!({ "prompt": prompt, "max_tokens": TOKENS }))?;
        self.line()
    }

    fn line(&mut self) -> Outcome<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}
