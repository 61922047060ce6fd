//! Writes as TypeScript what Rust defines and the TypeScript host needs.
//!
//! `cargo xtask build` writes [`contract`] to `js/generated/contract.ts`. A test fails
//! while the checked-in file differs.

mod hosts;
mod messages;
mod settings;

use std::fmt::Write;

use natero_engine::{Reason, SIGN_IN, Stats};
use natero_event::{ActionKind, limits};
use natero_wasm::error::{ErrorCode, reason_name};
use tsify::Tsify;

/// Every reason, in the order in which documentation lists them.
const REASONS: [Reason; 7] = [
    Reason::Consent,
    Reason::Disabled,
    Reason::BeforeSend,
    Reason::Identity,
    Reason::Overflow,
    Reason::Rejected,
    Reason::TooLarge,
];

/// The content of `js/generated/contract.ts`.
pub fn contract() -> String {
    let mut text = String::from(
        "// Written by `cargo xtask build` from the definitions in Rust: change those.\n\n\
         import type { Id, Problem, TrackedEvent } from \"../types.ts\";\n",
    );
    number(
        &mut text,
        "Longest id, in characters.",
        "MAX_ID_CHARS",
        limits::MAX_ID_CHARS,
    );
    patterns(&mut text);
    number(
        &mut text,
        "Largest details of one event, in bytes of JSON.",
        "MAX_DETAILS_BYTES",
        limits::MAX_DETAILS_BYTES,
    );
    number(
        &mut text,
        "Longest address and title, in UTF-16 units: longer ones are cut.",
        "MAX_TEXT_UNITS",
        limits::MAX_TEXT_UNITS,
    );
    number(
        &mut text,
        "A sign-in sets account and user by two calls: for so many ms the identity between them is nobody's.",
        "SIGN_IN_MS",
        SIGN_IN.0 as usize,
    );
    hosts::write(&mut text);
    list(
        &mut text,
        "Why events are not delivered, in the order of the counters.",
        ("REASONS", "Reason"),
        REASONS.map(reason_name),
    );
    union(
        &mut text,
        "What `onError` is told: stable, for programs.",
        "ErrorCode",
        ErrorCode::ALL.map(ErrorCode::code),
    );
    messages::write(&mut text);
    actions(&mut text);
    settings::write(&mut text);
    counters(&mut text);
    early_stats(&mut text);
    text
}

/// The hand-written types of the public surface.
const TYPES: &str = include_str!("../../../js/types.ts");

/// The content of `src/class/types.d.ts`: the types of the class `na` on the Rust host.
/// They are the same as those of the npm package.
pub fn class_types() -> String {
    let mut text = String::from(
        "// Written by `cargo xtask build` from the definitions in Rust and js/types.ts: change those.\n",
    );
    actions(&mut text);
    settings::interface(&mut text, &natero_wasm::settings::all());
    counters(&mut text);
    let surface = TYPES.find("/** An account").expect("the type of ids");
    text.push('\n');
    text.push_str(&TYPES[surface..]);
    text
}

fn actions(text: &mut String) {
    union(
        text,
        "What an event tells.",
        "ActionName",
        ActionKind::ALL.map(ActionKind::name),
    );
}

fn number(text: &mut String, doc: &str, name: &str, value: usize) {
    write!(
        text,
        "\n/** {doc} */\nexport const {name} = {};\n",
        grouped(value as f64)
    )
    .expect(WRITES);
}

/// The patterns of ids. Literals are cheaper than patterns built when the library is
/// loaded.
fn patterns(text: &mut String) {
    let most = limits::MAX_ID_CHARS;
    write!(
        text,
        "\n/** An id: characters, of which a surrogate pair is one. */\n\
         export const ANY_ID = /^.{{1,{most}}}$/su;\n\
         \n/** An id of visible ASCII, as nearly all are; spaces only within. */\n\
         export const PLAIN_ID = /^[!-~](?:[ -~]{{0,{}}}[!-~])?$/;\n",
        most - 2
    )
    .expect(WRITES);
}

fn list<const N: usize>(text: &mut String, doc: &str, (name, of): (&str, &str), values: [&str; N]) {
    let values = values.map(quoted).join(", ");
    write!(
        text,
        "\n/** {doc} */\nexport const {name} = [{values}] as const;\nexport type {of} = (typeof {name})[number];\n"
    )
    .expect(WRITES);
}

fn union<const N: usize>(text: &mut String, doc: &str, name: &str, values: [&str; N]) {
    let values: String = values
        .iter()
        .map(|value| format!("\n  | {}", quoted(value)))
        .collect();
    write!(text, "\n/** {doc} */\nexport type {name} ={values};\n").expect(WRITES);
}

/// The counters as a page sees them: the engine's and the host's.
fn counters(text: &mut String) {
    text.push_str(
        "\n/** Why events were not delivered, and how many. */\nexport interface Dropped {\n",
    );
    let mut counter =
        |name, doc| write!(text, "  /** {doc} */\n  {name}: number;\n").expect(WRITES);
    counter("total", "The sum of all reasons except `invalid`.");
    counter(
        "invalid",
        "Calls that were refused, also those after `shutdown()`.",
    );
    for reason in REASONS {
        counter(reason_name(reason), explained(reason));
    }
    text.push_str("}\n\n");
    // Its field `dropped` has the interface written above.
    text.push_str(
        "/** Counters since construction. `accepted = delivered + pending + dropped.total` holds for the events that \
         this page made. Events taken over from closed pages do not count as `accepted` here. */\n",
    );
    text.push_str(&interface(Stats::DECL));
    text.push('\n');
}

/// The counters of a tracker without an engine yet, in the order of their interface.
fn early_stats(text: &mut String) {
    let counters = interface(Stats::DECL);
    text.push_str(
        "\n/** The counters before the engine is there: of so many events that wait for it, and of so many calls that were refused. */\n\
         export const earlyStats = (waiting: number, invalid: number): Stats => ({\n",
    );
    let names = counters
        .lines()
        .filter_map(|line| line.trim().strip_suffix(": number;"));
    for name in names {
        let count = match name {
            "accepted" | "pending" => "waiting",
            _ => "0",
        };
        writeln!(text, "  {name}: {count},").expect(WRITES);
    }
    let reasons = REASONS.map(reason_name);
    let dropped = reasons.map(|name| format!(", {name}: 0")).concat();
    writeln!(text, "  dropped: {{ total: 0, invalid{dropped} }},\n}});").expect(WRITES);
}

/// The declaration that tsify makes of a struct, indented by two spaces and with each
/// comment on one line.
fn interface(declaration: &str) -> String {
    let start = declaration.find("export interface").expect("a struct");
    let mut lines = declaration[start..].lines().map(str::trim);
    let mut text = String::new();
    while let Some(line) = lines.next() {
        match line {
            "/**" => {
                let doc: Vec<_> = lines
                    .by_ref()
                    .take_while(|line| *line != "*/")
                    .map(|line| line.trim_start_matches('*').trim())
                    .collect();
                writeln!(text, "  /** {} */", doc.join(" ")).expect(WRITES);
            }
            field if field.ends_with(';') => writeln!(text, "  {field}").expect(WRITES),
            other => writeln!(text, "{other}").expect(WRITES),
        }
    }
    text.trim_end().to_owned()
}

const fn explained(reason: Reason) -> &'static str {
    match reason {
        Reason::Consent => "Consent was denied.",
        Reason::Disabled => "`disableEventSend` is on.",
        Reason::BeforeSend => "`beforeSend` returned `null` or threw.",
        Reason::Identity => "The identity changed before both account and user were known.",
        Reason::Overflow => "`maxQueueBytes` was reached.",
        Reason::Rejected => "The collector refused them.",
        Reason::TooLarge => "Too large, even when sent alone.",
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// Writes a number with groups of digits, as in `1_800_000`.
fn grouped(number: f64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len() > 4 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

const WRITES: &str = "a String takes whatever is written";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_file_is_current() {
        let checked_in = include_str!("../../../js/generated/contract.ts");
        assert!(
            checked_in == contract(),
            "js/generated/contract.ts is not current: cargo xtask build"
        );
    }

    #[test]
    fn the_generated_types_of_the_class_are_current() {
        let checked_in = include_str!("../../../src/class/types.d.ts");
        assert!(
            checked_in == class_types(),
            "src/class/types.d.ts is not current: cargo xtask build"
        );
    }

    #[test]
    fn reasons_are_named_as_the_engine_serialises_them_and_each_has_its_counter() {
        let names = REASONS.map(|reason| serde_json::to_value(reason).expect("a text"));
        assert_eq!(
            names,
            REASONS.map(|reason| serde_json::Value::from(reason_name(reason)))
        );
        let counters = serde_json::to_value(natero_engine::Dropped::default()).expect("an object");
        let mut keys: Vec<_> = counters
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        let mut names = REASONS.map(reason_name).map(str::to_owned).to_vec();
        keys.sort();
        names.sort();
        assert_eq!(keys, names);
    }

    #[test]
    fn long_numbers_are_written_in_groups() {
        assert_eq!(
            ["50", "5000", "16_384", "1_800_000"],
            [50.0, 5000.0, 16_384.0, 1.8e6].map(grouped)[..]
        );
    }
}
