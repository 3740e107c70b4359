//! What a change of a spec means to callers: compares the [`Surface`]s of the clients that two specs
//! give, so that what breaks is decided by what a caller compiles against and not by how the spec
//! says it.
//!
//! Breaking is what stops a caller's program from compiling, or what it does from working: a name
//! that is gone, another type, a parameter that must be set now. Nothing else is: types of requests
//! and replies are `#[non_exhaustive]`, so that they may grow. What only the server sees, such as
//! another path, breaks nobody, and is told because users notice.
//!
//! A type is compared once, under its name, and not wherever it is used.

use std::collections::BTreeSet;
use std::fmt;

use super::source::{Path, Position, Source};
use super::surface::{Call, Enum, Field, Setter, Struct, Surface, Type};
use super::{Failure, place, tree_of};

/// A difference, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether a caller's program must change with it.
    pub breaking: bool,
    /// The file that it stands in: the old one for what is gone, the new one for all else.
    pub file: String,
    /// Where in that file.
    pub position: Position,
    /// What changed: `getServiceInfo`, `listSites.page`, `types::ServiceInfo.hostname`.
    pub item: String,
    /// How.
    pub message: String,
}

/// Prints `specs/kiwivm.yaml:312:5: setPTR.ip: required now`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change {
            file,
            position,
            item,
            message,
            ..
        } = self;
        write!(f, "{file}:{position}: {item}: {message}")
    }
}

/// One of the two specs, with what its callers see.
#[derive(Clone, Debug)]
pub struct Side {
    source: Source,
    surface: Surface,
}

impl Side {
    /// Runs all stages of the build.
    pub fn read(file: &str, text: &str) -> Result<Side, Failure> {
        let source = Source::read(file, text)?;
        let (tree, _) = tree_of(&source)?;
        let surface = Surface::of(&tree);
        Ok(Side { source, surface })
    }
}

/// All differences: first what breaks, then the rest, each in the order of the files.
pub fn diff(old: &Side, new: &Side) -> Vec<Change> {
    let mut comparison = Comparison {
        old: old.clone(),
        new: new.clone(),
        changes: Vec::new(),
    };
    comparison.server();
    comparison.renamed_types();
    comparison.calls();
    comparison.types();
    let mut changes = comparison.changes;
    changes.sort_by_key(|change| {
        let place = (change.file.clone(), change.position);
        (!change.breaking, place)
    });
    changes
}

struct Comparison {
    old: Side,
    new: Side,
    changes: Vec<Change>,
}

/// Whether a caller must do something about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Breaking,
    Compatible,
}

use Effect::{Breaking, Compatible};

impl Comparison {
    /// Notes a change whose place is in the new spec.
    fn note(
        &mut self,
        effect: Effect,
        place: impl FnOnce(&serde_yaml::Value) -> Path,
        item: impl Into<String>,
        message: impl Into<String>,
    ) {
        let change = change(&self.new.source, effect, place, item, message);
        self.changes.push(change);
    }

    /// Notes that something is gone, whose place is in the old spec.
    fn gone(
        &mut self,
        place: impl FnOnce(&serde_yaml::Value) -> Path,
        item: impl Into<String>,
        message: impl Into<String>,
    ) {
        let change = change(&self.old.source, Breaking, place, item, message);
        self.changes.push(change);
    }

    /// Clients have the address as a constant; a program may have set another.
    fn server(&mut self) {
        let (_, old) = place::of_server(self.old.source.document());
        let (_, new) = place::of_server(self.new.source.document());
        let (old, new) = (old.map(str::to_owned), new.map(str::to_owned));
        if old != new {
            let url = |url: Option<String>| url.map_or("none".to_owned(), |url| format!("`{url}`"));
            let message = format!("on the wire: {} now, not {}", url(new), url(old));
            let place = |document: &serde_yaml::Value| place::of_server(document).0;
            self.note(Compatible, place, "the server's URL", message);
        }
    }

    fn calls(&mut self) {
        let old = self.old.surface.calls.clone();
        let new = self.new.surface.calls.clone();
        let by_method = |calls: &[Call], call: &Call| {
            let found = calls.iter().find(|other| other.method == call.method);
            found.cloned()
        };
        let gone: Vec<&Call> = old
            .iter()
            .filter(|c| by_method(&new, c).is_none())
            .collect();
        let mut added: Vec<&Call> = new
            .iter()
            .filter(|c| by_method(&old, c).is_none())
            .collect();
        for call in &old {
            if let Some(now) = by_method(&new, call) {
                self.call(call, &now);
            }
        }
        for call in &gone {
            // What answers under the same method and path is the same call, whatever its name.
            let same_route = added.iter().position(|now| route(now) == route(call));
            if let Some(index) = same_route {
                let now = added.remove(index);
                let message = format!("renamed to `{}`, called by `{}()`", now.id, now.method);
                let place = |document: &_| place::of_operation(document, &call.id);
                self.gone(place, call.id.as_str(), message);
                self.call(call, now);
                continue;
            }
            let is_alike = |a: &Call, b: &Call| {
                let shape = |call: &Call| (call.setters.clone(), call.payload.clone());
                shape(a) == shape(b) && !(a.setters.is_empty() && a.payload == "()")
            };
            let alike = only(added.iter().filter(|now| is_alike(call, now)));
            let alike =
                alike.filter(|now| only(gone.iter().filter(|c| is_alike(c, now))).is_some());
            let hint = alike.map(|now| (now.id.clone(), "takes and gives the same"));
            let message = removed(hint);
            let place = |document: &_| place::of_operation(document, &call.id);
            self.gone(place, call.id.as_str(), message);
        }
        for call in added {
            let message = format!("added, called by `{}()`", call.method);
            let place = |document: &_| place::of_operation(document, &call.id);
            self.note(Compatible, place, call.id.as_str(), message);
        }
    }

    fn call(&mut self, old: &Call, new: &Call) {
        let place = |document: &serde_yaml::Value| place::of_operation(document, &new.id);
        let item = new.id.as_str();
        if old.id != new.id && old.method == new.method {
            let message = format!(
                "its id is that now, not `{}`, in errors and for the mock server",
                old.id
            );
            self.note(Breaking, place, item, message);
        }
        if old.payload != new.payload {
            let message = format!("gives {} now, not {}", ty(&new.payload), ty(&old.payload));
            self.note(Breaking, place, item, message);
        }
        match (&old.stream, &new.stream) {
            (Some(_), None) => self.note(Breaking, place, item, "`stream()` is gone"),
            (None, Some(_)) => self.note(Compatible, place, item, "`stream()` was added"),
            (Some(old), Some(new)) if old != new => {
                let message = format!("`stream()` gives {} now, not {}", ty(new), ty(old));
                self.note(Breaking, place, item, message);
            }
            _ => {}
        }
        self.deprecation(old.deprecated, new.deprecated, place, item);
        self.call_on_the_wire(old, new);
        self.setters(old, new);
    }

    /// What the server notices and no caller's program does.
    fn call_on_the_wire(&mut self, old: &Call, new: &Call) {
        let mut notes = Vec::new();
        if route(old) != route(new) {
            notes.push(format!("`{}` now, not `{}`", new.route, old.route));
        }
        if old.idempotent != new.idempotent {
            let words = [
                "not idempotent any more: never repeated once it was sent",
                "idempotent now: repeated after a failure that may pass",
            ];
            notes.push(words[usize::from(new.idempotent)].to_owned());
        }
        if old.authorized != new.authorized {
            let words = ["sent without credentials now", "sent with credentials now"];
            notes.push(words[usize::from(new.authorized)].to_owned());
        }
        if old.envelope != new.envelope {
            notes.push("its replies say failure in another way".to_owned());
        }
        let media = |side: &Side, call: &Call| place::media_types(side.source.document(), &call.id);
        let (was, is) = (media(&self.old, old), media(&self.new, new));
        if was != is && !was.is_empty() && !is.is_empty() {
            notes.push(format!(
                "a body of {} now, not {}",
                is.join(", "),
                was.join(", ")
            ));
        }
        for note in notes {
            let place = |document: &_| place::of_operation(document, &new.id);
            let message = format!("on the wire: {note}");
            self.note(Compatible, place, new.id.as_str(), message);
        }
    }

    fn setters(&mut self, old: &Call, new: &Call) {
        let find = |call: &Call, name: &str| {
            let found = call.setters.iter().find(|setter| setter.name == name);
            found.cloned()
        };
        let gone = old.setters.iter().filter(|s| find(new, &s.name).is_none());
        let added = new.setters.iter().filter(|s| find(old, &s.name).is_none());
        let (gone, added): (Vec<_>, Vec<_>) = (gone.collect(), added.collect());
        for &setter in &gone {
            let hint = new_name(setter, &gone, &added, |setter| &setter.ty);
            let message = removed(hint.map(|setter| (setter.name.clone(), SAME_TYPE)));
            let place = |document: &_| place::of_parameter(document, &old.id, &setter.wire).0;
            self.gone(place, format!("{}.{}", old.id, setter.name), message);
        }
        for setter in &added {
            let (effect, message) = if setter.required {
                (
                    Breaking,
                    "added, and required: without it a call is refused",
                )
            } else {
                (Compatible, "added")
            };
            let place = |document: &_| place::of_parameter(document, &new.id, &setter.wire).0;
            self.note(
                effect,
                place,
                format!("{}.{}", new.id, setter.name),
                message,
            );
        }
        for setter in &old.setters {
            if let Some(now) = find(new, &setter.name) {
                self.setter((old, setter), (new, &now));
            }
        }
    }

    fn setter(&mut self, (old_call, old): (&Call, &Setter), (call, new): (&Call, &Setter)) {
        let item = format!("{}.{}", call.id, new.name);
        let place =
            |document: &serde_yaml::Value| place::of_parameter(document, &call.id, &new.wire).0;
        if old.ty != new.ty {
            let message = format!("takes {} now, not {}", ty(&new.ty), ty(&old.ty));
            self.note(Breaking, place, item.as_str(), message);
        }
        match (old.required, new.required) {
            (false, true) => {
                let message = "required now: without it a call is refused";
                self.note(Breaking, place, item.as_str(), message);
            }
            (true, false) => self.note(Compatible, place, item.as_str(), "no longer required"),
            _ => {}
        }
        self.deprecation(old.deprecated, new.deprecated, place, &item);
        let sent_in = |side: &Side, call: &Call, setter: &Setter| {
            place::of_parameter(side.source.document(), &call.id, &setter.wire).1
        };
        let was = sent_in(&self.old, old_call, old);
        let is = sent_in(&self.new, call, new);
        if let (Some(was), Some(is)) = (was, is)
            && was != is
        {
            let message = format!("on the wire: in the {is} now, not in the {was}");
            self.note(Compatible, place, item.as_str(), message);
        }
        if old.wire != new.wire {
            let message = format!("on the wire: `{}` now, not `{}`", new.wire, old.wire);
            self.note(Compatible, place, item.as_str(), message);
        }
    }

    /// Finds types that only have another name now, and calls them by it in the old surface: the
    /// fields and calls that they stand in don't change with them.
    fn renamed_types(&mut self) {
        loop {
            let names = |surface: &Surface| -> BTreeSet<String> {
                surface
                    .types
                    .iter()
                    .map(|ty| ty.name().to_owned())
                    .collect()
            };
            let (was, is) = (names(&self.old.surface), names(&self.new.surface));
            let gone = self
                .old
                .surface
                .types
                .iter()
                .filter(|ty| !is.contains(ty.name()));
            let added = self
                .new
                .surface
                .types
                .iter()
                .filter(|ty| !was.contains(ty.name()));
            let (gone, added): (Vec<_>, Vec<_>) = (gone.collect(), added.collect());
            let found = gone.iter().find_map(|old| {
                let new = only(added.iter().filter(|new| is_renamed(old, new)))?;
                only(gone.iter().filter(|old| is_renamed(old, new)))?;
                Some((old.name().to_owned(), new.name().to_owned()))
            });
            let Some((old, new)) = found else { return };
            let place = |document: &_| place::of_type(document, &old);
            let message = format!("renamed to `types::{new}`");
            self.gone(place, format!("types::{old}"), message);
            rename(&mut self.old.surface, &old, &new);
        }
    }

    fn types(&mut self) {
        let old = self.old.surface.types.clone();
        let new = self.new.surface.types.clone();
        for was in &old {
            let item = format!("types::{}", was.name());
            let place = |document: &serde_yaml::Value| place::of_type(document, was.name());
            let is = new.iter().find(|ty| ty.name() == was.name());
            match (was, is) {
                (_, None) => self.gone(place, item, "removed"),
                (Type::Struct(was), Some(Type::Struct(is))) => self.structure(was, is),
                (Type::Enum(was), Some(Type::Enum(is))) => self.choice(was, is),
                (Type::Struct(_), Some(Type::Enum(_))) => {
                    self.note(Breaking, place, item, "an enum now, not a struct");
                }
                (Type::Enum(_), Some(Type::Struct(_))) => {
                    self.note(Breaking, place, item, "a struct now, not an enum");
                }
            }
        }
        for is in &new {
            if !old.iter().any(|was| was.name() == is.name()) {
                let place = |document: &_| place::of_type(document, is.name());
                self.note(Compatible, place, format!("types::{}", is.name()), "added");
            }
        }
    }

    fn structure(&mut self, old: &Struct, new: &Struct) {
        let item = format!("types::{}", new.name);
        let place = |document: &serde_yaml::Value| place::of_type(document, &new.name);
        if !old.non_exhaustive && new.non_exhaustive {
            let message = "`#[non_exhaustive]` now: can't be written field by field any more";
            self.note(Breaking, place, item.as_str(), message);
        }
        match (old.default, new.default) {
            (true, false) => self.note(Breaking, place, item.as_str(), "`default()` is gone"),
            (false, true) => {
                self.note(Compatible, place, item.as_str(), "`default()` was added");
            }
            _ => {}
        }
        match (old.read, new.read) {
            (true, false) => {
                let message = "`Deserialize` is gone: nothing but a body now";
                self.note(Breaking, place, item.as_str(), message);
            }
            (false, true) => {
                self.note(Compatible, place, item.as_str(), "`Deserialize` was added");
            }
            _ => {}
        }
        match (old.built, new.built) {
            (true, false) => {
                let message = "the functions that set its fields are gone";
                self.note(Breaking, place, item.as_str(), message);
            }
            (false, true) => {
                let message = "functions that set its fields were added";
                self.note(Compatible, place, item.as_str(), message);
            }
            _ => {}
        }
        match (&old.new, &new.new) {
            (Some(_), None) => self.note(Breaking, place, item.as_str(), "`new` is gone"),
            (None, Some(new)) => {
                let message = format!("`{}` was added", signature(new));
                self.note(Compatible, place, item.as_str(), message);
            }
            (Some(old), Some(new)) if old != new => {
                let message = format!("`{}` now, not `{}`", signature(new), signature(old));
                self.note(Breaking, place, item.as_str(), message);
            }
            _ => {}
        }
        for stand_in in old.stand_ins.iter().filter(|s| !new.stand_ins.contains(s)) {
            let message = format!("on the wire: no longer read from {stand_in}");
            self.note(Compatible, place, item.as_str(), message);
        }
        for stand_in in new.stand_ins.iter().filter(|s| !old.stand_ins.contains(s)) {
            let message = format!("on the wire: also read from {stand_in}");
            self.note(Compatible, place, item.as_str(), message);
        }
        self.fields(old, new);
    }

    fn fields(&mut self, old: &Struct, new: &Struct) {
        let find = |item: &Struct, name: &str| {
            let found = item.fields.iter().find(|field| field.name == name);
            found.cloned()
        };
        let gone = old.fields.iter().filter(|f| find(new, &f.name).is_none());
        let added = new.fields.iter().filter(|f| find(old, &f.name).is_none());
        let (gone, added): (Vec<_>, Vec<_>) = (gone.collect(), added.collect());
        for &field in &gone {
            let hint = new_name(field, &gone, &added, |field| &field.ty);
            let message = removed(hint.map(|field| (field.name.clone(), SAME_TYPE)));
            let place = |document: &_| place::of_field(document, &old.name, &field.wire);
            self.gone(
                place,
                format!("types::{}.{}", old.name, field.name),
                message,
            );
        }
        for field in &added {
            let (effect, message) = if old.non_exhaustive {
                (Compatible, "added")
            } else {
                (
                    Breaking,
                    "added to a struct that may be written field by field",
                )
            };
            let place = |document: &_| place::of_field(document, &new.name, &field.wire);
            self.note(
                effect,
                place,
                format!("types::{}.{}", new.name, field.name),
                message,
            );
        }
        for field in &old.fields {
            if let Some(now) = find(new, &field.name) {
                self.field(&new.name, field, &now);
            }
        }
    }

    fn field(&mut self, owner: &str, old: &Field, new: &Field) {
        let item = format!("types::{owner}.{}", new.name);
        let place = |document: &serde_yaml::Value| place::of_field(document, owner, &new.wire);
        if old.ty != new.ty {
            let message = format!("{} now, not {}", ty(&new.ty), ty(&old.ty));
            self.note(Breaking, place, item.as_str(), message);
        }
        if old.base64 != new.base64 {
            // The type stays, and a program that encodes or decodes by itself does it twice.
            let words = [
                "no longer base64 on the wire: callers encode and decode it themselves",
                "base64 on the wire now: callers no longer encode and decode it themselves",
            ];
            self.note(
                Breaking,
                place,
                item.as_str(),
                words[usize::from(new.base64)],
            );
        }
        if old.json_text != new.json_text {
            let words = [
                "on the wire: no longer JSON text",
                "on the wire: JSON text now",
            ];
            self.note(
                Compatible,
                place,
                item.as_str(),
                words[usize::from(new.json_text)],
            );
        }
        self.deprecation(old.deprecated, new.deprecated, place, &item);
        if old.wire != new.wire {
            let message = format!("on the wire: `{}` now, not `{}`", new.wire, old.wire);
            self.note(Compatible, place, item, message);
        }
    }

    fn choice(&mut self, old: &Enum, new: &Enum) {
        let find = |item: &Enum, name: &str| {
            let found = item.variants.iter().find(|(variant, _)| variant == name);
            found.map(|(_, value)| value.clone())
        };
        for (variant, value) in &old.variants {
            let item = format!("types::{}::{variant}", new.name);
            match find(new, variant) {
                None => {
                    let place = |document: &_| place::of_value(document, &old.name, value);
                    let message = format!("removed: `{value}` comes as `Unknown` now");
                    self.gone(place, item, message);
                }
                Some(now) if now != *value => {
                    let place = |document: &_| place::of_value(document, &new.name, &now);
                    let message = format!("on the wire: `{now}` now, not `{value}`");
                    self.note(Compatible, place, item, message);
                }
                Some(_) => {}
            }
        }
        let common = |one: &Enum, other: &Enum| -> Vec<String> {
            let names = one.variants.iter().map(|(variant, _)| variant.clone());
            names.filter(|name| find(other, name).is_some()).collect()
        };
        if common(old, new) != common(new, old) {
            let place = |document: &_| place::of_type(document, &new.name);
            let message = "its variants stand in another order, by which they compare";
            self.note(Compatible, place, format!("types::{}", new.name), message);
        }
        for (variant, value) in &new.variants {
            if find(old, variant).is_none() {
                let item = format!("types::{}::{variant}", new.name);
                let place = |document: &_| place::of_value(document, &new.name, value);
                let message = format!("added: `{value}` came as `Unknown`");
                self.note(Compatible, place, item, message);
            }
        }
    }

    fn deprecation(
        &mut self,
        was: bool,
        is: bool,
        place: impl FnOnce(&serde_yaml::Value) -> Path,
        item: &str,
    ) {
        match (was, is) {
            (false, true) => self.note(Compatible, place, item, "deprecated now"),
            (true, false) => self.note(Compatible, place, item, "no longer deprecated"),
            _ => {}
        }
    }
}

const SAME_TYPE: &str = "has the same type";

fn change(
    source: &Source,
    effect: Effect,
    place: impl FnOnce(&serde_yaml::Value) -> Path,
    item: impl Into<String>,
    message: impl Into<String>,
) -> Change {
    let place = place(source.document());
    Change {
        breaking: effect == Breaking,
        file: source.file().to_owned(),
        position: source.position(&place),
        item: item.into(),
        message: message.into(),
    }
}

/// The method and path, whatever the parameters in it are called.
fn route(call: &Call) -> String {
    let mut route = String::new();
    let mut rest = call.route.as_str();
    while let Some((before, behind)) = rest.split_once('{') {
        route.push_str(before);
        route.push_str("{}");
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    route + rest
}

/// That something is gone, and what may stand in its place.
fn removed(hint: Option<(String, &str)>) -> String {
    match hint {
        Some((name, alike)) => format!("removed; perhaps it is `{name}` now, which {alike}"),
        None => "removed".to_owned(),
    }
}

/// Of what was added, the only one of the same type as the only one of it that is gone.
fn new_name<'a, T>(
    item: &T,
    gone: &[&T],
    added: &[&'a T],
    ty: impl Fn(&T) -> &str,
) -> Option<&'a T> {
    only(gone.iter().filter(|other| ty(other) == ty(item)))?;
    only(added.iter().filter(|other| ty(other) == ty(item))).copied()
}

/// The item of an iterator that has no other.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// Whether two types differ in nothing but their names.
fn is_renamed(old: &Type, new: &Type) -> bool {
    let mut surface = Surface {
        types: vec![old.clone()],
        ..Surface::default()
    };
    rename(&mut surface, old.name(), new.name());
    surface.types.first() == Some(new)
}

/// Calls a type by another name, wherever it stands.
fn rename(surface: &mut Surface, old: &str, new: &str) {
    let replace = |ty: &mut String| *ty = replace_word(ty, old, new);
    for call in &mut surface.calls {
        replace(&mut call.payload);
        call.stream.as_mut().map(replace);
        call.setters
            .iter_mut()
            .for_each(|setter| replace(&mut setter.ty));
    }
    for ty in &mut surface.types {
        match ty {
            Type::Struct(item) => {
                replace(&mut item.name);
                item.fields
                    .iter_mut()
                    .for_each(|field| replace(&mut field.ty));
                let arguments = item.new.iter_mut().flatten();
                arguments.for_each(|(_, ty)| replace(ty));
            }
            Type::Enum(item) => replace(&mut item.name),
        }
    }
}

/// Replaces a name, and leaves names alone of which it is a part.
fn replace_word(text: &str, old: &str, new: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut replaced = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let length = word.max(rest.chars().next().map_or(0, char::len_utf8));
        let (piece, behind) = rest.split_at(length);
        replaced.push_str(if piece == old { new } else { piece });
        rest = behind;
    }
    replaced
}

/// A type as a message has it.
fn ty(ty: &str) -> String {
    match ty {
        "()" => "nothing".to_owned(),
        ty => format!("`{ty}`"),
    }
}

/// `new(name: String, days: i64)`
fn signature(arguments: &[(String, String)]) -> String {
    let arguments: Vec<String> = arguments
        .iter()
        .map(|(name, ty)| format!("{name}: {ty}"))
        .collect();
    format!("new({})", arguments.join(", "))
}
