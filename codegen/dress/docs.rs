//! Markdown that rustdoc takes, and an example that compiles for each operation.

use proc_macro2::TokenStream;
use quote::quote;
use serde_yaml::Value;

use crate::codegen::lower::Operation;

/// Documentation with an attribute a line, which prints as `///` and not as a block.
pub fn attributes(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        }
    });
    quote!(#(#[doc = #lines])*)
}

/// A spec's markdown as rustdoc reads it. To rustdoc a bare `<name>` is HTML, `[name]` a link, a
/// URL without brackets a warning, and a block of code a test.
pub fn markdown(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.trim().lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fenced = !fenced;
            let opening = fenced && language.trim().is_empty();
            out.push_str(line);
            out.push_str(if opening { "text" } else { "" });
        } else if fenced {
            out.push_str(line);
        } else {
            escape(line, &mut out);
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Escapes one line outside its code spans.
fn escape(line: &str, out: &mut String) {
    for (index, part) in line.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        if index % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for (index, word) in part.split(' ').enumerate() {
            if index > 0 {
                out.push(' ');
            }
            escape_word(word, out);
        }
    }
}

fn escape_word(word: &str, out: &mut String) {
    if word.contains("<https://") || word.contains("<http://") {
        out.push_str(word);
        return;
    }
    let bare = word.trim_start_matches(['(', '"']);
    if bare.starts_with("https://") || bare.starts_with("http://") {
        let url = bare.trim_end_matches(['.', ',', ';', ':', ')', '"']);
        let before = &word[..word.len() - bare.len()];
        let after = &bare[url.len()..];
        out.push_str(&format!("{before}<{url}>{after}"));
        return;
    }
    let link = word.contains("](");
    for c in word.chars() {
        match c {
            '<' => out.push_str("\\<"),
            '[' | ']' if !link => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
}

/// The documentation of the client's method for an operation.
pub fn operation(operation: &Operation, example: &str) -> String {
    let Operation {
        summary,
        description,
        path,
        ..
    } = operation;
    let repeat = if operation.idempotent {
        "Repeating it does no harm, so it is retried after a transient failure."
    } else {
        "It is sent again only if it never left."
    };
    format!(
        "{}.\n\n{}\n\n`{} {path}`. {repeat}\n\n{example}",
        markdown(summary.trim_end_matches('.')),
        markdown(description),
        operation.method.to_uppercase(),
    )
}

/// A call with every parameter that the spec gives an example of and a literal can express.
pub fn example(module: &str, method: &str, setters: &[(String, Literal)], unit: bool) -> String {
    let mut chain = vec![format!("{}client", if unit { "" } else { "let reply = " })];
    chain.push(format!(".{method}()"));
    let values = setters
        .iter()
        .filter_map(|(name, literal)| Some(format!(".{name}({})", literal.text.as_ref()?)));
    chain.extend(values);
    chain.push(".await?;".to_owned());
    let one_line = chain.concat();
    let call = if one_line.len() <= 80 {
        one_line
    } else {
        chain.join("\n    ")
    };
    let allow = "# #[allow(deprecated)]\n";
    format!(
        "# Example\n\n```no_run\n{allow}# async fn example(client: hosting_apis::{module}::Client) \
         -> Result<(), hosting_apis::Error> {{\n{call}\n# Ok(())\n# }}\n```"
    )
}

/// A value of an example as Rust source, if a literal can express it.
pub struct Literal {
    text: Option<String>,
}

impl Literal {
    /// `nested` says that the parameter takes a list or a map.
    pub fn new(value: Option<&Value>) -> Self {
        Literal {
            text: value.and_then(literal),
        }
    }
}

fn literal(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("{text:?}")),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => {
            let wide = number.as_i64().is_some_and(|n| i32::try_from(n).is_err());
            let text = serde_yaml::to_string(number).ok()?;
            Some(format!("{}{}", text.trim(), if wide { "_i64" } else { "" }))
        }
        Value::Sequence(list) => {
            let items: Option<Vec<String>> = list.iter().map(literal).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Mapping(map) => {
            let items = map
                .iter()
                .map(|(key, value)| Some(format!("({:?}, {})", key.as_str()?, literal(value)?)));
            Some(format!(
                "[{}]",
                items.collect::<Option<Vec<String>>>()?.join(", ")
            ))
        }
        _ => None,
    }
}
