use nopenai_studio::{
    Code, ElementType, Environment, Error, Launcher, Result, Runtime, Sink, Studio, StudioOptions,
    SystemClock, operations,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The file name, and so the identifier, of the starter model.
pub const MODEL: &str = "starter.gguf";

/// The runtimes that answer alike.
pub const RUNTIMES: [&str; 2] = ["mistral_rs", "llama_cpp"];

/// An application in a folder of its own.
pub struct App {
    pub studio: Studio,
    pub folder: TempDir,
}

fn required(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`"))
        .into()
}

pub fn worker() -> PathBuf {
    required("NOPENAI_WORKER")
}

pub fn worker_llama() -> PathBuf {
    required("NOPENAI_WORKER_LLAMA")
}

/// With every runtime there is.
pub fn launcher() -> Launcher {
    let (mistral_rs, llama_cpp) = (Runtime::MistralRs, Runtime::LlamaCpp);
    Launcher::new([(mistral_rs, worker()), (llama_cpp, worker_llama())].into())
}

pub fn starter_model() -> PathBuf {
    required("NOPENAI_STARTER_MODEL")
}

pub fn open(folder: &Path, worker: &Path) -> Result<Studio> {
    open_at(folder, worker, Environment::empty())
}

pub fn open_at(folder: &Path, worker: &Path, environment: Environment) -> Result<Studio> {
    open_with(folder, Launcher::new([(Runtime::MistralRs, worker.to_owned())].into()), environment)
}

pub fn open_with(folder: &Path, launcher: Launcher, environment: Environment) -> Result<Studio> {
    Studio::open(StudioOptions {
        data_folder: folder.to_owned(),
        launcher,
        element_type: ElementType::Auto,
        clock: Arc::new(SystemClock),
        environment,
    })
}

impl App {
    /// With the starter model in its models folder.
    pub fn start() -> Self {
        Self::start_with(&worker())
    }

    /// With every runtime, and this one wanted.
    pub async fn start_on(runtime: &str) -> Self {
        let app = Self::start_with_runtimes(launcher());
        app.want(runtime).await;
        app
    }

    /// Has the model answered by a runtime from now on, or by `auto`.
    pub async fn want(&self, runtime: &str) {
        let input = json!({ "model": MODEL, "configuration": { "runtime": runtime } });
        self.call("save_configuration", input).await.unwrap();
    }

    pub fn start_with(worker: &Path) -> Self {
        Self::start_with_runtimes(Launcher::new([(Runtime::MistralRs, worker.to_owned())].into()))
    }

    pub fn start_with_runtimes(launcher: Launcher) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let models = folder.path().join("models");
        fs::create_dir(&models).unwrap();
        let link = models.join(MODEL);
        fs::hard_link(starter_model(), &link)
            .or_else(|_| fs::copy(starter_model(), &link).map(|_| ()))
            .unwrap();
        Self { studio: open_with(folder.path(), launcher, Environment::empty()).unwrap(), folder }
    }

    /// With a starter model whose file states another context length, so that
    /// its end is near.
    pub fn start_with_context(tokens: u32) -> Self {
        let app = Self::start();
        let key = b"llama.context_length";
        let mut file = fs::read(starter_model()).unwrap();
        let found = file.windows(key.len()).position(|window| window == key).unwrap();
        // The key is followed by its type, a u32, and the value.
        let value = found + key.len() + 4;
        file[value..value + 4].copy_from_slice(&tokens.to_le_bytes());
        let path = app.folder.path().join("models").join(MODEL);
        fs::remove_file(&path).unwrap();
        fs::write(&path, file).unwrap();
        drop(app.studio);
        Self { studio: open(app.folder.path(), &worker()).unwrap(), folder: app.folder }
    }

    pub async fn call(&self, name: &str, input: Value) -> Result<Value> {
        self.stream(name, input, |_| true).await
    }

    pub async fn stream(
        &self,
        name: &str,
        input: Value,
        sink: impl Fn(Value) -> bool + Send + Sync + 'static,
    ) -> Result<Value> {
        let sink: Sink = Arc::new(sink);
        let operation = operations::find(name).expect("the operation exists");
        operation.invoke(self.studio.clone(), input, sink).await
    }

    /// Runs a prompt; its result and its events.
    pub async fn run(&self, input: Value) -> (Result<Value>, Vec<Value>) {
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = events.clone();
        let result = self
            .stream("run_prompt", input, move |event| {
                seen.lock().unwrap().push(event);
                true
            })
            .await;
        let events = events.lock().unwrap().clone();
        (result, events)
    }

    /// Runs a long prompt and calls `act` with the run's identifier once
    /// `tokens` tokens have come.
    pub async fn run_and(
        &self,
        tokens: usize,
        act: impl Fn(&str) + Send + Sync + 'static,
    ) -> Value {
        let count = Mutex::new(0);
        let input = json!({
            "model": MODEL,
            "prompt": "Tell a very long story about a lighthouse.",
            "parameters": { "max_tokens": 400, "temperature": 0.8, "seed": 4 },
        });
        self.stream("run_prompt", input, move |event| {
            if event["kind"] == "token" {
                let mut count = count.lock().unwrap();
                *count += 1;
                if *count == tokens {
                    act(event["run"].as_str().unwrap());
                }
            }
            true
        })
        .await
        .unwrap()
    }

    /// What the engine is doing with all models.
    pub async fn engine(&self) -> Value {
        self.call("engine_status", json!({})).await.unwrap()
    }

    /// What the engine is doing with the first of its models.
    pub async fn status(&self) -> Value {
        let first = self.engine().await["models"][0].clone();
        if first.is_null() { json!({ "state": "on_disk" }) } else { first }
    }

    /// What the engine is doing with a model that is in it.
    pub async fn status_of(&self, model: &str) -> Value {
        let engine = self.engine().await;
        let models = engine["models"].as_array().unwrap();
        models.iter().find(|status| status["model"] == model).unwrap().clone()
    }

    /// Loads a model; what the engine does with it then.
    pub async fn load(&self, model: &str) -> Value {
        self.call("load_model", json!({ "model": model })).await.unwrap();
        self.status_of(model).await
    }

    /// Another model in the models folder, of the same content.
    pub async fn add_model(&self, file: &str) {
        let place = self.folder.path().join("models").join(file);
        fs::copy(starter_model(), place).unwrap();
        self.until_models("listed", |models| models.iter().any(|model| model["id"] == file)).await;
    }

    /// Waits until the first model's status fulfils `condition`.
    pub async fn until(&self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let status = self.status().await;
            if condition(&status) {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "not {what}: {status:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn history(&self) -> Vec<Value> {
        let page = self.call("list_runs", json!({ "page": { "limit": 100 } })).await.unwrap();
        page["items"].as_array().unwrap().clone()
    }

    /// Waits until the list of models fulfils `condition`.
    pub async fn until_models(&self, what: &str, condition: impl Fn(&[Value]) -> bool) {
        let start = Instant::now();
        loop {
            let list = self.call("list_models", json!({})).await.unwrap();
            if condition(list["models"].as_array().unwrap()) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "not {what}: {list:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub fn expect(result: Result<Value>, code: Code) -> Error {
    let error = result.expect_err("it is an error");
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.len() > 15, "{error}");
    error
}
