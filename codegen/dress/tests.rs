//! What dressing promises, on the client of a small API, and on trees that progenitor never made.

mod many;

use quote::{ToTokens, quote};
use syn::{Item, ItemStruct, Type, parse_quote};

use super::dress;
use crate::codegen::lower::{Lowered, lower};
use crate::codegen::progenitor;

const SPEC: &str = r#"
openapi: 3.0.3
info:
  title: Things
  version: '1'
  description: All about things, see https://example.com/things.
paths:
  /shelves/{shelfId}/{type}:
    get:
      operationId: getShelf
      summary: Get a shelf
      description: Gives a shelf.
      parameters:
        - {name: shelfId, in: path, required: true, description: Its number., schema: {type: integer}, example: 5000000000}
        - {name: type, in: path, required: true, description: Its type., schema: {type: string}, example: wood}
        - {name: sortBy, in: query, description: How to sort., schema: {type: string, enum: [name, age]}, example: name}
        - {name: page, in: query, required: true, description: The page., schema: {type: integer}, example: 2}
        - {name: X-Trace, in: header, description: For the log., schema: {type: string}, example: abc}
        - {name: X-Turn, in: header, required: true, description: Counts., schema: {type: integer}, example: 1}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/shelf'}}}}
  /things:
    post:
      operationId: createThing
      summary: Create a thing.
      description: Creates a thing.
      x-idempotent: true
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [name, password, tags]
              properties:
                name: {type: string, description: Its name.}
                id: {oneOf: [{type: integer}, {type: string}], description: Its id.}
                count: {type: integer, description: How many.}
                price: {type: number, description: What it costs.}
                open: {type: boolean, description: Whether it is open.}
                password: {type: string, format: password, description: Opens it.}
                state: {$ref: '#/components/schemas/State'}
                tags: {type: array, items: {type: string}, description: Its tags.}
                labels: {type: object, additionalProperties: {type: string}, description: Its labels.}
                extra: {type: object, description: Anything.}
                call: {type: string, description: Named like a variable of the generated code.}
                url: {type: string, description: And another one.}
            example:
              {name: "a \"thing\"", id: 7, count: null, price: 3, open: true, password: p, state: up, tags: [a, b], labels: {a: b}, extra: {}}
      responses:
        '201': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
  /things/settings:
    post:
      operationId: setThings
      summary: Set things
      description: Sets things.
      requestBody:
        content:
          application/x-www-form-urlencoded:
            encoding: {changes: {contentType: application/json}}
            schema: {$ref: '#/components/schemas/Settings'}
      responses:
        '204': {description: d}
  /things/old:
    get:
      operationId: oldThings
      summary: List old things
      description: Lists old things.
      deprecated: true
      responses:
        '200': {description: d, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}}
    put:
      operationId: putThings
      summary: Put things
      description: Puts things.
      requestBody: {content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}}
      responses:
        '204': {description: d}
    delete:
      operationId: move
      summary: Move things away
      description: Its name is a word of Rust.
      responses:
        '204': {description: d}
components:
  schemas:
    shelf:
      type: object
      description: A shelf.
      required: [maker]
      properties:
        zone: {type: string, description: Where it stands.}
        maker: {type: string, nullable: true, description: Who made it.}
        things: {type: array, items: {$ref: '#/components/schemas/Thing'}, description: What is on it.}
        note: {type: string, format: byte, description: A note.}
        token: {type: string, format: password, description: A token.}
        tokens: {type: array, items: {type: string, format: password}, description: More tokens.}
        madeOn: {type: string, format: date, description: The day.}
        type: {type: string, description: Its type.}
        any: {type: object, description: Anything.}
        secretary: {$ref: '#/components/schemas/SecretPerson'}
    SecretPerson:
      type: object
      description: A person whose type is called like a secret.
      properties: {name: {type: string, description: The name.}}
    Thing:
      type: object
      description: A thing.
      properties: {state: {$ref: '#/components/schemas/State'}, age: {type: integer, description: In days.}}
    State:
      type: string
      description: What it does.
      enum: [up, not-found, unknown, '404']
    Settings:
      type: object
      description: What to set.
      required: [changes]
      properties:
        changes: {type: object, additionalProperties: {type: integer}, description: What changes.}
        more: {type: string, description: More.}
"#;

fn lowered(spec: &str) -> Result<Lowered, String> {
    lower(
        "things",
        &serde_yaml::from_str(spec).map_err(|e| e.to_string())?,
    )
}

/// The dressed client.
fn made(spec: &str) -> Result<syn::File, String> {
    let lowered = lowered(spec)?;
    dress(progenitor(&lowered)?, &lowered)
}

/// The dressed client of [`SPEC`] as text.
fn text() -> String {
    match made(SPEC) {
        Ok(tree) => prettyplease::unparse(&tree),
        Err(error) => panic!("{error}"),
    }
}

/// The text from `start` up to the next line that begins with `end`.
#[track_caller]
fn part<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let Some(from) = text.find(start) else {
        panic!("`{start}` isn't in\n{text}");
    };
    let rest = &text[from..];
    let to = rest[start.len()..]
        .match_indices(end)
        .next()
        .map_or(rest.len(), |(at, _)| at + start.len());
    &rest[..to]
}

/// The builder of an operation: its struct and what is implemented for it.
#[track_caller]
fn builder<'a>(text: &'a str, name: &str) -> &'a str {
    let start = format!("pub struct {name}<'a>");
    part(text, &start, "    pub struct ")
}

/// A struct of the types.
#[track_caller]
fn structure<'a>(text: &'a str, name: &str) -> &'a str {
    let types = part(text, "pub mod types {", "no end");
    part(types, &format!("pub struct {name} {{"), "\n    }")
}

/// Every line stands in the text, spaces aside.
#[track_caller]
fn has(text: &str, lines: &[&str]) {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    // prettyplease ends the last argument with a comma where it breaks lines.
    let plain = |text: &str| {
        dense(text)
            .replace(",)", ")")
            .replace(",>", ">")
            .replace(",]", "]")
            .replace(",}", "}")
    };
    for line in lines {
        assert!(
            plain(text).contains(&plain(line)),
            "`{line}` isn't in\n{text}"
        );
    }
}

mod setters {
    use super::*;

    #[test]
    fn a_property_of_the_body_is_set_on_the_builder() {
        has(
            builder(&text(), "CreateThing"),
            &[
                "pub fn name(mut self, name: impl Into<String>) -> Self { self.name = Some(name.into()); self }",
                "pub fn id(mut self, id: impl Into<crate::Id>) -> Self",
                "pub fn count(mut self, count: impl Into<i64>) -> Self",
                "pub fn price(mut self, price: impl Into<f64>) -> Self",
                "pub fn open(mut self, open: impl Into<bool>) -> Self",
                "pub fn password(mut self, password: impl Into<crate::Secret>) -> Self",
                "pub fn state(mut self, state: impl Into<types::State>) -> Self",
                "pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
                    self.tags = Some(tags.into_iter().map(Into::into).collect()); self }",
                "pub fn labels(mut self, labels: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
                    self.labels = Some(labels.into_iter().map(|(k, v)| (k.into(), v.into())).collect()); self }",
                "pub fn extra(mut self, extra: impl IntoIterator<Item = (impl Into<String>, impl Into<serde_json::Value>)>) -> Self",
            ],
        );
    }

    #[test]
    fn parameters_of_path_query_and_header_are_set_and_sent() {
        has(
            builder(&text(), "GetShelf"),
            &[
                "pub fn shelf_id(mut self, shelf_id: impl Into<i64>) -> Self",
                "pub fn type_(mut self, type_: impl Into<String>) -> Self",
                "pub fn sort_by(mut self, sort_by: impl Into<types::GetShelfSortBy>) -> Self",
                r#"let shelf_id = call.path_value("shelfId", shelf_id)?;"#,
                r#"let type_ = call.path_value("type", type_)?;"#,
                r#"let page = call.required("page", page)?;"#,
                r#"let x_turn = call.required("X-Turn", x_turn)?;"#,
                r#"let url = call.url(&format!("/shelves/{}/{}", shelf_id, type_));"#,
                r#".query(&progenitor_client::QueryParam::new("sortBy", &sort_by))"#,
                r#"let request = request.header("X-Turn", x_turn.to_string());"#,
                r#"let request = match x_trace {
                    Some(value) => request.header("X-Trace", value.to_string()),
                    None => request,
                };"#,
                "call.prepared(request)",
            ],
        );
    }

    #[test]
    fn the_documentation_says_what_is_required() {
        has(
            builder(&text(), "CreateThing"),
            &[
                "/// Its name. /// /// Required. pub fn name",
                "/// How many. pub fn count",
            ],
        );
    }

    #[test]
    fn setters_stand_in_the_order_of_the_spec() {
        let text = text();
        let places: Vec<_> = [
            "name", "id", "count", "price", "open", "password", "state", "url",
        ]
        .iter()
        .map(|name| builder(&text, "CreateThing").find(&format!("pub fn {name}(")))
        .collect();
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{places:?}"
        );
    }

    #[test]
    fn what_is_required_is_checked_before_anything_is_sent() {
        has(
            builder(&text(), "CreateThing"),
            &[r#"let body = types::CreateThingBody {
                name: _call.required("name", name)?,
                id,
                count,
                price,
                open,
                password: _call.required("password", password)?,
                state,
                tags: _call.required("tags", tags)?,
                labels,
                extra,
                call,
                url,
            };"#],
        );
    }

    #[test]
    fn variables_of_the_generated_code_hide_no_parameter() {
        let spec = SPEC
            .replace("name: sortBy", "name: url")
            .replace("name: page", "name: request");
        let tree = made(&spec).expect("parameters of any name");
        has(
            builder(&prettyplease::unparse(&tree), "GetShelf"),
            &[
                "let _url = call.url(",
                "let _request = call.http().get(_url)",
                r#"QueryParam::new("url", &url)"#,
                r#"QueryParam::new("request", &request)"#,
                "call.prepared(_request)",
            ],
        );
    }

    #[test]
    fn the_whole_body_can_be_given_at_once() {
        has(
            builder(&text(), "SetThings"),
            &["pub fn body(mut self, body: types::Settings) -> Self {
                self.changes = Some(body.changes); self.more = body.more; self }"],
        );
    }

    #[test]
    fn a_body_that_is_a_list_is_set_by_its_items() {
        let text = text();
        let put = builder(&text, "PutThings");
        has(
            put,
            &[
                "/// The items that the body holds. /// /// Required. pub fn items(mut self, items: impl IntoIterator<Item = impl Into<types::Thing>>) -> Self",
                r#"let items = call.required("items", items)?; call.some("items", &items)?; let body = items;"#,
                ".json(&body)",
            ],
        );
        for other in ["pub fn state(", "pub fn body("] {
            assert!(!put.contains(other), "{other}");
        }
    }
}

mod calls {
    use super::*;

    #[test]
    fn a_builder_can_be_awaited_or_sent() {
        has(
            builder(&text(), "OldThings"),
            &[
                "pub async fn send(self) -> Result<Response<Vec<types::Thing>>, Error>",
                "impl<'a> IntoFuture for OldThings<'a> {
                    type Output = Result<Vec<types::Thing>, Error>;",
            ],
        );
        has(
            builder(&text(), "Move"),
            &["pub async fn send(self) -> Result<Response<()>, Error>"],
        );
    }

    #[test]
    fn a_request_is_progenitors_without_its_headers_and_unbuilt() {
        let text = text();
        has(
            builder(&text, "SetThings"),
            &[
                r#"let url = call.url("/things/settings");"#,
                "let request = call.http().post(url).form(&body);",
            ],
        );
        let builders = part(&text, "pub mod builder {", "pub mod types {");
        for gone in [
            "build()",
            "header_map",
            "form_urlencoded",
            ".exec(",
            ".pre(",
        ] {
            assert!(!builders.contains(gone), "{gone}");
        }
    }

    #[test]
    fn an_operation_is_a_method_of_the_client_with_its_documentation() {
        has(
            &text(),
            &[
                "/// Create a thing. /// /// Creates a thing. /// /// `POST /things`. Repeating it does no harm, so it is retried after a transient failure. ///",
                "pub fn create_thing(&self) -> builder::CreateThing<'_> { builder::CreateThing::new(self) }",
                "/// Set things. /// /// Sets things. /// /// `POST /things/settings`. It is sent again only if it never left.",
                "/// The call that [`Client::create_thing`](super::Client::create_thing) makes.",
            ],
        );
    }

    #[test]
    fn the_example_of_a_call_sets_what_a_literal_can_express() {
        let text = text();
        let example = part(
            &text,
            "/// let reply = client\n    ///     .create_thing()",
            "/// #     println",
        );
        has(
            example,
            &[r#"
                /// let reply = client
                ///     .create_thing()
                ///     .name("a \"thing\"")
                ///     .id(7)
                ///     .price(3.0)
                ///     .open(true)
                ///     .password("p")
                ///     .state("up")
                ///     .tags(["a", "b"])
                ///     .labels([("a", "b")])
                ///     .await?;"#],
        );
        has(
            &text,
            &[".shelf_id(5000000000_i64)", "/// client.move_().await?;"],
        );
    }

    #[test]
    fn a_deprecated_operation_is_deprecated_in_rust() {
        let text = text();
        has(&text, &["#[deprecated] pub fn old_things(&self)"]);
        assert_eq!(text.matches("#[deprecated]").count(), 1);
    }

    #[test]
    fn a_method_whose_name_is_a_word_of_rust_ends_in_a_line() {
        has(
            &text(),
            &["pub fn move_(&self) -> builder::Move<'_>", r#"id: "move","#],
        );
    }

    #[test]
    fn the_table_has_every_operation_in_order() {
        let spec = SPEC.replace(
            "paths:",
            "x-envelope: {field: error, success: 0, message: text, payload: data, details: [info]}\npaths:",
        );
        // Only the table is of interest: replies of an envelope would need one.
        let spec = spec
            .replace("schema: {$ref: '#/components/schemas/shelf'}", "schema: {properties: {error: {type: integer}, data: {$ref: '#/components/schemas/shelf'}}}")
            .replace("'201': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}", "'201': {description: d}")
            .replace("'200': {description: d, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}}", "'200': {description: d}")
            .replace("x-idempotent: true", "x-idempotent: true\n      x-envelope: {results: {minimum: 0, maximum: 9}}");
        let tree = made(&spec).expect("an enveloped API");
        let text = prettyplease::unparse(&tree);
        has(
            &text,
            &[
                "pub const OPERATIONS: &[crate::Operation] = &[
                    operations::GET_SHELF, operations::CREATE_THING, operations::SET_THINGS,
                    operations::OLD_THINGS, operations::PUT_THINGS, operations::MOVE];",
                r#"pub(crate) const GET_SHELF: Operation = Operation {
                    id: "getShelf", name: "things.getShelf", method: "GET",
                    path: "/shelves/{shelfId}/{type}", idempotent: true, authorized: true,
                    envelope: Some(crate::Envelope {
                        field: "error", success: "0", message: "text", payload: Some("data"),
                        details: &["info"], results: None, codes: &[], bare_text: None, }), timeout: None, secrets: &["token", "tokens"], };"#,
                "results: Some((0i64, 9i64))",
                r#"id: "setThings", name: "things.setThings", method: "POST", path: "/things/settings", idempotent: false,"#,
            ],
        );
    }

    #[test]
    fn without_an_envelope_the_table_has_none() {
        let text = text();
        let table = part(&text, "mod operations {", "pub mod builder");
        assert_eq!(table.matches("envelope: None").count(), 6);
    }

    #[test]
    fn every_operation_can_be_called_by_its_id() {
        has(
            &text(),
            &[
                r#""getShelf" => { #[allow(unused_mut)] let mut call = self.get_shelf();
                    call.shelf_id = parameters.take("shelfId")?;
                    call.type_ = parameters.take("type")?;
                    call.sort_by = parameters.take("sortBy")?;
                    call.page = parameters.take("page")?;
                    call.x_trace = parameters.take("X-Trace")?;
                    call.x_turn = parameters.take("X-Turn")?;
                    parameters.finish()?;
                    crate::mock::Payload::of(call.send().await?) }"#,
                r#""putThings" => { #[allow(unused_mut)] let mut call = self.put_things();
                    call.items = parameters.take("items")?;"#,
            ],
        );
    }

    #[test]
    fn the_only_constructors_are_the_ones_that_check() {
        let text = text();
        let (clients, _) = text.split_once("pub mod types {").unwrap_or_default();
        assert!(!clients.contains("pub fn new"), "{clients}");
        has(
            &text,
            &[
                "pub struct Client { core: crate::transport::Core<Credentials>, }",
                "pub fn builder(credentials: Credentials) -> crate::ClientBuilder<Credentials>",
                "pub fn from_env() -> Result<Self, crate::Error>",
            ],
        );
    }

    #[test]
    fn the_client_is_introduced_by_the_spec() {
        has(
            &text(),
            &[
                "/// A client of the Things API; clones share one connection pool. /// /// All about things, see <https://example.com/things>.",
            ],
        );
    }
}

mod types {
    use super::*;

    fn structs() -> Vec<ItemStruct> {
        let tree = made(SPEC).expect("the client");
        let types = tree.items.into_iter().find_map(|item| match item {
            Item::Mod(module) if module.ident == "types" => module.content,
            _ => None,
        });
        let items = types.map(|(_, items)| items).unwrap_or_default();
        let structs = items.into_iter().filter_map(|item| match item {
            Item::Struct(item) => Some(item),
            _ => None,
        });
        structs.collect()
    }

    #[test]
    fn every_field_is_documented() {
        let structs = structs();
        assert_eq!(structs.len(), 5);
        for item in structs {
            for field in &item.fields {
                let name = format!("{}.{}", item.ident, field.ident.to_token_stream());
                let mut attrs = field.attrs.iter();
                let documented = attrs.any(|attr| attr.path().is_ident("doc"));
                assert!(documented, "{name}");
            }
        }
    }

    #[test]
    fn what_is_read_is_read_leniently_field_by_field() {
        has(
            &text(),
            &[
                r#"crate::structure::lenient! { Shelf { "zone" => zone, "maker" => maker : required, "things" => things,
                    "note" => note : base64, "token" => token, "tokens" => tokens, "madeOn" => made_on,
                    "type" => type_, "any" => any, "secretary" => secretary } }"#,
            ],
        );
    }

    #[test]
    fn what_is_nothing_but_a_body_is_never_read() {
        let read = |tree: &syn::File| -> Vec<String> {
            let text = prettyplease::unparse(tree);
            let readers = text.split("crate::structure::lenient! {").skip(1);
            let names = readers.filter_map(|reader| reader.split_whitespace().next());
            names.map(str::to_owned).collect()
        };
        let tree = made(SPEC).expect("the client");
        assert_eq!(read(&tree), ["SecretPerson", "Shelf", "Thing"]);
        for item in structs() {
            let derives = derives(&item);
            assert!(derives.contains("serde :: Serialize"), "{derives}");
            assert!(!derives.contains("Deserialize"), "{derives}");
        }
        // What a reply has as well is read.
        let replied = "'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Settings'}}}}";
        let spec = SPEC.replacen("'204': {description: d}", replied, 1);
        let tree = made(&spec).expect("a body that is a reply too");
        assert_eq!(read(&tree), ["SecretPerson", "Settings", "Shelf", "Thing"]);
    }

    fn derives(item: &ItemStruct) -> String {
        let derives = item.attrs.iter().filter(|a| a.path().is_ident("derive"));
        derives.map(|a| a.to_token_stream().to_string()).collect()
    }

    #[test]
    fn an_object_that_a_bare_list_stands_in_for_names_its_list() {
        let either = "schema: {oneOf: [{$ref: '#/components/schemas/shelf'}, {type: array, items: {$ref: '#/components/schemas/Thing'}}]}";
        let spec = SPEC.replace("schema: {$ref: '#/components/schemas/shelf'}", either);
        let tree = made(&spec).expect("a list or its object");
        has(
            &prettyplease::unparse(&tree),
            &[r#"lenient! { Shelf = "things" {"#],
        );
    }

    #[test]
    fn fields_stand_in_the_order_of_the_spec() {
        let shelf = structs().into_iter().find(|item| item.ident == "Shelf");
        let names: Vec<String> = shelf
            .iter()
            .flat_map(|item| &item.fields)
            .map(|field| field.ident.to_token_stream().to_string())
            .collect();
        assert_eq!(
            names,
            [
                "zone",
                "maker",
                "things",
                "note",
                "token",
                "tokens",
                "made_on",
                "type_",
                "any",
                "secretary"
            ]
        );
    }

    #[test]
    fn a_name_that_rust_writes_differently_is_renamed() {
        has(
            structure(&text(), "Shelf"),
            &[r#"rename = "madeOn","#, r#"rename = "type","#],
        );
    }

    #[test]
    fn all_types_may_grow() {
        let open = |item: &&ItemStruct| {
            let mut attrs = item.attrs.iter();
            attrs.any(|a| a.path().is_ident("non_exhaustive"))
        };
        let structs = structs();
        assert!(!structs.is_empty());
        assert_eq!(structs.iter().filter(open).count(), structs.len());
    }

    #[test]
    fn secrets_are_a_type_of_their_own() {
        let text = text();
        has(
            structure(&text, "Shelf"),
            &[
                "pub token: Option<crate::Secret>",
                "pub tokens: Vec<crate::Secret>",
            ],
        );
        has(
            structure(&text, "CreateThingBody"),
            &["pub password: crate::Secret"],
        );
    }

    #[test]
    fn base64_is_text_with_a_conversion() {
        has(
            structure(&text(), "Shelf"),
            &[r#"serialize_with = "crate::wire::base64_text" )] pub note: Option<String>"#],
        );
    }

    #[test]
    fn a_field_of_a_form_goes_out_as_json_text() {
        let text = text();
        has(
            structure(&text, "Settings"),
            &[
                r#"serialize_with = "crate::wire::json_text" )] pub changes: std::collections::BTreeMap<String, i64>"#,
            ],
        );
        assert_eq!(text.matches("crate::wire::json_text").count(), 1);
    }

    #[test]
    fn what_a_reply_must_have_is_checked_and_documented() {
        let spec = SPEC.replace(
            "      description: A shelf.\n      required: [maker]\n",
            "      description: A shelf.\n      minProperties: 1\n      required: [things]\n",
        );
        let text = prettyplease::unparse(&made(&spec).expect("a spec with marks"));
        has(
            &text,
            &[
                r#"lenient! { Shelf may_be_empty = false { "zone" => zone,"#,
                r#""things" => things : required,"#,
                "/// A shelf. /// /// A reply that has none of these properties is an error. #[derive(",
                "/// What is on it. /// /// A reply without it is an error. pub things: Vec<Thing>,",
            ],
        );
        assert!(
            structure(&text, "Shelf").contains("zone") && text.contains("Clone, Debug, Default)]"),
            "{text}"
        );
        // What is sent as well must be there to be sent.
        assert!(
            !structure(&text, "Settings").contains("is an error"),
            "{text}"
        );
    }

    #[test]
    fn what_must_come_and_may_be_null_is_optional_and_sent_as_null() {
        has(
            structure(&text(), "Shelf"),
            &["/// Who made it. /// /// A reply without it is an error. pub maker: Option<String>"],
        );
    }

    #[test]
    fn an_object_of_anything_is_a_map() {
        has(
            structure(&text(), "Shelf"),
            &[
                r#"#[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")] pub any: std::collections::BTreeMap<String, serde_json::Value>"#,
            ],
        );
    }

    #[test]
    fn an_enum_keeps_values_that_nobody_listed() {
        has(
            &text(),
            &[
                "pub enum State {
                    /// `up`
                    Up,
                    /// `not-found`
                    NotFound,
                    /// `404`
                    X404,
                    /// A value that this version of the crate doesn't know, as it was sent.
                    Unknown(String), }",
                r#"crate::wire::open_enum! { State { "up" => Up, "not-found" => NotFound, "404" => X404 } }"#,
            ],
        );
    }

    #[test]
    fn a_value_called_unknown_is_what_the_case_of_that_name_is_for() {
        has(
            &text(),
            &["/// What it does. /// /// The value `unknown` comes as `Unknown`. #[derive("],
        );
    }
}

mod refusals {
    use super::*;

    #[track_caller]
    fn refused(spec: &str) -> String {
        match made(spec) {
            Ok(_) => panic!("this should be refused"),
            Err(error) => error,
        }
    }

    #[track_caller]
    fn replaced(old: &str, new: &str) -> String {
        assert!(SPEC.contains(old), "{old}");
        refused(&SPEC.replace(old, new))
    }

    #[test]
    fn parameters_that_one_setter_would_set() {
        let both = SPEC
            .replace("/things/settings:", "/things/{more}/settings:")
            .replace(
                "operationId: setThings",
                "operationId: setThings\n      parameters: [{name: more, in: path, required: true, description: d, schema: {type: string}}]",
            );
        assert_eq!(
            refused(&both),
            "setThings: its parameters `more` (path) and `more` (body) would both be set by `more`; \
             codegen/dress/setters.rs must learn to tell them apart"
        );
        let error = replaced("name: sortBy", "name: Page");
        assert!(error.contains("would both be set by `page`"), "{error}");
    }

    #[test]
    fn parameters_of_one_name_of_which_progenitor_keeps_one() {
        assert!(
            replaced("name: sortBy, in: query", "name: page, in: header")
                .contains("would both be set by `page`")
        );
    }

    #[test]
    fn parameters_that_a_method_of_every_builder_would_set() {
        for name in ["client", "body", "send", "stream", "new", "intoFuture"] {
            for place in ["sortBy, in: query", "X-Trace, in: header"] {
                let (old, rest) = place.split_once(',').unwrap_or_default();
                let error = replaced(
                    &format!("name: {old},{rest}"),
                    &format!("name: {name},{rest}"),
                );
                assert!(error.contains("which every builder has"), "{name}: {error}");
            }
            let error = replaced("more: {type: string", &format!("{name}: {{type: string"));
            assert!(
                error.starts_with(&format!(
                    "setThings: its parameter `{name}` would be set by"
                )),
                "{error}"
            );
        }
    }

    #[test]
    fn operations_whose_method_every_client_has() {
        for name in ["builder", "fromEnv", "request", "call"] {
            let error = replaced("operationId: oldThings", &format!("operationId: {name}"));
            assert!(error.contains("which every client has"), "{error}");
        }
        for name in ["error", "response", "untyped"] {
            let error = replaced("operationId: oldThings", &format!("operationId: {name}"));
            assert!(error.contains("rename the operation"), "{error}");
        }
    }

    #[test]
    fn types_that_would_hide_those_of_rust() {
        for name in ["Option", "Result", "String", "Vec"] {
            let error = refused(&SPEC.replace("SecretPerson", name));
            assert_eq!(
                error,
                format!("the type `{name}` would hide Rust's own: rename its schema")
            );
        }
    }

    #[test]
    fn base64_where_its_conversion_does_not_reach() {
        let error = replaced("required: [maker]", "required: [maker, note]");
        assert_eq!(
            error,
            "`Shelf.note` is base64, and its conversion takes one optional text only"
        );
        let list = replaced(
            "{type: string, format: byte,",
            "{type: array, items: {type: string, format: byte},",
        );
        assert!(list.contains("one optional text only"), "{list}");
    }

    #[test]
    fn a_secret_in_a_parameter_is_not_one_in_a_field() {
        let error = replaced(
            "schema: {type: string, enum: [name, age]}",
            "schema: {type: string, format: password}",
        );
        assert!(error.contains("`format: password`"), "{error}");
    }

    #[test]
    fn choices_that_have_no_plain_type() {
        let either = "properties: {either: {description: d, oneOf: [{type: integer}, {type: boolean}]}, name:";
        let error = replaced("properties: {name:", either);
        assert!(error.contains("an enum with contents"), "{error}");
    }

    #[test]
    fn what_has_no_documentation() {
        let field = replaced(
            "{type: string, description: Where it stands.}",
            "{type: string}",
        );
        assert_eq!(field, "`Shelf.zone` has no documentation");
    }
}

/// Trees that progenitor didn't make: a later version might.
mod unknown_trees {
    use super::*;

    fn dressed(tree: &str, change: impl FnOnce(&mut Lowered)) -> Result<syn::File, String> {
        let mut lowered = lowered(SPEC)?;
        change(&mut lowered);
        let tree = syn::parse_file(tree).map_err(|e| format!("the test's tree: {e}"))?;
        dress(tree, &lowered)
    }

    fn tree() -> String {
        let tree = lowered(SPEC).and_then(|lowered| progenitor(&lowered));
        tree.map_or_else(|error| error, |tree| prettyplease::unparse(&tree))
    }

    /// The objection to progenitor's tree with every `old` replaced.
    #[track_caller]
    fn mangled(old: &str, new: &str) -> String {
        let tree = tree();
        assert!(tree.contains(old), "`{old}` isn't in\n{tree}");
        match dressed(&tree.replace(old, new), |_| ()) {
            Ok(_) => panic!("this should be refused"),
            Err(error) => error,
        }
    }

    #[test]
    fn what_progenitor_makes_is_known() {
        assert!(dressed(&tree(), |_| ()).is_ok());
    }

    #[test]
    fn a_module_is_missing() {
        assert_eq!(
            mangled("pub mod types {", "pub mod kinds {"),
            "progenitor made no module `types`"
        );
        assert_eq!(
            mangled("\npub mod builder {", "\npub mod builders {"),
            "progenitor made no module `builder`"
        );
        assert_eq!(
            dressed("", |_| ()).err().as_deref(),
            Some("progenitor made no module `types`")
        );
        let empty = dressed("mod types; mod builder;", |lowered| {
            (lowered.secrets, lowered.base64) = (0, 0);
            lowered.json_text.clear();
        });
        assert_eq!(
            empty.err().as_deref(),
            Some("getShelf: progenitor made no builder `GetShelf`")
        );
    }

    #[test]
    fn a_builder_or_its_send_is_missing() {
        assert_eq!(
            mangled("CreateThing<'a>", "MakeThing<'a>"),
            "createThing: progenitor made no builder `CreateThing`"
        );
        assert_eq!(
            mangled("pub async fn send(", "pub async fn fire("),
            "getShelf: progenitor made no builder `GetShelf`"
        );
    }

    #[test]
    fn send_gives_something_else() {
        let error = "progenitor's send returns no ResponseValue";
        assert_eq!(
            mangled("ResponseValue<types::Shelf>", "Reply<types::Shelf>"),
            format!("getShelf: {error}")
        );
        assert_eq!(
            mangled(
                "Result<ResponseValue<types::Shelf>, Error<()>>",
                "types::Shelf"
            ),
            format!("getShelf: {error}")
        );
        assert_eq!(
            mangled(
                "pub async fn send(self) -> Result<ResponseValue<types::Shelf>, Error<()>>",
                "pub async fn send(self)"
            ),
            "getShelf: progenitor's send returns nothing"
        );
    }

    #[test]
    fn the_url_is_made_in_another_way() {
        let base = "client.baseurl";
        for (old, new, error) in [
            (
                "let url = ",
                "let link = ",
                "progenitor's send has no `let url`",
            ),
            (
                "let url = format!(",
                "let url = make(",
                "progenitor's URL is no format!",
            ),
            (
                base,
                "base",
                "progenitor's URL doesn't begin with the base URL",
            ),
            (
                "encode_path(& shelf_id.to_string())",
                "shelf_id",
                "progenitor's URL holds something other than an encoded path value",
            ),
            (
                "encode_path(& shelf_id.to_string())",
                "escape(& shelf_id.to_string())",
                "progenitor's URL holds something other than an encoded path value",
            ),
            (
                "encode_path(& shelf_id.to_string())",
                "encode_path(& page.to_string())",
                "`page`, in progenitor's URL, is not in the path",
            ),
        ] {
            assert_eq!(mangled(old, new), format!("getShelf: {error}"), "{old}");
        }
        // Nothing at all to format.
        let tree = tree();
        let from = tree.find("format!(\n").unwrap_or_default();
        let to = tree[from..].find(");").map_or(0, |at| from + at);
        let none = format!("{}format!({}", &tree[..from], &tree[to..]);
        assert_eq!(
            dressed(&none, |_| ()).err().as_deref(),
            Some("getShelf: progenitor's URL has no format")
        );
    }

    #[test]
    fn the_request_is_made_in_another_way() {
        for (old, new, error) in [
            (
                "let mut request =",
                "let mut message =",
                "progenitor's send has no `let request`",
            ),
            (
                ".build()?;",
                ".build();",
                "progenitor's request isn't built",
            ),
            (
                ".headers(header_map)",
                "",
                "progenitor's request is built in a way that dress doesn't know",
            ),
            (
                ".headers(header_map)",
                ".headers(header_map).headers(more)",
                "progenitor's request is built in a way that dress doesn't know",
            ),
            (
                ".build()?;",
                ".finish()?;",
                "progenitor's request is built in a way that dress doesn't know",
            ),
            (
                "let mut request = client\n                .client",
                "let mut request = client\n                .http",
                "progenitor's request is built in a way that dress doesn't know",
            ),
        ] {
            assert_eq!(mangled(old, new), format!("getShelf: {error}"), "{old}");
        }
    }

    #[test]
    fn a_field_of_a_builder_is_something_else() {
        assert_eq!(
            mangled("shelf_id: Result<i64, String>", "shelf_id: Option<i64>"),
            "getShelf: progenitor's field `shelf_id` is no Result"
        );
        assert_eq!(
            mangled(
                "shelf_id: Result<i64, String>",
                "shelf: Result<i64, String>"
            ),
            "getShelf: progenitor's field `shelf` is no parameter"
        );
        assert_eq!(
            mangled("        shelf_id: Result<i64, String>,\n", ""),
            "getShelf: progenitor made nothing of its parameter `shelfId`"
        );
        assert_eq!(
            mangled("types::builder::Settings", "types::builder::Unsettled"),
            "setThings: its body `Unsettled` is no struct"
        );
    }

    #[test]
    fn typify_makes_something_else() {
        let first = "pub mod types {";
        let newtype = mangled(first, "pub mod types { pub struct Name(pub String);");
        assert!(
            newtype.contains("typify made `Name` a newtype"),
            "{newtype}"
        );
        let unit = mangled(first, "pub mod types { pub struct Name;");
        assert!(unit.contains("typify made `Name` a newtype"), "{unit}");
        let silent = mangled(first, "pub mod types { pub struct Name { /// d\na: i64 }");
        assert_eq!(silent, "`Name` has no documentation");
        let silent = mangled(first, "pub mod types { pub enum Name { A }");
        assert_eq!(silent, "`Name` has no documentation");
        let contents = mangled(
            first,
            "pub mod types { /// d\npub enum Name { Variant0(String) }",
        );
        assert!(
            contents.contains("typify made `Name` an enum with contents"),
            "{contents}"
        );
        for item in [
            "pub const A: i64 = 1;",
            "pub type Name = String;",
            "pub fn a() {}",
            "pub trait A {}",
        ] {
            let error = mangled(first, &format!("pub mod types {{ {item}"));
            assert!(
                error.starts_with("typify made an item that dress doesn't know"),
                "{error}"
            );
        }
        for (other, ident) in [("a.", "a"), (".a", "dot_a")] {
            let fields = format!("/// d\n{ident}: i64, /// d\n#[serde(rename = {other:?})] a: i64");
            let twice = mangled(
                first,
                &format!("pub mod types {{ /// d\npub struct Name {{ {fields} }}"),
            );
            assert!(
                twice.starts_with(&format!("`Name` has two fields `{ident}`")),
                "{twice}"
            );
        }
    }

    #[test]
    fn a_conversion_silently_did_nothing() {
        let plain = "::std::string::String";
        for (old, new, error) in [
            (
                "crate::Secret",
                plain,
                "the spec has 3 properties with `format: password`, and typify made 0 of them what they should be",
            ),
            (
                "crate::wire::Base64",
                plain,
                "the spec has 1 properties with `format: byte`, and typify made 0 of them what they should be",
            ),
            (
                "pub token: ::std::option::Option<crate::Secret>",
                "pub token: ::std::option::Option<String>",
                "the spec has 3 properties with `format: password`, and typify made 2 of them what they should be",
            ),
        ] {
            assert_eq!(mangled(old, new), error, "{old}");
        }
    }

    #[test]
    fn a_field_that_should_be_json_text_is_not_there() {
        let lost = dressed(&tree(), |lowered| {
            lowered
                .json_text
                .insert(("Settings".to_owned(), "lost".to_owned()));
        });
        assert_eq!(
            lost.err().as_deref(),
            Some(
                "the spec has 2 properties with `contentType: application/json`, and typify made 1 of them what they should be"
            )
        );
    }

    #[test]
    fn an_object_that_a_list_stands_in_for_is_not_there() {
        let lost = dressed(&tree(), |lowered| {
            lowered
                .lists
                .insert("Lost".to_owned(), "results".to_owned());
        });
        assert_eq!(
            lost.err().as_deref(),
            Some("typify made no `Lost`, which a bare list or text stands in for")
        );
    }

    #[test]
    fn a_generic_without_arguments_is_no_panic() {
        for odd in [
            "Vec<>",
            "Option<>",
            "Vec",
            "BTreeMap<String>",
            "Option<'a>",
            "&'a str",
            "()",
            "[u8; 2]",
        ] {
            let tree = tree().replace(
                "page: Result<i64, String>",
                &format!("page: Result<{odd}, String>"),
            );
            dressed(&tree, |_| ()).map(|_| ()).unwrap_or_default();
        }
    }
}

mod docs {
    use super::super::docs::{Example, attributes, literal, markdown};
    use super::*;

    #[test]
    fn markdown_is_what_rustdoc_takes() {
        for (given, expected) in [
            ("Plain text.", "Plain text."),
            ("  Trimmed. \n\n", "Trimmed."),
            ("A <name> and a [name].", "A \\<name> and a \\[name\\]."),
            ("a < b, List<String>", "a \\< b, List\\<String>"),
            ("See https://example.com/a.", "See <https://example.com/a>."),
            (
                "(http://example.com/a_(b)), and",
                "(<http://example.com/a_(b)>), and",
            ),
            ("**https://example.com**", "**<https://example.com>**"),
            (
                "\"https://example.com/?a=b&c\"",
                "\"<https://example.com/?a=b&c>\"",
            ),
            ("<https://example.com/>", "<https://example.com/>"),
            ("<https://example.com", "\\<<https://example.com>"),
            (
                "[a page](https://example.com/a b)",
                "\\[a page\\](<https://example.com/a> b)",
            ),
            (
                "[a long page](https://example.com)",
                "[a long page](https://example.com)",
            ),
            (
                "[a] (https://example.com)",
                "\\[a\\] (<https://example.com>)",
            ),
            (
                "already \\[escaped\\] and \\<so>",
                "already \\[escaped\\] and \\<so>",
            ),
            ("httpd and http", "httpd and http"),
            ("xhttps://example.com", "xhttps://example.com"),
            ("ends with \\", "ends with \\"),
            ("ä <ö> [ü]", "ä \\<ö> \\[ü\\]"),
            ("", ""),
        ] {
            assert_eq!(markdown(given), expected, "{given}");
        }
    }

    #[test]
    fn code_spans_stay_as_they_are() {
        for code in [
            "`<name>` and `a[0]` and `https://example.com`",
            "``a ` <b>`` and `c`",
            "a span that `begins here\nand <ends> there`",
            "| `a` | `<b>` |\n| --- | --- |\n| 1 | `x|y` |",
        ] {
            assert_eq!(markdown(code), code);
        }
        // A lone backtick begins nothing.
        assert_eq!(markdown("a ` <b>"), "a ` \\<b>");
        assert_eq!(markdown("`a`` <b>"), "`a`` \\<b>");
        assert_eq!(
            markdown("one ` here\n\n<b> ` there"),
            "one ` here\n\n\\<b> ` there"
        );
    }

    #[test]
    fn tables_keep_their_pipes() {
        assert_eq!(
            markdown("| a | b |\n| --- | --- |\n| <c> | https://d.e |"),
            "| a | b |\n| --- | --- |\n| \\<c> | <https://d.e> |"
        );
    }

    #[test]
    fn a_block_of_code_is_no_test_of_rust() {
        assert_eq!(
            markdown("A:\n\n```\n<a> [b]\n```\n<c>"),
            "A:\n\n```text\n<a> [b]\n```\n\\<c>"
        );
        assert_eq!(markdown("~~~\n```\n~~~\n<c>"), "~~~text\n```\n~~~\n\\<c>");
        assert_eq!(markdown("```json\n[1]\n```"), "```json\n[1]\n```");
        assert_eq!(
            markdown("- a\n\n  ```\n  [1]\n  ```"),
            "- a\n\n  ```text\n  [1]\n  ```"
        );
        // What comes after it would be code.
        assert_eq!(markdown("```\n[1]"), "```text\n[1]\n```");
    }

    #[test]
    fn documentation_is_an_attribute_a_line() {
        let item = syn::parse2::<ItemStruct>({
            let lines = attributes("One.\n\nTwo.");
            quote!(#lines pub struct A;)
        });
        let text = item.map(|item| prettyplease::unparse(&parse_quote!(#item)));
        assert_eq!(
            text.unwrap_or_default(),
            "/// One.\n///\n/// Two.\npub struct A;\n"
        );
    }

    #[test]
    fn an_example_is_a_literal_of_the_type_that_a_setter_takes() {
        let rows: [(&str, Type, Option<&str>); 38] = [
            ("a", parse_quote!(String), Some(r#""a""#)),
            (
                r#"'a "quoted" \ text'"#,
                parse_quote!(String),
                Some(r#""a \"quoted\" \\ text""#),
            ),
            (
                r#""two\nlines""#,
                parse_quote!(String),
                Some(r#""two\nlines""#),
            ),
            ("a", parse_quote!(crate::Secret), Some(r#""a""#)),
            ("up", parse_quote!(types::State), Some(r#""up""#)),
            ("a", parse_quote!(crate::Id), Some(r#""a""#)),
            ("7", parse_quote!(crate::Id), Some("7")),
            ("7", parse_quote!(i64), Some("7")),
            ("-7", parse_quote!(i64), Some("-7")),
            ("2147483647", parse_quote!(i64), Some("2147483647")),
            ("2147483648", parse_quote!(i64), Some("2147483648_i64")),
            ("-2147483649", parse_quote!(i64), Some("-2147483649_i64")),
            ("18446744073709551615", parse_quote!(i64), None),
            ("1.5", parse_quote!(i64), None),
            ("7", parse_quote!(String), None),
            ("a", parse_quote!(i64), None),
            ("3", parse_quote!(f64), Some("3.0")),
            ("5000000000", parse_quote!(f64), Some("5000000000.0")),
            ("0.25", parse_quote!(f64), Some("0.25")),
            (".inf", parse_quote!(f64), None),
            (".nan", parse_quote!(f64), None),
            ("true", parse_quote!(bool), Some("true")),
            ("1", parse_quote!(bool), None),
            ("null", parse_quote!(String), None),
            ("null", parse_quote!(serde_json::Value), None),
            ("[a, b]", parse_quote!(Vec<String>), Some(r#"["a", "b"]"#)),
            (
                "[1, 5000000000]",
                parse_quote!(Vec<i64>),
                Some("[1, 5000000000_i64]"),
            ),
            ("[1, 2.5]", parse_quote!(Vec<f64>), Some("[1.0, 2.5]")),
            ("[1, a]", parse_quote!(Vec<crate::Id>), None),
            ("[a, null]", parse_quote!(Vec<String>), None),
            ("[]", parse_quote!(Vec<String>), None),
            ("[[a]]", parse_quote!(Vec<Vec<String>>), None),
            ("a", parse_quote!(Vec<String>), None),
            (
                "{a: 1, b: 2}",
                parse_quote!(std::collections::BTreeMap<String, i64>),
                Some(r#"[("a", 1), ("b", 2)]"#),
            ),
            (
                "{a: 1, b: x}",
                parse_quote!(BTreeMap<String, serde_json::Value>),
                None,
            ),
            (
                "{a: {b: 1}}",
                parse_quote!(BTreeMap<String, BTreeMap<String, i64>>),
                None,
            ),
            ("{}", parse_quote!(BTreeMap<String, i64>), None),
            ("{a: 1}", parse_quote!(types::Thing), None),
        ];
        for (given, ty, expected) in rows {
            let value: serde_yaml::Value = serde_yaml::from_str(given).unwrap_or_default();
            let ty_text = ty.to_token_stream().to_string();
            assert_eq!(
                literal(&value, &ty).as_deref(),
                expected,
                "{given} as {ty_text}"
            );
        }
    }

    #[test]
    fn a_call_is_shown_on_one_line_if_it_fits() {
        let shown = |setters: &[(String, Option<String>)], unit| {
            let text = Example::new("things", "get_it", setters, unit).rustdoc();
            let visible = text.lines().skip(3).filter(|line| !line.starts_with('#'));
            let visible: Vec<&str> = visible.collect();
            visible.join("\n").trim_end_matches("\n```").to_owned()
        };
        let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(shown(&[], false), "let reply = client.get_it().await?;");
        assert_eq!(shown(&[], true), "client.get_it().await?;");
        assert_eq!(
            shown(&[set("a", "1"), ("b".to_owned(), None)], true),
            "client.get_it().a(1).await?;"
        );
        assert_eq!(
            shown(
                &[
                    set("first", "\"quite a long text for an argument\""),
                    set("second", "\"and another one\"")
                ],
                false
            ),
            "let reply = client\n    .get_it()\n    .first(\"quite a long text for an argument\")\n    .second(\"and another one\")\n    .await?;"
        );
    }

    #[test]
    fn a_program_is_what_the_example_in_rustdoc_compiles() {
        let long = [("first", 40), ("second", 40)];
        let long = long.map(|(name, width)| (name.to_owned(), Some("7".repeat(width))));
        for (setters, unit) in [(&[][..], false), (&[][..], true), (&long[..], false)] {
            let example = Example::new("things", "get_it", setters, unit);
            let rustdoc = example.rustdoc();
            let code = rustdoc.strip_prefix("# Example\n\n```no_run\n");
            let code = code.and_then(|code| code.strip_suffix("\n```"));
            let compiled = code.unwrap_or_default().lines().map(|line| {
                let shown = line.strip_prefix("# ").or_else(|| line.strip_prefix('#'));
                shown.unwrap_or(line).trim()
            });
            let program = example.program();
            let lines = program.lines().map(str::trim);
            assert_eq!(
                lines.collect::<Vec<_>>(),
                compiled.collect::<Vec<_>>(),
                "{rustdoc}"
            );
        }
    }

    #[test]
    fn a_program_is_whole_and_laid_out() {
        let setters = [("id".to_owned(), Some("7".to_owned()))];
        assert_eq!(
            Example::new("things", "get_it", &setters, false).program(),
            r#"use hosting_apis::{Error, things};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = things::Client::from_env()?;
    let reply = client.get_it().id(7).await?;
    println!("{reply:?}");
    Ok(())
}
"#
        );
    }
}
