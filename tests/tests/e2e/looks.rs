//! Every view and dialog, in light and dark, left to right and right to left,
//! on a small and on a large display: seen, kept as a picture, and checked for
//! accessibility.

use crate::SHORT;
use anyhow::{Result, ensure};
use nopenai_domain::{Cost, Timestamp};
use nopenai_tests::{
    ChatPage, DataFolder, Desktop, Key, PromptTesting, Screen, Setting, accessibility, record,
    recorded,
};
use serde_json::json;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

struct Look {
    name: &'static str,
    screen: Screen,
    dark: bool,
    language: &'static str,
}

#[tokio::test]
async fn small_and_light() -> Result<()> {
    tour(Look { name: "look-small-light", screen: Screen::SMALL, dark: false, language: "en" })
        .await
}

#[tokio::test]
async fn small_and_dark() -> Result<()> {
    tour(Look { name: "look-small-dark", screen: Screen::SMALL, dark: true, language: "en" }).await
}

#[tokio::test]
async fn large_and_light() -> Result<()> {
    tour(Look { name: "look-large-light", screen: Screen::LARGE, dark: false, language: "en" })
        .await
}

#[tokio::test]
async fn large_and_dark() -> Result<()> {
    tour(Look { name: "look-large-dark", screen: Screen::LARGE, dark: true, language: "en" }).await
}

#[tokio::test]
async fn small_light_and_arabic() -> Result<()> {
    tour(Look { name: "look-small-light-ar", screen: Screen::SMALL, dark: false, language: "ar" })
        .await
}

#[tokio::test]
async fn small_dark_and_arabic() -> Result<()> {
    tour(Look { name: "look-small-dark-ar", screen: Screen::SMALL, dark: true, language: "ar" })
        .await
}

#[tokio::test]
async fn large_light_and_arabic() -> Result<()> {
    tour(Look { name: "look-large-light-ar", screen: Screen::LARGE, dark: false, language: "ar" })
        .await
}

#[tokio::test]
async fn large_dark_and_arabic() -> Result<()> {
    tour(Look { name: "look-large-dark-ar", screen: Screen::LARGE, dark: true, language: "ar" })
        .await
}

/// A dialog or popover: how it is opened, from which on, and closed.
struct Scene {
    name: &'static str,
    open: &'static [&'static str],
    shows: &'static str,
    close: &'static [&'static str],
}

/// Closes what has the focus.
const ESCAPE: &str = "Escape";

const SCENES: &[Scene] = &[
    Scene {
        name: "settings",
        open: &["settingsButton"],
        shows: "settingsDialog",
        close: &["settingsClose"],
    },
    Scene {
        name: "about",
        open: &["helpButton", "aboutButton"],
        shows: "aboutFacts",
        close: &["aboutClose"],
    },
    Scene {
        name: "shortcuts",
        open: &["helpButton", "shortcutsButton"],
        shows: "shortcutList",
        close: &["shortcutsClose"],
    },
    Scene {
        name: "notifications",
        open: &["notificationsButton"],
        shows: "notificationList",
        close: &[ESCAPE],
    },
    Scene { name: "models-popover", open: &["modelButton"], shows: "modelList", close: &[ESCAPE] },
    Scene { name: "team", open: &["teamButton"], shows: "profileList", close: &[] },
    Scene {
        name: "team-profile",
        open: &["addProfile"],
        shows: "profileForm",
        close: &["closeProfile"],
    },
    Scene {
        name: "team-sync",
        open: &["tabSync-button"],
        shows: "syncFacts",
        close: &["closeTeam"],
    },
    Scene {
        name: "models",
        open: &["modelButton", "manageModels"],
        shows: "modelFacts",
        close: &[],
    },
    Scene {
        name: "configurator",
        open: &["modelConfigure"],
        shows: "memoryTotal",
        close: &["configClose"],
    },
    Scene { name: "remote", open: &["addRemote"], shows: "remoteForm", close: &["closeRemote"] },
    Scene {
        name: "embeddings",
        open: &["modelMore", "embedTexts"],
        shows: "embeddingTexts",
        close: &["closeEmbeddings"],
    },
    Scene {
        name: "import",
        open: &["importModel"],
        shows: "importPath",
        close: &["importClose", "closeModels"],
    },
    Scene {
        name: "get-models",
        open: &["modelButton", "manageModels", "getModels"],
        shows: "catalogueList",
        close: &["closeGetModels", "closeModels"],
    },
    Scene { name: "modes", open: &[], shows: "modeList", close: &["closeModes"] },
    Scene { name: "prices", open: &["priceButton"], shows: "priceInput", close: &["closePrices"] },
    Scene { name: "evaluations", open: &["evaluationsButton"], shows: "setItems", close: &[] },
    Scene {
        name: "evaluation-import",
        open: &["importSet"],
        shows: "setPath",
        close: &["setImportClose"],
    },
    Scene {
        name: "evaluation-targets",
        open: &["runSet"],
        shows: "evaluatedModels",
        close: &["closeEvaluationTargets"],
    },
    Scene {
        name: "evaluation-matrix",
        open: &["tabMatrix-button"],
        shows: "qualityMatrix",
        close: &["closeEvaluations"],
    },
    Scene {
        name: "export",
        open: &["historyExport"],
        shows: "exportPath",
        close: &["exportClose"],
    },
    Scene {
        name: "filters",
        open: &["historyFiltersButton"],
        shows: "historyFilters",
        close: &["historyFiltersButton"],
    },
];

async fn tour(look: Look) -> Result<()> {
    let data = DataFolder::with_starter_model()?;
    record(&data, &some_runs()).await?;
    let Look { name, screen, dark, language } = look;
    let setting = Setting { screen, dark, ..Setting::of_test(name, data.path())? };
    let desktop = Desktop::open(&setting).await?;
    desktop.fill_screen().await?;
    let page = PromptTesting::open(&desktop).await?;
    speak(&desktop, &page, language).await?;

    let run = page.ask(SHORT).await?;
    page.end(&run).await?;
    desktop.until_shown("historyTitle", if language == "ar" { "" } else { "5" }, SOON).await?;
    let mut findings = Findings { desktop: &desktop, found: Vec::new() };
    findings.see("page").await?;
    for id in ["runButton", "prompt", "answer-text", "measures", "historyTable"] {
        ensure!(is_within(&desktop, id).await?, "{id} is not all on the screen");
    }
    let theme = "return document.documentElement.style.colorScheme";
    assert_eq!(desktop.script(theme, vec![]).await?, if dark { "dark" } else { "light" });

    for scene in SCENES {
        if scene.name == "modes" {
            desktop.click("modesButton").await?;
            desktop.click("modesMenu-rp-popover [role=menuitem]").await?;
        }
        for id in scene.open {
            desktop.click(id).await?;
        }
        desktop.element(scene.shows).await?;
        findings.see(scene.name).await?;
        for id in scene.close {
            if *id == ESCAPE {
                desktop.press(&Key::Escape.to_string()).await?;
            } else {
                desktop.click(id).await?;
            }
        }
        if !scene.close.is_empty() && !scene.shows.starts_with("modelFacts") {
            desktop.until_gone(scene.shows).await?;
        }
    }
    page.details(1).await?;
    findings.see("run").await?;
    desktop.click("detailCompare").await?;
    desktop.element("compareDialog").await?;
    desktop.click("slotB--slotChooseFirst").await?;
    desktop.click_text("pickerDialog", "Write a haiku about the sea.").await?;
    desktop.until_gone("pickerDialog").await?;
    findings.see("comparison").await?;
    desktop.click("compareClose").await?;
    desktop.until_gone("compareDialog").await?;
    see_chat(&desktop, &mut findings).await?;
    findings.none()
}

/// The page Chat: without a chat, with an empty one, with turns and versions,
/// and its dialogs.
async fn see_chat(desktop: &Desktop, findings: &mut Findings<'_>) -> Result<()> {
    let chat = ChatPage::open(desktop).await?;
    findings.see("chat-none").await?;
    let held = json!({
        "title": "", "model": null, "mode": null, "context_policy": "rolling",
        "parameters": { "max_tokens": 24, "temperature": 0.7 },
    });
    let id = chat.begin(held).await?;
    findings.see("chat-empty").await?;
    chat.say("Name three rivers.").await?;
    let contents = chat.settled(&id, 2).await?;
    let asked = json!({ "chat": id, "message": contents["chat"]["leaf"] });
    chat.call("regenerate", asked).await?;
    chat.say("ما هي عاصمة فرنسا؟").await?;
    chat.settled(&id, 5).await?;
    if !desktop.shows("chatSettings").await? {
        desktop.click("chatSettingsButton").await?;
    }
    desktop.element("contextPolicy").await?;
    findings.see("chat").await?;
    for id in ["turns", "message", "send", "budgetText", "chatSettings"] {
        ensure!(is_within(desktop, id).await?, "{id} is not all on the screen");
    }
    desktop.click("attach").await?;
    desktop.element("attachPath").await?;
    findings.see("chat-attach").await?;
    desktop.click("attachClose").await?;
    desktop.until_gone("attachDialog").await?;
    desktop.type_into("message", "And another one?").await?;
    desktop.click("previewSent").await?;
    desktop.element("previewText-inner").await?;
    findings.see("chat-preview").await?;
    desktop.click("previewClose").await?;
    desktop.until_gone("previewDialog").await
}

/// Runs as somebody would have who uses the product for a while.
fn some_runs() -> Vec<nopenai_domain::Run> {
    let texts = [
        ("Explain recursion to a child.", "Recursion is a story that tells **itself**."),
        (
            "Write a haiku about the sea.",
            "Waves fold into waves,\nsalt remembers every shore,\nthe moon pulls them home.",
        ),
        ("ما هي عاصمة فرنسا؟", "عاصمة فرنسا هي **باريس**."),
        ("What is 17 × 23?", "17 × 23 = 391."),
    ];
    texts
        .into_iter()
        .enumerate()
        .map(|(number, (prompt, answer))| {
            let mut run = recorded(prompt, answer);
            run.started_at = Timestamp(run.started_at.0 + number as i64 * 600_000_000);
            run.rating = Some(5 - number as u8);
            run.tags = vec!["guide".to_owned()];
            run.cost = Some(Cost {
                amount: 0.000_4,
                currency: "EUR".to_owned(),
                priced_at: run.started_at,
            });
            run
        })
        .collect()
}

async fn speak(desktop: &Desktop, page: &PromptTesting<'_>, language: &str) -> Result<()> {
    let mut settings = page.call("get_settings", json!({})).await?;
    settings["language"] = language.into();
    page.call("change_settings", json!({ "settings": settings })).await?;
    let spoken = "return document.documentElement.lang";
    desktop
        .until("the language", SOON, async || {
            Ok((desktop.script(spoken, vec![]).await? == language).then_some(()))
        })
        .await?;
    desktop.element("runButton").await.map(drop)
}

/// What accessibility checks found in what was seen.
struct Findings<'a> {
    desktop: &'a Desktop,
    found: Vec<String>,
}

impl Findings<'_> {
    async fn see(&mut self, scene: &str) -> Result<()> {
        self.desktop.screenshot(scene).await?;
        for finding in accessibility::findings(self.desktop).await? {
            self.found.push(format!("{scene}: {finding}"));
        }
        Ok(())
    }

    fn none(self) -> Result<()> {
        ensure!(self.found.is_empty(), "accessibility:\n{}", self.found.join("\n"));
        Ok(())
    }
}

async fn is_within(desktop: &Desktop, id: &str) -> Result<bool> {
    let script =
        "const box = document.querySelector(`[id$='--${arguments[0]}']`).getBoundingClientRect();
        return box.width > 0 && box.height > 0 && box.left >= 0 && box.top >= 0
            && box.right <= innerWidth && box.bottom <= innerHeight";
    Ok(desktop.script(script, vec![json!(id)]).await? == true)
}
