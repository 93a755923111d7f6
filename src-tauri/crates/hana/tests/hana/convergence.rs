//! Whatever several people do, and whatever is lost between: in the end all have
//! the same, and nothing that was acknowledged is gone.

use crate::{
    fixture::{Contents, Workstation, a_mode},
    model::{Fault, Model},
};
use nopenai_domain::{PageRequest, PromptSet, PromptSetId, PromptSetItem, RunId, Timestamp};
use nopenai_hana::sync::Server;
use nopenai_store::sync::{TABLES, table};
use proptest::{prelude::*, test_runner::Config};
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

/// What somebody does, or what happens.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    SaveMode(u8),
    RemoveMode(u8),
    SaveSet(u8),
    RemoveSet(u8),
    Record,
    Rate(u8),
    DeleteRun(u8),
    Sync,
    Fail(u8, u8),
    Skew(i8),
    Reopen,
    Forget,
    Copy,
    Restore,
}

/// What people do.
pub fn an_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (0..3u8).prop_map(Act::SaveMode),
        3 => (0..3u8).prop_map(Act::RemoveMode),
        4 => (0..2u8).prop_map(Act::SaveSet),
        2 => (0..2u8).prop_map(Act::RemoveSet),
        3 => Just(Act::Record),
        3 => any::<u8>().prop_map(Act::Rate),
        2 => any::<u8>().prop_map(Act::DeleteRun),
        10 => Just(Act::Sync),
        5 => (0..3u8, 0..4u8).prop_map(|(kind, after)| Act::Fail(kind, after)),
        2 => (-100..100i8).prop_map(Act::Skew),
        1 => Just(Act::Reopen),
    ]
}

/// What happens to a server besides.
fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        15 => an_act(),
        1 => prop_oneof![Just(Act::Forget), Just(Act::Copy), Just(Act::Restore)],
    ]
}

/// Several people, and what they said.
pub struct Team {
    pub people: Vec<Workstation>,
    pub server: Arc<dyn Server>,
    /// Every text anybody saved, which are all different.
    said: BTreeSet<String>,
    /// Those that were replaced or deleted by somebody who saw them.
    superseded: BTreeSet<String>,
    runs: Vec<RunId>,
}

impl Team {
    pub fn new(people: usize, server: Arc<dyn Server>) -> Self {
        Self {
            people: (0..people).map(|_| Workstation::new()).collect(),
            server,
            said: BTreeSet::new(),
            superseded: BTreeSet::new(),
            runs: Vec::new(),
        }
    }

    fn something_new(&mut self) -> String {
        let text = format!("said {}", self.said.len());
        self.said.insert(text.clone());
        text
    }

    pub async fn act(&mut self, who: usize, act: Act) {
        match act {
            Act::SaveMode(which) => self.save_mode(who, &format!("mode{which}")).await,
            Act::RemoveMode(which) => {
                let id = format!("mode{which}");
                self.supersede_mode(who, &id).await;
                let id = nopenai_domain::ModeId(id);
                self.people[who].store.modes().remove(id).await.unwrap();
            }
            Act::SaveSet(which) => self.save_set(who, which).await,
            Act::RemoveSet(which) => self.remove_set(who, which).await,
            Act::Record => {
                let text = self.something_new();
                let run = self.people[who].record(&text, "answer").await;
                self.runs.push(run);
            }
            Act::Rate(which) => {
                let Some(run) = self.a_run(which) else { return };
                let rating = Some(which % 5 + 1);
                // It may not have come to this one yet.
                let _ = self.people[who].store.history().rate(run, rating).await;
            }
            Act::DeleteRun(which) => {
                let Some(run) = self.a_run(which) else { return };
                let history = self.people[who].store.history();
                if let Ok(found) = history.get(run).await {
                    self.superseded.insert(found.prompt);
                    history.delete(vec![run]).await.unwrap();
                }
            }
            Act::Skew(hours) => {
                let skew = i64::from(hours) * 3_600_000_000;
                self.people[who].clock.0.store(skew, Ordering::Relaxed);
            }
            Act::Reopen => self.people[who].reopen(),
            Act::Sync | Act::Fail(..) => {
                let server = self.server.clone();
                let _ = self.people[who].sync(&server).await;
            }
            Act::Forget | Act::Copy | Act::Restore => {}
        }
    }

    fn a_run(&self, which: u8) -> Option<RunId> {
        let runs = self.runs.len();
        (runs > 0).then(|| self.runs[usize::from(which) % runs])
    }

    async fn supersede_mode(&mut self, who: usize, id: &str) {
        let modes = self.people[who].store.modes().list().await.unwrap();
        let seen = modes.into_iter().filter(|mode| mode.id.0 == id);
        self.superseded.extend(seen.map(|mode| mode.description));
    }

    async fn save_mode(&mut self, who: usize, id: &str) {
        self.supersede_mode(who, id).await;
        let description = self.something_new();
        let mode = nopenai_domain::Mode { description, ..a_mode(id, id) };
        self.people[who].store.modes().save(mode).await.unwrap();
    }

    /// Everybody's sets have the same two names, and each person's other keys.
    fn set_id(who: usize, which: u8) -> PromptSetId {
        PromptSetId(format!("0190aaaa-0000-7000-8000-00{which:02}0000000{}", who % 2))
    }

    async fn save_set(&mut self, who: usize, which: u8) {
        let id = Self::set_id(who, which);
        let store = self.people[who].store.clone();
        let sets = store.prompt_sets().list().await.unwrap();
        let seen = sets.iter().find(|set| set.id == id);
        self.superseded.extend(seen.map(|set| set.description.clone()));
        let name = seen.map_or_else(|| format!("Set {which}"), |set| set.name.clone());
        let description = self.something_new();
        let set = PromptSet {
            id,
            name,
            description: description.clone(),
            licence: String::new(),
            capability: None,
            shipped: false,
            revision: 0,
            changed_at: Timestamp(5),
            items: 0,
            expecting: 0,
            judged: 0,
        };
        let item = PromptSetItem {
            position: 1,
            prompt: description.clone(),
            system: None,
            expectation: None,
        };
        // The name may be another set's here: then nothing was saved.
        if store.prompt_sets().save(set, vec![item]).await.is_err() {
            self.said.remove(&description);
            self.said.insert(format!("{description}, in vain"));
            self.superseded.insert(format!("{description}, in vain"));
        }
    }

    async fn remove_set(&mut self, who: usize, which: u8) {
        let id = Self::set_id(who, which);
        let sets = self.people[who].store.prompt_sets();
        let found = sets.list().await.unwrap().into_iter().find(|set| set.id == id);
        if let Some(set) = found {
            self.superseded.insert(set.description);
            sets.remove(id).await.unwrap();
        }
    }

    /// Until nobody has anything new.
    pub async fn settle(&mut self) {
        // A set that was deleted goes for good at the next start, with its items.
        for person in &mut self.people {
            person.reopen();
        }
        for _ in 0..30 {
            let mut moved = 0;
            for person in &self.people {
                let cycle = person.sync(&self.server).await.unwrap();
                moved += cycle.pushed + cycle.pulled;
            }
            if moved == 0 {
                return;
            }
        }
        panic!("it never settles");
    }

    /// All have the same, and nothing is gone.
    pub async fn is_one(&self) -> Contents {
        let contents = self.people[0].contents().await;
        for person in &self.people[1..] {
            let theirs = person.contents().await;
            for ((table, mine), (_, theirs)) in contents.iter().zip(&theirs) {
                assert_eq!(mine, theirs, "{}", table.local);
            }
        }
        for person in &self.people {
            assert_eq!(person.store.sync().waiting().await.unwrap(), 0);
            assert_eq!(person.store.sync().problems(9).await.unwrap(), []);
        }
        let everything = format!("{contents:?}");
        for text in self.said.difference(&self.superseded) {
            let quoted = [format!("\"{text}\""), format!("\\\"{text}\\\"")];
            let is_there = quoted.iter().any(|quoted| everything.contains(quoted));
            assert!(is_there, "{text:?} is gone");
        }
        contents
    }
}

async fn play(acts: &[(usize, Act)]) {
    let model = Arc::new(Model::new());
    let mut team = Team::new(3, model.clone());
    let mut copy = model.copy();
    for (who, act) in acts {
        match act {
            Act::Fail(kind, after) => {
                let kinds = [Fault::BeforeCommit, Fault::AfterCommit, Fault::AtPage];
                model.will(Some((kinds[usize::from(*kind)], u32::from(*after))));
            }
            Act::Forget => model.forget(),
            Act::Copy => copy = model.copy(),
            Act::Restore => model.restore(copy.clone()),
            _ => {}
        }
        team.act(*who, *act).await;
        model.will(None);
    }
    team.settle().await;
    let contents = team.is_one().await;
    for (table, rows) in &contents {
        let mut server = model.contents(table);
        let mut rows = rows.clone();
        server.sort_by(|a, b| a.0.cmp(&b.0));
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(rows, server, "{}", table.local);
    }
    let conflicts = contents.iter().find(|(t, _)| *t == table("sync_conflict").unwrap());
    assert!(conflicts.is_some() && contents.len() == TABLES.len());
}

/// Whoever deletes a set has seen what it was; what a colleague adds meanwhile, the
/// deletion does not take along, whichever was later and whoever sends first.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_leaves_what_a_colleague_added_meanwhile() {
    for (adds_later, adds_first) in [(true, true), (true, false), (false, true), (false, false)] {
        let server: Arc<dyn Server> = Arc::new(Model::new());
        let mut team = Team::new(2, server.clone());
        team.save_set(0, 0).await;
        team.people[0].sync(&server).await.unwrap();
        team.people[1].sync(&server).await.unwrap();
        let hour = 3_600_000_000;
        let skew = if adds_later { hour } else { -hour };
        team.people[1].clock.0.store(skew, Ordering::Relaxed);
        let id = Team::set_id(0, 0);
        team.people[0].store.prompt_sets().remove(id.clone()).await.unwrap();
        let sets = team.people[1].store.prompt_sets();
        let set = sets.list().await.unwrap().into_iter().find(|set| set.id == id).unwrap();
        let prompt = |position, text: &str| PromptSetItem {
            position,
            prompt: text.to_owned(),
            system: None,
            expectation: None,
        };
        let items = vec![prompt(1, "of before"), prompt(2, "added")];
        sets.save(set, items.clone()).await.unwrap();
        let order = if adds_first { [1, 0] } else { [0, 1] };
        for who in order {
            team.people[who].sync(&server).await.unwrap();
        }
        team.settle().await;
        team.is_one().await;
        for person in &team.people {
            let sets = person.store.prompt_sets();
            let set = sets.list().await.unwrap().into_iter().find(|set| set.id == id).unwrap();
            let page = PageRequest { limit: 9, after: None };
            let found = sets.items(id.clone(), set.revision, page).await.unwrap();
            assert_eq!(found.items, items, "{adds_later} {adds_first}");
            let conflicts = person.store.sync().conflicts(9).await.unwrap();
            assert!(
                conflicts.len() == 1 && conflicts[0].row.is_none(),
                "the deletion can be redone"
            );
        }
        let conflict = team.people[0].store.sync().conflicts(9).await.unwrap().remove(0);
        team.people[0].store.sync().restore_conflict(conflict.key).await.unwrap();
        team.settle().await;
        for person in &team.people {
            let sets = person.store.prompt_sets().list().await.unwrap();
            assert!(sets.iter().all(|set| set.id != id), "deleted, having seen it");
        }
    }
}

/// A data folder that is copied is another workstation from then on: both go on,
/// and what both change at the same clock is told apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_data_folder_is_another_workstation() {
    let server: Arc<dyn Server> = Arc::new(Model::new());
    let (kept, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = Workstation::at(kept.path());
    one.save_mode("m", "sent").await;
    one.sync(&server).await.unwrap();
    one.save_mode("w", "waits").await;
    // What ends brings its log into the file.
    drop(one);
    let path = |folder: &tempfile::TempDir| folder.path().join("studio.db");
    std::fs::copy(path(&kept), path(&folder)).unwrap();
    let original = Workstation::at(kept.path());
    let copy = Workstation::at(folder.path());
    let identities = [&original, &copy].map(|person| person.store.sync().workstation());
    assert_ne!(identities[0], identities[1]);
    for person in [&original, &copy] {
        assert_eq!(person.sync(&server).await.unwrap().conflicts, 0, "the same waited in both");
    }
    assert_eq!(original.contents().await, copy.contents().await);
    original.save_mode("m", "original's").await;
    copy.save_mode("m", "copy's").await;
    let mut conflicts = 0;
    for person in [&original, &copy, &original] {
        conflicts += person.sync(&server).await.unwrap().conflicts;
    }
    assert_eq!(conflicts, 1);
    assert_eq!(original.contents().await, copy.contents().await);

    // Opened again, or moved, each is who it was.
    drop(original.store);
    let elsewhere = kept.path().with_extension("moved");
    std::fs::rename(kept.path(), &elsewhere).unwrap();
    let moved = Workstation::at(&elsewhere);
    assert_eq!(moved.store.sync().workstation(), identities[0]);
    drop(moved.store);
    std::fs::remove_dir_all(&elsewhere).unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(Config { cases: 40, ..Config::default() })]

    #[test]
    fn all_come_to_the_same_and_nothing_is_lost(
        acts in prop::collection::vec((0..3usize, an_act()), 10..90),
    ) {
        runtime().block_on(play(&acts));
    }

    #[test]
    fn so_they_do_with_a_server_that_forgets_or_is_restored(
        acts in prop::collection::vec((0..3usize, any_act()), 10..90),
    ) {
        runtime().block_on(play(&acts));
    }
}
