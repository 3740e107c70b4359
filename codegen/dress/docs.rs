//! Markdown that rustdoc takes, and an example that compiles for each operation.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use serde_yaml::Value;
use syn::Type;

use super::tree::generic;
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
    let mut fence = None;
    let mut paragraph = String::new();
    for line in text.trim().lines() {
        let marker = ["```", "~~~"]
            .into_iter()
            .find(|marker| line.trim_start().starts_with(marker));
        let prose = fence.is_none() && marker.is_none();
        if prose && !line.trim().is_empty() {
            paragraph.push_str(line);
            paragraph.push('\n');
            continue;
        }
        escape(&std::mem::take(&mut paragraph), &mut out);
        out.push_str(line);
        match (fence, marker) {
            (None, Some(opening)) => {
                let language = line.trim_start().trim_start_matches(['`', '~']);
                out.push_str(if language.is_empty() { "text" } else { "" });
                fence = Some(opening);
            }
            (Some(opening), Some(marker)) if opening == marker => fence = None,
            _ => {}
        }
        out.push('\n');
    }
    escape(&paragraph, &mut out);
    // What comes after would be code as well.
    out.push_str(fence.unwrap_or_default());
    out.truncate(out.trim_end().len());
    out
}

/// Escapes a paragraph, except for its code spans and links.
fn escape(paragraph: &str, out: &mut String) {
    let mut rest = paragraph;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let whole = verbatim(rest, before).filter(|length| *length > 0);
        let length = whole.unwrap_or(c.len_utf8());
        let (text, after) = rest.split_at(length);
        match c {
            _ if text.starts_with("http") && whole.is_some() => out.push_str(&format!("<{text}>")),
            '<' | '[' | ']' if whole.is_none() => out.extend(['\\', c]),
            _ => out.push_str(text),
        }
        before = c;
        rest = after;
    }
}

/// The length of what mustn't be escaped at the beginning of `text`: a code span, a link, a URL,
/// or something escaped already.
fn verbatim(text: &str, before: char) -> Option<usize> {
    match text.chars().next()? {
        '`' => {
            let ticks = text.len() - text.trim_start_matches('`').len();
            Some(code_span(text, ticks).unwrap_or(ticks))
        }
        '\\' => {
            let next = text.chars().nth(1).filter(char::is_ascii_punctuation)?;
            Some(1 + next.len_utf8())
        }
        '<' => {
            let link = text.strip_prefix('<').filter(|link| is_url(link))?;
            let end = link.find(|c: char| c == '>' || c == '<' || c.is_whitespace())?;
            link[end..].starts_with('>').then_some(end + 2)
        }
        '[' => {
            let label = text.find(']')?;
            let target = text[label..].strip_prefix("](")?;
            let end = target.find(|c: char| c == ')' || c.is_whitespace())?;
            let inner = &text[1..label];
            (target[end..].starts_with(')') && !inner.contains('[')).then_some(label + end + 3)
        }
        'h' if is_url(text) && !before.is_alphanumeric() => Some(url(text)),
        _ => None,
    }
}

/// The length of a code span, up to as many backticks as it began with.
fn code_span(text: &str, ticks: usize) -> Option<usize> {
    let mut at = ticks;
    while let Some(found) = text[at..].find('`') {
        at += found;
        let closing = text[at..].len() - text[at..].trim_start_matches('`').len();
        at += closing;
        if closing == ticks {
            return Some(at);
        }
    }
    None
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The length of a URL in running text, which ends before the sentence's own punctuation.
fn url(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || "<>`\"|[]".contains(c);
    let mut url = &text[..text.find(ends).unwrap_or(text.len())];
    loop {
        let open = url.matches('(').count() >= url.matches(')').count();
        let punctuation: &[char] = &['.', ',', ';', ':', '!', '?', '*', '\''];
        let shorter = url.trim_end_matches(punctuation);
        let shorter = match shorter.strip_suffix(')') {
            Some(inner) if !open => inner,
            _ => shorter,
        };
        if shorter == url {
            return url.len();
        }
        url = shorter;
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
    let pages = if operation.pages.is_some() {
        " `stream()` in place of `.await` gives the items of all pages."
    } else {
        ""
    };
    format!(
        "{}.\n\n{}\n\n`{} {path}`. {repeat}{pages}\n\n{example}",
        markdown(summary.trim_end_matches('.')),
        markdown(description),
        operation.method.to_uppercase(),
    )
}

/// A program that makes a call with every parameter that the spec gives an example of and a literal
/// can express.
///
/// It is shown in two ways. To rustdoc all but the call is hidden, though compiled as a test; so
/// what [`program`](Example::program) gives compiles as well.
pub struct Example {
    before: [String; 5],
    call: String,
    after: Vec<&'static str>,
}

impl Example {
    /// The call that these setters make. `unit` says that it gives nothing.
    pub fn new(
        module: &str,
        method: &str,
        setters: &[(String, Option<String>)],
        unit: bool,
    ) -> Self {
        let mut chain = vec![format!("{}client", if unit { "" } else { "let reply = " })];
        chain.push(format!(".{method}()"));
        let values = setters
            .iter()
            .filter_map(|(name, literal)| Some(format!(".{name}({})", literal.as_ref()?)));
        chain.extend(values);
        chain.push(".await?;".to_owned());
        let one_line = chain.concat();
        let call = if one_line.len() <= 80 {
            one_line
        } else {
            chain.join("\n    ")
        };
        let print = (!unit).then_some("    println!(\"{reply:?}\");");
        Example {
            before: [
                format!("use hosting_apis::{{Error, {module}}};"),
                String::new(),
                "#[tokio::main]".to_owned(),
                "async fn main() -> Result<(), Error> {".to_owned(),
                format!("    let client = {module}::Client::from_env()?;"),
            ],
            call,
            after: print.into_iter().chain(["    Ok(())", "}"]).collect(),
        }
    }

    /// For rustdoc: the call, with the rest of the program hidden.
    pub fn rustdoc(&self) -> String {
        let hidden = |line: &str| format!("# {line}").trim_end().to_owned();
        let before = self.before.iter().map(|line| hidden(line));
        let after = self.after.iter().map(|line| hidden(line));
        let lines: Vec<String> = before.chain([self.call.clone()]).chain(after).collect();
        format!("# Example\n\n```no_run\n{}\n```", lines.join("\n"))
    }

    /// The whole program.
    pub fn program(&self) -> String {
        let before = self.before.iter().cloned();
        let call = self.call.lines().map(|line| format!("    {line}"));
        let after = self.after.iter().map(|line| (*line).to_owned());
        let lines: Vec<String> = before.chain(call).chain(after).collect();
        lines.join("\n") + "\n"
    }
}

/// A value of an example as a setter of this type takes it, if a literal can express it.
pub fn literal(value: &Value, ty: &Type) -> Option<String> {
    let ids = ty.to_token_stream().to_string().replace(' ', "") == "crate::Ids";
    if let (Value::Sequence(list), true) = (value, ids) {
        let id: Type = syn::parse_quote!(crate::Id);
        let items = list.iter().map(|value| scalar(value, &id));
        let items = items.collect::<Option<Vec<_>>>()?;
        return match items.as_slice() {
            [one] => Some(one.clone()),
            _ => alike(list.iter()).then(|| format!("[{}]", items.join(", "))),
        };
    }
    let vec = generic(ty, "Vec");
    let map = generic(ty, "BTreeMap");
    match (value, vec.as_deref(), map.as_deref()) {
        (Value::Sequence(list), Some([item]), _) => {
            let items = alike(list.iter()).then(|| list.iter().map(|value| scalar(value, item)));
            Some(format!(
                "[{}]",
                items?.collect::<Option<Vec<_>>>()?.join(", ")
            ))
        }
        (Value::Mapping(map), _, Some([_, item])) => {
            let entry = |(key, value): (&Value, &Value)| {
                Some(format!("({:?}, {})", key.as_str()?, scalar(value, item)?))
            };
            let entries = alike(map.values()).then(|| map.iter().map(entry));
            Some(format!(
                "[{}]",
                entries?.collect::<Option<Vec<_>>>()?.join(", ")
            ))
        }
        (_, None, None) => scalar(value, ty),
        _ => None,
    }
}

/// An array has items of one type, and at least one that says which.
fn alike<'a>(mut values: impl Iterator<Item = &'a Value>) -> bool {
    let Some(first) = values.next() else {
        return false;
    };
    values.all(|value| std::mem::discriminant(value) == std::mem::discriminant(first))
}

fn scalar(value: &Value, ty: &Type) -> Option<String> {
    if ["Vec", "BTreeMap"]
        .iter()
        .any(|many| generic(ty, many).is_some())
    {
        return None;
    }
    let ty = ty.to_token_stream().to_string().replace(' ', "");
    match (value, ty.as_str()) {
        (Value::String(_), "i64" | "f64" | "bool" | "crate::Json") => None,
        (Value::String(text), _) => Some(format!("{text:?}")),
        (Value::Bool(flag), "bool" | "serde_json::Value") => Some(flag.to_string()),
        (Value::Number(number), "f64") => {
            let number = number.as_f64().filter(|number| number.is_finite())?;
            Some(format!("{number:?}"))
        }
        (
            Value::Number(number),
            "i64" | "crate::Id" | "crate::Ids" | "crate::IntegerOrText" | "serde_json::Value",
        ) => {
            let number = number.as_i64()?;
            let wide = i32::try_from(number).is_err();
            Some(format!("{number}{}", if wide { "_i64" } else { "" }))
        }
        _ => None,
    }
}
