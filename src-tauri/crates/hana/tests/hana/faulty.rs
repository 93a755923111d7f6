//! PostgreSQL's driver behind one that reports failures when it is told to.

use crate::postgres::{PASSWORD, Postgres};
use nopenai_domain::ConnectionProfile;
use nopenai_hana::{Credentials, find_driver};
use nopenai_secrets::Secret;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A failure, and when it comes.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Where: connect, execute, fetch, commit, committed (which was), rollback;
    /// or a lie: pretend (to have executed), count (of rows), arrays (are refused).
    pub function: &'static str,
    /// Part of the statement's text.
    pub part: &'static str,
    /// How many calls go well before.
    pub spare: u32,
    /// How many fail.
    pub times: u32,
    pub state: &'static str,
    pub native: i32,
    pub message: &'static str,
}

/// Always.
pub const EVERY: u32 = u32::MAX;

/// The driver, compiled for one test.
pub struct Faulty {
    folder: TempDir,
}

impl Faulty {
    pub fn compile() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faulty = Self { folder };
        let real = find_driver(&Postgres::profile_at(1), None).unwrap();
        // From whichever crate's tests.
        let source = "../hana/tests/hana/faulty_driver.rs";
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition", "2024", "--crate-type", "cdylib", "-C", "opt-level=0", "-o"]);
        rustc.arg(faulty.library()).arg(source);
        let place = Path::new(&real).parent().unwrap().display();
        for argument in ["-Wl,--no-as-needed", &real, &format!("-Wl,-rpath,{place}")] {
            rustc.args(["-C", &format!("link-arg={argument}")]);
        }
        rustc.env("REAL_DRIVER", &real).env("FAULT_PLAN", faulty.plan());
        let output = rustc.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        faulty
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("libfaulty.so")
    }

    fn plan(&self) -> PathBuf {
        self.folder.path().join("plan")
    }

    /// What comes from now on; nothing: all goes well.
    pub fn will(&self, faults: &[Fault]) {
        let line = |fault: &Fault| {
            let Fault { function, part, spare, times, state, native, message } = fault;
            format!("{function}\t{part}\t{spare}\t{times}\t{state}\t{native}\t{message}\n")
        };
        fs::write(self.plan(), faults.iter().map(line).collect::<String>()).unwrap();
        let _ = fs::remove_file(self.said());
    }

    fn said(&self) -> PathBuf {
        self.folder.path().join("plan.said")
    }

    /// How many failures were reported since.
    pub fn reported(&self) -> usize {
        fs::read_to_string(self.said()).unwrap_or_default().lines().count()
    }

    /// A profile of a server through it.
    pub fn profile(&self, postgres: &Postgres) -> ConnectionProfile {
        let driver = Some(self.library().display().to_string());
        ConnectionProfile { driver, ..postgres.profile() }
    }

    /// The way to a server through it.
    pub fn credentials(&self, postgres: &Postgres) -> Credentials {
        let profile = self.profile(postgres);
        let driver = find_driver(&profile, None).unwrap();
        Credentials { profile, password: Secret::new(PASSWORD.to_owned()), driver }
    }
}
