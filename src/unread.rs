//! What of a reply couldn't be read and was left out, by its path.
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
    add(since, || Part::Name(name.to_owned()));
}

/// Adds the index of an item to the paths of what was left out in it.
pub(crate) fn in_item(since: Mark, index: usize) {
    add(since, || Part::Index(index));
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
            unread.paths.push(vec![Part::Name(name.to_owned())]);
        } else {
            unread.more += 1;
        }
        true
    })
}

/// Makes the failure that is under way that of the whole reply.
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
