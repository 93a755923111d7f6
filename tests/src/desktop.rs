//! The application's window on a display of its own.

use crate::artifacts::Artifacts;
use crate::display::{Display, Screen};
use crate::driver::Driver;
use crate::family::{Process, Signal};
use anyhow::{Context, Result, anyhow, bail};
use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(50);
/// Longer than a dialog takes to open.
const FOCUS: Duration = Duration::from_millis(400);

/// Under what circumstances the application is started.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The application's data folder.
    pub data: PathBuf,
    /// The display.
    pub screen: Screen,
    /// Whether the desktop prefers dark colours.
    pub dark: bool,
    /// The model hub's address, a local one; none: nobody is there.
    pub hub: Option<String>,
    /// Where screenshots and the log go.
    pub artifacts: Artifacts,
}

impl Setting {
    /// A small, light display for the end-to-end test `name`.
    ///
    /// # Errors
    /// When there is no place for screenshots.
    pub fn of_test(name: &str, data: &Path) -> Result<Self> {
        let artifacts = Artifacts::of_test(name)?;
        Ok(Self { data: data.to_owned(), screen: Screen::SMALL, dark: false, hub: None, artifacts })
    }
}

/// The running application. Its fields are dropped in order: all processes end
/// before their display does.
pub struct Desktop {
    client: Client,
    driver: Driver,
    display: Display,
    screen: Screen,
    artifacts: Artifacts,
}

impl Desktop {
    /// Starts the application and waits for its window, not for its page.
    ///
    /// # Errors
    /// When the display, the driver or the application doesn't start; with the
    /// end of their log.
    pub async fn open(setting: &Setting) -> Result<Self> {
        let display = Display::open(setting.screen)?;
        let artifacts = setting.artifacts.clone();
        let started = async {
            let driver = Driver::start(setting, &display)?;
            let client = driver.open(setting).await?;
            anyhow::Ok((driver, client))
        };
        let (driver, client) =
            started.await.with_context(|| format!("the log ends:\n{}", artifacts.log_tail()))?;
        Ok(Self { client, driver, display, screen: setting.screen, artifacts })
    }

    /// The application's own process.
    ///
    /// # Errors
    /// When it is not running.
    pub fn app(&self) -> Result<Process> {
        self.only("nopenai-studio")
    }

    /// The process in which the page lives.
    ///
    /// # Errors
    /// When it is not running.
    pub fn web_process(&self) -> Result<Process> {
        self.only("WebKitWebProcess")
    }

    /// The living workers, also those that outlived the application.
    ///
    /// # Errors
    /// When the processes can't be listed.
    pub fn workers(&self) -> Result<Vec<Process>> {
        self.driver.family().running("nopenai-worker")
    }

    fn only(&self, program: &str) -> Result<Process> {
        match self.driver.family().running(program)?.as_slice() {
            [process] => Ok(*process),
            found => bail!("{} processes run {program}", found.len()),
        }
    }

    /// Kills the application as a crash would.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill_app(&self) -> Result<()> {
        self.app()?.send(Signal::KILL)
    }

    /// A command in the same session: same display, same bus, killed with it.
    ///
    /// # Errors
    /// When the application is not running.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Result<Command> {
        let bus = self.app()?.variable("DBUS_SESSION_BUS_ADDRESS").context("a session bus")?;
        let mut command = Command::new(program);
        command.env("DISPLAY", self.display.name()).env("DBUS_SESSION_BUS_ADDRESS", bus);
        self.driver.family().adopt(&mut command);
        Ok(command)
    }

    /// The element of the control `id`.
    ///
    /// # Errors
    /// When it does not come within 20 seconds.
    pub async fn element(&self, id: &str) -> Result<Element> {
        self.first(&selector(id)).await
    }

    async fn first(&self, selector: &str) -> Result<Element> {
        let what = format!("an element {selector}");
        self.until(&what, Duration::from_secs(20), async || {
            Ok(self.client.find_all(Locator::Css(selector)).await?.into_iter().next())
        })
        .await
    }

    /// Clicks an element, as soon as something can be clicked there.
    ///
    /// # Errors
    /// When that does not come to be within 20 seconds.
    pub async fn click(&self, id: &str) -> Result<()> {
        let what = format!("a click on {id}");
        self.until(&what, Duration::from_secs(20), async || {
            // It may be replaced or covered at this moment.
            Ok(self.element(id).await?.click().await.ok())
        })
        .await
    }

    /// Clicks the element within the control `id` that shows exactly `text`.
    ///
    /// # Errors
    /// When that does not come to be within 20 seconds.
    pub async fn click_text(&self, id: &str, text: &str) -> Result<()> {
        self.click_text_below(&format!("contains(@id,'{id}')"), text).await
    }

    async fn click_text_below(&self, ancestor: &str, text: &str) -> Result<()> {
        // The page isolates texts of others, so that none turns its surroundings.
        let bare = "normalize-space(translate(., '\u{2068}\u{2069}', ''))";
        let path = format!("//*[{ancestor}]//*[not(*) and {bare}='{text}']");
        let what = format!("a click on {text:?} where {ancestor}");
        self.until(&what, Duration::from_secs(20), async || {
            let mut refused = None;
            for element in self.client.find_all(Locator::XPath(&path)).await? {
                match element.click().await {
                    Ok(()) => return Ok(Some(())),
                    Err(error) => refused = Some(error.into()),
                }
            }
            refused.map_or(Ok(None), Err)
        })
        .await
    }

    /// Chooses the item `text` of the selection `id`.
    ///
    /// # Errors
    /// When there is no such item.
    pub async fn choose(&self, id: &str, text: &str) -> Result<()> {
        self.click(id).await?;
        self.click_text_below("contains(@class,'sapMSelectList')", text).await
    }

    /// Presses keys where the focus is; [`fantoccini::key::Key`] has those
    /// that are no characters.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn press(&self, keys: &str) -> Result<()> {
        Ok(self.client.active_element().await?.send_keys(keys).await?)
    }

    /// Waits until the control `id` is not visible any more.
    ///
    /// # Errors
    /// When it still is after 20 seconds.
    pub async fn until_gone(&self, id: &str) -> Result<()> {
        self.until(&format!("end of {id}"), Duration::from_secs(20), async || {
            Ok((!self.shows(id).await?).then_some(()))
        })
        .await
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.client.refresh().await?)
    }

    /// Replaces the text of an input.
    ///
    /// # Errors
    /// When there is no such input.
    pub async fn type_into(&self, id: &str, text: &str) -> Result<()> {
        let selector =
            format!("{0}, {1}", selector(&format!("{id}-inner")), selector(&format!("{id}-I")));
        // A dialog that is just opening takes the focus to where it wants it.
        self.until(&format!("{text:?} in {id}"), Duration::from_secs(20), async || {
            let input = self.first(&selector).await?;
            input.click().await?;
            tokio::time::sleep(FOCUS).await;
            if self.client.active_element().await?.element_id() != input.element_id() {
                return Ok(None);
            }
            // To clear it the driver would take the focus away, and a popover
            // closes then.
            let clear = "document.activeElement.select(); document.execCommand('delete')";
            self.script(clear, vec![]).await?;
            input.send_keys(&text.replace('\n', &crate::Key::Enter.to_string())).await?;
            let typed = input.prop("value").await?.unwrap_or_default();
            Ok((typed == text).then_some(()))
        })
        .await
    }

    /// Brings a control into sight: the driver itself does not scroll what lies
    /// in a part of the page.
    ///
    /// # Errors
    /// When there is no such control.
    pub async fn scroll_to(&self, id: &str) -> Result<()> {
        let script = "document.querySelector(arguments[0]).scrollIntoView()";
        self.script(script, vec![selector(id).into()]).await.map(drop)
    }

    /// What the first element whose identifier ends in `id` shows; nothing
    /// when there is none.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn text(&self, id: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(arguments[0])?.innerText ?? null";
        let text = self.script(script, vec![selector(id).into()]).await?;
        Ok(text.as_str().map(str::to_owned))
    }

    /// Waits until the element of the control `id` shows `text`, perhaps among
    /// other things.
    ///
    /// # Errors
    /// When it does not within that time.
    pub async fn until_shown(&self, id: &str, text: &str, within: Duration) -> Result<()> {
        self.until(&format!("{text:?} in {id}"), within, async || {
            Ok(self.text(id).await?.is_some_and(|shown| shown.contains(text)).then_some(()))
        })
        .await
    }

    /// Makes the window as large as the display.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn fill_screen(&self) -> Result<()> {
        let Screen { width, height } = self.screen;
        Ok(self.client.set_window_rect(0, 0, width, height).await?)
    }

    /// Whether an element is there and visible.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn shows(&self, id: &str) -> Result<bool> {
        let script = "return !!document.querySelector(arguments[0])?.checkVisibility()";
        Ok(self.script(script, vec![selector(id).into()]).await? == true)
    }

    /// Runs JavaScript in the page.
    ///
    /// # Errors
    /// When it throws, or the window is gone.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute(script, arguments).await?)
    }

    /// Runs JavaScript in the page that answers by calling its last argument.
    ///
    /// # Errors
    /// When it throws or does not answer, or the window is gone.
    pub async fn script_async(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute_async(script, arguments).await?)
    }

    /// Calls an operation from the page, as the page itself does; the error is
    /// the operation's own.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn invoke(&self, operation: &str, input: Value) -> Result<Result<Value, Value>> {
        let script = "const [name, input, done] = arguments;
            window.__TAURI__.core.invoke(name, { input })
                .then((value) => done([value, null]), (error) => done([null, error]));";
        let mut answer = self.client.execute_async(script, vec![operation.into(), input]).await?;
        let error = answer[1].take();
        Ok(if error.is_null() { Ok(answer[0].take()) } else { Err(error) })
    }

    /// Waits until `check` returns something.
    ///
    /// # Errors
    /// When the time is over; with a screenshot and the end of the log.
    pub async fn until<T>(
        &self,
        what: &str,
        within: Duration,
        mut check: impl AsyncFnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let mut last = Ok(());
        let poll = async {
            loop {
                match check().await {
                    Ok(Some(value)) => return value,
                    Ok(None) => last = Ok(()),
                    // Perhaps the page is just being built; the last error counts.
                    Err(error) => last = Err(error),
                }
                tokio::time::sleep(POLL).await;
            }
        };
        match tokio::time::timeout(within, poll).await {
            Ok(value) => Ok(value),
            Err(_) => {
                let reason = last.err().unwrap_or_else(|| anyhow!("waited for {within:?}"));
                Err(self.explain(reason, what).await)
            }
        }
    }

    async fn explain(&self, reason: anyhow::Error, what: &str) -> anyhow::Error {
        let picture = tokio::time::timeout(Duration::from_secs(10), self.screenshot("failed"));
        let picture = match picture.await {
            Ok(Ok(file)) => file.display().to_string(),
            _ => "none, the window does not answer".to_owned(),
        };
        let log = self.artifacts.log_tail();
        reason.context(format!("no {what}\nscreenshot: {picture}\nthe log ends:\n{log}\n"))
    }

    /// Keeps a picture of the page; returns where.
    ///
    /// # Errors
    /// When the window is gone, or the disk is full.
    pub async fn screenshot(&self, of: &str) -> Result<PathBuf> {
        // A text whose font is still being read is blank.
        let drawn = "const [done] = arguments;
            document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(done)));";
        self.client.execute_async(drawn, vec![]).await?;
        let file = self.artifacts.picture(of);
        std::fs::write(&file, self.client.screenshot().await?)?;
        Ok(file)
    }
}

/// UI5 puts the view's identifier before a control's own. After a space may
/// stand a selector of a descendant.
fn selector(id: &str) -> String {
    match id.split_once(' ') {
        Some((id, descendant)) => format!("{} {descendant}", selector(id)),
        None => format!("[id$='--{id}']"),
    }
}
