//! Collects the paths of values that were left out of a reply, since they couldn't be read.
//!
//! A reply is read strictly first, which costs nothing here. Only if that fails is it read once more,
//! within [`collecting`]: then a reader of an optional property, or of a map's value, leaves out what
//! it can't read and goes on. The readers below a property don't know its path, so each level adds
//! its own part on the way out.

use std::cell::{Cell, RefCell};
use std::fmt::Write;

/// How many paths are kept: a server can make each field of a large reply odd.
const MOST: usize = 100;

/// The paths of what was left out, such as `data[2].cpu_usage`.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// The parts of each path, the innermost first.
    paths: Vec<Vec<Part>>,
    /// How many there are beyond those that are kept.
    more: usize,
    /// Whether something was found that mustn't be left out.
    refused: bool,
}

#[derive(Debug)]
enum Part {
    Name(String),
    Index(usize),
}

thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
    static UNREAD: RefCell<Unread> = RefCell::default();
}

/// Runs a reader that leaves out what it can't read, and gives what that was.
pub(crate) fn collecting<T>(read: impl FnOnce() -> T) -> (T, Unread) {
    /// Ends the collection, whatever comes of the reader.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            ON.set(false);
        }
    }
    UNREAD.take();
    ON.set(true);
    let end = End;
    let made = read();
    drop(end);
    (made, UNREAD.take())
}

/// Whether what can't be read is left out.
#[inline]
pub(crate) fn is_on() -> bool {
    ON.get()
}

/// A place in the list of what was left out.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    paths: usize,
    more: usize,
}

pub(crate) fn mark() -> Mark {
    UNREAD.with_borrow(|unread| Mark {
        paths: unread.paths.len(),
        more: unread.more,
    })
}

/// Adds the name of a property to the paths of what was left out in it.
pub(crate) fn in_property(since: Mark, name: &str) {
    add(since, || named(name));
}

/// Adds the index of an item to the paths of what was left out in it.
pub(crate) fn in_item(since: Mark, index: usize) {
    add(since, || Part::Index(index));
}

/// The name of a property as part of a path, which many paths may have.
fn named(name: &str) -> Part {
    const LONGEST: usize = 200;
    Part::Name(match name.len() {
        ..=LONGEST => name.to_owned(),
        _ => "(a long name)".to_owned(),
    })
}

fn add(since: Mark, part: impl Fn() -> Part) {
    UNREAD.with_borrow_mut(|unread| {
        let paths = unread.paths.iter_mut().skip(since.paths);
        paths.for_each(|path| path.push(part()));
    });
}

/// Leaves out a property as a whole, and says whether it may be.
pub(crate) fn leave_out(since: Mark, name: &str) -> bool {
    UNREAD.with_borrow_mut(|unread| {
        if unread.refused {
            return false;
        }
        unread.paths.truncate(since.paths);
        unread.more = since.more;
        if unread.paths.len() < MOST {
            unread.paths.push(vec![named(name)]);
        } else {
            unread.more += 1;
        }
        true
    })
}

/// Marks the current error as fatal: nothing around it may be left out.
pub(crate) fn refuse() {
    UNREAD.with_borrow_mut(|unread| unread.refused = true);
}

impl Unread {
    /// The paths, and at the end how many more there are.
    pub(crate) fn into_paths(self) -> Vec<String> {
        let mut paths: Vec<String> = self.paths.iter().map(|parts| path(parts)).collect();
        if self.more > 0 {
            paths.push(format!("and {} more", self.more));
        }
        paths
    }
}

fn path(parts: &[Part]) -> String {
    let mut path = String::new();
    for part in parts.iter().rev() {
        match part {
            Part::Name(name) if path.is_empty() => path.push_str(name),
            Part::Name(name) => path.extend([".", name]),
            // Writing to a string can't fail.
            Part::Index(index) => drop(write!(path, "[{index}]")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::wire::{self, Lenient};

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Row {
        id: Option<i64>,
        tags: Vec<String>,
        inner: Option<Box<Row>>,
        sizes: BTreeMap<String, i64>,
    }

    crate::structure::lenient! {
        Row { "id" => id, "tags" => tags, "inner" => inner, "sizes" => sizes }
    }

    #[derive(Debug, PartialEq)]
    struct List {
        rows: Vec<Row>,
        more: Vec<Row>,
        count: Option<i64>,
    }

    crate::structure::lenient! {
        List may_be_empty = false { "rows" => rows: required, "more" => more, "count" => count }
    }

    /// What a text is read as, and what is left out of it.
    fn read<T: for<'de> Lenient<'de>>(text: &str) -> (Result<T, String>, Vec<String>) {
        let (read, unread) = collecting(|| wire::bare(text));
        (read.map_err(|e| e.to_string()), unread.into_paths())
    }

    #[test]
    fn what_is_left_out_is_named_by_its_path_and_all_else_is_read() {
        let text = r#"{"rows": [
            {"id": 1.5, "tags": ["a", {}], "sizes": {"x": "big", "y": 2}},
            {"id": 2, "inner": {"id": [[1], {"a": "]}"}], "inner": "none", "tags": {"0": "b"}}},
            {"id": 3, "inner": "{\"id\": {}, \"tags\": [\"c\"]}"}
        ], "count": {"n": 3}, "unknown": [{}]}"#;
        let (list, unread) = read::<List>(text);
        let list = list.unwrap();
        assert_eq!(
            unread,
            [
                "rows[0].id",
                "rows[0].tags",
                "rows[0].sizes.x",
                "rows[1].inner.id",
                "rows[1].inner.inner",
                "rows[2].inner.id",
                "count"
            ]
        );
        let ids: Vec<_> = list.rows.iter().map(|row| row.id).collect();
        assert_eq!((ids, list.count), (vec![None, Some(2), Some(3)], None));
        assert_eq!(list.rows[0].sizes, BTreeMap::from([("y".to_owned(), 2)]));
        let tags = |row: &Row| row.inner.as_ref().unwrap().tags.clone();
        assert_eq!(
            (tags(&list.rows[1]), tags(&list.rows[2])),
            (vec!["b".into()], vec!["c".into()])
        );
    }

    #[test]
    fn what_was_left_out_of_a_part_that_is_left_out_is_not_named() {
        // The inner object comes to an end that makes it unreadable as a whole.
        let (row, unread) = read::<Row>(r#"{"id": 1, "inner": {"id": "x", "id": 2}}"#);
        assert_eq!(
            (row.unwrap().inner, unread),
            (None, vec!["inner".to_owned()])
        );
    }

    #[test]
    fn what_a_reply_is_believed_by_is_not_left_out() {
        for (text, says) in [
            (r#"{"rows": 7}"#, "expected a list"),
            (r#"{"rows": {"a": {}}}"#, "expected a list"),
            (r#"{"count": 7}"#, "missing field `rows`"),
            (r#"{"other": 7}"#, "none of the properties"),
            // The same as JSON text, and of what nothing can be read.
            (r#""{\"other\": 7}""#, "none of the properties"),
            (r#""{}""#, "none of the properties"),
            ("{}", "none of the properties"),
            ("[]", "expected an object, found nothing"),
            (r#""""#, "expected an object, found nothing"),
            ("7", "expected an object"),
            (r#"{"rows": [], "rows": []}"#, "duplicate field"),
            // An item that is another thing, as JSON text as well, and one that is nothing.
            (
                r#"{"rows": [{"id": 1}, {"detail": "x"}]}"#,
                "none of the properties",
            ),
            (r#"{"rows": ["{\"detail\": 1}"]}"#, "none of the properties"),
            (
                r#"{"rows": {"3": {"detail": "x"}}}"#,
                "none of the properties",
            ),
            // An item is not dropped, wherever the list stands.
            (r#"{"rows": [{"id": 1}, 7]}"#, "expected an object"),
            (
                r#"{"rows": [], "more": [{"id": 1}, "secretive"]}"#,
                "expected an object",
            ),
            (
                r#"{"rows": [{"inner": {"inner": 1}}], "more": [null]}"#,
                "expected an object",
            ),
        ] {
            let (list, _) = read::<List>(text);
            let error = list.unwrap_err();
            assert!(
                error.contains(says) && !error.contains("secretive"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn an_object_of_which_nothing_can_be_read_is_another_reply() {
        #[derive(Debug)]
        struct Password {
            #[allow(dead_code, reason = "shown by Debug")]
            password: Option<String>,
        }
        crate::structure::lenient! {
            Password may_be_empty = false { "password" => password }
        }
        for text in [
            r#"{"password": {"is": "x"}}"#,
            r#""{\"err\": \"x\"}""#,
            r#""{\"password\": []}""#,
            "{}",
        ] {
            let (read, _) = read::<Password>(text);
            assert!(read.is_err(), "{text}");
        }
        assert!(read::<Password>(r#""{\"password\": \"x\"}""#).0.is_ok());
    }

    #[test]
    fn a_map_of_which_nothing_can_be_read_is_another_reply() {
        let (codes, unread) = read::<BTreeMap<String, Row>>(r#"{"a": {"id": 1}, "b": "no"}"#);
        assert_eq!((codes.unwrap().len(), unread), (1, vec!["b".to_owned()]));
        // A value that is another thing, such as a failure.
        let (codes, unread) = read::<BTreeMap<String, Row>>(r#"{"a": {"code": 1}, "b": {}}"#);
        assert_eq!((codes.unwrap().len(), unread), (1, vec!["a".to_owned()]));
        assert!(
            read::<BTreeMap<String, Row>>(r#"{"status": "error", "message": "no"}"#)
                .0
                .is_err()
        );
        assert!(
            read::<BTreeMap<String, Row>>(r#"{"detail": {"code": 404}}"#)
                .0
                .is_err()
        );
        assert_eq!(read::<BTreeMap<String, Row>>("{}").0, Ok(BTreeMap::new()));
    }

    #[test]
    fn only_so_many_paths_are_kept() {
        let rows: Vec<String> = (0..250).map(|n| format!(r#"{{"id": "x{n}"}}"#)).collect();
        let (list, unread) = read::<List>(&format!(r#"{{"rows": [{}]}}"#, rows.join(",")));
        assert_eq!(list.unwrap().rows.len(), 250);
        assert_eq!(unread.len(), MOST + 1);
        assert_eq!(unread[MOST - 1..], ["rows[99].id", "and 150 more"]);
    }

    #[test]
    fn nothing_is_left_out_outside_of_a_collection() {
        let (_, unread) = read::<Row>(r#"{"id": {}}"#);
        assert_eq!(unread, ["id"]);
        assert!(wire::bare::<Row>(r#"{"id": {}}"#).is_err());
        assert!(!is_on());
    }
}
