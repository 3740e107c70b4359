//! What OpenAPI 3.0.3 and our extensions allow: a table of the objects, their keys, and what
//! stands at each key. A table only; `document` reads a spec by it.

use serde_yaml::Value;

use Kind::*;
use Shape::*;

/// The kinds of objects. The last ones are those of our extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    OpenApi,
    Info,
    Contact,
    License,
    Server,
    ServerVariable,
    Components,
    Paths,
    PathItem,
    Operation,
    ExternalDocs,
    Parameter,
    RequestBody,
    MediaType,
    Encoding,
    Responses,
    Response,
    Callback,
    Example,
    Link,
    Header,
    Tag,
    Schema,
    Discriminator,
    Xml,
    SecurityScheme,
    OAuthFlows,
    OAuthFlow,
    SecurityRequirement,
    Envelope,
    EnvelopeException,
    EnvelopeResults,
    EnvelopeCode,
    Pagination,
}

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Text,
    Flag,
    /// A flag that says nothing when it is false.
    Mark,
    Integer,
    Number,
    /// A text, number or flag.
    Scalar,
    /// Any JSON. Nothing in it is OpenAPI's.
    Free,
    /// One of these texts.
    Word(&'static [&'static str]),
    Object(Kind),
    List(&'static Shape),
    Map(&'static Shape),
    /// Either a flag or this.
    FlagOr(&'static Shape),
}

/// An entry of a table: a key and what stands there.
pub(super) type Key = (&'static str, Shape);

/// An object of OpenAPI, or of an extension.
pub(super) struct Grammar {
    /// With its article.
    pub(super) name: &'static str,
    pub(super) required: &'static [&'static str],
    pub(super) keys: &'static [Key],
    /// Keys that the author of a spec names.
    pub(super) named: Option<Named>,
}

/// Keys that the author of a spec names.
pub(super) struct Named {
    pub(super) allows: fn(&str) -> bool,
    pub(super) rule: &'static str,
    pub(super) shape: Shape,
}

/// Our extensions, and where each belongs.
pub(super) const EXTENSIONS: &[(&str, &str)] = &[
    ("x-credentials", "a schema or property of a form body"),
    ("x-envelope", "the document or an operation"),
    ("x-idempotent", "an operation"),
    ("x-pagination", "an operation"),
    ("x-timeout", "an operation"),
];

/// Kinds of errors that a code may stand for.
const KINDS: &[&str] = &[
    "Api",
    "Authentication",
    "Conflict",
    "InvalidInput",
    "Locked",
    "NotFound",
    "PaymentRequired",
    "PermissionDenied",
    "RateLimited",
    "Server",
];
const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];
const LOCATIONS: &[&str] = &["cookie", "header", "path", "query"];
const SCHEMES: &[&str] = &["apiKey", "http", "oauth2", "openIdConnect"];
const STYLES: &[&str] = &[
    "deepObject",
    "form",
    "label",
    "matrix",
    "pipeDelimited",
    "simple",
    "spaceDelimited",
];

impl Kind {
    /// The section of `components` that such objects stand in. These, and only these, may be
    /// replaced by a reference.
    pub(super) fn section(self) -> Option<&'static str> {
        Some(match self {
            Schema => "schemas",
            Response => "responses",
            Parameter => "parameters",
            Example => "examples",
            RequestBody => "requestBodies",
            Header => "headers",
            SecurityScheme => "securitySchemes",
            Link => "links",
            Callback => "callbacks",
            _ => return None,
        })
    }

    /// Whether it is an object of our extensions, so that its keys are ours to judge.
    pub(super) fn is_extension(self) -> bool {
        matches!(
            self,
            Envelope | EnvelopeException | EnvelopeResults | EnvelopeCode | Pagination
        )
    }

    /// Its row of the table.
    pub(super) fn grammar(self) -> Grammar {
        let (name, required, keys) = self.fixed();
        Grammar {
            name,
            required,
            keys,
            named: self.named(),
        }
    }

    fn named(self) -> Option<Named> {
        let (allows, rule, shape): (fn(&str) -> bool, _, _) = match self {
            Paths => (
                |key| key.starts_with('/'),
                "a path begins with `/`",
                Object(PathItem),
            ),
            Responses => (
                is_status,
                "a response is a status such as '200', a range such as 4XX, or `default`",
                Object(Response),
            ),
            Callback => (|_| true, "", Object(PathItem)),
            SecurityRequirement => (|_| true, "", List(&Text)),
            _ => return None,
        };
        Some(Named {
            allows,
            rule,
            shape,
        })
    }

    fn fixed(self) -> (&'static str, &'static [&'static str], &'static [Key]) {
        match self {
            OpenApi => (
                "the OpenAPI Object",
                &["openapi", "info", "paths"],
                &[
                    ("openapi", Text),
                    ("info", Object(Info)),
                    ("servers", List(&Object(Server))),
                    ("paths", Object(Paths)),
                    ("components", Object(Components)),
                    ("security", List(&Object(SecurityRequirement))),
                    ("tags", List(&Object(Tag))),
                    ("externalDocs", Object(ExternalDocs)),
                    ("x-envelope", Object(Envelope)),
                ],
            ),
            Info => (
                "an Info Object",
                &["title", "version"],
                &[
                    ("title", Text),
                    ("description", Text),
                    ("termsOfService", Text),
                    ("contact", Object(Contact)),
                    ("license", Object(License)),
                    ("version", Text),
                ],
            ),
            Contact => (
                "a Contact Object",
                &[],
                &[("name", Text), ("url", Text), ("email", Text)],
            ),
            License => (
                "a License Object",
                &["name"],
                &[("name", Text), ("url", Text)],
            ),
            Server => (
                "a Server Object",
                &["url"],
                &[
                    ("url", Text),
                    ("description", Text),
                    ("variables", Map(&Object(ServerVariable))),
                ],
            ),
            ServerVariable => (
                "a Server Variable Object",
                &["default"],
                &[
                    ("enum", List(&Text)),
                    ("default", Text),
                    ("description", Text),
                ],
            ),
            Components => (
                "a Components Object",
                &[],
                &[
                    ("schemas", Map(&Object(Schema))),
                    ("responses", Map(&Object(Response))),
                    ("parameters", Map(&Object(Parameter))),
                    ("examples", Map(&Object(Example))),
                    ("requestBodies", Map(&Object(RequestBody))),
                    ("headers", Map(&Object(Header))),
                    ("securitySchemes", Map(&Object(SecurityScheme))),
                    ("links", Map(&Object(Link))),
                    ("callbacks", Map(&Object(Callback))),
                ],
            ),
            Paths => ("a Paths Object", &[], &[]),
            PathItem => (
                "a Path Item Object",
                &[],
                &[
                    ("$ref", Text),
                    ("summary", Text),
                    ("description", Text),
                    ("get", Object(Operation)),
                    ("put", Object(Operation)),
                    ("post", Object(Operation)),
                    ("delete", Object(Operation)),
                    ("options", Object(Operation)),
                    ("head", Object(Operation)),
                    ("patch", Object(Operation)),
                    ("trace", Object(Operation)),
                    ("servers", List(&Object(Server))),
                    ("parameters", List(&Object(Parameter))),
                ],
            ),
            Operation => (
                "an Operation Object",
                &["responses"],
                &[
                    ("tags", List(&Text)),
                    ("summary", Text),
                    ("description", Text),
                    ("externalDocs", Object(ExternalDocs)),
                    ("operationId", Text),
                    ("parameters", List(&Object(Parameter))),
                    ("requestBody", Object(RequestBody)),
                    ("responses", Object(Responses)),
                    ("callbacks", Map(&Object(Callback))),
                    ("deprecated", Flag),
                    ("security", List(&Object(SecurityRequirement))),
                    ("servers", List(&Object(Server))),
                    ("x-envelope", Object(EnvelopeException)),
                    ("x-idempotent", Flag),
                    ("x-pagination", Object(Pagination)),
                    ("x-timeout", Integer),
                ],
            ),
            ExternalDocs => (
                "an External Documentation Object",
                &["url"],
                &[("description", Text), ("url", Text)],
            ),
            Parameter => (
                "a Parameter Object",
                &["name", "in"],
                &[
                    ("name", Text),
                    ("in", Word(LOCATIONS)),
                    ("description", Text),
                    ("required", Flag),
                    ("deprecated", Flag),
                    ("allowEmptyValue", Flag),
                    ("style", Word(STYLES)),
                    ("explode", Flag),
                    ("allowReserved", Flag),
                    ("schema", Object(Schema)),
                    ("example", Free),
                    ("examples", Map(&Object(Example))),
                    ("content", Map(&Object(MediaType))),
                ],
            ),
            RequestBody => (
                "a Request Body Object",
                &["content"],
                &[
                    ("description", Text),
                    ("content", Map(&Object(MediaType))),
                    ("required", Flag),
                ],
            ),
            MediaType => (
                "a Media Type Object",
                &[],
                &[
                    ("schema", Object(Schema)),
                    ("example", Free),
                    ("examples", Map(&Object(Example))),
                    ("encoding", Map(&Object(Encoding))),
                ],
            ),
            Encoding => (
                "an Encoding Object",
                &[],
                &[
                    ("contentType", Text),
                    ("headers", Map(&Object(Header))),
                    ("style", Word(STYLES)),
                    ("explode", Flag),
                    ("allowReserved", Flag),
                ],
            ),
            Responses => ("a Responses Object", &[], &[]),
            Response => (
                "a Response Object",
                &["description"],
                &[
                    ("description", Text),
                    ("headers", Map(&Object(Header))),
                    ("content", Map(&Object(MediaType))),
                    ("links", Map(&Object(Link))),
                ],
            ),
            Callback => ("a Callback Object", &[], &[]),
            Example => (
                "an Example Object",
                &[],
                &[
                    ("summary", Text),
                    ("description", Text),
                    ("value", Free),
                    ("externalValue", Text),
                ],
            ),
            Link => (
                "a Link Object",
                &[],
                &[
                    ("operationRef", Text),
                    ("operationId", Text),
                    ("parameters", Map(&Free)),
                    ("requestBody", Free),
                    ("description", Text),
                    ("server", Object(Server)),
                ],
            ),
            Header => (
                "a Header Object",
                &[],
                &[
                    ("description", Text),
                    ("required", Flag),
                    ("deprecated", Flag),
                    ("allowEmptyValue", Flag),
                    ("style", Word(STYLES)),
                    ("explode", Flag),
                    ("allowReserved", Flag),
                    ("schema", Object(Schema)),
                    ("example", Free),
                    ("examples", Map(&Object(Example))),
                    ("content", Map(&Object(MediaType))),
                ],
            ),
            Tag => (
                "a Tag Object",
                &["name"],
                &[
                    ("name", Text),
                    ("description", Text),
                    ("externalDocs", Object(ExternalDocs)),
                ],
            ),
            Schema => (
                "a Schema Object",
                &[],
                &[
                    ("title", Text),
                    ("multipleOf", Number),
                    ("maximum", Number),
                    ("exclusiveMaximum", Flag),
                    ("minimum", Number),
                    ("exclusiveMinimum", Flag),
                    ("maxLength", Integer),
                    ("minLength", Integer),
                    ("pattern", Text),
                    ("maxItems", Integer),
                    ("minItems", Integer),
                    ("uniqueItems", Flag),
                    ("maxProperties", Integer),
                    ("minProperties", Integer),
                    ("required", List(&Text)),
                    ("enum", List(&Free)),
                    ("type", Word(TYPES)),
                    ("allOf", List(&Object(Schema))),
                    ("oneOf", List(&Object(Schema))),
                    ("anyOf", List(&Object(Schema))),
                    ("not", Object(Schema)),
                    ("items", Object(Schema)),
                    ("properties", Map(&Object(Schema))),
                    ("additionalProperties", FlagOr(&Object(Schema))),
                    ("description", Text),
                    ("format", Text),
                    ("default", Free),
                    ("nullable", Flag),
                    ("discriminator", Object(Discriminator)),
                    ("readOnly", Flag),
                    ("writeOnly", Flag),
                    ("xml", Object(Xml)),
                    ("externalDocs", Object(ExternalDocs)),
                    ("example", Free),
                    ("deprecated", Flag),
                    ("x-credentials", Mark),
                ],
            ),
            Discriminator => (
                "a Discriminator Object",
                &["propertyName"],
                &[("propertyName", Text), ("mapping", Map(&Text))],
            ),
            Xml => (
                "an XML Object",
                &[],
                &[
                    ("name", Text),
                    ("namespace", Text),
                    ("prefix", Text),
                    ("attribute", Flag),
                    ("wrapped", Flag),
                ],
            ),
            SecurityScheme => (
                "a Security Scheme Object",
                &["type"],
                &[
                    ("type", Word(SCHEMES)),
                    ("description", Text),
                    ("name", Text),
                    ("in", Word(&["cookie", "header", "query"])),
                    ("scheme", Text),
                    ("bearerFormat", Text),
                    ("flows", Object(OAuthFlows)),
                    ("openIdConnectUrl", Text),
                ],
            ),
            OAuthFlows => (
                "an OAuth Flows Object",
                &[],
                &[
                    ("implicit", Object(OAuthFlow)),
                    ("password", Object(OAuthFlow)),
                    ("clientCredentials", Object(OAuthFlow)),
                    ("authorizationCode", Object(OAuthFlow)),
                ],
            ),
            OAuthFlow => (
                "an OAuth Flow Object",
                &["scopes"],
                &[
                    ("authorizationUrl", Text),
                    ("tokenUrl", Text),
                    ("refreshUrl", Text),
                    ("scopes", Map(&Text)),
                ],
            ),
            SecurityRequirement => ("a Security Requirement Object", &[], &[]),
            Envelope => (
                "the document's `x-envelope`",
                &["field", "success"],
                &[
                    ("field", Text),
                    ("success", Scalar),
                    ("message", Text),
                    ("payload", Text),
                    ("details", List(&Text)),
                    ("refusal", Map(&Free)),
                    ("codes", Map(&Object(EnvelopeCode))),
                    ("bareText", Text),
                ],
            ),
            EnvelopeCode => (
                "a code of an `x-envelope`",
                &["kind", "meaning", "source"],
                &[("kind", Word(KINDS)), ("meaning", Text), ("source", Text)],
            ),
            EnvelopeException => (
                "an operation's `x-envelope`",
                &[],
                &[
                    ("results", Object(EnvelopeResults)),
                    ("field", Text),
                    ("success", Scalar),
                    ("message", Text),
                    ("payload", Text),
                    ("details", List(&Text)),
                    ("refusal", Map(&Free)),
                    ("codes", Map(&Object(EnvelopeCode))),
                ],
            ),
            EnvelopeResults => (
                "the `results` of an `x-envelope`",
                &["minimum", "maximum"],
                &[("minimum", Integer), ("maximum", Integer)],
            ),
            Pagination => (
                "an `x-pagination`",
                &["page", "items"],
                &[
                    ("page", Text),
                    ("limit", Text),
                    ("items", Text),
                    ("total", Text),
                    ("next", Text),
                ],
            ),
        }
    }
}

impl Shape {
    /// What to write there, as the end of "must be …".
    pub(super) fn describe(self) -> String {
        match self {
            Text => "a text".to_owned(),
            Flag => "true or false".to_owned(),
            Mark => "true, or left out".to_owned(),
            Integer => "a whole number".to_owned(),
            Number => "a number".to_owned(),
            Scalar => "a text, a number, true or false".to_owned(),
            Free => "any value".to_owned(),
            Word(words) => format!("one of `{}`", words.join("`, `")),
            Object(kind) => format!("a mapping: {}", kind.grammar().name),
            List(_) => "a list".to_owned(),
            Map(_) => "a mapping".to_owned(),
            FlagOr(other) => format!("true, false or {}", other.describe()),
        }
    }
}

/// What a value is, as the end of "is …".
pub(super) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty (null)",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a text",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping",
        Value::Tagged(_) => "a tagged value",
    }
}

fn is_status(key: &str) -> bool {
    let class = key.starts_with(['1', '2', '3', '4', '5']);
    let rest = key.get(1..).unwrap_or_default();
    let number = rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit());
    key == "default" || class && (number || rest == "XX")
}
