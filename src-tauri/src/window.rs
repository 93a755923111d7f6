use crate::{arguments::Arguments, bridge, link, native::Drops, placement::Memory};
use anyhow::Context;
use futures::FutureExt;
use nopenai_studio::{
    ElementType, Environment, Launcher, Studio, StudioOptions, SystemClock, restore_backup,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tauri::{AppHandle, Manager, RunEvent, WebviewUrl, WindowEvent};

/// Opens the window and serves it until it is closed.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    let context = tauri::generate_context!();
    let place = arguments.place.clone();
    let data_folder = data_folder(arguments, &context.config().identifier)?;
    let web_data = data_folder.join("webview");
    let memory = Memory::new(&data_folder);
    let options = StudioOptions {
        data_folder,
        launcher: launcher()?,
        element_type: ElementType::Auto,
        clock: Arc::new(SystemClock),
        environment: Environment::of_process(),
    };
    // The window comes up while the studio opens; commands wait for it, and if
    // it can't open, each tells why.
    let opening = tauri::async_runtime::spawn_blocking(move || Studio::open(options));
    let studio = async move { opening.await.unwrap_or_else(bridge::open_failed) }.boxed().shared();
    tauri::async_runtime::spawn(studio.clone());

    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, arguments, _| raise(app, &arguments)))
        .invoke_handler(bridge::handler(studio.clone()))
        .manage(Drops::default())
        .manage(memory)
        .on_window_event(|window, event| match event {
            WindowEvent::Moved(_) | WindowEvent::Resized(_) => {
                window.state::<Memory>().note(window);
            }
            WindowEvent::DragDrop(event) => window.state::<Drops>().tell(event),
            _ => {}
        })
        .setup(move |app| {
            let mut window =
                app.config().app.windows.first().ok_or("no window is configured")?.clone();
            if let Some(place) = place {
                window.url = WebviewUrl::App(format!("index.html{place}").into());
            }
            // Its preferences belong to the data folder too.
            let window = tauri::WebviewWindowBuilder::from_config(app, &window)?
                .data_directory(web_data)
                .build()?;
            Ok(app.state::<Memory>().restore(&window)?)
        })
        .build(context)?;
    app.run(move |_, event| {
        if let (RunEvent::Exit, Some(Ok(studio))) = (event, studio.peek()) {
            tauri::async_runtime::block_on(studio.shut_down());
        }
    });
    Ok(())
}

/// Puts a copy of the database in the place of the present one.
pub fn restore(arguments: Arguments, backup: &Path) -> anyhow::Result<()> {
    let context: tauri::Context = tauri::generate_context!();
    let folder = data_folder(arguments, &context.config().identifier)?;
    let replaced = restore_backup(&folder, backup, &SystemClock)?;
    println!("Restored {}. What it replaced is kept as {}.", backup.display(), replaced.display());
    Ok(())
}

fn data_folder(arguments: Arguments, identifier: &str) -> anyhow::Result<PathBuf> {
    match arguments.data_dir {
        Some(path) => Ok(path),
        None => Ok(dirs::data_dir()
            .context("the system names no folder for application data; pass --data-dir PATH")?
            .join(identifier)),
    }
}

/// The engines' executables lie beside this one.
fn launcher() -> anyhow::Result<Launcher> {
    let this = std::env::current_exe().context("the path of this program is unknown")?;
    Ok(Launcher::in_folder(this.parent().context("this program lies in no folder")?))
}

/// A second start shows the first one's window, at the place it named.
fn raise(app: &AppHandle, arguments: &[String]) {
    let Some(window) = app.get_webview_window("main") else { return };
    let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window could not be raised");
    }
    if let Some(place) = arguments.iter().find_map(|argument| link::fragment(argument))
        && let Err(error) = window.eval(format!("location.hash = '{place}'"))
    {
        tracing::warn!(%error, "the link could not be followed");
    }
}
