//! What each transform promises, on a few lines of a document: what it was, and what it becomes.

mod shapes;

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::envelope::{envelope, take_payloads};
use super::names::name_objects;
use super::operations::read_operations;
use super::own::name_own_types;
use super::requests::{
    describe_bodies, drop_credentials, inline_components, json_text_properties,
    nullable_lists_in_requests,
};
use super::schemas::{
    count_format, deprecated_properties, describe_references, drop_failures, drop_keywords,
    drop_unused_schemas, flatten_all_of, fold_keyed_maps, fold_lists, inline_plain_schemas,
    nullable_references, property_order, received_only,
};
use super::{Items, Lowered, Pages, lower};

fn yaml(text: &str) -> Value {
    match serde_yaml::from_str(text) {
        Ok(value) => value,
        Err(error) => panic!("the test's own YAML is broken: {error}\n{text}"),
    }
}

/// A document of an operation `callIt`, with these entries, and these component schemas.
fn document(operation: &str, schemas: &str) -> Value {
    let indent = |text: &str, by: &str| -> String {
        text.lines().map(|line| format!("{by}{line}\n")).collect()
    };
    yaml(&format!(
        "paths:\n  /it:\n    post:\n      operationId: callIt\n{}components:\n  schemas:\n{}",
        indent(operation, "      "),
        indent(schemas, "    "),
    ))
}

fn schemas(schemas: &str) -> Value {
    document("", schemas)
}

/// The body of a request that is a form.
fn form(schema: &str) -> String {
    format!("requestBody: {{content: {{application/x-www-form-urlencoded: {{schema: {schema}}}}}}}")
}

/// The body of a request that is JSON.
fn json(schema: &str) -> String {
    format!("requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}")
}

/// A reply that is JSON.
fn reply(schema: &str) -> String {
    format!(
        "responses: {{'200': {{description: d, content: {{application/json: {{schema: {schema}}}}}}}}}"
    )
}

/// Runs a transform, and compares. The order of keys counts only in `properties`.
#[track_caller]
fn becomes<T>(transform: impl FnOnce(&mut Value) -> T, given: Value, expected: Value) -> T {
    let mut found = given;
    let result = transform(&mut found);
    let text = |value: &Value| serde_yaml::to_string(value).unwrap_or_default();
    if found != expected || orders(&found) != orders(&expected) {
        panic!(
            "this was due:\n\n{}\nthis came:\n\n{}",
            text(&expected),
            text(&found)
        );
    }
    result
}

/// The names of the properties of each schema.
fn orders(value: &Value) -> Vec<Vec<&str>> {
    let children: Vec<&Value> = match value {
        Value::Mapping(map) => map.values().collect(),
        Value::Sequence(list) => list.iter().collect(),
        _ => Vec::new(),
    };
    let properties = value.get("properties").and_then(Value::as_mapping);
    let own = properties.map(|map| map.keys().filter_map(Value::as_str).collect());
    own.into_iter()
        .chain(children.into_iter().flat_map(orders))
        .collect()
}

/// The transform leaves the document as it is.
#[track_caller]
fn stays<T>(transform: impl FnOnce(&mut Value) -> T, given: Value) -> T {
    becomes(transform, given.clone(), given)
}

/// What stays of the lowered document, as YAML again.
#[track_caller]
fn lowered(spec: &Value) -> Lowered {
    match lower("test", spec) {
        Ok(lowered) => lowered,
        Err(error) => panic!("{error}"),
    }
}

mod components {
    use super::*;

    #[test]
    fn a_parameter_body_or_response_stands_where_it_is_referred_to() {
        let result = becomes(
            inline_components,
            yaml(
                "
paths:
  /it:
    post:
      parameters: [{$ref: '#/components/parameters/Page'}]
      requestBody: {$ref: '#/components/requestBodies/Names'}
      responses: {'200': {$ref: '#/components/responses/Empty'}}
components:
  parameters: {Page: {name: page, in: query}}
  requestBodies: {Names: {content: {application/json: {schema: {type: string}}}}}
  responses: {Empty: {description: Nothing.}}",
            ),
            yaml(
                "
paths:
  /it:
    post:
      parameters: [{name: page, in: query}]
      requestBody: {content: {application/json: {schema: {type: string}}}}
      responses: {'200': {description: Nothing.}}
components:
  parameters: {Page: {name: page, in: query}}
  requestBodies: {Names: {content: {application/json: {schema: {type: string}}}}}
  responses: {Empty: {description: Nothing.}}",
            ),
        );
        assert_eq!(result, Ok(3));
    }

    #[test]
    fn a_component_that_refers_to_another_stands_for_that_one() {
        let given = "
paths: {/it: {get: {responses: {'200': {$ref: '#/components/responses/A'}}}}}
components: {responses: {A: {$ref: '#/components/responses/B'}, B: {description: Found.}}}";
        let expected = "
paths: {/it: {get: {responses: {'200': {description: Found.}}}}}
components: {responses: {A: {description: Found.}, B: {description: Found.}}}";
        assert!(becomes(inline_components, yaml(given), yaml(expected)).is_ok());
    }

    #[test]
    fn a_reference_to_a_schema_stays_because_it_names_a_type() {
        let given = document(&reply("{$ref: '#/components/schemas/Thing'}"), "Thing: {}");
        assert_eq!(stays(inline_components, given), Ok(1));
    }

    #[test]
    fn an_example_that_holds_a_reference_is_no_reference() {
        let given = "paths: {/it: {get: {example: {$ref: '#/components/parameters/None'}}}}";
        assert_eq!(stays(inline_components, yaml(given)), Ok(0));
    }

    #[test]
    fn a_reference_to_nothing_and_a_circle_are_errors() {
        let broken = |components: &str| {
            let mut document = yaml(&format!(
                "{{paths: {{/it: {{$ref: '#/components/responses/A'}}}}, components: {components}}}"
            ));
            inline_components(&mut document)
        };
        assert_eq!(
            broken("{}"),
            Err("no such component: #/components/responses/A".to_owned())
        );
        assert_eq!(
            broken("{responses: {A: {$ref: '#/components/responses/A'}}}")
                .err()
                .map(|error| error.contains("in a circle")),
            Some(true)
        );
    }

    #[test]
    fn parameters_of_a_path_are_those_of_its_operations() {
        let given = "
paths:
  /it/{id}:
    parameters: [{name: id, in: path}, {name: page, in: query, description: Of the path.}]
    summary: Not an operation.
    get: {operationId: getIt}
    put: {operationId: putIt, parameters: [{name: page, in: query, description: Its own.}, {name: id, in: header}]}";
        let expected = "
paths:
  /it/{id}:
    summary: Not an operation.
    get:
      operationId: getIt
      parameters: [{name: id, in: path}, {name: page, in: query, description: Of the path.}]
    put:
      operationId: putIt
      parameters:
        - {name: page, in: query, description: Its own.}
        - {name: id, in: header}
        - {name: id, in: path}";
        assert!(becomes(inline_components, yaml(given), yaml(expected)).is_ok());
    }
}

mod plain_schemas {
    use super::*;

    #[test]
    fn a_number_text_list_or_map_stands_where_it_is_referred_to() {
        let components = "
Time: {type: integer, description: Seconds.}
Names: {type: array, description: Names., items: {$ref: '#/components/schemas/Name'}}
Name: {type: string, description: A name.}
Alias: {$ref: '#/components/schemas/Thing'}
Thing: {properties: {THIS}}";
        let with = |this: &str| schemas(components.replace("THIS", this).trim());
        let mut expected = with(
            "at: {type: integer, description: Seconds.}, \
             due: {type: integer, description: When it is due.}, \
             names: {type: array, description: Names., items: {type: string, description: A name.}}, \
             next: {$ref: '#/components/schemas/Thing'}",
        );
        expected["components"]["schemas"]["Names"]["items"] =
            yaml("{type: string, description: A name.}");
        let result = becomes(
            inline_plain_schemas,
            with(
                "at: {$ref: '#/components/schemas/Time'}, \
                 due: {description: When it is due., allOf: [{$ref: '#/components/schemas/Time'}]}, \
                 names: {$ref: '#/components/schemas/Names'}, \
                 next: {$ref: '#/components/schemas/Thing'}",
            ),
            expected,
        );
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn objects_enums_and_ids_keep_their_names() {
        let given = "
Thing: {type: object, properties: {}}
State: {type: string, enum: [up, down]}
Id: {oneOf: [{type: integer}, {type: string}]}
Both: {required: [a], allOf: [{$ref: '#/components/schemas/Thing'}]}
All: {properties: {a: {$ref: '#/components/schemas/Thing'}, b: {$ref: '#/components/schemas/State'}, c: {$ref: '#/components/schemas/Id'}, d: {$ref: '#/components/schemas/Both'}}}";
        assert_eq!(stays(inline_plain_schemas, schemas(given.trim())), Ok(()));
    }

    #[test]
    fn another_name_of_a_schema_is_that_schema() {
        let components = "
Other: {description: Another., nullable: true, allOf: [{$ref: '#/components/schemas/Thing'}]}
Thing: {properties: {a: {THIS}, b: {OWN}}}";
        let with = |this: &str, own: &str| {
            schemas(components.replace("THIS", this).replace("OWN", own).trim())
        };
        becomes(
            inline_plain_schemas,
            with(
                "$ref: '#/components/schemas/Other'",
                "description: Own., allOf: [{$ref: '#/components/schemas/Other'}]",
            ),
            with(
                "description: Another., nullable: true, allOf: [{$ref: '#/components/schemas/Thing'}]",
                "description: Own., nullable: true, allOf: [{$ref: '#/components/schemas/Thing'}]",
            ),
        )
        .ok();
    }

    #[test]
    fn names_that_stand_for_each_other_are_no_endless_loop() {
        let circle = "
A: {allOf: [{$ref: '#/components/schemas/B'}]}
B: {allOf: [{$ref: '#/components/schemas/A'}]}";
        assert_eq!(inline_plain_schemas(&mut schemas(circle.trim())), Ok(()));
    }

    #[test]
    fn a_list_of_itself_is_an_error_and_no_endless_loop() {
        let direct = "Tree: {type: array, items: {$ref: '#/components/schemas/Tree'}}";
        let around = "
Tree: {type: array, items: {type: array, items: {$ref: '#/components/schemas/Map'}}}
Map: {type: object, additionalProperties: {$ref: '#/components/schemas/Tree'}}";
        let renamed = "
Tree: {type: array, items: {$ref: '#/components/schemas/Other'}}
Other: {allOf: [{$ref: '#/components/schemas/Tree'}]}";
        for given in [direct, around.trim(), renamed.trim()] {
            let error = inline_plain_schemas(&mut schemas(given)).err();
            assert!(error.is_some_and(|e| e.contains("is a list or map of itself")));
        }
    }
}

mod credentials {
    use super::*;

    const MARKED: &str = "
Keys: {x-credentials: true, type: object, required: [key], properties: {key: {type: string}}}
Name: {type: object, properties: {name: {type: string}}}";

    fn body(schema: &str) -> Value {
        document(&form(schema), MARKED.trim())
    }

    #[test]
    fn a_body_of_nothing_else_goes() {
        let result = becomes(
            drop_credentials,
            body("{$ref: '#/components/schemas/Keys'}"),
            document("", MARKED.trim()),
        );
        assert!(result > 0);
    }

    #[test]
    fn a_part_of_a_body_goes() {
        let result = becomes(
            drop_credentials,
            body(
                "{allOf: [{$ref: '#/components/schemas/Keys'}, {$ref: '#/components/schemas/Name'}]}",
            ),
            body("{$ref: '#/components/schemas/Name'}"),
        );
        assert_eq!(result, 1);
    }

    #[test]
    fn the_parts_that_stay_are_more_than_one() {
        becomes(
            drop_credentials,
            body(
                "{allOf: [{$ref: '#/components/schemas/Keys'}, {properties: {a: {type: string}}}, {properties: {b: {type: string}}}]}",
            ),
            body("{allOf: [{properties: {a: {type: string}}}, {properties: {b: {type: string}}}]}"),
        );
    }

    #[test]
    fn a_part_of_a_body_with_a_name_goes_too() {
        let with = |parts: &str| {
            document(
                &form("{$ref: '#/components/schemas/Rename'}"),
                &format!(
                    "{}\nRename: {{description: d, allOf: {parts}}}",
                    MARKED.trim()
                ),
            )
        };
        becomes(
            drop_credentials,
            with("[{$ref: '#/components/schemas/Keys'}, {$ref: '#/components/schemas/Name'}]"),
            with("[{$ref: '#/components/schemas/Name'}]"),
        );
    }

    #[test]
    fn a_property_goes_and_is_no_longer_required() {
        let result = becomes(
            drop_credentials,
            body(
                "{required: [key, name], properties: {key: {type: string, x-credentials: true}, name: {type: string}}}",
            ),
            body("{required: [name], properties: {name: {type: string}}}"),
        );
        assert_eq!(result, 1);
    }

    #[test]
    fn a_property_that_refers_to_credentials_goes() {
        becomes(
            drop_credentials,
            body("{properties: {auth: {$ref: '#/components/schemas/Keys'}, name: {type: string}}}"),
            body("{properties: {name: {type: string}}}"),
        );
    }

    #[test]
    fn a_body_whose_properties_are_all_credentials_goes() {
        becomes(
            drop_credentials,
            body(
                "{allOf: [{$ref: '#/components/schemas/Keys'}, {properties: {otp: {x-credentials: true}}}]}",
            ),
            document("", MARKED.trim()),
        );
        becomes(
            drop_credentials,
            body("{properties: {key: {x-credentials: true}}}"),
            document("", MARKED.trim()),
        );
    }

    #[test]
    fn a_body_without_a_mark_stays() {
        let given = body("{properties: {name: {type: string}}}");
        assert_eq!(stays(drop_credentials, given), 0);
    }
}

mod forms {
    use super::*;

    #[test]
    fn fields_of_json_text_are_known_by_the_type_that_has_them() {
        let with = |schema: &str, encoding: &str| {
            document(
                &format!(
                    "requestBody: {{content: {{application/x-www-form-urlencoded: {{schema: {schema}{encoding}}}}}}}"
                ),
                "set_it: {properties: {map: {type: object}}}",
            )
        };
        let encoding =
            ", encoding: {map: {contentType: application/json}, file: {contentType: image/png}}";
        let inline = becomes(
            json_text_properties,
            with("{properties: {map: {type: object}}}", encoding),
            with("{properties: {map: {type: object}}}", ""),
        );
        assert_eq!(
            inline.into_iter().collect::<Vec<_>>(),
            [("CallItBody".to_owned(), "map".to_owned())]
        );
        let named = becomes(
            json_text_properties,
            with("{$ref: '#/components/schemas/set_it'}", encoding),
            with("{$ref: '#/components/schemas/set_it'}", ""),
        );
        assert_eq!(
            named.into_iter().collect::<Vec<_>>(),
            [("SetIt".to_owned(), "map".to_owned())]
        );
    }

    #[test]
    fn credentials_beside_a_named_body_leave_its_name() {
        let spec = document(
            "requestBody:
  content:
    application/x-www-form-urlencoded:
      encoding: {map: {contentType: application/json}}
      schema: {allOf: [{$ref: '#/components/schemas/Keys'}, {$ref: '#/components/schemas/Set'}]}
responses: {'204': {description: Done.}}",
            "Keys: {x-credentials: true, properties: {key: {type: string}}}
Set: {type: object, description: d, properties: {map: {type: object, description: m}}}",
        );
        let spec = with_head(spec);
        assert!(
            lowered(&spec)
                .json_text
                .contains(&("Set".to_owned(), "map".to_owned()))
        );
    }

    #[test]
    fn a_body_without_a_description_says_whose_it_is() {
        becomes(
            describe_bodies,
            document(&json("{properties: {a: {type: string}}}"), ""),
            document(
                &json(
                    "{description: The parameters of `callIt`., properties: {a: {type: string}}}",
                ),
                "",
            ),
        );
        stays(describe_bodies, document(&json("{description: Own.}"), ""));
        stays(
            describe_bodies,
            document(&json("{$ref: '#/components/schemas/A'}"), "A: {}"),
        );
    }
}

/// What a whole document begins with.
fn with_head(mut document: Value) -> Value {
    document["openapi"] = yaml("3.0.3");
    document["info"] = yaml("{title: Things, version: '1', description: All about things.}");
    document
}

mod lists {
    use super::*;

    const LISTS: &str = "
Thing: {type: object}
thing_list: {properties: {count: {type: integer}, results: {type: array, description: All., items: {$ref: '#/components/schemas/Thing'}}}}";

    #[test]
    fn an_object_or_its_list_bare_is_the_object() {
        let object = "{$ref: '#/components/schemas/thing_list'}";
        let list = "{type: array, items: {$ref: '#/components/schemas/Thing'}}";
        for either in [
            format!("{{oneOf: [{object}, {list}]}}"),
            format!("{{oneOf: [{list}, {object}]}}"),
        ] {
            let lists = becomes(
                fold_lists,
                document(&reply(&either), LISTS.trim()),
                document(&reply(object), LISTS.trim()),
            );
            assert_eq!(
                lists.into_iter().collect::<Vec<_>>(),
                [("ThingList".to_owned(), "results".to_owned())]
            );
        }
    }

    #[test]
    fn a_list_of_something_else_is_not_folded() {
        let either = "{oneOf: [{$ref: '#/components/schemas/thing_list'}, {type: array, items: {type: string}}]}";
        let lists = stays(fold_lists, document(&reply(either), LISTS.trim()));
        assert!(lists.is_empty());
    }

    const KEYED: &str = "
thing: {type: object, properties: {size: {type: integer}}}
things:
  type: object
  properties:
    all:
      description: By name.
      oneOf:
        - {type: object, additionalProperties: {$ref: '#/components/schemas/thing'}}
        - {type: array, items: {allOf: [{$ref: '#/components/schemas/thing'}, {type: object, properties: {name: {type: string}}}]}}
";

    #[test]
    fn a_list_whose_items_hold_their_key_is_folded_into_the_map() {
        let map = "
things:
  type: object
  properties:
    all:
      description: By name.
      type: object
      additionalProperties: {$ref: '#/components/schemas/thing'}
";
        let thing = KEYED.trim().lines().next().unwrap_or_default();
        let keys = becomes(
            fold_keyed_maps,
            schemas(KEYED.trim()),
            schemas(&format!("{thing}{}", map.trim_end())),
        );
        assert_eq!(
            keys.into_iter().collect::<Vec<_>>(),
            [("Thing".to_owned(), "name".to_owned())]
        );
    }

    #[test]
    fn a_list_whose_items_have_more_than_a_key_is_not_folded() {
        let more = KEYED.replace(
            "{name: {type: string}}",
            "{name: {type: string}, more: {type: string}}",
        );
        assert!(stays(fold_keyed_maps, schemas(more.trim())).is_empty());
    }

    #[test]
    fn a_list_that_a_request_sends_may_be_null_so_that_an_empty_one_is_sent() {
        let sent = |nullable: &str| {
            document(
                &json(&format!(
                    "{{required: [must], properties: {{\
                     must: {{type: array, items: {{type: string}}}}, \
                     list: {{type: array, items: {{type: string}}{nullable}}}, \
                     map: {{type: object, additionalProperties: {{type: string}}{nullable}}}, \
                     any: {{type: object{nullable}}}, \
                     inner: {{type: object, properties: {{list: {{type: array, items: {{}}{nullable}}}}}}}, \
                     name: {{type: string}}}}}}"
                )),
                "",
            )
        };
        becomes(
            nullable_lists_in_requests,
            sent(""),
            sent(", nullable: true"),
        );
    }

    #[test]
    fn a_list_that_is_received_stays_a_plain_list() {
        let list = "{type: object, properties: {list: {type: array, items: {type: string}}}}";
        stays(nullable_lists_in_requests, document(&reply(list), ""));
        // What is sent and received is one type, and a reply's list is the plainer one.
        let both = format!(
            "{}\n{}",
            json("{$ref: '#/components/schemas/Both'}"),
            reply("{$ref: '#/components/schemas/Both'}")
        );
        stays(
            nullable_lists_in_requests,
            document(&both, &format!("Both: {list}")),
        );
    }

    #[test]
    fn a_list_of_a_named_request_may_be_null() {
        let with = |nullable: &str| {
            document(
                &json("{$ref: '#/components/schemas/Sent'}"),
                &format!("Sent: {{properties: {{list: {{type: array, items: {{}}{nullable}}}}}}}"),
            )
        };
        becomes(
            nullable_lists_in_requests,
            with(""),
            with(", nullable: true"),
        );
    }
}

mod all_of {
    use super::*;

    #[test]
    fn all_parts_become_one_object_in_their_order() {
        let parts = "
Base: {type: object, required: [id], properties: {id: {type: integer}, name: {type: string}}}";
        let result = becomes(
            flatten_all_of,
            schemas(&format!(
                "{}\nMore: {{description: More., allOf: [{{$ref: '#/components/schemas/Base'}}, {{required: [extra], properties: {{extra: {{type: string}}}}}}]}}",
                parts.trim()
            )),
            schemas(&format!(
                "{}\nMore: {{description: More., type: object, required: [id, extra], properties: {{id: {{type: integer}}, name: {{type: string}}, extra: {{type: string}}}}}}",
                parts.trim()
            )),
        );
        assert_eq!(result, Ok(1));
    }

    #[test]
    fn parts_of_parts_and_of_properties_are_joined_as_well() {
        let given = "
A: {properties: {a: {allOf: [{properties: {x: {type: string}}}, {properties: {y: {type: string}}}]}}}
B: {allOf: [{$ref: '#/components/schemas/A'}, {properties: {b: {type: string}}}]}
C: {allOf: [{$ref: '#/components/schemas/B'}, {properties: {c: {type: string}}}]}";
        let a = "a: {type: object, properties: {x: {type: string}, y: {type: string}}}";
        let expected = format!(
            "A: {{properties: {{{a}}}}}
B: {{type: object, properties: {{{a}, b: {{type: string}}}}}}
C: {{type: object, properties: {{{a}, b: {{type: string}}, c: {{type: string}}}}}}"
        );
        assert!(becomes(flatten_all_of, schemas(given.trim()), schemas(&expected)).is_ok());
    }

    #[test]
    fn a_description_beside_one_reference_stays() {
        let given =
            "A: {properties: {b: {description: Own., allOf: [{$ref: '#/components/schemas/B'}]}}}
B: {properties: {}}";
        assert_eq!(stays(flatten_all_of, schemas(given)), Ok(1));
    }

    #[test]
    fn properties_beside_one_reference_are_joined_with_it() {
        becomes(
            flatten_all_of,
            schemas(
                "A: {allOf: [{$ref: '#/components/schemas/B'}], properties: {a: {type: string}}}
B: {properties: {b: {type: string}}}",
            ),
            schemas(
                "A: {type: object, properties: {a: {type: string}, b: {type: string}}}
B: {properties: {b: {type: string}}}",
            ),
        )
        .ok();
    }

    #[test]
    fn what_is_required_and_no_longer_there_is_not_required() {
        becomes(
            flatten_all_of,
            schemas("A: {required: [key, a], allOf: [{properties: {a: {type: string}}}]}"),
            schemas("A: {type: object, required: [a], properties: {a: {type: string}}}"),
        )
        .ok();
    }

    #[test]
    fn an_envelope_beside_its_payload_stays_until_the_payload_is_taken() {
        let mut given = document(
            &reply(
                "{allOf: [{$ref: '#/components/schemas/Envelope'}, {$ref: '#/components/schemas/Thing'}]}",
            ),
            "Envelope: {properties: {error: {type: integer}}}
Thing: {properties: {name: {type: string}}}",
        );
        given["x-envelope"] = yaml("{field: error, success: 0}");
        assert_eq!(stays(flatten_all_of, given), Ok(1));
    }

    #[test]
    fn a_circle_and_what_is_no_object_are_errors() {
        let refused = |given: &str| flatten_all_of(&mut schemas(given)).unwrap_err();
        let circle = refused(
            "A: {allOf: [{$ref: '#/components/schemas/B'}, {properties: {}}]}
B: {allOf: [{$ref: '#/components/schemas/A'}, {properties: {}}]}",
        );
        assert!(circle.contains("in a circle"), "{circle}");
        for part in ["{type: string}", "{oneOf: [{}]}", "{anyOf: [{}]}"] {
            let error = refused(&format!("A: {{allOf: [{{properties: {{}}}}, {part}]}}"));
            assert!(error.contains("anything but objects"), "{error}");
        }
    }
}

mod payloads {
    use super::*;

    const SCHEMAS: &str = "
Envelope: {properties: {error: {type: integer}, message: {type: string}, info: {type: string}}}
Thing: {properties: {name: {type: string}}}
More: {properties: {more: {type: string}}}";
    const BESIDE: &str = "{field: error, success: 0, message: message, details: [info]}";
    const INSIDE: &str = "{field: code, success: '0', message: msg, payload: data}";

    fn enveloped(envelope: &str, operation: &str) -> Value {
        let mut document = document(operation, SCHEMAS.trim());
        document["x-envelope"] = yaml(envelope);
        document
    }

    #[test]
    fn a_payload_beside_the_envelope_is_taken() {
        let result = becomes(
            take_payloads,
            enveloped(
                BESIDE,
                &reply(
                    "{allOf: [{$ref: '#/components/schemas/Envelope'}, {$ref: '#/components/schemas/Thing'}]}",
                ),
            ),
            enveloped(BESIDE, &reply("{$ref: '#/components/schemas/Thing'}")),
        );
        assert_eq!(result, Ok(1));
    }

    #[test]
    fn a_payload_of_several_parts_is_one_object() {
        becomes(
            take_payloads,
            enveloped(
                BESIDE,
                &reply("{allOf: [{$ref: '#/components/schemas/Envelope'}, {$ref: '#/components/schemas/Thing'}, {$ref: '#/components/schemas/More'}]}"),
            ),
            enveloped(
                BESIDE,
                &reply("{type: object, properties: {name: {type: string}, more: {type: string}}}"),
            ),
        )
        .ok();
    }

    #[test]
    fn a_payload_in_a_field_is_taken() {
        let field = "{properties: {code: {type: integer}, msg: {type: string}, data: {type: array, items: {type: string}}}}";
        let result = becomes(
            take_payloads,
            enveloped(INSIDE, &reply(field)),
            enveloped(INSIDE, &reply("{type: array, items: {type: string}}")),
        );
        assert_eq!(result, Ok(1));
    }

    #[test]
    fn the_envelope_alone_carries_nothing() {
        for (envelope, schema) in [
            (BESIDE, "{$ref: '#/components/schemas/Envelope'}"),
            (BESIDE, "{allOf: [{$ref: '#/components/schemas/Envelope'}]}"),
            (INSIDE, "{properties: {code: {type: integer}}}"),
        ] {
            let result = becomes(
                take_payloads,
                enveloped(envelope, &reply(schema)),
                enveloped(envelope, "responses: {'200': {description: d}}"),
            );
            assert_eq!(result, Ok(1), "{schema}");
        }
    }

    #[test]
    fn a_field_whose_type_nobody_says_carries_nothing() {
        let with =
            |data: &str| format!("{{properties: {{code: {{type: integer}}, data: {data}}}}}");
        for data in ["{}", "{description: Empty.}", "{nullable: true}"] {
            let result = becomes(
                take_payloads,
                enveloped(INSIDE, &reply(&with(data))),
                enveloped(INSIDE, "responses: {'200': {description: d}}"),
            );
            assert_eq!(result, Ok(1), "{data}");
        }
        for data in [
            "{type: string}",
            "{$ref: '#/components/schemas/Thing'}",
            "{allOf: [{$ref: '#/components/schemas/Thing'}]}",
            "{oneOf: [{type: integer}, {type: string}]}",
            "{anyOf: [{$ref: '#/components/schemas/Thing'}]}",
            "{properties: {a: {type: string}}}",
            "{additionalProperties: {type: string}}",
            "{items: {type: string}}",
        ] {
            becomes(
                take_payloads,
                enveloped(INSIDE, &reply(&with(data))),
                enveloped(INSIDE, &reply(data)),
            )
            .ok();
        }
    }

    const PAGE: &str = "type: object, properties: {count: {type: integer}, data: {type: array, items: {type: string}}}";

    #[test]
    fn a_payload_with_company_is_the_whole_reply_without_its_envelope() {
        let own = "required: [code, count], allOf: [{$ref: '#/components/schemas/Head'}, {properties: {count: {type: integer}, data: {type: array, items: {type: string}}}}]";
        let with = |operation: &str| {
            let mut document = document(
                operation,
                "Head: {properties: {code: {type: integer}, msg: {type: string}, info: {type: string}}}",
            );
            document["x-envelope"] =
                yaml("{field: code, success: 0, message: msg, payload: data, details: [info]}");
            document
        };
        let result = becomes(
            take_payloads,
            with(&reply(&format!("{{{own}}}"))),
            with(&format!(
                "x-envelope: {{payload: null}}\n{}",
                reply(&format!("{{required: [count], {PAGE}}}"))
            )),
        );
        assert_eq!(result, Ok(1));
    }

    #[test]
    fn so_it_is_under_a_name() {
        let with = |operation: &str, page: &str| {
            let mut document = document(operation, &format!("Page: {{{page}}}"));
            document["x-envelope"] = yaml(INSIDE);
            document
        };
        let page = "properties: {code: {type: integer}, msg: {type: string}, count: {type: integer}, data: {type: array, items: {type: string}}}";
        let named = reply("{$ref: '#/components/schemas/Page'}");
        let exception = "x-envelope: {payload: null, success: 1}";
        becomes(
            take_payloads,
            with(&format!("x-envelope: {{success: 1}}\n{named}"), page),
            with(&format!("{exception}\n{named}"), PAGE),
        )
        .ok();
    }

    #[test]
    fn a_reply_with_a_name_gives_it_to_its_payload() {
        let with = |operation: &str, named: &str| {
            let mut document = document(
                operation,
                &format!("{}\nNamed: {{{named}}}", SCHEMAS.trim()),
            );
            document["x-envelope"] = yaml(BESIDE);
            document
        };
        let reply = reply("{$ref: '#/components/schemas/Named'}");
        let parts = "allOf: [{$ref: '#/components/schemas/Envelope'}, {$ref: '#/components/schemas/Thing'}]";
        let result = becomes(
            take_payloads,
            with(&reply, parts),
            with(
                &format!("x-envelope: {{payload: null}}\n{reply}"),
                "type: object, properties: {name: {type: string}}",
            ),
        );
        assert_eq!(result, Ok(1));
    }

    #[test]
    fn then_the_operation_has_no_field_for_its_payload() {
        let reply = reply(
            "{properties: {code: {type: integer}, count: {type: integer}, data: {type: array, items: {type: string}}}}",
        );
        let mut document = enveloped(INSIDE, &reply);
        take_payloads(&mut document).ok();
        let operation = &document["paths"]["/it"]["post"];
        let payload = envelope(&document, operation).map(|envelope| envelope.payload);
        assert_eq!(payload, Some(None));
    }

    #[test]
    fn an_envelope_without_a_message_is_one() {
        let result = becomes(
            take_payloads,
            {
                let mut given = document(
                    &reply(
                        "{allOf: [{$ref: '#/components/schemas/Code'}, {$ref: '#/components/schemas/Thing'}]}",
                    ),
                    "Code: {properties: {error: {}}}\nThing: {properties: {name: {}}}",
                );
                given["x-envelope"] = yaml("{field: error, success: 0}");
                given
            },
            {
                let mut expected = document(
                    &reply("{$ref: '#/components/schemas/Thing'}"),
                    "Code: {properties: {error: {}}}\nThing: {properties: {name: {}}}",
                );
                expected["x-envelope"] = yaml("{field: error, success: 0}");
                expected
            },
        );
        assert_eq!(result, Ok(1));
    }

    #[test]
    fn a_reply_whose_envelope_is_the_result_stays() {
        let operation = format!(
            "x-envelope: {{results: {{minimum: 0, maximum: 255}}}}\n{}",
            reply("{$ref: '#/components/schemas/Thing'}")
        );
        assert_eq!(stays(take_payloads, enveloped(BESIDE, &operation)), Ok(1));
    }

    #[test]
    fn a_failure_keeps_its_envelope() {
        let failure = reply("{$ref: '#/components/schemas/Envelope'}").replace("200", "400");
        assert_eq!(stays(take_payloads, enveloped(BESIDE, &failure)), Ok(0));
    }

    #[test]
    fn a_reply_without_its_envelope_is_an_error() {
        let beside = "make it `allOf` of the schema with `error` and of what stands beside";
        for (envelope, schema, remedy) in [
            (BESIDE, "{$ref: '#/components/schemas/Thing'}", beside),
            (
                BESIDE,
                "{allOf: [{$ref: '#/components/schemas/Thing'}, {$ref: '#/components/schemas/More'}]}",
                beside,
            ),
            (
                INSIDE,
                "{properties: {data: {type: string}}}",
                "give it the properties `code` and `data`",
            ),
        ] {
            let taken = take_payloads(&mut enveloped(envelope, &reply(schema)));
            let says = "callIt: its reply has no payload that the envelope could be taken off";
            assert_eq!(taken, Err(format!("{says}: {remedy}")), "{schema}");
        }
    }

    #[test]
    fn without_an_envelope_nothing_happens() {
        let given = document(&reply("{type: string}"), "");
        assert_eq!(stays(take_payloads, given), Ok(0));
    }

    #[test]
    fn an_operation_overrides_parts_of_the_envelope() {
        let operation =
            yaml("{x-envelope: {message: text, success: true, results: {minimum: 0, maximum: 9}}}");
        let document = enveloped(BESIDE, "");
        let found = envelope(&document, &operation).map(|e| {
            (
                e.field, e.success, e.message, e.payload, e.details, e.results,
            )
        });
        assert_eq!(
            found,
            Some((
                "error".to_owned(),
                "true".to_owned(),
                "text".to_owned(),
                None,
                vec!["info".to_owned()],
                Some((0, 9)),
            ))
        );
        let own = envelope(&document, &Value::Null).map(|e| (e.success, e.message, e.results));
        assert_eq!(own, Some(("0".to_owned(), "message".to_owned(), None)));
        let inside = envelope(&enveloped(INSIDE, ""), &Value::Null).map(|e| (e.success, e.payload));
        assert_eq!(inside, Some(("0".to_owned(), Some("data".to_owned()))));
    }
}

mod replies {
    use super::*;

    #[test]
    fn only_successes_stay() {
        becomes(
            drop_failures,
            document(
                "responses: {'200': {}, '204': {}, 2XX: {}, '302': {}, '404': {}, 5XX: {}, default: {}}",
                "",
            ),
            document("responses: {'200': {}, '204': {}, 2XX: {}}", ""),
        );
    }
}

mod ids {
    use super::*;

    const EITHER: &str = "oneOf: [{type: integer, format: int64}, {type: string}]";

    #[test]
    fn a_schema_that_is_a_number_or_text_is_an_id() {
        let ids = becomes(
            name_own_types,
            schemas(&format!("domain_id: {{description: An id., {EITHER}}}")),
            schemas("domain_id: {description: An id., type: string}"),
        );
        let own = [("DomainId".to_owned(), "crate::Id")];
        assert_eq!(ids, Ok(own.into()));
    }

    #[test]
    fn without_a_name_it_is_called_id() {
        let ids = becomes(
            name_own_types,
            document(
                &format!("parameters: [{{name: id, schema: {{{EITHER}}}}}]"),
                &format!("Thing: {{properties: {{id: {{description: Its id., {EITHER}}}, all: {{type: array, items: {{{EITHER}}}}}}}}}"),
            ),
            document(
                "parameters: [{name: id, schema: {$ref: '#/components/schemas/Id'}}]",
                "Thing: {properties: {id: {description: Its id., allOf: [{$ref: '#/components/schemas/Id'}]}, all: {type: array, items: {$ref: '#/components/schemas/Id'}}}}
Id: {type: string}",
            ),
        );
        let own = [("Id".to_owned(), "crate::Id")];
        assert_eq!(ids, Ok(own.into()));
    }

    #[test]
    fn a_document_without_components_gets_them() {
        let given = format!("paths: {{/it: {{get: {{parameters: [{{schema: {{{EITHER}}}}}]}}}}}}");
        let expected = "
paths: {/it: {get: {parameters: [{schema: {$ref: '#/components/schemas/Id'}}]}}}
components: {schemas: {Id: {type: string}}}";
        assert!(becomes(name_own_types, yaml(&given), yaml(expected)).is_ok());
    }

    #[test]
    fn another_schema_of_that_name_is_an_error() {
        let mut document = schemas(&format!(
            "Id: {{type: object}}\nThing: {{properties: {{id: {{{EITHER}}}}}}}"
        ));
        assert!(name_own_types(&mut document).is_err_and(|e| e.contains("rename it")));
    }

    #[test]
    fn another_choice_is_no_id() {
        for types in [
            "{type: integer}, {type: boolean}",
            "{type: string}, {type: boolean}",
            "{type: string}, {type: integer}, {type: boolean}",
            "{type: string}",
        ] {
            let given = schemas(&format!("Either: {{oneOf: [{types}]}}"));
            assert_eq!(
                stays(name_own_types, given).map(|ids| ids.len()),
                Ok(0),
                "{types}"
            );
        }
    }
}

mod names {
    use super::*;

    #[test]
    fn an_object_in_an_object_gets_the_name_of_the_way_to_it() {
        let result = becomes(
            name_objects,
            schemas(
                "disk_info: {properties: {
  z_part: {description: Its part., properties: {b: {type: string}, a: {type: string}}},
  disks: {type: array, items: {properties: {size: {type: integer}}}},
  by_name: {type: object, additionalProperties: {properties: {size: {type: integer}}}}}}",
            ),
            schemas(
                "disk_info: {properties: {
  z_part: {description: Its part., allOf: [{$ref: '#/components/schemas/DiskInfoZPart'}]},
  disks: {type: array, items: {description: An item of `DiskInfoDisks`., allOf: [{$ref: '#/components/schemas/DiskInfoDisksItem'}]}},
  by_name: {type: object, additionalProperties: {description: A value of `DiskInfoByName`., allOf: [{$ref: '#/components/schemas/DiskInfoByNameValue'}]}}}}
DiskInfoZPart: {description: Its part., properties: {b: {type: string}, a: {type: string}}}
DiskInfoDisksItem: {description: An item of `DiskInfoDisks`., properties: {size: {type: integer}}}
DiskInfoByNameValue: {description: A value of `DiskInfoByName`., properties: {size: {type: integer}}}",
            ),
        );
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn an_object_in_a_request_or_as_a_reply_gets_a_name() {
        let given = format!(
            "{}\n{}",
            json(
                "{properties: {deep: {nullable: true, description: Deep., properties: {a: {type: string}}}}}"
            ),
            reply("{properties: {b: {type: string}}}")
        );
        let expected = format!(
            "{}\n{}",
            json(
                "{properties: {deep: {nullable: true, description: Deep., allOf: [{$ref: '#/components/schemas/CallItBodyDeep'}]}}}"
            ),
            reply(
                "{description: The reply to `callIt`., allOf: [{$ref: '#/components/schemas/CallItResponse'}]}"
            ),
        );
        let result = becomes(
            name_objects,
            document(&given, "Other: {}"),
            document(
                &expected,
                "Other: {}
CallItBodyDeep: {description: Deep., properties: {a: {type: string}}}
CallItResponse: {description: The reply to `callIt`., properties: {b: {type: string}}}",
            ),
        );
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn an_enum_without_a_description_gets_that_of_its_parameter() {
        let with = |description: &str| {
            document(
                &format!(
                    "parameters: [{{name: sort, description: How to sort., schema: {{type: string, enum: [up]{description}}}}}]"
                ),
                "",
            )
        };
        assert!(becomes(name_objects, with(""), with(", description: How to sort.")).is_ok());
    }

    #[test]
    fn a_schema_that_has_the_name_already_is_an_error() {
        let mut document = schemas(
            "Thing: {properties: {part: {properties: {a: {type: string}}}}}\nThing_part: {type: object}",
        );
        let error = name_objects(&mut document).unwrap_err();
        assert!(
            error.contains("`Thing_part`") && error.contains("`ThingPart`"),
            "{error}"
        );
    }
}

mod descriptions {
    use super::*;

    #[test]
    fn a_property_that_is_a_bare_reference_has_the_words_of_its_target() {
        becomes(
            describe_references,
            schemas("A: {properties: {b: {$ref: '#/components/schemas/B'}, items: {$ref: '#/components/schemas/B'}}}
B: {description: About B.}"),
            schemas("A: {properties: {b: {description: About B., allOf: [{$ref: '#/components/schemas/B'}]}, items: {description: About B., allOf: [{$ref: '#/components/schemas/B'}]}}}
B: {description: About B.}"),
        );
    }

    #[test]
    fn a_property_with_words_of_its_own_keeps_them() {
        stays(
            describe_references,
            schemas("A: {properties: {b: {description: Own., allOf: [{$ref: '#/components/schemas/B'}]}}}
B: {description: About B.}"),
        );
    }

    #[test]
    fn references_in_a_circle_end() {
        let mut document = schemas(
            "A: {properties: {b: {$ref: '#/components/schemas/B'}}}
B: {$ref: '#/components/schemas/C'}
C: {$ref: '#/components/schemas/B'}",
        );
        describe_references(&mut document);
    }

    #[test]
    fn what_refers_to_a_schema_that_may_be_null_may_be_null() {
        becomes(
            nullable_references,
            schemas("A: {properties: {b: {description: Own., allOf: [{$ref: '#/components/schemas/B'}]}, c: {type: array, items: {$ref: '#/components/schemas/B'}}}}
B: {nullable: true, type: object}"),
            schemas("A: {properties: {b: {nullable: true, description: Own., allOf: [{$ref: '#/components/schemas/B'}]}, c: {type: array, items: {nullable: true, allOf: [{$ref: '#/components/schemas/B'}]}}}}
B: {type: object}"),
        );
        stays(
            nullable_references,
            schemas("A: {properties: {b: {nullable: true, type: string}, c: {$ref: '#/components/schemas/B'}}}
B: {type: object}"),
        );
    }
}

mod keywords {
    use super::*;

    fn drop(given: &str, expected: &str) {
        becomes(
            drop_keywords,
            schemas(&format!("A: {given}")),
            schemas(&format!("A: {expected}")),
        );
    }

    #[test]
    fn defaults_and_bounds_go() {
        drop(
            "{type: integer, default: 1, minimum: 1, maximum: 9, exclusiveMinimum: true, exclusiveMaximum: true, multipleOf: 2}",
            "{type: integer}",
        );
        drop(
            "{type: string, default: a, minLength: 1, maxLength: 9, pattern: '.*', title: Name, example: a}",
            "{type: string}",
        );
        drop(
            "{type: array, minItems: 1, maxItems: 9, uniqueItems: true, items: {type: integer, minimum: 1}}",
            "{type: array, items: {type: integer}}",
        );
        drop(
            "{type: object, minProperties: 1, maxProperties: 2, additionalProperties: {type: integer, minimum: 1}}",
            "{type: object, additionalProperties: {type: integer}}",
        );
        drop(
            "{title: T, default: {}, properties: {a: {type: integer, default: 1}}}",
            "{properties: {a: {type: integer}}}",
        );
    }

    #[test]
    fn keywords_of_parameters_and_bodies_go_too() {
        let with = |schema: &str, own: &str| {
            document(
                &format!(
                    "parameters: [{{name: a, example: 1, schema: {schema}}}]\n{}\n{}",
                    json(own),
                    reply(schema)
                ),
                "",
            )
        };
        becomes(
            drop_keywords,
            with(
                "{type: integer, default: 1}",
                "{properties: {default: {type: string, minLength: 1}}}",
            ),
            with("{type: integer}", "{properties: {default: {type: string}}}"),
        );
    }

    #[test]
    fn only_a_text_keeps_its_values() {
        drop("{type: integer, enum: [0, 1]}", "{type: integer}");
        drop(
            "{type: string, enum: [a, b]}",
            "{type: string, enum: [a, b]}",
        );
    }

    #[test]
    fn formats_that_are_a_type_of_their_own_go() {
        for format in ["uuid", "ipv4", "int32", "email", "date", "date-time"] {
            drop(
                &format!("{{type: string, format: {format}}}"),
                "{type: string}",
            );
        }
        for format in ["byte", "password"] {
            let kept = format!("{{type: string, format: {format}}}");
            drop(&kept, &kept);
        }
    }

    #[test]
    fn a_date_says_how_it_is_written() {
        drop(
            "{type: string, format: date, description: 'The day. '}",
            "{type: string, description: The day. ISO 8601 date.}",
        );
        drop(
            "{type: string, format: date-time, description: The time}",
            "{type: string, description: The time. ISO 8601 date and time.}",
        );
    }

    #[test]
    fn a_property_may_have_the_name_of_a_keyword() {
        const NAMES: [&str; 15] = [
            "allOf",
            "default",
            "description",
            "enum",
            "example",
            "examples",
            "format",
            "items",
            "minimum",
            "oneOf",
            "properties",
            "required",
            "title",
            "type",
            "version",
        ];
        let all = |schema: &str| -> String {
            let properties = NAMES.map(|name| format!("{name}: {schema}"));
            format!("{{properties: {{{}}}}}", properties.join(", "))
        };
        drop(&all("{type: integer, minimum: 1}"), &all("{type: integer}"));
        let nested = |inner: &str| format!("{{properties: {{properties: {inner}}}}}");
        drop(
            &nested(&all("{type: integer, default: 1}")),
            &nested(&all("{type: integer}")),
        );
    }

    #[test]
    fn every_transform_lowers_a_property_of_such_a_name() {
        let names = [
            "default",
            "enum",
            "example",
            "examples",
            "properties",
            "type",
            "version",
        ];
        for name in names {
            let spec = with_head(document(
                &format!(
                    "{}\n{}",
                    form(&format!(
                        "{{allOf: [{{$ref: '#/components/schemas/Keys'}}, {{properties: {{{name}: {{description: d, type: array, items: {{type: string}}}}}}}}]}}"
                    )),
                    reply("{$ref: '#/components/schemas/Thing'}"),
                ),
                &format!(
                    "Keys: {{properties: {{{name}_key: {{x-credentials: true}}}}, x-credentials: true}}
Base: {{type: object, properties: {{id: {{type: integer, minimum: 1, description: d}}}}}}
Thing: {{description: d, properties: {{{name}: {{description: d, allOf: [{{$ref: '#/components/schemas/Base'}}, {{properties: {{secret: {{type: string, format: password, description: d}}}}}}]}}}}}}"
                ),
            ));
            let lowered = lowered(&spec);
            assert_eq!(lowered.secrets, 1, "{name}");
            assert_eq!(lowered.properties["CallItBody"], [name], "{name}");
            assert_eq!(lowered.properties["Thing"], [name], "{name}");
            let part = super::super::walk::type_name(&format!("Thing_{name}"));
            assert_eq!(lowered.properties[&part], ["id", "secret"], "{name}");
        }
    }

    #[test]
    fn formats_are_counted() {
        let mut document = schemas(
            "A: {properties: {a: {type: string, format: byte}, format: {type: string, format: password}, b: {type: array, items: {format: password}}}, example: {format: password}}",
        );
        assert_eq!(count_format(&mut document, "byte"), 1);
        assert_eq!(count_format(&mut document, "password"), 2);
    }
}

mod leftovers {
    use super::*;

    #[test]
    fn what_no_operation_sends_or_receives_goes() {
        let operation = format!(
            "parameters: [{{schema: {{$ref: '#/components/schemas/Sort'}}}}]\n{}\n{}",
            json("{$ref: '#/components/schemas/Sent'}"),
            reply("{type: array, items: {$ref: '#/components/schemas/Got'}}"),
        );
        let used = "
Sort: {}
Sent: {properties: {part: {$ref: '#/components/schemas/Part'}}}
Got: {}
Part: {properties: {whole: {$ref: '#/components/schemas/Sent'}}}";
        let mut given = document(&operation, &format!("{}\nUnused: {{}}", used.trim()));
        given["security"] = yaml("[{key: []}]");
        given["components"]["securitySchemes"] = yaml("{key: {type: http}}");
        becomes(
            drop_unused_schemas,
            given,
            document(&operation, used.trim()),
        );
    }

    #[test]
    fn properties_keep_their_order_by_the_name_of_their_type() {
        let mut document = document(
            &json("{properties: {z: {}, a: {}}}"),
            "the_thing: {properties: {c: {}, b: {}}}\n2fa: {properties: {code: {}}}",
        );
        let order = property_order(&mut document);
        assert_eq!(order["CallItBody"], ["z", "a"]);
        assert_eq!(order["TheThing"], ["c", "b"]);
        assert_eq!(order["X2fa"], ["code"]);
    }

    #[test]
    fn the_order_of_a_named_body_is_its_own() {
        let mut document = document(
            &json("{$ref: '#/components/schemas/CallItBody'}"),
            "CallItBody: {properties: {z: {}, a: {}}}",
        );
        assert_eq!(property_order(&mut document)["CallItBody"], ["z", "a"]);
    }

    #[test]
    fn what_the_spec_advises_against_is_known_by_its_type() {
        let old = "{type: string, deprecated: true}";
        let mut document = document(
            &json(&format!(
                "{{properties: {{a: {old}, b: {{type: string}}}}}}"
            )),
            &format!(
                "the_thing: {{properties: {{c: {old}, d: {{deprecated: false}}, deprecated: {{}}}}}}"
            ),
        );
        let found = deprecated_properties(&mut document);
        let found: Vec<_> = found.iter().map(|(ty, name)| (&**ty, &**name)).collect();
        assert_eq!(found, [("CallItBody", "a"), ("TheThing", "c")]);
    }

    #[test]
    fn a_type_that_is_sent_is_not_only_received() {
        let document = document(
            &format!(
                "{}\n{}",
                json("{properties: {a: {$ref: '#/components/schemas/both'}}}"),
                reply(
                    "{properties: {a: {$ref: '#/components/schemas/both'}, b: {$ref: '#/components/schemas/only_got'}}}"
                ),
            ),
            "both: {}\nonly_got: {}",
        );
        let received = received_only(&document);
        assert_eq!(received.into_iter().collect::<Vec<_>>(), ["OnlyGot"]);
    }
}

mod operations {
    use super::*;

    fn read(document: &str) -> Vec<super::super::Operation> {
        match read_operations(&mut yaml(document), &Default::default()) {
            Ok(operations) => operations,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn idempotence_follows_the_method_unless_it_is_stated() {
        let operations = read(
            "paths: {/it: {get: {}, put: {}, delete: {}, head: {}, post: {}, patch: {}}, \
             /other: {get: {x-idempotent: false}, post: {x-idempotent: true}}}",
        );
        let found: Vec<_> = operations
            .iter()
            .map(|o| (o.path.as_str(), o.method.as_str(), o.idempotent))
            .collect();
        assert_eq!(
            found,
            [
                ("/it", "get", true),
                ("/it", "put", true),
                ("/it", "delete", true),
                ("/it", "head", true),
                ("/it", "post", false),
                ("/it", "patch", false),
                ("/other", "get", false),
                ("/other", "post", true),
            ]
        );
    }

    #[test]
    fn an_operation_has_its_words_trimmed() {
        let operations = read(
            "paths: {/it: {get: {operationId: getIt, summary: ' Get it ', description: \"Gets it.\\n\", deprecated: true}}}",
        );
        let found: Vec<_> = operations
            .iter()
            .map(|o| (&*o.id, &*o.summary, &*o.description, o.deprecated))
            .collect();
        assert_eq!(found, [("getIt", "Get it", "Gets it.", true)]);
    }

    #[test]
    fn parameters_come_with_their_words_and_examples() {
        let operations = read(
            "
paths:
  /it/{id}:
    post:
      parameters:
        - {name: id, in: path, required: true, description: ' Its id. ', example: 7, schema: {type: integer, example: 8}}
        - {name: day, in: query, schema: {type: string, format: date, description: The day, example: '2026-01-01'}}
        - {name: sort, in: query, deprecated: true, schema: {$ref: '#/components/schemas/Sort'}}
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Body'}
            example: {name: x, state: null}
components:
  schemas:
    Sort: {description: How to sort., example: up}
    Body:
      required: [name]
      properties:
        name: {description: Its name., example: y}
        sort: {$ref: '#/components/schemas/Sort'}
        at: {description: When., format: date-time, deprecated: true}
        state: {description: s}",
        );
        let found: Vec<_> = operations[0]
            .parameters
            .iter()
            .map(|p| {
                let example = p
                    .example
                    .as_ref()
                    .map(|e| serde_yaml::to_string(e).unwrap_or_default());
                let example = example.as_deref().unwrap_or("none").trim().to_owned();
                let old = if p.deprecated { " deprecated" } else { "" };
                format!(
                    "{} {} {} ({}) {example}{old}",
                    p.location, p.name, p.required, p.description
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "path id true (Its id.) 7",
                "query day false (The day. ISO 8601 date.) 2026-01-01",
                "query sort false (How to sort.) up deprecated",
                "body name true (Its name.) x",
                "body sort false (How to sort.) up",
                "body at false (When. ISO 8601 date and time.) none deprecated",
                "body state false (s) null",
            ]
        );
    }

    #[test]
    fn an_operation_takes_the_credentials_unless_it_says_that_it_takes_none() {
        let operations = read(
            "{security: [{key: []}], paths: {/it: {get: {}, put: {security: []}, \
             post: {security: [{key: []}]}, patch: {security: [{}]}}}}",
        );
        let found: Vec<_> = operations
            .iter()
            .map(|o| (&*o.method, o.authorized))
            .collect();
        assert_eq!(
            found,
            [
                ("get", true),
                ("put", false),
                ("post", true),
                ("patch", true)
            ]
        );
    }

    #[test]
    fn a_payload_that_may_be_null_says_so_once() {
        let schemas = "Thing: {properties: {}}\nNone: {nullable: true, properties: {}}";
        for (schema, left, nullable) in [
            ("{$ref: '#/components/schemas/Thing'}", "", false),
            ("{$ref: '#/components/schemas/None'}", "", true),
            (
                "{description: d, allOf: [{$ref: '#/components/schemas/None'}]}",
                "",
                true,
            ),
            (
                "{nullable: true, allOf: [{$ref: '#/components/schemas/Thing'}]}",
                "{allOf: [{$ref: '#/components/schemas/Thing'}]}",
                true,
            ),
            ("{nullable: true, type: string}", "{type: string}", true),
            ("{nullable: false, type: string}", "{type: string}", false),
        ] {
            let left = if left.is_empty() { schema } else { left };
            let operations = becomes(
                |document| read_operations(document, &Default::default()),
                document(&reply(schema), schemas),
                document(&reply(left), schemas),
            );
            let found: Vec<bool> = operations.iter().flatten().map(|o| o.nullable).collect();
            assert_eq!(found, [nullable], "{schema}");
        }
    }

    #[test]
    fn pages_are_known_by_the_names_that_the_spec_gives() {
        let pages = |extension: &str| {
            let operations = read(&format!("paths: {{/it: {{get: {{{extension}}}}}}}"));
            operations.into_iter().next().and_then(|o| o.pages)
        };
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(
            pages("x-pagination: {page: p, limit: l, items: i, total: t, next: n}"),
            Some(Pages {
                page: "p".to_owned(),
                limit: name("l"),
                items: "i".to_owned(),
                total: name("t"),
                next: name("n"),
            })
        );
        assert_eq!(
            pages("x-pagination: {page: p, items: i}"),
            Some(Pages {
                page: "p".to_owned(),
                limit: None,
                items: "i".to_owned(),
                total: None,
                next: None,
            })
        );
        assert_eq!(pages("x-pagination: {items: i}"), None);
        assert_eq!(pages(""), None);
    }

    #[test]
    fn the_items_of_a_body_are_set_by_one_or_as_many() {
        let found = |or_one: bool, example: &str| {
            let schema = "Thing".to_owned();
            let items = [("callIt".to_owned(), Items { schema, or_one })].into();
            let mut document = document(
                &format!(
                    "requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing'}}, {example}}}}}}}"
                ),
                "Thing: {required: [a], properties: {a: {description: A., type: integer}}}",
            );
            let operations = read_operations(&mut document, &items).unwrap_or_default();
            let parameters = operations.into_iter().flat_map(|operation| {
                assert_eq!(operation.items, items.get("callIt").cloned());
                operation.parameters
            });
            parameters
                .map(|p| (p.name, p.location, p.required, p.example.is_some()))
                .collect::<Vec<_>>()
        };
        let body = || "body".to_owned();
        let (a, items) = ("a".to_owned(), "items".to_owned());
        assert_eq!(
            found(false, "example: [{a: 1}]"),
            [(items.clone(), body(), true, true)]
        );
        assert_eq!(
            found(true, "example: [{a: 1}]"),
            [
                (a.clone(), body(), true, false),
                (items.clone(), body(), false, true)
            ]
        );
        assert_eq!(
            found(true, "example: {a: 1}"),
            [(a, body(), true, true), (items, body(), false, false)]
        );
    }

    #[test]
    fn the_first_of_several_examples_of_a_body_counts() {
        let operations = read(
            "
paths:
  /it:
    post:
      requestBody:
        content:
          application/json:
            schema: {properties: {name: {description: Its name., example: z}}}
            examples: {one: {value: {name: x}}, other: {value: {name: y}}}",
        );
        let example = operations[0].parameters[0].example.as_ref();
        assert_eq!(example.and_then(Value::as_str), Some("x"));
    }

    #[test]
    fn a_document_without_an_operation_is_an_error() {
        let mut document = yaml("paths: {/it: {summary: Nothing.}}");
        let nothing = read_operations(&mut document, &Default::default());
        assert_eq!(nothing.err().as_deref(), Some("the spec has no operation"));
    }
}

mod whole {
    use super::*;

    #[test]
    fn a_document_is_introduced_with_its_tags() {
        let mut spec = with_head(document("responses: {'204': {description: d}}", "A: {}"));
        spec["tags"] = yaml("[{name: things, description: What there is.}, {name: silent}]");
        let lowered = lowered(&spec);
        assert_eq!(lowered.title, "Things");
        assert_eq!(lowered.module, "test");
        assert_eq!(
            lowered.description,
            "All about things.\n\n## Calls: things\n\nWhat there is."
        );
    }

    #[test]
    fn a_transform_that_finds_nothing_though_its_subject_is_there_is_an_error() {
        let refused = |spec: Value| match lower("test", &with_head(spec)) {
            Ok(_) => String::new(),
            Err(error) => error,
        };
        // Credentials that no operation's body has.
        let lost = document(
            "responses: {'204': {description: d}}",
            "Keys: {x-credentials: true, properties: {}}",
        );
        let error = refused(lost);
        assert!(
            error.contains("`drop-credentials`") && error.contains("`x-credentials`"),
            "{error}"
        );
        // An envelope that no reply has.
        let mut lost = document("responses: {'204': {description: d}}", "A: {}");
        lost["x-envelope"] = yaml("{field: error, success: 0}");
        let error = refused(lost);
        assert!(
            error.contains("`payload`") && error.contains("`x-envelope`"),
            "{error}"
        );
        // An allOf where no transform looks.
        let mut lost = document("responses: {'204': {description: d}}", "A: {}");
        lost["paths"]["/it"]["post"]["responses"]["204"]["headers"] =
            yaml("{X-A: {schema: {allOf: [{type: string}]}}}");
        assert!(refused(lost).contains("`flatten-all-of`"));
    }

    #[test]
    fn a_subject_in_free_json_or_as_a_name_is_none() {
        let spec = with_head(document(
            &reply("{$ref: '#/components/schemas/A'}"),
            "A: {description: d, example: {allOf: 1}, properties: {allOf: {type: string, description: d}, x-envelope: {type: string, description: d}}}",
        ));
        assert_eq!(lowered(&spec).properties["A"], ["allOf", "x-envelope"]);
    }

    #[test]
    fn failures_leave_nothing_behind() {
        let spec = with_head(document(
            "responses:
  '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
  '400': {description: d, content: {application/json: {schema: {oneOf: [{$ref: '#/components/schemas/Error'}, {type: array, items: {type: string}}]}}}}",
            "Thing: {description: d, properties: {a: {type: string, description: d}}}
Error: {description: d, properties: {messages: {type: array, description: d, items: {type: string}}}}",
        ));
        let lowered = lowered(&spec);
        assert!(lowered.lists.is_empty());
        assert_eq!(lowered.properties.keys().collect::<Vec<_>>(), ["Thing"]);
    }
}

/// Which of two schemas that contain each other is boxed must not hang on which stands first.
#[test]
fn the_order_of_schemas_is_not_that_of_the_file() {
    let order = |text: &str| {
        let lowered = super::typed::typed(&mut yaml(text));
        let schemas = lowered
            .expect("it is typed")
            .components
            .expect("some")
            .schemas;
        schemas.keys().cloned().collect::<Vec<_>>()
    };
    let (a, b) = ("    A: {type: string}\n", "    B: {type: string}\n");
    let expected = ["A", "B"];
    assert_eq!(order(&format!("components:\n  schemas:\n{a}{b}")), expected);
    assert_eq!(order(&format!("components:\n  schemas:\n{b}{a}")), expected);
}
