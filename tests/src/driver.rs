//! WebKitWebDriver, on a session bus of its own.

use crate::desktop::Setting;
use crate::display::Display;
use crate::family::Family;
use crate::subject;
use anyhow::{Context, Result, bail};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// For the driver to listen, and for the application to open its window.
const START: Duration = Duration::from_secs(60);

/// The driver and all it started; ended when it is dropped.
pub(crate) struct Driver {
    family: Family,
    /// Settings and caches of the session, so that none is a person's.
    _home: TempDir,
    process: Child,
    port: u16,
}

impl Driver {
    pub(crate) fn start(setting: &Setting, display: &Display) -> Result<Self> {
        let family = Family::new()?;
        let home = tempfile::tempdir()?;
        let port = free_port()?;
        let log = setting.artifacts.open_log()?;
        let bus = home.path().join("session-bus.conf");
        std::fs::write(&bus, include_str!("session-bus.conf"))?;
        let mut command = Command::new("dbus-run-session");
        command
            .arg("--config-file")
            .arg(bus)
            .args(["--", "WebKitWebDriver", &format!("--port={port}")])
            .env("DISPLAY", display.name())
            .env_remove("WAYLAND_DISPLAY")
            .env("XDG_CONFIG_HOME", home.path())
            .env("XDG_DATA_HOME", home.path())
            // No test asks the real hub, or looks at a person's models.
            .env("HF_ENDPOINT", setting.hub.as_deref().unwrap_or("http://127.0.0.1:9"))
            .env_remove("HF_TOKEN")
            .env("HOME", home.path())
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // There is no accessibility bus to ask for.
            .env("NO_AT_BRIDGE", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if setting.dark {
            command.env("GTK_THEME", "Adwaita:dark");
        }
        family.adopt(&mut command);
        let process =
            command.spawn().context("cannot start WebKitWebDriver: run `cargo xtask setup`")?;
        let mut driver = Self { family, _home: home, process, port };
        driver.wait()?;
        Ok(driver)
    }

    /// Has the driver start the application.
    pub(crate) async fn open(&self, setting: &Setting) -> Result<Client> {
        let options = json!({
            "binary": subject::app(),
            "args": ["--data-dir", setting.data],
        });
        let mut capabilities = Capabilities::new();
        capabilities.insert("webkitgtk:browserOptions".to_owned(), options);
        let mut connector = hyper_util::client::legacy::connect::HttpConnector::new();
        connector.set_nodelay(true);
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut builder = ClientBuilder::new(connector);
        tokio::time::timeout(START, builder.capabilities(capabilities).connect(&address))
            .await
            .context("the application opened no window")?
            .context("the driver could not open the application's window")
    }

    /// The driver, the application, and what these started.
    pub(crate) fn family(&self) -> &Family {
        &self.family
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Some(status) = self.process.try_wait()? {
                bail!("WebKitWebDriver ended at once ({status})");
            }
            if start.elapsed() > START {
                bail!("WebKitWebDriver does not listen on port {}", self.port);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.family.kill();
        let _ = self.process.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
