//! What only the window can do: native dialogs, the system's file manager, its
//! notifications, and files dropped onto the window.

use nopenai_studio::{Code, Error, Result, Sink};
use rfd::AsyncFileDialog;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tauri::{AppHandle, DragDropEvent, Manager};
use tokio::sync::oneshot;

/// Commands of the window itself begin with this.
const PREFIX: &str = "window_";

/// Whether `command` is one of the window itself.
pub fn handles(command: &str) -> bool {
    command.starts_with(PREFIX)
}

/// Answers a command of the window itself.
pub async fn answer(app: AppHandle, command: &str, input: Value, sink: Sink) -> Result<Value> {
    match command.strip_prefix(PREFIX) {
        Some("choose_file") => {
            let input: Choose = parse(input)?;
            choose(app, move || input.dialog().pick_file()).await
        }
        Some("choose_folder") => {
            let input: Choose = parse(input)?;
            choose(app, move || input.dialog().pick_folder()).await
        }
        Some("choose_save") => {
            let input: Choose = parse(input)?;
            choose(app, move || input.dialog().save_file()).await
        }
        Some("open_path") => open(&parse::<Open>(input)?.path),
        Some("notify") => Ok(notify(parse(input)?).await),
        Some("watch_drops") => {
            app.state::<Drops>().add(sink);
            // Goes on until the window ends, which ends the process.
            std::future::pending().await
        }
        _ => Err(Error::internal(format!("there is no command {command}"))),
    }
}

fn parse<T: DeserializeOwned>(input: Value) -> Result<T> {
    serde_json::from_value(input)
        .map_err(|error| Error::new(Code::InvalidInput, format!("Not understood: {error}.")))
}

#[derive(Deserialize)]
struct Choose {
    title: String,
    /// The proposed name of a file to save.
    name: Option<String>,
    kind: Option<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    name: String,
    extensions: Vec<String>,
}

impl Choose {
    fn dialog(&self) -> AsyncFileDialog {
        let mut dialog = AsyncFileDialog::new().set_title(&self.title);
        if let Some(name) = &self.name {
            dialog = dialog.set_file_name(name);
        }
        if let Some(kind) = &self.kind {
            dialog = dialog.add_filter(&kind.name, &kind.extensions);
        }
        dialog
    }
}

/// The path a person chose, null when they cancelled.
async fn choose<F>(app: AppHandle, begin: impl FnOnce() -> F + Send + 'static) -> Result<Value>
where
    F: Future<Output = Option<rfd::FileHandle>> + Send + 'static,
{
    let (reply, replied) = oneshot::channel();
    // GTK and AppKit make their dialogs on the main thread only.
    let begun = app.run_on_main_thread(move || {
        let chosen = begin();
        tauri::async_runtime::spawn(async move {
            let _ = reply.send(chosen.await.map(|file| file.path().to_owned()));
        });
    });
    begun.map_err(Error::internal)?;
    let path: Option<PathBuf> = replied.await.map_err(Error::internal)?;
    Ok(json!(path))
}

#[derive(Deserialize)]
struct Open {
    path: PathBuf,
}

/// Shows a folder, or the folder of a file. Never opens a file itself: that
/// could run it.
fn open(path: &Path) -> Result<Value> {
    let folder = if path.is_dir() { Some(path) } else { path.parent() };
    let folder =
        folder.filter(|folder| folder.is_absolute() && folder.is_dir()).ok_or_else(|| {
            Error::new(Code::FileUnavailable, format!("{} is not there any more.", path.display()))
        })?;
    open::that_detached(folder).map_err(|error| {
        Error::new(
            Code::FileUnavailable,
            format!("No file manager could be opened for {}: {error}.", folder.display()),
        )
    })?;
    Ok(Value::Null)
}

#[derive(Deserialize)]
struct Notify {
    title: String,
    text: String,
}

/// A system without notifications is no error: they are in the window too.
async fn notify(notice: Notify) -> Value {
    let shown = tauri::async_runtime::spawn_blocking(move || {
        notify_rust::Notification::new()
            .appname("nOpenai Studio")
            .summary(&notice.title)
            // Servers may take markup in the text.
            .body(&notice.text.replace('&', "&amp;").replace('<', "&lt;"))
            .show()
            .map(drop)
    });
    match shown.await {
        Ok(Ok(())) => json!(true),
        Ok(Err(error)) => {
            tracing::info!(%error, "the system shows no notification");
            json!(false)
        }
        Err(error) => {
            tracing::warn!(%error, "the notification failed");
            json!(false)
        }
    }
}

/// Who wants to hear of files dropped onto the window.
#[derive(Default)]
pub struct Drops(Mutex<Vec<Sink>>);

impl Drops {
    fn add(&self, sink: Sink) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sink);
    }

    /// Tells of an event of the window.
    pub fn tell(&self, event: &DragDropEvent) {
        let event = match event {
            DragDropEvent::Enter { .. } => json!({ "kind": "over" }),
            DragDropEvent::Drop { paths, .. } => json!({ "kind": "drop", "paths": paths }),
            DragDropEvent::Leave => json!({ "kind": "leave" }),
            // As often as the pointer moves.
            _ => return,
        };
        let mut sinks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sinks.retain(|sink| sink(event.clone()));
    }
}
