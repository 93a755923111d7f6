//! What a person should know, and long work under way.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
};
use nopenai_domain::{Level, Notification, Page, PageRequest, Result};
use schemars::JsonSchema;
use serde::Deserialize;

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListNotifications>(),
    Entry::of::<ReadNotifications>(),
    Entry::of::<DismissNotifications>(),
    Entry::of::<DismissAllNotifications>(),
    Entry::of::<CancelTask>(),
];

/// One page of the notifications, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListNotifications {
    /// Only of this level; absent: all.
    #[serde(default)]
    pub level: Option<Level>,
    /// Which page.
    #[serde(flatten)]
    pub page: PageRequest,
}

impl Operation for ListNotifications {
    const NAME: &'static str = "list_notifications";
    const ROUTE: Route = Route { method: Method::Get, path: "/notifications" };
    type Event = NoEvents;
    type Output = Page<Notification>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Page<Notification>> {
        self.page.validate()?;
        studio.notifications().page(self.level, self.page).await
    }
}

/// Marks the notifications up to one as read.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadNotifications {
    /// The newest that was seen.
    pub up_to: i64,
}

impl Operation for ReadNotifications {
    const NAME: &'static str = "read_notifications";
    const ROUTE: Route = Route { method: Method::Post, path: "/notifications/read" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.notifications().read(self.up_to).await
    }
}

/// Removes some notifications for good.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DismissNotifications {
    /// Which.
    pub notifications: Vec<i64>,
}

impl Operation for DismissNotifications {
    const NAME: &'static str = "dismiss_notifications";
    const ROUTE: Route = Route { method: Method::Post, path: "/notifications/dismiss" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.notifications().dismiss(self.notifications).await
    }
}

/// Removes all notifications for good, or all of one level.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DismissAllNotifications {
    /// Only of this level; absent: all.
    #[serde(default)]
    pub level: Option<Level>,
}

impl Operation for DismissAllNotifications {
    const NAME: &'static str = "dismiss_all_notifications";
    const ROUTE: Route = Route { method: Method::Post, path: "/notifications/dismiss-all" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.notifications().dismiss_all(self.level).await
    }
}

/// Asks long work to end.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CancelTask {
    /// Its number.
    pub task: u64,
}

impl Operation for CancelTask {
    const NAME: &'static str = "cancel_task";
    const ROUTE: Route = Route { method: Method::Post, path: "/tasks/{task}/cancel" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.tasks().cancel(self.task)
    }
}
