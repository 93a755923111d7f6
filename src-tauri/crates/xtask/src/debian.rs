//! Debian packages: what is missing is installed, or named.

use crate::command;
use anyhow::{Result, bail};
use std::process::Command;

/// What the window is built with, and llama.cpp (the last two).
pub const BUILD: &[&str] =
    &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev", "cmake", "libclang-dev"];

/// What opens the window where no display is.
pub const VIRTUAL_DISPLAY: &[&str] = &["xvfb", "webkit2gtk-driver", "dbus"];

/// What the tests use besides: a browser for the UI's own tests, a keyring, an older
/// processor, a hand for windows, a database with its ODBC driver, another
/// driver beside that one, and certificates.
pub const TEST: &[&str] = &[
    "chromium",
    "gnome-keyring",
    "qemu-user",
    "xdotool",
    "postgresql",
    "odbc-postgresql",
    "libsqliteodbc",
    "openssl",
];

/// Installs those of `packages` that are missing; where that needs another
/// user, says which line to type. Other systems are left to their owners.
pub fn install(packages: &[&str]) -> Result<()> {
    if command::probe(Command::new("dpkg-query").arg("--version"))?.is_none() {
        println!("This is no Debian system: the equivalents of these packages are needed:");
        println!("  {}", packages.join(" "));
        return Ok(());
    }
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install --yes --no-install-recommends {}", missing.join(" "));
    if !is_root()? {
        bail!("Debian packages are missing. Type this line, then try again:\n\n  sudo {line}\n");
    }
    println!("Installing Debian packages: {}", missing.join(" "));
    command::run(apt_get().args(["update", "--quiet"]))?;
    command::run(apt_get().args(line.split(' ').skip(1)))
}

fn missing<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut missing = Vec::new();
    for package in packages {
        let mut query = Command::new("dpkg-query");
        query.args(["--show", "--showformat=${db:Status-Status}", package]);
        if command::probe(&mut query)?.as_deref() != Some("installed") {
            missing.push(*package);
        }
    }
    Ok(missing)
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> Result<bool> {
    let id = command::output(Command::new("id").arg("-u"))?;
    Ok(id.trim() == "0")
}
