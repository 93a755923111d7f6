//! Where the window was, and how large: remembered in the data folder, outside
//! the database, because the window comes up before that is open.

use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};
use tauri::{LogicalPosition, LogicalSize, WebviewWindow};

/// How long the window must rest before its place is written.
const REST: Duration = Duration::from_millis(500);

/// How much of the window must lie on a screen, logical pixels.
const VISIBLE: f64 = 100.0;

/// A window's place, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    maximized: bool,
}

/// The remembered place of one window.
pub struct Memory {
    file: PathBuf,
    /// The last place that was not maximized: what a maximized window goes back to.
    normal: Mutex<Option<Placement>>,
    moved: mpsc::Sender<Placement>,
}

impl Memory {
    /// Remembers in `data_folder`.
    pub fn new(data_folder: &Path) -> Self {
        let file = data_folder.join("window.json");
        let (moved, moves) = mpsc::channel();
        let target = file.clone();
        thread::spawn(move || keep(&target, &moves));
        Self { normal: Mutex::new(read(&file)), file, moved }
    }

    /// Puts the window back where it was, where that is on a screen.
    pub fn restore(&self, window: &WebviewWindow) -> tauri::Result<()> {
        let Some(place) = read(&self.file) else { return Ok(()) };
        window.set_size(LogicalSize::new(place.width, place.height))?;
        if is_visible(window, &place)? {
            window.set_position(LogicalPosition::new(place.x, place.y))?;
        }
        if place.maximized {
            window.maximize()?;
        }
        Ok(())
    }

    /// The window was moved or sized.
    pub fn note(&self, window: &tauri::Window) {
        let Ok(now) = place_of(window) else { return };
        let mut normal = self.normal.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match (now.maximized, *normal) {
            (true, Some(before)) => Placement { maximized: true, ..before },
            _ => now,
        };
        *normal = Some(Placement { maximized: false, ..place });
        // Fails only when the thread could not be started: nothing is remembered then.
        let _ = self.moved.send(place);
    }
}

fn place_of(window: &tauri::Window) -> tauri::Result<Placement> {
    let scale = window.scale_factor()?;
    let size = window.inner_size()?.to_logical::<f64>(scale);
    let position = window.outer_position()?.to_logical::<f64>(scale);
    let maximized = window.is_maximized()?;
    Ok(Placement {
        x: position.x,
        y: position.y,
        width: size.width,
        height: size.height,
        maximized,
    })
}

fn is_visible(window: &WebviewWindow, place: &Placement) -> tauri::Result<bool> {
    Ok(window.available_monitors()?.iter().any(|monitor| {
        let scale = monitor.scale_factor();
        let origin = monitor.position().to_logical::<f64>(scale);
        let size = monitor.size().to_logical::<f64>(scale);
        place.x + place.width >= origin.x + VISIBLE
            && place.x + VISIBLE <= origin.x + size.width
            && place.y >= origin.y
            && place.y + VISIBLE <= origin.y + size.height
    }))
}

/// Writes the last place once the window rests.
fn keep(file: &Path, moves: &mpsc::Receiver<Placement>) {
    while let Ok(mut place) = moves.recv() {
        let ended = loop {
            match moves.recv_timeout(REST) {
                Ok(later) => place = later,
                Err(RecvTimeoutError::Timeout) => break false,
                Err(RecvTimeoutError::Disconnected) => break true,
            }
        };
        if let Err(error) = write(file, place) {
            tracing::warn!(%error, "the window's place was not remembered");
        }
        if ended {
            return;
        }
    }
}

fn write(file: &Path, place: Placement) -> std::io::Result<()> {
    let partial = file.with_extension("part");
    fs::write(&partial, serde_json::to_vec(&place)?)?;
    fs::rename(partial, file)
}

/// What was remembered; nothing where that is damaged or absurd.
fn read(file: &Path) -> Option<Placement> {
    let place: Placement = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let sane = (200.0..=20_000.0).contains(&place.width)
        && (200.0..=20_000.0).contains(&place.height)
        && place.x.abs() < 100_000.0
        && place.y.abs() < 100_000.0;
    sane.then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_a_damaged_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("window.json");
        assert_eq!(read(&file), None);
        let place = Placement { x: 10.0, y: 20.0, width: 1300.0, height: 850.0, maximized: true };
        write(&file, place).unwrap();
        assert_eq!(read(&file), Some(place));
        write(&file, Placement { width: 5.0, ..place }).unwrap();
        assert_eq!(read(&file), None);
        fs::write(&file, "{").unwrap();
        assert_eq!(read(&file), None);
    }
}
