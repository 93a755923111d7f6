//! What the filters can choose from, found by skipping from value to value.

use crate::Result;
use nopenai_domain::{Facet, RunFacets};
use rusqlite::{Connection, OptionalExtension};

/// The models, modes and tags of the runs that are not deleted.
pub fn all(connection: &Connection) -> Result<RunFacets> {
    Ok(RunFacets {
        models: named(connection, "model_id", "model_name", "prompt_history_by_model")?,
        modes: named(connection, "mode_id", "mode_name", "prompt_history_by_mode")?,
        tags: tags(connection)?,
    })
}

/// The identifiers of the models of the runs that are not deleted.
pub fn models(connection: &Connection) -> Result<Vec<String>> {
    let mut following = connection.prepare_cached(
        "SELECT model_id FROM prompt_history INDEXED BY prompt_history_by_model \
         WHERE deletion IS NULL AND model_id >= ?1 ORDER BY model_id LIMIT 1",
    )?;
    let mut models: Vec<String> = Vec::new();
    let mut from = String::new();
    while let Some(model) =
        following.query_row([&from], |row| row.get::<_, String>(0)).optional()?
    {
        // The least text behind it.
        from = format!("{model}\0");
        models.push(model);
    }
    Ok(models)
}

/// Every value of a column, with its latest name.
fn named(connection: &Connection, column: &str, name: &str, index: &str) -> Result<Vec<Facet>> {
    let sql = format!(
        "SELECT {column}, {name} FROM prompt_history WHERE position = (\
         SELECT position FROM prompt_history INDEXED BY {index} \
         WHERE deletion IS NULL AND {column} = (\
         SELECT min({column}) FROM prompt_history INDEXED BY {index} \
         WHERE deletion IS NULL AND {column} > ?1) \
         ORDER BY position DESC LIMIT 1)"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut facets: Vec<Facet> = Vec::new();
    loop {
        let before = facets.last().map_or("", |facet| facet.id.as_str());
        let facet = statement
            .query_row([before], |row| Ok(Facet { id: row.get(0)?, name: row.get(1)? }))
            .optional()?;
        match facet {
            Some(facet) => facets.push(facet),
            None => break,
        }
    }
    facets.sort_by(|a, b| (a.name.to_lowercase(), &a.id).cmp(&(b.name.to_lowercase(), &b.id)));
    Ok(facets)
}

fn tags(connection: &Connection) -> Result<Vec<String>> {
    let mut following = connection.prepare_cached("SELECT min(tag) FROM run_tag WHERE tag > ?1")?;
    let mut used = connection.prepare_cached(
        "SELECT 1 FROM run_tag CROSS JOIN prompt_history USING (position) \
         WHERE tag = ?1 AND deletion IS NULL LIMIT 1",
    )?;
    let mut tags = Vec::new();
    let mut last = String::new();
    while let Some(tag) = following.query_row([&last], |row| row.get::<_, Option<String>>(0))? {
        if used.exists([&tag])? {
            tags.push(tag.clone());
        }
        last = tag;
    }
    Ok(tags)
}
