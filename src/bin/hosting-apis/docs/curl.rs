//! A request as a command line of curl, from the spec alone.
//!
//! Credentials are environment variables, with the names that `Client::from_env` reads, and so is
//! the base URL of a server that an operator runs. All else are the spec's examples, quoted so that
//! no value means anything to the shell or to curl.

use heck::ToShoutySnakeCase;
use hosting_apis::Operation;
use serde_yaml::Value;

/// Writes the commands of one API.
pub struct Curl<'a> {
    document: &'a Value,
    /// What the names of environment variables begin with.
    prefix: &'a str,
}

/// What goes into a request besides its method.
#[derive(Default)]
struct Request {
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<String>,
    body: Vec<String>,
}

impl<'a> Curl<'a> {
    pub fn new(document: &'a Value, prefix: &'a str) -> Self {
        Curl { document, prefix }
    }

    /// The command that makes the request which the examples of an operation describe.
    pub fn command(&self, operation: &Operation) -> Result<String, String> {
        let request = self.request(operation);
        let request = request.map_err(|e| format!("{}: no curl sample: {e}", operation.name))?;
        let Request {
            path,
            query,
            headers,
            body,
        } = request;
        let mut parts = Vec::new();
        // `--get` makes data the query, so that with a body the query must be in the URL.
        let get = !query.is_empty() && body.is_empty();
        let usual = if body.is_empty() { "GET" } else { "POST" };
        if get {
            parts.push("--get".to_owned());
        }
        if operation.method != usual {
            parts.push(format!("--request {}", operation.method));
        }
        let mut url = path;
        for (index, (name, value)) in query.iter().enumerate().filter(|_| !get) {
            let sign = if index == 0 { '?' } else { '&' };
            url.push_str(&format!("{sign}{name}={}", encoded(value)));
        }
        parts.push(match self.base_variable() {
            Some(variable) => format!("\"${variable}{url}\""),
            None => single(&format!("{}{url}", self.server().trim_end_matches('/'))),
        });
        let mut lines = vec![format!("curl {}", parts.join(" "))];
        lines.extend(headers);
        let pairs = query.iter().filter(|_| get);
        lines.extend(pairs.map(|(name, value)| field(name, value)));
        lines.extend(body);
        Ok(lines.join(" \\\n  ") + "\n")
    }

    /// The variables that the commands of this API read.
    pub fn variables(&self, operations: &[Operation]) -> Result<Vec<String>, String> {
        let mut variables: Vec<String> = self.base_variable().into_iter().collect();
        for operation in operations.iter().filter(|operation| operation.authorized) {
            let headers = self.security(operation)?.into_iter();
            let headers = headers.map(|(_, variable)| variable);
            let form = self.form_credentials(operation).into_iter();
            let form = form.map(|name| self.variable(&name));
            for variable in headers.chain(form) {
                if !variables.contains(&variable) {
                    variables.push(variable);
                }
            }
        }
        Ok(variables)
    }

    fn request(&self, operation: &Operation) -> Result<Request, String> {
        let mut request = Request {
            path: operation.path.to_owned(),
            ..Request::default()
        };
        if operation.authorized {
            let headers = self.security(operation)?.into_iter();
            let headers =
                headers.map(|(header, variable)| format!("--header \"{header}${variable}\""));
            request.headers.extend(headers);
        }
        for parameter in self.parameters(operation) {
            self.add_parameter(&mut request, parameter)?;
        }
        let content = &self.resolve(&self.object(operation)["requestBody"])["content"];
        if let Some((media, body)) = entries(content).next() {
            match media {
                "application/x-www-form-urlencoded" => {
                    request.body = self.form(operation, example(body))?;
                }
                "application/json" => {
                    let Some(example) = example(body) else {
                        return Err("its body has no example; add one".to_owned());
                    };
                    let json = serde_json::to_string_pretty(example).map_err(|e| e.to_string())?;
                    let kind = "--header 'Content-Type: application/json'";
                    request.headers.push(kind.to_owned());
                    request.body = vec![format!("--data {}", single(&json))];
                }
                other => return Err(format!("a body of `{other}` isn't known here")),
            }
        }
        Ok(request)
    }

    fn add_parameter(&self, request: &mut Request, parameter: &Value) -> Result<(), String> {
        let name = parameter["name"].as_str().unwrap_or_default();
        let schema = self.resolve(&parameter["schema"]);
        let example = parameter.get("example").or_else(|| schema.get("example"));
        let Some(example) = example else {
            return match parameter["required"].as_bool() {
                Some(true) => Err(format!("the parameter `{name}` has no example; add one")),
                _ => Ok(()),
            };
        };
        let values = match example.as_sequence() {
            Some(values) => values.iter().map(text).collect::<Result<Vec<_>, _>>()?,
            None => vec![text(example)?],
        };
        let together = values.join(",");
        match parameter["in"].as_str().unwrap_or_default() {
            "path" => {
                let values = values.iter().map(|value| encoded(value));
                let values: Vec<String> = values.collect();
                let hole = format!("{{{name}}}");
                request.path = request.path.replace(&hole, &values.join(","));
            }
            "query" => {
                let pairs = values.into_iter().map(|value| (encoded(name), value));
                request.query.extend(pairs);
            }
            "header" => {
                let header = single(&format!("{name}: {together}"));
                request.headers.push(format!("--header {header}"));
            }
            other => return Err(format!("a parameter in `{other}` isn't known here")),
        }
        Ok(())
    }

    /// The fields of a form: the credentials, then what the example has besides them.
    fn form(&self, operation: &Operation, example: Option<&Value>) -> Result<Vec<String>, String> {
        let credentials = self.form_credentials(operation);
        let mut fields: Vec<String> = credentials
            .iter()
            .map(|name| {
                let (name, variable) = (encoded(name), self.variable(name));
                format!("--data-urlencode \"{name}=${variable}\"")
            })
            .collect();
        for (name, value) in entries(example.unwrap_or(&Value::Null)) {
            if !credentials.iter().any(|credential| credential == name) {
                fields.push(field(&encoded(name), &text(value)?));
            }
        }
        Ok(fields)
    }

    /// The headers that carry the credentials, each up to its value, and the value's variable.
    /// Of several ways to be let in, the first.
    fn security(&self, operation: &Operation) -> Result<Vec<(String, String)>, String> {
        let own = self.object(operation).get("security");
        let ways = own.unwrap_or(&self.document["security"]);
        let schemes = &self.document["components"]["securitySchemes"];
        let of_scheme = |(name, _): (&str, &Value)| {
            let scheme = self.resolve(&schemes[name]);
            let text = |key: &str| scheme[key].as_str().unwrap_or_default();
            match (text("type"), text("in"), text("scheme")) {
                ("apiKey", "header", _) => {
                    let header = text("name");
                    Ok((format!("{header}: "), self.variable(header)))
                }
                ("http", _, "bearer") => {
                    Ok(("Authorization: Bearer ".to_owned(), self.variable("token")))
                }
                _ => Err(format!("the security scheme `{name}` isn't known here")),
            }
        };
        entries(&ways[0]).map(of_scheme).collect()
    }

    /// The fields of the operation's form that carry the credentials.
    fn form_credentials(&self, operation: &Operation) -> Vec<String> {
        let content = &self.resolve(&self.object(operation)["requestBody"])["content"];
        let bodies = entries(content).map(|(_, media)| &media["schema"]);
        bodies.flat_map(|schema| self.credentials(schema)).collect()
    }

    fn credentials(&self, schema: &Value) -> Vec<String> {
        let schema = self.resolve(schema);
        let marked = |schema: &Value| schema["x-credentials"].as_bool() == Some(true);
        let all = marked(schema);
        let properties = entries(&schema["properties"]);
        let properties = properties.filter(|(_, property)| all || marked(property));
        let mut names: Vec<String> = properties.map(|(name, _)| name.to_owned()).collect();
        for part in schema["allOf"].as_sequence().into_iter().flatten() {
            names.extend(self.credentials(part));
        }
        names
    }

    fn object(&self, operation: &Operation) -> &'a Value {
        &self.document["paths"][operation.path][operation.method.to_lowercase()]
    }

    fn parameters(&self, operation: &Operation) -> impl Iterator<Item = &'a Value> {
        let shared = &self.document["paths"][operation.path]["parameters"];
        let own = &self.object(operation)["parameters"];
        let lists = [shared, own].into_iter().filter_map(Value::as_sequence);
        lists.flatten().map(|parameter| self.resolve(parameter))
    }

    fn resolve(&self, value: &'a Value) -> &'a Value {
        let mut value = value;
        // A reference to itself is nothing: the check of the specs refuses it.
        for _ in 0..16 {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else {
                return value;
            };
            let steps = target.trim_start_matches("#/").split('/');
            value = steps.fold(self.document, |at, step| &at[step]);
        }
        value
    }

    fn server(&self) -> &'a str {
        self.document["servers"][0]["url"]
            .as_str()
            .unwrap_or_default()
    }

    /// The variable with the base URL, if operators have servers of their own.
    fn base_variable(&self) -> Option<String> {
        self.server()
            .contains('{')
            .then(|| self.variable("base_url"))
    }

    fn variable(&self, name: &str) -> String {
        format!("{}_{}", self.prefix, name.to_shouty_snake_case())
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let map = value.as_mapping().into_iter().flatten();
    map.filter_map(|(key, value)| Some((key.as_str()?, value)))
}

/// The example of a body, or the first of several.
fn example(media: &Value) -> Option<&Value> {
    let first = || entries(&media["examples"]).next()?.1.get("value");
    media.get("example").or_else(first)
}

/// A value as a form, a query or a path has it.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Null => Ok(String::new()),
        value => serde_json::to_string(value).map_err(|e| e.to_string()),
    }
}

/// A field that curl encodes. It takes all behind the first `=` as it is, an `@` too.
fn field(name: &str, value: &str) -> String {
    format!("--data-urlencode {}", single(&format!("{name}={value}")))
}

/// Text in single quotes, between which a shell changes nothing.
fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Text percent-encoded, so that it means nothing to a URL, to curl's patterns, or to a shell.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use hosting_apis::kiwivm;

    use super::*;

    /// What curl would be given: a shell runs the command with another `curl`.
    fn given(command: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let shell = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let mut sh = Command::new("sh");
        let output = sh.arg("-euc").arg(shell).envs(variables.iter().copied());
        let output = output.output().unwrap();
        assert!(output.status.success(), "{command}\n{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    /// The command for an operation that this is the spec's object of.
    fn command(object: &str) -> Result<String, String> {
        let operation = kiwivm::OPERATIONS.iter().find(|o| o.id == "start").unwrap();
        let mut document: Value = serde_yaml::from_str(
            "{servers: [{url: 'https://{host}'}], components: {securitySchemes: {\
             key: {type: apiKey, in: header, name: api-key}, \
             odd: {type: apiKey, in: query, name: key}}}}",
        )
        .unwrap();
        let object: Value = serde_yaml::from_str(object).unwrap();
        document["paths"]["/start"]["post"] = object;
        Curl::new(&document, "ACME").command(operation)
    }

    const ODD: &str =
        "it's \\ \"$HOME\" `id` $(id) & ; | < > * ? # ! ~ % + = @/etc/passwd\n{a,b}[1-9] é";

    #[test]
    fn any_value_survives_the_shell() {
        let odd = serde_json::to_string(ODD).unwrap();
        let form = command(&format!(
            "requestBody: {{content: {{application/x-www-form-urlencoded: {{example: {{text: {odd}}}}}}}}}"
        ));
        let url = "https://acme.example/start";
        let base = [
            ("ACME_BASE_URL", "https://acme.example"),
            ("ACME_API_KEY", ODD),
        ];
        assert_eq!(
            given(&form.unwrap(), &base),
            [url, "--data-urlencode", &format!("text={ODD}")]
        );
        let json = command(&format!(
            "{{security: [{{key: []}}], requestBody: {{content: {{application/json: {{example: {odd}}}}}}}}}"
        ));
        assert_eq!(
            given(&json.unwrap(), &base),
            [
                url,
                "--header",
                &format!("api-key: {ODD}"),
                "--header",
                "Content-Type: application/json",
                "--data",
                &odd,
            ]
        );
    }

    #[test]
    fn a_query_is_data_of_a_get_and_else_in_the_url() {
        let query = "{name: 'q[]', in: query, schema: {}, example: [a b, c]}";
        let base = [("ACME_BASE_URL", "https://acme.example")];
        assert_eq!(
            given(&command(&format!("parameters: [{query}]")).unwrap(), &base),
            [
                "--get",
                "--request",
                "POST",
                "https://acme.example/start",
                "--data-urlencode",
                "q%5B%5D=a b",
                "--data-urlencode",
                "q%5B%5D=c",
            ]
        );
        let with_body = format!(
            "{{parameters: [{query}], requestBody: {{content: {{application/json: {{example: 1}}}}}}}}"
        );
        assert_eq!(
            given(&command(&with_body).unwrap(), &base)[0],
            "https://acme.example/start?q%5B%5D=a%20b&q%5B%5D=c"
        );
    }

    #[test]
    fn what_has_no_command_says_why() {
        for (object, reason) in [
            (
                "{security: [{odd: []}]}",
                "the security scheme `odd` isn't known here",
            ),
            (
                "{parameters: [{name: id, in: query, required: true}]}",
                "the parameter `id` has no example; add one",
            ),
            (
                "{parameters: [{name: id, in: cookie, example: 1}]}",
                "a parameter in `cookie` isn't known here",
            ),
            (
                "{requestBody: {content: {text/csv: {example: a}}}}",
                "a body of `text/csv` isn't known here",
            ),
            (
                "{requestBody: {content: {application/json: {}}}}",
                "its body has no example; add one",
            ),
        ] {
            let expected = format!("kiwivm.start: no curl sample: {reason}");
            assert_eq!(command(object).unwrap_err(), expected);
        }
    }
}
