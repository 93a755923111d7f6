use super::import::{SetFormat, parse_set};
use nopenai_domain::{
    Capability, Error, PageRequest, PromptSet, PromptSetId, PromptSetItem, Result,
};
use nopenai_store::Store;
use serde::Deserialize;

const SETS: &str = include_str!("../../../../../assets/evaluations/sets.json");

/// The shipped sets' items, by the name of their capability.
const ITEMS: [(&str, &str); 5] = [
    ("math", include_str!("../../../../../assets/evaluations/math.jsonl")),
    ("coding", include_str!("../../../../../assets/evaluations/coding.jsonl")),
    ("reasoning", include_str!("../../../../../assets/evaluations/reasoning.jsonl")),
    ("arabic", include_str!("../../../../../assets/evaluations/arabic.jsonl")),
    ("general", include_str!("../../../../../assets/evaluations/general.jsonl")),
];

/// More items than a shipped set has.
const MANY: u32 = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    id: String,
    name: String,
    description: String,
    capability: Capability,
    licence: String,
}

/// The sets that come with the product, one per capability.
///
/// # Errors
/// [`nopenai_domain::Code::Internal`] for an asset that can't be read.
pub fn shipped() -> Result<Vec<(PromptSet, Vec<PromptSetItem>)>> {
    let sets: Vec<Description> = serde_json::from_str(SETS).map_err(Error::internal)?;
    sets.into_iter()
        .map(|set| {
            let (_, text) = ITEMS
                .iter()
                .find(|(id, _)| *id == set.id)
                .ok_or_else(|| Error::internal(format!("the set {} has no items", set.id)))?;
            let items = parse_set(text.as_bytes(), SetFormat::Jsonl).map_err(Error::internal)?;
            let set = PromptSet {
                description: set.description,
                licence: set.licence,
                capability: Some(set.capability),
                shipped: true,
                ..PromptSet::new(PromptSetId(set.id), set.name)
            };
            Ok((set, items))
        })
        .collect()
}

/// Keeps the shipped sets in the store: those that are new, and those whose
/// items this version of the product has otherwise.
///
/// # Errors
/// Those of the store.
pub async fn keep_shipped(store: &Store) -> Result<()> {
    let sets = store.prompt_sets();
    let kept = sets.list().await?;
    for (set, items) in shipped()? {
        if let Some(kept) = kept.iter().find(|kept| kept.id == set.id) {
            let page = PageRequest { limit: MANY, after: None };
            let same_items = sets.items(kept.id.clone(), kept.revision, page).await?.items == items;
            if same_items && (&kept.name, &kept.description) == (&set.name, &set.description) {
                continue;
            }
        }
        sets.save(set, items).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::assess;
    use nopenai_domain::{SystemClock, Verdict};
    use serde_json::Value;
    use std::{collections::BTreeSet, sync::Arc};

    #[test]
    fn every_item_accepts_its_reference_and_rejects_a_wrong_answer() {
        let sets = shipped().unwrap();
        assert_eq!(sets.len(), ITEMS.len());
        for ((set, items), (id, text)) in sets.iter().zip(ITEMS) {
            assert_eq!(set.id.0, id);
            assert!((20..=30).contains(&items.len()), "{id} has {}", items.len());
            assert!(set.description.ends_with('.') && set.licence == "Apache-2.0");
            let prompts: BTreeSet<_> = items.iter().map(|item| &item.prompt).collect();
            assert_eq!(prompts.len(), items.len(), "{id} asks something twice");
            for (item, line) in items.iter().zip(text.lines()) {
                let columns: Value = serde_json::from_str(line).unwrap();
                let expectation = item.expectation.as_ref().unwrap();
                for (column, verdict) in
                    [("reference", Verdict::Passed), ("wrong", Verdict::Failed)]
                {
                    let answer = columns[column].as_str().unwrap();
                    let found = assess(expectation, answer).unwrap();
                    assert_eq!(found.verdict, verdict, "{column}: {line}\n{found:?}");
                }
                let silent = assess(expectation, "").unwrap();
                assert_eq!(silent.verdict, Verdict::Failed, "no answer passes: {line}");
            }
        }
    }

    #[tokio::test]
    async fn they_are_kept_once_and_again_when_they_change() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db"), Arc::new(SystemClock)).unwrap();
        keep_shipped(&store).await.unwrap();
        keep_shipped(&store).await.unwrap();
        let sets = store.prompt_sets();
        let kept = sets.list().await.unwrap();
        let ids: Vec<_> = kept.iter().map(|set| set.id.0.as_str()).collect();
        assert_eq!(ids, ITEMS.map(|(id, _)| id), "in their order");
        assert!(
            kept.iter().all(|set| set.revision == 1 && set.shipped && set.expecting == set.items)
        );

        let (math, mut items) = shipped().unwrap().remove(0);
        items.truncate(3);
        assert_eq!(sets.save(math, items).await.unwrap().revision, 2);
        keep_shipped(&store).await.unwrap();
        let math = sets.get(PromptSetId("math".to_owned())).await.unwrap();
        assert_eq!((math.revision, math.items), (3, kept[0].items));
    }
}
