//! The smaller tables: what is kept, and its bounds.

use crate::fixture::{new, open, place};
use nopenai_domain::{
    Code, Comparison, Criterion, Error, Level, Mode, ModeId, ModelConfiguration, ModelId, Notice,
    PageRequest, ParameterOverrides, Parameters, Preset, Price, RemoteModel, RunId, Runtime,
    RuntimeChoice, RuntimeSpeed, Score, ScoreLine, Settings, Subject, Theme, Timestamp, Topic,
    Weights, Winner,
};
use nopenai_store::{ModelRecord, StoreError};
use serde_json::json;

fn model(id: &str) -> ModelId {
    ModelId(id.to_owned())
}

fn field(error: StoreError) -> String {
    let error = Error::from(error);
    assert_eq!(error.code, Code::InvalidInput);
    error.details["field"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn modes() {
    let (_folder, store) = new();
    let modes = store.modes();
    let mine = Mode {
        id: ModeId("mine".to_owned()),
        name: "Zebra".to_owned(),
        description: "For stripes".to_owned(),
        model: Some(model("a.gguf")),
        parameters: ParameterOverrides {
            temperature: Some(0.25),
            system_prompt: Some(String::new()),
            ..ParameterOverrides::default()
        },
        shipped: false,
        changed: false,
    };
    let fast = Mode {
        id: ModeId("fast".to_owned()),
        name: "Fast".to_owned(),
        shipped: true,
        changed: true,
        ..mine.clone()
    };
    modes.save(mine.clone()).await.unwrap();
    modes.save(fast.clone()).await.unwrap();
    assert_eq!(modes.list().await.unwrap(), [fast.clone(), mine.clone()]);
    let renamed = Mode { name: "Aardvark".to_owned(), model: None, ..mine.clone() };
    modes.save(renamed.clone()).await.unwrap();
    assert_eq!(modes.list().await.unwrap(), [renamed, fast]);
    assert!(modes.remove(mine.id.clone()).await.unwrap());
    assert!(!modes.remove(mine.id.clone()).await.unwrap());
    let nameless = Mode { name: " ".to_owned(), ..mine.clone() };
    assert_eq!(field(modes.save(nameless).await.unwrap_err()), "name");
    let hot = ParameterOverrides { temperature: Some(9.0), ..ParameterOverrides::default() };
    let hot = Mode { parameters: hot, ..mine };
    assert_eq!(field(modes.save(hot).await.unwrap_err()), "temperature");
}

#[tokio::test]
async fn configurations_and_presets() {
    let (_folder, store) = new();
    let configurations = store.configurations();
    let configuration = ModelConfiguration {
        chat_template: Some("{{ messages }}".to_owned()),
        runtime: RuntimeChoice::LlamaCpp,
        parameters: Parameters { stop: vec!["\u{0}".to_owned()], ..Parameters::default() },
        memory_limit_bytes: Some(1 << 40),
        pinned: true,
    };
    assert_eq!(configurations.get(model("a")).await.unwrap(), None);
    configurations.save(model("a"), configuration.clone()).await.unwrap();
    assert_eq!(configurations.get(model("a")).await.unwrap(), Some(configuration.clone()));
    assert_eq!(configurations.get(model("b")).await.unwrap(), None);
    configurations.save(model("a"), ModelConfiguration::default()).await.unwrap();
    let default = Some(ModelConfiguration::default());
    assert_eq!(configurations.get(model("a")).await.unwrap(), default);
    configurations.remove(model("a")).await.unwrap();
    assert_eq!(configurations.get(model("a")).await.unwrap(), None);
    let none = ModelConfiguration { memory_limit_bytes: Some(0), ..configuration.clone() };
    let error = configurations.save(model("a"), none).await.unwrap_err();
    assert_eq!(field(error), "memory_limit_bytes");

    let preset =
        |name: &str| Preset { name: name.to_owned(), configuration: configuration.clone() };
    configurations.save_preset(preset("b")).await.unwrap();
    configurations.save_preset(preset(&"é".repeat(40))).await.unwrap();
    configurations.save_preset(preset("a")).await.unwrap();
    configurations.save_preset(preset("a")).await.unwrap();
    let presets = configurations.presets().await.unwrap();
    assert_eq!(presets, [preset("a"), preset("b"), preset(&"é".repeat(40))]);
    assert!(configurations.remove_preset("a".to_owned()).await.unwrap());
    assert!(!configurations.remove_preset("a".to_owned()).await.unwrap());
    for name in ["", "  ", &"é".repeat(41)] {
        assert_eq!(field(configurations.save_preset(preset(name)).await.unwrap_err()), "name");
    }
}

#[tokio::test]
async fn a_price_counts_from_its_moment_on() {
    let (_folder, store) = new();
    let prices = store.prices();
    let price = |id: &str, from: i64, input: f64| Price {
        model: model(id),
        from: Timestamp(from),
        currency: "EUR".to_owned(),
        input_per_1k: input,
        output_per_1k: 0.5,
    };
    for each in [price("a", 10, 1.0), price("a", 20, 2.0), price("b", 15, 3.0)] {
        prices.set(each).await.unwrap();
    }
    prices.set(price("a", 20, 4.0)).await.unwrap();
    let listed = [price("a", 20, 4.0), price("b", 15, 3.0), price("a", 10, 1.0)];
    assert_eq!(prices.list().await.unwrap(), listed);
    for (moment, expected) in [(9, None), (10, Some(1.0)), (19, Some(1.0)), (20, Some(4.0))] {
        let at = prices.at(model("a"), Timestamp(moment)).await.unwrap();
        assert_eq!(at.map(|price| price.input_per_1k), expected, "{moment}");
    }
    prices.remove(model("a")).await.unwrap();
    assert_eq!(prices.list().await.unwrap(), [price("b", 15, 3.0)]);
    let euro = Price { currency: "euro".to_owned(), ..price("a", 1, 1.0) };
    assert_eq!(field(prices.set(euro).await.unwrap_err()), "currency");
    assert_eq!(field(prices.set(price("a", 1, -1.0)).await.unwrap_err()), "input_per_1k");
}

#[tokio::test]
async fn comparisons_come_newest_first_page_by_page() {
    let (_folder, store) = new();
    let comparisons = store.comparisons();
    let line = ScoreLine {
        criterion: Criterion::Latency,
        a: Some(1.0),
        b: None,
        weight: 0.1 + 0.2,
        share_a: Some(1.0 / 3.0),
        share_b: None,
    };
    let comparison = |at: i64| Comparison {
        id: RunId::generate().0,
        at: Timestamp(at),
        run_a: RunId::generate(),
        run_b: RunId::generate(),
        model_a: "A".to_owned(),
        model_b: "B".to_owned(),
        prompt: "Wer?\u{0}".to_owned(),
        weights: Weights::default(),
        score: Score { lines: vec![line.clone()], a: Some(0.1), b: None, winner: Some(Winner::A) },
        winner: Some(Winner::B),
        overridden: true,
        note: "'; --".to_owned(),
    };
    let mut saved = Vec::new();
    for at in [3, 1, 2, 2, 2] {
        saved.push(comparison(at));
        comparisons.save(saved.last().unwrap().clone()).await.unwrap();
    }
    saved[1].winner = None;
    saved[1].note = "changed".to_owned();
    comparisons.save(saved[1].clone()).await.unwrap();
    saved.sort_by_key(|comparison| (comparison.at, comparison.id));
    saved.reverse();
    for limit in 1..=6 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = comparisons.page(PageRequest { limit, after }).await.unwrap();
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, saved, "{limit} at a time");
    }
    for cursor in ["", "x", "1~", "1~x", "~"] {
        let request = PageRequest { limit: 1, after: Some(cursor.to_owned()) };
        assert_eq!(field(comparisons.page(request).await.unwrap_err()), "after");
    }
}

fn notice(level: Level) -> Notice {
    let facts = json!({ "model": "M", "reason": "<b>", "rows": 3 });
    let subject = Some(Subject::Run { run: RunId::generate() });
    Notice { level, topic: Topic::RunFailed, facts: facts.as_object().unwrap().clone(), subject }
}

#[tokio::test]
async fn notifications_are_read_and_dismissed() {
    let (_folder, store) = new();
    let notifications = store.notifications();
    let mut added = Vec::new();
    for level in [Level::Info, Level::Error, Level::Info, Level::Warning, Level::Info] {
        added.push(notifications.add(notice(level)).await.unwrap());
    }
    assert!(added.is_sorted_by_key(|notification| (notification.id, notification.at)));
    assert_eq!(notifications.unread().await.unwrap(), 5);
    let page = |level, limit, after| notifications.page(level, PageRequest { limit, after });
    let first = page(None, 3, None).await.unwrap();
    assert_eq!(first.items, [added[4].clone(), added[3].clone(), added[2].clone()]);
    let second = page(None, 3, first.next).await.unwrap();
    assert_eq!(second.items, [added[1].clone(), added[0].clone()]);
    assert!(second.next.is_none());
    let infos = page(Some(Level::Info), 2, None).await.unwrap();
    assert_eq!(infos.items, [added[4].clone(), added[2].clone()]);
    let infos = page(Some(Level::Info), 2, infos.next).await.unwrap();
    assert_eq!(infos.items, [added[0].clone()]);
    assert!(infos.next.is_none());
    assert_eq!(field(page(None, 1, Some("x".to_owned())).await.unwrap_err()), "after");

    notifications.read(added[2].id).await.unwrap();
    assert_eq!(notifications.unread().await.unwrap(), 2);
    let read: Vec<bool> =
        page(None, 9, None).await.unwrap().items.iter().map(|each| each.read).collect();
    assert_eq!(read, [false, false, true, true, true]);

    notifications.dismiss(vec![added[0].id, added[4].id, 999]).await.unwrap();
    notifications.dismiss_all(Some(Level::Info)).await.unwrap();
    assert_eq!(page(None, 9, None).await.unwrap().items.len(), 2);
    assert_eq!(notifications.unread().await.unwrap(), 1);
    notifications.dismiss_all(None).await.unwrap();
    assert!(page(None, 9, None).await.unwrap().items.is_empty());
    let later = notifications.add(notice(Level::Info)).await.unwrap();
    assert!(later.id > added[4].id, "numbers are not given twice");
}

#[tokio::test]
async fn the_oldest_notifications_go() {
    let (_folder, store) = new();
    let notifications = store.notifications();
    let mut adding = tokio::task::JoinSet::new();
    for _ in 0..1005 {
        let notifications = notifications.clone();
        adding.spawn(async move { notifications.add(notice(Level::Info)).await.unwrap() });
    }
    adding.join_all().await;
    assert_eq!(notifications.unread().await.unwrap(), 1000);
}

#[tokio::test]
async fn settings_survive_what_cannot_be_read_of_them() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    let settings = store.settings();
    assert_eq!(settings.get().await.unwrap(), Settings::default());
    let set = Settings {
        theme: Theme::ContrastBlack,
        language: "ar".to_owned(),
        models_folder: Some("/models".to_owned()),
        refresh_interval_s: 60,
        ..Settings::default()
    };
    settings.set(set.clone()).await.unwrap();
    assert_eq!(settings.get().await.unwrap(), set);
    let never = Settings { refresh_interval_s: 0, ..set.clone() };
    assert_eq!(field(settings.set(never).await.unwrap_err()), "refresh_interval_s");
    drop((settings, store));
    let store = open(&path).unwrap();
    let settings = store.settings();
    assert_eq!(settings.get().await.unwrap(), set);

    for (stored, expected) in [
        ("no JSON", Settings::default()),
        ("[]", Settings::default()),
        (
            r#"{"theme":"plaid","refresh_interval_s":0,"language":"de","from_later":[1]}"#,
            Settings { language: "de".to_owned(), ..Settings::default() },
        ),
        (
            r#"{"theme":"dark","density":7,"models_folder":null}"#,
            Settings { theme: Theme::Dark, ..Settings::default() },
        ),
    ] {
        let put = move |connection: &rusqlite::Connection| {
            connection.execute("UPDATE setting SET value = ?1", [stored])?;
            Ok(())
        };
        store.write(put).await.unwrap();
        assert_eq!(settings.get().await.unwrap(), expected, "{stored}");
    }
}

#[tokio::test]
async fn model_records() {
    let (_folder, store) = new();
    let records = store.model_records();
    let record = |id: &str| ModelRecord {
        model: model(id),
        alias: Some("My model".to_owned()),
        hidden: true,
        sha256: Some("ab".repeat(32)),
        size_bytes: 5_000_000_000,
        modified_at: Timestamp(-1),
    };
    records.save(record("b")).await.unwrap();
    records.save(record("a")).await.unwrap();
    let bare = ModelRecord { alias: None, hidden: false, sha256: None, ..record("b") };
    records.save(bare.clone()).await.unwrap();
    assert_eq!(records.list().await.unwrap(), [record("a"), bare.clone()]);
    records.remove(model("a")).await.unwrap();
    assert_eq!(records.list().await.unwrap(), [bare]);
}

#[tokio::test]
async fn runtime_speeds() {
    let (_folder, store) = new();
    let speeds = store.runtime_speeds();
    let slow = RuntimeSpeed {
        model: model("a.gguf"),
        size_bytes: 1 << 40,
        modified_at: Timestamp(7),
        runtime: Runtime::MistralRs,
        prefill_tokens_per_s: 60.5,
        decode_tokens_per_s: 33.25,
        measured_at: Timestamp(9),
        device: "CPU, 2 threads".to_owned(),
    };
    let fast = RuntimeSpeed { runtime: Runtime::LlamaCpp, ..slow.clone() };
    let again = RuntimeSpeed { decode_tokens_per_s: 138.0, ..fast.clone() };
    for speed in [&slow, &fast, &again] {
        speeds.keep(speed.clone()).await.unwrap();
    }
    assert_eq!(speeds.of(model("a.gguf")).await.unwrap(), [again, slow]);
    assert_eq!(speeds.of(model("b.gguf")).await.unwrap(), []);
}

#[tokio::test]
async fn remote_models() {
    let (_folder, store) = new();
    let models = store.remote_models();
    let one = RemoteModel {
        id: model("remote:1"),
        name: "Ärger".to_owned(),
        base_url: "https://api.example/v1".to_owned(),
        model: "big".to_owned(),
        context_length: Some(8192),
        has_key: true,
        changed_at: Timestamp(7),
    };
    let other = RemoteModel {
        id: model("remote:2"),
        name: "Other".to_owned(),
        context_length: None,
        has_key: false,
        ..one.clone()
    };
    models.save(other.clone()).await.unwrap();
    models.save(one.clone()).await.unwrap();
    assert_eq!(models.list().await.unwrap(), [one.clone(), other.clone()]);
    let taken = RemoteModel { name: " ÄRGER ".to_owned(), ..other.clone() };
    let refusal = nopenai_domain::Error::from(models.save(taken).await.unwrap_err());
    assert_eq!(refusal.code, nopenai_domain::Code::AlreadyExists);
    let changed = RemoteModel { name: "ärger".to_owned(), has_key: false, ..one.clone() };
    models.save(changed.clone()).await.unwrap();
    models.remove(other.id.clone()).await.unwrap();
    assert_eq!(models.list().await.unwrap(), [changed]);
    assert!(models.remove(other.id).await.is_err(), "it is gone");
}
