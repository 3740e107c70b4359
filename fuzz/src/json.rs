//! JSON that may be as odd as a server can make it, and changes to it.

use std::fmt::{self, Write};

use serde_json::Value;

use crate::choices::Choices;

/// What mutations put in place of values, for finding them where no value may be shown.
pub const VALUE: &str = "hush_value_made_up";
/// The same as a number.
pub const VALUE_NUMBER: &str = "77411774117741";

/// A value. Unlike [`Value`] it can hold keys twice, and what is no JSON.
#[derive(Clone, Debug)]
pub enum Node {
    /// A token as it is written: `1`, `null`, `1e999`, `tru`.
    Token(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::String(text) => Node::Text(text.clone()),
            Value::Array(list) => Node::List(list.iter().map(Node::from).collect()),
            Value::Object(map) => {
                let entries = map.iter().map(|(key, value)| (key.clone(), value.into()));
                Node::Object(entries.collect())
            }
            scalar => Node::Token(scalar.to_string()),
        }
    }
}

/// Prints the JSON text.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| Value::from(text).to_string();
        match self {
            Node::Token(token) => f.write_str(token),
            Node::Text(text) => f.write_str(&quoted(text)),
            Node::List(list) => {
                f.write_char('[')?;
                for (index, item) in list.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{item}")?;
                }
                f.write_char(']')
            }
            Node::Object(entries) => {
                f.write_char('{')?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{value}", quoted(key))?;
                }
                f.write_char('}')
            }
        }
    }
}

const NULL: &str = "null";

/// What servers and their languages make of numbers, flags and nothing, and beyond.
const TOKENS: [&str; 40] = [
    NULL,
    "true",
    "false",
    "0",
    "1",
    "-1",
    "2",
    "1.0",
    "1.5",
    "-0",
    "-0.0",
    "0.1",
    "1e0",
    "1E+2",
    "1e-400",
    "1e308",
    "1e309",
    "-1e999",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "1e18",
    "9.223372036854775807e18",
    "123456789012345678901234567890",
    "0.30000000000000004",
    "31.480000000000000001",
    "77411774117741",
    // Below here is no JSON.
    "01",
    "+1",
    ".5",
    "1.",
    "NaN",
    "tru",
    "",
    "'a'",
    "\"\\ud800\"",
];

const TEXTS: [&str; 38] = [
    "",
    " ",
    "0",
    "1",
    "-1",
    "2",
    " 7 ",
    "1.5",
    "1e3",
    "inf",
    "nan",
    "1e999",
    "9223372036854775808",
    "99999999999999999999999",
    "true",
    "FALSE",
    "yes",
    "null",
    "[]",
    "{}",
    "[",
    "{\"a\":1}",
    "[1,\"2\",null]",
    "\"text in text\"",
    "<html>",
    "a\nb\r\nc",
    "\u{0}\u{1b}[31m",
    "a\u{2028}b\u{2029}c\u{85}d",
    "\u{202e}\u{feff}\u{200b}",
    "ÄÖÜ 東京 🦀",
    "aGVsbG8=",
    "//79",
    "aGVsbG8",
    "2026-01-02T03:04:05Z",
    "login_required",
    "788888",
    VALUE,
    VALUE_NUMBER,
];

impl Node {
    fn children(&self) -> Vec<&Node> {
        match self {
            Node::List(list) => list.iter().collect(),
            Node::Object(entries) => entries.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    fn count(&self) -> usize {
        1 + self.children().into_iter().map(Node::count).sum::<usize>()
    }

    /// The node of this number, counted from 0, outer ones first.
    fn nth(&mut self, number: &mut usize) -> Option<&mut Node> {
        if *number == 0 {
            return Some(self);
        }
        *number -= 1;
        match self {
            Node::List(list) => list.iter_mut().find_map(|item| item.nth(number)),
            Node::Object(entries) => entries.iter_mut().find_map(|(_, value)| value.nth(number)),
            _ => None,
        }
    }

    /// Changes one place. `words` are names and texts that mean something to the reader.
    pub fn mutate(&mut self, choices: &mut Choices, words: &[String]) {
        let count = self.count();
        let other = |node: &mut Node, choices: &mut Choices| {
            let mut number = choices.below(count);
            node.nth(&mut number).cloned()
        };
        let kind = choices.byte() % 20;
        let copied = if kind == 12 {
            other(self, choices)
        } else {
            None
        };
        let mut number = choices.below(count);
        let Some(node) = self.nth(&mut number) else {
            return;
        };
        // Two bytes say what to put, whatever it is.
        match kind {
            0 | 1 => *node = Node::Token((*choices.pick(&TOKENS)).to_owned()),
            2 | 3 => *node = Node::Text((*choices.pick(&TEXTS)).to_owned()),
            4 => *node = Node::List(Vec::new()),
            5 => *node = Node::Object(Vec::new()),
            6 => *node = Node::Text(node.to_string()),
            7 => match node {
                Node::Token(token) => *node = Node::Text(token.clone()),
                Node::Text(text) => *node = Node::Token(text.clone()),
                Node::List(list) => {
                    let entries = list.drain(..).enumerate();
                    let entries = entries.map(|(index, item)| (index.to_string(), item));
                    *node = Node::Object(entries.collect());
                }
                Node::Object(entries) => {
                    *node = Node::List(entries.drain(..).map(|(_, value)| value).collect());
                }
            },
            8 => *node = Node::List(vec![node.clone()]),
            9 => *node = Node::Object(vec![(word(choices, words), node.clone())]),
            10 => {
                let children = node.children();
                if !children.is_empty() {
                    *node = (*choices.pick(&children)).clone();
                }
            }
            11 => remove(node, choices),
            12 => *node = copied.unwrap_or(Node::Token(NULL.to_owned())),
            13 => duplicate(node, choices),
            14 => rename(node, choices, words),
            15 => {
                if let Node::Object(entries) = node {
                    let value = Node::Text((*choices.pick(&TEXTS)).to_owned());
                    entries.push((word(choices, words), value));
                }
            }
            16 => *node = Node::Text(choices.text(40)),
            17 => *node = Node::Text(word(choices, words)),
            18 => *node = deep(choices),
            _ => {
                let text = *choices.pick(&["a", "é", "\n", "\"", "[", "9", "0."]);
                *node = Node::Text(text.repeat(1 << choices.below(14)));
            }
        }
    }
}

fn word(choices: &mut Choices, words: &[String]) -> String {
    if words.is_empty() {
        return String::new();
    }
    choices.pick(words).clone()
}

fn remove(node: &mut Node, choices: &mut Choices) {
    match node {
        Node::List(list) if !list.is_empty() => drop(list.remove(choices.below(list.len()))),
        Node::Object(entries) if !entries.is_empty() => {
            drop(entries.remove(choices.below(entries.len())));
        }
        _ => *node = Node::Token(NULL.to_owned()),
    }
}

/// An item many times, or a key twice, with the same value or another's.
fn duplicate(node: &mut Node, choices: &mut Choices) {
    match node {
        Node::List(list) if !list.is_empty() => {
            let item = choices.pick(list).clone();
            let times = 1 << choices.below(9);
            // What is large already doesn't get larger.
            if item.count() * times < 10_000 {
                list.extend(std::iter::repeat_n(item, times));
            }
        }
        Node::Object(entries) if !entries.is_empty() => {
            let (key, _) = choices.pick(entries).clone();
            let (_, value) = choices.pick(entries).clone();
            entries.insert(choices.below(entries.len()), (key, value));
        }
        _ => {}
    }
}

fn rename(node: &mut Node, choices: &mut Choices, words: &[String]) {
    let Node::Object(entries) = node else { return };
    if entries.is_empty() {
        return;
    }
    let place = choices.below(entries.len());
    let name = &mut entries[place].0;
    *name = match choices.below(4) {
        0 => word(choices, words),
        1 => name.to_uppercase(),
        2 => format!("{name}\u{0}\n"),
        _ => choices.text(20),
    };
}

/// Nested deeper than JSON readers go, or just not.
fn deep(choices: &mut Choices) -> Node {
    let depth = *choices.pick(&[1, 60, 120, 126, 127, 128, 129, 1000, 100_000]);
    let (open, close) = *choices.pick(&[("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")]);
    let inner = *choices.pick(&["", "1", "[]"]);
    let text = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
    match choices.below(3) {
        0 | 1 => Node::Token(text),
        _ => Node::Text(text),
    }
}
