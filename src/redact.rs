//! Takes secrets out of what a server repeats.

use serde_json::Value;

use crate::secret::Secret;

/// What replaces a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Shorter strings occur everywhere, so they aren't redacted.
const SHORTEST: usize = 4;

/// The secrets of a call, in every spelling in which a server may repeat them.
pub(crate) struct Redactor(Vec<String>);

impl Redactor {
    pub(crate) fn new(secrets: &[&Secret]) -> Self {
        let spellings = secrets.iter().flat_map(|secret| secret.spellings());
        Redactor(spellings.filter(|s| s.len() >= SHORTEST).collect())
    }

    /// Takes every secret out of a text.
    pub(crate) fn text(&self, text: &mut String) {
        for spelling in &self.0 {
            if text.contains(spelling) {
                *text = text.replace(spelling, REDACTED);
            }
        }
    }

    /// The same of a text that was cut off, in the middle of a secret perhaps.
    pub(crate) fn beginning(&self, text: &mut String) {
        self.text(text);
        self.0
            .iter()
            .for_each(|secret| drop_beginning(text, secret));
    }

    /// The same of all texts in JSON, names among them.
    pub(crate) fn json(&self, value: &mut Value) {
        each_text(value, &|text| self.text(text));
    }
}

/// Takes off what is left of a secret in the middle of which a body was cut.
fn drop_beginning(text: &mut String, secret: &str) {
    let lengths = (SHORTEST..secret.len()).rev();
    let mut beginnings = lengths.filter_map(|length| secret.get(..length));
    if let Some(found) = beginnings.find(|beginning| text.ends_with(beginning)) {
        text.truncate(text.len() - found.len());
    }
}

fn each_text(value: &mut Value, visit: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(list) => list.iter_mut().for_each(|value| each_text(value, visit)),
        Value::Object(map) => {
            let entries = std::mem::take(map).into_iter();
            let visited = entries.map(|(mut key, mut value)| {
                visit(&mut key);
                each_text(&mut value, visit);
                (key, value)
            });
            *map = visited.collect();
        }
        _ => {}
    }
}
