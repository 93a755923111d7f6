//! What a person set: for the application, for modes and for prices.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{Code, Error, Mode, ModeId, ModelId, Price, Result, Settings};
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<GetSettings>(),
    Entry::of::<ChangeSettings>(),
    Entry::of::<ListModes>(),
    Entry::of::<SaveMode>(),
    Entry::of::<RemoveMode>(),
    Entry::of::<ListPrices>(),
    Entry::of::<SetPrice>(),
    Entry::of::<RemovePrice>(),
];

/// What is set for the whole application.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetSettings {}

impl Operation for GetSettings {
    const NAME: &'static str = "get_settings";
    const ROUTE: Route = Route { method: Method::Get, path: "/settings" };
    type Event = NoEvents;
    type Output = Settings;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Settings> {
        Ok(studio.settings().borrow().clone())
    }
}

/// Sets everything for the whole application; it takes effect at once.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ChangeSettings {
    /// All settings from now on.
    pub settings: Settings,
}

impl Operation for ChangeSettings {
    const NAME: &'static str = "change_settings";
    const ROUTE: Route = Route { method: Method::Post, path: "/settings" };
    type Event = NoEvents;
    type Output = Settings;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Settings> {
        studio.change_settings(self.settings).await
    }
}

/// Lists the modes: those the product ships, then a person's own.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListModes {}

impl Operation for ListModes {
    const NAME: &'static str = "list_modes";
    const ROUTE: Route = Route { method: Method::Get, path: "/modes" };
    type Event = NoEvents;
    type Output = Vec<Mode>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<Mode>> {
        studio.modes().list().await
    }
}

/// Saves a mode: changes one, or adds one where the identifier is empty.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SaveMode {
    /// The mode.
    pub mode: Mode,
}

impl Operation for SaveMode {
    const NAME: &'static str = "save_mode";
    const ROUTE: Route = Route { method: Method::Post, path: "/modes" };
    type Event = NoEvents;
    type Output = Mode;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Mode> {
        studio.modes().save(self.mode).await
    }
}

/// Removes a person's mode, or brings a shipped one back to how it came.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveMode {
    /// The mode.
    pub mode: ModeId,
}

impl Operation for RemoveMode {
    const NAME: &'static str = "remove_mode";
    const ROUTE: Route = Route { method: Method::Delete, path: "/modes/{mode}" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.modes().remove(&self.mode).await
    }
}

/// Lists the prices of models, newest first; the first of a model is in force.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListPrices {}

impl Operation for ListPrices {
    const NAME: &'static str = "list_prices";
    const ROUTE: Route = Route { method: Method::Get, path: "/prices" };
    type Event = NoEvents;
    type Output = Vec<Price>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<Price>> {
        Ok(studio.store().prices().list().await?)
    }
}

/// Sets what a model's tokens cost from now on. Runs keep the cost they were
/// recorded with.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetPrice {
    /// The model.
    pub model: ModelId,
    /// ISO 4217 code, three capital letters.
    pub currency: String,
    /// For 1,000 tokens of the prompt.
    pub input_per_1k: f64,
    /// For 1,000 tokens of the answer.
    pub output_per_1k: f64,
}

impl Operation for SetPrice {
    const NAME: &'static str = "set_price";
    const ROUTE: Route = Route { method: Method::Post, path: "/prices" };
    type Event = NoEvents;
    type Output = Price;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Price> {
        let price = Price {
            model: self.model,
            from: studio.store().clock().now(),
            currency: self.currency,
            input_per_1k: self.input_per_1k,
            output_per_1k: self.output_per_1k,
        };
        price.validate()?;
        studio.store().prices().set(price.clone()).await?;
        Ok(price)
    }
}

/// Removes a model's prices: its runs have no cost from now on.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemovePrice {
    /// The model.
    pub model: ModelId,
}

impl Operation for RemovePrice {
    const NAME: &'static str = "remove_price";
    const ROUTE: Route = Route { method: Method::Post, path: "/prices/remove" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        let prices = studio.store().prices();
        if prices.list().await?.iter().all(|price| price.model != self.model) {
            return Err(Error::new(Code::NotFound, format!("{} has no price.", self.model)));
        }
        Ok(prices.remove(self.model).await?)
    }
}
