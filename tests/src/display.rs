//! A virtual display.

use crate::family::{Process, Signal};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A display's size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Screen {
    /// A small notebook.
    pub const SMALL: Self = Self { width: 1280, height: 800 };
    /// A common desktop display.
    pub const LARGE: Self = Self { width: 1920, height: 1080 };
}

/// An X server without hardware, ended when it is dropped.
pub(crate) struct Display {
    server: Child,
    name: String,
}

impl Display {
    pub(crate) fn open(screen: Screen) -> Result<Self> {
        let size = format!("{}x{}x24", screen.width, screen.height);
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", &size])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb: run `cargo xtask setup`")?;
        let output = server.stdout.take().context("stdout is piped")?;
        // From here on the server ends with its owner.
        let mut display = Self { server, name: String::new() };
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        ensure!(!number.trim().is_empty(), "Xvfb ended without a display");
        display.name = format!(":{}", number.trim());
        Ok(display)
    }

    /// What `DISPLAY` is to be.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // Asked, not killed, so that it removes its lock file.
        if let Ok(id) = i32::try_from(self.server.id()) {
            let _ = Process(id).send(Signal::TERM);
        }
        let _ = self.server.wait();
    }
}
