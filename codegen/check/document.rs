//! A spec as the list of the objects in it, each with its kind.
//!
//! Reading it judges what the grammar can judge by itself: keys that aren't known, keys that are
//! missing, values of the wrong shape, extensions out of place. The rules in the other files go
//! through the list, so that none of them has to find its way through a document.

use serde_yaml::{Mapping, Value};

use super::super::source::{Finding, Path, Segment, Source};
use super::grammar::{EXTENSIONS, Grammar, Kind, Shape, describe};
use super::nearest::{nearest, suggestion};

/// An object of the document: what the grammar knows as one, or a reference in its stead.
#[derive(Debug)]
pub(super) struct Object<'a> {
    pub(super) kind: Kind,
    /// The key that the grammar allows it at, such as `properties` or `items`; for a key that the
    /// author named, the parent's.
    pub(super) via: &'static str,
    pub(super) path: Path,
    pub(super) value: &'a Value,
    parent: Option<usize>,
    /// Its own place among all objects; what is within it stands behind it, up to `end`.
    index: usize,
    end: usize,
}

impl<'a> Object<'a> {
    /// What it refers to, if it is a reference.
    pub(super) fn reference(&self) -> Option<&'a str> {
        self.kind.section()?;
        self.text("$ref")
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        text(self.value, key)
    }

    /// The way to the entry at a key; to the object itself if it has no such entry.
    pub(super) fn place(&self, key: &str) -> Path {
        match self.get(key) {
            Some(_) => self.path.child(key),
            None => self.path.clone(),
        }
    }

    /// The key that it stands at. For an item of a list, the list's.
    pub(super) fn name(&self) -> &str {
        name(&self.path)
    }
}

/// The text at a key of a value.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The list at a key of a value, or an empty one.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_sequence)
        .map_or(&[], Vec::as_slice)
}

/// The entries of the mapping at a key of a value, or none.
pub(super) fn entries<'a>(
    value: &'a Value,
    key: &str,
) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    let mapping = value.get(key).and_then(Value::as_mapping);
    mapping
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str()?, value)))
}

fn name(path: &Path) -> &str {
    let last = path
        .segments()
        .iter()
        .rev()
        .find_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        });
    last.unwrap_or_default()
}

/// Where a reference leads: to a component of a section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    pub(super) section: String,
    pub(super) name: String,
}

impl Target {
    /// Reads `#/components/<section>/<name>`.
    pub(super) fn parse(reference: &str) -> Option<Target> {
        let (section, name) = reference.strip_prefix("#/components/")?.split_once('/')?;
        let name = name.replace("~1", "/").replace("~0", "~");
        Some(Target {
            section: section.to_owned(),
            name,
        })
    }

    /// The component that a path leads to, or into.
    pub(super) fn containing(path: &Path) -> Option<Target> {
        match path.segments() {
            [
                Segment::Key(top),
                Segment::Key(section),
                Segment::Key(name),
                ..,
            ] if top == "components" => Some(Target {
                section: section.clone(),
                name: name.clone(),
            }),
            _ => None,
        }
    }

    pub(super) fn path(&self) -> Path {
        Path::root()
            .child("components")
            .child(self.section.as_str())
            .child(self.name.as_str())
    }
}

/// A spec as the list of its objects, in the order of the file.
pub(super) struct Document<'a> {
    pub(super) source: &'a Source,
    objects: Vec<Object<'a>>,
}

impl<'a> Document<'a> {
    /// Lists the objects of a spec, and notes what the grammar objects to.
    pub(super) fn read(source: &'a Source, findings: &mut Vec<Finding>) -> Document<'a> {
        let mut reader = Reader {
            source,
            objects: Vec::new(),
            findings,
        };
        let root = Path::root();
        reader.object(Kind::OpenApi, "", &root, source.document(), None);
        Document {
            source,
            objects: reader.objects,
        }
    }

    pub(super) fn root(&self) -> &'a Value {
        self.source.document()
    }

    pub(super) fn finding(
        &self,
        path: &Path,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Finding {
        self.source.finding(path, rule, message)
    }

    /// Every object and reference.
    pub(super) fn all(&self) -> impl Iterator<Item = &Object<'a>> {
        self.objects.iter()
    }

    /// The objects of a kind that stand there themselves, references left out.
    pub(super) fn objects(&self, kind: Kind) -> impl Iterator<Item = &Object<'a>> {
        self.all()
            .filter(move |object| object.kind == kind && object.reference().is_none())
    }

    pub(super) fn parent(&self, object: &Object<'a>) -> Option<&Object<'a>> {
        self.objects.get(object.parent?)
    }

    /// The objects right below one, of a kind, references included.
    pub(super) fn children(
        &self,
        of: &Object<'a>,
        kind: Kind,
    ) -> impl Iterator<Item = &Object<'a>> {
        let parent = Some(of.index);
        let within = self.objects.get(of.index..of.end).unwrap_or_default();
        within
            .iter()
            .filter(move |object| object.parent == parent && object.kind == kind)
    }

    /// Every operation of the API, with its path item. Those of callbacks are the client's to
    /// serve, and no method is made of them.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&Object<'a>, &Object<'a>)> {
        self.objects(Kind::Operation).filter_map(|operation| {
            let item = self.parent(operation)?;
            let paths = self.parent(item)?;
            (paths.kind == Kind::Paths).then_some((item, operation))
        })
    }

    pub(super) fn component(&self, target: &Target) -> Option<&'a Value> {
        self.root()
            .get("components")?
            .get(target.section.as_str())?
            .get(target.name.as_str())
    }

    /// What a value stands for: itself, or what its `$ref` leads to. A reference that leads
    /// nowhere, or round in a circle, stands for itself: other rules object to it.
    pub(super) fn resolve(&self, value: &'a Value) -> &'a Value {
        let mut seen = vec![value];
        let mut value = value;
        while let Some(reference) = text(value, "$ref") {
            match Target::parse(reference).and_then(|target| self.component(&target)) {
                Some(next) if !seen.iter().any(|known| std::ptr::eq(*known, next)) => {
                    seen.push(next);
                    value = next;
                }
                _ => break,
            }
        }
        value
    }
}

/// Walks through a document by the grammar. `serde_yaml` and `Source` bound its depth.
struct Reader<'a, 'f> {
    source: &'a Source,
    objects: Vec<Object<'a>>,
    findings: &'f mut Vec<Finding>,
}

impl<'a> Reader<'a, '_> {
    fn object(
        &mut self,
        kind: Kind,
        via: &'static str,
        path: &Path,
        value: &'a Value,
        parent: Option<usize>,
    ) {
        let Some(mapping) = value.as_mapping() else {
            return self.wrong_type(kind.is_extension(), path, value, Shape::Object(kind));
        };
        let grammar = kind.grammar();
        let index = self.objects.len();
        let object = Object {
            kind,
            via,
            path: path.clone(),
            value,
            parent,
            index,
            end: index + 1,
        };
        self.objects.push(object);
        if kind.section().is_some() && mapping.contains_key("$ref") {
            return self.reference(path, mapping);
        }
        for (key, child) in mapping
            .iter()
            .filter_map(|(key, child)| Some((key.as_str()?, child)))
        {
            let child_path = path.child(key);
            match entry(&grammar, via, key) {
                Some((via, shape)) => {
                    let ours = kind.is_extension() || key.starts_with("x-");
                    self.value(shape, via, &child_path, child, Some(index), ours);
                }
                None => self.unknown_key(kind, &grammar, key, &child_path),
            }
        }
        let end = self.objects.len();
        if let Some(object) = self.objects.get_mut(index) {
            object.end = end;
        }
        self.required_keys(kind, &grammar, path, mapping);
    }

    /// A value, by what the grammar says of its key. `ours` is an extension's.
    fn value(
        &mut self,
        shape: Shape,
        via: &'static str,
        path: &Path,
        value: &'a Value,
        parent: Option<usize>,
        ours: bool,
    ) {
        match (shape, value) {
            (Shape::Object(kind), _) => self.object(kind, via, path, value, parent),
            (Shape::List(item), Value::Sequence(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.value(*item, via, &path.child(index), value, parent, ours);
                }
            }
            (Shape::Map(entry), Value::Mapping(entries)) => {
                for (key, value) in entries {
                    let path = path.child(key.as_str().unwrap_or_default());
                    self.value(*entry, via, &path, value, parent, ours);
                }
            }
            (Shape::FlagOr(other), Value::Mapping(_)) => {
                self.value(*other, via, path, value, parent, ours);
            }
            _ if fits(shape, value) => {}
            _ => self.wrong_type(ours, path, value, shape),
        }
    }

    /// unknown-key, x-keys: a misspelt key must not vanish, as it does in every reader of OpenAPI.
    fn unknown_key(&mut self, kind: Kind, grammar: &Grammar, key: &str, path: &Path) {
        let keys = grammar.keys.iter().map(|(key, _)| *key);
        let rule = if kind.is_extension() || key.starts_with("x-") {
            "x-keys"
        } else {
            "unknown-key"
        };
        let extension = EXTENSIONS.iter().find(|(name, _)| *name == key);
        let message = if let Some((_, place)) = extension {
            format!(
                "`{key}` doesn't belong on {}; it belongs on {place}",
                grammar.name
            )
        } else if key.starts_with("x-") {
            let names = EXTENSIONS.iter().map(|(name, _)| *name);
            let rest = "a new one must be added to codegen/check/grammar.rs first";
            format!(
                "`{key}` is none of our extensions{}",
                suggestion(key, names, rest)
            )
        } else if let Some(named) = &grammar.named {
            format!("`{key}` is not a key of {}: {}", grammar.name, named.rule)
        } else {
            let rest = match grammar.keys.len() {
                0..10 => format!(
                    "it knows `{}`",
                    keys.clone().collect::<Vec<_>>().join("`, `")
                ),
                _ => "OpenAPI 3.0.3 doesn't know it; correct or remove it".to_owned(),
            };
            format!(
                "`{key}` is not a key of {}{}",
                grammar.name,
                suggestion(key, keys, &rest)
            )
        };
        self.findings.push(self.source.finding(path, rule, message));
    }

    /// required-key: what OpenAPI demands, later stages read without asking.
    fn required_keys(&mut self, kind: Kind, grammar: &Grammar, path: &Path, mapping: &Mapping) {
        let rule = if kind.is_extension() {
            "x-keys"
        } else {
            "required-key"
        };
        for key in grammar
            .required
            .iter()
            .filter(|key| !mapping.contains_key(**key))
        {
            let message = format!("{} needs the key `{key}`; add it", grammar.name);
            self.findings.push(self.source.finding(path, rule, message));
        }
    }

    /// wrong-type, x-keys: later stages rely on shapes.
    fn wrong_type(&mut self, ours: bool, path: &Path, value: &Value, shape: Shape) {
        let rule = if ours { "x-keys" } else { "wrong-type" };
        let subject = match path.segments().last() {
            Some(Segment::Index(_)) => format!("an item of `{}`", name(path)),
            _ => format!("`{}`", name(path)),
        };
        let actual = match (shape, value) {
            (Shape::Word(_), Value::String(word)) => format!("`{word}`"),
            (Shape::Mark, Value::Bool(_)) => "false".to_owned(),
            _ => describe(value).to_owned(),
        };
        let advice = match (shape, value) {
            (Shape::Word(words), Value::String(word)) => nearest(word, words.iter().copied())
                .map_or_else(String::new, |word| format!("; did you mean `{word}`?")),
            (Shape::Text, Value::Bool(_) | Value::Number(_)) => "; quote it".to_owned(),
            _ => String::new(),
        };
        let due = shape.describe();
        let message = format!("{subject} is {actual}; it must be {due}{advice}");
        self.findings.push(self.source.finding(path, rule, message));
    }

    /// ref-siblings: OpenAPI 3.0 ignores what stands beside a `$ref`, so that it would vanish.
    fn reference(&mut self, path: &Path, mapping: &'a Mapping) {
        for (key, value) in mapping {
            let key = key.as_str().unwrap_or_default();
            let path = path.child(key);
            if key == "$ref" {
                self.value(Shape::Text, "$ref", &path, value, None, false);
                continue;
            }
            let message = format!(
                "OpenAPI 3.0 ignores `{key}` beside a `$ref`; move it to the target, or, for a \
                 schema, put the `$ref` into an `allOf`"
            );
            self.findings
                .push(self.source.finding(&path, "ref-siblings", message));
        }
    }
}

/// The key of the grammar, and what stands there.
fn entry(grammar: &Grammar, via: &'static str, key: &str) -> Option<(&'static str, Shape)> {
    let fixed = grammar.keys.iter().find(|(name, _)| *name == key);
    let named = || {
        grammar
            .named
            .as_ref()
            .filter(|named| !key.starts_with("x-") && (named.allows)(key))
    };
    fixed
        .copied()
        .or_else(|| named().map(|named| (via, named.shape)))
}

/// Whether a value without keys or items of its own has the shape.
fn fits(shape: Shape, value: &Value) -> bool {
    match shape {
        Shape::Text => value.is_string(),
        Shape::Flag | Shape::FlagOr(_) => value.is_bool(),
        Shape::Mark => value.as_bool() == Some(true),
        Shape::Integer => value.is_i64() || value.is_u64(),
        Shape::Number => value.is_number(),
        Shape::Scalar => value.is_string() || value.is_number() || value.is_bool(),
        Shape::Free => true,
        Shape::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Shape::Object(_) | Shape::List(_) | Shape::Map(_) => false,
    }
}
