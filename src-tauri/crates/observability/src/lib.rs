//! What a person should know: notifications, kept and told of.

mod notifications;

pub use notifications::Notifications;
