//! The stages one behind the other: what they make of the real specs, and that whatever is wrong
//! with a spec ends as lines that say where, never as a panic.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use serde_yaml::Value;

use crate::codegen::{dress, generate, generate_tree, lower, module, progenitor};
use crate::specs;

/// A small spec that nothing is wrong with.
const SPEC: &str = r#"openapi: 3.0.3
info:
  title: Things
  version: '1'
x-envelope:
  field: error
  success: 0
  message: text
tags:
  - name: things
    description: What there is.
paths:
  /things/{id}/:
    parameters:
      - $ref: '#/components/parameters/Id'
    get:
      operationId: getThing
      summary: Get a thing
      description: Gives a thing.
      tags: [things]
      parameters:
        - name: sort
          in: query
          description: How to sort.
          schema:
            type: string
            enum: [up, down]
          example: up
      responses:
        '200':
          description: The thing.
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Envelope'
                  - $ref: '#/components/schemas/Thing'
              example:
                error: 0
                name: a
        '404':
          description: None.
    post:
      operationId: setThing
      summary: Set a thing
      description: Sets a thing.
      tags: [things]
      deprecated: true
      x-idempotent: true
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              allOf:
                - $ref: '#/components/schemas/Keys'
                - type: object
                  required: [name]
                  properties:
                    name:
                      type: string
                      description: Its name.
                    day:
                      type: string
                      format: date
                      description: Its day.
            example:
              key: k
              name: a
              day: '2026-01-01'
      responses:
        '200':
          description: Done.
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Envelope'
              example:
                error: 0
components:
  parameters:
    Id:
      name: id
      in: path
      required: true
      description: The thing.
      schema:
        oneOf: [{type: integer}, {type: string}]
      example: 1
  schemas:
    Keys:
      type: object
      description: Goes with every form.
      x-credentials: true
      properties:
        key:
          type: string
          description: The key.
    Envelope:
      type: object
      description: In every reply.
      properties:
        error:
          type: integer
          description: 0, or a code.
        text:
          type: string
          description: What went wrong.
    Thing:
      type: object
      description: A thing.
      properties:
        name:
          type: string
          description: Its name.
        part:
          $ref: '#/components/schemas/Part'
        parts:
          type: array
          description: Its parts.
          items:
            $ref: '#/components/schemas/Part'
    Part:
      type: object
      description: A part.
      properties:
        note:
          type: string
          format: byte
          description: A note.
        sizes:
          type: object
          description: Its sizes.
          additionalProperties:
            type: integer
"#;

/// The spec with each `old`, which must stand in it, replaced.
#[track_caller]
fn spec(replacements: &[(&str, &str)]) -> String {
    let mut text = SPEC.to_owned();
    for (old, new) in replacements {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    text
}

/// What is printed about a spec; nothing if it gives a client.
fn failure(text: &str) -> String {
    generate("specs/things.yaml", text)
        .map_or_else(|failure| failure.to_string(), |_| String::new())
}

mod real_specs {
    use super::*;

    #[test]
    fn each_gives_the_same_client_every_time() {
        for (file, text) in specs().expect("the directory of specs") {
            let made = || generate(&file, &text).unwrap_or_else(|failure| panic!("{failure}"));
            let (one, other) = (made(), made());
            assert!(one.code == other.code && one.spec == other.spec, "{file}");
            let first = format!("// Made by build.rs from {file}. Edit that file, not this one.");
            assert_eq!(one.code.lines().next(), Some(first.as_str()));
            assert!(syn::parse_file(&one.code).is_ok(), "{file}");
        }
    }

    #[test]
    fn nothing_is_left_of_what_dress_replaces() {
        const GONE: [&str; 11] = [
            "unwrap(",
            "expect(",
            "panic!",
            "progenitor_client::Error",
            "Error<()>",
            "api_version",
            "api-version",
            "ClientHooks",
            "baseurl",
            "header_map",
            "TryInto",
        ];
        for (file, text) in specs().expect("the directory of specs") {
            let made = generate(&file, &text).unwrap_or_else(|failure| panic!("{failure}"));
            for gone in GONE {
                assert!(!made.code.contains(gone), "{file}: {gone}");
            }
            // Types may have one, and a client may not.
            let (client, _) = made.code.split_once("pub mod types {").expect("the types");
            assert!(!client.contains("pub fn new("), "{file}");
        }
    }

    #[test]
    fn the_spec_goes_along_whole_as_json() {
        for (file, text) in specs().expect("the directory of specs") {
            let made = generate(&file, &text).unwrap_or_else(|failure| panic!("{failure}"));
            let document: Value = serde_yaml::from_str(&text).expect("YAML");
            let json: Value = serde_json::from_str(&made.spec).expect("JSON");
            assert_eq!(json, document, "{file}");
        }
    }

    #[test]
    fn each_has_a_feature_and_a_module() {
        let read = |file: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
        };
        let (manifest, front) = (read("Cargo.toml"), read("src/lib.rs"));
        for (file, _) in specs().expect("the directory of specs") {
            let api = file.trim_start_matches("specs/").trim_end_matches(".yaml");
            assert!(
                manifest.contains(&format!("\n{api} = [")),
                "{file} has no feature"
            );
            let module = module(&file);
            assert!(
                front.contains(&format!("pub mod {module};")),
                "{file} has no module"
            );
        }
    }

    #[test]
    fn a_module_is_named_after_its_file() {
        for (file, name) in [
            ("specs/kiwivm.yaml", "kiwivm"),
            ("specs/vps-org.yaml", "vps_org"),
            ("a", "a"),
            ("", ""),
        ] {
            assert_eq!(module(file), name);
        }
    }
}

mod failures {
    use super::*;

    #[test]
    fn a_valid_spec_has_none() {
        assert_eq!(failure(SPEC), "");
    }

    #[test]
    fn all_findings_come_at_once_a_line_each_with_their_places() {
        let text = spec(&[
            ("  version: '1'\n", ""),
            ("operationId: getThing", "operationId: get_thing"),
            ("          description: How to sort.\n", ""),
            (
                "                $ref: '#/components/schemas/Envelope'\n",
                "                $ref: '#/components/schemas/Envelop'\n",
            ),
            ("      deprecated: true\n", "      depricated: true\n"),
        ]);
        let failure = failure(&text);
        let places: Vec<(usize, usize)> = failure
            .lines()
            .map(|line| {
                let place = line.strip_prefix("specs/things.yaml:").unwrap_or_default();
                let mut numbers = place
                    .splitn(3, ':')
                    .map(|number| number.parse().unwrap_or(0));
                (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
            })
            .collect();
        assert_eq!(places.len(), 5, "{failure}");
        assert!(
            places.iter().all(|(line, column)| *line > 0 && *column > 0),
            "{failure}"
        );
        assert!(places.is_sorted(), "{failure}");
    }

    #[test]
    fn broken_yaml_has_its_place() {
        let text = SPEC.replace("operationId: getThing", "operationId: [getThing");
        let failure_of_it = failure(&text);
        assert!(
            failure_of_it.starts_with("specs/things.yaml:1"),
            "{failure_of_it}"
        );
        assert!(failure("").starts_with("specs/things.yaml:1:1:"));
    }

    #[test]
    fn lower_names_file_and_stage() {
        let text = spec(&[(
            "                allOf:\n                  - $ref: '#/components/schemas/Envelope'\n                  - $ref: '#/components/schemas/Thing'\n              example:\n                error: 0\n",
            "                $ref: '#/components/schemas/Thing'\n              example:\n",
        )]);
        assert_eq!(
            failure(&text),
            "specs/things.yaml:16:5: paths./things/{id}/.get: [lower] getThing: its reply has no payload that the envelope could \
             be taken off: make it `allOf` of the schema with `error` and of what stands beside"
        );
    }

    #[test]
    fn progenitor_names_file_and_stage_even_if_it_panics() {
        // Both would be a variant `Up`, on which typify panics.
        let text = spec(&[("enum: [up, down]", "enum: [up, UP]")]);
        assert_eq!(
            failure(&text),
            "specs/things.yaml: [progenitor] it panicked: Failed to make unique variant names for \
             [up,UP]"
        );
    }

    /// Whoever edits a spec needs the line, not the backtrace of a library.
    #[test]
    fn a_panic_of_progenitor_prints_nothing() {
        let test = "pipeline::failures::progenitor_names_file_and_stage_even_if_it_panics";
        let run = Command::new(env::current_exe().expect("this test"))
            .args(["--exact", test, "--nocapture"])
            .output()
            .expect("the test of a panic");
        let printed = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
        assert!(printed.contains("1 passed"), "{printed}");
        assert!(!printed.contains("panicked at"), "{printed}");
    }

    #[test]
    fn dress_names_file_and_stage() {
        let text = spec(&[("name: sort", "name: client")]);
        assert_eq!(
            failure(&text),
            "specs/things.yaml:16:5: paths./things/{id}/.get: [dress] getThing: its parameter \
             `client` would be set by `client`, which every builder has; codegen/dress/setters.rs must learn to call it something else"
        );
    }

    #[test]
    fn what_a_type_is_made_from_has_a_place() {
        let found = |changes: &[(&str, &str)]| {
            let failure = failure(&spec(changes));
            failure.split(": [").next().unwrap_or_default().to_owned()
        };
        let two = "        day.: {type: string, description: d}\n        day: {type: string, description: d}\n";
        // In a component.
        let component = "      properties:\n        note:\n";
        let with_two = component.replace("        note:\n", &format!("{two}        note:\n"));
        assert_eq!(
            found(&[(component, &with_two)]),
            "specs/things.yaml:122:5: components.schemas.Part"
        );
        // In an object without a name, in one.
        let map = "          additionalProperties:\n            type: integer\n";
        let nested = format!(
            "          properties:\n            inner:\n              type: object\n              description: d\n              properties:\n{}",
            two.replace("        day", "                day")
        );
        assert_eq!(
            found(&[(map, &nested)]),
            "specs/things.yaml:122:5: components.schemas.Part"
        );
        // In the body of an operation.
        let property = "                    day:\n                      type: string\n                      format: date\n";
        let with_two =
            format!("                    day.: {{type: string, description: d}}\n{property}");
        assert_eq!(
            found(&[(property, &with_two)]),
            "specs/things.yaml:43:5: paths./things/{id}/.post"
        );
    }

    #[test]
    fn what_progenitor_cannot_do_has_a_place() {
        let options = spec(&[("    post:\n", "    options:\n")]);
        let trace = spec(&[("    post:\n", "    trace:\n")]);
        for (text, method) in [(options, "options"), (trace, "trace")] {
            assert_eq!(
                failure(&text).lines().next(),
                Some(format!(
                    "specs/things.yaml:43:5: paths./things/{{id}}/.{method}: [unsupported] the \
                     generated client can't send `{method}`; leave it out"
                ))
                .as_deref()
            );
        }
        let text = spec(&[(
            "              schema:\n                $ref: '#/components/schemas/Envelope'\n",
            "",
        )]);
        assert_eq!(
            failure(&text),
            "specs/things.yaml:74:13: paths./things/{id}/.post.responses.200.content.\
             application/json: [unsupported] this body has no `schema`; describe what is in it, or \
             leave `content` out if nothing is\n"
        );
    }
}

mod odd_specs {
    use super::*;

    /// All stages but `check`, which would refuse most of it.
    fn unchecked(document: &Value) -> Result<(), String> {
        let lowered = lower::lower("things", document)?;
        let tree = progenitor(&lowered)?;
        let tree = dress::dress(tree, &lowered)?;
        prettyplease::unparse(&tree);
        Ok(())
    }

    /// Every document that differs from `document` in one node, which `change` made of it.
    fn each_change(document: &Value, change: &dyn Fn(&Value) -> Vec<Value>) -> Vec<Value> {
        let mut changed = change(document);
        match document {
            Value::Mapping(map) => {
                for (key, value) in map {
                    for value in each_change(value, change) {
                        let mut map = map.clone();
                        map.insert(key.clone(), value);
                        changed.push(Value::Mapping(map));
                    }
                    let mut map = map.clone();
                    map.shift_remove(key);
                    changed.push(Value::Mapping(map));
                }
            }
            Value::Sequence(list) => {
                for (index, value) in list.iter().enumerate() {
                    for value in each_change(value, change) {
                        let mut list = list.clone();
                        list[index] = value;
                        changed.push(Value::Sequence(list));
                    }
                }
            }
            _ => {}
        }
        changed
    }

    /// No stage panics on any of it: a panic fails the test.
    #[test]
    fn whatever_is_put_for_a_node_no_stage_panics() {
        let document: Value = serde_yaml::from_str(SPEC).expect("YAML");
        let odd = [
            "null",
            "[]",
            "{}",
            "''",
            "'1 $'",
            "-1",
            "true",
            "{$ref: '#/components/schemas/Thing'}",
        ];
        let odd: Vec<Value> = odd
            .iter()
            .filter_map(|text| serde_yaml::from_str(text).ok())
            .collect();
        let changes = each_change(&document, &|_| odd.clone());
        assert!(changes.len() > 1000, "{}", changes.len());
        let mut results = [0, 0];
        // Every third is enough for each node to get several of the values, and takes seconds less.
        for document in changes.into_iter().step_by(3) {
            results[usize::from(unchecked(&document).is_ok())] += 1;
        }
        // Else the changes would be of the wrong kind to tell anything.
        assert!(results.iter().all(|count| *count > 100), "{results:?}");
    }

    /// What `check` lets through gives a client, or a line that names the stage.
    #[test]
    fn whatever_is_left_out_the_failure_is_lines() {
        let document: Value = serde_yaml::from_str(SPEC).expect("YAML");
        for document in each_change(&document, &|_| Vec::new()) {
            let text = serde_yaml::to_string(&document).expect("YAML");
            let failure = failure(&text);
            let named = |line: &str| line.starts_with("specs/things.yaml:");
            assert!(failure.lines().all(named), "{failure}");
        }
    }

    #[test]
    fn a_deeply_nested_spec_overflows_no_stack() {
        let mut schema = "{type: string, description: d}".to_owned();
        for _ in 0..20 {
            schema = format!("{{type: object, description: d, properties: {{a: {schema}}}}}");
        }
        let text = spec(&[(
            "        name:\n          type: string\n          description: Its name.\n        part:",
            &format!("        name: {schema}\n        part:"),
        )]);
        let (tree, _) = generate_tree(
            "specs/things.yaml",
            &text.replace(
                "                name: a\n        '404'",
                "                name: {}\n        '404'",
            ),
        )
        .unwrap_or_else(|failure| panic!("{failure}"));
        let text = prettyplease::unparse(&tree);
        assert!(text.contains("pub struct ThingNameAaaaaaaaaaaaaaaaaaa "));
    }
}
