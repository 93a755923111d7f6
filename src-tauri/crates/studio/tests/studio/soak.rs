//! Many runs with everything that can happen to them: `cargo xtask soak engine`
//! does 500, and a short one is done each time.

use crate::fixture::{App, MODEL, launcher};
use serde_json::{Value, json};
use std::{
    env, fs,
    process::{self, Command},
    sync::Arc,
    time::Instant,
};

const ROUNDS: &str = "NOPENAI_SOAK_ROUNDS";
const RESULT: &str = "NOPENAI_SOAK_RESULT";

/// What may be more at the end than after the first tenth, bytes.
const GROWTH: u64 = 64 << 20;

/// What happens to a run.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Left,
    Cancelled,
    Killed,
    Unloaded,
}

const FATES: [Fate; 4] = [Fate::Left, Fate::Cancelled, Fate::Killed, Fate::Unloaded];

/// Resident memory of this process, bytes (proc_pid_status(5)).
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Processes of the engine that this one has started and that live.
fn workers() -> usize {
    let own = process::id().to_string();
    let stats = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // After the name in parentheses: state, parent (proc_pid_stat(5)).
        let (name, rest) = stat.rsplit_once(')')?;
        let mut rest = rest.split_whitespace();
        let (state, parent) = (rest.next()?, rest.next()?);
        (name.contains("nopenai-worker") && state != "Z" && parent == own).then_some(())
    });
    stats.count()
}

async fn live(app: &Arc<App>, fate: Fate) -> Value {
    if fate == Fate::Unloaded {
        // Not there after a kill, until it is asked for again.
        let _ = app.call("unload_model", json!({ "model": MODEL })).await;
    }
    if matches!(fate, Fate::Left | Fate::Unloaded) {
        let input = json!({
            "model": MODEL, "prompt": "Name a colour.", "parameters": { "max_tokens": 8 },
        });
        return app.run(input).await.0.unwrap();
    }
    let process = app.load(MODEL).await["process_id"].as_u64().unwrap();
    let (studio, handle) = (app.clone(), tokio::runtime::Handle::current());
    app.run_and(3, move |run| match fate {
        Fate::Killed => {
            let killed = Command::new("kill").args(["-9", &process.to_string()]).status();
            assert!(killed.unwrap().success());
        }
        _ => {
            let (studio, run) = (studio.clone(), run.to_owned());
            handle.spawn(async move { studio.call("cancel_run", json!({ "run": run })).await });
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_cancelled_killed_and_unloaded_leave_nothing_behind() {
    let rounds: u32 = env::var(ROUNDS).map_or(8, |rounds| rounds.parse().unwrap());
    let began = Instant::now();
    let app = Arc::new(App::start_with_runtimes(launcher()));
    let mut ended = [0_u32; FATES.len()];
    let mut early = 0;
    for round in 0..rounds {
        if round % 8 == 0 {
            app.want(["mistral_rs", "llama_cpp"][(round / 8 % 2) as usize]).await;
        }
        let at = (round % 4) as usize;
        let run = live(&app, FATES[at]).await;
        let expected = ["completed", "stopped", "failed", "completed"][at];
        assert_eq!(run["outcome"], expected, "round {round}: {run:#}");
        ended[at] += 1;
        assert!(workers() <= 1, "round {round}: {} workers", workers());
        if round == rounds / 10 {
            early = resident();
        }
    }
    let late = resident();
    assert!(late < early + GROWTH, "{early} bytes became {late}");
    // A restart after the last kill may be under way.
    let _ = app.call("unload_model", json!({ "model": MODEL })).await;
    app.studio.shut_down().await;
    assert_eq!(workers(), 0, "no process is left");
    if let Some(file) = env::var_os(RESULT) {
        let figures = json!({
            "rounds": rounds,
            "completed": ended[0],
            "cancelled": ended[1],
            "killed_workers": ended[2],
            "unloaded_and_loaded": ended[3],
            "processes_left": 0,
            "resident_early_mb": early / 1_000_000,
            "resident_late_mb": late / 1_000_000,
            "seconds": began.elapsed().as_secs(),
        });
        fs::write(file, format!("{figures:#}\n")).unwrap();
    }
}
