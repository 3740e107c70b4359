//! Reads specs as JSON, as the embedded ones are: what an operation can be given, and values that fit.

#![allow(dead_code, unused_macros, reason = "each test file uses its own part")]

use hosting_apis::Operation;
use serde_json::{Map, Value};

/// What stands wherever a spec has a secret.
pub const SECRET: &str = "hush_made_up";

/// Calls each operation of an API with the parameters of its example, and does something about the
/// reply. A macro, since the generated clients have no trait in common.
macro_rules! call_each {
    (
        $api:ident, $client:expr, examples: $server:expr,
        |$operation:ident, $example:ident, $reply:ident| $then:block
    ) => {
        for $operation in hosting_apis::$api::OPERATIONS {
            let $example = $server.example($operation.id).unwrap();
            let parameters = $example.parameters.clone();
            let $reply = $client.call($operation.id, parameters).await;
            $then
        }
    };
}

/// A parameter, or a property of a body, that a caller can set.
pub struct Due {
    pub name: String,
    /// `path`, `query`, `header` or `body`.
    pub place: String,
    pub schema: Value,
}

impl Due {
    fn new(name: &str, place: &str, schema: &Value) -> Self {
        Due {
            name: name.to_owned(),
            place: place.to_owned(),
            schema: schema.clone(),
        }
    }
}

/// What an operation can be given.
pub fn due(spec: &Value, operation: &Operation) -> Vec<Due> {
    let item = &spec["paths"][operation.path];
    let object = &item[operation.method.to_lowercase()];
    let lists = [&item["parameters"], &object["parameters"]];
    let lists = lists.into_iter().flat_map(|list| list.as_array());
    let mut due: Vec<Due> = lists
        .flatten()
        .map(|parameter| {
            let parameter = resolved(spec, parameter);
            let text = |key: &str| parameter[key].as_str().unwrap();
            Due::new(text("name"), text("in"), &parameter["schema"])
        })
        .collect();
    let contents = object["requestBody"]["content"].as_object();
    for media in contents.into_iter().flat_map(Map::values) {
        let schema = &media["schema"];
        let one = match &schema["oneOf"][0] {
            Value::Null => schema,
            one => one,
        };
        if schema["items"].is_null() {
            due.extend(properties(spec, one));
        } else {
            due.push(Due::new("items", "body", schema));
        }
    }
    due
}

/// A value that fits a schema.
pub fn made(spec: &Value, schema: &Value) -> Value {
    let schema = resolved(spec, schema);
    let choice = schema.get("oneOf").or_else(|| schema.get("anyOf"));
    if let Some(Value::Array(options)) = choice {
        return made(spec, &options[0]);
    }
    if let (Some([only]), Value::Null) = (
        schema["allOf"].as_array().map(Vec::as_slice),
        &schema["properties"],
    ) {
        return made(spec, only);
    }
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    match schema["type"].as_str() {
        Some("integer") => Value::from(7),
        Some("number") => Value::from(1.5),
        Some("boolean") => Value::from(true),
        Some("string") if schema["format"] == "password" => Value::from(SECRET),
        Some("string") => Value::from("made up"),
        Some("array") => {
            let count = schema["minItems"].as_u64().unwrap_or(1);
            (0..count).map(|_| made(spec, &schema["items"])).collect()
        }
        _ => {
            let properties = properties(spec, schema).into_iter();
            let made = |due: Due| (due.name, made(spec, &due.schema));
            Value::Object(properties.map(made).collect())
        }
    }
}

pub fn resolved<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"]
        .as_str()
        .and_then(|target| target.strip_prefix('#'))
    {
        Some(pointer) => spec.pointer(pointer).unwrap(),
        None => value,
    }
}

/// The properties of a body that a caller sets.
pub fn properties(spec: &Value, schema: &Value) -> Vec<Due> {
    let schema = resolved(spec, schema);
    if schema["x-credentials"] == true {
        return Vec::new();
    }
    let own = schema["properties"].as_object().into_iter().flatten();
    let own = own.filter(|(_, property)| property["x-credentials"] != true);
    let mut all: Vec<Due> = own
        .map(|(name, property)| Due::new(name, "body", property))
        .collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        for due in properties(spec, part) {
            all.retain(|other| other.name != due.name);
            all.push(due);
        }
    }
    all
}
