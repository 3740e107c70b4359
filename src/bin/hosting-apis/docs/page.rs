//! The reference of one API: Scalar's, with the spec in it and our samples.
//!
//! `scalar_api_reference::scalar_html` isn't used: its page has a fixed title and no place for ours,
//! and puts the configuration between script tags as it is, where a `</script>` in a description
//! would end it. The page's policy forbids the browser to ask any other host for anything.

use hosting_apis::Operation;
use serde_json::json;
use serde_yaml::{Mapping, Value};

use super::{Reference, escaped};
use crate::codegen;

/// Scalar's bundle.
pub fn bundle() -> Result<Vec<u8>, String> {
    let bundle = scalar_api_reference::get_asset("scalar.js");
    bundle.ok_or_else(|| "the crate scalar_api_reference has no scalar.js".to_owned())
}

pub fn html(reference: &Reference, all: &[Reference]) -> Result<String, String> {
    let links = all.iter().map(|other| {
        let current = if other.stem == reference.stem {
            " aria-current=\"page\""
        } else {
            ""
        };
        format!(
            "<a href=\"{}.html\"{current}>{}</a>",
            other.stem,
            escaped(&other.title)
        )
    });
    let title = format!("{} API", reference.title);
    Ok(include_str!("page.html")
        .replace("{{title}}", &escaped(&title))
        .replace("{{icon}}", super::index::ICON)
        .replace("{{stem}}", &reference.stem)
        .replace("{{links}}", &links.collect::<String>())
        .replace("{{configuration}}", &configuration(reference, &title)?))
}

/// Scalar's configuration as JSON that can stand in an HTML script element.
fn configuration(reference: &Reference, title: &str) -> Result<String, String> {
    let settings = json!({
        "metaData": { "title": title },
        // Everything of Scalar's that asks a server of its makers, or that would send credentials
        // from the browser.
        "withDefaultFonts": false,
        "telemetry": false,
        "agent": { "disabled": true },
        "mcp": { "disabled": true },
        "hideTestRequestButton": true,
        "hideClientButton": true,
        "showDeveloperTools": "never",
        "persistAuth": false,
        "externalUrls": { "dashboardUrl": "", "registryUrl": "", "proxyUrl": "", "apiBaseUrl": "" },
        // Its own samples lack the credentials.
        "hiddenClients": true,
        // The page's own links give the files as they are.
        "documentDownloadType": "none",
        "defaultOpenAllTags": true,
        "orderSchemaPropertiesBy": "preserve",
        "orderRequiredPropertiesFirst": false,
    });
    let mut configuration = Mapping::new();
    let serde_json::Value::Object(settings) = settings else {
        return Err("the settings are no object".to_owned());
    };
    for (key, value) in settings {
        let value = serde_yaml::to_value(value).map_err(|e| e.to_string())?;
        configuration.insert(key.into(), value);
    }
    configuration.insert("content".into(), document(reference)?);
    let text = serde_json::to_string(&Value::Mapping(configuration)).map_err(|e| e.to_string())?;
    // Between script tags only `<` can mean anything but JSON.
    Ok(text.replace('<', "\\u003c"))
}

/// The spec with a sample in Rust and one for curl at each operation.
fn document(reference: &Reference) -> Result<Value, String> {
    let mut document = reference.document.clone();
    let codes = codegen::codes(&reference.document).unwrap_or_default();
    let introduction = format!(
        "{}\n\n{codes}\n{}",
        reference.description().trim_end(),
        about_samples(reference)?
    );
    document["info"]["description"] = introduction.into();
    for operation in reference.operations {
        let samples = samples(reference, operation)?;
        let object = &mut document["paths"][operation.path][operation.method.to_lowercase()];
        let Some(object) = object.as_mapping_mut() else {
            return Err(format!("{}: isn't in the spec", operation.name));
        };
        let description = object.get("description").and_then(Value::as_str);
        let paged = object.contains_key("x-pagination");
        let description = format!(
            "{}\n\n{}",
            description.unwrap_or_default().trim_end(),
            about(operation, paged)
        );
        object.insert("description".into(), description.into());
        object.insert("x-codeSamples".into(), samples);
    }
    Ok(document)
}

fn samples(reference: &Reference, operation: &Operation) -> Result<Value, String> {
    let rust = reference.programs.get(operation.id);
    let rust = rust.ok_or_else(|| format!("{}: has no Rust sample", operation.name))?;
    let curl = reference.curl().command(operation)?;
    let samples = json!([
        { "lang": "rust", "label": "Rust", "source": rust.trim_end() },
        { "lang": "shell", "label": "curl", "source": curl.trim_end() },
    ]);
    serde_yaml::to_value(samples).map_err(|e| e.to_string())
}

/// What the extensions of the spec say, for readers.
fn about(operation: &Operation, paged: bool) -> String {
    let repeat = if operation.idempotent {
        "Repeating it does no harm: the Rust client makes it again after a transient failure."
    } else {
        "Repeating it may do it twice: the Rust client sends it again only if it never left."
    };
    let pages = if paged {
        " With `stream()` in place of `.await`, it gives the items of all pages."
    } else {
        ""
    };
    format!("{repeat}{pages}")
}

fn about_samples(reference: &Reference) -> Result<String, String> {
    let Reference { stem, module, .. } = reference;
    let variables = reference.curl().variables(reference.operations)?;
    let variables = variables.iter().map(|name| format!("`{name}`"));
    Ok(format!(
        "## Samples\n\n\
         Each operation has a program in Rust, which calls the crate `hosting-apis`, module \
         `{module}`, and a command of curl. Both take the credentials from the environment: {}.\n\n\
         ```sh\n\
         cargo add hosting-apis --no-default-features --features rustls,{stem}\n\
         cargo add tokio --features macros,rt-multi-thread\n\
         ```",
        variables.collect::<Vec<_>>().join(", ")
    ))
}
