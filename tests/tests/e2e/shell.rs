//! What stands around the pages: settings, notifications, about, links.

use anyhow::{Context, Result};
use nopenai_tests::{
    DataFolder, Desktop, Key, PromptTesting, Setting, app, record, recorded, starter_id,
};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

async fn attribute(desktop: &Desktop, name: &str) -> Result<Value> {
    let script = "return document.documentElement.getAttribute(arguments[0])";
    desktop.script(script, vec![name.into()]).await
}

async fn colours(desktop: &Desktop) -> Result<Value> {
    desktop.script("return document.documentElement.style.colorScheme", vec![]).await
}

/// The figure at the bell; none when all are read.
async fn unread(desktop: &Desktop) -> Result<Value> {
    let script = "return document.querySelector(\"[id$='--notificationsButton-sapMBadge']\")?.dataset.badge ?? ''";
    desktop.script(script, vec![]).await
}

async fn until(desktop: &Desktop, what: &str, is: impl AsyncFn() -> Result<bool>) -> Result<()> {
    desktop.until(what, SOON, async || Ok(is().await?.then_some(()))).await
}

#[tokio::test]
async fn settings_take_effect_and_are_remembered() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let setting = Setting::of_test("settings", data.path())?;
    {
        let desktop = Desktop::open(&setting).await?;
        PromptTesting::open(&desktop).await?;
        assert_eq!(colours(&desktop).await?, "light");
        desktop.click("settingsButton").await?;
        desktop.choose("settingsTheme", "Dark").await?;
        until(&desktop, "dark colours", async || Ok(colours(&desktop).await? == "dark")).await?;
        desktop.screenshot("dark").await?;

        desktop.type_into("settingsFolder", "/no/such/folder").await?;
        desktop.press(&Key::Enter.to_string()).await?;
        desktop.until_shown("settingsFolder-message-sr", "/no/such/folder", SOON).await?;
        desktop.screenshot("refused").await?;

        desktop.choose("settingsLanguage", "Deutsch").await?;
        until(&desktop, "German", async || Ok(attribute(&desktop, "lang").await? == "de")).await?;
        desktop.until_shown("runButton", "Ausführen", SOON).await?;
    }
    let desktop = Desktop::open(&setting).await?;
    PromptTesting::open(&desktop).await?;
    desktop.until_shown("runButton", "Ausführen", SOON).await?;
    assert_eq!(colours(&desktop).await?, "dark");
    desktop.screenshot("remembered").await?;

    desktop.click("settingsButton").await?;
    desktop.choose("settingsLanguage", "العربية").await?;
    until(&desktop, "right to left", async || Ok(attribute(&desktop, "dir").await? == "rtl"))
        .await?;
    desktop.element("runButton").await?;
    desktop.screenshot("arabic").await.map(drop)
}

#[tokio::test]
async fn a_failure_is_notified_and_leads_to_its_run() -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    let setting = Setting::of_test("notifications", data.path())?;
    let run = {
        let desktop = Desktop::open(&setting).await?;
        let page = PromptTesting::open(&desktop).await?;
        let limit =
            json!({ "model": starter_id(), "configuration": { "memory_limit_bytes": 1_000_000 } });
        page.call("save_configuration", limit).await?;
        let run = page.ask("Fail.").await?;
        let run = page.end(&run).await?;
        assert_eq!(run["error"]["code"], "out_of_memory");
        until(&desktop, "one unread", async || Ok(unread(&desktop).await? == "1")).await?;
        run
    };
    // They are still there after a restart.
    let desktop = Desktop::open(&setting).await?;
    let page = PromptTesting::open(&desktop).await?;
    until(&desktop, "one unread", async || Ok(unread(&desktop).await? == "1")).await?;
    desktop.click("notificationsButton").await?;
    let reason = run["error"]["message"].as_str().context("a failed run has a reason")?;
    desktop.until_shown("notificationList", reason, SOON).await?;
    desktop.screenshot("list").await?;
    desktop.click("notificationList .sapMLnk").await?;
    desktop.until_shown("answerProblem", reason, SOON).await?;
    until(&desktop, "prompt of the run", async || Ok(page.prompt().await? == "Fail.")).await?;
    assert_eq!(unread(&desktop).await?, "");

    desktop.click("notificationsButton").await?;
    desktop.click("dismissAllNotifications").await?;
    until(&desktop, "an empty list", async || {
        let listed = page.call("list_notifications", json!({ "limit": 10 })).await?;
        Ok(listed["items"].as_array().is_some_and(Vec::is_empty))
    })
    .await?;
    desktop.screenshot("none").await?;
    desktop.click("notificationsButton").await?;
    desktop.until_gone("notificationList").await?;
    desktop.click("notificationsButton").await?;
    desktop.until_shown("notificationList", "", SOON).await
}

#[tokio::test]
async fn a_report_tells_of_the_machine_and_not_of_its_user() -> Result<()> {
    let data = DataFolder::without_model()?;
    let mut run = recorded("MY SECRET PROMPT", "MY SECRET ANSWER");
    run.tags = vec!["MY SECRET TAG".to_owned()];
    record(&data, &[run]).await?;
    let desktop = Desktop::open(&Setting::of_test("about", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    desktop.click("helpButton").await?;
    desktop.click("aboutButton").await?;
    desktop.until_shown("aboutFacts", env!("CARGO_PKG_VERSION"), SOON).await?;
    desktop.screenshot("about").await?;
    desktop.click("aboutClose").await?;
    let report = page.call("diagnostics", json!({})).await?;
    let report = report["text"].as_str().context("a report is a text")?;
    assert!(report.contains(env!("CARGO_PKG_VERSION")), "{report}");
    assert!(!report.contains("SECRET"), "{report}");

    desktop.click("helpButton").await?;
    desktop.click("shortcutsButton").await?;
    desktop.until_shown("shortcutList", "Ctrl", SOON).await?;
    desktop.screenshot("shortcuts").await.map(drop)
}

#[tokio::test]
async fn a_link_opens_its_run_in_the_first_window() -> Result<()> {
    let data = DataFolder::without_model()?;
    let run = recorded("Linked to.", "Here it is.");
    record(&data, &[run.clone(), recorded("Another.", "Not this.")]).await?;
    let desktop = Desktop::open(&Setting::of_test("link", data.path())?).await?;
    let page = PromptTesting::open(&desktop).await?;
    let link = format!("nopenai://prompt-testing/{}", run.id);
    let status = desktop.command(app())?.arg("--data-dir").arg(data.path()).arg(&link).status()?;
    assert!(status.success(), "{status}");
    desktop.until_shown("answer-text", "Here it is.", SOON).await?;
    assert_eq!(page.prompt().await?, "Linked to.");
    desktop.screenshot("opened").await.map(drop)
}
