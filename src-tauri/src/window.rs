use crate::{arguments::Arguments, bridge};
use anyhow::Context;
use futures::FutureExt;
use nopenai_studio::{ElementType, Studio, StudioOptions, SystemClock};
use std::{path::PathBuf, sync::Arc};
use tauri::{AppHandle, Manager, RunEvent};

/// Opens the window and serves it until it is closed.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    let context = tauri::generate_context!();
    let data_folder = match arguments.data_dir {
        Some(path) => path,
        None => dirs::data_dir()
            .context("the system names no folder for application data; pass --data-dir PATH")?
            .join(&context.config().identifier),
    };
    let web_data = data_folder.join("webview");
    let options = StudioOptions {
        data_folder,
        worker: worker()?,
        element_type: ElementType::Auto,
        clock: Arc::new(SystemClock),
    };
    // The window comes up while the studio opens; commands wait for it, and if
    // it can't open, each tells why.
    let opening = tauri::async_runtime::spawn_blocking(move || Studio::open(options));
    let studio = async move { opening.await.unwrap_or_else(bridge::open_failed) }.boxed().shared();
    tauri::async_runtime::spawn(studio.clone());

    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| raise(app)))
        .invoke_handler(bridge::handler(studio.clone()))
        .setup(move |app| {
            let window = app.config().app.windows.first().ok_or("no window is configured")?;
            // Its preferences belong to the data folder too.
            tauri::WebviewWindowBuilder::from_config(app, window)?
                .data_directory(web_data)
                .build()?;
            Ok(())
        })
        .build(context)?;
    app.run(move |_, event| {
        if let (RunEvent::Exit, Some(Ok(studio))) = (event, studio.peek()) {
            tauri::async_runtime::block_on(studio.shut_down());
        }
    });
    Ok(())
}

/// The engine's executable lies beside this one.
fn worker() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe().context("the path of this program is unknown")?;
    Ok(this.with_file_name(format!("nopenai-worker{}", std::env::consts::EXE_SUFFIX)))
}

/// A second start shows the first one's window.
fn raise(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let shown =
            window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = shown {
            tracing::warn!(%error, "the window could not be raised");
        }
    }
}
