//! The table that a spec becomes: what transport and the mock server know of each operation.

use std::time::Duration;

use serde_json::Value;

use crate::error::ErrorKind;

/// One operation of an API, as its spec describes it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Operation {
    /// The spec's `operationId`, such as `getServiceInfo`.
    pub id: &'static str,
    /// The API and the id, such as `kiwivm.getServiceInfo`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the base URL, with its parameters in braces.
    pub path: &'static str,
    /// Whether sending it twice does no harm, so that it may be retried.
    pub idempotent: bool,
    /// Whether its requests carry the credentials. A login does without.
    pub authorized: bool,
    /// How its reply says failure, if not by HTTP status.
    pub envelope: Option<Envelope>,
    /// How long it may take, if the spec knows that it is slow: in place of the 30 seconds that a
    /// call has by default.
    pub timeout: Option<Duration>,
    /// The names of the properties of its reply that are secret.
    pub secrets: &'static [&'static str],
}

impl Operation {
    /// The payload of a reply of this operation.
    pub(crate) fn payload(&self, mut reply: Value) -> Value {
        let Some(envelope) = &self.envelope else {
            return reply;
        };
        if let Some(field) = envelope.payload {
            return reply.get_mut(field).map(Value::take).unwrap_or_default();
        }
        // Where values of the field are results, the envelope's fields are the payload.
        if let (Value::Object(fields), None) = (&mut reply, envelope.results) {
            fields.retain(|name, _| envelope.names().all(|own| own != name));
        }
        reply
    }

    /// The calls of an API that no operation of its spec stands for, one a method.
    pub(crate) const fn raw(
        name: &'static str,
        envelope: Option<Envelope>,
        secrets: &'static [&'static str],
    ) -> [Operation; 5] {
        const fn of(
            method: &'static str,
            idempotent: bool,
            name: &'static str,
            envelope: Option<Envelope>,
            secrets: &'static [&'static str],
        ) -> Operation {
            Operation {
                id: "request",
                name,
                method,
                path: "",
                idempotent,
                authorized: true,
                envelope,
                timeout: None,
                secrets,
            }
        }
        [
            of("GET", true, name, envelope, secrets),
            of("PUT", true, name, envelope, secrets),
            of("DELETE", true, name, envelope, secrets),
            of("POST", false, name, envelope, secrets),
            of("PATCH", false, name, envelope, secrets),
        ]
    }
}

/// How the replies of an API say failure inside a success: the spec's `x-envelope`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Envelope {
    /// The field that tells success from failure.
    pub field: &'static str,
    /// Its value on success, as text.
    pub success: &'static str,
    /// The field that holds the vendor's message.
    pub message: &'static str,
    /// The field that holds the payload; none if the payload stands beside the envelope.
    pub payload: Option<&'static str>,
    /// Fields that only failures have, with more about them.
    pub details: &'static [&'static str],
    /// Values of [`field`](Envelope::field) that are results of the call and not failures.
    pub results: Option<(i64, i64)>,
    /// What values of [`field`](Envelope::field) stand for, each as text. `default` is any other.
    pub codes: &'static [(&'static str, ErrorKind)],
    /// How a reply begins that is no object, and a refusal in its own words.
    pub bare_text: Option<&'static str>,
}
