//! What a developer reads.

use std::cell::Cell;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = console, js_name = error)]
    fn console_error(from: &str, message: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = console, js_name = warn)]
    fn console_warn(from: &str, message: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = console, js_name = log)]
    fn console_log(from: &str, message: &str) -> Result<JsValue, JsValue>;
}

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
        Level::Error => console_error,
        Level::Warn => console_warn,
        Level::Log => console_log,
    };
    // A console that throws is none.
    let _ = print(FROM, message);
    PRINTING.set(None);
}

/// A line of `debug` is being printed: what a replaced console calls then would
/// print, and call, without end.
pub(crate) fn is_logging() -> bool {
    PRINTING.get() == Some(Level::Log)
}
