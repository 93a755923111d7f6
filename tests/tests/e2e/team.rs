//! A workstation joins its team's database, works, loses it and finds it again.

use crate::SHORT;
use crate::postgres::{PASSWORD, Postgres, SCHEMA};
use anyhow::{Context, Result, ensure};
use nopenai_tests::{DataFolder, Desktop, Key, PromptTesting, Setting};
use serde_json::json;
use std::{io::Write, path::Path, process::Stdio, time::Duration};

const SOON: Duration = Duration::from_secs(30);

/// A keyring on this session's bus, unlocked.
pub fn start_keyring(desktop: &Desktop, home: &Path) -> Result<()> {
    let mut daemon = desktop.command("gnome-keyring-daemon")?;
    daemon.args(["--unlock", "--components=secrets"]).env("HOME", home);
    daemon.env("XDG_DATA_HOME", home).env("XDG_RUNTIME_DIR", home);
    let mut child = daemon.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    child.stdin.take().context("its input")?.write_all(b"password\n")?;
    ensure!(child.wait()?.success(), "the keyring did not start");
    Ok(())
}

async fn add_profile(desktop: &Desktop, postgres: &Postgres) -> Result<()> {
    desktop.click("addProfile").await?;
    desktop.type_into("profileName", "Test bench").await?;
    desktop.click("profileKind").await?;
    desktop.press(&Key::Down.to_string()).await?;
    desktop.press(&Key::Enter.to_string()).await?;
    desktop.type_into("profileHost", "127.0.0.1").await?;
    desktop.type_into("profilePort", &postgres.port.to_string()).await?;
    desktop.type_into("profileDatabase", "team").await?;
    desktop.type_into("profileUser", "team").await?;
    desktop.type_into("profileSchema", SCHEMA).await?;
    desktop.type_into("profilePassword", "wrong").await?;
    // It does not encrypt: that is found out, then switched off.
    desktop.click("testProfile").await?;
    desktop.until_shown("profileFinding", "does not encrypt", SOON).await?;
    desktop.click("profileTls-switch").await?;
    desktop.click("testProfile").await?;
    desktop.until_shown("profileFinding", "password are wrong", SOON).await?;
    desktop.screenshot("wrong-password").await?;
    desktop.type_into("profilePassword", PASSWORD).await?;
    desktop.click("testProfile").await?;
    desktop.until_shown("profileFinding", "not deployed yet", SOON).await?;
    desktop.click("saveProfile").await?;
    desktop.until_gone("profileDialog").await
}

fn count(postgres: &Postgres, table: &str) -> Result<String> {
    let schema = SCHEMA.replace('"', "\"\"");
    let sql = format!("SELECT count(*) FROM \"{schema}\".{table}");
    let output = postgres.psql("team").args(["-t", "-A", "-c", &sql]).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// While somebody else makes the schema and doesn't end, deploying waits; stopped, it
/// is as if nothing had been done.
async fn stop_deploying(desktop: &Desktop, postgres: &Postgres) -> Result<()> {
    let schema = SCHEMA.replace('"', "\"\"");
    let sql = format!("BEGIN; CREATE SCHEMA \"{schema}\"; SELECT pg_sleep(77)");
    let mut holder = postgres.psql("team").args(["-c", &sql]).spawn()?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    desktop.click("deployNow").await?;
    desktop.until_shown("stopDeployment", "Stop deploying", SOON).await?;
    desktop.screenshot("deploying").await?;
    desktop.click("stopDeployment").await?;
    desktop.until_shown("deploymentProblem", "was stopped", SOON).await?;
    desktop.until_gone("stopDeployment").await?;
    postgres.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE query LIKE '%pg_sleep(77)%' AND pid <> pg_backend_pid()",
    );
    holder.wait()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workstation_joins_its_team_loses_it_and_finds_it_again() -> Result<()> {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await?;
    let data = DataFolder::with_starter_model()?;
    let desktop = Desktop::open(&Setting::of_test("team", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    let home = tempfile::tempdir()?;
    start_keyring(&desktop, home.path())?;

    desktop.click("teamButton").await?;
    desktop.until_shown("profileList", "no connection profile yet", SOON).await?;
    desktop.screenshot("empty").await?;
    add_profile(&desktop, &postgres).await?;
    desktop.until_shown("profileList", "Test bench", SOON).await?;
    desktop.until_shown("profileList", "in the system's keyring", SOON).await?;

    // What would be run is shown, then run.
    desktop.click_text("profileList", "Deploy schema").await?;
    desktop.until_shown("deploymentState", "statements would be run", SOON).await?;
    desktop.screenshot("plan").await?;
    stop_deploying(&desktop, &postgres).await?;
    desktop.click("deployNow").await?;
    desktop.until_shown("deploymentState", "is deployed", SOON).await?;
    desktop.click("closeDeployment").await?;
    desktop.until_gone("deploymentDialog").await?;
    desktop.click("profileList [role=switch]").await?;
    desktop.until_shown("teamButton", "PostgreSQL: Synced", SOON).await?;
    desktop.screenshot("profiles").await?;
    desktop.click("closeTeam").await?;
    desktop.until_gone("teamDialog").await?;

    let run = page.ask(SHORT).await?;
    page.end(&run).await?;
    let there = async || Ok((count(&postgres, "prompt_history")? == "1").then_some(()));
    desktop.until("the run at the server", SOON, there).await?;

    // Without the server everything goes on; with it, what waited is sent.
    postgres.down();
    let run = page.ask(SHORT).await?;
    page.end(&run).await?;
    desktop.until_shown("teamButton", "Offline", SOON).await?;
    desktop.click("teamButton").await?;
    desktop.click("tabSync-button").await?;
    desktop.until_shown("syncTables", "PROMPT_HISTORY", SOON).await?;
    desktop.screenshot("offline").await?;
    postgres.up();
    desktop.click("syncNow").await?;
    desktop.until_shown("teamButton", "PostgreSQL: Synced", SOON).await?;
    desktop.until_shown("syncTables", "Nothing waits", SOON).await?;
    desktop.screenshot("synced").await?;
    assert_eq!(count(&postgres, "prompt_history")?, "2");
    let status = page.call("sync_status", json!({})).await?;
    assert_eq!((status["pending"].as_u64(), status["phase"].as_str()), (Some(0), Some("synced")));

    // The password is in the keyring and in no file of the data folder.
    let database = std::fs::read(data.path().join("studio.db"))?;
    let secret = PASSWORD.as_bytes();
    assert!(!database.windows(secret.len()).any(|part| part == secret));
    Ok(())
}
