//! The processes of one test, wherever in the process tree they end up.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub use rustix::process::Signal;

/// In what unit the kernel states a process's start: USER_HZ, 100 on every
/// architecture this runs on (proc_pid_stat(5)).
const TICKS_PER_S: f64 = 100.0;

/// Inherited by every process of a family, so that also those are found whose
/// parent has died.
const MARK: &str = "NOPENAI_TEST_FAMILY";

/// All processes that descend from the commands it [`adopt`](Self::adopt)ed;
/// killed when it is dropped.
pub(crate) struct Family {
    name: String,
}

impl Family {
    pub(crate) fn new() -> Result<Self> {
        let now = std::time::UNIX_EPOCH.elapsed()?;
        Ok(Self { name: format!("{}-{}", std::process::id(), now.as_nanos()) })
    }

    /// Makes what `command` starts a member.
    pub(crate) fn adopt(&self, command: &mut Command) {
        command.env(MARK, &self.name);
    }

    /// The living members that run `program`, a file name.
    pub(crate) fn running(&self, program: &str) -> Result<Vec<Process>> {
        let mut members = self.members()?;
        members.retain(|process| process.program().is_some_and(|found| found == program));
        Ok(members)
    }

    fn members(&self) -> Result<Vec<Process>> {
        let mut members = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.parse().ok());
            members.extend(
                id.map(Process).filter(|it| it.variable(MARK).as_ref() == Some(&self.name)),
            );
        }
        Ok(members)
    }

    /// Kills every member.
    pub(crate) fn kill(&self) {
        // Repeated, since a member may start another while we look.
        for _ in 0..100 {
            let members = self.members().unwrap_or_default();
            if members.is_empty() {
                return;
            }
            for process in members {
                // It may have ended by itself meanwhile.
                let _ = process.send(Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process of this machine, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process(pub(crate) i32);

impl Process {
    /// Sends it a signal.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn send(self, signal: Signal) -> Result<()> {
        let id = rustix::process::Pid::from_raw(self.0).context("a process number")?;
        rustix::process::kill_process(id, signal).with_context(|| format!("process {}", self.0))
    }

    /// Its resident memory.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn resident_bytes(self) -> Result<u64> {
        let status = std::fs::read_to_string(self.file("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes: u64 = line
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .context("a living process has a VmRSS")?
            .parse()?;
        Ok(kibibytes * 1024)
    }

    /// The seconds since it was started, to 1/100.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn age_s(self) -> Result<f64> {
        let uptime = std::fs::read_to_string("/proc/uptime")?;
        let now: f64 = uptime.split(' ').next().context("two numbers")?.parse()?;
        let stat = std::fs::read_to_string(self.file("stat"))?;
        // After the name, which may hold anything, field 22 is the start.
        let (_, fields) = stat.rsplit_once(") ").context("a name in parentheses")?;
        let start: f64 = fields.split(' ').nth(19).context("52 fields")?.parse()?;
        Ok(now - start / TICKS_PER_S)
    }

    /// A variable of the environment it was started with.
    pub fn variable(self, name: &str) -> Option<String> {
        // Unreadable for the system's own and for what has just ended.
        let environment = std::fs::read(self.file("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).find_map(|variable| {
            let (found, value) = std::str::from_utf8(variable).ok()?.split_once('=')?;
            (found == name).then(|| value.to_owned())
        })
    }

    fn program(self) -> Option<String> {
        let program = std::fs::read_link(self.file("exe")).ok()?;
        Some(Path::new(&program).file_name()?.to_str()?.to_owned())
    }

    fn file(self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.0).into()
    }
}
