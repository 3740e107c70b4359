//! Where in JSON something is wrong, as a path. It is found only once something is wrong, from the
//! line and the column that the error names: to keep track of it in every call costs more than the
//! decoding.

use std::fmt::Write;

/// The path of the value that an error is about, such as `plans[2].price`; none if that is the
/// whole text.
pub(crate) fn path_of(text: &[u8], error: &serde_json::Error) -> Option<String> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before = lines.take(error.line().checked_sub(1)?);
    let read = before.map(<[u8]>::len).sum::<usize>() + error.column();
    let path = path_at_end(text.get(..read).unwrap_or(text));
    (!path.is_empty()).then_some(path)
}

/// An object or a list that isn't over yet, and what of it was begun last.
enum Open<'a> {
    Object(Option<&'a [u8]>),
    List(Option<usize>),
}

/// The path of what was begun last in a text that breaks off.
fn path_at_end(text: &[u8]) -> String {
    let mut open: Vec<Open> = Vec::new();
    let mut string: &[u8] = b"";
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if let Some(Open::List(item @ None)) = open.last_mut()
            && !matches!(first, b']' | b' ' | b'\n' | b'\r' | b'\t')
        {
            *item = Some(0);
        }
        match (first, open.last_mut()) {
            (b'"', _) => (string, rest) = after.split_at(rest_of_string(after)),
            (b'{', _) => open.push(Open::Object(None)),
            (b'[', _) => open.push(Open::List(None)),
            (b'}' | b']', _) => drop(open.pop()),
            (b',', Some(Open::Object(key))) => *key = None,
            (b',', Some(Open::List(Some(item)))) => *item += 1,
            (b':', Some(Open::Object(key))) => *key = Some(string),
            _ => {}
        }
    }
    let mut path = String::new();
    for open in open {
        // Writing to a string can't fail.
        let _ = match open {
            Open::Object(Some(key)) => {
                let dot = if path.is_empty() { "" } else { "." };
                let key = [b"\"", key].concat();
                let key: String = serde_json::from_slice(&key).unwrap_or_default();
                write!(path, "{dot}{key}")
            }
            Open::List(Some(item)) => write!(path, "[{item}]"),
            _ => Ok(()),
        };
    }
    path
}

/// How long the rest of a string is, with the quote that ends it.
fn rest_of_string(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::path_at_end;

    #[test]
    fn a_path_leads_to_what_was_begun_last() {
        for (text, path) in [
            ("", ""),
            ("7", ""),
            (" { ", ""),
            (r#"{"a"#, ""),
            (r#"{"a""#, ""),
            (r#"{"a": 1"#, "a"),
            (r#"{"a": 1, "#, ""),
            (r#"{"a": [ "#, "a"),
            (r#"{"a": [{"b": "x""#, "a[0].b"),
            (r#"{"a": [{"b": "x"}"#, "a[0]"),
            (r#"{"a": [{"b": "x"}, [1, 2"#, "a[1][1]"),
            (r#"{"a": [1, 2], "c": {"d": {"#, "c.d"),
            (r#"{"a": {}, "b": {"c": {}}"#, "b"),
            // Brackets and quotes in strings are none.
            (r#"{"a": "]}\"\\", "b": "{["#, "b"),
            (r#"{"\u0061\"": tru"#, "a\""),
            ("[null, \"é", "[1]"),
            // More is closed than was opened.
            ("]}]", ""),
        ] {
            assert_eq!(path_at_end(text.as_bytes()), path, "{text}");
        }
    }
}
