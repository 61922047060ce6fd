//! What a developer reads.

use std::cell::Cell;

use super::page::{call, global};

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warn,
    Log,
}

const FROM: &str = "natero:";

thread_local! {
    /// What is being printed.
    static PRINTING: Cell<Option<Level>> = const { Cell::new(None) };
}

/// Prints a line. A page may have put anything in place of the console, even what
/// calls the tracker.
pub(crate) fn print(level: Level, message: &str) {
    if PRINTING.get().is_some() {
        return;
    }
    PRINTING.set(Some(level));
    let print = match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Log => "log",
    };
    // A console that throws is none.
    let _ = call(&global("console"), print, &[FROM.into(), message.into()]);
    PRINTING.set(None);
}

/// A line of `debug` is being printed: what a replaced console calls then would
/// print, and call, without end.
pub(crate) fn is_logging() -> bool {
    PRINTING.get() == Some(Level::Log)
}
