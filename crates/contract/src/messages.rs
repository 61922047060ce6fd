//! The parts of messages that both hosts have in common.

use std::fmt::Write;

use natero_wasm::{
    error::{CHECK_KEYS, NO_TIMERS, UnreachableCause, explained, reason_name},
    expected,
};

use crate::{REASONS, WRITES, quoted};

pub(crate) fn write(text: &mut String) {
    for (name, value, doc) in [
        ("EXPECTED_ID", expected::ID, "Describes a valid id."),
        (
            "EXPECTED_ENDPOINT",
            expected::ENDPOINT,
            "Describes a valid endpoint.",
        ),
        (
            "EXPECTED_ADDRESS",
            expected::ADDRESS,
            "Describes any other valid address.",
        ),
        (
            "EXPECTED_POSITIVE",
            expected::POSITIVE,
            "Describes a valid time span, count or size.",
        ),
        (
            "EXPECTED_TOKEN",
            expected::TOKEN,
            "Describes a valid part of a name.",
        ),
        (
            "EXPECTED_FLAG",
            expected::FLAG,
            "Describes a setting that is on or off.",
        ),
        (
            "EXPECTED_FUNCTION",
            expected::FUNCTION,
            "Describes a setting that the tracker calls.",
        ),
        (
            "EXPECTED_SPAN",
            expected::SPAN,
            "Describes a valid time measured by the caller.",
        ),
        (
            "EXPECTED_NUMBER",
            expected::NUMBER,
            "Describes a valid total of a feature event.",
        ),
        ("EXPECTED_TEXT", expected::TEXT, "Describes any text."),
        (
            "EXPECTED_PLAIN",
            expected::PLAIN,
            "Describes valid options and settings.",
        ),
        (
            "EXPECTED_DETAILS",
            expected::DETAILS,
            "Describes valid details, where the given ones are too large.",
        ),
        (
            "CHECK_KEYS",
            CHECK_KEYS,
            "What to do where the collector does not know the keys.",
        ),
        (
            "NO_TIMERS",
            NO_TIMERS,
            "The warning where the page has no timers.",
        ),
    ] {
        write!(
            text,
            "\n/** {doc} */\nexport const {name} = {};\n",
            quoted(value)
        )
        .expect(WRITES);
    }
    text.push_str(
        "\n/** What happened to lost events, and what to do. */\n\
         export const LOSSES: Record<Reason, readonly [happened: string, advice: string]> = {\n",
    );
    for reason in REASONS {
        let (happened, advice) = explained(reason);
        writeln!(
            text,
            "  {}: [{}, {}],",
            reason_name(reason),
            quoted(happened),
            quoted(advice)
        )
        .expect(WRITES);
    }
    text.push_str(
        "};\n\n/** Why a collector is unreachable, as far as a page can find out. */\n\
         export const UNREACHABLE_CAUSES = {\n",
    );
    for cause in UnreachableCause::ALL {
        writeln!(text, "  {}: {},", cause.name(), quoted(cause.text())).expect(WRITES);
    }
    text.push_str("};\n");
}
