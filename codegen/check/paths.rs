//! Templates of paths, and the parameters that fill them.

use serde_yaml::Value;

use super::super::source::{Finding, Path};
use super::document::{Document, Object, text};
use super::grammar::Kind;
use super::nearest::suggestion;

const RULE: &str = "path-parameter";

/// path-parameter: a name that isn't declared stays in the URL as it is, braces included, and a
/// parameter that isn't in the path is an argument that nothing becomes of.
pub(super) fn parameters(document: &Document, findings: &mut Vec<Finding>) {
    for item in document.objects(Kind::PathItem) {
        if document
            .parent(item)
            .is_none_or(|parent| parent.kind != Kind::Paths)
        {
            continue;
        }
        let names = match template(item.name()) {
            Ok(names) => names,
            Err(message) => {
                findings.push(document.finding(&item.path, RULE, message));
                continue;
            }
        };
        let shared = declared(document, item);
        surplus(document, item.name(), &names, &shared, findings);
        for operation in document.children(item, Kind::Operation) {
            let own = declared(document, operation);
            surplus(document, item.name(), &names, &own, findings);
            let known = || own.iter().chain(&shared).map(|(name, _)| *name);
            for name in names
                .iter()
                .filter(|name| !known().any(|known| known == **name))
            {
                let surplus = known().filter(|known| !names.contains(known));
                let rest = "add a parameter of that name, with `in: path` and `required: true`";
                let message = format!(
                    "`{{{name}}}` in the path is not a declared parameter{}",
                    suggestion(name, surplus, rest)
                );
                findings.push(document.finding(&operation.path, RULE, message));
            }
        }
    }
}

/// The path parameters that a path item or operation declares itself, and where.
fn declared<'a>(document: &Document<'a>, of: &Object<'a>) -> Vec<(&'a str, Path)> {
    document
        .children(of, Kind::Parameter)
        .filter_map(|parameter| {
            let value: &'a Value = document.resolve(parameter.value);
            let name = text(value, "name")?;
            (text(value, "in") == Some("path")).then(|| (name, parameter.path.clone()))
        })
        .collect()
}

fn surplus(
    document: &Document,
    template: &str,
    names: &[&str],
    declared: &[(&str, Path)],
    findings: &mut Vec<Finding>,
) {
    for (name, path) in declared.iter().filter(|(name, _)| !names.contains(name)) {
        let rest = format!("write `{{{name}}}` into the path, or remove the parameter");
        let message = format!(
            "the path `{template}` has no `{{{name}}}`{}",
            suggestion(name, names.iter().copied(), &rest)
        );
        findings.push(document.finding(path, RULE, message));
    }
}

/// The names in a template such as `/domains/{domain_id}/`, or what is wrong with it.
fn template(path: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or("a `{` in the path has no `}`; close it")?;
        if before.contains('}') || name.contains('{') {
            return Err("the braces in the path don't match; write `{name}`".to_owned());
        }
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(format!(
                "`{{{name}}}` in the path has no proper name; use letters, digits and `_`"
            ));
        }
        if names.contains(&name) {
            return Err(format!(
                "`{{{name}}}` stands in the path twice; rename one of the two"
            ));
        }
        names.push(name);
        rest = after;
    }
    if rest.contains('}') {
        return Err("a `}` in the path has no `{`; open it".to_owned());
    }
    if path.contains("//") || path.contains(['?', '#']) {
        let message = "the path holds `//`, `?` or `#`, which wouldn't reach the server as they \
                       stand; a query belongs in parameters";
        return Err(message.to_owned());
    }
    Ok(names)
}
