//! Lists in pages, bodies of many items, ids in paths, and what types have besides their fields.

use super::*;

const MANY: &str = r#"
openapi: 3.0.3
info: {title: Things, version: '1'}
security: [{key: []}]
paths:
  /things:
    get:
      operationId: listThings
      summary: List things
      description: Lists things.
      x-pagination: {page: p, limit: perPage, items: all, total: count, next: next}
      parameters:
        - {name: p, in: query, description: The page., schema: {type: integer}}
        - {name: perPage, in: query, description: How many., schema: {type: integer}}
        - {name: name, in: query, description: Which., schema: {type: string}}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Page'}}}}
    post:
      operationId: createThings
      summary: Create things
      description: Creates things.
      requestBody:
        content:
          application/json:
            schema:
              oneOf:
                - $ref: '#/components/schemas/NewThing'
                - {type: array, items: {$ref: '#/components/schemas/NewThing'}}
            examples:
              one: {value: {name: a, tags: [x]}}
      responses:
        '200': {description: d, content: {application/json: {schema: {oneOf: [{oneOf: [{type: integer}, {type: string}]}, {type: array, items: {oneOf: [{type: integer}, {type: string}]}}]}}}}
    put:
      operationId: changeThings
      summary: Change things
      description: Changes things.
      requestBody:
        content:
          application/json:
            schema: {type: array, items: {$ref: '#/components/schemas/Change'}}
            example: [{id: 7, size: 1}, {id: 8}]
      responses:
        '204': {description: d}
  /things/{ids}/{name}:
    delete:
      operationId: deleteThings
      summary: Delete things
      description: Deletes things.
      parameters:
        - {name: ids, in: path, required: true, description: Which., schema: {type: array, items: {oneOf: [{type: integer}, {type: string}]}}, example: [7, 8]}
        - {name: name, in: path, required: true, description: Its name., schema: {type: string}}
        - {name: also, in: query, required: true, description: More of them., schema: {oneOf: [{oneOf: [{type: integer}, {type: string}]}, {type: array, items: {oneOf: [{type: integer}, {type: string}]}}]}}
      responses:
        '204': {description: d}
  /login:
    post:
      operationId: login
      summary: Log in
      description: Logs in.
      security: []
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [password]
              properties:
                password: {type: string, format: password, description: The password.}
                others: {type: array, items: {type: string, format: password}, description: Earlier ones.}
                person: {$ref: '#/components/schemas/SecretPerson'}
                old: {type: string, deprecated: true, description: Of old.}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Session'}}}}
  /names:
    put:
      operationId: putNames
      summary: Put names
      description: Puts names.
      requestBody: {content: {application/json: {schema: {type: array, items: {type: string}}}}}
      responses:
        '200': {description: d, content: {application/json: {schema: {nullable: true, type: array, items: {type: string}}}}}
  /both:
    put:
      operationId: putBoth
      summary: Put both
      description: Puts both.
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Both'}}}}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Both'}}}}
components:
  schemas:
    Page:
      type: object
      description: A page.
      properties:
        all: {type: array, items: {$ref: '#/components/schemas/Thing'}, description: The things.}
        count: {type: integer, description: How many.}
        next: {type: string, nullable: true, description: The next page.}
    Thing:
      type: object
      description: A thing.
      properties:
        place: {description: Where., oneOf: [{$ref: '#/components/schemas/Place'}, {type: string}]}
        .hidden: {type: string, description: Behind a dot.}
        hidden: {type: string, description: Without a dot.}
        old: {type: string, deprecated: true, description: Of old.}
        size: {description: Its size., allOf: [{$ref: '#/components/schemas/Size'}]}
        any: {description: Anything., oneOf: [{type: object}, {type: array, items: {}}]}
    Size: {description: A size., oneOf: [{type: integer}, {type: string}]}
    Place:
      type: object
      description: A place.
      properties: {name: {type: string, description: Its name.}}
    NewThing:
      type: object
      description: What to create.
      required: [name, tags, key]
      properties:
        name: {type: string, description: Its name.}
        tags: {type: array, items: {type: string}, description: Its tags.}
        more: {type: array, items: {type: string}, description: More tags.}
        key: {type: string, format: password, description: Opens it.}
        spare: {type: string, format: password, description: Opens it too.}
        keys: {type: array, items: {type: string, format: password}, description: And these.}
        size: {type: integer, description: Its size.}
    Change:
      type: object
      description: A change.
      required: [id]
      properties:
        id: {oneOf: [{type: integer}, {type: string}], description: Which.}
        size: {type: integer, description: Its size.}
    SecretPerson:
      type: object
      description: A person whose type is called like a secret.
      properties: {name: {type: string, description: The name.}}
      additionalProperties: true
    Session:
      type: object
      nullable: true
      description: A session.
      properties: {token: {type: string, format: password, description: The token.}}
    Both:
      type: object
      description: Sent and received.
      required: [must]
      properties:
        must: {type: array, items: {type: string}, description: Never left out.}
        may: {type: array, items: {type: string}, description: At times left out.}
"#;

fn text() -> String {
    match made(MANY) {
        Ok(tree) => prettyplease::unparse(&tree),
        Err(error) => panic!("{error}"),
    }
}

/// The objection to the spec with `old`, which must stand in it, replaced.
#[track_caller]
fn refused(old: &str, new: &str) -> String {
    assert!(MANY.contains(old), "{old}");
    match made(&MANY.replace(old, new)) {
        Ok(_) => panic!("this should be refused"),
        Err(error) => error,
    }
}

mod pages {
    use super::*;

    #[test]
    fn a_list_in_pages_is_a_stream_of_its_items() {
        let text = text();
        has(
            builder(&text, "ListThings"),
            &["pub fn stream(self) -> crate::Items<'a, types::Thing> {
                let name = operations::LIST_THINGS.name;
                crate::Items::new(name, \"p\", self.p, self.per_page, move |page| {
                    let call = self.clone().p(page);
                    Box::pin(async move {
                        let list = call.await?;
                        Ok(crate::pages::Page {
                            items: list.all, total: list.count, more: Some(list.next.is_some())
                        })
                    })
                })
            }"],
        );
        has(
            &text,
            &[
                "/// `GET /things`. Repeating it does no harm, so it is retried after a transient failure. `stream()` in place of `.await` gives the items of all pages.",
            ],
        );
        assert_eq!(text.matches("pub fn stream(").count(), 1);
        assert_eq!(text.matches("`stream()` in place").count(), 1);
    }

    #[test]
    fn what_the_spec_does_not_name_is_not_asked_for() {
        let spec = MANY.replace(
            ", limit: perPage, items: all, total: count, next: next",
            ", items: all",
        );
        let tree = made(&spec).expect("a list without a total");
        has(
            builder(&prettyplease::unparse(&tree), "ListThings"),
            &[
                "crate::Items::new(name, \"p\", self.p, None, move |page| {",
                "Ok(crate::pages::Page { items: list.all, total: None, more: None })",
            ],
        );
    }

    #[test]
    fn a_total_that_always_comes_is_one_too() {
        let spec = MANY.replace(
            "description: A page.",
            "description: A page.\n      required: [count, all]",
        );
        let tree = made(&spec).expect("a total that is required");
        has(
            builder(&prettyplease::unparse(&tree), "ListThings"),
            &["total: Some(list.count),"],
        );
    }

    #[test]
    fn names_of_something_else() {
        for (old, new, error) in [
            (
                "page: p,",
                "page: name,",
                "its x-pagination names `name`, which is no integer of its query",
            ),
            (
                "page: p,",
                "page: q,",
                "its x-pagination names `q`, which is no integer of its query",
            ),
            (
                "limit: perPage",
                "limit: name",
                "its x-pagination names `name`, which is no integer of its query",
            ),
            (
                "items: all",
                "items: count",
                "`count`, the items of its pages, is no list",
            ),
            (
                "items: all",
                "items: none",
                "its x-pagination names `none`, which is no property of its payload",
            ),
            (
                "total: count",
                "total: next",
                "`next`, the total of its pages, is no integer",
            ),
            (
                "next: next",
                "next: all",
                "`all`, which tells of a next page, is always there",
            ),
            (
                "schema: {$ref: '#/components/schemas/Page'}",
                "schema: {type: array, items: {$ref: '#/components/schemas/Page'}}",
                "its x-pagination needs a payload that is an object",
            ),
        ] {
            assert_eq!(refused(old, new), format!("listThings: {error}"), "{new}");
        }
    }
}

mod items {
    use super::*;

    #[test]
    fn a_body_of_one_or_many_is_set_either_way() {
        let text = text();
        has(
            builder(&text, "CreateThings"),
            &[
                "/// Its name. /// /// Required. pub fn name(",
                "/// Many items, which the body then holds as a list, in place of the one that the other setters make. pub fn items(mut self, items: impl IntoIterator<Item = impl Into<types::NewThing>>) -> Self {
                    self.items = Some(items.into_iter().map(Into::into).collect()); self }",
                "pub fn body(mut self, body: types::NewThing) -> Self",
                r#"let body = match items {
                    Some(items) => {
                        call.alone("items", &[("name", name.is_some()), ("tags", tags.is_some()),
                            ("more", more.is_some()), ("key", key.is_some()),
                            ("spare", spare.is_some()), ("keys", keys.is_some()),
                            ("size", size.is_some())])?;
                        call.some("items", &items)?;
                        crate::transport::Body::Many(items)
                    }
                    None => { crate::transport::Body::One(types::NewThing {
                        name: call.required("name", name)?, tags: call.required("tags", tags)?,
                        more, key: call.required("key", key)?, spare, keys, size
                    }) }
                };"#,
                ".json(&body)",
            ],
        );
        has(&text, &[r#"call.items = parameters.take("items")?;"#]);
    }

    #[test]
    fn the_example_makes_an_item_of_what_is_required() {
        has(
            &text(),
            &[".items([hosting_apis::things::types::Change::new(7)])"],
        );
        // Without what is required there is no item to show.
        let spec = MANY.replace(
            "example: [{id: 7, size: 1}, {id: 8}]",
            "example: [{size: 1}]",
        );
        let tree = made(&spec).expect("an item without its id");
        has(
            &prettyplease::unparse(&tree),
            &["/// client.change_things().await?;"],
        );
        let spec = MANY.replace(
            "description: A change.\n      required: [id]",
            "description: A change.",
        );
        let tree = made(&spec).expect("an item that requires nothing");
        has(
            &prettyplease::unparse(&tree),
            &[".items([hosting_apis::things::types::Change::default()])"],
        );
    }

    #[test]
    fn a_list_of_plain_values_is_set_as_a_whole() {
        has(
            builder(&text(), "PutNames"),
            &[
                "/// Sets `body`. /// /// Required. pub fn body(mut self, body: impl IntoIterator<Item = impl Into<String>>) -> Self",
                r#"let body = call.required("body", body)?;"#,
                ".json(&body)",
            ],
        );
    }

    #[test]
    fn a_property_that_has_the_name_of_the_items() {
        assert_eq!(
            refused("        more: {type: array", "        items: {type: array"),
            "createThings: its parameters `items` (body) and `items` (body) would both be set by \
             `items`; codegen/dress/setters.rs must learn to tell them apart"
        );
    }
}

mod secrets {
    use super::*;

    #[test]
    fn secrets_that_are_set_are_hidden() {
        has(
            builder(&text(), "Login"),
            &[
                "let call = client.core.call(&operations::LOGIN, call_options)
                .hiding(password.iter().map(Some))
                .hiding(others.iter().flat_map(|value| value.iter().map(Some)));",
            ],
        );
    }

    #[test]
    fn so_are_those_in_the_items_of_a_body() {
        has(
            builder(&text(), "CreateThings"),
            &[
                "let call = client.core.call(&operations::CREATE_THINGS, call_options)
                .hiding(key.iter().map(Some))
                .hiding(spare.iter().map(Some))
                .hiding(keys.iter().flat_map(|value| value.iter().map(Some)))
                .hiding(items.iter().flatten().flat_map(|item| [Some(&item.key)]))
                .hiding(items.iter().flatten().flat_map(|item| item.spare.iter().map(Some)))
                .hiding(items.iter().flatten().flat_map(|item| {
                    item.keys.iter().flat_map(|value| value.iter().map(Some))
                }));",
            ],
        );
    }

    #[test]
    fn without_one_nothing_is_hidden() {
        let text = text();
        for name in ["ListThings", "ChangeThings", "PutBoth"] {
            assert!(!builder(&text, name).contains("hiding"), "{name}");
        }
    }
}

mod paths {
    use super::*;

    #[test]
    fn ids_share_a_segment_of_the_path_and_nothing_else() {
        has(
            builder(&text(), "DeleteThings"),
            &[
                "pub fn ids(mut self, ids: impl Into<crate::Ids>) -> Self",
                r#"let ids = call.path_values("ids", ids)?;"#,
                r#"let name = call.path_value("name", name)?;"#,
                r#"let also = call.required("also", also)?;"#,
                r#"let url = call.url(&format!("/things/{}/{}", ids, name));"#,
                r#"QueryParam::new("also", &also)"#,
            ],
        );
        has(&text(), &[".ids([7, 8])"]);
    }
}

mod replies {
    use super::*;

    #[test]
    fn a_payload_that_may_be_null_is_an_option() {
        let text = text();
        for (name, payload) in [
            ("Login", "Option<types::Session>"),
            ("PutNames", "Option<Vec<String>>"),
            ("CreateThings", "crate::Ids"),
            ("PutBoth", "types::Both"),
        ] {
            has(
                builder(&text, name),
                &[
                    &format!("pub async fn send(self) -> Result<Response<{payload}>, Error>"),
                    &format!("type Output = Result<{payload}, Error>;"),
                ],
            );
        }
    }

    #[test]
    fn the_table_says_which_calls_carry_no_credentials() {
        let text = text();
        has(
            &text,
            &[
                r#"id: "login", name: "things.login", method: "POST", path: "/login", idempotent: false, authorized: false,"#,
            ],
        );
        assert_eq!(text.matches("authorized: true").count(), 6);
        assert_eq!(text.matches("authorized: false").count(), 1);
    }

    #[test]
    fn a_reply_can_be_read_by_the_id_of_its_operation() {
        has(
            &text(),
            &[
                r#""login" => { crate::mock::Payload::read::<Credentials, Option<types::Session>>(
                &operations::LOGIN, status, body) }"#,
            ],
        );
    }
}

mod types {
    use super::*;

    #[test]
    fn a_request_type_is_made_with_what_is_required() {
        let text = text();
        has(
            &text,
            &[
                "impl NewThing {
                    /// With what is required, and nothing else.
                    pub fn new(name: impl Into<String>, tags: impl IntoIterator<Item = impl Into<String>>, key: impl Into<crate::Secret>) -> Self {
                        Self {
                            name: name.into(),
                            tags: tags.into_iter().map(Into::into).collect(),
                            key: key.into(),
                            more: Default::default(),
                            spare: Default::default(),
                            keys: Default::default(),
                            size: Default::default(),
                        }
                    }",
                "impl Change {",
                "impl LoginBody {",
                "impl Both {",
            ],
        );
        // Of what is received, and of what requires nothing, there is no constructor.
        assert_eq!(text.matches("pub fn new(").count(), 4);
        assert_eq!(text.matches("too_many_arguments").count(), 0);
    }

    #[test]
    fn a_function_sets_each_other_property_of_what_stands_inside_of_a_body() {
        let text = text();
        has(
            &text,
            &[
                "/// Its size.
                pub fn size(mut self, size: impl Into<i64>) -> Self {
                    self.size = Some(size.into());
                    self
                }",
                "pub fn more(mut self, more: impl IntoIterator<Item = impl Into<String>>) -> Self {
                    self.more = Some(more.into_iter().map(Into::into).collect());
                    self
                }",
            ],
        );
        // The properties of a body itself are set on the call, and what is received isn't made.
        let login = part(&text, "impl LoginBody {", "\n    }\n");
        assert!(!login.contains("mut self"), "{login}");
        assert!(!text.contains("impl Page {"));
    }

    #[test]
    fn a_constructor_of_many_parameters_is_no_matter_for_clippy() {
        let names = |range: std::ops::Range<usize>| -> Vec<String> {
            range.map(|n| format!("p{n}")).collect()
        };
        for (count, allowed) in [(7, 0), (8, 1)] {
            let names = names(0..count);
            let properties = names
                .iter()
                .map(|n| format!("{n}: {{type: string, description: d}}"));
            let spec = MANY.replace(
                "required: [id]\n      properties:\n",
                &format!(
                    "required: [{}]\n      properties:\n        {}\n",
                    names.join(", "),
                    properties.collect::<Vec<_>>().join("\n        ")
                ),
            );
            let text = made(&spec).map(|tree| prettyplease::unparse(&tree));
            let text = text.expect("a type with many properties");
            assert_eq!(
                text.matches("clippy::too_many_arguments").count(),
                allowed,
                "{count}"
            );
        }
    }

    /// What is sent and received has its lists as they are, so that the builder fills them in.
    #[test]
    fn a_list_that_may_be_left_out_is_not_required() {
        has(
            builder(&text(), "PutBoth"),
            &[
                "/// Never left out. /// /// Required. pub fn must(",
                "/// At times left out. pub fn may(",
                r#"let body = types::Both {
                    must: call.required("must", must)?, may: may.unwrap_or_default() };"#,
                "self.must = Some(body.must); self.may = Some(body.may);",
            ],
        );
    }

    #[test]
    fn a_property_behind_a_dot_says_so() {
        has(
            structure(&text(), "Thing"),
            &[
                r#"skip_serializing_if = "Option::is_none", rename = ".hidden")] pub dot_hidden: Option<String>"#,
                r#"#[serde(skip_serializing_if = "Option::is_none")] pub hidden: Option<String>"#,
            ],
        );
        let both = MANY.replace(
            "  .hidden: {",
            "  dot_hidden: {type: string, description: d}\n        .hidden: {",
        );
        assert_eq!(
            made(&both).err().as_deref(),
            Some(
                "`Thing` has two fields `dot_hidden`, for `dot_hidden` and for `.hidden`: \
                 `readable` in codegen/dress/types.rs must learn to tell them apart"
            )
        );
    }

    /// Of a body, the setters have the names of the fields.
    #[test]
    fn a_dot_tells_setters_apart_too() {
        let spec = MANY.replace(
            "        more: {type: array",
            "        .name: {type: string, description: Behind a dot.}\n        .send: {type: string, description: Behind a dot.}\n        more: {type: array",
        );
        let text = made(&spec).map(|tree| prettyplease::unparse(&tree));
        has(
            builder(&text.expect("names with dots"), "CreateThings"),
            &["pub fn name(", "pub fn dot_name(", "pub fn dot_send("],
        );
        let error = refused(
            "        more: {type: array",
            "        .name: {type: string, description: d}\n        dotName: {type: string, description: d}\n        more: {type: array",
        );
        assert!(error.contains("two fields `dot_name`"), "{error}");
    }

    #[test]
    fn an_object_that_bare_text_stands_in_for_names_its_text() {
        has(&text(), &[r#"lenient! { Place ~ "name" {"#]);
    }

    #[test]
    fn types_of_the_crate_stand_in_for_their_shapes() {
        has(
            structure(&text(), "Thing"),
            &[
                "pub size: Option<crate::IntegerOrText>",
                "pub any: Option<crate::Json>",
                "pub place: Option<Place>",
            ],
        );
        has(structure(&text(), "Change"), &["pub id: crate::Id"]);
    }

    #[test]
    fn what_the_spec_does_not_name_is_kept_with_the_rest() {
        let text = text();
        has(
            part(&text, "    /// A person whose type is called like a secret.\n    #[derive", "\n    }"),
            &[
                "Default",
                "/// Properties that the spec doesn't name, as they came; they are sent as well.
                 #[serde(flatten)] pub extra: std::collections::BTreeMap<String, serde_json::Value>",
            ],
        );
        has(
            &text,
            &[r#"lenient! { SecretPerson { "name" => name, .. extra } }"#],
        );
        let open = MANY.replace(
            "      required: [must]",
            "      required: [must]\n      additionalProperties: true",
        );
        let open = prettyplease::unparse(&made(&open).expect("an open body"));
        has(
            builder(&open, "PutBoth"),
            &[
                "other: std::collections::BTreeMap<String, serde_json::Value>",
                "/// Adds a property that the spec doesn't name, as JSON.
                 pub fn other(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>,) -> Self {
                    self.other.insert(name.into(), value.into()); self }",
                "self.other = body.extra;",
                r#"call.others(&["must", "may"], other.keys())?;"#,
                "may: may.unwrap_or_default(), extra: other, };",
            ],
        );
        let twice = refused(
            "properties: {name: {type: string, description: The name.}}",
            "properties: {extra: {type: string, description: d}}",
        );
        assert!(
            twice.contains("two fields `extra`, for `extra` and for what the spec doesn't name"),
            "{twice}"
        );
    }

    #[test]
    fn what_the_spec_advises_against_is_deprecated_in_rust() {
        let text = text();
        has(
            structure(&text, "Thing"),
            &["/// Of old. #[deprecated] #[serde("],
        );
        has(
            structure(&text, "LoginBody"),
            &["/// Of old. #[deprecated] #[serde("],
        );
        has(builder(&text, "Login"), &["#[deprecated] pub fn old("]);
        assert_eq!(text.matches("#[deprecated]").count(), 3);
    }
}
