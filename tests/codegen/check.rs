//! What `source` and `check` promise: whoever makes a mistake in a spec reads where it is and what
//! to do. Each test makes one mistake in a valid spec and shows the whole message.

use insta::assert_snapshot;

use crate::codegen::check::check;
use crate::codegen::source::{Path, Source};

/// A small spec that nothing is wrong with.
const VALID: &str = r#"openapi: 3.0.3
info:
  title: Servers
  version: '1'
x-envelope:
  field: error
  success: 0
  details: [errorInfo]
security:
  - token: []
tags:
  - name: servers
    description: Virtual servers.
paths:
  /servers/{id}/:
    parameters:
      - $ref: '#/components/parameters/ServerId'
    post:
      operationId: renameServer
      summary: Rename a server
      description: Changes the name that the panel shows.
      tags: [servers]
      x-idempotent: true
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema:
              allOf:
                - $ref: '#/components/schemas/Credentials'
                - type: object
                  required: [name]
                  properties:
                    name:
                      type: string
                      description: The new name.
            example: {key: secret, name: web-1}
      responses:
        '200':
          $ref: '#/components/responses/Server'
  /servers/:
    get:
      operationId: listServers
      summary: List the servers
      description: Returns all servers, a page at a time.
      tags: [servers]
      x-pagination: {page: page, items: servers}
      parameters:
        - name: page
          in: query
          description: Number of the page, from 1.
          schema: {type: integer}
          example: 1
      responses:
        '200':
          description: The servers.
          content:
            application/json:
              schema:
                type: object
                required: [servers]
                properties:
                  servers:
                    type: array
                    description: The servers of this page.
                    items:
                      $ref: '#/components/schemas/Server'
              example:
                servers: [{id: 7, name: web-1, state: running}]
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
  parameters:
    ServerId:
      name: id
      in: path
      description: The server's number.
      required: true
      schema: {type: integer}
  responses:
    Server:
      description: The server.
      content:
        application/json:
          schema:
            $ref: '#/components/schemas/Server'
          example:
            id: 7
            name: web-1
            state: running
            parent: {id: 3, name: host}
  schemas:
    Credentials:
      type: object
      description: Goes with every call.
      x-credentials: true
      required: [key]
      properties:
        key: {type: string, description: The key of the account.}
    Server:
      type: object
      description: A server.
      properties:
        id:
          description: Its number; old servers have a text.
          oneOf: [{type: integer}, {type: string}]
        name: {type: string, description: Its name.}
        state:
          type: string
          description: What it does.
          enum: [running, stopped]
        parent:
          $ref: '#/components/schemas/Server'
"#;

/// What is printed about a spec; nothing if there are no findings.
fn findings(text: &str) -> String {
    let result = Source::read("specs/test.yaml", text).and_then(|source| check(&source));
    result.map_or_else(|findings| findings.to_string(), |()| String::new())
}

/// What is printed about the valid spec after each replacement. Every `old` must stand in it once.
fn broken<const N: usize>(replacements: [(&str, &str); N]) -> String {
    let mut text = VALID.to_owned();
    for (old, new) in replacements {
        assert_eq!(
            text.matches(old).count(),
            1,
            "{old:?} must stand in the spec once"
        );
        text = text.replace(old, new);
    }
    findings(&text)
}

#[test]
fn a_valid_spec_has_no_findings() {
    assert_eq!(findings(VALID), "");
}

#[test]
fn our_own_specs_have_no_findings() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/specs");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of the specs") {
        let path = entry.expect("an entry of the folder").path();
        let text = std::fs::read_to_string(&path).expect("a spec");
        assert_eq!(findings(&text), "", "{}", path.display());
        checked += 1;
    }
    assert!(checked > 0, "{folder} is empty");
}

#[test]
fn all_findings_come_at_once_in_the_order_of_the_file() {
    assert_snapshot!(broken([
        ("      operationId: renameServer\n", ""),
        ("      summary: List the servers", "      sumary: List the servers"),
        ("            state: running\n", "            state: walking\n"),
        ("title: Servers", "title: 7"),
    ]), @"
specs/test.yaml:3:3: info.title: [wrong-type] `title` is a whole number; it must be a text; quote it
specs/test.yaml:18:5: paths./servers/{id}/.post: [operation-id] an operation needs an `operationId`, the vendor's name of the call in camelCase; add it
specs/test.yaml:41:5: paths./servers/.get: [summary] an operation needs a `summary`, one line on what the call does; add it
specs/test.yaml:43:7: paths./servers/.get.sumary: [unknown-key] `sumary` is not a key of an Operation Object; did you mean `summary`?
specs/test.yaml:89:13: components.responses.Server.content.application/json.example.state: [example-mismatch] this is 'walking', which the schema's `enum` doesn't list: 'running', 'stopped'
");
}

mod source {
    use super::*;

    #[test]
    fn every_node_has_its_place() {
        let source = Source::read("x.yaml", VALID).expect("a valid spec");
        let path = Path::root().child("paths").child("/servers/").child("get");
        let place = |path: &Path| source.position(path).to_string();
        assert_eq!(place(&path), "42:5");
        assert_eq!(place(&path.child("operationId")), "43:7");
        assert_eq!(place(&path.child("parameters").child(0)), "49:11");
        assert_eq!(
            place(&path.child("parameters").child(0).child("in")),
            "50:11"
        );
        assert_eq!(place(&Path::root()), "1:1");
    }

    #[test]
    fn a_node_that_is_not_there_has_the_place_of_its_nearest_ancestor() {
        let source = Source::read("x.yaml", VALID).expect("a valid spec");
        let path = Path::root().child("info").child("license").child("name");
        assert_eq!(source.position(&path).to_string(), "2:1");
    }

    #[test]
    fn a_path_prints_keys_and_indexes() {
        let path = Path::root()
            .child("paths")
            .child("/start")
            .child("tags")
            .child(0);
        assert_eq!(path.to_string(), "paths./start.tags[0]");
        assert_eq!(Path::root().to_string(), "(document)");
    }

    #[test]
    fn columns_count_characters_and_a_byte_order_mark_is_none() {
        assert_snapshot!(findings("\u{feff}é: {ü: 1, ü: 2}"), @"specs/test.yaml:1:11: é.ü: [duplicate-key] `ü` stands here already, at specs/test.yaml:1:5; remove or rename one of the two");
    }

    #[test]
    fn broken_yaml_is_refused() {
        assert_snapshot!(broken([("  title: Servers", "  title: Servers: all")]), @"specs/test.yaml:3:17: info: [yaml] isn't valid YAML: mapping values are not allowed in this context; look at quotes, brackets and indentation here and above");
        assert_snapshot!(broken([("  title: Servers", "\ttitle: Servers")]), @"specs/test.yaml:3:2: info: [yaml] isn't valid YAML: tabs disallowed within this context (block indentation); look at quotes, brackets and indentation here and above");
        assert_snapshot!(broken([("tags: [servers]\n      x-idem", "tags: [servers\n      x-idem")]), @"specs/test.yaml:23:19: paths./servers/{id}/.post.tags: [yaml] isn't valid YAML: illegal placement of ':' indicator; look at quotes, brackets and indentation here and above");
        assert_snapshot!(findings("openapi: 3.0.3\ninfo: a\0b"), @"specs/test.yaml:2:8: (document): [yaml] the character U+0000 can't be in a spec; remove it");
        // By itself it ends a line for YAML, and for no editor.
        assert_snapshot!(findings("openapi: 3.0.3\r\ninfo: a\rb"), @"specs/test.yaml:2:8: (document): [yaml] the character U+000D can't be in a spec; remove it");
    }

    #[test]
    fn every_duplicate_key_is_refused_with_both_places() {
        assert_snapshot!(broken([
            ("  version: '1'", "  version: '1'\n  title: Other"),
            ("      summary: List", "      operationId: other\n      summary: List"),
        ]), @"
specs/test.yaml:5:3: info.title: [duplicate-key] `title` stands here already, at specs/test.yaml:3:3; remove or rename one of the two
specs/test.yaml:45:7: paths./servers/.get.operationId: [duplicate-key] `operationId` stands here already, at specs/test.yaml:44:7; remove or rename one of the two
");
    }

    #[test]
    fn a_duplicate_key_inside_free_json_is_refused_too() {
        assert_snapshot!(broken([("{id: 3, name: host}", "{id: 3, id: 4}")]), @"specs/test.yaml:91:29: components.responses.Server.content.application/json.example.parent.id: [duplicate-key] `id` stands here already, at specs/test.yaml:91:22; remove or rename one of the two");
    }

    #[test]
    fn a_key_that_is_not_text_is_refused() {
        assert_snapshot!(broken([("        '200':\n          $ref", "        200:\n          $ref")]), @"specs/test.yaml:39:9: paths./servers/{id}/.post.responses.200: [key-type] the key `200` is a number in YAML; quote it: '200'");
        assert_snapshot!(findings("{openapi: 3.0.3, true: 1, ~: 2, [a]: 3, ? {b: 1} : 4}"), @"
specs/test.yaml:1:18: true: [key-type] the key `true` is a boolean in YAML; quote it: 'true'
specs/test.yaml:1:27: ~: [key-type] the key `~` is empty (null) in YAML; quote it: '~'
specs/test.yaml:1:33: (document): [key-type] a key must be a text; this one is a list, a mapping or an alias
specs/test.yaml:1:43: (document): [key-type] a key must be a text; this one is a list, a mapping or an alias
");
    }

    #[test]
    fn what_makes_places_or_meaning_unclear_is_refused() {
        assert_snapshot!(findings("a: &x {b: 1}\nc: *x\nd: {<<: *x}\ne: !!int 1\n"), @"
specs/test.yaml:1:4: a: [yaml] an anchor (`&name`) is of no use in a spec; remove it
specs/test.yaml:2:4: c: [yaml] an alias (`*name`) makes places unclear; write the content out, or use `$ref`
specs/test.yaml:3:5: d: [yaml] a merge key (`<<`) makes places unclear; write the entries out, or use `allOf`
specs/test.yaml:3:9: d.<<: [yaml] an alias (`*name`) makes places unclear; write the content out, or use `$ref`
specs/test.yaml:4:4: e: [yaml] a tag (`!name`) has no meaning in a spec; remove it
");
        assert_snapshot!(findings("openapi: 3.0.3\n---\nopenapi: 3.0.3\n"), @"specs/test.yaml:2:1: (document): [yaml] a second document begins here; a file holds one spec");
    }

    #[test]
    fn a_file_that_holds_no_spec_is_refused() {
        assert_snapshot!(findings(""), @"specs/test.yaml:1:1: (document): [yaml] the file is empty; a spec begins with `openapi: 3.0.3`");
        assert_snapshot!(findings("# nothing yet\n"), @"specs/test.yaml:1:1: (document): [yaml] the file is empty; a spec begins with `openapi: 3.0.3`");
        assert_snapshot!(findings("- openapi\n"), @"specs/test.yaml:1:1: (document): [yaml] a spec is a mapping, with `openapi: 3.0.3` as its first key; this is something else");
        assert_snapshot!(findings("openapi"), @"specs/test.yaml:1:1: (document): [yaml] a spec is a mapping, with `openapi: 3.0.3` as its first key; this is something else");
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let lists = format!("a: {}", "[".repeat(10_000));
        assert_snapshot!(findings(&lists), @"specs/test.yaml:1:259: a: [yaml] isn't valid YAML: recursion limit exceeded; look at quotes, brackets and indentation here and above");
        let mappings: String = (0..10_000)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect();
        assert!(findings(&mappings).contains("nested deeper than 100 levels"));
        let items = "- ".repeat(10_000);
        assert!(findings(&items).contains("nested deeper than 100 levels"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        for at in (0..VALID.len())
            .filter(|at| VALID.is_char_boundary(*at))
            .step_by(31)
        {
            let (before, after) = VALID.split_at(at);
            for middle in [
                "", "\0", "\t", "\r\n", "\u{feff}", "\u{85}", "{", "]", ": ", "- ", "'", "&a ",
                "*a", "!", "%", "|",
            ] {
                findings(&format!("{before}{middle}{after}"));
            }
            findings(before);
            findings(after);
        }
    }

    #[test]
    fn line_ends_of_windows_change_nothing() {
        assert_eq!(findings(&VALID.replace('\n', "\r\n")), "");
    }
}

mod grammar {
    use super::*;

    #[test]
    fn unknown_key_names_the_nearest_one() {
        assert_snapshot!(broken([("required: [name]", "requried: [name]")]), @"specs/test.yaml:32:19: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded.schema.allOf[1].requried: [unknown-key] `requried` is not a key of a Schema Object; did you mean `required`?");
        assert_snapshot!(broken([("  title: Servers", "  title: Servers\n  colour: red")]), @"specs/test.yaml:4:3: info.colour: [unknown-key] `colour` is not a key of an Info Object; it knows `title`, `description`, `termsOfService`, `contact`, `license`, `version`");
        assert_snapshot!(broken([("          example: 1\n", "          const: 1\n")]), @"specs/test.yaml:53:11: paths./servers/.get.parameters[0].const: [unknown-key] `const` is not a key of a Parameter Object; OpenAPI 3.0.3 doesn't know it; correct or remove it");
        assert_snapshot!(broken([("          schema: {type: integer}\n          example: 1", "          schema: {type: integer, const: 1}")]), @"specs/test.yaml:52:35: paths./servers/.get.parameters[0].schema.const: [unknown-key] `const` is not a key of a Schema Object; OpenAPI 3.0.3 doesn't know it; correct or remove it");
    }

    #[test]
    fn unknown_key_knows_what_paths_and_statuses_look_like() {
        assert_snapshot!(broken([("  /servers/:\n", "  servers/:\n")]), @"specs/test.yaml:41:3: paths.servers/: [unknown-key] `servers/` is not a key of a Paths Object: a path begins with `/`");
        assert_snapshot!(broken([("        '200':\n          description", "        OK: {description: Fine.}\n        '200':\n          description")]), @"specs/test.yaml:55:9: paths./servers/.get.responses.OK: [unknown-key] `OK` is not a key of a Responses Object: a response is a status such as '200', a range such as 4XX, or `default`");
    }

    #[test]
    fn unknown_key_leaves_free_json_alone() {
        assert_eq!(
            broken([(
                "          example: 1\n",
                "          examples: {one: {value: 1, summary: One}}\n"
            )]),
            ""
        );
        assert_eq!(
            broken([(
                "    Credentials:\n      type: object",
                "    Credentials:\n      default: {key: a}\n      type: object"
            )]),
            ""
        );
    }

    #[test]
    fn required_key_names_what_is_missing() {
        assert_snapshot!(broken([("  title: Servers\n", "")]), @"specs/test.yaml:2:1: info: [required-key] an Info Object needs the key `title`; add it");
        assert_snapshot!(broken([("      description: The server.\n", "")]), @"specs/test.yaml:81:5: components.responses.Server: [required-key] a Response Object needs the key `description`; add it");
        assert_snapshot!(broken([("      required: true\n      schema", "      schema")]), @"specs/test.yaml:74:5: components.parameters.ServerId: [required-key] a path parameter can't be left out; add `required: true`");
        assert_snapshot!(broken([("                    items:\n                      $ref: '#/components/schemas/Server'\n", "")]), @"specs/test.yaml:63:19: paths./servers/.get.responses.200.content.application/json.schema.properties.servers: [required-key] an array doesn't say what its items are; add `items`");
        assert_snapshot!(broken([("type: http, scheme: bearer", "type: apiKey, name: key")]), @"specs/test.yaml:72:5: components.securitySchemes.token: [required-key] an `apiKey` doesn't say where its parameter goes; add `in`");
        assert_snapshot!(broken([("          schema: {type: integer}\n          example: 1\n", "")]), @"specs/test.yaml:49:11: paths./servers/.get.parameters[0]: [required-key] a parameter doesn't say its type; add `schema`");
    }

    #[test]
    fn required_key_knows_security_schemes() {
        assert_snapshot!(broken([("type: http, scheme: bearer", "type: http")]), @"specs/test.yaml:72:5: components.securitySchemes.token: [required-key] an `http` scheme doesn't say which one it is; add `scheme`");
        assert_snapshot!(broken([("type: http, scheme: bearer", "type: oauth2, flows: {implicit: {scopes: {}}, password: {tokenUrl: https://example.com}}")]), @"
specs/test.yaml:72:35: components.securitySchemes.token.flows.implicit: [required-key] this flow begins at a URL; add `authorizationUrl`
specs/test.yaml:72:59: components.securitySchemes.token.flows.password: [required-key] an OAuth Flow Object needs the key `scopes`; add it
");
    }

    #[test]
    fn wrong_type_says_what_is_due() {
        assert_snapshot!(broken([("        required: true\n        content", "        required: 'yes'\n        content")]), @"specs/test.yaml:25:9: paths./servers/{id}/.post.requestBody.required: [wrong-type] `required` is a text; it must be true or false");
        assert_snapshot!(broken([("      properties:\n        key: {", "      properties:\n      - key: {")]), @"
specs/test.yaml:37:23: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded.example.key: [example-mismatch] `key` is not a property of the schema; describe it there, or remove it from the example
specs/test.yaml:97:18: components.schemas.Credentials.required[0]: [required-property] `key` is required, but is not a property of this schema; add the property, or remove the name
specs/test.yaml:98:7: components.schemas.Credentials.properties: [wrong-type] `properties` is a list; it must be a mapping
");
        assert_snapshot!(broken([("  version: '1'", "  version: 1.0")]), @"specs/test.yaml:4:3: info.version: [wrong-type] `version` is a number with a fraction; it must be a text; quote it");
        assert_snapshot!(broken([("      description: The server.\n", "      description:\n")]), @"specs/test.yaml:82:7: components.responses.Server.description: [wrong-type] `description` is empty (null); it must be a text");
        assert_snapshot!(broken([("tags: [servers]\n      x-idem", "tags: [7]\n      x-idem")]), @"specs/test.yaml:22:14: paths./servers/{id}/.post.tags[0]: [wrong-type] an item of `tags` is a whole number; it must be a text; quote it");
        assert_snapshot!(broken([("          enum: [running, stopped]", "          additionalProperties: 3")]), @"specs/test.yaml:111:11: components.schemas.Server.properties.state.additionalProperties: [wrong-type] `additionalProperties` is a whole number; it must be true, false or a mapping: a Schema Object");
    }

    #[test]
    fn wrong_type_knows_types_and_locations() {
        assert_snapshot!(broken([("        name: {type: string,", "        name: {type: sting,")]), @"specs/test.yaml:107:16: components.schemas.Server.properties.name.type: [wrong-type] `type` is `sting`; it must be one of `array`, `boolean`, `integer`, `number`, `object`, `string`; did you mean `string`?");
        assert_snapshot!(broken([("          in: query", "          in: body")]), @"
specs/test.yaml:47:22: paths./servers/.get.x-pagination.page: [x-keys] `page` isn't a query parameter of the operation; there is none: describe it, or leave `x-pagination` out
specs/test.yaml:50:11: paths./servers/.get.parameters[0].in: [wrong-type] `in` is `body`; it must be one of `cookie`, `header`, `path`, `query`
");
    }

    #[test]
    fn ref_siblings_would_vanish() {
        assert_snapshot!(broken([("        parent:\n", "        parent:\n          description: The host.\n")]), @"specs/test.yaml:113:11: components.schemas.Server.properties.parent.description: [ref-siblings] OpenAPI 3.0 ignores `description` beside a `$ref`; move it to the target, or, for a schema, put the `$ref` into an `allOf`");
    }

    #[test]
    fn a_file_of_another_kind_gets_one_finding() {
        assert_snapshot!(findings("name: build\non: push\n"), @"specs/test.yaml:1:1: (document): [version] this is no OpenAPI file: it has neither `openapi` nor `paths`; a spec begins with `openapi: 3.0.3`");
        assert_snapshot!(findings("{\"info\": {\"title\": \"a\"}, \"swagger\": \"2.0\", \"paths\": {}}"), @"specs/test.yaml:1:26: swagger: [version] this is Swagger 2.0, not OpenAPI; convert it to OpenAPI 3.0.3");
    }

    #[test]
    fn json_is_read_as_yaml_with_its_places() {
        assert_snapshot!(findings("{\n\t\"openapi\": \"3.0.3\",\n\t\"info\": {\"title\": \"a\\/b \\u00e9\", \"version\": 1},\n\t\"paths\": {}\n}\n"), @"specs/test.yaml:3:35: info.version: [wrong-type] `version` is a whole number; it must be a text; quote it");
    }

    #[test]
    fn json_may_write_a_character_as_two_escapes() {
        let text = r#"{"openapi": "3.0.3", "info": {"title": "\ud83d\uDE80 \\ud83d\\ude80", "version": "1", "x": 0}, "paths": {}}"#;
        assert_snapshot!(findings(text), @"specs/test.yaml:1:87: info.x: [unknown-key] `x` is not a key of an Info Object; it knows `title`, `description`, `termsOfService`, `contact`, `license`, `version`");
        let source = Source::read("x.json", text).expect("a valid spec");
        let title = source
            .document()
            .get("info")
            .and_then(|info| info.get("title"));
        assert_eq!(
            title.and_then(|title| title.as_str()),
            Some("\u{1f680} \\ud83d\\ude80")
        );
        // In YAML without quotes they are the characters that stand there.
        let source = Source::read("x.yaml", r"title: \ud83d\ude80").expect("a valid spec");
        let title = source.document().get("title");
        assert_eq!(
            title.and_then(|title| title.as_str()),
            Some(r"\ud83d\ude80")
        );
        assert_snapshot!(findings(r#"{"openapi": "\ud83d"}"#), @"specs/test.yaml:1:13: (document): [yaml] isn't valid YAML: while parsing a quoted scalar, found invalid Unicode character escape code; look at quotes, brackets and indentation here and above");
    }

    #[test]
    fn version_is_3_0() {
        assert_snapshot!(broken([("openapi: 3.0.3", "openapi: 3.1.0")]), @"specs/test.yaml:1:1: openapi: [version] `3.1.0` isn't a version that the build reads; write `3.0.3`");
        assert_snapshot!(broken([("openapi: 3.0.3", "openapi: '3.0'")]), @"specs/test.yaml:1:1: openapi: [version] `3.0` isn't a version that the build reads; write `3.0.3`");
    }

    #[test]
    fn required_property_is_a_property() {
        assert_snapshot!(broken([("required: [servers]", "required: [server]")]), @"
specs/test.yaml:61:28: paths./servers/.get.responses.200.content.application/json.schema.required[0]: [required-property] `server` is required, but is not a property of this schema; did you mean `servers`?
specs/test.yaml:68:15: paths./servers/.get.responses.200.content.application/json.example: [example-mismatch] this lacks `server`, which the schema requires; add it
");
    }

    #[test]
    fn closed_object_is_refused() {
        assert_snapshot!(broken([("      description: A server.", "      description: A server.\n      additionalProperties: false")]), @"specs/test.yaml:103:7: components.schemas.Server.additionalProperties: [closed-object] `additionalProperties: false` breaks the client when the server adds a field; remove it");
    }
}

mod extensions {
    use super::*;

    #[test]
    fn x_keys_are_ours() {
        assert_snapshot!(broken([("      x-idempotent: true", "      x-idempotant: true")]), @"specs/test.yaml:23:7: paths./servers/{id}/.post.x-idempotant: [x-keys] `x-idempotant` is none of our extensions; did you mean `x-idempotent`?");
        assert_snapshot!(broken([("      x-idempotent: true", "      x-risk: high")]), @"specs/test.yaml:23:7: paths./servers/{id}/.post.x-risk: [x-keys] `x-risk` is none of our extensions; a new one must be added to codegen/check/grammar.rs first");
    }

    #[test]
    fn x_keys_stand_where_they_belong() {
        assert_snapshot!(broken([("      description: The server.\n", "      description: The server.\n      x-envelope: {}\n")]), @"specs/test.yaml:83:7: components.responses.Server.x-envelope: [x-keys] `x-envelope` doesn't belong on a Response Object; it belongs on the document or an operation");
        assert_snapshot!(broken([("          schema: {type: integer}\n          example", "          schema: {type: integer, x-credentials: true}\n          example")]), @"specs/test.yaml:52:35: paths./servers/.get.parameters[0].schema.x-credentials: [x-keys] credentials are filled into form bodies only; move the mark to a schema or property of an `application/x-www-form-urlencoded` request body");
        assert_snapshot!(broken([
            ("x-envelope:\n  field: error\n  success: 0\n  details: [errorInfo]\n", ""),
            ("      x-idempotent: true", "      x-envelope: {message: text}"),
        ]), @"specs/test.yaml:19:7: paths./servers/{id}/.post.x-envelope: [x-keys] this is an exception to the document's `x-envelope`, and there is none; add it at the top");
    }

    #[test]
    fn x_keys_name_a_payload_that_some_reply_has() {
        assert_snapshot!(broken([("  details: [errorInfo]\n", "  details: [errorInfo]\n  payload: server\n")]), @"specs/test.yaml:9:3: x-envelope.payload: [x-keys] no reply has a property `server`; did you mean `servers`?");
        assert_snapshot!(broken([("  details: [errorInfo]\n", "  payload: data\n")]), @"specs/test.yaml:8:3: x-envelope.payload: [x-keys] no reply has a property `data`; name the property that holds the payload");
    }

    #[test]
    fn x_keys_are_right_inside() {
        assert_snapshot!(broken([("  success: 0\n", "  sucess: 0\n")]), @"
specs/test.yaml:5:1: x-envelope: [x-keys] the document's `x-envelope` needs the key `success`; add it
specs/test.yaml:7:3: x-envelope.sucess: [x-keys] `sucess` is not a key of the document's `x-envelope`; did you mean `success`?
");
        assert_snapshot!(broken([("  details: [errorInfo]", "  details: errorInfo")]), @"specs/test.yaml:8:3: x-envelope.details: [x-keys] `details` is a text; it must be a list");
        assert_snapshot!(broken([("      x-idempotent: true", "      x-idempotent: 'yes'")]), @"specs/test.yaml:23:7: paths./servers/{id}/.post.x-idempotent: [x-keys] `x-idempotent` is a text; it must be true or false");
        assert_snapshot!(broken([("      x-credentials: true", "      x-credentials: false")]), @"specs/test.yaml:96:7: components.schemas.Credentials.x-credentials: [x-keys] `x-credentials` is false; it must be true, or left out");
        assert_snapshot!(broken([("{page: page, items: servers}", "{page: page, limits: limit}")]), @"
specs/test.yaml:47:7: paths./servers/.get.x-pagination: [x-keys] an `x-pagination` needs the key `items`; add it
specs/test.yaml:47:34: paths./servers/.get.x-pagination.limits: [x-keys] `limits` is not a key of an `x-pagination`; did you mean `limit`?
");
        assert_snapshot!(broken([("      x-idempotent: true", "      x-envelope: {results: {minimum: 9, maximum: 0}}")]), @"specs/test.yaml:23:20: paths./servers/{id}/.post.x-envelope.results: [x-keys] no value lies between 9 and 0; swap the bounds");
        assert_snapshot!(broken([("      x-idempotent: true", "      x-envelope: {results: {maximum: many}}")]), @"
specs/test.yaml:23:20: paths./servers/{id}/.post.x-envelope.results: [x-keys] the `results` of an `x-envelope` needs the key `minimum`; add it
specs/test.yaml:23:30: paths./servers/{id}/.post.x-envelope.results.maximum: [x-keys] `maximum` is a text; it must be a whole number
");
    }

    #[test]
    fn x_keys_give_each_code_a_kind_a_meaning_and_a_source() {
        let codes = |codes: &str| {
            broken([(
                "  success: 0\n",
                &format!("  success: 0\n  codes: {codes}\n"),
            )])
        };
        assert_snapshot!(codes("{'7': {kind: Lockd, meaning: m, source: s}}"), @"specs/test.yaml:8:17: x-envelope.codes.7.kind: [x-keys] `kind` is `Lockd`; it must be one of `Api`, `Authentication`, `Conflict`, `InvalidInput`, `Locked`, `NotFound`, `PaymentRequired`, `PermissionDenied`, `RateLimited`, `Server`; did you mean `Locked`?");
        assert_snapshot!(codes("{'7': {kind: Locked, meaning: m}}"), @"specs/test.yaml:8:11: x-envelope.codes.7: [x-keys] a code of an `x-envelope` needs the key `source`; add it");
        assert_snapshot!(codes("{'0': {kind: Api, meaning: m, source: s}}"), @"specs/test.yaml:8:11: x-envelope.codes.0: [x-keys] this is the value of success; leave it out of the codes of failures");
    }

    #[test]
    fn x_keys_give_a_timeout_some_time() {
        assert_snapshot!(broken([("      x-idempotent: true", "      x-timeout: 0")]), @"specs/test.yaml:23:7: paths./servers/{id}/.post.x-timeout: [x-keys] a timeout is a number of seconds, at least 1; leave it out for the usual 30");
        assert_snapshot!(broken([("      x-idempotent: true", "      x-timeout: 5m")]), @"specs/test.yaml:23:7: paths./servers/{id}/.post.x-timeout: [x-keys] `x-timeout` is a text; it must be a whole number");
    }
}

mod pagination {
    use super::*;

    const PAGINATION: &str = "{page: page, items: servers}";
    const PROPERTIES: &str = "                properties:\n                  servers:\n";

    #[test]
    fn x_keys_name_parameters_and_properties_that_are_there() {
        assert_snapshot!(broken([(PAGINATION, "{page: pages, limit: limit, items: server, total: count, next: more}")]), @"
specs/test.yaml:47:22: paths./servers/.get.x-pagination.page: [x-keys] `pages` isn't a query parameter of the operation; did you mean `page`?
specs/test.yaml:47:35: paths./servers/.get.x-pagination.limit: [x-keys] `limit` isn't a query parameter of the operation; name one
specs/test.yaml:47:49: paths./servers/.get.x-pagination.items: [x-keys] `server` isn't a property of the reply; did you mean `servers`?
specs/test.yaml:47:64: paths./servers/.get.x-pagination.total: [x-keys] `count` isn't a property of the reply; name one
specs/test.yaml:47:78: paths./servers/.get.x-pagination.next: [x-keys] `more` isn't a property of the reply; name one
");
        assert_snapshot!(broken([("        - name: page\n", "        - name: seite\n")]), @"specs/test.yaml:47:22: paths./servers/.get.x-pagination.page: [x-keys] `page` isn't a query parameter of the operation; name one");
    }

    #[test]
    fn x_keys_name_what_is_of_the_right_type() {
        let count = "                properties:\n                  count: {type: integer, description: How many.}\n                  servers:\n";
        assert_snapshot!(broken([(PAGINATION, "{page: page, items: count, total: servers}"), (PROPERTIES, count)]), @"
specs/test.yaml:47:34: paths./servers/.get.x-pagination.items: [x-keys] `count` is of type `integer`; name a property of the reply of type `array`
specs/test.yaml:47:48: paths./servers/.get.x-pagination.total: [x-keys] `servers` is of type `array`; name a property of the reply of type `integer`
");
        assert_snapshot!(broken([("          schema: {type: integer}\n          example: 1\n", "          schema: {type: string}\n          example: '1'\n")]), @"specs/test.yaml:47:22: paths./servers/.get.x-pagination.page: [x-keys] `page` is of type `string`; name a query parameter of the operation of type `integer`");
        assert_eq!(
            broken([
                (
                    PAGINATION,
                    "{page: page, items: servers, total: count, next: count}"
                ),
                (PROPERTIES, count)
            ]),
            ""
        );
    }

    #[test]
    fn x_keys_find_parameters_of_the_path_and_by_reference() {
        let own = "        - name: page\n          in: query\n          description: Number of the page, from 1.\n          schema: {type: integer}\n          example: 1\n";
        assert_eq!(
            broken([
                (own, "        - $ref: '#/components/parameters/Page'\n"),
                (
                    "  parameters:\n    ServerId:\n",
                    "  parameters:\n    Page: {name: page, in: query, description: The page., schema: {type: integer}}\n    ServerId:\n"
                ),
            ]),
            ""
        );
        assert_eq!(
            broken([
                (&format!("      parameters:\n{own}"), ""),
                (
                    "  /servers/:\n",
                    "  /servers/:\n    parameters: [{name: page, in: query, description: The page., schema: {type: integer}}]\n"
                ),
            ]),
            ""
        );
    }

    #[test]
    fn x_keys_find_properties_in_each_shape_of_a_reply() {
        let object = "                type: object\n                required: [servers]\n";
        let rest = "                properties:\n                  servers:\n                    type: array\n                    description: The servers of this page.\n                    items:\n                      $ref: '#/components/schemas/Server'\n";
        let whole = format!("{object}{rest}");
        let parts = "                allOf: [{type: object, properties: {servers: {type: array, description: d, items: {$ref: '#/components/schemas/Server'}}}}]\n";
        assert_eq!(broken([(&whole, parts)]), "");
        let named = "                $ref: '#/components/schemas/Servers'\n";
        let component = "    Servers: {type: object, description: All., properties: {servers: {type: array, description: All., items: {$ref: '#/components/schemas/Server'}}}}\n    Credentials:\n";
        assert_eq!(
            broken([(&whole, named), ("    Credentials:\n", component)]),
            ""
        );
        let either = "                oneOf:\n                  - $ref: '#/components/schemas/Servers'\n                  - type: array\n                    items: {$ref: '#/components/schemas/Server'}\n";
        assert_eq!(
            broken([(&whole, either), ("    Credentials:\n", component)]),
            ""
        );
    }

    #[test]
    fn x_keys_look_into_a_payload_that_has_no_company() {
        let list = "                  servers:\n                    type: array\n                    description: The servers of this page.\n                    items:\n                      $ref: '#/components/schemas/Server'\n";
        let nested = |more: &str| {
            format!(
                "                  error: {{type: integer, description: The code.}}\n{more}                  data: {{type: object, description: d, properties: {{servers: {{type: array, description: d, items: {{$ref: '#/components/schemas/Server'}}}}}}}}\n"
            )
        };
        let envelope = ("  details: [errorInfo]\n", "  payload: data\n");
        let required = ("                required: [servers]\n", "");
        let example = (
            "                servers: [{id: 7, name: web-1, state: running}]\n",
            "                data: {servers: []}\n",
        );
        assert_eq!(
            broken([envelope, required, example, (list, &nested(""))]),
            ""
        );
        let count = "                  count: {type: integer, description: How many.}\n";
        assert_snapshot!(broken([envelope, required, example, (list, &nested(count))]), @"specs/test.yaml:47:34: paths./servers/.get.x-pagination.items: [x-keys] `servers` isn't a property of the reply; name one");
        let bare = list.replace("servers:", "data:");
        assert_snapshot!(broken([envelope, required, ("servers: [{id: 7, name: web-1, state: running}]", "data: []"), (list, &bare), (PAGINATION, "{page: page, items: data}")]), @"specs/test.yaml:47:34: paths./servers/.get.x-pagination.items: [x-keys] `data` isn't a property of the payload; there is none: describe it, or leave `x-pagination` out");
        assert_snapshot!(broken([envelope, required, example, (list, &nested("")), (PAGINATION, "{page: page, items: data, total: error}")]), @"
specs/test.yaml:47:34: paths./servers/.get.x-pagination.items: [x-keys] `data` isn't a property of the payload; name one
specs/test.yaml:47:47: paths./servers/.get.x-pagination.total: [x-keys] `error` isn't a property of the payload; name one
");
    }
}

mod references {
    use super::*;

    #[test]
    fn broken_ref_names_the_nearest_component() {
        assert_snapshot!(broken([("parent:\n          $ref: '#/components/schemas/Server'", "parent:\n          $ref: '#/components/schemas/Servr'")]), @"specs/test.yaml:113:11: components.schemas.Server.properties.parent.$ref: [broken-ref] `components.schemas` has no `Servr`; did you mean `Server`?");
        assert_snapshot!(broken([("parent:\n          $ref: '#/components/schemas/Server'", "parent:\n          $ref: '#/components/schemas/Host'")]), @"specs/test.yaml:113:11: components.schemas.Server.properties.parent.$ref: [broken-ref] `components.schemas` has no `Host`; add it to `components.schemas`, or correct the name");
        assert_snapshot!(broken([("  - token: []", "  - tokn: []")]), @"
specs/test.yaml:10:5: security[0].tokn: [broken-ref] `components.securitySchemes` has no `tokn`; did you mean `token`?
specs/test.yaml:72:5: components.securitySchemes.token: [unused-component] no operation uses this, not even through another component; refer to it or remove it
");
    }

    #[test]
    fn broken_ref_reads_the_mapping_of_a_discriminator() {
        assert_snapshot!(broken([("      description: A server.\n", "      description: A server.\n      discriminator: {propertyName: state, mapping: {a: Servr, b: '#/components/schemas/Server', c: Server}}\n")]), @"specs/test.yaml:103:54: components.schemas.Server.discriminator.mapping.a: [broken-ref] `components.schemas` has no `Servr`; did you mean `Server`?");
    }

    #[test]
    fn broken_ref_stays_in_the_file() {
        assert_snapshot!(broken([("parent:\n          $ref: '#/components/schemas/Server'", "parent:\n          $ref: 'other.yaml#/Server'")]), @"specs/test.yaml:113:11: components.schemas.Server.properties.parent.$ref: [broken-ref] `other.yaml#/Server` can't be followed; a reference is `#/components/schemas/` and the name of a component in this file");
    }

    #[test]
    fn broken_ref_leads_to_the_right_kind() {
        assert_snapshot!(broken([("$ref: '#/components/responses/Server'", "$ref: '#/components/schemas/Server'")]), @"
specs/test.yaml:40:11: paths./servers/{id}/.post.responses.200.$ref: [broken-ref] this leads to `schemas`, but `components.responses` is due here; refer to `#/components/responses/` and a name there
specs/test.yaml:81:5: components.responses.Server: [unused-component] no operation uses this, not even through another component; refer to it or remove it
");
    }

    #[test]
    fn circular_ref_is_one_without_a_way_out() {
        assert_snapshot!(broken([
            ("      description: A server.", "      description: A server.\n      allOf: [{$ref: '#/components/schemas/Host'}]"),
            ("    Credentials:\n", "    Host:\n      description: A host.\n      oneOf: [{$ref: '#/components/schemas/Server'}]\n    Credentials:\n"),
        ]), @"
specs/test.yaml:93:5: components.schemas.Host: [circular-ref] `Host` → `Server` → `Host` is a circle that no value comes out of; break it
specs/test.yaml:95:7: components.schemas.Host.oneOf: [unsupported] a choice of one is none; write that schema without `oneOf`
");
    }

    #[test]
    fn unused_component_is_one_that_only_unused_ones_use() {
        assert_snapshot!(broken([
            ("    Credentials:\n", "    Rack:\n      description: A rack.\n      type: array\n      items: {$ref: '#/components/schemas/Host'}\n    Host: {type: string, description: A host.}\n    Credentials:\n"),
            ("security:\n  - token: []\n", ""),
        ]), @"
specs/test.yaml:70:5: components.securitySchemes.token: [unused-component] no operation uses this, not even through another component; refer to it or remove it
specs/test.yaml:91:5: components.schemas.Rack: [unused-component] no operation uses this, not even through another component; refer to it or remove it
specs/test.yaml:95:5: components.schemas.Host: [unused-component] no operation uses this, not even through another component; refer to it or remove it
");
    }
}

mod operations {
    use super::*;

    #[test]
    fn operation_id_is_there_and_camel_case() {
        assert_snapshot!(broken([("      operationId: listServers\n", "")]), @"specs/test.yaml:42:5: paths./servers/.get: [operation-id] an operation needs an `operationId`, the vendor's name of the call in camelCase; add it");
        assert_snapshot!(broken([("operationId: listServers", "operationId: list_servers")]), @"specs/test.yaml:43:7: paths./servers/.get.operationId: [operation-id] `list_servers` isn't camelCase: a lower-case letter, then letters and digits; rename it");
    }

    #[test]
    fn duplicate_operation_id_names_the_first() {
        assert_snapshot!(broken([("operationId: listServers", "operationId: renameServer")]), @"specs/test.yaml:43:7: paths./servers/.get.operationId: [duplicate-operation-id] `renameServer` stands already at specs/test.yaml:19:7; rename one of the two");
    }

    #[test]
    fn duplicate_operation_id_sees_methods_that_become_equal() {
        assert_snapshot!(broken([
            ("operationId: renameServer", "operationId: getOS"),
            ("operationId: listServers", "operationId: getOs"),
        ]), @"specs/test.yaml:43:7: paths./servers/.get.operationId: [duplicate-operation-id] `getOs` and `getOS` at specs/test.yaml:19:7 both become the method `get_os`; rename one of the two");
    }

    #[test]
    fn summary_and_tag_are_there() {
        assert_snapshot!(broken([("      summary: List the servers\n", "")]), @"specs/test.yaml:42:5: paths./servers/.get: [summary] an operation needs a `summary`, one line on what the call does; add it");
        assert_snapshot!(broken([("      tags: [servers]\n      x-idem", "      x-idem")]), @"specs/test.yaml:18:5: paths./servers/{id}/.post: [tag] an operation needs a tag; add `tags: [...]` with one of the document's");
        assert_snapshot!(broken([("      tags: [servers]\n      x-idem", "      tags: [server]\n      x-idem")]), @"specs/test.yaml:22:14: paths./servers/{id}/.post.tags[0]: [tag] the document's `tags` have no `server`; did you mean `servers`?");
    }

    #[test]
    fn success_response_is_there() {
        assert_snapshot!(broken([("        '200':\n          $ref", "        '404':\n          $ref")]), @"specs/test.yaml:38:7: paths./servers/{id}/.post.responses: [success-response] an operation needs a 2xx response, which says what success looks like; add it");
    }

    #[test]
    fn one_success_has_one_schema() {
        assert_snapshot!(broken([("        '200':\n          $ref", "        '204': {description: Nothing.}\n        '200':\n          $ref")]), @"specs/test.yaml:40:9: paths./servers/{id}/.post.responses.200: [one-success] the body of 200 differs from that of 204, and a method has one type of result; give both the same schema, such as a `oneOf`");
        assert_eq!(
            broken([(
                "        '200':\n          $ref",
                "        '201': {$ref: '#/components/responses/Server'}\n        '200':\n          $ref"
            )]),
            ""
        );
    }

    #[test]
    fn path_parameter_is_declared_and_in_the_path() {
        assert_snapshot!(broken([("  /servers/{id}/:", "  /servers/{ids}/:")]), @"
specs/test.yaml:17:9: paths./servers/{ids}/.parameters[0]: [path-parameter] the path `/servers/{ids}/` has no `{id}`; did you mean `ids`?
specs/test.yaml:18:5: paths./servers/{ids}/.post: [path-parameter] `{ids}` in the path is not a declared parameter; did you mean `id`?
");
        assert_snapshot!(broken([("  /servers/:\n", "  /servers/{page}/:\n")]), @"specs/test.yaml:42:5: paths./servers/{page}/.get: [path-parameter] `{page}` in the path is not a declared parameter; add a parameter of that name, with `in: path` and `required: true`");
        assert_snapshot!(broken([("  /servers/{id}/:", "  /servers/:id/:"), ("  /servers/:\n", "  /list/:\n")]), @"specs/test.yaml:17:9: paths./servers/:id/.parameters[0]: [path-parameter] the path `/servers/:id/` has no `{id}`; write `{id}` into the path, or remove the parameter");
    }

    #[test]
    fn path_parameter_needs_a_well_formed_path() {
        assert_snapshot!(broken([("  /servers/{id}/:", "  /servers/{id/:")]), @"specs/test.yaml:15:3: paths./servers/{id/: [path-parameter] a `{` in the path has no `}`; close it");
        assert_snapshot!(broken([("  /servers/{id}/:", "  /servers/{id}}/:")]), @"specs/test.yaml:15:3: paths./servers/{id}}/: [path-parameter] a `}` in the path has no `{`; open it");
        assert_snapshot!(broken([("  /servers/{id}/:", "  '/servers/{id}/{}/':")]), @"specs/test.yaml:15:3: paths./servers/{id}/{}/: [path-parameter] `{}` in the path has no proper name; use letters, digits and `_`");
        assert_snapshot!(broken([("  /servers/{id}/:", "  '/servers/{id}/{id}/':")]), @"specs/test.yaml:15:3: paths./servers/{id}/{id}/: [path-parameter] `{id}` stands in the path twice; rename one of the two");
        assert_snapshot!(broken([("  /servers/{id}/:", "  '/servers//{id}':")]), @"specs/test.yaml:15:3: paths./servers//{id}: [path-parameter] the path holds `//`, `?` or `#`, which wouldn't reach the server as they stand; a query belongs in parameters");
    }
}

mod bodies {
    use super::*;

    #[test]
    fn example_is_there() {
        assert_snapshot!(broken([("            example: {key: secret, name: web-1}\n", "")]), @"specs/test.yaml:27:11: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded: [example] this body has no example; add `example`, beside `schema`, with a whole body as it goes over the wire");
        assert_snapshot!(broken([("              example:\n                servers: [{id: 7, name: web-1, state: running}]\n", "")]), @"specs/test.yaml:58:13: paths./servers/.get.responses.200.content.application/json: [example] this body has no example; add `example`, beside `schema`, with a whole body as it goes over the wire");
    }

    #[test]
    fn one_media_type_and_one_that_is_supported() {
        assert_snapshot!(broken([("      content:\n        application/json:\n", "      content:\n        text/html: {}\n        application/json:\n")]), @"
specs/test.yaml:83:7: components.responses.Server.content: [one-media-type] the generator takes one media type a body; keep one, `application/json`
specs/test.yaml:84:9: components.responses.Server.content.text/html: [unsupported] this body has no `schema`; describe what is in it, or leave `content` out if nothing is
specs/test.yaml:84:9: components.responses.Server.content.text/html: [unsupported] the generator can't do `text/html` here, only `application/json`
");
        assert_snapshot!(broken([("application/x-www-form-urlencoded:", "multipart/form-data:")]), @"specs/test.yaml:27:11: paths./servers/{id}/.post.requestBody.content.multipart/form-data: [unsupported] the generator can't do `multipart/form-data` here, only `application/json` or `application/x-www-form-urlencoded`");
        assert_snapshot!(broken([("      requestBody:\n        required: true\n", "      requestBody:\n        content: {}\n    put:\n      requestBody:\n        required: true\n")]), @"
specs/test.yaml:18:5: paths./servers/{id}/.post: [required-key] an Operation Object needs the key `responses`; add it
specs/test.yaml:25:9: paths./servers/{id}/.post.requestBody.content: [one-media-type] this body has no media type; add `application/json` or `application/x-www-form-urlencoded`
specs/test.yaml:26:5: paths./servers/{id}/.put: [operation-id] an operation needs an `operationId`, the vendor's name of the call in camelCase; add it
specs/test.yaml:26:5: paths./servers/{id}/.put: [summary] an operation needs a `summary`, one line on what the call does; add it
specs/test.yaml:26:5: paths./servers/{id}/.put: [tag] an operation needs a tag; add `tags: [...]` with one of the document's
specs/test.yaml:26:5: paths./servers/{id}/.put: [description] an operation needs a `description`; add what the call does and what to know before
");
    }

    #[test]
    fn description_is_there() {
        assert_snapshot!(broken([("                      description: The new name.\n", "")]), @"specs/test.yaml:34:21: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded.schema.allOf[1].properties.name: [description] a property needs a `description`; add what it means, with its unit");
        assert_snapshot!(broken([("        name: {type: string, description: Its name.}", "        name: {type: string}")]), @"specs/test.yaml:107:9: components.schemas.Server.properties.name: [description] a property needs a `description`; add what it means, with its unit");
        assert_snapshot!(broken([("      description: A server.\n", "      description: ''\n")]), @"specs/test.yaml:102:7: components.schemas.Server.description: [description] a schema of `components` needs a `description`; add what it describes");
        assert_snapshot!(broken([("      description: The server's number.\n", "")]), @"specs/test.yaml:74:5: components.parameters.ServerId: [description] a parameter needs a `description`; add what it does, with its unit");
        assert_snapshot!(broken([("      description: Returns all servers, a page at a time.\n", "")]), @"specs/test.yaml:42:5: paths./servers/.get: [description] an operation needs a `description`; add what the call does and what to know before");
        assert_snapshot!(broken([("oneOf: [{type: integer}, {type: string}]", "oneOf: [{type: integer}, {type: array, items: {properties: {a: {type: string}}}}]")]), @"
specs/test.yaml:106:11: components.schemas.Server.properties.id.oneOf: [unsupported] the generator has no type for this choice; write one of those that README.md lists for `oneOf`, or leave the type out for any JSON
specs/test.yaml:106:71: components.schemas.Server.properties.id.oneOf[1].items.properties.a: [description] a property needs a `description`; add what it means, with its unit
");
    }

    #[test]
    fn unsupported_is_what_the_generator_cannot_do() {
        assert_snapshot!(broken([("          in: query", "          in: cookie")]), @"
specs/test.yaml:47:22: paths./servers/.get.x-pagination.page: [x-keys] `page` isn't a query parameter of the operation; there is none: describe it, or leave `x-pagination` out
specs/test.yaml:50:11: paths./servers/.get.parameters[0].in: [unsupported] the generator knows no cookies; describe it as a security scheme, or send it as a header
");
        assert_snapshot!(broken([("          schema: {type: integer}\n          example: 1\n", "          content: {application/json: {schema: {type: integer}}}\n")]), @"specs/test.yaml:52:11: paths./servers/.get.parameters[0].content: [unsupported] the generator reads a parameter's `schema` alone; use that");
        assert_snapshot!(broken([("  /servers/:\n", "  /other/: {$ref: 'other.yaml'}\n  /servers/:\n")]), @"specs/test.yaml:41:13: paths./other/.$ref: [unsupported] the generator doesn't follow a `$ref` of a path item; write it out here");
        assert_snapshot!(broken([("oneOf: [{type: integer}, {type: string}]", "anyOf: [{type: integer}, {type: boolean}]")]), @"specs/test.yaml:106:11: components.schemas.Server.properties.id.anyOf: [unsupported] the generator can't read an `anyOf` of anything but objects, or an integer and text; use `oneOf`");
        assert_snapshot!(broken([("      x-pagination: {page: page, items: servers}\n", ""), ("          schema: {type: integer}\n", "          style: spaceDelimited\n          explode: false\n          allowReserved: true\n          schema: {allOf: [{type: array, items: {type: integer}}]}\n"), ("          example: 1\n", "          example: [1]\n")]), @"
specs/test.yaml:51:11: paths./servers/.get.parameters[0].style: [unsupported] the generator knows no style here but `form`; describe it as a text
specs/test.yaml:52:11: paths./servers/.get.parameters[0].explode: [unsupported] the generator repeats a parameter for each item of its list; describe it as a text with all of them
specs/test.yaml:53:11: paths./servers/.get.parameters[0].allowReserved: [unsupported] the generator percent-encodes values; leave it out if the server decodes them, as servers do
");
    }

    const CHOICE: &str = "oneOf: [{type: integer}, {type: string}]";

    /// The valid spec with another choice in it, and a few schemas to choose between.
    fn choice(options: &str) -> String {
        const MORE: &str = "    One: {type: object, description: d, properties: {name: {type: string, description: d}}}
    Two: {type: object, description: d, properties: {a: {type: string, description: d}, b: {type: string, description: d}, all: {type: array, description: d, items: {$ref: '#/components/schemas/One'}}}}
    Key: {description: d, oneOf: [{type: integer}, {type: string}]}
    Text: {type: string, description: d}
    All: {type: object, description: d, properties: {one: {$ref: '#/components/schemas/One'}, two: {$ref: '#/components/schemas/Two'}, key: {$ref: '#/components/schemas/Key'}, text: {$ref: '#/components/schemas/Text'}}}
    Credentials:\n";
        let options = options
            .replace('$', "$ref: '#/components/schemas/")
            .replace('!', "'");
        broken([
            (CHOICE, &format!("oneOf: [{options}]")),
            ("    Credentials:\n", MORE),
            (
                "        parent:\n",
                "        all: {$ref: '#/components/schemas/All'}\n        parent:\n",
            ),
            ("            id: 7\n", ""),
            ("parent: {id: 3, name: host}", "parent: {name: host}"),
            (
                "{id: 7, name: web-1, state: running}",
                "{name: web-1, state: running}",
            ),
        ])
    }

    #[test]
    fn unsupported_is_a_choice_that_becomes_no_type() {
        for options in [
            "{type: string}, {type: integer}",
            "{type: integer}, {type: integer, format: int64}, {type: string}",
            "{$Text!}, {type: integer}",
            "{$Key!}, {type: array, items: {$Key!}}",
            "{type: array, items: {$Key!}}, {$Key!}",
            "{type: object}, {type: array, items: {}}",
            "{type: array, items: {}}, {type: object, additionalProperties: true}",
            "{$Two!}, {type: string, format: json}",
            "{type: string, format: json}, {type: boolean}",
            "{$One!}, {type: string}",
            "{$Text!}, {$One!}",
            "{type: object, additionalProperties: {$One!}}, {type: array, items: {allOf: [{$One!}, {type: object, properties: {id: {type: string, description: d}}}]}}",
        ] {
            assert_eq!(choice(options), "", "{options}");
        }
        assert_snapshot!(choice("{type: integer}, {type: boolean}"), @"specs/test.yaml:110:11: components.schemas.Server.properties.id.oneOf: [unsupported] the generator has no type for this choice; write one of those that README.md lists for `oneOf`, or leave the type out for any JSON");
        assert_snapshot!(choice("{type: string}"), @"specs/test.yaml:110:11: components.schemas.Server.properties.id.oneOf: [unsupported] a choice of one is none; write that schema without `oneOf`");
        for options in [
            "{type: integer}, {type: string}, {type: boolean}",
            "{type: string}, {type: string, format: date}",
            "{type: string, format: json}, {type: string, format: json}",
            "{$One!}, {$Two!}",
            "{$Two!}, {type: string}",
            "{$One!}, {type: integer}",
            "{type: object, properties: {a: {type: string, description: d}}}, {type: string}",
            "{$One!}, {type: string, format: json}, {type: string}",
            "{$One!}, {type: array, items: {$One!}}",
            "{$Two!}, {type: array, items: {$One!}}",
            "{$Key!}, {type: array, items: {type: string}}",
            "{type: object}, {type: array, items: {type: string}}",
            "{type: object, additionalProperties: {type: string}}, {type: array, items: {}}",
            "{type: object, additionalProperties: {$Two!}}, {type: array, items: {allOf: [{$One!}, {type: object, properties: {id: {type: string, description: d}}}]}}",
            "{type: object, additionalProperties: {$One!}}, {type: array, items: {allOf: [{$One!}, {type: object, properties: {id: {type: string, description: d}, more: {type: string, description: d}}}]}}",
        ] {
            let found = choice(options);
            assert!(
                found.contains("has no type for this choice"),
                "{options}: {found}"
            );
            assert_eq!(found.lines().count(), 1, "{options}: {found}");
        }
    }

    const SERVER: &str = "          schema:\n            $ref: '#/components/schemas/Server'\n";

    #[test]
    fn a_reply_may_be_the_list_in_it() {
        let list = "    List: {type: object, description: d, properties: {all: {type: array, description: d, items: {$ref: '#/components/schemas/Server'}}}}\n    Credentials:\n";
        let reply =
            |one: &str, other: &str| format!("          schema: {{oneOf: [{one}, {other}]}}\n");
        let object = "{$ref: '#/components/schemas/List'}";
        let bare = "{type: array, items: {$ref: '#/components/schemas/Server'}}";
        let whole = "            id: 7\n            name: web-1\n            state: running\n            parent: {id: 3, name: host}\n";
        for (one, other) in [(object, bare), (bare, object)] {
            assert_eq!(
                broken([
                    (SERVER, &reply(one, other)),
                    ("    Credentials:\n", list),
                    (whole, "            all: []\n")
                ]),
                ""
            );
        }
        let other = "{type: array, items: {type: string}}";
        assert_snapshot!(broken([(SERVER, &reply(object, other)), ("    Credentials:\n", list), (whole, "            all: []\n")]), @"specs/test.yaml:85:20: components.responses.Server.content.application/json.schema.oneOf: [unsupported] the generator has no type for this choice; write one of those that README.md lists for `oneOf`, or leave the type out for any JSON");
    }

    /// The valid spec with this JSON body in place of its form.
    fn body(schema: &str, example: &str) -> String {
        let at = VALID.find("          application/x-www").expect("the form");
        let end = VALID.find("      responses:").expect("the end of the form");
        let body = format!(
            "          application/json:\n            schema: {schema}\n            example: {example}\n"
        );
        let text = format!("{}{body}{}", &VALID[..at], &VALID[end..]);
        let keys = text.find("    Credentials:\n").expect("the credentials");
        let end = text
            .find("    Server:\n      type")
            .expect("the end of them");
        findings(&format!("{}{}", &text[..keys], &text[end..]))
    }

    #[test]
    fn a_body_may_be_one_or_many() {
        let one = "{$ref: '#/components/schemas/Server'}";
        let many = format!("{{type: array, items: {one}}}");
        assert_eq!(body(&many, "[]"), "");
        assert_eq!(body(&format!("{{oneOf: [{one}, {many}]}}"), "[]"), "");
        assert_eq!(body(&format!("{{oneOf: [{many}, {one}]}}"), "{}"), "");
        assert_eq!(body("{type: array, items: {type: string}}", "[a]"), "");
        assert_snapshot!(body(&format!("{{oneOf: [{one}, {{type: array, items: {{type: string}}}}]}}"), "{}"), @"specs/test.yaml:28:22: paths./servers/{id}/.post.requestBody.content.application/json.schema.oneOf: [unsupported] the generator has no type for this choice; write one of those that README.md lists for `oneOf`, or leave the type out for any JSON");
        assert_snapshot!(body("{type: array, items: {type: object, properties: {a: {type: string, description: d}}}}", "[]"), @"specs/test.yaml:28:13: paths./servers/{id}/.post.requestBody.content.application/json.schema: [unsupported] the items of this body have no name; put their schema into `components.schemas`, and refer to it");
        assert_snapshot!(body("{type: array, items: {allOf: [{$ref: '#/components/schemas/Server'}]}}", "[]"), @"specs/test.yaml:28:13: paths./servers/{id}/.post.requestBody.content.application/json.schema: [unsupported] the items of this body have no name; put their schema into `components.schemas`, and refer to it");
    }

    #[test]
    fn a_failure_may_be_any_choice() {
        let failure = "        '404': {description: d, content: {application/json: {schema: {oneOf: [{type: integer}, {type: boolean}]}, example: 1}}}\n        '200':\n          $ref";
        assert_eq!(broken([("        '200':\n          $ref", failure)]), "");
    }

    #[test]
    fn unsupported_are_lists_and_objects_where_no_parameter_takes_them() {
        const PAGE: &str = "          schema: {type: integer}\n          example: 1\n";
        let query = |schema: &str| {
            broken([
                (
                    "{page: page, items: servers}\n",
                    "{page: number, items: servers}\n",
                ),
                (
                    PAGE,
                    &format!(
                        "          schema: {schema}\n        - {{name: number, in: query, description: d, schema: {{type: integer}}}}\n"
                    ),
                ),
            ])
        };
        for fine in [
            "{type: array, items: {type: string}}",
            "{type: string, enum: [a]}",
            "{oneOf: [{type: integer}, {type: string}]}",
            "{anyOf: [{type: integer}, {type: string}]}",
        ] {
            assert_eq!(query(fine), "", "{fine}");
        }
        assert_snapshot!(query("{type: object, additionalProperties: {type: string}}"), @"specs/test.yaml:52:11: paths./servers/.get.parameters[0].schema: [unsupported] the generator sends no object in a parameter; describe its properties as parameters, or the whole as a text");
        assert_snapshot!(query("{oneOf: [{type: object}, {type: array, items: {}}]}"), @"specs/test.yaml:52:11: paths./servers/.get.parameters[0].schema: [unsupported] the generator sends no object in a parameter; describe its properties as parameters, or the whole as a text");
        let header = |schema: &str| {
            broken([(
                "      tags: [servers]\n      x-idem",
                &format!(
                    "      tags: [servers]\n      parameters: [{{name: X-A, in: header, description: d, schema: {schema}}}]\n      x-idem"
                ),
            )])
        };
        assert_eq!(header("{type: string}"), "");
        assert_snapshot!(header("{type: array, items: {type: string}}"), @"specs/test.yaml:23:60: paths./servers/{id}/.post.parameters[0].schema: [unsupported] the generator sends no list in a header; describe it as a text");
        assert_snapshot!(header("{type: array, items: {oneOf: [{type: integer}, {type: string}]}}"), @"specs/test.yaml:23:60: paths./servers/{id}/.post.parameters[0].schema: [unsupported] the generator sends no list in a header; describe it as a text");
        let path = |schema: &str| {
            broken([(
                "      required: true\n      schema: {type: integer}\n",
                &format!("      required: true\n      schema: {schema}\n"),
            )])
        };
        for choice in ["oneOf", "anyOf"] {
            let ids = format!(
                "{{type: array, items: {{{choice}: [{{type: integer}}, {{type: string}}]}}}}"
            );
            assert_eq!(path(&ids), "");
        }
        assert_snapshot!(path("{type: array, items: {type: integer}}"), @"specs/test.yaml:79:7: components.parameters.ServerId.schema: [unsupported] the generator sends no list in a path, other than of ids; describe it as a text");
        assert_snapshot!(path("{type: object}"), @"specs/test.yaml:79:7: components.parameters.ServerId.schema: [unsupported] the generator sends no object in a parameter; describe its properties as parameters, or the whole as a text");
    }

    #[test]
    fn unsupported_are_fields_of_a_form_with_an_inside() {
        let list =
            "                      type: array\n                      items: {type: string}\n";
        let example = ("{key: secret, name: web-1}", "{key: secret, name: [web-1]}");
        assert_snapshot!(broken([("                      type: string\n", list), example]), @"specs/test.yaml:28:13: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded.schema: [unsupported] the field `name` is an array, which a form can't send; if the server reads JSON text in it, add `encoding: {name: {contentType: application/json}}`");
        let json = "            encoding: {name: {contentType: application/json}}\n            example: {key";
        assert_eq!(
            broken([
                ("                      type: string\n", list),
                example,
                ("            example: {key", json)
            ]),
            ""
        );
        let misspelt = json.replace("{name:", "{nam:");
        assert_snapshot!(broken([("            example: {key", &misspelt)]), @"specs/test.yaml:37:24: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded.encoding.nam: [unsupported] the form has no field `nam`; did you mean `name`?");
        let other = json.replace("application/json", "text/csv");
        assert_snapshot!(broken([("            example: {key", &other)]), @"specs/test.yaml:37:24: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded.encoding.name: [unsupported] an encoding must be of a field of a form, with `contentType: application/json` for JSON text; the generator knows no other");
    }
}

mod examples {
    use super::*;

    #[test]
    fn example_mismatch_sees_types() {
        assert_snapshot!(broken([("          example: 1\n", "          example: one\n")]), @"specs/test.yaml:53:11: paths./servers/.get.parameters[0].example: [example-mismatch] this is a text, but the schema says `integer`; correct one of them");
        assert_snapshot!(broken([("            name: web-1\n", "            name: 1.5\n")]), @"specs/test.yaml:89:13: components.responses.Server.content.application/json.example.name: [example-mismatch] this is a number with a fraction, but the schema says `string`; correct one of them");
        assert_snapshot!(broken([("          example: 1\n", "          examples: {first: {value: false}}\n")]), @"specs/test.yaml:53:30: paths./servers/.get.parameters[0].examples.first.value: [example-mismatch] this is true or false, but the schema says `integer`; correct one of them");
        assert_snapshot!(broken([("        name: {type: string, description: Its name.}", "        name: {type: string, description: Its name., default: 7}")]), @"specs/test.yaml:107:54: components.schemas.Server.properties.name.default: [example-mismatch] this is a whole number, but the schema says `string`; correct one of them");
    }

    #[test]
    fn example_mismatch_sees_properties() {
        assert_snapshot!(broken([("{key: secret, name: web-1}", "{key: secret}")]), @"specs/test.yaml:37:13: paths./servers/{id}/.post.requestBody.content.application/x-www-form-urlencoded.example: [example-mismatch] this lacks `name`, which the schema requires; add it");
        assert_snapshot!(broken([("            name: web-1\n", "            nane: web-1\n")]), @"specs/test.yaml:89:13: components.responses.Server.content.application/json.example.nane: [example-mismatch] `nane` is not a property of the schema; did you mean `name`?");
        assert_snapshot!(broken([("parent: {id: 3, name: host}", "parent: {id: 3, colour: red}")]), @"specs/test.yaml:91:29: components.responses.Server.content.application/json.example.parent.colour: [example-mismatch] `colour` is not a property of the schema; describe it there, or remove it from the example");
        assert_eq!(
            broken([
                (
                    "parent: {id: 3, name: host}",
                    "parent: {id: 3, colour: red}"
                ),
                (
                    "      description: A server.",
                    "      description: A server.\n      additionalProperties: {type: string}"
                )
            ]),
            ""
        );
        assert_snapshot!(broken([("parent: {id: 3, name: host}", "parent: {id: 3, colour: 7}"), ("      description: A server.", "      description: A server.\n      additionalProperties: {type: string}")]), @"specs/test.yaml:91:29: components.responses.Server.content.application/json.example.parent.colour: [example-mismatch] this is a whole number, but the schema says `string`; correct one of them");
    }

    #[test]
    fn example_mismatch_sees_enums_and_null() {
        assert_snapshot!(broken([("            state: running\n", "            state: walking\n")]), @"specs/test.yaml:90:13: components.responses.Server.content.application/json.example.state: [example-mismatch] this is 'walking', which the schema's `enum` doesn't list: 'running', 'stopped'");
        assert_snapshot!(broken([("            state: running\n", "            state: null\n")]), @"specs/test.yaml:90:13: components.responses.Server.content.application/json.example.state: [example-mismatch] this is null, but the schema says `string`; if the server sends null, add `nullable: true` to the schema");
        assert_eq!(
            broken([
                ("            state: running\n", "            state: null\n"),
                (
                    "          description: What it does.",
                    "          description: What it does.\n          nullable: true"
                )
            ]),
            ""
        );
    }

    #[test]
    fn example_mismatch_takes_any_of_several_schemas() {
        assert_eq!(
            broken([("            id: 7\n", "            id: '7'\n")]),
            ""
        );
        assert_snapshot!(broken([("            id: 7\n", "            id: [7]\n")]), @"specs/test.yaml:88:13: components.responses.Server.content.application/json.example.id: [example-mismatch] this fits none of the 2 schemas in `oneOf`; for the nearest: this is a list, but the schema says `integer`; correct one of them");
        assert_snapshot!(broken([("            id: 7\n", "            id: {number: x}\n"), ("oneOf: [{type: integer}, {type: string}]", "oneOf: [{type: integer}, {type: object, properties: {number: {type: integer, description: Number.}}}]")]), @"
specs/test.yaml:88:18: components.responses.Server.content.application/json.example.id.number: [example-mismatch] this fits none of the 2 schemas in `oneOf`; for the nearest: this is a text, but the schema says `integer`; correct one of them
specs/test.yaml:106:11: components.schemas.Server.properties.id.oneOf: [unsupported] the generator has no type for this choice; write one of those that README.md lists for `oneOf`, or leave the type out for any JSON
");
    }

    #[test]
    fn example_mismatch_ends_in_a_circle() {
        assert_snapshot!(broken([("      description: A server.", "      description: A server.\n      allOf: [{$ref: '#/components/schemas/Server'}]\n      oneOf: [{$ref: '#/components/schemas/Server'}]")]), @"
specs/test.yaml:100:5: components.schemas.Server: [circular-ref] `Server` → `Server` is a circle that no value comes out of; break it
specs/test.yaml:104:7: components.schemas.Server.oneOf: [unsupported] a choice of one is none; write that schema without `oneOf`
");
    }
}
