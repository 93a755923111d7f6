//! What tokens of a model cost, and since when: table `price`.

use crate::{Result, Store};
use nopenai_domain::{ModelId, Price, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "model_id, valid_from, currency, input_per_1k, output_per_1k";

/// The prices of a [`Store`].
#[derive(Clone)]
pub struct Prices {
    store: Store,
}

impl Prices {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    /// All prices there were and are, newest first.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn list(&self) -> Result<Vec<Price>> {
        let read = |connection: &Connection| {
            let prices = connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM price ORDER BY valid_from DESC, model_id"
                ))?
                .query_map([], price)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(prices)
        };
        self.store.read(read).await
    }

    /// Keeps a price, in place of the model's price from the same moment.
    ///
    /// # Errors
    /// [`crate::StoreError::Input`] for a value out of range.
    pub async fn set(&self, price: Price) -> Result<()> {
        price.validate()?;
        let write = move |connection: &Connection| {
            connection.execute(
                &format!("INSERT OR REPLACE INTO price ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5)"),
                params![
                    price.model.0,
                    price.from.0,
                    price.currency,
                    price.input_per_1k,
                    price.output_per_1k,
                ],
            )?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// A model's price at a moment: the latest from then or before.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn at(&self, model: ModelId, moment: Timestamp) -> Result<Option<Price>> {
        let read = move |connection: &Connection| {
            let found = connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM price WHERE model_id = ?1 AND valid_from <= ?2 \
                     ORDER BY valid_from DESC LIMIT 1"
                ))?
                .query_row(params![model.0, moment.0], price)
                .optional()?;
            Ok(found)
        };
        self.store.read(read).await
    }

    /// Forgets all prices of a model. What runs cost stays with them.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn remove(&self, model: ModelId) -> Result<()> {
        let write = move |connection: &Connection| {
            connection.execute("DELETE FROM price WHERE model_id = ?1", [model.0])?;
            Ok(())
        };
        self.store.write(write).await
    }
}

fn price(row: &Row<'_>) -> rusqlite::Result<Price> {
    Ok(Price {
        model: ModelId(row.get(0)?),
        from: Timestamp(row.get(1)?),
        currency: row.get(2)?,
        input_per_1k: row.get(3)?,
        output_per_1k: row.get(4)?,
    })
}
