//! The history with a million runs: how fast it is written, searched, paged
//! and exported, and how large it is. Prints one JSON object of figures, and
//! what it is doing on stderr.
//!
//! `NOPENAI_BENCH_ROWS` sets how many runs; `NOPENAI_BENCH_FOLDER` a folder in
//! which the database is kept, and found again, in place of being filled anew.

mod questions;
mod runs;
mod text;
mod words;

use nopenai_domain::{PageRequest, RunQuery, SystemClock};
use nopenai_store::{History, Store};
use questions::Question;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap, env, error::Error, fs, ops::ControlFlow, path::Path, sync::Arc,
    time::Instant,
};
use text::Languages;
use tokio::{sync::Semaphore, task::JoinSet};

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Runs that are written at the same time: the most of one commit.
const IN_FLIGHT: usize = 256;

/// Rows of a page.
const LIMIT: u32 = 50;

/// Pages gone through before a deep one is timed.
const DEEP: usize = 20;

/// Rows exported.
const EXPORTED: u64 = 100_000;

#[tokio::main]
async fn main() -> Result<()> {
    let rows = match env::var("NOPENAI_BENCH_ROWS") {
        Ok(rows) => rows.parse()?,
        Err(_) => 1_000_000,
    };
    let temporary = tempfile::tempdir()?;
    let folder = env::var_os("NOPENAI_BENCH_FOLDER").map(std::path::PathBuf::from);
    let path = folder.as_deref().unwrap_or(temporary.path()).join("studio.db");
    let figures = measure(&path, rows).await?;
    println!("{}", serde_json::to_string_pretty(&figures)?);
    Ok(())
}

async fn measure(path: &Path, rows: i64) -> Result<Map<String, Value>> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let languages = Languages::new(&mut random);
    let mut figures = Map::new();
    let mut keep = |name: &str, figure: f64| figures.insert(name.to_owned(), json!(figure));

    let filled = path.exists();
    let opening = Instant::now();
    let store = Store::open(path, Arc::new(SystemClock))?;
    eprintln!("opened in {:.1} ms", millis(opening));
    let history = store.history();
    if !filled {
        let started = Instant::now();
        fill(&history, &languages, &mut random, rows).await?;
        keep("inserts_per_s", rows as f64 / started.elapsed().as_secs_f64());
    }

    let searches = questions::searches(&languages, &mut random, rows);
    let mut times = Times::default();
    for Question { kind, query } in &searches {
        times.page(&history, kind, query, None).await?;
    }
    times.report("searches");
    keep("search_p50_ms", times.percentile(0.5));
    keep("search_p95_ms", times.percentile(0.95));

    let mut times = Times::default();
    for Question { kind, query } in &questions::pages(rows) {
        let mut next = times.page(&history, kind, query, None).await?;
        for page in 1..=DEEP {
            let Some(after) = next else { break };
            if page == DEEP {
                times.page(&history, &format!("{kind}, deep"), query, Some(after)).await?;
                break;
            }
            let request = PageRequest { limit: LIMIT * 10, after: Some(after) };
            next = history.page(query.clone(), request).await?.next;
        }
    }
    times.report("pages");
    keep("page_p95_ms", times.percentile(0.95));

    let started = Instant::now();
    let exported = export(&history).await?;
    keep("export_rows_per_s", exported as f64 / started.elapsed().as_secs_f64());

    drop((history, store));
    let megabytes = fs::metadata(path)?.len() as f64 / 1e6;
    keep("db_mb_per_100k", megabytes / rows as f64 * 1e5);
    Ok(figures)
}

/// Every run through the same calls as in the application, many at a time.
async fn fill(
    history: &History,
    languages: &Languages,
    random: &mut ChaCha8Rng,
    rows: i64,
) -> Result<()> {
    let places = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut writing: JoinSet<nopenai_store::Result<()>> = JoinSet::new();
    let beginning = Instant::now();
    for number in 0..rows {
        let (started, ended) = runs::run(languages, random, number);
        let place = places.clone().acquire_owned().await?;
        let history = history.clone();
        writing.spawn(async move {
            history.start(started).await?;
            history.finish(ended).await?;
            drop(place);
            Ok(())
        });
        while let Some(written) = writing.try_join_next() {
            written??;
        }
        if (number + 1) % 50_000 == 0 {
            let seconds = beginning.elapsed().as_secs_f64();
            eprintln!("{} runs written in {seconds:.0} s", number + 1);
        }
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    Ok(())
}

async fn export(history: &History) -> Result<u64> {
    let mut left = EXPORTED;
    let each = move |run: nopenai_domain::Run| {
        std::hint::black_box(run.answer.len());
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    Ok(history.export(RunQuery::default(), each).await?)
}

/// How long pages took, milliseconds.
#[derive(Default)]
struct Times {
    all: Vec<f64>,
    kinds: BTreeMap<String, Vec<f64>>,
}

impl Times {
    /// Asks for one page; gives where the following begins.
    async fn page(
        &mut self,
        history: &History,
        kind: &str,
        query: &RunQuery,
        after: Option<String>,
    ) -> Result<Option<String>> {
        let started = Instant::now();
        let page = history.page(query.clone(), PageRequest { limit: LIMIT, after }).await?;
        let time = millis(started);
        self.all.push(time);
        self.kinds.entry(kind.to_owned()).or_default().push(time);
        if time > 20.0 {
            let search = query.filter.search.as_deref().unwrap_or_default();
            eprintln!("{time:.1} ms: {kind} {search:?}, {} rows", page.items.len());
        }
        Ok(page.next)
    }

    fn percentile(&self, share: f64) -> f64 {
        percentile(&self.all, share)
    }

    fn report(&self, name: &str) {
        eprintln!(
            "{} {name}: P50 {:.2} ms, P95 {:.2} ms, P99 {:.2} ms, most {:.2} ms",
            self.all.len(),
            self.percentile(0.5),
            self.percentile(0.95),
            self.percentile(0.99),
            self.percentile(1.0),
        );
        for (kind, times) in &self.kinds {
            let (half, most) = (percentile(times, 0.5), percentile(times, 1.0));
            eprintln!("  {kind}: P50 {half:.2} ms, most {most:.2} ms");
        }
    }
}

fn percentile(times: &[f64], share: f64) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let at = (times.len() as f64 * share).ceil() as usize;
    times.get(at.max(1) - 1).copied().unwrap_or(f64::NAN)
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
