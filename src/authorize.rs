//! Where credentials can stand in a request: in its form, its query or a header.

use reqwest::Request;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// Adds fields to a form body, or makes one.
pub(crate) fn add_form_fields(request: &mut Request, fields: &impl Serialize) -> Result<(), Error> {
    let fields = serde_urlencoded::to_string(fields).map_err(|e| {
        Error::new(ErrorKind::Configuration)
            .because("the credentials make no form")
            .caused_by(e)
    })?;
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    if request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|sent| *sent != form_type)
    {
        let reason = "the credentials of this API go into a form, and another body is to be sent";
        return Err(Error::new(ErrorKind::InvalidRequest).because(reason));
    }
    let form = match request.body().and_then(|body| body.as_bytes()) {
        None | Some([]) => fields.into_bytes(),
        Some(body) => {
            let is_there = |name: &&[u8]| names(body).any(|there| there == *name);
            if let Some(name) = names(fields.as_bytes()).find(is_there) {
                return Err(given(&String::from_utf8_lossy(name)));
            }
            [body, b"&", fields.as_bytes()].concat()
        }
    };
    *request.body_mut() = Some(form.into());
    request.headers_mut().insert(CONTENT_TYPE, form_type);
    Ok(())
}

/// The names of a form's fields, as they are encoded.
fn names(form: &[u8]) -> impl Iterator<Item = &[u8]> {
    let pairs = form.split(|byte| *byte == b'&');
    pairs.filter_map(|pair| pair.split(|byte| *byte == b'=').next())
}

fn given(name: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest).because(format!(
        "`{name}` is one of the credentials, which the client adds itself"
    ))
}

/// Adds a pair to the query, which is where logs and proxies see it.
pub(crate) fn add_query(request: &mut Request, name: &str, value: &Secret) -> Result<(), Error> {
    if request.url().query_pairs().any(|(there, _)| there == name) {
        return Err(given(name));
    }
    request
        .url_mut()
        .query_pairs_mut()
        .append_pair(name, value.expose());
    Ok(())
}

/// Sets a header whose value no log may show.
pub(crate) fn add_header(
    request: &mut Request,
    name: HeaderName,
    value: &str,
) -> Result<(), Error> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Error::configuration("a credential can't stand in a header"))?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}
