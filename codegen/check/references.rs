//! Where references lead, and which components nothing refers to.

use std::collections::BTreeSet;

use serde_yaml::Value;

use super::super::source::{Finding, Path};
use super::document::{Document, Object, Target, entries, list, text};
use super::grammar::Kind;
use super::nearest::suggestion;

/// broken-ref: the generator would stop at the first one, without its place.
pub(super) fn broken(document: &Document, findings: &mut Vec<Finding>) {
    for object in document.all() {
        for (path, section, reference) in references(object) {
            if let Some(message) = objection(document, section, reference) {
                findings.push(document.finding(&path, "broken-ref", message));
            }
        }
    }
}

/// What an object refers to: the place of each reference, the section that it should lead to, and
/// its text.
fn references<'a>(object: &Object<'a>) -> Vec<(Path, &'static str, Reference<'a>)> {
    match (object.reference(), object.kind) {
        (Some(to), kind) => {
            let section = kind.section().unwrap_or_default();
            vec![(object.path.child("$ref"), section, Reference::Pointer(to))]
        }
        (None, Kind::SecurityRequirement) => mapping(object.value)
            .map(|(name, _)| {
                (
                    object.path.child(name),
                    "securitySchemes",
                    Reference::Name(name),
                )
            })
            .collect(),
        (None, Kind::Discriminator) => entries(object.value, "mapping")
            .filter_map(|(value, to)| {
                let path = object.path.child("mapping").child(value);
                Some((path, "schemas", Reference::either(to.as_str()?)))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn mapping(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = value.as_mapping().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str()?, value)))
}

/// The two ways in which a spec names a component.
#[derive(Clone, Copy)]
enum Reference<'a> {
    Pointer(&'a str),
    Name(&'a str),
}

impl<'a> Reference<'a> {
    /// What a discriminator's mapping holds.
    fn either(to: &'a str) -> Reference<'a> {
        if to.contains(['#', '/']) {
            Reference::Pointer(to)
        } else {
            Reference::Name(to)
        }
    }

    fn target(self, section: &str) -> Option<Target> {
        match self {
            Reference::Pointer(pointer) => Target::parse(pointer),
            Reference::Name(name) => Some(Target {
                section: section.to_owned(),
                name: name.to_owned(),
            }),
        }
    }
}

fn objection(document: &Document, section: &str, reference: Reference) -> Option<String> {
    let Some(target) = reference.target(section) else {
        let Reference::Pointer(pointer) = reference else {
            return None;
        };
        return Some(format!(
            "`{pointer}` can't be followed; a reference is `#/components/{section}/` and the name \
             of a component in this file"
        ));
    };
    let Target {
        section: actual,
        name,
    } = &target;
    if actual != section {
        return Some(format!(
            "this leads to `{actual}`, but `components.{section}` is due here; refer to \
             `#/components/{section}/` and a name there"
        ));
    }
    if document.component(&target).is_some() {
        return None;
    }
    let components = document.root().get("components").unwrap_or(&Value::Null);
    let names = entries(components, section).map(|(name, _)| name);
    let rest = format!("add it to `components.{section}`, or correct the name");
    Some(format!(
        "`components.{section}` has no `{name}`{}",
        suggestion(name, names, &rest)
    ))
}

/// circular-ref: a component that is made of itself describes no value. Through properties and
/// items it may come back to itself, as a tree does.
pub(super) fn circular(document: &Document, findings: &mut Vec<Finding>) {
    let mut reported = BTreeSet::new();
    for object in document.all().filter(|object| is_component(object)) {
        let Some(start) = Target::containing(&object.path) else {
            continue;
        };
        let Some(circle) = circle(document, &start) else {
            continue;
        };
        if circle.iter().any(|target| reported.contains(target)) {
            continue;
        }
        let names: Vec<_> = circle
            .iter()
            .map(|target| format!("`{}`", target.name))
            .collect();
        let message = format!(
            "{} → `{}` is a circle that no value comes out of; break it",
            names.join(" → "),
            start.name
        );
        findings.push(document.finding(&object.path, "circular-ref", message));
        reported.extend(circle);
    }
}

fn is_component(object: &Object) -> bool {
    Target::containing(&object.path).is_some_and(|target| target.path() == object.path)
}

/// The components on the way from one back to itself, if there is such a way.
fn circle(document: &Document, start: &Target) -> Option<Vec<Target>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start.clone()]];
    while let Some(way) = ways.pop() {
        let Some(value) = way.last().and_then(|target| document.component(target)) else {
            continue;
        };
        for next in parts(value) {
            if next == *start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push(way.iter().cloned().chain([next]).collect());
            }
        }
    }
    None
}

/// The components that one is made of, without descending into the values that it describes.
fn parts(value: &Value) -> Vec<Target> {
    if let Some(reference) = text(value, "$ref") {
        return Target::parse(reference).into_iter().collect();
    }
    let members = ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .flat_map(|key| list(value, key));
    members.flat_map(parts).collect()
}

/// unused-component: mostly a component whose users were renamed, or forgotten.
pub(super) fn unused(document: &Document, findings: &mut Vec<Finding>) {
    let used = used(document);
    for object in document.all().filter(|object| is_component(object)) {
        let Some(target) = Target::containing(&object.path) else {
            continue;
        };
        if !used.contains(&target) {
            let message = "no operation uses this, not even through another component; refer to it \
                           or remove it";
            findings.push(document.finding(&object.path, "unused-component", message));
        }
    }
}

/// The components that can be reached from outside of `components`.
fn used(document: &Document) -> BTreeSet<Target> {
    let uses: Vec<(Option<Target>, Target)> = document
        .all()
        .flat_map(|object| {
            let user = Target::containing(&object.path);
            let targets = references(object).into_iter();
            targets.filter_map(move |(_, section, to)| Some((user.clone(), to.target(section)?)))
        })
        .collect();
    let mut used = BTreeSet::new();
    loop {
        let before = used.len();
        for (user, target) in &uses {
            if user.as_ref().is_none_or(|user| used.contains(user)) {
                used.insert(target.clone());
            }
        }
        if used.len() == before {
            return used;
        }
    }
}
