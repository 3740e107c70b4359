//! Choices and lists that become something plainer.

use super::super::requests::fold_items;
use super::super::schemas::{fold_any_ids, fold_json_text, fold_texts, keep_other_properties};
use super::*;

const THING: &str = "Thing: {properties: {name: {type: string}}}";
const LINK: &str = "$ref: '#/components/schemas/Thing'";

/// Component schemas with this property.
fn property(schema: &str) -> Value {
    schemas(&format!("{THING}\nWhole: {{properties: {{a: {schema}}}}}"))
}

/// Both orders of a choice.
fn orders_of(one: &str, other: &str) -> [String; 2] {
    [
        format!("oneOf: [{one}, {other}]"),
        format!("oneOf: [{other}, {one}]"),
    ]
}

mod json_text {
    use super::*;

    const TEXT: &str = "{type: string, format: json, nullable: true}";

    #[test]
    fn what_may_be_json_text_is_itself() {
        for choice in orders_of("{type: array, items: {type: string}}", TEXT) {
            becomes(
                fold_json_text,
                property(&format!("{{description: Own., {choice}}}")),
                property("{description: Own., type: array, items: {type: string}}"),
            );
        }
    }

    #[test]
    fn words_of_the_thing_itself_stay_unless_there_are_others() {
        let list = "{description: Its., type: integer}";
        becomes(
            fold_json_text,
            property(&format!("{{oneOf: [{list}, {TEXT}]}}")),
            property(list),
        );
        becomes(
            fold_json_text,
            property(&format!("{{description: Own., oneOf: [{list}, {TEXT}]}}")),
            property("{description: Own., type: integer}"),
        );
    }

    #[test]
    fn a_reference_stays_one() {
        for choice in orders_of(&format!("{{{LINK}}}"), TEXT) {
            becomes(
                fold_json_text,
                property(&format!("{{{choice}}}")),
                property(&format!("{{{LINK}}}")),
            );
            becomes(
                fold_json_text,
                property(&format!("{{description: Own., {choice}}}")),
                property(&format!("{{description: Own., allOf: [{{{LINK}}}]}}")),
            );
        }
    }

    #[test]
    fn another_choice_stays() {
        for options in [
            format!("{TEXT}, {TEXT}"),
            "{type: string}, {type: string, format: date}".to_owned(),
            format!("{{{LINK}}}, {TEXT}, {{type: string}}"),
            TEXT.to_owned(),
        ] {
            stays(fold_json_text, property(&format!("{{oneOf: [{options}]}}")));
        }
        stays(fold_json_text, property(TEXT));
    }

    #[test]
    fn a_name_for_such_a_choice_is_no_type() {
        let with = |schema: &str, either: &str| {
            with_head(document(
                &reply("{$ref: '#/components/schemas/Whole'}"),
                &format!(
                    "Thing: {{description: d, properties: {{name: {{type: string, description: d}}}}}}
Either: {{description: Either., {either}}}
Whole: {{description: d, properties: {{a: {schema}}}}}"
                ),
            ))
        };
        let either = "{$ref: '#/components/schemas/Either'}";
        for choice in orders_of(&format!("{{{LINK}}}"), TEXT) {
            let found = lowered(&with(either, &choice));
            assert_eq!(
                found.properties.keys().collect::<Vec<_>>(),
                ["Thing", "Whole"]
            );
        }
    }
}

mod texts {
    use super::*;

    #[test]
    fn an_object_of_one_text_or_that_text_is_the_object() {
        for choice in orders_of(&format!("{{{LINK}}}"), "{type: string}") {
            let texts = becomes(
                fold_texts,
                property(&format!("{{description: Own., {choice}}}")),
                property(&format!("{{description: Own., allOf: [{{{LINK}}}]}}")),
            );
            assert_eq!(texts, [("Thing".to_owned(), "name".to_owned())].into());
        }
    }

    #[test]
    fn the_object_is_known_by_the_name_of_its_type() {
        let mut document = schemas(
            "the_thing: {properties: {itsName: {type: string}}}
Whole: {properties: {a: {oneOf: [{$ref: '#/components/schemas/the_thing'}, {type: string}]}}}",
        );
        let texts = fold_texts(&mut document);
        assert_eq!(
            texts,
            [("TheThing".to_owned(), "itsName".to_owned())].into()
        );
    }

    #[test]
    fn another_object_or_another_value_stays() {
        let link = format!("{{{LINK}}}");
        for (thing, options) in [
            (
                "{properties: {a: {type: string}, b: {type: string}}}",
                format!("{link}, {{type: string}}"),
            ),
            (
                "{properties: {a: {type: integer}}}",
                format!("{link}, {{type: string}}"),
            ),
            ("{properties: {}}", format!("{link}, {{type: string}}")),
            ("{type: string}", format!("{link}, {{type: string}}")),
            (
                "{properties: {a: {type: string}}}",
                format!("{link}, {{type: integer}}"),
            ),
            (
                "{properties: {a: {type: string}}}",
                format!("{link}, {{type: string}}, {{type: integer}}"),
            ),
            (
                "{}",
                "{properties: {a: {type: string}}}, {type: string}".to_owned(),
            ),
        ] {
            let given = schemas(&format!(
                "Thing: {thing}\nWhole: {{properties: {{a: {{oneOf: [{options}]}}}}}}"
            ));
            assert!(stays(fold_texts, given).is_empty(), "{thing} {options}");
        }
    }

    /// Lists and texts are noted for dress, which tells `wire` of them.
    #[test]
    fn what_stands_in_for_an_object_is_told() {
        let lowered = lowered(&with_head(document(
            &reply("{oneOf: [{$ref: '#/components/schemas/Things'}, {type: array, items: {$ref: '#/components/schemas/Place'}}]}"),
            "Things: {description: d, properties: {all: {type: array, description: d, items: {$ref: '#/components/schemas/Place'}}}}
Place: {description: d, properties: {at: {description: d, oneOf: [{$ref: '#/components/schemas/Name'}, {type: string}]}}}
Name: {description: d, properties: {name: {type: string, description: d}}}",
        )));
        assert_eq!(
            lowered.lists,
            [("Things".to_owned(), "all".to_owned())].into()
        );
        assert_eq!(
            lowered.texts,
            [("Name".to_owned(), "name".to_owned())].into()
        );
        assert!(lowered.keys.is_empty());
    }
}

mod items {
    use super::*;

    fn sent(schema: &str) -> Value {
        document(&json(schema), THING)
    }

    fn found(or_one: bool) -> BTreeMap<String, Items> {
        let schema = "Thing".to_owned();
        [("callIt".to_owned(), Items { schema, or_one })].into()
    }

    #[test]
    fn a_body_that_is_a_list_of_objects_is_the_object() {
        let items = becomes(
            fold_items,
            sent(&format!("{{type: array, items: {{{LINK}}}}}")),
            sent(&format!("{{{LINK}}}")),
        );
        assert_eq!(items, Ok(found(false)));
    }

    #[test]
    fn so_is_one_that_is_an_object_or_a_list_of_them() {
        let list = format!("{{type: array, items: {{{LINK}}}}}");
        for choice in orders_of(&format!("{{{LINK}}}"), &list) {
            let items = becomes(
                fold_items,
                sent(&format!("{{{choice}}}")),
                sent(&format!("{{{LINK}}}")),
            );
            assert_eq!(items, Ok(found(true)));
        }
    }

    #[test]
    fn the_list_may_have_a_name() {
        let with = |schema: &str| {
            let list = format!("Things: {{type: array, items: {{{LINK}}}}}");
            document(&json(schema), &format!("{THING}\n{list}"))
        };
        let items = becomes(
            fold_items,
            with("{$ref: '#/components/schemas/Things'}"),
            with(&format!("{{{LINK}}}")),
        );
        assert_eq!(items, Ok(found(false)));
    }

    #[test]
    fn the_object_is_known_by_the_name_of_its_type() {
        let mut document = document(
            &json("{type: array, items: {$ref: '#/components/schemas/the_thing'}}"),
            "the_thing: {allOf: [{properties: {a: {type: string}}}]}",
        );
        let items = fold_items(&mut document).unwrap_or_default();
        let names: Vec<&str> = items.values().map(|items| &*items.schema).collect();
        assert_eq!(names, ["TheThing"]);
    }

    #[test]
    fn items_that_are_no_object_stay_in_their_list() {
        for item in [
            "{type: string}",
            "{$ref: '#/components/schemas/Name'}",
            "{$ref: '#/components/schemas/Id'}",
            "{$ref: '#/components/schemas/Map'}",
            "{}",
        ] {
            let schemas = "Name: {type: string}
Id: {oneOf: [{type: integer}, {type: string}]}
Map: {type: object, additionalProperties: {type: string}}";
            for schema in [
                format!("{{type: array, items: {item}}}"),
                format!("{{oneOf: [{item}, {{type: array, items: {item}}}]}}"),
            ] {
                let given = document(&json(&schema), schemas);
                assert_eq!(stays(fold_items, given), Ok(BTreeMap::new()), "{schema}");
            }
        }
    }

    #[test]
    fn a_list_of_other_objects_and_a_body_that_is_none_stay() {
        let other = "{type: array, items: {$ref: '#/components/schemas/Other'}}";
        for schema in [
            format!("{{oneOf: [{{{LINK}}}, {other}]}}"),
            format!("{{oneOf: [{{{LINK}}}, {{type: string}}]}}"),
            format!("{{{LINK}}}"),
        ] {
            let given = document(
                &json(&schema),
                &format!("{THING}\nOther: {{properties: {{b: {{type: string}}}}}}"),
            );
            assert_eq!(stays(fold_items, given), Ok(BTreeMap::new()), "{schema}");
        }
        let list = format!("{{type: array, items: {{{LINK}}}}}");
        let given = document(&form(&list), THING);
        assert_eq!(stays(fold_items, given), Ok(BTreeMap::new()));
        let given = document(&reply(&list), THING);
        assert_eq!(stays(fold_items, given), Ok(BTreeMap::new()));
    }

    #[test]
    fn objects_without_a_name_are_an_error() {
        let item = "{properties: {a: {type: string}}}";
        for schema in [
            format!("{{type: array, items: {item}}}"),
            format!("{{oneOf: [{item}, {{type: array, items: {item}}}]}}"),
        ] {
            assert_eq!(
                fold_items(&mut sent(&schema)),
                Err(
                    "callIt: the items of its body have no name: put their schema into \
                     `components/schemas` and refer to it"
                        .to_owned()
                )
            );
        }
    }
}

mod own {
    use super::*;

    const ID: &str = "{oneOf: [{type: integer}, {type: string}]}";

    /// What a component schema of this name is taken for.
    fn taken_for(name: &str, schema: &str) -> Option<&'static str> {
        let mut document = schemas(&format!("{name}: {schema}\nKey: {ID}"));
        let own = name_own_types(&mut document).unwrap_or_default();
        own.get(&super::super::super::walk::type_name(name))
            .copied()
    }

    #[test]
    fn any_of_an_integer_and_text_is_one_of_them() {
        let choice = |word: &str, options: &str| property(&format!("{{{word}: [{options}]}}"));
        for options in [
            "{type: integer, format: int64}, {type: string}",
            "{type: string}, {type: integer}",
        ] {
            becomes(
                fold_any_ids,
                choice("anyOf", options),
                choice("oneOf", options),
            );
            stays(fold_any_ids, choice("oneOf", options));
        }
        for options in [
            "{type: integer}, {type: boolean}",
            "{type: string}",
            "{type: integer}, {type: string}, {type: boolean}",
        ] {
            stays(fold_any_ids, choice("anyOf", options));
        }
    }

    #[test]
    fn an_integer_or_text_is_an_id_if_its_name_says_so() {
        for (name, path) in [
            ("Id", "crate::Id"),
            ("server_id", "crate::Id"),
            ("serverID", "crate::Id"),
            ("Grid", "crate::IntegerOrText"),
            ("Size", "crate::IntegerOrText"),
        ] {
            assert_eq!(taken_for(name, ID), Some(path), "{name}");
        }
    }

    #[test]
    fn an_id_or_a_list_of_them_is_ids() {
        let key = "{$ref: '#/components/schemas/Key'}";
        for id in [ID, key] {
            for choice in orders_of(id, &format!("{{type: array, items: {id}}}")) {
                assert_eq!(
                    taken_for("NewOnes", &format!("{{{choice}}}")),
                    Some("crate::Ids"),
                    "{choice}"
                );
            }
        }
        for other in [
            "{type: integer}, {type: array, items: {type: integer}}",
            "{type: string}, {type: array, items: {$ref: '#/components/schemas/Key'}}",
            "{$ref: '#/components/schemas/Key'}, {type: array, items: {type: string}}",
        ] {
            assert_eq!(
                taken_for("NewOnes", &format!("{{oneOf: [{other}]}}")),
                None,
                "{other}"
            );
        }
    }

    #[test]
    fn an_object_or_list_of_which_nothing_is_known_is_json() {
        for (object, list) in [
            ("{type: object}", "{type: array, items: {}}"),
            (
                "{type: object, additionalProperties: true}",
                "{type: array}",
            ),
            (
                "{type: object, additionalProperties: {}}",
                "{type: array, items: {}}",
            ),
        ] {
            for choice in orders_of(object, list) {
                assert_eq!(
                    taken_for("Any", &format!("{{{choice}}}")),
                    Some("crate::Json"),
                    "{choice}"
                );
            }
        }
        for (object, list) in [
            ("{type: object}", "{type: array, items: {type: string}}"),
            (
                "{type: object, additionalProperties: {type: string}}",
                "{type: array, items: {}}",
            ),
            (
                "{type: object, additionalProperties: false}",
                "{type: array, items: {}}",
            ),
            (
                "{type: object, properties: {a: {type: string}}}",
                "{type: array, items: {}}",
            ),
            ("{type: object}", "{type: object}"),
            ("{type: object}", "{type: string}"),
        ] {
            assert_eq!(
                taken_for("Any", &format!("{{oneOf: [{object}, {list}]}}")),
                None,
                "{object} {list}"
            );
        }
    }

    #[test]
    fn without_names_they_have_those_of_the_crate() {
        let with = |id: &str, ids: &str, any: &str, more: &str| {
            schemas(&format!(
                "Whole: {{properties: {{id: {{{id}}}, ids: {{{ids}}}, any: {{{any}}}}}}}{more}"
            ))
        };
        let link = |name: &str| format!("$ref: '#/components/schemas/{name}'");
        let own = becomes(
            name_own_types,
            with(
                "oneOf: [{type: integer}, {type: string}]",
                &format!("oneOf: [{ID}, {{type: array, items: {ID}}}]"),
                "oneOf: [{type: object}, {type: array, items: {}}]",
                "",
            ),
            with(
                &link("Id"),
                &link("Ids"),
                &link("Json"),
                "\nId: {type: string}\nIds: {type: string}\nJson: {type: string}",
            ),
        );
        let own = own.unwrap_or_default();
        let own: Vec<_> = own.iter().map(|(name, path)| (&**name, *path)).collect();
        assert_eq!(
            own,
            [
                ("Id", "crate::Id"),
                ("Ids", "crate::Ids"),
                ("Json", "crate::Json")
            ]
        );
    }

    #[test]
    fn ids_in_a_path_are_ids_with_their_words() {
        let with = |schema: &str, more: &str| {
            document(
                &format!(
                    "parameters: [{{name: ids, in: path, schema: {schema}}}, {{name: more, in: query, schema: {{type: array, items: {{$ref: '#/components/schemas/Key'}}}}}}]"
                ),
                &format!("Key: {{type: string}}{more}"),
            )
        };
        let mut given = with(
            "{description: All., type: array, minItems: 1, items: {$ref: '#/components/schemas/Key'}}",
            "",
        );
        given["components"]["schemas"]["Key"] = yaml(ID);
        let own = becomes(
            name_own_types,
            given,
            with(
                "{description: All., allOf: [{$ref: '#/components/schemas/Ids'}]}",
                "\nIds: {type: string}",
            ),
        );
        let own = own.unwrap_or_default();
        assert_eq!(own.get("Ids"), Some(&"crate::Ids"));
    }

    #[test]
    fn ids_in_a_path_need_no_name() {
        let with = |schema: &str, more: &str| {
            document(
                &format!("parameters: [{{name: ids, in: path, schema: {schema}}}]"),
                &format!("{THING}{more}"),
            )
        };
        let own = becomes(
            name_own_types,
            with(&format!("{{type: array, items: {ID}}}"), ""),
            with(
                "{$ref: '#/components/schemas/Ids'}",
                "\nIds: {type: string}",
            ),
        );
        assert_eq!(own, Ok([("Ids".to_owned(), "crate::Ids")].into()));
    }

    #[test]
    fn another_list_in_a_path_stays() {
        let given = document(
            "parameters: [{name: names, in: path, schema: {type: array, items: {type: string}}}]",
            "",
        );
        assert_eq!(stays(name_own_types, given), Ok(BTreeMap::new()));
    }

    #[test]
    fn another_schema_of_such_a_name_is_an_error() {
        for (name, other, choice) in [
            ("Id", "{type: object}", ID.to_owned()),
            (
                "Ids",
                "{type: object}",
                format!("{{oneOf: [{ID}, {{type: array, items: {ID}}}]}}"),
            ),
            (
                "ids",
                "{type: object}",
                format!("{{oneOf: [{ID}, {{type: array, items: {ID}}}]}}"),
            ),
            (
                "Ids",
                ID,
                format!("{{oneOf: [{ID}, {{type: array, items: {ID}}}]}}"),
            ),
            (
                "Json",
                "{type: object}",
                "{oneOf: [{type: object}, {type: array}]}".to_owned(),
            ),
        ] {
            let mut document = schemas(&format!(
                "{name}: {other}\nWhole: {{properties: {{a: {choice}}}}}"
            ));
            let crates = super::super::super::walk::type_name(name);
            assert_eq!(
                name_own_types(&mut document),
                Err(format!(
                    "the schema `{crates}` would be taken for `crate::{crates}`, which reads a \
                     schema without a name: rename it"
                ))
            );
        }
    }

    #[test]
    fn a_schema_of_that_name_that_is_the_same_is_none() {
        let mut document = schemas(&format!("Id: {ID}\nWhole: {{properties: {{a: {ID}}}}}"));
        let own = name_own_types(&mut document);
        assert_eq!(own, Ok([("Id".to_owned(), "crate::Id")].into()));
    }
}

mod rest {
    use super::*;

    #[test]
    fn properties_that_nobody_named_are_any() {
        becomes(
            keep_other_properties,
            property("{properties: {b: {type: string}}, additionalProperties: true}"),
            property("{properties: {b: {type: string}}, additionalProperties: {}}"),
        );
    }

    #[test]
    fn a_map_and_an_object_that_says_what_they_are_stay() {
        for schema in [
            "{type: object, additionalProperties: true}",
            "{properties: {b: {type: string}}, additionalProperties: {type: string}}",
            "{properties: {b: {type: string}}}",
        ] {
            stays(keep_other_properties, property(schema));
        }
    }
}
