//! Refuses what would vanish or surprise later: everything in a spec at once, each with its place.
//!
//! The second stage of the build. It changes nothing; what it lets through, later stages may rely
//! on. `document` reads a spec by the table in `grammar`, the other files hold the rules.
//!
//! | rule | objects to | file |
//! | --- | --- | --- |
//! | `unknown-key` | a key that OpenAPI 3.0.3 doesn't know | document |
//! | `required-key` | a key missing that OpenAPI requires, here always or by another key | document, requirements |
//! | `wrong-type` | a value of the wrong shape, a word that isn't one of those allowed | document |
//! | `ref-siblings` | a key beside a `$ref` | document |
//! | `x-keys` | an extension that isn't ours, out of place, or wrong inside | document, requirements, pagination |
//! | `version` | an `openapi` other than 3.0.x, a file that is no OpenAPI at all | requirements |
//! | `required-property` | a name in `required` that is no property | requirements |
//! | `closed-object` | `additionalProperties: false` | requirements |
//! | `broken-ref` | a reference to nothing, out of the file, or to the wrong kind of component | references |
//! | `circular-ref` | a component made of itself | references |
//! | `unused-component` | a component that no operation reaches | references |
//! | `operation-id` | an `operationId` that is missing or not camelCase | operations |
//! | `duplicate-operation-id` | two that are equal, or become the same method | operations |
//! | `summary` | an operation without one | operations |
//! | `tag` | an operation without one, or with one that the document doesn't list | operations |
//! | `success-response` | an operation without a 2xx response | operations |
//! | `one-success` | 2xx responses with different bodies | operations |
//! | `path-parameter` | a name in a path that isn't declared, the reverse, a malformed path | paths |
//! | `example` | a body without an example | bodies |
//! | `one-media-type` | a body in more than one media type | bodies |
//! | `unsupported` | what progenitor refuses, ignores or gets wrong | operations, bodies, choices |
//! | `description` | a property, parameter, component schema or operation without one | descriptions |
//! | `example-mismatch` | an example or default that doesn't fit its schema | examples |
//!
//! A spec that isn't readable YAML never comes here: `source` refuses it.

mod bodies;
mod choices;
mod descriptions;
mod document;
mod examples;
mod grammar;
mod nearest;
mod operations;
mod pagination;
mod paths;
mod references;
mod requirements;

use super::source::{Finding, Findings, Source};
use document::Document;

/// Goes through a document and notes what it objects to.
type Rule = fn(&Document, &mut Vec<Finding>);

const RULES: &[Rule] = &[
    requirements::version,
    requirements::dependent_keys,
    requirements::required_properties,
    requirements::closed_objects,
    requirements::credentials,
    requirements::envelopes,
    requirements::timeouts,
    references::broken,
    references::circular,
    references::unused,
    pagination::names,
    operations::ids,
    operations::duplicate_ids,
    operations::summaries,
    operations::tags,
    operations::success,
    operations::one_success,
    operations::unsupported,
    paths::parameters,
    bodies::examples,
    bodies::schemas,
    bodies::media_types,
    bodies::form_fields,
    bodies::encodings,
    bodies::any_of,
    choices::one_of,
    choices::items,
    descriptions::missing,
    examples::mismatches,
];

/// Everything in the document that the rules object to, in the order of the file.
pub fn check(source: &Source) -> Result<(), Findings> {
    // What each rule would say of another kind of file helps nobody.
    if let Some(finding) = requirements::no_openapi(source) {
        return Err(finding.into());
    }
    let mut findings = Vec::new();
    let document = Document::read(source, &mut findings);
    for rule in RULES {
        rule(&document, &mut findings);
    }
    findings.sort_by_key(|finding| (finding.line, finding.column));
    Findings(findings).into_result()
}
