//! Specs, through reading, checking and lowering.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_yaml::{Mapping, Value};

use crate::choices::Choices;
use crate::codegen::check::check;
use crate::codegen::lower::lower;
use crate::codegen::source::{Finding, Source};
use crate::replies;

/// What messages call the spec.
pub const FILE: &str = "specs/fuzzed.yaml";

/// A spec to change.
struct Base {
    document: Value,
    /// The same as text.
    text: String,
}

/// The specs with all but one operation, and what only others use, left out.
static SMALL: LazyLock<Vec<Base>> = LazyLock::new(|| {
    let documents = WHOLE.iter().flat_map(|base| slices(&base.document));
    documents.map(Base::of).collect()
});

static WHOLE: LazyLock<Vec<Base>> = LazyLock::new(|| {
    let documents = replies::specs()
        .into_iter()
        .map(|(_, spec)| serde_json::from_str(spec).expect("the embedded spec is JSON"));
    documents.map(Base::of).collect()
});

impl Base {
    fn of(document: Value) -> Self {
        let text = serde_yaml::to_string(&document).expect("a spec can be written");
        Base { document, text }
    }
}

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn slices(document: &Value) -> Vec<Value> {
    let mut slices = Vec::new();
    for (path, item) in entries(&document["paths"]) {
        for method in METHODS
            .into_iter()
            .filter(|method| item.get(method).is_some())
        {
            let mut kept = item.clone();
            if let Some(kept) = kept.as_mapping_mut() {
                kept.retain(|key, _| key == method || key == "parameters");
            }
            let mut slice = document.clone();
            let paths = Mapping::from_iter([(path.into(), kept)]);
            slice["paths"] = Value::Mapping(paths);
            drop_unused(&mut slice);
            slices.push(slice);
        }
    }
    slices
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = value.as_mapping().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str()?, value)))
}

/// Leaves out the components and tags that nothing refers to any more.
fn drop_unused(document: &mut Value) {
    let mut used = BTreeSet::new();
    references(&document["paths"], document, &mut used);
    let sections = document
        .get_mut("components")
        .and_then(Value::as_mapping_mut);
    for (section, components) in sections.into_iter().flatten() {
        let section = section.as_str().unwrap_or_default().to_owned();
        if let Some(components) = components
            .as_mapping_mut()
            .filter(|_| section != "securitySchemes")
        {
            let used = |name: &Value| {
                let name = name.as_str().unwrap_or_default();
                used.contains(&format!("/components/{section}/{name}"))
            };
            components.retain(|name, _| used(name));
        }
    }
    let mut tags = BTreeSet::new();
    for (_, item) in entries(&document["paths"]) {
        for (_, operation) in entries(item) {
            let own = operation.get("tags").and_then(Value::as_sequence);
            tags.extend(
                own.into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(str::to_owned),
            );
        }
    }
    if let Some(listed) = document.get_mut("tags").and_then(Value::as_sequence_mut) {
        listed.retain(|tag| tag["name"].as_str().is_some_and(|name| tags.contains(name)));
    }
}

fn references(value: &Value, document: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Mapping(map) => map.values().for_each(|v| references(v, document, used)),
        Value::Sequence(list) => list.iter().for_each(|v| references(v, document, used)),
        Value::String(text) => {
            let Some(pointer) = text.strip_prefix('#').filter(|p| p.starts_with('/')) else {
                return;
            };
            if used.insert(pointer.to_owned()) {
                let mut keys = pointer.split('/').skip(1);
                if let Some(target) = keys.try_fold(document, |value, key| value.get(key)) {
                    references(target, document, used);
                }
            }
        }
        _ => {}
    }
}

/// What an input stands for.
pub struct Case {
    pub text: String,
    /// One of the specs, or a part of one, as it is.
    unchanged: bool,
}

impl Case {
    /// The first byte chooses how the rest is a spec: as text, as changes to the text of one, or as
    /// changes to what one says.
    fn of(data: &[u8]) -> Self {
        let mut choices = Choices::of(data);
        match choices.byte() {
            0..160 => Case::changed(&SMALL, choices),
            160..224 => Case::edited(&SMALL, choices),
            224..232 => Case::changed(&WHOLE, choices),
            232..240 => Case::edited(&WHOLE, choices),
            _ => Case {
                text: String::from_utf8_lossy(choices.rest()).into_owned(),
                unchanged: false,
            },
        }
    }

    /// Only changes to what a spec of one operation says, which get further and take less time.
    pub fn small(data: &[u8]) -> Self {
        let mut choices = Choices::of(data);
        choices.byte();
        Case::changed(&SMALL, choices)
    }

    fn changed(bases: &[Base], mut choices: Choices) -> Self {
        let base = &bases[usize::from(choices.number()) % bases.len()];
        if choices.is_over() {
            return Case {
                text: base.text.clone(),
                unchanged: true,
            };
        }
        let mut document = base.document.clone();
        let heals = !choices.byte().is_multiple_of(4);
        for _ in 0..12 {
            if choices.is_over() {
                break;
            }
            change(&mut document, bases, &mut choices);
        }
        if heals {
            heal(&mut document);
            drop_unused(&mut document);
        }
        // What serde_yaml can't write, such as a mapping as a key, isn't made here.
        let text = serde_yaml::to_string(&document).unwrap_or_default();
        Case {
            text,
            unchanged: false,
        }
    }

    fn edited(bases: &[Base], mut choices: Choices) -> Self {
        let base = &bases[usize::from(choices.number()) % bases.len()];
        let mut lines: Vec<String> = base.text.lines().map(str::to_owned).collect();
        for _ in 0..12 {
            if choices.is_over() {
                break;
            }
            edit(&mut lines, bases, &mut choices);
        }
        let line_end = if lines.len().is_multiple_of(7) {
            "\r\n"
        } else {
            "\n"
        };
        Case {
            text: lines.join(line_end),
            unchanged: false,
        }
    }
}

/// What lower and the stages after it decide by.
const KEYWORDS: [&str; 62] = [
    "nullable: true",
    "nullable: false",
    "deprecated: true",
    "required: true",
    "required: [name]",
    "required: []",
    "type: object",
    "type: array",
    "type: string",
    "type: integer",
    "type: number",
    "type: boolean",
    "format: password",
    "format: byte",
    "format: json",
    "format: date-time",
    "format: int32",
    "format: binary",
    "enum: [a, b]",
    "enum: [a, A]",
    "enum: ['', ' ', '1', Unknown, self, 'ä', '東']",
    "enum: [1, 2]",
    "enum: [null]",
    "enum: []",
    "default: a",
    "default: 1",
    "example: {}",
    "example: [1]",
    "minimum: 1",
    "maxLength: 3",
    "pattern: '['",
    "title: Other",
    "uniqueItems: true",
    "minItems: 1",
    "items: {type: string}",
    "items: {type: object, properties: {a: {type: string, description: d}}}",
    "properties: {}",
    "properties: {a: {type: string, description: d}, A: {type: string, description: d}}",
    "properties: {type: {type: string, description: d}, self: {type: integer, description: d}}",
    "properties: {'': {type: string, description: d}, '1': {type: string, description: d}}",
    "properties: {client: {type: string, description: d}, body: {type: string, description: d}}",
    "additionalProperties: true",
    "additionalProperties: {type: string}",
    "additionalProperties: {type: array, items: {type: integer}}",
    "oneOf: [{type: integer}, {type: string}]",
    "oneOf: [{type: object}, {type: array, items: {}}]",
    "oneOf: [{type: string}]",
    "oneOf: []",
    "anyOf: [{type: integer}, {type: string}]",
    "allOf: [{type: object, properties: {a: {type: string, description: d}}}]",
    "allOf: []",
    "not: {type: string}",
    "discriminator: {propertyName: type}",
    "x-credentials: true",
    "x-idempotent: false",
    "x-pagination: {page: page, items: results, total: count, next: next, limit: limit}",
    "x-envelope: {field: error, success: 0, message: message}",
    "x-envelope: {field: code, success: 'ok', message: msg, payload: data, details: [a]}",
    "x-envelope: {results: {minimum: 0, maximum: 9223372036854775807}}",
    "security: []",
    "encoding: {name: {contentType: application/json}}",
    "readOnly: true",
];

/// In place of any text or key.
const TEXTS: [&str; 44] = [
    "",
    " ",
    "1",
    "1 $",
    "self",
    "type",
    "crate",
    "async",
    "Option",
    "String",
    "Vec",
    "Client",
    "Unknown",
    "client",
    "items",
    "body",
    "request",
    "send",
    "extra",
    "ä",
    "東京",
    "🦀",
    "_",
    "__",
    "a-b",
    "a.b",
    ".a",
    "a b",
    "aB",
    "AB",
    "a_b",
    "{id}",
    "/a/{id}/",
    "/",
    "#/components/schemas/",
    "#/components/schemas/Envelope",
    "```rust\nfn main() { panic!() }\n```",
    "`a [b](c",
    "<https://example.com [x] */ // \" \\",
    "| a | b\n| --- |\n\n\n",
    "line\u{85}line\u{2028}line\rline",
    "https://example.com/a_b)c. http://x",
    "application/json",
    "application/x-www-form-urlencoded",
];

const WORDS: [&str; 20] = [
    "object", "array", "string", "integer", "number", "boolean", "path", "query", "header",
    "cookie", "password", "byte", "json", "200", "201", "204", "404", "2XX", "default", "3.0.3",
];

fn children(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Mapping(map) => map.values_mut().collect(),
        Value::Sequence(list) => list.iter_mut().collect(),
        _ => Vec::new(),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Mapping(map) => map.values().map(count).sum::<usize>(),
        Value::Sequence(list) => list.iter().map(count).sum(),
        _ => 0,
    }
}

/// The node of this number, counted from 0, outer ones first.
fn nth<'a>(value: &'a mut Value, number: &mut usize) -> Option<&'a mut Value> {
    if *number == 0 {
        return Some(value);
    }
    *number -= 1;
    children(value)
        .into_iter()
        .find_map(|child| nth(child, number))
}

/// Any node of any document, to be put elsewhere.
fn any(bases: &[Base], choices: &mut Choices) -> Value {
    let base = &bases[usize::from(choices.number()) % bases.len()];
    let mut document = base.document.clone();
    let mut number = choices.below(count(&document));
    nth(&mut document, &mut number).cloned().unwrap_or_default()
}

/// One of several values.
fn yaml(choices: &mut Choices, texts: &[&str]) -> Value {
    let text: &str = texts[choices.below(texts.len())];
    serde_yaml::from_str(text).unwrap_or_default()
}

/// Changes one place of a document.
fn change(document: &mut Value, bases: &[Base], choices: &mut Choices) {
    let count = count(document);
    let kind = choices.byte() % 18;
    let mut number = choices.below(count);
    if kind == 0 {
        return add_path(document, choices);
    }
    let found = match kind {
        1 | 2 => {
            let mut other = choices.below(count);
            nth(document, &mut other).cloned()
        }
        3 => Some(any(bases, choices)),
        _ => None,
    };
    let Some(node) = nth(document, &mut number) else {
        return;
    };
    match kind {
        1..4 => *node = found.unwrap_or_default(),
        4 => {
            let odd = [
                "null",
                "[]",
                "{}",
                "''",
                "-1",
                "true",
                "1.5",
                "18446744073709551616",
                ".inf",
            ];
            *node = yaml(choices, &odd);
        }
        5..8 => {
            let more = yaml(choices, &KEYWORDS);
            if let (Value::Mapping(node), Value::Mapping(more)) = (node, more) {
                node.extend(more);
            }
        }
        8 | 9 => remove(node, choices),
        10 => rename(node, choices),
        11 => {
            if let Value::Sequence(list) = node
                && !list.is_empty()
            {
                let item = choices.pick(list).clone();
                list.insert(choices.below(list.len()), item);
            }
        }
        12 | 13 => wrap(node, choices),
        14 => *node = (*choices.pick(&TEXTS)).into(),
        15 => *node = (*choices.pick(&WORDS)).into(),
        16 => *node = choices.text(30).into(),
        _ => {
            if let Some(child) = children(node).into_iter().next() {
                *node = std::mem::take(child);
            }
        }
    }
}

/// The first path item, or its first operation, a second time under another name.
fn add_path(document: &mut Value, choices: &mut Choices) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_mapping_mut) else {
        return;
    };
    let Some((path, mut item)) = paths.iter().next().map(|(p, i)| (p.clone(), i.clone())) else {
        return;
    };
    let path = path.as_str().unwrap_or_default();
    if choices.below(2) == 0 {
        let path = format!("{path}{}", choices.pick(&["/", "/x", "x", "{a}", "?a=b"]));
        let operation = children(&mut item).into_iter().find(|o| o.is_mapping());
        if let Some(id) = operation.and_then(|operation| operation.get_mut("operationId")) {
            *id = (*choices.pick(&["other", "anyOther", "type", "getA", "call", "Other"])).into();
        }
        paths.insert(path.into(), item);
    } else if let Some(Value::Mapping(item)) = paths.values_mut().next() {
        let found = item
            .iter()
            .find(|(key, _)| key.as_str().is_some_and(|k| METHODS.contains(&k)));
        if let Some(mut operation) = found.map(|(_, operation)| operation.clone()) {
            if let Some(id) = operation.get_mut("operationId") {
                *id = "anotherOne".into();
            }
            item.insert((*choices.pick(&METHODS)).into(), operation);
        }
    }
}

fn remove(node: &mut Value, choices: &mut Choices) {
    match node {
        Value::Mapping(map) if !map.is_empty() => {
            let place = choices.below(map.len());
            let key = map.keys().nth(place).cloned();
            key.and_then(|key| map.shift_remove(&key));
        }
        Value::Sequence(list) if !list.is_empty() => drop(list.remove(choices.below(list.len()))),
        other => *other = Value::Null,
    }
}

fn rename(node: &mut Value, choices: &mut Choices) {
    let Some(map) = node.as_mapping_mut().filter(|map| !map.is_empty()) else {
        return;
    };
    let place = choices.below(map.len());
    let renamed = |key: &str, choices: &mut Choices| match choices.below(6) {
        0 | 1 => (*choices.pick(&TEXTS)).to_owned(),
        2 => key.to_uppercase(),
        3 => format!("{key}_"),
        4 => (*choices.pick(&WORDS)).to_owned(),
        _ => choices.text(12),
    };
    let entries = std::mem::take(map).into_iter().enumerate();
    *map = entries
        .map(|(index, (key, value))| match key.as_str() {
            Some(text) if index == place => (renamed(text, choices).into(), value),
            _ => (key, value),
        })
        .collect();
}

/// Puts a schema, or whatever it is, into another one.
fn wrap(node: &mut Value, choices: &mut Choices) {
    let shapes = [
        "{type: array, description: d, items: HERE}",
        "{type: object, description: d, additionalProperties: HERE}",
        "{type: object, description: d, properties: {a: HERE}}",
        "{type: object, description: d, required: [a], properties: {a: HERE}}",
        "{description: d, allOf: [HERE]}",
        "{allOf: [HERE, {type: object, properties: {b: {type: string, description: d}}}]}",
        "{description: d, nullable: true, allOf: [HERE]}",
        "{oneOf: [HERE, {type: string}]}",
        "{oneOf: [{type: string, format: json}, HERE]}",
        "{description: d, oneOf: [HERE, {type: array, items: HERE}]}",
        "{oneOf: [{type: array, items: HERE}, HERE]}",
        "{anyOf: [HERE, {type: integer}]}",
        "[HERE]",
        "{HERE: HERE}",
    ];
    let mut shape = yaml(choices, &shapes);
    put(&mut shape, node);
    *node = shape;
}

fn put(shape: &mut Value, node: &Value) {
    if shape.as_str() == Some("HERE") {
        *shape = node.clone();
        return;
    }
    children(shape)
        .into_iter()
        .for_each(|child| put(child, node));
}

/// Makes examples fit their schemas again, where that is possible, so that `check` lets more of the
/// changes through.
fn heal(document: &mut Value) {
    let original = document.clone();
    heal_within(&original, document, false);
}

/// `named` is whether the keys of a mapping are names.
fn heal_within(document: &Value, value: &mut Value, named: bool) {
    if let Value::Mapping(map) = value
        && !named
    {
        let sample = map.get("schema").map(|schema| sample(document, schema, 0));
        match sample {
            Some(sample) if map.contains_key("example") || map.contains_key("examples") => {
                map.shift_remove("examples");
                map.insert("example".into(), sample);
            }
            // What stands in a schema may be left out.
            None if !map.contains_key("in") => {
                map.shift_remove("example");
                map.shift_remove("default");
            }
            _ => {}
        }
    }
    match value {
        Value::Mapping(map) => {
            for (key, child) in map {
                let key = key.as_str().unwrap_or_default();
                let free = ["example", "examples", "enum", "default"].contains(&key);
                if named || !free {
                    heal_within(document, child, key == "properties" && !named);
                }
            }
        }
        Value::Sequence(list) => {
            for child in list {
                heal_within(document, child, false);
            }
        }
        _ => {}
    }
}

/// A value that fits a schema, if it is one that anything fits.
fn sample(document: &Value, schema: &Value, depth: usize) -> Value {
    if depth > 12 {
        return Value::Null;
    }
    let target = schema.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|to| to.strip_prefix("#/components/schemas/"));
    if let Some(name) = target {
        let schemas = document.get("components").and_then(|c| c.get("schemas"));
        let target = schemas.and_then(|schemas| schemas.get(name));
        return sample(document, target.unwrap_or(&Value::Null), depth + 1);
    }
    let first = |key: &str| schema.get(key)?.as_sequence()?.first();
    if let Some(value) = first("enum") {
        return value.clone();
    }
    if let Some(option) = first("oneOf").or(first("anyOf")) {
        return sample(document, option, depth + 1);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "a".into(),
        Some("integer") => 1.into(),
        Some("number") => 1.5.into(),
        Some("boolean") => true.into(),
        Some("array") => {
            let item = schema.get("items").unwrap_or(&Value::Null);
            Value::Sequence(vec![sample(document, item, depth + 1)])
        }
        _ => {
            let mut object = Mapping::new();
            let parts = schema.get("allOf").and_then(Value::as_sequence);
            for part in parts.into_iter().flatten() {
                if let Value::Mapping(more) = sample(document, part, depth + 1) {
                    object.extend(more);
                }
            }
            for (name, property) in entries(schema.get("properties").unwrap_or(&Value::Null)) {
                object.insert(name.into(), sample(document, property, depth + 1));
            }
            Value::Mapping(object)
        }
    }
}

/// Changes a line or a few.
fn edit(lines: &mut Vec<String>, bases: &[Base], choices: &mut Choices) {
    if lines.is_empty() {
        return;
    }
    let place = usize::from(choices.number()) % lines.len();
    let other = usize::from(choices.number()) % lines.len();
    match choices.byte() % 11 {
        0 => drop(lines.remove(place)),
        1 => lines.swap(place, other),
        2 => lines.insert(other, lines[place].clone()),
        3 => lines[place].insert_str(0, "  "),
        4 => lines[place] = lines[place].replacen("  ", "", 1),
        5 => {
            let value = lines[other]
                .split_once(": ")
                .map(|(_, value)| value.to_owned());
            if let (Some((key, _)), Some(value)) = (lines[place].split_once(": "), value) {
                lines[place] = format!("{key}: {value}");
            }
        }
        6 => {
            let base = &bases[usize::from(choices.number()) % bases.len()];
            let from = usize::from(choices.number()) % base.text.lines().count().max(1);
            let more = base.text.lines().skip(from).take(1 + choices.below(20));
            let more: Vec<String> = more.map(str::to_owned).collect();
            lines.splice(place..place, more);
        }
        7 => {
            let tokens = [
                "- ",
                "? ",
                ": ",
                "{",
                "}",
                "[",
                "]",
                "&a ",
                "*a",
                "!t ",
                "|",
                ">",
                "\"",
                "'",
                "#",
                "<<: ",
                "--- ",
                "...",
                "%YAML 1.2",
                "\t",
                "\u{feff}",
                "\u{0}",
                "\u{85}",
                "\u{2028}",
                "é",
                "~",
                "0x1",
                "1e9",
                "2026-01-01",
                "yes",
                ", ",
                "\\",
                "\r",
                "@",
                "`",
            ];
            let token = *choices.pick(&tokens);
            let ends: Vec<usize> = lines[place].char_indices().map(|(at, _)| at).collect();
            let at = if ends.is_empty() {
                0
            } else {
                *choices.pick(&ends)
            };
            lines[place].insert_str(at, token);
        }
        8 => {
            let text = choices.text(12);
            lines[place].push_str(&text);
        }
        9 => lines.truncate(place),
        _ => {
            let deep = ["[", "{a: ", "- ", "a: {"];
            let deep = choices.pick(&deep).repeat(1 << choices.below(12));
            lines[place].push_str(&deep);
        }
    }
}

pub fn show(data: &[u8]) -> String {
    Case::of(data).text
}

pub fn show_small(data: &[u8]) -> String {
    Case::small(data).text
}

/// The specs and their parts as they are, to be changed and to be edited, and some as text.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (kinds, bases) in [([0, 160], &*SMALL), ([224, 232], &*WHOLE)] {
        for index in 0..bases.len() {
            let index = u16::try_from(index).unwrap_or_default().to_le_bytes();
            seeds.extend(kinds.map(|kind| vec![kind, index[0], index[1]]));
        }
    }
    for base in SMALL.iter().step_by(20) {
        let mut text = vec![255];
        text.extend_from_slice(base.text.as_bytes());
        seeds.push(text);
    }
    seeds
}

/// Finds that a spec is lowered, or refused with lines that say where and why.
pub fn run(data: &[u8]) -> String {
    let case = Case::of(data);
    let source = match Source::read(FILE, &case.text) {
        Ok(source) => source,
        Err(findings) => {
            refused(&case, &findings.0);
            return "source".to_owned();
        }
    };
    if let Err(findings) = check(&source) {
        refused(&case, &findings.0);
        return "check".to_owned();
    }
    match lower("fuzzed", source.document()) {
        Ok(lowered) => {
            assert!(!lowered.operations.is_empty(), "no operation is left");
            "lowered".to_owned()
        }
        Err(reason) => {
            assert!(!case.unchanged, "a spec is refused: {reason}");
            assert!(!reason.trim().is_empty(), "lower says nothing");
            format!("lower: {}", generic(&reason))
        }
    }
}

/// A reason without names, to count by.
fn generic(reason: &str) -> String {
    let reason = match reason.split_once(": ") {
        Some((operation, rest)) if !operation.contains(' ') => rest,
        _ => reason,
    };
    let parts = reason.split('`').step_by(2);
    let text = parts.collect::<Vec<_>>().join("`…`");
    text.chars().take(100).collect()
}

fn refused(case: &Case, findings: &[Finding]) {
    assert!(!findings.is_empty(), "refused without a finding");
    let lines: Vec<&str> = case.text.split('\n').collect();
    for finding in findings {
        assert!(!case.unchanged, "a spec is refused: {finding}");
        let text = finding.to_string();
        assert!(!text.contains(['\n', '\r']), "a finding is lines: {text:?}");
        let Finding { line, column, .. } = finding;
        let place = format!("{FILE}:{line}:{column}: ");
        assert!(text.starts_with(&place), "a finding has no place: {text}");
        // A text that ends too early is refused at its end.
        let there = lines.get(line.wrapping_sub(1)).copied();
        let length = there.unwrap_or_default().chars().count();
        let there = there.is_some() || *line == lines.len() + 1;
        let within = (1..=length + 1).contains(column);
        assert!(there && within, "there is no such place: {text}");
    }
}
