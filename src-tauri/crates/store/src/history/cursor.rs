//! Where a page ended: the last row's sort value and position, as opaque text.

use super::sort::Place;
use crate::{Result, StoreError};
use nopenai_domain::{RunQuery, RunSort};

/// The text of a place in the order of `query`.
pub fn write(query: &RunQuery, place: Place) -> String {
    let value = place.value.map_or_else(String::new, |value| format!("{value:?}"));
    format!("{}~{value}~{}", order(query), place.position)
}

/// The place a text names.
///
/// # Errors
/// [`StoreError::Cursor`] when it is none, or of another order.
pub fn read(query: &RunQuery, text: &str) -> Result<Place> {
    parse(query, text).ok_or_else(|| StoreError::Cursor(text.chars().take(64).collect()))
}

fn parse(query: &RunQuery, text: &str) -> Option<Place> {
    let mut parts = text.split('~');
    let (name, value, position) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || name != order(query) {
        return None;
    }
    let value = match value {
        "" => None,
        value => Some(value.parse().ok().filter(|value: &f64| !value.is_nan())?),
    };
    if query.sort == RunSort::Time && value.is_some() {
        return None;
    }
    Some(Place { value, position: position.parse().ok()? })
}

fn order(query: &RunQuery) -> String {
    let direction = if query.ascending { "up" } else { "down" };
    format!("{:?}-{direction}", query.sort).to_lowercase()
}
