use crate::{
    operation::{Entry, Method},
    operations,
};
use nopenai_domain::Error;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The OpenAPI 3.1 document of all operations. The types of the interface are
/// made from it (`cargo xtask generate`).
pub fn document() -> Value {
    // OpenAPI 3.1 takes JSON Schema 2020-12 as it is.
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let error = generator.subschema_for::<Error>();
    let mut paths = Map::new();
    for entry in operations::all() {
        let operation = operation(entry, &mut generator, error.as_value());
        let path = paths.entry(entry.route.path).or_insert_with(|| json!({}));
        path[method(entry.route.method)] = operation;
    }
    let schemas = generator.take_definitions(true);
    sorted(json!({
        "openapi": "3.1.0",
        "info": { "title": "nOpenai Studio", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "/api/v1" }],
        "paths": paths,
        "components": { "schemas": schemas },
    }))
}

/// The same document whatever order `serde_json` keeps objects in: that
/// depends on what else is in the build.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.into_iter().collect();
            fields.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        other => other,
    }
}

fn operation(entry: &Entry, generator: &mut SchemaGenerator, error: &Value) -> Value {
    let schemas = (entry.schemas)(generator);
    let input = resolve(generator, schemas.input.as_value());
    let description = input["description"].as_str().unwrap_or_default().to_owned();
    let mut content = json!({ "application/json": { "schema": schemas.output } });
    if let Some(event) = schemas.event {
        content["text/event-stream"] = json!({ "schema": event });
    }
    let mut operation = json!({
        "operationId": entry.name,
        "description": description,
        "responses": {
            "200": { "description": "Done.", "content": content },
            "default": {
                "description": "What happened and what to do.",
                "content": { "application/json": { "schema": error } },
            },
        },
    });
    let parameters = parameters(entry, &input);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if entry.route.method == Method::Post && !has_only_path_fields(entry, &input) {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schemas.input } },
        });
    }
    operation
}

/// Fields of the input that stand in the path, and, of an operation that
/// reads, all others in the query.
fn parameters(entry: &Entry, input: &Value) -> Vec<Value> {
    fields(input)
        .filter_map(|(name, schema)| {
            let place = if is_in_path(entry, name) {
                "path"
            } else if entry.route.method == Method::Get {
                "query"
            } else {
                return None;
            };
            Some(json!({
                "name": name, "in": place, "required": place == "path", "schema": schema,
            }))
        })
        .collect()
}

fn has_only_path_fields(entry: &Entry, input: &Value) -> bool {
    fields(input).all(|(name, _)| is_in_path(entry, name))
}

fn fields(input: &Value) -> impl Iterator<Item = (&String, &Value)> {
    input["properties"].as_object().into_iter().flatten()
}

fn is_in_path(entry: &Entry, field: &str) -> bool {
    entry.route.path.contains(&format!("{{{field}}}"))
}

/// The schema a reference into the components stands for.
fn resolve(generator: &SchemaGenerator, schema: &Value) -> Value {
    schema["$ref"]
        .as_str()
        .and_then(|reference| reference.rsplit('/').next())
        .and_then(|name| generator.definitions().get(name))
        .unwrap_or(schema)
        .clone()
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Delete => "delete",
    }
}
