//! Pulling page after page.

use super::{
    engine::{Changed, Result, Running, Stage, Step, stage, text},
    server::{Page, Place, Source},
};
use nopenai_domain::Timestamp;
use nopenai_store::sync::{ServerRow, SyncState};

/// A page has at most so many rows. A commit has no more either, so that most pages
/// are one.
const PAGE_ROWS: u32 = 4000;

/// Rows brought in by one local transaction: other writes wait for no more.
const TOGETHER: usize = 1000;

/// In how many commits rows are looked for at first.
const FIRST_WIDTH: i64 = 64;

/// Up to where is pulled.
struct Ahead {
    ceiling: i64,
    token: Option<String>,
    remove: bool,
}

impl Ahead {
    fn stage(&self, source: usize, place: Place) -> Stage {
        let Self { ceiling, token, remove } = self;
        Stage::Pull { ceiling: *ceiling, token: token.clone(), source, place, remove: *remove }
    }
}

/// The commits a page is looked for in: for each page the server sorts the rows
/// of those, instead of all that are ahead.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    place: Place,
    width: i64,
}

impl Window {
    /// Its last commit.
    fn last(&self, ceiling: i64) -> i64 {
        self.place.number.saturating_add(self.width).min(ceiling)
    }

    /// The window behind its page; none when there is no more. About as many
    /// commits as a page has rows of.
    fn behind(self, page: &Page, ceiling: i64) -> Option<Self> {
        let last = self.last(ceiling);
        match page.rows.last() {
            Some((_, end)) if page.more => {
                let width = (end.number - self.place.number).max(1);
                Some(Self { place: end.clone(), width })
            }
            _ if last >= ceiling => None,
            _ => {
                let is_wide = page.rows.len() > PAGE_ROWS as usize / 2;
                let width = if is_wide { self.width } else { self.width.saturating_mul(2) };
                Some(Self { place: Place { number: last, key: None }, width })
            }
        }
    }
}

impl Running<'_> {
    /// Brings in all that is new; resumes where it was.
    pub(super) async fn pull(&self, state: &mut SyncState) -> Result<Result<u64, Changed>> {
        let (ceiling, token, source, place, remove) = match stage(state) {
            Some(Stage::Pull { ceiling, token, source, place, remove }) if ceiling > 0 => {
                (ceiling, token, source, place, remove)
            }
            begun => {
                let remove = matches!(begun, Some(Stage::Pull { remove: true, .. }));
                let (head, _) = self.ask(|server| server.head(0)).await?;
                let ceiling = head.number;
                let (_, token) = self.ask(move |server| server.head(ceiling)).await?;
                (ceiling, token, 0, Place { number: state.number, key: None }, remove)
            }
        };
        let mut pulled = 0;
        if ceiling > state.number {
            let ahead = Ahead { ceiling, token: token.clone(), remove };
            pulled = self.pull_sources(&ahead, state.number, source, place).await?;
        }
        let (head, now) = self.ask(move |server| server.head(ceiling)).await?;
        let same = state.server.as_ref() == Some(&head.server)
            && state.epoch.as_ref() == Some(&head.epoch)
            && now == token;
        if !same {
            return Ok(Err(Changed));
        }
        if remove {
            self.remove_missing().await?;
        }
        let now = self.engine.store.clock().now();
        *state = SyncState {
            number: ceiling.max(state.number),
            token: if ceiling >= state.number { token } else { state.token.clone() },
            progress: None,
            last_success: Some(Timestamp(now.0)),
            ..state.clone()
        };
        self.engine.sync.set_state(state.clone()).await?;
        Ok(Ok(pulled))
    }

    /// Removes what is gone at the server. A row that a full pull hasn't come by
    /// may also have been written again, with a number beyond the pull's end.
    async fn remove_missing(&self) -> Result<()> {
        loop {
            self.check()?;
            let missing = self.engine.sync.missing(PAGE_ROWS as usize).await?;
            if missing.is_empty() {
                return Ok(());
            }
            let tables = self.engine.sync.tables();
            let found = self.ask(move |server| {
                let mut transaction = server.begin()?;
                let mut found = Vec::new();
                for table in tables {
                    let of_table = missing.iter().filter(|(other, _)| *other == table);
                    let keys: Vec<&str> = of_table.map(|(_, key)| key.as_str()).collect();
                    if keys.is_empty() {
                        continue;
                    }
                    let there = transaction.versions(table, &keys)?;
                    found.extend(
                        keys.iter().map(|key| (table, (*key).to_owned(), there.contains_key(*key))),
                    );
                }
                Ok(found)
            });
            self.engine.sync.settle_missing(found.await?).await?;
        }
    }

    async fn pull_sources(
        &self,
        ahead: &Ahead,
        from: i64,
        first: usize,
        mut place: Place,
    ) -> Result<u64> {
        let mut pulled = 0;
        let tables = self.engine.sync.tables();
        for index in first..=tables.len() {
            let source = tables.get(index).map_or(Source::Tombstones, Source::Table);
            let first = Window { place, width: FIRST_WIDTH };
            let mut next = self.read(source, first, ahead.ceiling).await?;
            while let Some((rows, window)) = next {
                // The server reads the next page while this one is written.
                let following = async {
                    match window {
                        Some(window) => self.read(source, window, ahead.ceiling).await,
                        None => Ok(None),
                    }
                };
                let (brought, following) = tokio::join!(self.bring(ahead, index, rows), following);
                pulled += brought?;
                next = following?;
            }
            place = Place { number: from, key: None };
        }
        Ok(pulled)
    }

    /// Brings rows of a source in, and remembers up to which.
    async fn bring(
        &self,
        ahead: &Ahead,
        source: usize,
        mut rows: Vec<(ServerRow, Place)>,
    ) -> Result<u64> {
        let mut all = 0;
        while !rows.is_empty() {
            self.check()?;
            let rest = rows.split_off(rows.len().min(TOGETHER));
            let (part, places): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            let progress = places.last().and_then(|end| text(&ahead.stage(source, end.clone())));
            let brought = self.engine.sync.apply(part, progress).await?;
            self.step(Step::Pulled(brought));
            all += brought;
            rows = rest;
        }
        Ok(all)
    }

    /// The next rows of a source and the window behind them; none when there are no
    /// more.
    async fn read(
        &self,
        source: Source,
        mut window: Window,
        ceiling: i64,
    ) -> Result<Option<(Vec<(ServerRow, Place)>, Option<Window>)>> {
        loop {
            self.check()?;
            let (place, last) = (window.place.clone(), window.last(ceiling));
            let page = self.ask(move |server| server.page(source, &place, last, PAGE_ROWS)).await?;
            let behind = window.behind(&page, ceiling);
            if !page.rows.is_empty() {
                return Ok(Some((page.rows, behind)));
            }
            match behind {
                Some(next) => window = next,
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nopenai_domain::WorkstationId;
    use nopenai_store::sync::{Version, table};
    use proptest::{collection::vec, prelude::*};

    /// What a server with so many rows in each commit gives: a page, and how many
    /// rows it had to look at.
    fn page(commits: &[u32], place: &Place, last: i64) -> (Page, usize) {
        let row = |number: i64, n: u32| {
            let version = Version { clock: 1, workstation: WorkstationId::generate() };
            let key = format!("{n:05}");
            let at = Place { number, key: Some(vec![key.clone().into()]) };
            (ServerRow { table: table("mode").unwrap(), key, version, row: None }, at)
        };
        let order = |place: &Place| (place.number, format!("{:?}", place.key));
        let looked_at = (1..).zip(commits).filter(|(number, _)| {
            (place.number..=last).contains(number)
                && (place.key.is_some() || *number > place.number)
        });
        let mut rows: Vec<_> =
            looked_at.flat_map(|(number, rows)| (0..*rows).map(move |n| row(number, n))).collect();
        let seen = rows.len();
        rows.retain(|(_, at)| place.key.is_none() || order(at) > order(place));
        let more = rows.len() > PAGE_ROWS as usize;
        rows.truncate(PAGE_ROWS as usize);
        (Page { rows, more }, seen)
    }

    /// All rows as they come, and how many the server looked at.
    fn everything(commits: &[u32]) -> (Vec<Place>, usize) {
        let ceiling = commits.len() as i64;
        let place = Place { number: 0, key: None };
        let mut next = Some(Window { place, width: FIRST_WIDTH });
        let (mut all, mut looked_at) = (Vec::new(), 0);
        while let Some(window) = next {
            let (page, seen) = page(commits, &window.place, window.last(ceiling));
            looked_at += seen;
            next = window.behind(&page, ceiling);
            all.extend(page.rows.into_iter().map(|(_, place)| place));
        }
        (all, looked_at)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_row_comes_once_and_in_order(
            commits in vec(prop_oneof![4 => Just(0), 4 => 0..50u32, 1 => 0..9000u32], 0..60),
        ) {
            let (all, _) = everything(&commits);
            prop_assert_eq!(all.len() as u32, commits.iter().sum::<u32>());
            let order = |place: &Place| (place.number, format!("{:?}", place.key));
            prop_assert!(all.windows(2).all(|two| order(&two[0]) < order(&two[1])));
        }
    }

    #[test]
    fn a_server_looks_at_a_row_a_few_times_however_many_there_are() {
        for commits in [vec![4000; 250], vec![10; 20_000], vec![0; 1_000_000]] {
            let (all, looked_at) = everything(&commits);
            // But for the first window, which knows nothing of them.
            assert!(looked_at < 3 * all.len() + 64 * 4000, "{looked_at} for {}", all.len());
        }
    }
}
