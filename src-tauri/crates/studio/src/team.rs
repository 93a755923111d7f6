//! What is shared with a team, in the background: connects by the active profile,
//! brings both sides to the same rows, and tells how that goes.

use crate::{Studio, studio::WeakStudio};
use nopenai_domain::{ConnectionProfile, Error, ProfileId, Result, ServerKind, Timestamp};
use nopenai_hana::{
    Backoff, Credentials, Interrupt, Limits, Pool, PoolStatus, SessionFactory, find_driver,
    sync::{Cycle, Engine, Remote, Step},
};
use nopenai_secrets::{Name, Secret, Secrets};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// How soon a change here is sent.
const LOOK_FOR_CHANGES: Duration = Duration::from_secs(2);

/// How often the server is asked for what is new.
const PULL_EVERY: Duration = Duration::from_secs(10);

/// Deletions are remembered by the server for so long, µs: half a year. A
/// workstation that was away longer compares everything.
const REMEMBERED: i64 = 180 * 24 * 3_600_000_000;

/// How often it is looked for deletions to forget.
const FORGET_EVERY: Duration = Duration::from_secs(24 * 3600);

/// After failures the server is tried again after so long, doubling, with jitter.
const OFFLINE: Backoff =
    Backoff { first: Duration::from_secs(5), longest: Duration::from_secs(120), attempts: 1 };

/// What the sync is at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncPhase {
    /// No profile is active: everything stays on this machine.
    #[default]
    None,
    /// The server is being reached, or compared with.
    Connecting,
    /// Rows are on their way.
    Syncing,
    /// All that is here is there, and the other way round.
    Synced,
    /// The server isn't reached; it is tried again.
    Offline,
    /// Something a person must see to; it is tried again when the profile
    /// changes, or by hand.
    Error,
}

/// What waits and what is wrong, of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableSync {
    /// The table's name at the server.
    pub table: String,
    /// Rows that wait to be sent.
    pub pending: u64,
    /// Rows that can't be sent as they are.
    pub refused: u64,
}

/// How the sync goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct SyncStatus {
    /// What it is at.
    pub phase: SyncPhase,
    /// The active profile's name.
    pub profile: Option<String>,
    /// What it connects to.
    pub server: Option<ServerKind>,
    /// Rows that wait to be sent.
    pub pending: u64,
    /// Rows that can't be sent as they are.
    pub refused: u64,
    /// Rows of the server that can't be kept here yet.
    pub waiting: u64,
    /// Conflicts nobody has looked at.
    pub conflicts: u64,
    /// Rows sent since the application began.
    pub pushed: u64,
    /// Rows brought here since the application began.
    pub pulled: u64,
    /// Rows per second, both ways, of the latest exchange.
    pub rows_per_s: Option<f64>,
    /// When both sides were last the same.
    pub last_success: Option<Timestamp>,
    /// Why it is offline or in error.
    pub problem: Option<Error>,
    /// The connections.
    pub pool: PoolStatus,
    /// Tables with rows that wait or are refused.
    pub tables: Vec<TableSync>,
}

/// The active connection.
#[derive(Clone)]
struct Active {
    profile: ConnectionProfile,
    remote: Arc<Remote>,
}

/// The sync in the background.
pub(crate) struct Team {
    status: watch::Sender<SyncStatus>,
    secrets: Secrets,
    home: Option<PathBuf>,
    active: Mutex<Option<Active>>,
    wake: Notify,
    /// A person asked: it is tried whatever happened before.
    asked: AtomicBool,
    cancel: Mutex<CancellationToken>,
    /// Of the latest deployment.
    deployment: Mutex<Interrupt>,
    forgot_at: Mutex<Option<Instant>>,
    pushed: AtomicU64,
    pulled: AtomicU64,
}

impl Team {
    /// One that does nothing until [`run`].
    pub fn new(secrets: Secrets, home: Option<PathBuf>) -> Self {
        Self {
            status: watch::Sender::default(),
            secrets,
            home,
            active: Mutex::new(None),
            wake: Notify::new(),
            asked: AtomicBool::new(false),
            cancel: Mutex::new(CancellationToken::new()),
            deployment: Mutex::new(Interrupt::default()),
            forgot_at: Mutex::new(None),
            pushed: AtomicU64::new(0),
            pulled: AtomicU64::new(0),
        }
    }

    /// How it goes, now and as it changes.
    pub fn subscribe(&self) -> watch::Receiver<SyncStatus> {
        self.status.subscribe()
    }

    /// Does it now, whatever happened before.
    pub fn sync_now(&self) {
        self.asked.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// The profile or its password is another one: what is under way ends, and
    /// connections are made anew.
    pub fn profile_changed(&self) {
        self.cancel();
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(active) = active {
            active.remote.pool().clear();
        }
        self.sync_now();
    }

    /// What ends the deployment that begins now.
    pub fn begin_deployment(&self) -> Interrupt {
        let interrupt = Interrupt::default();
        *self.deployment.lock().unwrap_or_else(PoisonError::into_inner) = interrupt.clone();
        interrupt
    }

    /// Ends a deployment, at the server too.
    pub fn cancel_deployment(&self) {
        self.deployment.lock().unwrap_or_else(PoisonError::into_inner).stop();
    }

    /// Ends an exchange, at the server too.
    pub fn cancel(&self) {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    fn new_cancel(&self) -> CancellationToken {
        let token = CancellationToken::new();
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = token.clone();
        token
    }

    /// The keyring's name of a profile's password.
    pub fn password_name(profile: ProfileId) -> Name {
        Name::of("database", &profile.to_string())
    }

    /// The secrets of this user.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// What convinces a profile's server: the password given, or the kept one.
    ///
    /// # Errors
    /// When there is no driver, or no password.
    pub async fn credentials(
        &self,
        profile: &ConnectionProfile,
        given: Option<Secret>,
    ) -> Result<Credentials> {
        let driver = find_driver(profile, self.home.as_deref()).map_err(Error::from)?;
        let password = match given {
            Some(password) => password,
            None => {
                let found = self.secrets.find(Self::password_name(profile.id)).await?;
                let (_, password) = found.ok_or_else(|| {
                    Error::new(
                        nopenai_domain::Code::AccessDenied,
                        "There is no password for this profile: type it in the profile.",
                    )
                })?;
                password
            }
        };
        Ok(Credentials { profile: profile.clone(), password, driver })
    }

    /// The connection of a profile, kept while it stays the same.
    async fn connect(&self, profile: &ConnectionProfile) -> Result<Arc<Remote>> {
        let kept = self.active.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|kept| kept.profile == *profile) {
            return Ok(kept.remote);
        }
        let credentials = self.credentials(profile, None).await?;
        let pool = Pool::new(SessionFactory::new(credentials), Limits::default());
        let remote = Arc::new(Remote::new(pool));
        let active = Active { profile: profile.clone(), remote: remote.clone() };
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = Some(active);
        Ok(remote)
    }

    /// Counts what moves, while it does.
    fn step(&self, step: Step) {
        let (pushed, pulled) = match step {
            Step::Preparing => (0, 0),
            Step::Pushed(rows) => (rows, 0),
            Step::Pulled(rows) => (0, rows),
        };
        let pushed_in_all = self.pushed.fetch_add(pushed, Ordering::Relaxed) + pushed;
        let pulled_in_all = self.pulled.fetch_add(pulled, Ordering::Relaxed) + pulled;
        self.status.send_modify(|status| {
            status.phase = SyncPhase::Syncing;
            status.pending = status.pending.saturating_sub(pushed);
            (status.pushed, status.pulled) = (pushed_in_all, pulled_in_all);
        });
    }

    fn is_time_to_forget(&self) -> bool {
        let mut forgot_at = self.forgot_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = forgot_at.is_none_or(|at| at.elapsed() >= FORGET_EVERY);
        if is_time {
            *forgot_at = Some(Instant::now());
        }
        is_time
    }

    fn phase(&self, phase: SyncPhase) {
        self.status.send_if_modified(|status| std::mem::replace(&mut status.phase, phase) != phase);
    }

    fn pool_status(&self) -> PoolStatus {
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        active.as_ref().map(|active| active.remote.pool().status()).unwrap_or_default()
    }

    /// Tells what is counted, whatever the phase; gives how many rows wait.
    async fn tell(&self, studio: &Studio, profile: &ConnectionProfile) -> Result<u64> {
        let sync = studio.store().sync();
        let counts = sync.counts().await?;
        let state = sync.state().await?;
        let pending = counts.iter().map(|count| count.pending).sum();
        let told = SyncStatus {
            profile: Some(profile.name.clone()),
            server: Some(profile.kind),
            pending,
            refused: counts.iter().map(|count| count.refused).sum(),
            waiting: sync.waiting().await?,
            conflicts: sync.open_conflicts().await?,
            pushed: self.pushed.load(Ordering::Relaxed),
            pulled: self.pulled.load(Ordering::Relaxed),
            last_success: state.last_success,
            pool: self.pool_status(),
            tables: counts
                .iter()
                .filter(|count| count.pending + count.refused > 0)
                .map(|count| TableSync {
                    table: count.table.remote.to_owned(),
                    pending: count.pending,
                    refused: count.refused,
                })
                .collect(),
            ..SyncStatus::default()
        };
        self.status.send_if_modified(|status| {
            let told = SyncStatus {
                phase: status.phase,
                problem: status.problem.clone(),
                rows_per_s: status.rows_per_s,
                ..told
            };
            let changed = *status != told;
            *status = told;
            changed
        });
        Ok(pending)
    }
}

/// When the server is asked next.
struct Schedule {
    failures: u32,
    pulled_at: Option<Instant>,
    not_before: Instant,
}

impl Schedule {
    fn now() -> Self {
        Self { failures: 0, pulled_at: None, not_before: Instant::now() }
    }

    fn is_due(&self, pending: u64) -> bool {
        let pull = self.pulled_at.is_none_or(|at| at.elapsed() >= PULL_EVERY);
        Instant::now() >= self.not_before && (pull || pending > 0)
    }

    fn ended(&mut self, well: bool) {
        self.pulled_at = Some(Instant::now());
        self.failures = if well { 0 } else { self.failures + 1 };
        if self.failures > 0 {
            self.not_before = Instant::now() + OFFLINE.delay(self.failures, &mut rand::rng());
        }
    }
}

/// Keeps both sides the same for as long as the studio is open.
pub(crate) async fn run(studio: WeakStudio, team: Arc<Team>) {
    let mut schedule = Schedule::now();
    while let Some(studio) = studio.upgrade() {
        if let Err(error) = look(&studio, &mut schedule).await {
            tracing::warn!(%error, "what is shared could not be read");
        }
        drop(studio);
        // Woken or not, it is looked.
        let _ = tokio::time::timeout(LOOK_FOR_CHANGES, team.wake.notified()).await;
    }
}

async fn look(studio: &Studio, schedule: &mut Schedule) -> Result<()> {
    let team = studio.team();
    let asked = team.asked.swap(false, Ordering::Relaxed);
    if asked {
        *schedule = Schedule::now();
    }
    let Some(profile) = studio.store().profiles().active().await? else {
        // All that was ever written may wait then: nobody counts it.
        team.status.send_if_modified(|status| std::mem::take(status).phase != SyncPhase::None);
        return Ok(());
    };
    let pending = team.tell(studio, &profile).await?;
    let is_stuck = !asked && team.status.borrow().phase == SyncPhase::Error;
    if !is_stuck && schedule.is_due(pending) {
        let ended = exchange(studio, &profile).await;
        schedule.ended(conclude(studio, ended));
        team.tell(studio, &profile).await?;
    }
    Ok(())
}

async fn exchange(studio: &Studio, profile: &ConnectionProfile) -> Result<(Cycle, Duration)> {
    let team = studio.team();
    let cancel = team.new_cancel();
    if team.status.borrow().phase != SyncPhase::Synced {
        team.phase(SyncPhase::Connecting);
    }
    let remote = team.connect(profile).await?;
    let engine = Engine::new(studio.store().clone(), remote.clone(), Backoff::default());
    let began = Instant::now();
    let on_step = |step: Step| team.step(step);
    let cycle = engine.cycle(&cancel, &on_step).await.map_err(Error::from)?;
    let took = began.elapsed();
    let forget_before =
        team.is_time_to_forget().then(|| studio.store().clock().now().0 - REMEMBERED);
    let kept = tokio::task::spawn_blocking(move || {
        if let Some(moment) = forget_before {
            remote.forget_before(Timestamp(moment))?;
        }
        remote.pool().maintain()
    });
    if let Ok(Err(error)) = kept.await {
        tracing::info!(%error, "the team's database was exchanged with, but not looked after");
    }
    Ok((cycle, took))
}

/// Tells how an exchange ended; gives whether it did well.
fn conclude(studio: &Studio, ended: Result<(Cycle, Duration)>) -> bool {
    use nopenai_domain::Code;
    let team = studio.team();
    let (phase, problem, rate) = match ended {
        Ok((cycle, took)) => {
            if cycle.pulled > 0 {
                studio.rows_came();
            }
            let rows = cycle.pushed + cycle.pulled;
            let rate = (rows > 0).then(|| rows as f64 / took.as_secs_f64().max(0.001));
            (SyncPhase::Synced, None, rate)
        }
        Err(error) if error.code == Code::Cancelled => (SyncPhase::Connecting, None, None),
        Err(error) => {
            let phase = match error.code {
                Code::Offline => SyncPhase::Offline,
                _ => SyncPhase::Error,
            };
            tracing::info!(%error, "the team's database was not synchronized with");
            (phase, Some(error), None)
        }
    };
    let well = problem.is_none();
    team.status.send_modify(|status| {
        (status.phase, status.problem) = (phase, problem);
        status.rows_per_s = rate.or(status.rows_per_s);
    });
    well
}
