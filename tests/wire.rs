//! Lenient decoding, table by table: what these servers send, what it is read as, and what can't
//! be read, which is an error that names no value. Requests are strict and canonical.
//!
//! A table's row has a name, so that a failure says which.

#![cfg(any(feature = "kiwivm", feature = "vps-org"))]

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Reads each row's JSON as this field of `T`. A row: its name, what is sent, what it is read as.
fn reads<T: DeserializeOwned, V: Debug + PartialEq>(
    field: &str,
    get: impl Fn(T) -> V,
    rows: &[(&str, &str, V)],
) {
    let wrong = rows.iter().filter_map(|(name, sent, expected)| {
        let read = reply::<T>(field, sent).map(&get);
        (read.as_ref() != Ok(expected))
            .then(|| format!("{name}: {sent} is read as {read:?} instead of {expected:?}"))
    });
    none(field, wrong);
}

/// Finds that each row's JSON can't be this field of `T`, and that the error doesn't quote it. A
/// row: its name, what is sent, what the error says was found.
fn refuses<T: DeserializeOwned>(field: &str, expected: &str, rows: &[(&str, &str, &str)]) {
    let wrong = rows.iter().filter_map(|(name, sent, found)| {
        let says = format!("expected {expected}, found {found}");
        refusal::<T>(field, sent, &says)
            .err()
            .map(|wrong| format!("{name}: {wrong}"))
    });
    none(field, wrong);
}

/// The same with an error of other words. A row: its name, what is sent, what the error says.
fn refuses_with<T: DeserializeOwned>(field: &str, rows: &[(&str, &str, &str)]) {
    let wrong = rows.iter().filter_map(|(name, sent, says)| {
        refusal::<T>(field, sent, says)
            .err()
            .map(|wrong| format!("{name}: {wrong}"))
    });
    none(field, wrong);
}

fn refusal<T: DeserializeOwned>(field: &str, sent: &str, says: &str) -> Result<(), String> {
    let Err(error) = reply::<T>(field, sent) else {
        return Err(format!("{sent} is read"));
    };
    if !error.starts_with(says) {
        return Err(format!("{sent} gives {error:?} instead of {says:?}"));
    }
    match texts(sent).into_iter().find(|text| error.contains(text)) {
        Some(text) => Err(format!("{error:?} names the value {text}")),
        None => Ok(()),
    }
}

/// What an integer isn't.
#[cfg(feature = "kiwivm")]
const FRACTION: &str = "a fraction, or a larger number";

/// A reply that has one field.
fn reply<T: DeserializeOwned>(field: &str, json: &str) -> Result<T, String> {
    serde_json::from_str(&format!(r#"{{"{field}": {json}}}"#)).map_err(|e| e.to_string())
}

fn none(table: &str, wrong: impl Iterator<Item = String>) {
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{table}:\n{}", wrong.join("\n"));
}

/// All values in a JSON text, as an error would quote them.
fn texts(json: &str) -> Vec<String> {
    match serde_json::from_str(json) {
        Ok(Value::Array(list)) => list.iter().flat_map(|v| texts(&v.to_string())).collect(),
        Ok(Value::Object(map)) => map.values().flat_map(|v| texts(&v.to_string())).collect(),
        Ok(Value::String(text)) if text.trim().is_empty() => Vec::new(),
        Ok(Value::String(text)) if text.starts_with(['[', '{']) => texts(&text),
        Ok(Value::String(text)) => vec![text],
        Ok(Value::Null) => Vec::new(),
        _ => vec![json.to_owned()],
    }
}

/// What a type makes of a reply, as JSON again.
fn canonical<T: DeserializeOwned + Serialize>(sent: Value) -> Result<Value, String> {
    let read: T = serde_json::from_str(&sent.to_string()).map_err(|e| e.to_string())?;
    serde_json::to_value(read).map_err(|e| e.to_string())
}

/// A row: its name, the type, what is sent, and the same in canonical JSON.
type Reply<'a> = (&'a str, fn(Value) -> Result<Value, String>, Value, Value);

fn becomes(table: &str, rows: Vec<Reply>) {
    let wrong = rows.into_iter().filter_map(|(name, read, sent, expected)| {
        let read = read(sent);
        (read.as_ref() != Ok(&expected))
            .then(|| format!("{name}: read as {read:?}\ninstead of {expected}"))
    });
    none(table, wrong);
}

#[cfg(feature = "kiwivm")]
mod kiwivm {
    use std::collections::BTreeMap;

    use hosting_apis::kiwivm::types::*;

    use super::*;

    fn map<V>(entries: impl IntoIterator<Item = (&'static str, V)>) -> BTreeMap<String, V> {
        let entries = entries.into_iter();
        entries
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }

    fn list(items: &[&str]) -> Vec<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    #[rustfmt::skip]
    fn integers() {
        reads("plan_disk", |info: ServiceInfo| info.plan_disk, &[
            ("a number", "4096", Some(4096)),
            ("a negative number", "-100", Some(-100)),
            ("beyond 32 bits", "2147483648000", Some(2_147_483_648_000)),
            ("the largest", "9223372036854775807", Some(i64::MAX)),
            ("the smallest", "-9223372036854775808", Some(i64::MIN)),
            ("a float without a fraction", "4096.0", Some(4096)),
            ("an exponent", "4.096e3", Some(4096)),
            ("its text", r#""4096""#, Some(4096)),
            ("its text, negative", r#""-100""#, Some(-100)),
            ("its text, with a sign", r#""+4096""#, Some(4096)),
            ("its text, padded", r#"" 4096\n""#, Some(4096)),
            ("its text, with zeros", r#""004096""#, Some(4096)),
            ("its text, as a float", r#""4096.0""#, Some(4096)),
            ("its text, with an exponent", r#""4.096e3""#, Some(4096)),
            ("its text, the largest", r#""9223372036854775807""#, Some(i64::MAX)),
            ("its text, the smallest", r#""-9223372036854775808""#, Some(i64::MIN)),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
        refuses::<ServiceInfo>("plan_disk", "an integer of 64 bits", &[
            ("a fraction", "987654.25", FRACTION),
            ("a fraction as text", r#""987654.25""#, FRACTION),
            ("one above the largest", "9223372036854775808", "a larger one"),
            ("one above it as text", r#""9223372036854775808""#, FRACTION),
            ("one below the smallest as text", r#""-9223372036854775809""#, FRACTION),
            ("above 64 bits", "98765432109876543210", FRACTION),
            ("a huge exponent", "1e300", FRACTION),
            ("a huge exponent as text", r#""1e300""#, FRACTION),
            ("more than a float holds, as text", r#""1e400""#, FRACTION),
            ("not a number", r#""NaN""#, FRACTION),
            ("infinity", r#""inf""#, FRACTION),
            ("infinity in full", r#""-Infinity""#, FRACTION),
            ("a word", r#""secretive""#, "text that is no number"),
            ("spaces", r#""  ""#, "text that is no number"),
            ("a number and a unit", r#""4096 MB""#, "text that is no number"),
            ("groups of digits", r#""4,096""#, "text that is no number"),
            ("hexadecimal", r#""0x1000""#, "text that is no number"),
            ("a bool", "true", "a bool"),
            ("a list", "[987654]", "a list"),
            ("an object", r#"{"bytes": 987654}"#, "an object"),
        ]);
        refuses_with::<ServiceInfo>("plan_disk", &[
            ("more than a float holds", "1e400", "number out of range"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn floats() {
        reads("monthly_data_multiplier", |info: ServiceInfo| info.monthly_data_multiplier, &[
            ("a fraction", "0.25", Some(0.25)),
            ("an integer", "3", Some(3.0)),
            ("a negative integer", "-3", Some(-3.0)),
            ("beyond 63 bits", "18446744073709551615", Some(18_446_744_073_709_551_615.0)),
            ("its text", r#""0.25""#, Some(0.25)),
            ("its text, an integer", r#""3""#, Some(3.0)),
            ("its text, padded", r#"" 0.25 ""#, Some(0.25)),
            ("its text, with an exponent", r#""2.5e-1""#, Some(0.25)),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
        refuses::<ServiceInfo>("monthly_data_multiplier", "a number", &[
            ("not a number", r#""NaN""#, "text that is no number"),
            ("infinity", r#""inf""#, "text that is no number"),
            ("infinity in full", r#""-Infinity""#, "text that is no number"),
            ("more than a float holds, as text", r#""1e400""#, "text that is no number"),
            ("a decimal comma", r#""0,25""#, "text that is no number"),
            ("a word", r#""secretive""#, "text that is no number"),
            ("a bool", "true", "a bool"),
            ("a list", "[987.5]", "a list"),
            ("an object", r#"{"factor": 987.5}"#, "an object"),
        ]);
        refuses_with::<ServiceInfo>("monthly_data_multiplier", &[
            ("more than a float holds", "1e400", "number out of range"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn bools() {
        reads("is_cpu_throttled", |info: LiveServiceInfo| info.is_cpu_throttled, &[
            ("true", "true", Some(true)),
            ("false", "false", Some(false)),
            ("1", "1", Some(true)),
            ("0", "0", Some(false)),
            ("1 as text", r#""1""#, Some(true)),
            ("0 as text", r#""0""#, Some(false)),
            ("empty text means no", r#""""#, Some(false)),
            ("spaces mean no", r#""  ""#, Some(false)),
            ("1 as text, padded", r#"" 1 ""#, Some(true)),
            ("true as text", r#""true""#, Some(true)),
            ("false as text", r#""false""#, Some(false)),
            ("another case of true", r#""TRUE""#, Some(true)),
            ("another case of false", r#""False""#, Some(false)),
            ("1 as a float", "1.0", Some(true)),
            ("0 as a float", "0.0", Some(false)),
            ("1 as a float as text", r#""1.0""#, Some(true)),
            ("0 as a float as text", r#""0.0""#, Some(false)),
            ("null", "null", None),
        ]);
        refuses::<LiveServiceInfo>("is_cpu_throttled", "a bool, 0 or 1", &[
            ("another integer", "987654", "another integer"),
            ("a negative integer", "-987654", "another integer"),
            ("beyond 63 bits", "18446744073709551615", "another integer"),
            ("a fraction", "0.5", "another number"),
            ("another float", "2.0", "another number"),
            ("a fraction as text", r#""0.5""#, "other text"),
            ("another float as text", r#""2.0""#, "other text"),
            ("another integer as text", r#""987654""#, "other text"),
            ("a word", r#""secretive""#, "other text"),
            ("a list", "[true]", "a list"),
            ("an object", r#"{"cpu": true}"#, "an object"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn texts_of_all_kinds() {
        let some = |text: &str| Some(text.to_owned());
        reads("hostname", |info: ServiceInfo| info.hostname, &[
            ("text", r#""harbour.example.com""#, some("harbour.example.com")),
            ("text as it is", r#"" Ünïcode \n ""#, some(" Ünïcode \n ")),
            ("text that is JSON", r#""{\"a\": 1}""#, some(r#"{"a": 1}"#)),
            ("an integer", "41", some("41")),
            ("a negative integer", "-41", some("-41")),
            ("beyond 63 bits", "18446744073709551615", some("18446744073709551615")),
            ("a float", "0.25", some("0.25")),
            ("a bool", "true", some("true")),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
        refuses::<ServiceInfo>("hostname", "text", &[
            ("a list", r#"["secretive"]"#, "a list"),
            ("an object", r#"{"name": "secretive"}"#, "an object"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn secrets_are_texts() {
        let exposed = |reply: RootPassword| reply.password.map(|secret| secret.expose().to_owned());
        reads("password", exposed, &[
            ("text", r#""made-up""#, Some("made-up".to_owned())),
            ("an integer", "987654", Some("987654".to_owned())),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
        refuses::<RootPassword>("password", "text", &[
            ("a list", r#"["secretive"]"#, "a list"),
            ("an object", r#"{"is": "secretive"}"#, "an object"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn values_of_any_type() {
        reads("sshKeysBrief", |reply: ReinstallResult| reply.ssh_keys_brief, &[
            ("text", r#""ssh-ed25519 AB…YZ""#, Some(json!("ssh-ed25519 AB…YZ"))),
            ("a list", r#"["one", "two"]"#, Some(json!(["one", "two"]))),
            ("an empty list", "[]", Some(json!([]))),
            ("an object", r#"{"1": "one"}"#, Some(json!({"1": "one"}))),
            ("a number", "5", Some(json!(5))),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn lists() {
        let two = || list(&["192.0.2.10", "2001:db8:10::"]);
        reads("ip_addresses", |info: ServiceInfo| info.ip_addresses, &[
            ("a list", r#"["192.0.2.10", "2001:db8:10::"]"#, two()),
            ("an empty list", "[]", Vec::new()),
            ("an empty object", "{}", Vec::new()),
            ("null", "null", Vec::new()),
            ("empty text", r#""""#, Vec::new()),
            ("spaces", r#""  ""#, Vec::new()),
            ("JSON text", r#""[\"192.0.2.10\", \"2001:db8:10::\"]""#, two()),
            ("JSON text of an empty list", r#"" [] ""#, Vec::new()),
            ("JSON text of an empty object", r#""{}""#, Vec::new()),
            ("JSON text of null", r#""null""#, Vec::new()),
            ("PHP's list with gaps", r#"{"3": "a", "7": "b"}"#, list(&["a", "b"])),
            ("in the order of the keys", r#"{"10": "c", "2": "b", "0": "a"}"#, list(&["a", "b", "c"])),
            ("JSON text of it", r#""{\"1\": \"b\", \"0\": \"a\"}""#, list(&["a", "b"])),
            ("items of other types", r#"["a", 5, 0.5, true]"#, list(&["a", "5", "0.5", "true"])),
        ]);
        refuses::<ServiceInfo>("ip_addresses", "a list", &[
            ("an object with entries", r#"{"first": "secretive"}"#, "an object"),
            ("an object with another key", r#"{"0": "192.0.2.10", "next": "secretive"}"#, "an object"),
            ("a number", "987654", "an integer"),
            ("a float", "987.5", "a number"),
            ("a bool", "false", "a bool"),
            ("one item without its list", r#""secretive""#, "text that is no JSON"),
        ]);
        refuses_with::<ServiceInfo>("ip_addresses", &[
            (
                "JSON text of an object with entries",
                r#""{\"first\": \"secretive\"}""#,
                "in JSON text: expected a list, found an object",
            ),
            (
                "JSON text of another item",
                r#""[[\"secretive\"]]""#,
                "in JSON text, at [0]: expected text, found a list",
            ),
            (
                "JSON text that breaks off",
                r#""[\"secretive\"""#,
                "in JSON text, at [0]: EOF while parsing a list",
            ),
            (
                "JSON text with more behind it",
                r#""[] secretive""#,
                "in JSON text: trailing characters",
            ),
        ]);
        refuses::<ServiceInfo>("ip_addresses", "text", &[
            ("an item that is null", r#"["secretive", null]"#, "null"),
            ("an item that is a list", r#"[["secretive"]]"#, "a list"),
            ("an item of a list with gaps", r#"{"3": "192.0.2.10", "7": ["secretive"]}"#, "a list"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn lists_of_structs() {
        let summaries = |log: AuditLog| -> Vec<Option<String>> {
            log.log_entries
                .into_iter()
                .map(|entry| entry.summary)
                .collect()
        };
        let one = || vec![Some("Login".to_owned())];
        reads("log_entries", summaries, &[
            ("objects", r#"[{"summary": "Login"}]"#, one()),
            ("JSON text", r#""[{\"summary\": \"Login\"}]""#, one()),
            ("JSON text of each", r#"["{\"summary\": \"Login\"}"]"#, one()),
            ("JSON text in JSON text", r#""[\"{\\\"summary\\\": \\\"Login\\\"}\"]""#, one()),
            ("objects of nothing", r#"[{}, [], ""]"#, vec![None; 3]),
            ("JSON text of null", r#""null""#, Vec::new()),
            ("PHP's list with gaps", r#"{"4": {"summary": "Login"}}"#, one()),
        ]);
        refuses::<AuditLog>("log_entries", "an object", &[
            ("a list in place of an object", r#"[["secretive"]]"#, "a list"),
            ("null", "[null]", "null"),
            ("a number", "[987654]", "an integer"),
            ("a bool", "[true]", "a bool"),
            ("text", r#"["secretive"]"#, "text that is no JSON"),
        ]);
        refuses::<AuditLog>("log_entries", "an integer of 64 bits", &[
            ("a field unread", r#"[{"timestamp": "secretive"}]"#, "text that is no number"),
        ]);
        refuses_with::<AuditLog>("log_entries", &[
            (
                "a field unread, in JSON text",
                r#"["{\"timestamp\": \"secretive\"}"]"#,
                "in JSON text, at timestamp: expected an integer of 64 bits, found text that is no number",
            ),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn maps() {
        let text = str::to_owned;
        reads("vz_status", |info: LiveServiceInfo| info.vz_status, &[
            (
                "an object",
                r#"{"nproc": "31", "numfile": "-"}"#,
                map([("nproc", text("31")), ("numfile", text("-"))]),
            ),
            ("an empty object", "{}", map([])),
            ("PHP's empty map", "[]", map([])),
            ("null", "null", map([])),
            ("empty text", r#""""#, map([])),
            ("spaces", r#""  ""#, map([])),
            ("JSON text", r#""{\"nproc\": \"31\"}""#, map([("nproc", text("31"))])),
            ("JSON text of an empty list", r#""[]""#, map([])),
            ("JSON text of null", r#""null""#, map([])),
            (
                "values of another type, and empty",
                r#"{"nproc": 31, "numfile": ""}"#,
                map([("nproc", text("31")), ("numfile", text(""))]),
            ),
        ]);
        refuses::<LiveServiceInfo>("vz_status", "an object", &[
            ("a list with items", r#"["secretive"]"#, "a list"),
            ("a number", "987654", "an integer"),
            ("a float", "987.5", "a number"),
            ("a bool", "false", "a bool"),
            ("text", r#""secretive""#, "text that is no JSON"),
        ]);
        refuses_with::<LiveServiceInfo>("vz_status", &[
            (
                "JSON text of a list with items",
                r#""[\"secretive\"]""#,
                "in JSON text: expected an object, found a list",
            ),
        ]);
        refuses::<LiveServiceInfo>("vz_status", "text", &[
            ("a value that is null", r#"{"nproc": null}"#, "null"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn maps_of_all_kinds() {
        reads("ptr", |info: ServiceInfo| info.ptr, &[
            (
                "a name, null for IPv4, empty for IPv6",
                r#"{"192.0.2.10": "a.example.com", "192.0.2.11": null, "2001:db8:10::": ""}"#,
                map([
                    ("192.0.2.10", Some("a.example.com".to_owned())),
                    ("192.0.2.11", None),
                    ("2001:db8:10::", None),
                ]),
            ),
            ("PHP's empty map", "[]", map([])),
        ]);
        let submitted = |reply: NotificationPreferencesUpdate| reply.submitted_email_preferences;
        reads("submitted_email_preferences", submitted, &[
            (
                "a map of flags",
                r#"{"a": 1, "b": 0, "c": "1", "d": "", "e": true}"#,
                map([("a", true), ("b", false), ("c", true), ("d", false), ("e", true)]),
            ),
        ]);
        // Of a reply that must have more than this field.
        let multipliers = |reply: MigrationLocations| reply.data_transfer_multipliers;
        reads(r#"locations": [], "dataTransferMultipliers"#, multipliers, &[
            (
                "a map of floats",
                r#"{"a": 1, "b": 0.33, "c": "0.5"}"#,
                map([("a", 1.0), ("b", 0.33), ("c", 0.5)]),
            ),
        ]);
        let durations = |info: ServiceInfo| -> BTreeMap<String, Option<i64>> {
            let routes = info.ip_nullroutes.into_iter();
            routes.map(|(ip, route)| (ip, route.nullroute_duration_s)).collect()
        };
        reads("ip_nullroutes", durations, &[
            (
                "a map of structs",
                r#"{"192.0.2.10": {"nullroute_duration_s": "900"}, "192.0.2.11": []}"#,
                map([("192.0.2.10", Some(900)), ("192.0.2.11", None)]),
            ),
            ("PHP's empty map", "[]", map([])),
        ]);
        let counts = |reply: NotificationPreferences| -> BTreeMap<String, usize> {
            let categories = reply.email_preferences.into_iter();
            categories
                .map(|(name, preferences)| (name, preferences.len()))
                .collect()
        };
        reads("email_preferences", counts, &[
            (
                "a map of maps",
                r#"{"Traffic Notices": {"half": {}, "full": []}, "Login Notices": []}"#,
                map([("Traffic Notices", 2), ("Login Notices", 0)]),
            ),
            ("PHP's empty map", "[]", map([])),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn open_enums() {
        let unknown = |value: &str| Some(VmType::Unknown(value.to_owned()));
        reads("vm_type", |info: ServiceInfo| info.vm_type, &[
            ("a known value", r#""kvm""#, Some(VmType::Kvm)),
            ("another known value", r#""ovz""#, Some(VmType::Ovz)),
            ("another case", r#""KVM""#, Some(VmType::Kvm)),
            ("a value not yet known", r#""lxc""#, unknown("lxc")),
            ("its case is kept", r#""Lxc""#, unknown("Lxc")),
            ("a number", "7", unknown("7")),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
        reads("ve_status", |info: LiveServiceInfo| info.ve_status, &[
            ("as documented", r#""Running""#, Some(VeStatus::Running)),
            ("as captured", r#""running""#, Some(VeStatus::Running)),
            ("as nobody writes it", r#""sTOPPED""#, Some(VeStatus::Stopped)),
            ("not yet known", r#""Migrating""#, Some(VeStatus::Unknown("Migrating".to_owned()))),
        ]);
        refuses::<ServiceInfo>("vm_type", "text", &[
            ("a list", r#"["secretive"]"#, "a list"),
            ("an object", r#"{"is": "secretive"}"#, "an object"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn text_in_base64() {
        let description = |list: SnapshotList| -> Option<String> {
            list.snapshots.into_iter().next()?.description
        };
        let some = |text: &str| Some(text.to_owned());
        reads("snapshots", description, &[
            ("base64", r#"[{"description": "T25lIGEgd2Vlaw=="}]"#, some("One a week")),
            ("base64 of more than ASCII", r#"[{"description": "VW16dWcg4pyT"}]"#, some("Umzug ✓")),
            ("text that isn't base64", r#"[{"description": "one a week"}]"#, some("one a week")),
            ("text that looks like base64", r#"[{"description": "weekly42"}]"#, some("weekly42")),
            ("base64 that breaks off", r#"[{"description": "T25lIGE"}]"#, some("T25lIGE")),
            ("a number", r#"[{"description": 20250}]"#, some("20250")),
            ("null", r#"[{"description": null}]"#, None),
            ("empty text", r#"[{"description": ""}]"#, None),
            ("absent", r#"[{"os": "example"}]"#, None),
        ]);
        refuses::<SnapshotList>("snapshots", "text", &[
            ("a list", r#"[{"description": ["secretive"]}]"#, "a list"),
        ]);
        let sent = json!({"description": "T25lIGEgd2Vlaw=="});
        assert_eq!(
            canonical::<Snapshot>(sent.clone()),
            Ok(sent),
            "encoded again"
        );
    }

    /// What facts are known about KiwiVM's types, in replies of several fields.
    #[test]
    fn quirks_of_replies() {
        becomes(
            "kiwivm",
            vec![
                (
                    "getServiceInfo: any field may be absent",
                    canonical::<ServiceInfo>,
                    json!({}),
                    json!({}),
                ),
                (
                    "getServiceInfo: fields that nobody knows are ignored",
                    canonical::<ServiceInfo>,
                    json!({"hostname": "a.example.com", "plan_gpu": {"count": [1]}, "error": 0}),
                    json!({"hostname": "a.example.com"}),
                ),
                (
                    "getServiceInfo: numbers as text, flags as 0 and 1",
                    canonical::<ServiceInfo>,
                    json!({
                        "location_ipv6_ready": 1, "rdns_api_available": "1", "suspended": 0,
                        "policy_violation": "0", "plan_private_network_available": "",
                        "location_private_network_available": false,
                        "plan_monthly_data": "3298534883328", "plan_disk": "10737418240",
                        "plan_max_ipv6s": "2", "data_counter": 7_516_192_768_i64,
                        "monthly_data_multiplier": "0.33",
                    }),
                    json!({
                        "location_ipv6_ready": true, "rdns_api_available": true, "suspended": false,
                        "policy_violation": false, "plan_private_network_available": false,
                        "location_private_network_available": false,
                        "plan_monthly_data": 3_298_534_883_328_i64, "plan_disk": 10_737_418_240_i64,
                        "plan_max_ipv6s": 2, "data_counter": 7_516_192_768_i64,
                        "monthly_data_multiplier": 0.33,
                    }),
                ),
                (
                    "getServiceInfo: empty in every way",
                    canonical::<ServiceInfo>,
                    json!({
                        "suspension_count": null, "iso1": "", "iso2": null, "available_isos": [],
                        "ipv6_sit_tunnel_endpoint": null, "ip_nullroutes": [], "ptr": [],
                        "private_ip_addresses": [], "node_ip": "",
                        "free_ip_replacement_interval": -100,
                    }),
                    json!({"free_ip_replacement_interval": -100}),
                ),
                (
                    "getLiveServiceInfo: KVM",
                    canonical::<LiveServiceInfo>,
                    json!({
                        "vm_type": "kvm", "ve_status": "running", "ve_disk_quota_gb": "41",
                        "ve_used_disk_space_b": 8_589_934_592_i64, "is_cpu_throttled": "",
                        "is_disk_throttled": "1", "ssh_port": 61022, "live_hostname": "harbour",
                        "load_average": "0.10 0.20 0.30 1/99 1234", "mem_available_kb": 204_800,
                        "swap_total_kb": null, "swap_available_kb": null,
                    }),
                    json!({
                        "vm_type": "kvm", "ve_status": "Running", "ve_disk_quota_gb": 41,
                        "ve_used_disk_space_b": 8_589_934_592_i64, "is_cpu_throttled": false,
                        "is_disk_throttled": true, "ssh_port": 61022, "live_hostname": "harbour",
                        "load_average": "0.10 0.20 0.30 1/99 1234", "mem_available_kb": 204_800,
                    }),
                ),
                (
                    "getLiveServiceInfo: KVM, stopped",
                    canonical::<LiveServiceInfo>,
                    json!({
                        "ve_status": "Stopped", "live_hostname": null, "load_average": null,
                        "mem_available_kb": null, "screendump_png_base64": "",
                    }),
                    json!({"ve_status": "Stopped"}),
                ),
                (
                    "getLiveServiceInfo: OpenVZ, all as text",
                    canonical::<LiveServiceInfo>,
                    json!({
                        "vm_type": "ovz",
                        "vz_status": {"status": "stopped", "nproc": "-", "physpages_l": "-"},
                        "vz_quota": {"occupied_kb": "650112", "softlimit_inodes": "1500000"},
                    }),
                    json!({
                        "vm_type": "ovz",
                        "vz_status": {"status": "stopped", "nproc": "-", "physpages_l": "-"},
                        "vz_quota": {"occupied_kb": "650112", "softlimit_inodes": "1500000"},
                    }),
                ),
                (
                    "getRawUsageStats: all as text, as in 2021",
                    canonical::<RawUsageStats>,
                    json!({
                        "data": [{
                            "timestamp": "1640995200", "cpu_usage": "4",
                            "network_in_bytes": "6442450944", "network_out_bytes": "0",
                            "disk_read_bytes": "512", "disk_write_bytes": "1024",
                        }],
                        "vm_type": "kvm",
                    }),
                    json!({
                        "data": [{
                            "timestamp": 1_640_995_200, "cpu_usage": 4,
                            "network_in_bytes": 6_442_450_944_i64, "network_out_bytes": 0,
                            "disk_read_bytes": 512, "disk_write_bytes": 1024,
                        }],
                        "vm_type": "kvm",
                    }),
                ),
                (
                    "getAuditLog: text and numbers, side by side",
                    canonical::<AuditLog>,
                    json!({"log_entries": [
                        {"timestamp": "1640995200", "requestor_ipv4": "3405803781", "type": "3",
                         "summary": "Stopped"},
                        {"timestamp": 1_767_225_600, "requestor_ipv4": 0, "type": 4,
                         "summary": "Started"},
                    ]}),
                    json!({"log_entries": [
                        {"timestamp": 1_640_995_200, "requestor_ipv4": 3_405_803_781_i64, "type": 3,
                         "summary": "Stopped"},
                        {"timestamp": 1_767_225_600, "requestor_ipv4": 0, "type": 4,
                         "summary": "Started"},
                    ]}),
                ),
                (
                    "start: a flag as 0",
                    canonical::<StartResult>,
                    json!({"is_mounted": 0}),
                    json!({"is_mounted": false}),
                ),
                (
                    "basicShell/exec: an exit status as text, and no output",
                    canonical::<ShellResult>,
                    json!({"error": "127", "message": ""}),
                    json!({"error": 127}),
                ),
                (
                    "snapshot/list: the size as text",
                    canonical::<SnapshotList>,
                    json!({"snapshots": [
                        {"fileName": "one.tar.gz", "size": "5368709120", "sticky": "",
                         "uncompressed": 10_737_418_240_i64, "purgesIn": "86400"},
                    ]}),
                    json!({"snapshots": [
                        {"fileName": "one.tar.gz", "size": 5_368_709_120_i64, "sticky": false,
                         "uncompressed": 10_737_418_240_i64, "purgesIn": 86400},
                    ]}),
                ),
                (
                    "snapshot/list: none",
                    canonical::<SnapshotList>,
                    json!({"snapshots": []}),
                    json!({"snapshots": []}),
                ),
                (
                    "snapshot/list: a list with gaps",
                    canonical::<SnapshotList>,
                    json!({"snapshots": {"1": {"os": "one"}, "3": {"os": "three"}}}),
                    json!({"snapshots": [{"os": "one"}, {"os": "three"}]}),
                ),
                (
                    "backup/list: a map by token",
                    canonical::<BackupList>,
                    json!({"backups": {"cafe01": {"size": "77", "os": "example", "timestamp": 9}}}),
                    json!({"backups": {"cafe01": {"size": 77, "os": "example", "timestamp": 9}}}),
                ),
                (
                    "backup/list: the list that the vendor documents",
                    canonical::<BackupList>,
                    json!({"backups": [{"backupToken": "cafe01", "size": 77}, {"backupToken": "cafe02"}]}),
                    json!({"backups": {"cafe01": {"size": 77}, "cafe02": {}}}),
                ),
                (
                    "backup/list: none",
                    canonical::<BackupList>,
                    json!({"backups": []}),
                    json!({"backups": {}}),
                ),
                (
                    "getSuspensionDetails: none, so fields are absent",
                    canonical::<SuspensionDetails>,
                    json!({"suspension_count": null, "total_abuse_points": 0}),
                    json!({"total_abuse_points": 0}),
                ),
                (
                    "getSuspensionDetails: one",
                    canonical::<SuspensionDetails>,
                    json!({
                        "suspension_count": "1",
                        "suspensions": [{"record_id": "31", "flag": "spam", "is_soft": 1}],
                        "evidence": {"17": "A mail."},
                    }),
                    json!({
                        "suspension_count": 1,
                        "suspensions": [{"record_id": 31, "flag": "spam", "is_soft": true}],
                        "evidence": {"17": "A mail."},
                    }),
                ),
                (
                    "getSuspensionDetails: PHP's empty map",
                    canonical::<SuspensionDetails>,
                    json!({"suspensions": [], "evidence": []}),
                    json!({}),
                ),
                (
                    "getPolicyViolations: flags and numbers",
                    canonical::<PolicyViolations>,
                    json!({"policy_violations": [
                        {"record_id": 5, "is_soft": 0, "suspend_at": "99"},
                    ]}),
                    json!({"policy_violations": [
                        {"record_id": 5, "is_soft": false, "suspend_at": 99},
                    ]}),
                ),
                (
                    "reinstallOS: no keys",
                    canonical::<ReinstallResult>,
                    json!({"sshPort": "61022", "sshKeys": "", "sshKeysBrief": ""}),
                    json!({"sshPort": 61022}),
                ),
                (
                    "reinstallOS: keys as a list",
                    canonical::<ReinstallResult>,
                    json!({"sshKeysBrief": ["AB…YZ", "CD…WX"]}),
                    json!({"sshKeysBrief": ["AB…YZ", "CD…WX"]}),
                ),
                (
                    "kiwivm/getNotificationPreferences: flags and empty categories",
                    canonical::<NotificationPreferences>,
                    json!({"email_preferences": {
                        "Traffic Notices": {"half": {"is_enabled": 1, "s_value": ""}},
                        "Login Notices": [],
                    }}),
                    json!({"email_preferences": {
                        "Traffic Notices": {"half": {"is_enabled": true}},
                        "Login Notices": {},
                    }}),
                ),
                (
                    "kiwivm/setNotificationPreferences: nothing has changed",
                    canonical::<NotificationPreferencesUpdate>,
                    json!({
                        "submitted_email_preferences": {"half": 1},
                        "updated_email_preferences": [],
                        "friendly_descriptions": [],
                    }),
                    json!({"submitted_email_preferences": {"half": true}}),
                ),
            ],
        );
    }

    /// What a form holds, as pairs of name and value.
    fn form(body: impl Serialize) -> Vec<(String, String)> {
        let text = serde_urlencoded::to_string(body).unwrap();
        serde_urlencoded::from_str(&text).unwrap()
    }

    #[test]
    fn requests_are_canonical() {
        let field = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let preferences = |preferences: BTreeMap<String, i64>| {
            form(KiwivmSetNotificationPreferencesBody::new(preferences))
        };
        assert_eq!(
            preferences(map([("half", 1), ("full", 0)])),
            field("json_notification_preferences", r#"{"full":0,"half":1}"#),
            "a map goes as JSON text"
        );
        assert_eq!(
            preferences(map([])),
            field("json_notification_preferences", "{}"),
            "an empty map is sent"
        );
        let description = |description: Option<&str>| {
            let mut body = SnapshotCreateBody::default();
            body.description = description.map(str::to_owned);
            form(body)
        };
        assert_eq!(description(None), [], "what is unset is left out");
        assert_eq!(
            description(Some("")),
            field("description", ""),
            "empty text is sent"
        );
        assert_eq!(
            description(Some("a & b = ü")),
            field("description", "a & b = ü"),
            "plain text, though it comes back in base64"
        );
    }
}

#[cfg(feature = "vps-org")]
mod vps_org {
    use hosting_apis::Id;
    use hosting_apis::vps_org::types::*;

    use super::*;

    #[test]
    #[rustfmt::skip]
    fn ids() {
        let text = |id: &str| Some(Id::Text(id.to_owned()));
        reads("id", |domain: Domain| domain.id, &[
            ("an integer", "3301", Some(Id::Integer(3301))),
            ("a negative integer", "-1", Some(Id::Integer(-1))),
            ("the largest", "9223372036854775807", Some(Id::Integer(i64::MAX))),
            ("beyond 63 bits", "9223372036854775808", text("9223372036854775808")),
            ("a uuid", r#""7d9c2f10-5b1e-4c6a""#, text("7d9c2f10-5b1e-4c6a")),
            ("digits as text stay text", r#""0042""#, text("0042")),
            ("an integer as text is the same id", r#""3301""#, Some(Id::Integer(3301))),
            ("a float without a fraction", "3301.0", Some(Id::Integer(3301))),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
        refuses_with::<Domain>("id", &[
            ("a fraction", "987654.5", "expected an integer or text, found a number"),
            ("a bool", "true", "expected an integer or text, found a bool"),
            ("a list", "[987654]", "expected an integer or text, found a list"),
            ("an object", r#"{"id": 987654}"#, "expected an integer or text, found an object"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn structs() {
        let email = |me: AccountMe| me.account.map(|account| account.email);
        let some = || Some(Some("ina@example.org".to_owned()));
        reads("account", email, &[
            ("an object", r#"{"email": "ina@example.org"}"#, some()),
            ("JSON text", r#""{\"email\": \"ina@example.org\"}""#, some()),
            ("with more", r#"{"email": "ina@example.org", "plan": {"a": [1]}}"#, some()),
            ("an empty object", "{}", Some(None)),
            ("PHP's empty object", "[]", Some(None)),
            ("spaces", r#""  ""#, Some(None)),
            ("null", "null", None),
            ("JSON text of null", r#"" null ""#, None),
            ("empty text", r#""""#, None),
        ]);
        refuses::<AccountMe>("account", "an object", &[
            ("a list with items", r#"["secretive"]"#, "a list"),
            ("a number", "987654", "an integer"),
            ("a float", "987.5", "a number"),
            ("a bool", "false", "a bool"),
            ("text", r#""secretive""#, "text that is no JSON"),
        ]);
        refuses_with::<AccountMe>("account", &[
            ("JSON text and more", r#""{} secretive""#, "in JSON text: trailing characters"),
        ]);
        refuses::<AccountMe>("account", "text", &[
            ("a field that can't be read", r#"{"email": ["secretive"]}"#, "a list"),
        ]);
    }

    #[test]
    #[rustfmt::skip]
    fn open_enums() {
        let unknown = |value: &str| Some(DomainStatus::Unknown(value.to_owned()));
        reads("status", |domain: Domain| domain.status, &[
            ("a known value", r#""pending""#, Some(DomainStatus::Pending)),
            ("another case", r#""Expired""#, Some(DomainStatus::Expired)),
            ("not yet known", r#""redemption""#, unknown("redemption")),
            ("null", "null", None),
            ("empty text", r#""""#, None),
        ]);
    }

    /// Both spellings of a domain, and what is null.
    #[test]
    fn quirks_of_replies() {
        becomes(
            "vps_org",
            vec![
                (
                    "getDomain: as the pages show it",
                    canonical::<DomainDetails>,
                    json!({
                        "id": 3301, "nameservers": ["ns1.example.org", "ns2.example.org"],
                        "privacy_protection": true, "locked": false, "days_until_expiration": 12,
                    }),
                    json!({
                        "id": 3301, "nameservers": ["ns1.example.org", "ns2.example.org"],
                        "privacy_protection": true, "locked": false, "days_until_expiration": 12,
                    }),
                ),
                (
                    "getDomain: as the vendor's client reads it",
                    canonical::<DomainDetails>,
                    json!({
                        "uuid": "7d9c2f10-5b1e-4c6a-8f33-0a1b2c3d4e5f",
                        "nameserver1": "ns1.example.org", "nameserver2": "ns2.example.org",
                        "nameserver3": "", "nameserver4": null, "whois_privacy": true,
                        "transfer_lock": false,
                    }),
                    json!({
                        "uuid": "7d9c2f10-5b1e-4c6a-8f33-0a1b2c3d4e5f",
                        "nameserver1": "ns1.example.org", "nameserver2": "ns2.example.org",
                        "whois_privacy": true, "transfer_lock": false,
                    }),
                ),
                (
                    "getAccountMe: what isn't set is null",
                    canonical::<AccountMe>,
                    json!({
                        "account": {"email": "ina@example.org", "first_name": null,
                                    "last_name": null, "company_name": null},
                        "token": {"permissions": [], "last_used_at": null, "expires_at": null,
                                  "is_expired": false},
                    }),
                    json!({
                        "account": {"email": "ina@example.org"},
                        "token": {"is_expired": false},
                    }),
                ),
                (
                    "listDomains: the last page",
                    canonical::<DomainList>,
                    json!({"count": 21, "next": null,
                       "previous": "https://example.org/api/v1/domains/",
                       "results": [{"id": 1}]}),
                    json!({"count": 21, "previous": "https://example.org/api/v1/domains/",
                       "results": [{"id": 1}]}),
                ),
                (
                    "listDomains: more than is here, and without next and previous",
                    canonical::<DomainList>,
                    json!({"count": 5, "results": [{"id": 1}, {"id": "two"}]}),
                    json!({"count": 5, "results": [{"id": 1}, {"id": "two"}]}),
                ),
                (
                    "listDomains: none",
                    canonical::<DomainList>,
                    json!({"count": 0, "results": []}),
                    json!({"count": 0, "results": []}),
                ),
                (
                    "registerDomain: the price as text, as frameworks write decimals",
                    canonical::<DomainRegistration>,
                    json!({"id": "3302", "total_cost": "17.50"}),
                    json!({"id": "3302", "total_cost": 17.5}),
                ),
            ],
        );
    }

    #[test]
    fn requests_are_canonical() {
        let sent = |body: UpdateDomainRequest| serde_json::to_value(body).unwrap();
        assert_eq!(
            sent(UpdateDomainRequest::default()),
            json!({}),
            "what is unset is left out"
        );
        let mut empty = UpdateDomainRequest::default();
        empty.nameservers = Some(Vec::new());
        assert_eq!(
            sent(empty),
            json!({"nameservers": []}),
            "an empty list is sent"
        );
        let mut flags = UpdateDomainRequest::default();
        (flags.auto_renew, flags.locked) = (Some(false), Some(true));
        assert_eq!(
            sent(flags),
            json!({"auto_renew": false, "locked": true}),
            "flags are flags"
        );
        let transfer = TransferDomainRequest::new("made-up-code");
        assert_eq!(
            serde_json::to_value(transfer).unwrap(),
            json!({"auth_code": "made-up-code"}),
            "a secret is sent as it is"
        );
    }

    #[test]
    fn enums_are_sent_as_the_spec_writes_them() {
        for (set, sent) in [
            ("ACTIVE", "active"),
            ("active", "active"),
            ("Redemption", "Redemption"),
        ] {
            let status = serde_json::to_value(DomainStatus::from(set)).unwrap();
            assert_eq!(status, json!(sent), "{set}");
        }
    }
}

/// What only shows when a client reads a whole reply.
#[cfg(all(feature = "mock", feature = "kiwivm"))]
mod through_a_kiwivm_client {
    use std::error::Error as _;

    use hosting_apis::mock::{Answer, Server};
    use hosting_apis::{ErrorKind, kiwivm};

    fn credentials() -> kiwivm::Credentials {
        kiwivm::Credentials::new(2_468_013, "private_made_up")
    }

    async fn server() -> (Server, kiwivm::Client) {
        let server = Server::start(credentials()).await.unwrap();
        let client = kiwivm::Client::builder(credentials()).base_url(server.base_url());
        (server, client.build().unwrap())
    }

    /// A client of the same server that leaves out nothing.
    fn strict(server: &Server) -> kiwivm::Client {
        let client = kiwivm::Client::builder(credentials()).base_url(server.base_url());
        client.strict(true).build().unwrap()
    }

    /// A row: its name, the body of the reply, the place and the reason in the error of a strict
    /// client, and the path of what another one leaves out, if it doesn't fail as well.
    const UNREADABLE: [(&str, &str, &str, Option<&str>); 9] = [
        (
            "a field",
            r#"{"error": 0, "log_entries": "secretive"}"#,
            "at log_entries: expected a list, found text that is no JSON",
            None,
        ),
        (
            "a field of an item",
            r#"{"error": 0, "log_entries": [{"timestamp": 1}, {"timestamp": "secretive"}]}"#,
            "at log_entries[1].timestamp: expected an integer of 64 bits, found text that is no \
             number",
            Some("log_entries[1].timestamp"),
        ),
        (
            "an item",
            r#"{"error": 0, "log_entries": [{"timestamp": 1}, ["secretive"]]}"#,
            "at log_entries[1]: expected an object, found a list",
            None,
        ),
        (
            "JSON text",
            r#"{"error": 0, "log_entries": "[{\"timestamp\": \"secretive\"}]"}"#,
            "at log_entries: in JSON text, at [0].timestamp: expected an integer of 64 bits, found \
             text that is no number",
            Some("log_entries[0].timestamp"),
        ),
        (
            "a list with gaps",
            r#"{"error": 0, "log_entries": {"3": {"timestamp": 1}, "8": {"timestamp": "secretive"}}}"#,
            "at log_entries.8.timestamp: expected an integer of 64 bits, found text that is no \
             number",
            Some("log_entries.8.timestamp"),
        ),
        (
            "a list that is no list",
            r#"{"error": 0, "log_entries": {"first": {"summary": "secretive"}}}"#,
            "at log_entries: expected a list, found an object",
            None,
        ),
        (
            "the whole reply is a text",
            r#""secretive""#,
            "the body is JSON but no object",
            None,
        ),
        (
            "the whole reply is no JSON, of which the first line is shown",
            "no word of it\nsecretive",
            "the body is no JSON, so it can't say how the call went: no word of it",
            None,
        ),
        (
            "the whole reply is JSON that breaks off",
            r#"{"error": 0, "log_entries": "secretive"#,
            "the body is JSON that breaks off",
            None,
        ),
    ];

    #[tokio::test]
    async fn what_cant_be_read_is_an_error_with_its_place_and_without_its_value() {
        let (server, client) = server().await;
        let strict = strict(&server);
        for (name, body, says, left_out) in UNREADABLE {
            let answer = Answer::text(200, body).times(2);
            server.answer("getAuditLog", answer).unwrap();
            let mut errors = vec![strict.get_audit_log().await.unwrap_err()];
            match (client.get_audit_log().send().await, left_out) {
                (Ok(log), Some(path)) => {
                    assert_eq!(log.unread(), [path], "{name}");
                    let shown = format!("{log:?} {log:#?}");
                    assert!(!shown.contains("secretive"), "{name}: {shown}");
                    assert_eq!(log.log_entries.last().unwrap().timestamp, None, "{name}");
                }
                (Err(error), None) => errors.push(error),
                (outcome, _) => panic!("{name}: {outcome:?}"),
            }
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::Decode, "{name}");
                assert!(error.to_string().contains(says), "{name}: {error}");
                let source = error.source().map(|source| format!("{source} {source:?}"));
                let shown = format!(
                    "{error} {error:?} {error:#?} {}",
                    source.unwrap_or_default()
                );
                assert!(!shown.contains("secretive"), "{name}: {shown}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_left_out_of_a_list_with_gaps_is_named_by_its_key() {
        let (server, client) = server().await;
        let body =
            r#"{"error": 0, "log_entries": {"8": {"timestamp": "?"}, "3": {"timestamp": 1}}}"#;
        server
            .answer("getAuditLog", Answer::text(200, body))
            .unwrap();
        let log = client.get_audit_log().send().await.unwrap();
        let read: Vec<_> = log
            .log_entries
            .iter()
            .map(|entry| entry.timestamp)
            .collect();
        assert_eq!(read, [Some(1), None]);
        assert_eq!(log.unread(), ["log_entries.8.timestamp"]);
    }

    #[tokio::test]
    async fn json_nested_too_deep_is_an_error_unless_nobody_reads_it() {
        let (server, client) = server().await;
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let kind_for = async |field: &str| {
            let body = format!(r#"{{"error": 0, "sshPort": 22, "{field}": {deep}}}"#);
            let answer = Answer::text(200, body).times(1);
            server.answer("reinstallOS", answer).unwrap();
            let reply = client.reinstall_os().os("example").await;
            reply.err().map(|error| error.kind())
        };
        assert_eq!(kind_for("sshKeysBrief").await, Some(ErrorKind::Decode));
        assert_eq!(
            kind_for("additionalErrorInfo").await,
            Some(ErrorKind::Decode)
        );
        assert_eq!(kind_for("unknown").await, None);
    }

    #[tokio::test]
    async fn a_call_sends_what_was_set_and_nothing_else() {
        let (server, client) = server().await;
        client.snapshot_create().await.unwrap();
        client.snapshot_create().description("").await.unwrap();
        let preferences = [("half", 1), ("full", 0)];
        client
            .kiwivm_set_notification_preferences()
            .json_notification_preferences(preferences)
            .await
            .unwrap();
        client
            .snapshot_toggle_sticky()
            .snapshot("one")
            .sticky(0)
            .await
            .unwrap();
        let credentials = "veid=2468013&api_key=private_made_up";
        let bodies: Vec<String> = server.requests().into_iter().map(|r| r.body).collect();
        let expected = [
            credentials.to_owned(),
            format!("description=&{credentials}"),
            format!(
                "json_notification_preferences=%7B%22full%22%3A0%2C%22half%22%3A1%7D&{credentials}"
            ),
            format!("snapshot=one&sticky=0&{credentials}"),
        ];
        assert_eq!(bodies, expected);
        assert_eq!(server.problems(), [""; 0]);
    }
}

/// What only shows when a client reads a whole reply.
#[cfg(all(feature = "mock", feature = "vps-org"))]
mod through_a_vps_org_client {
    use hosting_apis::mock::{Answer, Server};
    use hosting_apis::{ErrorKind, vps_org};

    use super::*;

    async fn server() -> (Server, vps_org::Client) {
        let credentials = vps_org::Credentials::token("vps_made_up");
        let server = Server::start(credentials.clone()).await.unwrap();
        let client = vps_org::Client::builder(credentials).base_url(server.base_url());
        (server, client.build().unwrap())
    }

    #[tokio::test]
    async fn a_list_comes_with_or_without_its_object() {
        let two = json!([{"id": 3301, "status": "active"}, {"id": "uuid-2", "locked": 1}]);
        let read = json!([{"id": 3301, "status": "active"}, {"id": "uuid-2", "locked": true}]);
        let (server, client) = server().await;
        let replies = [
            (
                "an object",
                json!({"count": 9, "results": &two}).to_string(),
                json!({"count": 9, "results": &read}),
            ),
            ("a bare list", two.to_string(), json!({"results": &read})),
            (
                "an empty bare list",
                "[]".to_owned(),
                json!({"results": []}),
            ),
            (
                "an object with null",
                r#"{"count": 0, "results": null}"#.to_owned(),
                json!({"count": 0, "results": []}),
            ),
            (
                "a bare list with gaps",
                json!({"results": {"5": {"id": 2}, "1": {"id": 1}}}).to_string(),
                json!({"results": [{"id": 1}, {"id": 2}]}),
            ),
            (
                "JSON text of a bare list",
                json!(two.to_string()).to_string(),
                json!({"results": &read}),
            ),
        ];
        for (name, body, expected) in replies {
            server
                .answer("listDomains", Answer::text(200, body).times(1))
                .unwrap();
            let list = client.list_domains().await;
            let list = list.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(serde_json::to_value(list).unwrap(), expected, "{name}");
        }
        // Without the list it isn't one.
        for body in ["{}", r#"{"count": 0}"#, r#""""#, r#""{}""#] {
            let answer = Answer::text(200, body).times(1);
            server.answer("listDomains", answer).unwrap();
            let error = client.list_domains().await.expect_err(body);
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        }
    }

    #[tokio::test]
    async fn a_bare_list_that_cant_be_read_names_the_place_and_not_the_value() {
        let (server, client) = server().await;
        let body = r#"[{"id": 1}, {"id": 2, "locked": "secretive"}]"#;
        server
            .answer("listDomains", Answer::text(200, body))
            .unwrap();
        let strict = vps_org::Client::builder(vps_org::Credentials::token("vps_made_up"));
        let strict = strict.base_url(server.base_url()).strict(true);
        let strict = strict.build().unwrap();
        let error = strict.list_domains().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let says = "[1].locked: expected a bool, 0 or 1, found other text";
        assert!(error.to_string().contains(says), "{error}");
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.contains("secretive"), "{shown}");

        let list = client.list_domains().send().await.unwrap();
        assert_eq!(list.unread(), ["results[1].locked"], "as the type has it");
        assert_eq!(list.results[1].id, Some(2.into()));
        assert_eq!(list.results[1].locked, None);
    }

    /// An operation with a single object takes no list in its place.
    #[tokio::test]
    async fn only_lists_come_bare() {
        let (server, client) = server().await;
        server
            .answer("getDomain", Answer::json(json!([{"id": 3301}])))
            .unwrap();
        let error = client.get_domain().domain_id(3301).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(
            error
                .to_string()
                .contains("expected an object, found a list"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_call_sends_what_was_set_and_nothing_else() {
        let (server, client) = server().await;
        client
            .register_domain()
            .domain_name("example.org")
            .await
            .unwrap();
        client
            .register_domain()
            .domain_name("example.org")
            .years(2)
            .auto_renew(false)
            .nameservers([""; 0])
            .await
            .unwrap();
        client.update_domain().domain_id("uuid-2").await.unwrap();
        client.list_domains().await.unwrap();
        client
            .list_domains()
            .status("ACTIVE")
            .search("a & b")
            .page(2)
            .await
            .unwrap();
        let sent: Vec<(String, String)> = server
            .requests()
            .into_iter()
            .map(|r| (r.path, r.body))
            .collect();
        let expected = [
            ("/domains/", r#"{"domain_name":"example.org"}"#),
            (
                "/domains/",
                r#"{"domain_name":"example.org","years":2,"auto_renew":false,"nameservers":[]}"#,
            ),
            ("/domains/uuid-2/", "{}"),
            ("/domains/", ""),
            ("/domains/?page=2&search=a+%26+b&status=active", ""),
        ];
        let expected = expected.map(|(path, body)| (path.to_owned(), body.to_owned()));
        assert_eq!(sent, expected);
        assert_eq!(server.problems(), [""; 0]);
    }
}
