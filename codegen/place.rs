//! From a name in the client back to what it comes from in the spec: operations by their id,
//! parameters by their operation, types by the schemas that they are named after.
//!
//! What has no place of its own, since a stage of the build made it up, has that of the nearest
//! thing around it. That is found, not remembered: the stages between needn't carry places along.

use heck::ToUpperCamelCase;
use serde_yaml::Value;

use super::source::{Path, Segment};

/// How many references and nested schemas are followed. Schemas may contain themselves.
const MAX_DEPTH: usize = 16;

/// Where the operation stands that a reason begins with, or the schema or operation that the first
/// type in it is named after.
pub fn of_reason(document: &Value, reason: &str) -> Option<Path> {
    let id = reason.split(':').next().unwrap_or_default();
    if let Some(operation) = operation(document, id) {
        return Some(operation.path);
    }
    let name = reason.split('`').nth(1)?.split('.').next()?;
    let known = operations(document).chain(schemas(document));
    // What has no name of its own is named after the way to it.
    let on_the_way = known.filter(|(known, _)| rest(name, &type_name(known)).is_some());
    let (_, nearest) = on_the_way.max_by_key(|(known, _)| known.len())?;
    Some(nearest.path)
}

/// Where an operation stands.
pub fn of_operation(document: &Value, id: &str) -> Path {
    operation(document, id).map_or_else(Path::root, |operation| operation.path)
}

/// Where a parameter or a property of the body stands, and in which part of a request it goes.
pub fn of_parameter(document: &Value, id: &str, wire: &str) -> (Path, Option<String>) {
    let Some(operation) = operation(document, id) else {
        return (Path::root(), None);
    };
    for owner in [Some(operation.clone()), operation.item()] {
        let listed = owner.and_then(|owner| owner.child("parameters"));
        for parameter in listed.into_iter().flat_map(|listed| listed.items()) {
            let target = parameter.clone().target();
            if target.text("name") == Some(wire) {
                let location = target.text("in").map(str::to_owned);
                return (parameter.path, location);
            }
        }
    }
    let body = Some("body".to_owned());
    let property = body_schemas(&operation).find_map(|schema| schema.property(wire));
    let whole = || operation.child("requestBody").map(|body| body.path);
    match property.map(|property| property.path).or_else(whole) {
        Some(path) => (path, body),
        None => (operation.path, None),
    }
}

/// Where the schema stands that a type is made of.
pub fn of_type(document: &Value, name: &str) -> Path {
    node_of_type(document, name).map_or_else(Path::root, |node| node.path)
}

/// Where the property stands that a field is made of.
pub fn of_field(document: &Value, name: &str, wire: &str) -> Path {
    let node = node_of_type(document, name);
    let field = node.and_then(|node| Some(node.property(wire)?.path));
    field.unwrap_or_else(|| of_type(document, name))
}

/// Where a value of an enum is listed.
pub fn of_value(document: &Value, name: &str, value: &str) -> Path {
    let node = node_of_type(document, name);
    let listed = node.and_then(|node| node.target().child("enum"));
    let mut values = listed.into_iter().flat_map(|listed| listed.items());
    let found = values.find(|item| item.value.as_str() == Some(value));
    found.map_or_else(|| of_type(document, name), |item| item.path)
}

/// The media types of an operation's request body.
pub fn media_types(document: &Value, id: &str) -> Vec<String> {
    let body = operation(document, id).and_then(|operation| operation.child("requestBody"));
    let content = body.and_then(|body| body.target().child("content"));
    let entries = content.into_iter().flat_map(|content| content.entries());
    entries.map(|(media, _)| media.to_owned()).collect()
}

/// Where the first of the servers stands, and its URL.
pub fn of_server(document: &Value) -> (Path, Option<&str>) {
    let servers = Node::root(document).child("servers");
    let first = servers.and_then(|servers| servers.items().next());
    let url = first.and_then(|first| first.child("url"));
    url.map_or((Path::root(), None), |url| (url.path, url.value.as_str()))
}

/// The schema that a type is made of: the component that it is named after, or what the rest of the
/// name leads to.
fn node_of_type<'a>(document: &'a Value, name: &str) -> Option<Node<'a>> {
    let mut starts: Vec<(String, Node)> = schemas(document)
        .map(|(schema, node)| (type_name(schema), node))
        .collect();
    for (id, operation) in operations(document) {
        let id = type_name(id);
        let bodies = body_schemas(&operation);
        starts.extend(bodies.map(|schema| (format!("{id}Body"), schema)));
        let replies = reply_schemas(&operation);
        starts.extend(replies.map(|schema| (format!("{id}Response"), schema)));
        for owner in [Some(operation.clone()), operation.item()] {
            let listed = owner.and_then(|owner| owner.child("parameters"));
            for parameter in listed.into_iter().flat_map(|listed| listed.items()) {
                let parameter = parameter.target();
                if let (Some(name), Some(schema)) =
                    (parameter.text("name"), parameter.child("schema"))
                {
                    starts.push((format!("{id}{}", type_name(name)), schema));
                }
            }
        }
        starts.push((id, operation));
    }
    let fitting = starts
        .into_iter()
        .filter_map(|(start, node)| Some((start.len(), node, rest(name, &start)?)));
    let (_, start, rest) = fitting.max_by_key(|(length, ..)| *length)?;
    Some(start.descend(rest, MAX_DEPTH))
}

/// What is left of a type's name behind another that it begins with.
fn rest<'a>(name: &'a str, beginning: &str) -> Option<&'a str> {
    let rest = name.strip_prefix(beginning)?;
    let within_word = rest.starts_with(|c: char| c.is_lowercase());
    (!within_word && !beginning.is_empty()).then_some(rest)
}

fn type_name(name: &str) -> String {
    name.to_upper_camel_case()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, Node<'_>)> {
    let paths = Node::root(document).child("paths");
    let items = paths.into_iter().flat_map(|paths| paths.entries());
    let operations = items.flat_map(|(_, item)| item.entries());
    operations.filter_map(|(_, operation)| Some((operation.text("operationId")?, operation)))
}

fn operation<'a>(document: &'a Value, id: &str) -> Option<Node<'a>> {
    let mut operations = operations(document);
    operations
        .find(|(known, _)| *known == id)
        .map(|found| found.1)
}

fn schemas(document: &Value) -> impl Iterator<Item = (&str, Node<'_>)> {
    let components = Node::root(document).child("components");
    let schemas = components.and_then(|components| components.child("schemas"));
    schemas.into_iter().flat_map(|schemas| schemas.entries())
}

fn body_schemas<'a>(operation: &Node<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let body = operation.child("requestBody");
    body.into_iter().flat_map(|body| body.target().content())
}

/// The schemas of what success replies with, without the envelope if the payload is a part of it.
fn reply_schemas<'a>(operation: &Node<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let envelope = operation.document.get("x-envelope");
    let payload = envelope.and_then(|envelope| envelope.get("payload")?.as_str());
    let responses = operation.child("responses");
    let responses = responses
        .into_iter()
        .flat_map(|responses| responses.entries());
    let success = responses.filter(|(status, _)| status.starts_with('2'));
    let schemas = success.flat_map(|(_, response)| response.target().content());
    schemas.map(move |schema| match payload {
        Some(payload) => schema.property(payload).unwrap_or(schema),
        None => schema,
    })
}

/// A part of the document, with the way to it.
#[derive(Clone)]
struct Node<'a> {
    document: &'a Value,
    path: Path,
    value: &'a Value,
}

impl<'a> Node<'a> {
    fn root(document: &'a Value) -> Self {
        Node {
            document,
            path: Path::root(),
            value: document,
        }
    }

    fn child(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(self.with(key, value))
    }

    fn with(&self, segment: impl Into<Segment>, value: &'a Value) -> Self {
        Node {
            document: self.document,
            path: self.path.child(segment),
            value,
        }
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let node = self.clone();
        let entries = self.value.as_mapping().into_iter().flatten();
        entries
            .filter_map(move |(key, value)| Some((key.as_str()?, node.with(key.as_str()?, value))))
    }

    fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let node = self.clone();
        let items = self.value.as_sequence().into_iter().flatten();
        items
            .enumerate()
            .map(move |(index, item)| node.with(index, item))
    }

    /// The path item around an operation.
    fn item(&self) -> Option<Self> {
        let [Segment::Key(paths), Segment::Key(path), ..] = self.path.segments() else {
            return None;
        };
        Node::root(self.document).child(paths)?.child(path)
    }

    /// What a reference leads to, or the node itself.
    fn target(self) -> Self {
        let mut node = self;
        for _ in 0..MAX_DEPTH {
            let Some(pointer) = node.text("$ref").and_then(|to| to.strip_prefix("#/")) else {
                break;
            };
            let mut keys = pointer
                .split('/')
                .map(|key| key.replace("~1", "/").replace("~0", "~"));
            match keys.try_fold(Node::root(node.document), |node, key| node.child(&key)) {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }

    /// The schemas of a body, one a media type.
    fn content(&self) -> impl Iterator<Item = Self> + use<'a> {
        let content = self.child("content");
        let media = content.into_iter().flat_map(|content| content.entries());
        media.filter_map(|(_, media)| media.child("schema"))
    }

    /// The properties of a schema, those of its parts and alternatives included.
    fn properties(&self, depth: usize, found: &mut Vec<(&'a str, Self)>) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        let schema = self.clone().target();
        let own = schema.child("properties");
        found.extend(own.into_iter().flat_map(|own| own.entries()));
        for key in ["allOf", "oneOf", "anyOf"] {
            let parts = schema.child(key);
            for part in parts.into_iter().flat_map(|parts| parts.items()) {
                part.properties(depth, found);
            }
        }
    }

    fn property(&self, name: &str) -> Option<Self> {
        let mut properties = Vec::new();
        self.properties(MAX_DEPTH, &mut properties);
        let found = properties.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, property)| property)
    }

    /// Where the rest of a type's name leads from here, as far as it can be followed.
    fn descend(self, name: &str, depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else {
            return self;
        };
        let schema = self.clone().target();
        if name.is_empty() {
            return self;
        }
        let mut properties = Vec::new();
        schema.properties(MAX_DEPTH, &mut properties);
        let leading = properties.into_iter().filter_map(|(property, node)| {
            let rest = rest(name, &type_name(property))?;
            Some((rest, node))
        });
        if let Some((rest, property)) = leading.min_by_key(|(rest, _)| rest.len()) {
            return property.descend(rest, depth);
        }
        for (key, suffix) in [("items", "Item"), ("additionalProperties", "Value")] {
            if let Some(inner) = schema.child(key) {
                return inner.descend(rest(name, suffix).unwrap_or(name), depth);
            }
        }
        self
    }
}
