//! The front page: what there is, and where each API's facts come from.

use pulldown_cmark::{Event, Options, Parser};

use super::{Reference, escaped};

/// The site's icon, so that no browser asks the server for one.
pub const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
    viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%230b7a75'/%3E%3Cpath \
    d='M4 5.5h8M4 10.5h8' stroke='%23fff' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

/// The section of `info.description` that every spec has.
const FACTS: &str = "## Where the facts come from";

pub fn html(references: &[Reference]) -> Result<String, String> {
    let cards = references.iter().map(card).collect::<Result<String, _>>()?;
    let operations: usize = references.iter().map(|r| r.operations.len()).sum();
    Ok(include_str!("index.html")
        .replace("{{icon}}", ICON)
        .replace("{{count}}", &operations.to_string())
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{cards}}", &cards))
}

fn card(reference: &Reference) -> Result<String, String> {
    let Reference { stem, module, .. } = reference;
    let description = reference.description();
    let about = first_paragraph(description);
    let facts = section(description, FACTS).ok_or_else(|| {
        format!("specs/{stem}.yaml: info.description: has no section `{FACTS}`; add it")
    })?;
    let variables = reference.curl().variables(reference.operations)?;
    let variables = variables.iter().map(|name| format!("<code>{name}</code>"));
    Ok(include_str!("card.html")
        .replace("{{stem}}", stem)
        .replace("{{module}}", module)
        .replace("{{title}}", &escaped(&reference.title))
        .replace("{{count}}", &reference.operations.len().to_string())
        .replace("{{variables}}", &variables.collect::<Vec<_>>().join(" "))
        .replace("{{about}}", &markdown(about))
        .replace("{{facts}}", &markdown(facts)))
}

/// What an introduction begins with, but for a sentence that leads to what follows it.
fn first_paragraph(text: &str) -> &str {
    let paragraph = text.split("\n\n").next().unwrap_or_default().trim();
    let last = paragraph.rfind(". ").map(|at| at + 1);
    let before = last.and_then(|at| paragraph.get(..at));
    before
        .filter(|_| paragraph.ends_with(':'))
        .unwrap_or(paragraph)
}

/// What stands below a heading, up to the next one of its level.
fn section<'a>(text: &'a str, heading: &str) -> Option<&'a str> {
    let from = text.find(&format!("{heading}\n"))? + heading.len();
    let rest = text.get(from..)?;
    Some(rest.split("\n## ").next().unwrap_or(rest).trim())
}

/// Markdown as HTML. HTML in it is text, as a description's `<name>` is.
fn markdown(text: &str) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        event => event,
    });
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events);
    out
}
