//! The settings: the table that they are checked against, and their TypeScript types.

use std::fmt::Write;

use natero_wasm::settings::{self, Kind, Setting, Value};

use crate::{WRITES, grouped, quoted};

/// The settings whose defaults a tracker needs before its settings are checked, with the
/// names of those defaults. Each default is a constant of its own, so that bundlers can
/// drop the table where nothing else uses it.
const EARLY: [(&str, &str); 5] = [
    ("endpoint", "DEFAULT_ENDPOINT"),
    ("maxStoredBytes", "DEFAULT_MAX_STORED_BYTES"),
    ("persistence", "DEFAULT_PERSISTENCE"),
    ("cookiePrefix", "DEFAULT_COOKIE_PREFIX"),
    ("consent", "DEFAULT_CONSENT"),
];

fn early(text: &mut String, settings: &[Setting]) {
    for (name, constant) in EARLY {
        let setting = settings.iter().find(|setting| setting.name == name);
        let default = setting.and_then(|setting| literal(setting.default));
        write!(
            text,
            "\n/** The default of `{name}`. */\nexport const {constant} = {};\n",
            default.expect("a setting with a default")
        )
        .expect(WRITES);
    }
}

pub(crate) fn write(text: &mut String) {
    let settings = settings::all();
    early(text, &settings);
    text.push_str(
        "\n/** What a setting may be; a list has all its values. */\n\
         export type Kind = \"id\" | \"endpoint\" | \"address\" | \"flag\" | \"positive\" | \"token\" | \"hook\" \
         | readonly (string | boolean)[];\n\n\
         /** Each setting: its kind, and its default where it has one. */\n\
         export const SETTINGS = {\n",
    );
    for Setting {
        name,
        kind,
        default,
        ..
    } in &settings
    {
        let default = literal(*default)
            .map(|value| format!(", {value}"))
            .unwrap_or_default();
        writeln!(text, "  {name}: [{}{default}],", check(*kind)).expect(WRITES);
    }
    text.push_str(
        "} as const satisfies Record<keyof Settings, readonly [kind: Kind, fallback?: unknown]>;\n",
    );
    interface(text, &settings);
    text.push_str(
        "\n/** The settings by which the engine decides, checked, with their defaults. */\n\
         export interface CoreConfig {\n",
    );
    for Setting { name, kind, .. } in settings.iter().filter(|setting| setting.engine) {
        match (*name, kind) {
            (_, Kind::Id) => writeln!(text, "  {name}?: string | undefined;"),
            // The host alone decides which navigations count.
            ("trackPageViews", _) => writeln!(text, "  {name}: boolean;"),
            _ => writeln!(text, "  {name}: {};", kind_type(*kind)),
        }
        .expect(WRITES);
    }
    text.push_str("  /** There is a `beforeSend`. */\n  filter: boolean;\n}\n");
}

/// The type of the settings that a page passes.
pub(crate) fn interface(text: &mut String, settings: &[Setting]) {
    text.push_str(
        "\n/** Settings of `new na(apiKey, authKey, settings)`. Numbers are above 0 and below 10^15. */\n\
         export interface Settings {\n",
    );
    for setting in settings {
        let (name, kind) = (setting.name, kind_type(setting.kind));
        write!(
            text,
            "  /** {} */\n  {name}?: {kind} | undefined;\n",
            doc(setting)
        )
        .expect(WRITES);
    }
    text.push_str("}\n");
}

fn check(kind: Kind) -> String {
    let name = match kind {
        Kind::Id => "id",
        Kind::Flag => "flag",
        Kind::Milliseconds | Kind::Count | Kind::Bytes => "positive",
        Kind::Endpoint => "endpoint",
        Kind::Address => "address",
        Kind::Token => "token",
        Kind::Hook(_) => "hook",
        Kind::OneOf(values) => return format!("[{}]", literals(values, ", ")),
    };
    quoted(name)
}

fn kind_type(kind: Kind) -> String {
    match kind {
        Kind::Id => "Id | null".into(),
        Kind::Flag => "boolean".into(),
        Kind::Milliseconds | Kind::Count | Kind::Bytes => "number".into(),
        Kind::Endpoint | Kind::Address | Kind::Token => "string".into(),
        Kind::Hook(of) => format!("({of})"),
        Kind::OneOf(values) => literals(values, " | "),
    }
}

fn doc(setting: &Setting) -> String {
    let unit = match setting.kind {
        Kind::Milliseconds => ", in ms",
        Kind::Bytes => ", in bytes",
        _ => "",
    };
    let sentence = setting.doc.strip_suffix('.').unwrap_or(setting.doc);
    let default = literal(setting.default)
        .map(|value| format!(" Default `{value}`."))
        .unwrap_or_default();
    format!("{sentence}{unit}.{default}")
}

fn literals(values: &[Value], between: &str) -> String {
    let literals: Vec<_> = values.iter().filter_map(|value| literal(*value)).collect();
    literals.join(between)
}

fn literal(value: Value) -> Option<String> {
    match value {
        Value::Absent => None,
        Value::Flag(on) => Some(on.to_string()),
        Value::Number(number) => Some(grouped(number)),
        Value::Text(text) => Some(quoted(text)),
    }
}
