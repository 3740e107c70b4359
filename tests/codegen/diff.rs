//! What `diff` says of a change: small edits of one spec, each with all that a caller is told.
//!
//! A line that begins with `!` breaks callers. Behind the `@` is what stands at the change's place, in
//! the old spec for what is gone.

use crate::codegen::diff::{Change, Side, diff};

const SPEC: &str = r#"openapi: 3.0.3
info:
  title: Things
  version: '1'
servers:
  - url: https://api.example.com/v1
x-envelope:
  field: error
  success: 0
tags:
  - name: things
    description: What there is.
paths:
  /things:
    get:
      operationId: listThings
      summary: List things
      description: Lists all things.
      tags: [things]
      x-pagination: {page: page, items: things}
      parameters:
        - $ref: '#/components/parameters/Sort'
        - {name: page, in: query, description: The page., schema: {type: integer}, example: 1}
      responses:
        '200':
          description: The things.
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Envelope'
                  - type: object
                    description: A page.
                    properties:
                      things:
                        type: array
                        description: The things of the page.
                        items: {$ref: '#/components/schemas/Thing'}
              example: {error: 0, things: []}
    post:
      operationId: createThing
      summary: Create a thing
      description: Creates a thing.
      tags: [things]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name, owner]
              properties:
                name: {type: string, description: Its name.}
                owner: {type: string, description: Whose it is.}
                size: {type: integer, description: Its size in MiB.}
                part: {$ref: '#/components/schemas/Part'}
            example: {name: a, owner: me}
      responses:
        '200':
          description: The thing.
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Envelope'
                  - $ref: '#/components/schemas/Thing'
              example: {error: 0, name: a}
  /things/{id}:
    parameters:
      - {name: id, in: path, required: true, description: Which., schema: {type: integer}, example: 1}
    delete:
      operationId: deleteThing
      summary: Delete a thing
      description: Deletes a thing.
      tags: [things]
      responses:
        '200':
          description: Done.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Envelope'}
              example: {error: 0}
  /things/{id}/state:
    parameters:
      - {name: id, in: path, required: true, description: Which., schema: {type: integer}, example: 1}
    get:
      operationId: getState
      summary: Get a state
      description: Gives what a thing does.
      tags: [things]
      responses:
        '200':
          description: The state.
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Envelope'
                  - type: object
                    description: The state.
                    properties:
                      state: {$ref: '#/components/schemas/State'}
                      load:
                        type: object
                        description: What it bears.
                        properties:
                          cpu: {type: number, description: In percent.}
              example: {error: 0, state: up}
components:
  parameters:
    Sort: {name: sort, in: query, description: How to sort., schema: {type: string, enum: [up, down]}, example: up}
  schemas:
    Envelope:
      type: object
      description: In every reply.
      properties:
        error: {type: integer, description: '0, or a code.'}
    State:
      type: string
      description: What a thing does.
      enum: [up, down, not-found]
    Thing:
      type: object
      description: A thing.
      properties:
        name: {type: string, description: Its name.}
        size: {type: integer, description: Its size in MiB.}
        note: {type: string, description: What was noted.}
        parent: {$ref: '#/components/schemas/Thing'}
        labels: {$ref: '#/components/schemas/Labels'}
    Labels:
      type: object
      description: What it is found by.
      properties:
        words: {type: string, description: All of them.}
    Part:
      type: object
      description: A part of a thing.
      required: [kind, count]
      properties:
        kind: {type: string, description: Its kind.}
        count: {type: integer, description: How many.}
        color: {type: string, description: Its color.}
"#;

/// The spec with each `old`, which must stand in it once, replaced.
#[track_caller]
fn edited(replacements: &[(&str, &str)]) -> String {
    let mut text = SPEC.to_owned();
    for (old, new) in replacements {
        assert_eq!(text.matches(old).count(), 1, "{old:?} in\n{text}");
        text = text.replace(old, new);
    }
    text
}

#[track_caller]
fn side(file: &str, text: &str) -> Side {
    Side::read(file, text).unwrap_or_else(|failure| panic!("{failure}"))
}

/// A change as the tables have it.
fn line(change: &Change, edited: &str) -> String {
    let text = match change.file.as_str() {
        "spec.yaml" => SPEC,
        _ => edited,
    };
    let at = text
        .lines()
        .nth(change.position.line - 1)
        .unwrap_or_default();
    let at: String = at
        .chars()
        .skip(change.position.column - 1)
        .take(24)
        .collect();
    let mark = if change.breaking { "! " } else { "" };
    format!(
        "{mark}{}: {} @ {}",
        change.item,
        change.message,
        at.trim_end()
    )
}

/// Edits of the spec, and all that is told of them.
struct Case {
    what: &'static str,
    edits: &'static [(&'static str, &'static str)],
    told: &'static [&'static str],
}

/// Compares the spec with each edited one, or each edited one with the spec, and tells of every
/// case that isn't as it should be.
fn assert_told(cases: &[Case], backwards: bool) {
    let mut wrong = String::new();
    let spec = side("spec.yaml", SPEC);
    for Case { what, edits, told } in cases {
        let text = edited(edits);
        let edit = side("edit.yaml", &text);
        let changes = if backwards {
            diff(&edit, &spec)
        } else {
            diff(&spec, &edit)
        };
        let lines: Vec<String> = changes.iter().map(|change| line(change, &text)).collect();
        if lines != *told {
            wrong += &format!("\n{what}\n  is told\n{lines:#?}\n  and should be\n{told:#?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_edit_is_told_as_what_it_means_to_callers() {
    assert_told(CASES, false);
}

#[test]
fn each_edit_taken_back_is_told_too() {
    assert_told(TAKEN_BACK, true);
}

const CASES: &[Case] = &[
    Case {
        what: "nothing",
        edits: &[],
        told: &[],
    },
    Case {
        what: "other words",
        edits: &[
            ("Lists all things.", "Lists them."),
            ("summary: Get a state", "summary: A state"),
            (
                "description: Its size in MiB.}\n                part",
                "description: In MiB.}\n                part",
            ),
            ("title: Things", "title: All things"),
        ],
        told: &[],
    },
    Case {
        what: "another order of schemas, of properties of a reply, of parameters",
        edits: &[
            (NOTE, ""),
            (
                "        name: {type: string, description: Its name.}\n        size",
                "        note: {type: string, description: What was noted.}\n        name: {type: string, description: Its name.}\n        size",
            ),
            (PAGE, ""),
            (
                "        - $ref: '#/components/parameters/Sort'\n",
                "        - {name: page, in: query, description: The page., schema: {type: integer}, example: 1}\n        - $ref: '#/components/parameters/Sort'\n",
            ),
        ],
        told: &[],
    },
    Case {
        what: "a schema that only the spec names, and no type is made of",
        edits: &[
            (
                "cpu: {type: number, description: In percent.}",
                "cpu: {$ref: '#/components/schemas/Percent'}",
            ),
            (
                "    State:\n",
                "    Percent: {type: number, description: In percent.}\n    State:\n",
            ),
        ],
        told: &[],
    },
    Case {
        what: "an operation removed",
        edits: &[(DELETE, "")],
        told: &["! deleteThing: removed @ delete:"],
    },
    Case {
        what: "an operation under another id",
        edits: &[("operationId: deleteThing", "operationId: dropThing")],
        told: &["! deleteThing: renamed to `dropThing`, called by `drop_thing()` @ delete:"],
    },
    Case {
        what: "an operation under another id, and changed",
        edits: &[(
            "operationId: deleteThing",
            "operationId: dropThing\n      deprecated: true",
        )],
        told: &[
            "! deleteThing: renamed to `dropThing`, called by `drop_thing()` @ delete:",
            "dropThing: deprecated now @ delete:",
        ],
    },
    Case {
        what: "an operation under another id, whose types are named after it",
        edits: &[("operationId: getState", "operationId: readState")],
        told: &[
            "! getState: renamed to `readState`, called by `read_state()` @ get:",
            "! types::GetStateResponse: renamed to `types::ReadStateResponse` @ schema:",
            "! types::GetStateResponseLoad: renamed to `types::ReadStateResponseLoad` @ load:",
        ],
    },
    Case {
        what: "an operation under another id and another path",
        edits: &[
            ("operationId: deleteThing", "operationId: dropThing"),
            ("  /things/{id}:\n", "  /thing/{id}:\n"),
        ],
        told: &[
            "! deleteThing: removed; perhaps it is `dropThing` now, which takes and gives the same @ delete:",
            "dropThing: added, called by `drop_thing()` @ delete:",
        ],
    },
    Case {
        what: "an operation whose id is written otherwise",
        edits: &[("operationId: deleteThing", "operationId: deleteTHING")],
        told: &[
            "! deleteTHING: its id is that now, not `deleteThing`, in errors and for the mock server @ delete:",
        ],
    },
    Case {
        what: "an operation deprecated",
        edits: &[(
            "operationId: deleteThing",
            "operationId: deleteThing\n      deprecated: true",
        )],
        told: &["deleteThing: deprecated now @ delete:"],
    },
    Case {
        what: "another path",
        edits: &[("  /things/{id}/state:", "  /things/{id}/status:")],
        told: &[
            "getState: on the wire: `GET /things/{id}/status` now, not `GET /things/{id}/state` @ get:",
        ],
    },
    Case {
        what: "another method, which isn't repeated",
        edits: &[("    delete:\n", "    post:\n")],
        told: &[
            "deleteThing: on the wire: `POST /things/{id}` now, not `DELETE /things/{id}` @ post:",
            "deleteThing: on the wire: not idempotent any more: never repeated once it was sent @ post:",
        ],
    },
    Case {
        what: "a call that may be repeated",
        edits: &[(
            "operationId: createThing",
            "operationId: createThing\n      x-idempotent: true",
        )],
        told: &[
            "createThing: on the wire: idempotent now: repeated after a failure that may pass @ post:",
        ],
    },
    Case {
        what: "a call without credentials",
        edits: &[(
            "operationId: deleteThing",
            "operationId: deleteThing\n      security: []",
        )],
        told: &["deleteThing: on the wire: sent without credentials now @ delete:"],
    },
    Case {
        what: "another server",
        edits: &[("https://api.example.com/v1", "https://api.example.com/v2")],
        told: &[
            "the server's URL: on the wire: `https://api.example.com/v2` now, not `https://api.example.com/v1` @ url: https://api.example",
        ],
    },
    Case {
        what: "another media type of a body",
        edits: &[
            (
                "          application/json:\n            schema:\n              type: object\n              required",
                "          application/x-www-form-urlencoded:\n            schema:\n              type: object\n              required",
            ),
            (
                "            example: {name: a, owner: me}",
                "            encoding: {part: {contentType: application/json}}\n            example: {name: a, owner: me}",
            ),
        ],
        told: &[
            "createThing: on the wire: a body of application/x-www-form-urlencoded now, not application/json @ post:",
            "types::CreateThingBody.part: on the wire: JSON text now @ part: {$ref: '#/componen",
        ],
    },
    Case {
        what: "another sign of success",
        edits: &[("  success: 0", "  success: 1")],
        told: &[
            "listThings: on the wire: its replies say failure in another way @ get:",
            "createThing: on the wire: its replies say failure in another way @ post:",
            "deleteThing: on the wire: its replies say failure in another way @ delete:",
            "getState: on the wire: its replies say failure in another way @ get:",
        ],
    },
    Case {
        what: "a parameter that is gone",
        edits: &[
            ("        - $ref: '#/components/parameters/Sort'\n", ""),
            (SORT, ""),
            ("  parameters:\n  schemas", "  schemas"),
        ],
        told: &[
            "! listThings.sort: removed @ $ref: '#/components/para",
            "! types::ListThingsSort: removed @ schema: {type: string, e",
        ],
    },
    Case {
        what: "a parameter of a path under another name",
        edits: &[(
            "  /things/{id}/state:\n    parameters:\n      - {name: id,",
            "  /things/{thing}/state:\n    parameters:\n      - {name: thing,",
        )],
        told: &[
            "! getState.thing: added, and required: without it a call is refused @ {name: thing, in: path,",
            "! getState.id: removed; perhaps it is `thing` now, which has the same type @ {name: id, in: path, req",
        ],
    },
    Case {
        what: "a parameter that must be set now",
        edits: &[(
            "- {name: page, in: query, ",
            "- {name: page, in: query, required: true, ",
        )],
        told: &[
            "! listThings.page: required now: without it a call is refused @ {name: page, in: query,",
        ],
    },
    Case {
        what: "a parameter of another type",
        edits: &[
            (
                "schema: {type: string, enum: [up, down]}",
                "schema: {type: boolean}",
            ),
            ("example: up}", "example: true}"),
        ],
        told: &[
            "! listThings.sort: takes `bool` now, not `ListThingsSort` @ $ref: '#/components/para",
            "! types::ListThingsSort: removed @ schema: {type: string, e",
        ],
    },
    Case {
        what: "a parameter that is sent elsewhere",
        edits: &[(
            SORT,
            "    Sort: {name: sort, in: header, description: How to sort., schema: {type: string, enum: [up, down]}, example: up}\n",
        )],
        told: &[
            "listThings.sort: on the wire: in the header now, not in the query @ $ref: '#/components/para",
        ],
    },
    Case {
        what: "a parameter that is written otherwise on the wire",
        edits: &[("{name: sort, in", "{name: Sort, in")],
        told: &["listThings.sort: on the wire: `Sort` now, not `sort` @ $ref: '#/components/para"],
    },
    Case {
        what: "a property of a body that is gone",
        edits: &[(SIZE, "")],
        told: &[
            "! createThing.size: removed @ size: {type: integer, de",
            "! types::CreateThingBody.size: removed @ size: {type: integer, de",
        ],
    },
    Case {
        what: "a property of a body of another type",
        edits: &[(
            SIZE,
            "                size: {type: number, description: Its size in MiB.}\n",
        )],
        told: &[
            "! createThing.size: takes `f64` now, not `i64` @ size: {type: number, des",
            "! types::CreateThingBody.size: `Option<f64>` now, not `Option<i64>` @ size: {type: number, des",
        ],
    },
    Case {
        what: "a property of a body that must be set now",
        edits: &[
            ("required: [name, owner]", "required: [name, owner, size]"),
            ("{name: a, owner: me}", "{name: a, owner: me, size: 1}"),
        ],
        told: &[
            "! types::CreateThingBody: `new(name: String, owner: String, size: i64)` now, not `new(name: String, owner: String)` @ schema:",
            "! createThing.size: required now: without it a call is refused @ size: {type: integer, de",
            "! types::CreateThingBody.size: `i64` now, not `Option<i64>` @ size: {type: integer, de",
        ],
    },
    Case {
        what: "a property of a body that needn't be set any more",
        edits: &[("required: [name, owner]", "required: [name]")],
        told: &[
            "! types::CreateThingBody: `new(name: String)` now, not `new(name: String, owner: String)` @ schema:",
            "! types::CreateThingBody.owner: `Option<String>` now, not `String` @ owner: {type: string, de",
            "createThing.owner: no longer required @ owner: {type: string, de",
        ],
    },
    Case {
        what: "a body of which nothing must be set any more",
        edits: &[("              required: [name, owner]\n", "")],
        told: &[
            "! types::CreateThingBody: `new` is gone @ schema:",
            "! types::CreateThingBody.name: `Option<String>` now, not `String` @ name: {type: string, des",
            "! types::CreateThingBody.owner: `Option<String>` now, not `String` @ owner: {type: string, de",
            "types::CreateThingBody: `default()` was added @ schema:",
            "createThing.name: no longer required @ name: {type: string, des",
            "createThing.owner: no longer required @ owner: {type: string, de",
        ],
    },
    Case {
        what: "another order of what a constructor takes",
        edits: &[
            ("        kind: {type: string, description: Its kind.}\n", ""),
            (
                "        color: {",
                "        kind: {type: string, description: Its kind.}\n        color: {",
            ),
        ],
        told: &[
            "! types::Part: `new(count: i64, kind: String)` now, not `new(kind: String, count: i64)` @ Part:",
        ],
    },
    Case {
        what: "a property of an object in a body deprecated",
        edits: &[(
            "color: {type: string,",
            "color: {type: string, deprecated: true,",
        )],
        told: &["types::Part.color: deprecated now @ color: {type: string, de"],
    },
    Case {
        what: "a type that is nothing but a body now",
        edits: &[(
            "              type: object\n              required: [name, owner]\n              properties:\n                name: {type: string, description: Its name.}\n                owner: {type: string, description: Whose it is.}\n                size: {type: integer, description: Its size in MiB.}\n                part: {$ref: '#/components/schemas/Part'}\n            example: {name: a, owner: me}",
            "              $ref: '#/components/schemas/Part'\n            example: {kind: a, count: 1}",
        )],
        told: &[
            "! createThing.body: takes `Part` now, not `CreateThingBody` @ requestBody:",
            "! types::Part: `Deserialize` is gone: nothing but a body now @ Part:",
            "! types::Part: the functions that set its fields are gone @ Part:",
            "! createThing.kind: added, and required: without it a call is refused @ kind: {type: string, des",
            "! createThing.count: added, and required: without it a call is refused @ count: {type: integer, d",
            "! types::CreateThingBody: removed @ schema:",
            "! createThing.name: removed @ name: {type: string, des",
            "! createThing.owner: removed @ owner: {type: string, de",
            "! createThing.size: removed; perhaps it is `count` now, which has the same type @ size: {type: integer, de",
            "! createThing.part: removed @ part: {$ref: '#/componen",
            "createThing.color: added @ color: {type: string, de",
        ],
    },
    Case {
        what: "another payload",
        edits: &[
            (
                "                  - $ref: '#/components/schemas/Envelope'\n                  - $ref: '#/components/schemas/Thing'\n",
                "                  - $ref: '#/components/schemas/Envelope'\n                  - $ref: '#/components/schemas/Part'\n",
            ),
            (
                "example: {error: 0, name: a}",
                "example: {error: 0, kind: a, count: 1}",
            ),
        ],
        told: &["! createThing: gives `Part` now, not `Thing` @ post:"],
    },
    Case {
        what: "no payload any more",
        edits: &[
            (
                "                allOf:\n                  - $ref: '#/components/schemas/Envelope'\n                  - $ref: '#/components/schemas/Thing'\n",
                "                $ref: '#/components/schemas/Envelope'\n",
            ),
            ("example: {error: 0, name: a}", "example: {error: 0}"),
        ],
        told: &["! createThing: gives nothing now, not `Thing` @ post:"],
    },
    Case {
        what: "a list that is no longer paged",
        edits: &[("      x-pagination: {page: page, items: things}\n", "")],
        told: &["! listThings: `stream()` is gone @ get:"],
    },
    Case {
        what: "a field that is gone",
        edits: &[(NOTE, "")],
        told: &["! types::Thing.note: removed @ note: {type: string, des"],
    },
    Case {
        what: "a field under another name",
        edits: &[(
            "        note: {type: string",
            "        remark: {type: string",
        )],
        told: &[
            "! types::Thing.note: removed; perhaps it is `remark` now, which has the same type @ note: {type: string, des",
            "types::Thing.remark: added @ remark: {type: string, d",
        ],
    },
    Case {
        what: "a field under another name, of which two are possible",
        edits: &[(
            NOTE,
            "        remark: {type: string, description: A.}\n        comment: {type: string, description: B.}\n",
        )],
        told: &[
            "! types::Thing.note: removed @ note: {type: string, des",
            "types::Thing.remark: added @ remark: {type: string, d",
            "types::Thing.comment: added @ comment: {type: string,",
        ],
    },
    Case {
        what: "a field that is written otherwise on the wire",
        edits: &[("        note: {type: string", "        Note: {type: string")],
        told: &[
            "types::Thing.note: on the wire: `Note` now, not `note` @ Note: {type: string, des",
        ],
    },
    Case {
        what: "a field of another type",
        edits: &[(
            "        parent: {$ref: '#/components/schemas/Thing'}",
            "        parent: {type: array, description: All above., items: {$ref: '#/components/schemas/Thing'}}",
        )],
        told: &[
            "! types::Thing.parent: `Vec<Thing>` now, not `Option<Box<Thing>>` @ parent: {type: array, de",
        ],
    },
    Case {
        what: "a field that is always there",
        edits: &[(
            "      description: A thing.\n",
            "      description: A thing.\n      required: [name]\n",
        )],
        told: &[
            "! types::Thing: `default()` is gone @ Thing:",
            "! types::Thing.name: `String` now, not `Option<String>` @ name: {type: string, des",
        ],
    },
    Case {
        what: "an object that may come as its text",
        edits: &[(
            "        labels: {$ref: '#/components/schemas/Labels'}",
            "        labels: {description: Its labels., oneOf: [{$ref: '#/components/schemas/Labels'}, {type: string}]}",
        )],
        told: &["types::Labels: on the wire: also read from bare text, as words @ Labels:"],
    },
    Case {
        what: "an object with properties of any name",
        edits: &[(
            "      description: What it is found by.\n",
            "      description: What it is found by.\n      additionalProperties: {type: string}\n",
        )],
        told: &["types::Labels.extra: added @ Labels:"],
    },
    Case {
        what: "a field that holds base64",
        edits: &[("note: {type: string,", "note: {type: string, format: byte,")],
        told: &[
            "! types::Thing.note: base64 on the wire now: callers no longer encode and decode it themselves @ note: {type: string, for",
        ],
    },
    Case {
        what: "a field that holds a secret",
        edits: &[(
            "note: {type: string,",
            "note: {type: string, format: password,",
        )],
        told: &[
            "! types::Thing.note: `Option<Secret>` now, not `Option<String>` @ note: {type: string, for",
        ],
    },
    Case {
        what: "a field of an object without a name",
        edits: &[("cpu: {type: number,", "cpu: {type: integer,")],
        told: &[
            "! types::GetStateResponseLoad.cpu: `Option<i64>` now, not `Option<f64>` @ cpu: {type: integer, des",
        ],
    },
    Case {
        what: "a type under another name",
        edits: &[
            ("    Part:\n", "    Piece:\n"),
            ("schemas/Part'", "schemas/Piece'"),
        ],
        told: &["! types::Part: renamed to `types::Piece` @ Part:"],
    },
    Case {
        what: "a type under another name that contains itself",
        edits: &[
            ("    Thing:\n", "    Item:\n"),
            (
                "items: {$ref: '#/components/schemas/Thing'}",
                "items: {$ref: '#/components/schemas/Item'}",
            ),
            (
                "- $ref: '#/components/schemas/Thing'",
                "- $ref: '#/components/schemas/Item'",
            ),
            (
                "parent: {$ref: '#/components/schemas/Thing'}",
                "parent: {$ref: '#/components/schemas/Item'}",
            ),
        ],
        told: &["! types::Thing: renamed to `types::Item` @ Thing:"],
    },
    Case {
        what: "a type that is a struct now",
        edits: &[
            (
                "      type: string\n      description: What a thing does.\n      enum: [up, down, not-found]\n",
                "      type: object\n      description: What a thing does.\n      properties: {now: {type: string, description: Now.}}\n",
            ),
            ("{error: 0, state: up}", "{error: 0}"),
        ],
        told: &["! types::State: a struct now, not an enum @ State:"],
    },
    Case {
        what: "values of an enum",
        edits: &[("enum: [up, down, not-found]", "enum: [up, down, absent]")],
        told: &[
            "! types::State::NotFound: removed: `not-found` comes as `Unknown` now @ not-found]",
            "types::State::Absent: added: `absent` came as `Unknown` @ absent]",
        ],
    },
    Case {
        what: "a value of an enum that is written otherwise",
        edits: &[("enum: [up, down, not-found]", "enum: [up, down, not_found]")],
        told: &[
            "types::State::NotFound: on the wire: `not_found` now, not `not-found` @ not_found]",
        ],
    },
    Case {
        what: "values of an enum in another order",
        edits: &[("enum: [up, down, not-found]", "enum: [down, up, not-found]")],
        told: &[
            "types::State: its variants stand in another order, by which they compare @ State:",
        ],
    },
    Case {
        what: "values of a parameter",
        edits: &[("enum: [up, down]}", "enum: [up, sideways]}")],
        told: &[
            "! types::ListThingsSort::Down: removed: `down` comes as `Unknown` now @ down]}, example: up}",
            "types::ListThingsSort::Sideways: added: `sideways` came as `Unknown` @ sideways]}, example: up}",
        ],
    },
];

/// What stands in the spec and not in the edited one is added.
const TAKEN_BACK: &[Case] = &[
    Case {
        what: "a type that was nothing but a body",
        edits: &[(
            "              type: object\n              required: [name, owner]\n              properties:\n                name: {type: string, description: Its name.}\n                owner: {type: string, description: Whose it is.}\n                size: {type: integer, description: Its size in MiB.}\n                part: {$ref: '#/components/schemas/Part'}\n            example: {name: a, owner: me}",
            "              $ref: '#/components/schemas/Part'\n            example: {kind: a, count: 1}",
        )],
        told: &[
            "! createThing.kind: removed @ kind: {type: string, des",
            "! createThing.count: removed; perhaps it is `size` now, which has the same type @ count: {type: integer, d",
            "! createThing.color: removed @ color: {type: string, de",
            "! createThing.body: takes `CreateThingBody` now, not `Part` @ requestBody:",
            "! createThing.name: added, and required: without it a call is refused @ name: {type: string, des",
            "! createThing.owner: added, and required: without it a call is refused @ owner: {type: string, de",
            "types::CreateThingBody: added @ schema:",
            "createThing.size: added @ size: {type: integer, de",
            "createThing.part: added @ part: {$ref: '#/componen",
            "types::Part: `Deserialize` was added @ Part:",
            "types::Part: functions that set its fields were added @ Part:",
        ],
    },
    Case {
        what: "an operation added",
        edits: &[(DELETE, "")],
        told: &["deleteThing: added, called by `delete_thing()` @ delete:"],
    },
    Case {
        what: "a parameter and its type added",
        edits: &[
            ("        - $ref: '#/components/parameters/Sort'\n", ""),
            (SORT, ""),
            ("  parameters:\n  schemas", "  schemas"),
        ],
        told: &[
            "listThings.sort: added @ $ref: '#/components/para",
            "types::ListThingsSort: added @ schema: {type: string, e",
        ],
    },
    Case {
        what: "a property of a body added",
        edits: &[(SIZE, "")],
        told: &[
            "createThing.size: added @ size: {type: integer, de",
            "types::CreateThingBody.size: added @ size: {type: integer, de",
        ],
    },
    Case {
        what: "a property of a body added that must be set",
        edits: &[
            ("required: [name, owner]", "required: [name]"),
            (
                "                owner: {type: string, description: Whose it is.}\n",
                "",
            ),
            ("{name: a, owner: me}", "{name: a}"),
        ],
        told: &[
            "! types::CreateThingBody: `new(name: String, owner: String)` now, not `new(name: String)` @ schema:",
            "! createThing.owner: added, and required: without it a call is refused @ owner: {type: string, de",
            "types::CreateThingBody.owner: added @ owner: {type: string, de",
        ],
    },
    Case {
        what: "a parameter that needn't be set any more",
        edits: &[(
            "- {name: page, in: query, ",
            "- {name: page, in: query, required: true, ",
        )],
        told: &["listThings.page: no longer required @ {name: page, in: query,"],
    },
    Case {
        what: "a list that is paged now",
        edits: &[("      x-pagination: {page: page, items: things}\n", "")],
        told: &["listThings: `stream()` was added @ get:"],
    },
    Case {
        what: "a field added",
        edits: &[(NOTE, "")],
        told: &["types::Thing.note: added @ note: {type: string, des"],
    },
    Case {
        what: "a field that may be absent now",
        edits: &[(
            "      description: A thing.\n",
            "      description: A thing.\n      required: [name]\n",
        )],
        told: &[
            "! types::Thing.name: `Option<String>` now, not `String` @ name: {type: string, des",
            "types::Thing: `default()` was added @ Thing:",
        ],
    },
    Case {
        what: "a value of an enum added",
        edits: &[("enum: [up, down, not-found]", "enum: [up, down]")],
        told: &["types::State::NotFound: added: `not-found` came as `Unknown` @ not-found]"],
    },
    Case {
        what: "an operation no longer deprecated",
        edits: &[(
            "operationId: deleteThing",
            "operationId: deleteThing\n      deprecated: true",
        )],
        told: &["deleteThing: no longer deprecated @ delete:"],
    },
];

const NOTE: &str = "        note: {type: string, description: What was noted.}\n";
const PAGE: &str = "        - {name: page, in: query, description: The page., schema: {type: integer}, example: 1}\n";
const SIZE: &str = "                size: {type: integer, description: Its size in MiB.}\n";
const SORT: &str = "    Sort: {name: sort, in: query, description: How to sort., schema: {type: string, enum: [up, down]}, example: up}\n";
const DELETE: &str = "  /things/{id}:
    parameters:
      - {name: id, in: path, required: true, description: Which., schema: {type: integer}, example: 1}
    delete:
      operationId: deleteThing
      summary: Delete a thing
      description: Deletes a thing.
      tags: [things]
      responses:
        '200':
          description: Done.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Envelope'}
              example: {error: 0}
";
