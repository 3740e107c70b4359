//! The table that a spec becomes: what transport and the mock server know of each operation.

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
}

impl Operation {
    /// The payload of a reply of this operation.
    pub(crate) fn payload<'a>(&self, reply: &'a serde_json::Value) -> &'a serde_json::Value {
        match self.envelope.and_then(|envelope| envelope.payload) {
            Some(field) => &reply[field],
            None => reply,
        }
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
}
