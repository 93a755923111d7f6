//! `cargo xtask bench engine`: each runtime against llama.cpp's `llama-bench`,
//! in turns, on the same files with the same threads. Prints one JSON object of
//! figures.
//!
//! Environment: `NOPENAI_WORKER`, `NOPENAI_WORKER_LLAMA`, the programs;
//! `NOPENAI_BENCH_MODELS`, lines of a name and a file; `NOPENAI_LLAMA_BENCH`,
//! `llama-bench`, without which there are no ratios.

use nopenai_studio::{
    ElementType, Environment, Launcher, Runtime, Studio, StudioOptions, SystemClock, operations,
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Instant,
};

const ROUNDS: usize = 3;
const PROMPT_TOKENS: usize = 512;
const ANSWER_TOKENS: u64 = 128;
/// Tokens of an answer, where several are asked at once.
const AT_ONCE_TOKENS: u64 = 64;
/// Tokens of an answer that are compared, and the questions.
const COMPARED: u64 = 32;
const QUESTIONS: [&str; 10] = [
    "What is the capital of France?",
    "Write a function that adds two numbers.",
    "Explain photosynthesis in a sentence.",
    "List five colours.",
    "Translate 'good morning' into German.",
    "What is 17 times 3?",
    "Tell a short story about a lighthouse.",
    "Why is the sky blue?",
    "Name three rivers in Europe.",
    "What should one do when it rains?",
];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
type Figures = BTreeMap<&'static str, Vec<f64>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let models = env::var("NOPENAI_BENCH_MODELS")?;
    let llama_bench = env::var_os("NOPENAI_LLAMA_BENCH").map(PathBuf::from);
    let mut figures = Map::new();
    let mut best = BTreeMap::<&str, Vec<f64>>::new();
    for line in models.lines() {
        let (name, file) = line.split_once(' ').ok_or("a line is a name and a file")?;
        let file = Path::new(file);
        let mut measured = Vec::new();
        let mut theirs = Figures::new();
        let mut subjects = Vec::new();
        for (runtime, word) in
            [(Runtime::MistralRs, "mistral_rs"), (Runtime::LlamaCpp, "llama_cpp")]
        {
            if let Some(subject) = Subject::open(file, runtime).await? {
                subjects.push((word, subject));
                measured.push(Figures::new());
            }
        }
        for round in 0..=ROUNDS {
            for ((_, subject), figures) in subjects.iter().zip(&mut measured) {
                subject.measure(round, figures).await?;
            }
            if let Some(program) = &llama_bench {
                bench(program, file, &mut theirs)?;
            }
        }
        let mut ratios = BTreeMap::<&str, f64>::new();
        for ((runtime, _), ours) in subjects.iter().zip(&measured) {
            for (figure, values) in ours {
                let value = median(values);
                figures.insert(format!("{figure}_{name}_{runtime}"), json!(value));
                if let Some(theirs) = theirs.get(figure).map(|values| median(values)) {
                    let kind = figure.trim_end_matches("_tps");
                    let ratio = value / theirs;
                    figures.insert(format!("{kind}_ratio_{name}_{runtime}"), json!(ratio));
                    let most = ratios.entry(kind).or_default();
                    *most = most.max(ratio);
                }
            }
        }
        for (figure, values) in &theirs {
            figures.insert(format!("{figure}_{name}_llama_bench"), json!(median(values)));
        }
        for (kind, ratio) in ratios {
            best.entry(kind).or_default().push(ratio);
        }
        if let [(_, one), (_, other)] = &subjects[..] {
            figures.insert(format!("greedy_equal_{name}"), json!(compare(name, one, other).await?));
        }
    }
    for (kind, ratios) in best {
        let least = ratios.into_iter().fold(f64::INFINITY, f64::min);
        figures.insert(format!("{kind}_best_ratio"), json!(least));
    }
    println!("{}", Value::Object(figures));
    Ok(())
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A model in a runtime.
struct Subject {
    studio: Studio,
    _folder: tempfile::TempDir,
}

impl Subject {
    /// None when the runtime can't run the model.
    async fn open(model: &Path, runtime: Runtime) -> Outcome<Option<Self>> {
        let variable = match runtime {
            Runtime::MistralRs => "NOPENAI_WORKER",
            Runtime::LlamaCpp => "NOPENAI_WORKER_LLAMA",
        };
        let program = PathBuf::from(env::var(variable)?);
        let folder = tempfile::tempdir()?;
        let models = folder.path().join("models");
        fs::create_dir_all(&models)?;
        let link = models.join("m.gguf");
        fs::hard_link(model, &link).or_else(|_| fs::copy(model, &link).map(|_| ()))?;
        let studio = Studio::open(StudioOptions {
            data_folder: folder.path().to_owned(),
            launcher: Launcher::new([(runtime, program)].into()),
            element_type: ElementType::Auto,
            clock: Arc::new(SystemClock),
            environment: Environment::empty(),
        })?;
        let subject = Self { studio, _folder: folder };
        let report = subject.call("get_runtimes", json!({ "model": "m.gguf" })).await?;
        Ok((!report["chosen"].is_null()).then_some(subject))
    }

    async fn call(&self, name: &str, input: Value) -> Outcome<Value> {
        let operation = operations::find(name).ok_or("no such operation")?;
        Ok(operation.invoke(self.studio.clone(), input, Arc::new(|_| true)).await?)
    }

    /// One round: a prompt of some 512 tokens, read cold and with its start
    /// kept, and an answer of 128. The first round warms up.
    async fn measure(&self, round: usize, figures: &mut Figures) -> Outcome<()> {
        // Another start each time: a shared one would not be read again.
        let long = format!("{round} {}", "the sea ".repeat(PROMPT_TOKENS / 2 - 20));
        let cold = self.answer(&format!("{long}?"), 1).await?;
        let kept = self.answer(&format!("{long}!"), 1).await?;
        let story = format!("{round} is a number. Tell a long story about it.");
        let told = self.answer(&story, ANSWER_TOKENS).await?;
        if round > 0 {
            for (figure, value) in [
                ("prefill_tps", cold.tokens_in / cold.reading_s),
                ("decode_tps", (told.tokens_out - 1.0) / told.writing_s),
                ("ttft_512_cold_ms", cold.reading_s * 1000.0),
                ("ttft_512_kept_ms", kept.reading_s * 1000.0),
                ("four_over_one", self.together(round).await?),
            ] {
                figures.entry(figure).or_default().push(value);
            }
        }
        Ok(())
    }

    /// Tokens per second of four requests at once, over those of one.
    async fn together(&self, round: usize) -> Outcome<f64> {
        let asked = |number: usize| format!("{round}, {number}: tell a story about these.");
        let start = Instant::now();
        let one = self.answer(&asked(0), AT_ONCE_TOKENS).await?;
        let alone = one.tokens_out / start.elapsed().as_secs_f64();
        let start = Instant::now();
        let (texts, tokens) = ([asked(1), asked(2), asked(3), asked(4)], AT_ONCE_TOKENS);
        let (a, b, c, d) = tokio::try_join!(
            self.answer(&texts[0], tokens),
            self.answer(&texts[1], tokens),
            self.answer(&texts[2], tokens),
            self.answer(&texts[3], tokens),
        )?;
        let all: f64 = [a, b, c, d].iter().map(|answer| answer.tokens_out).sum();
        Ok(all / start.elapsed().as_secs_f64() / alone)
    }

    async fn answer(&self, prompt: &str, max_tokens: u64) -> Outcome<Answer> {
        let parameters = json!({ "temperature": 0.0, "max_tokens": max_tokens });
        let input = json!({ "model": "m.gguf", "prompt": prompt, "parameters": parameters });
        let moments = Arc::new(Mutex::new(Vec::<(String, Instant)>::new()));
        let seen = moments.clone();
        let operation = operations::find("run_prompt").ok_or("no such operation")?;
        let sink = Arc::new(move |event: Value| {
            let kind = event["kind"].as_str().unwrap_or_default().to_owned();
            if let Ok(mut moments) = seen.lock() {
                moments.push((kind, Instant::now()));
            }
            true
        });
        let run = operation.invoke(self.studio.clone(), input, sink).await?;
        if run["outcome"] != "completed" {
            return Err(format!("{run:#}").into());
        }
        let moments = moments.lock().map_err(|_| "poisoned")?;
        let first = |kind: &str| moments.iter().find(|(each, _)| each == kind);
        let (_, started) = first("started").ok_or("it did not start")?;
        let (_, token) = first("token").ok_or("no token came")?;
        let (_, last) = moments.iter().rfind(|(kind, _)| kind == "token").ok_or("no token came")?;
        let count = |name: &str| run["measures"][name].as_f64().unwrap_or(f64::NAN);
        Ok(Answer {
            text: run["answer"].as_str().unwrap_or_default().to_owned(),
            tokens_in: count("tokens_in"),
            tokens_out: count("tokens_out"),
            reading_s: (*token - *started).as_secs_f64(),
            writing_s: (*last - *token).as_secs_f64(),
        })
    }
}

struct Answer {
    text: String,
    tokens_in: f64,
    tokens_out: f64,
    reading_s: f64,
    writing_s: f64,
}

/// How many of ten greedy answers are the same; the others are told.
async fn compare(name: &str, one: &Subject, other: &Subject) -> Outcome<usize> {
    let mut equal = 0;
    for question in QUESTIONS {
        let answers =
            (one.answer(question, COMPARED).await?, other.answer(question, COMPARED).await?);
        if answers.0.text == answers.1.text {
            equal += 1;
        } else {
            eprintln!("{name}: {question}\n  {:?}\n  {:?}", answers.0.text, answers.1.text);
        }
    }
    Ok(equal)
}

/// One round of `llama-bench`, with as many threads as our worker takes.
fn bench(program: &Path, model: &Path, figures: &mut Figures) -> Outcome<()> {
    let threads = std::thread::available_parallelism()?.to_string();
    let output = Command::new(program)
        .args(["-p", &PROMPT_TOKENS.to_string(), "-n", &ANSWER_TOKENS.to_string()])
        .args(["-r", "1", "-t", &threads, "-o", "json", "-m"])
        .arg(model)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    for test in serde_json::from_slice::<Vec<Value>>(&output.stdout)? {
        let figure = if test["n_gen"] == 0 { "prefill_tps" } else { "decode_tps" };
        let value = test["avg_ts"].as_f64().ok_or("llama-bench has no avg_ts")?;
        figures.entry(figure).or_default().push(value);
    }
    Ok(())
}
