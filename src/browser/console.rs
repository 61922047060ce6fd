//! Prints lines for the developer.

use std::cell::Cell;

use super::page::{call, global};

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warn,
    Log,
}

const FROM: &str = "natero:";

thread_local! {
    /// The kind of line that is being printed.
    static PRINTING: Cell<Option<Level>> = const { Cell::new(None) };
}

/// Prints a line. A page may have replaced the console by anything, even by code that
/// calls the tracker.
pub(crate) fn print(level: Level, message: &str) {
    if PRINTING.get().is_some() {
        return;
    }
    if !crate::HAS_JS {
        eprintln!("{FROM} {message}");
        return;
    }
    PRINTING.set(Some(level));
    let print = match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Log => "log",
    };
    // If the console throws, nothing is printed.
    let _ = call(&global("console"), print, &[FROM.into(), message.into()]);
    PRINTING.set(None);
}

/// Says why a tracker is off where there is nothing to track.
pub(crate) fn explain_absence() {
    print(
        Level::Log,
        "there is no page here, nor a worker: the tracker is off.",
    );
}

/// Whether a line of `debug` is being printed. A replaced console that calls the tracker
/// then would print, and call, without end.
pub(crate) fn is_logging() -> bool {
    PRINTING.get() == Some(Level::Log)
}
