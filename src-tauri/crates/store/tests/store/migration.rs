//! Every migration, from every earlier version, with data in it.

use crate::fixture::{Ticking, all, number, open, place};
use nopenai_domain::{
    EvaluationState, FinishReason, Level, Measures, ModelId, Outcome, PageRequest, Parameters, Run,
    RunFilter, RunId, RunQuery, Timestamp,
};
use nopenai_store::{Store, latest_version, restore};
use rusqlite::Connection;
use std::{fs, path::Path, time::Duration};

/// Marks a file as ours ("nOpS").
const APPLICATION_ID: u32 = 0x6e4f_7053;

/// The migrations' files, in order.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../schema/sqlite");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// What an application of each version had in its tables, by the version that
/// made the table.
const ROWS: [&str; 14] = [
    "INSERT INTO prompt_history (id, started_at, model_id, model_name, prompt, answer, temperature,
         top_p, max_tokens, seed, outcome, finish_reason, error, total_ms, ttft_ms, tokens_per_s,
         tokens_in, tokens_out, deleted_at)
     VALUES
     ('01890000-0000-7000-8000-000000000002', 100, 'a.gguf', 'A', 'Wörter im Prompt', 'Antwort',
         0.30000000000000004, 1.0, 64, 9007199254740991, 'completed', 'stop', NULL, 812.5, 95.0,
         41.25, 42, 30, NULL),
     ('01890000-0000-7000-8000-000000000001', 100, 'a.gguf', 'A', 'zweite', 'Teil', 0.7, 0.95, 512,
         NULL, 'failed', NULL, '{\"code\":\"engine_failed\",\"message\":\"killed\",\"details\":{}}',
         NULL, NULL, NULL, NULL, NULL, NULL),
     ('01890000-0000-7000-8000-000000000003', 101, 'b.gguf', 'B', 'dritte', '', 0, 0.95, 512,
         1, 'running', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
     ('01890000-0000-7000-8000-000000000004', 99, 'b.gguf', 'B', 'gelöscht', '', 0, 0.95, 512,
         1, 'stopped', 'cancelled', NULL, NULL, NULL, NULL, NULL, NULL, 7);
     INSERT INTO answer_piece VALUES
     ('01890000-0000-7000-8000-000000000003', 0, 'was '),
     ('01890000-0000-7000-8000-000000000003', 1, 'kam');",
    // Version 2 changes the runs above.
    "UPDATE prompt_history SET rating = 4, tags = '[\"kept\"]' WHERE answer = 'Antwort';",
    "INSERT INTO mode VALUES ('mine', 'Mine', '', NULL, '{\"temperature\":0.1}', 0);
     INSERT INTO preset VALUES ('cold', '{}');
     INSERT INTO model_configuration VALUES ('a.gguf', '{\"memory_limit_bytes\":5}');
     INSERT INTO price VALUES ('a.gguf', 5, 'EUR', 1.0, 2.0);
     INSERT INTO model_record VALUES ('a.gguf', 'Alias', 1, 'abc', 9, 10);",
    "INSERT INTO comparison VALUES ('01890000-0000-7000-8000-00000000000c', 5,
         '01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002', 'A', 'B',
         'p', '{\"latency\":1.0,\"quality\":2.0,\"cost\":3.0}',
         '{\"lines\":[],\"a\":null,\"b\":null,\"winner\":null}', 'tie', 1, 'n');",
    "INSERT INTO notification (at, level, topic, facts) VALUES (5, 'error', 'run_failed', '{}');
     INSERT INTO setting VALUES ('settings', '{\"theme\":\"dark\"}');",
    "INSERT INTO prompt_set VALUES ('mine', 'Mine', '', '', NULL, 0, 1, 5, NULL);
     INSERT INTO prompt_set_item VALUES ('mine', 1, 1, 'p', NULL, '{\"kind\":\"exact\",\"text\":\"x\"}');
     INSERT INTO evaluation VALUES ('01890000-0000-7000-8000-00000000000e', 'mine', 'Mine', 1, 1,
         'a.gguf', 'A', NULL, NULL, NULL, '{\"temperature\":0.0}', 'running', NULL, 5, NULL);
     INSERT INTO evaluation_result VALUES ('01890000-0000-7000-8000-00000000000e', 1, 'passed',
         'as_expected', NULL, '01890000-0000-7000-8000-000000000001', NULL, 'x');",
    "INSERT INTO prompt_cache VALUES (x'0102', '01890000-0000-7000-8000-000000000002', 3, 9);",
    "INSERT INTO runtime_speed VALUES ('a.gguf', 'llama_cpp', 9, 10, 250.0, 41.5, 11, 'CPU');",
    "INSERT INTO chat VALUES ('01890000-0000-7000-8000-00000000000f', 'T', NULL, NULL, '{}',
         'rolling', '01890000-0000-7000-8000-000000000010', 5, 6, NULL);
     INSERT INTO chat_message VALUES ('01890000-0000-7000-8000-000000000010',
         '01890000-0000-7000-8000-00000000000f', NULL, 'assistant', 'Und ', '[]',
         '01890000-0000-7000-8000-000000000003', 1, 5);",
    "UPDATE prompt_history SET likelihoods = '[]' WHERE answer = 'Teil';",
    "INSERT INTO sync_row (table_name, row_key, clock, deleted, pending)
         VALUES ('mode', 'gone', 5, 1, 1);
     INSERT INTO connection_profile VALUES ('01890000-0000-7000-8000-00000000000f', 1,
         '{\"id\":\"01890000-0000-7000-8000-00000000000f\",\"name\":\"Team\",\"kind\":\"hana\",
           \"host\":\"h\",\"port\":443,\"database\":\"\",\"user\":\"U\",\"schema\":\"S\",
           \"tls\":true,\"validate_certificate\":true,\"trust_store\":null,\"driver\":null}');",
    "INSERT INTO remote_model VALUES ('remote:1', 'Elsewhere', 'https://api.example/v1', 'm', NULL, 1, 5);
     UPDATE prompt_history SET remote = '{\"host\":\"api.example\",\"left_out\":[\"top_k\"]}'
         WHERE answer = 'Teil';",
    "INSERT INTO chat_message VALUES ('01890000-0000-7000-8000-000000000011',
         '01890000-0000-7000-8000-00000000000f', NULL, 'tool', '12:00', '[]', NULL, 0, 5);
     UPDATE prompt_history SET chat_template = '{{ messages }}' WHERE answer = 'Teil';",
    "UPDATE sync_state SET place = NULL;",
];

/// A database as the application of a version left it.
fn build(path: &Path, version: usize) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    for (migration, rows) in migrations().iter().zip(ROWS).take(version) {
        connection.execute_batch(migration).unwrap();
        connection.execute_batch(rows).unwrap();
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    connection.pragma_update(None, "user_version", version as u32).unwrap();
}

fn id(last: u8) -> RunId {
    RunId(format!("01890000-0000-7000-8000-0000000000{last:02x}").parse().unwrap())
}

async fn holds_the_runs(store: &Store, version: usize) {
    let history = store.history();
    let everything = RunQuery::default();
    assert_eq!(all(&history, &everything, 2).await, [id(3), id(2), id(1)], "version {version}");
    let run = history.get(id(2)).await.unwrap();
    let expected = Run {
        id: id(2),
        started_at: Timestamp(100),
        model: ModelId("a.gguf".to_owned()),
        model_name: "A".to_owned(),
        prompt: "Wörter im Prompt".to_owned(),
        answer: "Antwort".to_owned(),
        parameters: Parameters {
            temperature: run.parameters.temperature,
            top_p: 1.0,
            max_tokens: 64,
            seed: Some(9_007_199_254_740_991),
            ..Parameters::default()
        },
        outcome: Outcome::Completed,
        finish_reason: Some(FinishReason::Stop),
        error: None,
        measures: Measures {
            total_ms: Some(812.5),
            ttft_ms: Some(95.0),
            tokens_per_s: Some(41.25),
            tokens_in: Some(42),
            tokens_out: Some(30),
            cache: None,
        },
        runtime: None,
        chat_template: None,
        likelihoods: None,
        remote: None,
        mode: None,
        chat: None,
        context: None,
        streamed: true,
        cost: None,
        rating: (version >= 2).then_some(4),
        tags: if version >= 2 { vec!["kept".to_owned()] } else { Vec::new() },
    };
    assert_eq!(run, expected);
    assert!((run.parameters.temperature - 0.3).abs() < 1e-12);

    let failed = history.get(id(1)).await.unwrap();
    assert_eq!(failed.likelihoods, (version >= 10).then(Vec::new));
    let template = (version >= 13).then(|| "{{ messages }}".to_owned());
    assert_eq!(failed.chat_template, template);
    let left_out = failed.remote.map(|remote| remote.left_out.join(" "));
    assert_eq!(left_out.as_deref(), (version >= 12).then_some("top_k"));
    assert_eq!(failed.error.unwrap().message, "killed");
    assert_eq!(failed.parameters, Parameters::default());
    let interrupted = history.get(id(3)).await.unwrap();
    assert_eq!(interrupted.outcome, Outcome::Interrupted);
    assert_eq!(interrupted.answer, "was kam");
    assert_eq!(interrupted.parameters.temperature, 0.0);
    assert_eq!(history.get(id(1)).await.unwrap().started_at, Timestamp(100));

    for (search, found) in [("worter ant", id(2)), ("zweite", id(1)), ("dritte kam", id(3))] {
        let filter = RunFilter { search: Some(search.to_owned()), ..RunFilter::default() };
        let query = RunQuery { filter, ..RunQuery::default() };
        assert_eq!(all(&history, &query, 9).await, [found], "{search}, version {version}");
    }
}

async fn holds_the_rest(store: &Store, version: usize) {
    let model = ModelId("a.gguf".to_owned());
    if version >= 3 {
        assert_eq!(store.modes().list().await.unwrap()[0].parameters.temperature, Some(0.1));
        assert_eq!(store.configurations().presets().await.unwrap()[0].name, "cold");
        let configuration = store.configurations().get(model.clone()).await.unwrap().unwrap();
        assert_eq!(configuration.memory_limit_bytes, Some(5));
        assert_eq!(store.prices().list().await.unwrap()[0].output_per_1k, 2.0);
        assert_eq!(store.model_records().list().await.unwrap()[0].size_bytes, 9);
    }
    if version >= 4 {
        let page = store.comparisons().page(PageRequest::default()).await.unwrap();
        assert_eq!(page.items[0].note, "n");
    }
    if version >= 5 {
        let page = store.notifications().page(None, PageRequest::default()).await.unwrap();
        assert_eq!(page.items[0].level, Level::Error);
        assert_eq!(store.settings().get().await.unwrap().theme, nopenai_domain::Theme::Dark);
    }
    if version >= 6 {
        assert_eq!(store.prompt_sets().list().await.unwrap()[0].expecting, 1);
        let page = store.evaluations().page(None, PageRequest::default()).await.unwrap();
        assert_eq!(page.items[0].tally.passed, 1);
        assert_eq!(page.items[0].state, EvaluationState::Interrupted);
    }
    if version >= 8 {
        let speeds = store.runtime_speeds().of(model).await.unwrap();
        assert_eq!(speeds[0].decode_tokens_per_s, 41.5);
    }
    if version >= 9 {
        let page = store.chats().page(None, PageRequest::default()).await.unwrap();
        let contents = store.chats().get(page.items[0].id).await.unwrap();
        assert_eq!(contents.messages[0].text, "Und was kam");
    }
    if version >= 11 {
        let waiting = store.sync().pending(None, 99, usize::MAX).await.unwrap();
        assert!(waiting.iter().any(|change| change.key == "gone" && change.row.is_none()));
        assert_eq!(store.profiles().active().await.unwrap().unwrap().name, "Team");
    }
    if version >= 12 {
        assert_eq!(store.remote_models().list().await.unwrap()[0].host(), "api.example");
    }
}

#[tokio::test]
async fn every_version_is_brought_to_the_latest_with_its_data() {
    assert_eq!(ROWS.len(), latest_version() as usize, "each migration has rows here");
    for version in 1..=ROWS.len() {
        let (_folder, path) = place();
        build(&path, version);
        let store = open(&path).unwrap();
        holds_the_runs(&store, version).await;
        holds_the_rest(&store, version).await;
        store
            .write(|connection| {
                connection.execute_batch(
                    "INSERT INTO run_text (run_text, rank) VALUES ('integrity-check', 1)",
                )?;
                Ok(())
            })
            .await
            .unwrap();
        let mut runs = i64::MAX;
        for _ in 0..400 {
            runs = number(&store, "SELECT count(*) FROM prompt_history").await;
            if runs == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!(runs, 3, "the deleted one goes");

        let migrated = store.migrated();
        if version == ROWS.len() {
            assert_eq!(migrated, None);
            assert!(!path.with_file_name("backups").exists());
            continue;
        }
        let migrated = migrated.unwrap();
        assert_eq!((migrated.from, migrated.to), (version as u32, latest_version()));
        let name = format!("studio-v{version}-19700101T000000.db");
        assert_eq!(migrated.backup, path.with_file_name("backups").join(name));
        holds_the_old(&migrated.backup, version);
        drop(store);
        let again = open(&path).unwrap();
        assert_eq!(again.migrated(), None, "the second time there is nothing to do");
        drop(again);

        restore(&path, &migrated.backup, &Ticking::default()).unwrap();
        holds_the_old(&path, version);
        let back = open(&path).unwrap();
        assert_eq!(back.migrated().unwrap().from, version as u32, "it is migrated once more");
        holds_the_runs(&back, version).await;
        holds_the_rest(&back, version).await;
    }
}

/// The copy is the database as it was, before anything was closed or removed.
fn holds_the_old(backup: &Path, version: usize) {
    let connection = Connection::open(backup).unwrap();
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("PRAGMA user_version"), version as i64);
    assert_eq!(number("SELECT count(*) FROM prompt_history"), 4);
    assert_eq!(number("SELECT count(*) FROM prompt_history WHERE outcome = 'running'"), 1);
    assert_eq!(number("SELECT count(*) FROM answer_piece"), 2);
}

#[test]
fn an_old_and_a_new_database_have_the_same_schema() {
    let schema = |path: &Path| {
        let connection = Connection::open(path).unwrap();
        let mut statement = connection
            .prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
            .unwrap();
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<String>>(2)?,
            ))
        });
        rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let (_folder, new) = place();
    drop(open(&new).unwrap());
    let (_folder, old) = place();
    build(&old, 1);
    drop(open(&old).unwrap());
    assert_eq!(schema(&new), schema(&old));
}

#[test]
fn a_copy_that_cannot_be_made_stops_the_migration() {
    let (_folder, path) = place();
    build(&path, 1);
    fs::write(path.with_file_name("backups"), "a file in the way").unwrap();
    let before = fs::read(&path).unwrap();
    let error = nopenai_domain::Error::from(open(&path).err().unwrap());
    assert_eq!(error.code, nopenai_domain::Code::FileUnavailable);
    assert!(error.message.contains("backups"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_migration_that_fails_leaves_the_version_before_whole() {
    let (_folder, path) = place();
    build(&path, 1);
    let in_the_way = Connection::open(&path).unwrap();
    in_the_way.execute_batch("CREATE TABLE price (theirs)").unwrap();
    drop(in_the_way);
    assert!(open(&path).is_err());
    let connection = Connection::open(&path).unwrap();
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("PRAGMA user_version"), 2, "the one before it is done");
    assert_eq!(number("SELECT count(*) FROM prompt_history"), 4);
    assert_eq!(number("SELECT count(*) FROM sqlite_schema WHERE name = 'mode'"), 0, "not half");
    let backup = path.with_file_name("backups").join("studio-v1-19700101T000000.db");
    holds_the_old(&backup, 1);

    connection.execute_batch("DROP TABLE price").unwrap();
    drop(connection);
    assert_eq!(open(&path).unwrap().migrated().unwrap().from, 2);
}
