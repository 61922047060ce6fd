//! Arguments as the facade hands them over: a kind and a text.

use natero_engine::{Arg, Setting};

/// An argument by its kind: 0 absent, 1 null, 2 text, 3 wrong and described.
/// The facade's `arguments.ts` makes them.
pub(crate) fn arg(kind: u8, text: &str) -> Arg<'_> {
    match kind {
        0 => Arg::Absent,
        1 => Arg::Null,
        2 => Arg::Text(text),
        _ => Arg::Wrong(text),
    }
}

/// A setting: as [`arg`], with 4 for numbers and 5 for booleans.
pub(crate) fn setting(kind: u8, text: &str, number: f64) -> Setting<'_> {
    match kind {
        0 | 1 => Setting::Absent,
        2 => Setting::Text(text),
        4 => Setting::Number(number),
        5 => Setting::Bool(number != 0.0),
        _ => Setting::Wrong(text),
    }
}
