use crate::launcher::Launcher;
use nopenai_domain::{Code, Error, Result, Runtime};
use std::{path::Path, process::Stdio};
use tokio::process::Command;

impl Launcher {
    /// Has llama.cpp write the GGUF file `from` in the form `form` (`Q4_0`,
    /// `Q8_0`) to `to`, in a process of its own. Dropping the future ends it;
    /// what was written stays.
    ///
    /// # Errors
    /// [`Code::EngineFailed`] with what the process said.
    pub async fn requantize(&self, from: &Path, to: &Path, form: &str) -> Result<()> {
        let failed = |reason: String| Error::new(Code::EngineFailed, reason);
        let child = Command::new(self.program(Runtime::LlamaCpp)?)
            .arg("requantize")
            .args([from, to])
            .arg(form)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("The engine could not be started: {error}.")))?;
        let ended = child.wait_with_output().await;
        let ended = ended.map_err(|error| failed(format!("The engine ended: {error}.")))?;
        if ended.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        Err(failed(format!("The model could not be written in the form {form}: {last}")))
    }
}
