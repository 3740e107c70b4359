//! The text of a spec, with the place of everything in it.
//!
//! The first stage of the build. It reads YAML and knows nothing of OpenAPI. Two readers see the
//! same text: `serde_yaml` makes the document, `saphyr_parser` tells where each part of it stands,
//! and finds what the first one hides: every duplicate key instead of one, and keys that aren't
//! text. What they could read differently is refused.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde_yaml::Value;

/// Levels of nesting that a spec may have. OpenAPI needs about 30; `serde_yaml` stops at 128, and
/// the stages after this one recurse through the document, so that this bounds their stack too.
const MAX_DEPTH: usize = 100;

/// A spec as read: its document, and where in the file each part of it stands.
#[derive(Clone, Debug)]
pub struct Source {
    file: String,
    document: Value,
    positions: BTreeMap<Path, Position>,
}

impl Source {
    /// Reads a spec. `file` is the name to print, such as `specs/kiwivm.yaml`.
    ///
    /// The document of a source is a mapping, all keys in it are texts, no key stands twice, and it
    /// has neither anchors nor tags.
    pub fn read(file: &str, text: &str) -> Result<Source, Findings> {
        // Editors neither show a byte order mark nor count it as a column.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        refuse_control_characters(file, text)?;
        // As long as what it stands for, so that all behind it keeps its place.
        let outlined = join_surrogates(text, |_| r"\u0020......".to_owned());
        let positions = Outline::read(file, &outlined)?;
        let parsed = join_surrogates(text, |c| format!(r"\U{:08x}", u32::from(c)));
        let document = parse(file, &parsed)?;
        Ok(Source {
            file: file.to_owned(),
            document,
            positions,
        })
    }

    /// The name of the file, as given to [`Source::read`].
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Where a node stands: the entry of a mapping at its key, an item of a list at its beginning.
    /// A node that isn't in the file has the place of its nearest ancestor that is.
    pub fn position(&self, path: &Path) -> Position {
        let mut path = path.clone();
        loop {
            if let Some(position) = self.positions.get(&path) {
                return *position;
            }
            if path.0.pop().is_none() {
                return Position::START;
            }
        }
    }

    /// An objection to the node at `path`.
    pub fn finding(&self, path: &Path, rule: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(&self.file, self.position(path), path, rule, message)
    }
}

/// A place in a file. Both numbers count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    const START: Position = Position { line: 1, column: 1 };

    /// saphyr counts lines from 1 and columns from 0.
    fn of(marker: &Marker) -> Position {
        Position {
            line: marker.line(),
            column: marker.col() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The way from the top of a document to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The way to the document itself.
    pub fn root() -> Path {
        Path::default()
    }

    /// The way to an entry or item of the node that this one leads to.
    pub fn child(&self, segment: impl Into<Segment>) -> Path {
        let mut child = self.clone();
        child.0.push(segment.into());
        child
    }

    /// The steps of the way.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

/// Prints `paths./start.post.tags[0]`, and `(document)` for the document itself.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(document)");
        }
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if place == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// To an entry of a mapping.
    Key(String),
    /// To an item of a list, counted from 0.
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Segment {
        Segment::Key(key.to_owned())
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Segment {
        Segment::Index(index)
    }
}

/// An objection to a place in a spec. Prints as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The path in the document.
    pub path: String,
    /// The rule that objects.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl Finding {
    fn new(
        file: &str,
        position: Position,
        path: &Path,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            file: file.to_owned(),
            line: position.line,
            column: position.column,
            path: path.to_string(),
            rule,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            file,
            line,
            column,
            path,
            rule,
            message,
        } = self;
        // Keys and parsers' messages may hold line breaks; a finding is one line all the same.
        let path = path.escape_debug();
        let message = message.replace(['\n', '\r'], " ");
        write!(f, "{file}:{line}:{column}: {path}: [{rule}] {message}")
    }
}

/// Everything that a stage objects to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// An error if there is anything to object to.
    pub fn into_result(self) -> Result<(), Findings> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Findings {
        Findings(vec![finding])
    }
}

/// Prints each on a line of its own, in the order of the file.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut findings: Vec<_> = self.0.iter().collect();
        findings.sort_by_key(|finding| (&finding.file, finding.line, finding.column));
        for finding in findings {
            writeln!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}

/// YAML forbids control characters, and saphyr takes a NUL for the end of the text. The Unicode
/// line breaks end a line for one reader and not for the other, and a carriage return by itself for
/// YAML and not for editors.
fn refuse_control_characters(file: &str, text: &str) -> Result<(), Findings> {
    let forbidden = |at: usize, c: char| match c {
        '\t' | '\n' => false,
        '\r' => !text[at..].starts_with("\r\n"),
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}' => true,
        _ => c.is_control(),
    };
    let Some((before, found)) = text
        .char_indices()
        .find(|(at, c)| forbidden(*at, *c))
        .and_then(|(at, c)| Some((text.get(..at)?, c)))
    else {
        return Ok(());
    };
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let message = format!(
        "the character U+{:04X} can't be in a spec; remove it",
        u32::from(found)
    );
    let position = Position { line, column };
    Err(Finding::new(file, position, &Path::root(), "yaml", message).into())
}

/// JSON is YAML but for one thing: it may write a character beyond U+FFFF as a pair of escapes, of
/// which YAML takes neither. In a text that is JSON each pair is written as `join` has it.
fn join_surrogates(text: &str, join: impl Fn(char) -> String) -> Cow<'_, str> {
    let has_pairs = text.contains(r"\ud") || text.contains(r"\uD");
    if !has_pairs || serde_json::from_str::<serde_json::Value>(text).is_err() {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        joined.push_str(before);
        let unit = |from: usize| {
            let hexadecimal = escape.get(from..from + 6)?.strip_prefix(r"\u")?;
            u16::from_str_radix(hexadecimal, 16).ok()
        };
        let pair = [unit(0), unit(6)].into_iter().flatten();
        let (length, written) = match char::decode_utf16(pair).next() {
            Some(Ok(c)) if c.len_utf16() == 2 => (12, join(c)),
            // Any other escape is the backslash and what is escaped, which may be one too.
            _ => {
                let length = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
                (length, escape[..length].to_owned())
            }
        };
        joined.push_str(&written);
        rest = &escape[length..];
    }
    joined.push_str(rest);
    Cow::Owned(joined)
}

/// The document, by `serde_yaml`.
fn parse(file: &str, text: &str) -> Result<Value, Findings> {
    let refuse = |position, message: String| {
        Findings::from(Finding::new(file, position, &Path::root(), "yaml", message))
    };
    let document: Value = serde_yaml::from_str(text).map_err(|error| {
        let position = error.location().map_or(Position::START, |at| Position {
            line: at.line(),
            column: at.column(),
        });
        refuse(position, invalid(&error.to_string()))
    })?;
    match document {
        Value::Mapping(_) => Ok(document),
        Value::Null => Err(refuse(
            Position::START,
            "the file is empty; a spec begins with `openapi: 3.0.3`".to_owned(),
        )),
        _ => Err(refuse(
            Position::START,
            "a spec is a mapping, with `openapi: 3.0.3` as its first key; this is something else"
                .to_owned(),
        )),
    }
}

fn invalid(reason: &str) -> String {
    format!("isn't valid YAML: {reason}; look at quotes, brackets and indentation here and above")
}

/// Follows the events of a YAML text, and notes where each node begins. It keeps the open
/// collections in a list, not on the stack, so that no depth of nesting can overflow it.
struct Outline<'a> {
    file: &'a str,
    positions: BTreeMap<Path, Position>,
    open: Vec<Collection>,
    documents: usize,
    findings: Vec<Finding>,
}

/// A list or mapping whose end hasn't come yet.
struct Collection {
    path: Path,
    content: Content,
}

enum Content {
    List {
        next: usize,
    },
    Mapping {
        keys: BTreeMap<String, Position>,
        /// The entry whose key has come and whose value hasn't.
        entry: Option<Path>,
    },
}

impl Outline<'_> {
    fn read(file: &str, text: &str) -> Result<BTreeMap<Path, Position>, Findings> {
        let mut outline = Outline {
            file,
            positions: BTreeMap::new(),
            open: Vec::new(),
            documents: 0,
            findings: Vec::new(),
        };
        let mut parser = Parser::new_from_str(text);
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, span)) => outline.event(event, Position::of(&span.start)),
                Err(error) => {
                    let position = Position::of(error.marker());
                    outline.refuse(position, "yaml", invalid(error.info()));
                    break;
                }
            }
            if outline.open.len() > MAX_DEPTH {
                break;
            }
        }
        Findings(outline.findings).into_result()?;
        Ok(outline.positions)
    }

    fn event(&mut self, event: Event<'_>, position: Position) {
        match event {
            Event::DocumentStart(_) => self.document(position),
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_anchor_and_tag(anchor, tag.is_some(), position);
                if self.is_key_due() {
                    self.key(&text, style, position);
                } else {
                    self.value(position);
                }
            }
            Event::Alias(_) => {
                self.refuse(
                    position,
                    "yaml",
                    "an alias (`*name`) makes places unclear; write the \
                     content out, or use `$ref`",
                );
                self.any_node(position);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_anchor_and_tag(anchor, tag.is_some(), position);
                self.open_collection(Content::List { next: 0 }, position);
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_anchor_and_tag(anchor, tag.is_some(), position);
                let keys = BTreeMap::new();
                self.open_collection(Content::Mapping { keys, entry: None }, position);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }

    fn document(&mut self, position: Position) {
        self.documents += 1;
        if self.documents == 2 {
            self.refuse(
                position,
                "yaml",
                "a second document begins here; a file holds one spec",
            );
        }
    }

    fn open_collection(&mut self, content: Content, position: Position) {
        let path = self.any_node(position);
        self.open.push(Collection { path, content });
        if self.open.len() > MAX_DEPTH {
            let message =
                format!("nested deeper than {MAX_DEPTH} levels; move parts to components");
            self.refuse(position, "yaml", message);
        }
    }

    /// A node that is refused as a key, but may be a value. Returns the way to it.
    fn any_node(&mut self, position: Position) -> Path {
        if !self.is_key_due() {
            return self.value(position);
        }
        let message = "a key must be a text; this one is a list, a mapping or an alias";
        self.refuse(position, "key-type", message);
        self.begin_entry("?", position);
        Path::root()
    }

    fn is_key_due(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Collection {
                content: Content::Mapping { entry: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, text: &str, style: ScalarStyle, position: Position) {
        if style == ScalarStyle::Plain && text == "<<" {
            self.refuse(
                position,
                "yaml",
                "a merge key (`<<`) makes places unclear; write the \
                 entries out, or use `allOf`",
            );
        } else if style == ScalarStyle::Plain
            && let Some(kind) = other_than_text(text)
        {
            let message = format!("the key `{text}` is {kind} in YAML; quote it: '{text}'");
            self.refuse_key(text, position, "key-type", message);
        }
        if let Some(first) = self.begin_entry(text, position) {
            let message = format!(
                "`{text}` stands here already, at {}:{first}; remove or rename one of the two",
                self.file
            );
            self.refuse_key(text, position, "duplicate-key", message);
        }
    }

    /// Notes a key of the innermost mapping, and returns where the same key stood before.
    fn begin_entry(&mut self, key: &str, position: Position) -> Option<Position> {
        let Some(Collection {
            path,
            content: Content::Mapping { keys, entry },
        }) = self.open.last_mut()
        else {
            return None;
        };
        let child = path.child(key);
        *entry = Some(child.clone());
        if let Some(first) = keys.get(key) {
            return Some(*first);
        }
        keys.insert(key.to_owned(), position);
        self.positions.insert(child, position);
        None
    }

    /// Notes a value, and returns the way to it. An entry has its place from its key already.
    fn value(&mut self, position: Position) -> Path {
        let path = match self.open.last_mut() {
            None => Path::root(),
            Some(Collection {
                path,
                content: Content::List { next },
            }) => {
                let child = path.child(*next);
                *next += 1;
                child
            }
            Some(Collection {
                path,
                content: Content::Mapping { entry, .. },
            }) => entry.take().unwrap_or_else(|| path.clone()),
        };
        self.positions.entry(path.clone()).or_insert(position);
        path
    }

    fn refuse_anchor_and_tag(&mut self, anchor: usize, tagged: bool, position: Position) {
        if anchor > 0 {
            self.refuse(
                position,
                "yaml",
                "an anchor (`&name`) is of no use in a spec; remove it",
            );
        }
        if tagged {
            self.refuse(
                position,
                "yaml",
                "a tag (`!name`) has no meaning in a spec; remove it",
            );
        }
    }

    fn refuse(&mut self, position: Position, rule: &'static str, message: impl Into<String>) {
        let path = match self.open.last() {
            Some(Collection {
                content:
                    Content::Mapping {
                        entry: Some(entry), ..
                    },
                ..
            }) => entry,
            Some(Collection { path, .. }) => path,
            None => &Path::root(),
        };
        let finding = Finding::new(self.file, position, path, rule, message);
        self.findings.push(finding);
    }

    fn refuse_key(&mut self, key: &str, position: Position, rule: &'static str, message: String) {
        let path = self
            .open
            .last()
            .map(|open| open.path.child(key))
            .unwrap_or_default();
        self.findings
            .push(Finding::new(self.file, position, &path, rule, message));
    }
}

/// What YAML reads an unquoted scalar as, if it isn't text. `serde_yaml` itself is asked, so that
/// its rules don't stand here a second time.
fn other_than_text(scalar: &str) -> Option<&'static str> {
    match serde_yaml::from_str::<Value>(scalar) {
        Ok(Value::Null) => Some("empty (null)"),
        Ok(Value::Bool(_)) => Some("a boolean"),
        Ok(Value::Number(_)) => Some("a number"),
        _ => None,
    }
}
