//! JSON Schema, as far as expectations need it: the keywords of 2020-12 below,
//! others being refused when a set is imported rather than passed over.

use regex::Regex;
use serde_json::{Map, Value};

/// Keywords that say nothing about a value.
const ANNOTATIONS: [&str; 6] =
    ["$schema", "$comment", "title", "description", "default", "examples"];

const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "integer", "string"];

/// Checks that a schema has only keywords that are known, each with a value it
/// can have.
///
/// # Errors
/// What is wrong, and where.
pub fn check(schema: &Value) -> Result<(), String> {
    check_at(schema, "#")
}

fn check_at(schema: &Value, place: &str) -> Result<(), String> {
    let keywords = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(keywords) => keywords,
        _ => return Err(format!("{place} is no object.")),
    };
    for (keyword, value) in keywords {
        let here = format!("{place}/{keyword}");
        let ok = match keyword.as_str() {
            "type" => each(value).iter().all(|name| TYPES.iter().any(|known| name == known)),
            "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
            "const" => true,
            "required" => value.as_array().is_some_and(|names| names.iter().all(Value::is_string)),
            "minItems" | "maxItems" | "minLength" | "maxLength" => value.is_u64(),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
            "pattern" => {
                value.as_str().is_some_and(|pattern| super::assess::regex(pattern).is_ok())
            }
            "properties" => {
                let Value::Object(properties) = value else {
                    return Err(format!("{here} is no object."));
                };
                for (name, schema) in properties {
                    check_at(schema, &format!("{here}/{name}"))?;
                }
                true
            }
            "items" | "additionalProperties" | "not" => {
                check_at(value, &here)?;
                true
            }
            "allOf" | "anyOf" | "oneOf" => {
                let Value::Array(schemas) = value else {
                    return Err(format!("{here} is no list."));
                };
                for (index, schema) in schemas.iter().enumerate() {
                    check_at(schema, &format!("{here}/{index}"))?;
                }
                !schemas.is_empty()
            }
            annotation if ANNOTATIONS.contains(&annotation) => true,
            _ => return Err(format!("{here} is a keyword that is not known here.")),
        };
        if !ok {
            return Err(format!("{here} can't be {value}."));
        }
    }
    Ok(())
}

/// Where a value is not of the schema's shape, and why; none when it is.
pub fn mismatch(schema: &Value, value: &Value) -> Option<String> {
    mismatch_at(schema, value, "$")
}

fn mismatch_at(schema: &Value, value: &Value, place: &str) -> Option<String> {
    let keywords = match schema {
        Value::Bool(true) => return None,
        Value::Object(keywords) => keywords,
        _ => return Some(format!("{place} must not be there")),
    };
    for (keyword, wanted) in keywords {
        let found = match keyword.as_str() {
            "properties" | "required" | "additionalProperties" => {
                of_object(keywords, keyword, value, place)
            }
            "items" => value.as_array().and_then(|items| {
                let mut places = items.iter().enumerate();
                places.find_map(|(index, item)| {
                    mismatch_at(wanted, item, &format!("{place}[{index}]"))
                })
            }),
            "allOf" => each(wanted).into_iter().find_map(|one| mismatch_at(one, value, place)),
            _ => (!holds(keyword, wanted, value)).then(|| format!("{place}: {keyword} {wanted}")),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn of_object(
    keywords: &Map<String, Value>,
    keyword: &str,
    value: &Value,
    place: &str,
) -> Option<String> {
    let object = value.as_object()?;
    let wanted = &keywords[keyword];
    match keyword {
        "properties" => wanted.as_object()?.iter().find_map(|(name, schema)| {
            mismatch_at(schema, object.get(name)?, &format!("{place}.{name}"))
        }),
        "required" => {
            let mut names = wanted.as_array()?.iter().filter_map(Value::as_str);
            let missing = names.find(|name| !object.contains_key(*name))?;
            Some(format!("{place}.{missing} is missing"))
        }
        _ => {
            let named = keywords.get("properties").and_then(Value::as_object);
            let others = object
                .iter()
                .filter(|(name, _)| !named.is_some_and(|named| named.contains_key(*name)));
            let mut places = others.map(|(name, other)| (format!("{place}.{name}"), other));
            places.find_map(|(place, other)| mismatch_at(wanted, other, &place))
        }
    }
}

/// Whether a value meets a keyword that says nothing about what is within it.
/// A keyword for another type is met.
fn holds(keyword: &str, wanted: &Value, value: &Value) -> bool {
    let number = |compare: fn(&f64, &f64) -> bool| match (value.as_f64(), wanted.as_f64()) {
        (Some(value), Some(bound)) => compare(&value, &bound),
        _ => true,
    };
    let length =
        |length: Option<usize>, compare: fn(&u64, &u64) -> bool| match (length, wanted.as_u64()) {
            (Some(length), Some(bound)) => compare(&(length as u64), &bound),
            _ => true,
        };
    let items = value.as_array().map(Vec::len);
    let letters = value.as_str().map(|text| text.chars().count());
    match keyword {
        "type" => each(wanted).iter().filter_map(|name| name.as_str()).any(|name| is(name, value)),
        "enum" => each(wanted).into_iter().any(|one| equal(one, value)),
        "const" => equal(wanted, value),
        "minimum" => number(f64::ge),
        "maximum" => number(f64::le),
        "exclusiveMinimum" => number(f64::gt),
        "exclusiveMaximum" => number(f64::lt),
        "minItems" => length(items, u64::ge),
        "maxItems" => length(items, u64::le),
        "minLength" => length(letters, u64::ge),
        "maxLength" => length(letters, u64::le),
        "pattern" => value.as_str().is_none_or(|text| {
            wanted
                .as_str()
                .and_then(|pattern| super::assess::regex(pattern).ok())
                .is_some_and(|pattern: Regex| pattern.is_match(text))
        }),
        "anyOf" => each(wanted).into_iter().any(|one| mismatch(one, value).is_none()),
        "oneOf" => {
            each(wanted).into_iter().filter(|one| mismatch(one, value).is_none()).count() == 1
        }
        "not" => mismatch(wanted, value).is_some(),
        _ => true,
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "number" => value.is_number(),
        // 1.0 is an integer (JSON Schema 2020-12 Validation, 6.1.1).
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => value.is_string(),
    }
}

/// Numbers are equal by their value.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_held_to_the_schema() {
        let schema = json!({
            "type": "object",
            "required": ["name", "age"],
            "properties": {
                "name": { "type": "string", "minLength": 2, "pattern": "^[A-Z]" },
                "age": { "type": "integer", "minimum": 0, "exclusiveMaximum": 150 },
                "tags": { "type": "array", "items": { "enum": ["a", "b"] }, "maxItems": 2 },
                "size": { "anyOf": [{ "const": 1 }, { "type": "null" }] },
            },
            "additionalProperties": false,
        });
        check(&schema).unwrap();
        let ok = json!({ "name": "Ada", "age": 36.0, "tags": ["a", "b"], "size": 1.0 });
        assert_eq!(mismatch(&schema, &ok), None);
        for (change, place) in [
            (json!({ "name": "Ada" }), "$.age"),
            (json!({ "name": "ada", "age": 1 }), "$.name"),
            (json!({ "name": "A", "age": 1 }), "$.name"),
            (json!({ "name": "Ada", "age": 1.5 }), "$.age"),
            (json!({ "name": "Ada", "age": 150 }), "$.age"),
            (json!({ "name": "Ada", "age": 1, "tags": ["c"] }), "$.tags[0]"),
            (json!({ "name": "Ada", "age": 1, "tags": ["a", "a", "a"] }), "$.tags"),
            (json!({ "name": "Ada", "age": 1, "size": 2 }), "$.size"),
            (json!({ "name": "Ada", "age": 1, "more": 2 }), "$.more"),
            (json!([]), "$"),
        ] {
            let found = mismatch(&schema, &change).unwrap();
            assert!(found.starts_with(place), "{change}: {found}");
        }
    }

    #[test]
    fn combined_schemas() {
        let schema = json!({
            "allOf": [{ "type": "number" }, { "not": { "const": 3 } }],
            "oneOf": [{ "minimum": 5 }, { "maximum": 10 }],
        });
        check(&schema).unwrap();
        assert_eq!(mismatch(&schema, &json!(12)), None);
        for wrong in [json!(7), json!(3), json!("x")] {
            assert!(mismatch(&schema, &wrong).is_some(), "{wrong}");
        }
        assert!(mismatch(&json!(false), &json!(1)).is_some());
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_place() {
        for (schema, place) in [
            (json!({ "properties": { "a": { "$ref": "#/x" } } }), "#/properties/a/$ref"),
            (json!({ "type": "text" }), "#/type"),
            (json!({ "minLength": -1 }), "#/minLength"),
            (json!({ "pattern": "(" }), "#/pattern"),
            (json!({ "anyOf": [] }), "#/anyOf"),
            (json!({ "items": 3 }), "#/items"),
            (json!("string"), "#"),
        ] {
            let error = check(&schema).unwrap_err();
            assert!(error.starts_with(place), "{schema}: {error}");
        }
    }
}
