use crate::native;
use futures::future::{BoxFuture, Shared};
use nopenai_studio::{Code, Error, Result, Sink, Studio, operations};
use serde_json::Value;
use std::{str::FromStr, sync::Arc};
use tauri::{
    Manager, Webview, Wry,
    ipc::{Invoke, InvokeBody, InvokeError, JavaScriptChannelId},
};

/// The studio, once it is open, or why it could not be opened.
pub type Opening = Shared<BoxFuture<'static, Result<Studio>>>;

/// Answers every command of the window with the operation of its name:
/// `invoke(name, { input, events })`, where `events` is the channel of one
/// that streams; those of the window itself are answered by [`native`].
pub fn handler(studio: Opening) -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    move |invoke| {
        let Invoke { message, resolver, .. } = invoke;
        let operation = operations::find(message.command());
        let command = message.command().to_owned();
        if operation.is_none() && !native::handles(&command) {
            return false;
        }
        let (input, events) = match message.payload() {
            InvokeBody::Json(payload) => (payload["input"].clone(), payload["events"].clone()),
            InvokeBody::Raw(_) => (Value::Null, Value::Null),
        };
        let sink = sink(&message.webview(), &events);
        let studio = studio.clone();
        let app = message.webview().app_handle().clone();
        resolver.respond_async(async move {
            let answer = async {
                match operation {
                    Some(operation) => operation.invoke(studio.await?, input, sink?).await,
                    None => native::answer(app, &command, input, sink?).await,
                }
            };
            answer.await.map_err(InvokeError::from)
        });
        true
    }
}

/// A panic while opening.
pub fn open_failed(error: tauri::Error) -> Result<Studio> {
    Err(Error::internal(error))
}

fn sink(webview: &Webview, events: &Value) -> Result<Sink> {
    let Some(id) = events.as_str() else { return Ok(Arc::new(|_| true)) };
    let id = JavaScriptChannelId::from_str(id)
        .map_err(|_| Error::new(Code::InvalidInput, "`events` is not a channel."))?;
    let channel = id.channel_on::<_, Value>(webview.clone());
    Ok(Arc::new(move |event| channel.send(event).is_ok()))
}
