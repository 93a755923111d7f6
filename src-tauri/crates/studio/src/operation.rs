use crate::Studio;
use futures::future::BoxFuture;
use nopenai_domain::{Code, Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{any::TypeId, future::Future, marker::PhantomData, sync::Arc};

/// Something the product can do, declared once: the implementing type is its
/// input, and its doc comment its description. Every transport and every
/// generated file comes from this.
pub trait Operation: DeserializeOwned + JsonSchema + Send + 'static {
    /// The name of the command.
    const NAME: &'static str;
    /// Where it stands in the REST interface.
    const ROUTE: Route;
    /// What it streams; [`NoEvents`] for most.
    type Event: Serialize + JsonSchema + Send + 'static;
    /// What it returns.
    type Output: Serialize + JsonSchema + Send + 'static;

    /// Does it.
    fn run(
        self,
        studio: Studio,
        events: Events<Self::Event>,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// The event type of an operation that streams nothing.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub enum NoEvents {}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Acts.
    Post,
    /// Deletes.
    Delete,
}

/// A method and a path; `{field}` stands for a field of the input.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below `/api/v1`.
    pub path: &'static str,
}

/// Where a transport wants an operation's events; false when nobody listens
/// any more.
pub type Sink = Arc<dyn Fn(Value) -> bool + Send + Sync>;

/// Where an operation puts its events.
pub struct Events<T> {
    sink: Sink,
    event: PhantomData<fn(T)>,
}

impl<T: Serialize> Events<T> {
    fn new(sink: Sink) -> Self {
        Self { sink, event: PhantomData }
    }

    /// Sends one event; false when nobody listens any more.
    pub fn send(&self, event: &T) -> bool {
        match serde_json::to_value(event) {
            Ok(event) => (self.sink)(event),
            Err(_) => false,
        }
    }
}

/// The schemas of an operation, as references into the document's components.
pub(crate) struct Schemas {
    pub input: Schema,
    pub event: Option<Schema>,
    pub output: Schema,
}

/// An operation without its types.
pub struct Entry {
    /// The name of the command.
    pub name: &'static str,
    /// Where it stands in the REST interface.
    pub route: Route,
    pub(crate) schemas: fn(&mut SchemaGenerator) -> Schemas,
    invoke: fn(Studio, Value, Sink) -> BoxFuture<'static, Result<Value>>,
}

impl Entry {
    /// Erases the types of `O`.
    pub const fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            route: O::ROUTE,
            schemas: |generator| Schemas {
                input: generator.subschema_for::<O>(),
                event: (TypeId::of::<O::Event>() != TypeId::of::<NoEvents>())
                    .then(|| generator.subschema_for::<O::Event>()),
                output: generator.subschema_for::<O::Output>(),
            },
            invoke: |studio, input, sink| Box::pin(invoke::<O>(studio, input, sink)),
        }
    }

    /// Does it: `input` is the operation's input as JSON, an object.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for JSON that is not of the input's shape, and
    /// the operation's own.
    pub async fn invoke(&self, studio: Studio, input: Value, sink: Sink) -> Result<Value> {
        (self.invoke)(studio, input, sink).await
    }
}

async fn invoke<O: Operation>(studio: Studio, input: Value, sink: Sink) -> Result<Value> {
    let input: O = serde_json::from_value(input).map_err(|error| {
        Error::new(Code::InvalidInput, format!("{} was not understood: {error}.", O::NAME))
    })?;
    // A task of its own: it goes on to its end when the caller hangs up.
    let running = tokio::spawn(async move { input.run(studio, Events::new(sink)).await });
    let output = running.await.map_err(Error::internal)??;
    serde_json::to_value(output).map_err(Error::internal)
}
