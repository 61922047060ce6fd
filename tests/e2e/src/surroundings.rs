//! What the tracker guarantees when a page has broken a part of its environment: the table
//! behind `docs/surroundings.md` and the tests that check it.

use std::fmt::Write;

/// The ways in which a part can be broken.
pub const WAYS: [&str; 5] = ["missing", "throwing", "wrong", "frozen", "element"];

/// The behaviour of the tracker in that case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// It tracks, without any message.
    Works,
    /// It is off, and reports the reason once.
    SaysWhyNot,
}

use Promise::{SaysWhyNot, Works};

impl Promise {
    /// The words for it in tests and documentation.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Works => "works",
            SaysWhyNot => "is off and says why",
        }
    }
}

const ALL_WORK: [Promise; 5] = [Works; 5];

/// The promises for a part that the core needs, as wasm or as JavaScript.
const NEEDED: [Promise; 5] = [SaysWhyNot, SaysWhyNot, SaysWhyNot, Works, SaysWhyNot];

/// Each part of a page's environment, with the promise for each way to break it.
pub const PARTS: &[(&str, [Promise; 5])] = &[
    ("crypto", ALL_WORK),
    ("crypto.getRandomValues", ALL_WORK),
    ("performance", ALL_WORK),
    ("performance.now", ALL_WORK),
    ("Date.now", ALL_WORK),
    ("Math.random", ALL_WORK),
    ("console", ALL_WORK),
    ("console.error", ALL_WORK),
    ("history", ALL_WORK),
    ("history.pushState", ALL_WORK),
    ("navigation", ALL_WORK),
    ("navigator", ALL_WORK),
    ("navigator.locks", ALL_WORK),
    ("navigator.onLine", ALL_WORK),
    ("navigator.sendBeacon", ALL_WORK),
    ("LockManager.prototype.request", ALL_WORK),
    ("indexedDB", ALL_WORK),
    ("structuredClone", ALL_WORK),
    ("localStorage", ALL_WORK),
    ("sessionStorage", ALL_WORK),
    ("Storage.prototype.setItem", ALL_WORK),
    ("document.title", ALL_WORK),
    ("document.cookie", ALL_WORK),
    ("document.referrer", ALL_WORK),
    ("document.visibilityState", ALL_WORK),
    ("document.hidden", ALL_WORK),
    ("document.readyState", ALL_WORK),
    ("document.body", ALL_WORK),
    ("document.documentElement", ALL_WORK),
    ("document.activeElement", ALL_WORK),
    ("document.hasFocus", ALL_WORK),
    ("document.addEventListener", ALL_WORK),
    ("addEventListener", ALL_WORK),
    ("EventTarget.prototype.addEventListener", ALL_WORK),
    ("fetch", ALL_WORK),
    ("XMLHttpRequest", ALL_WORK),
    ("AbortController", ALL_WORK),
    ("setTimeout", ALL_WORK),
    ("clearTimeout", ALL_WORK),
    ("requestAnimationFrame", ALL_WORK),
    ("queueMicrotask", ALL_WORK),
    ("BroadcastChannel", ALL_WORK),
    ("MutationObserver", ALL_WORK),
    ("CompressionStream", ALL_WORK),
    ("Response", ALL_WORK),
    ("Response.prototype.text", ALL_WORK),
    ("Headers.prototype.get", ALL_WORK),
    ("URL", ALL_WORK),
    ("Zone", ALL_WORK),
    ("WebAssembly", ALL_WORK),
    ("WebAssembly.compile", ALL_WORK),
    ("TextEncoder", NEEDED),
    ("TextDecoder", NEEDED),
    ("Promise", ALL_WORK),
    ("Array.prototype.reduce", ALL_WORK),
    ("Array.prototype.indexOf", ALL_WORK),
    ("Array.prototype.map", ALL_WORK),
    ("Array.prototype.join", ALL_WORK),
    ("String.prototype.replace", ALL_WORK),
    ("String.prototype.split", ALL_WORK),
    ("RegExp.prototype.test", ALL_WORK),
    ("Object.assign", ALL_WORK),
    ("Object.entries", ALL_WORK),
    ("Map.prototype.get", ALL_WORK),
    ("Set.prototype.add", ALL_WORK),
    ("WeakMap", ALL_WORK),
];

/// The ways in which a part of the language can be broken.
pub const LANGUAGE_WAYS: [&str; 3] = ["missing", "throwing", "wrong"];

const WORK: [Promise; 3] = [Works; 3];

const OFF: [Promise; 3] = [SaysWhyNot; 3];

/// Parts of the language that a page may have broken before any build is loaded, with the
/// promise for each way.
pub const LANGUAGE: &[(&str, [Promise; 3])] = &[
    ("Map", WORK),
    ("Set", WORK),
    ("WeakMap", WORK),
    ("Proxy", WORK),
    ("Symbol", WORK),
    ("Symbol.for", WORK),
    ("Symbol.iterator", WORK),
    ("Reflect", OFF),
    ("Reflect.apply", OFF),
    ("Reflect.construct", OFF),
    ("JSON", OFF),
    ("JSON.stringify", OFF),
    ("JSON.parse", WORK),
    ("Object", OFF),
    ("Object.create", WORK),
    ("Object.keys", OFF),
    ("Object.defineProperty", WORK),
    ("Object.getOwnPropertyDescriptor", OFF),
    ("Object.getPrototypeOf", OFF),
    ("Object.prototype.toString", OFF),
    ("Object.prototype.hasOwnProperty", WORK),
    ("Array", OFF),
    ("Array.isArray", OFF),
    ("Array.prototype.push", WORK),
    ("Array.prototype.slice", WORK),
    ("String", WORK),
    ("String.prototype.slice", OFF),
    ("String.prototype.trim", OFF),
    ("String.prototype.indexOf", OFF),
    ("String.prototype.charCodeAt", OFF),
    ("Number", WORK),
    ("Number.isFinite", WORK),
    // Without it numbers inherit the method of all objects, which is then missing, too.
    ("Number.prototype.toString", [SaysWhyNot, Works, Works]),
    ("BigInt", WORK),
    ("Math", WORK),
    ("Math.max", WORK),
    ("Date", OFF),
    ("Date.now", WORK),
    ("Date.prototype.getTime", OFF),
    ("RegExp", WORK),
    ("RegExp.prototype.exec", OFF),
    ("Error", WORK),
    ("TypeError", WORK),
    ("Function", WORK),
    ("Function.prototype.call", WORK),
    ("Function.prototype.apply", WORK),
    ("Function.prototype.bind", WORK),
    ("Promise", WORK),
    ("Promise.resolve", WORK),
    ("Promise.prototype.then", WORK),
    ("Uint8Array", OFF),
    ("Uint8Array.prototype.set", OFF),
    ("Uint32Array", OFF),
    ("ArrayBuffer", WORK),
    ("DataView", WORK),
    ("encodeURIComponent", OFF),
    ("globalThis", [Works, SaysWhyNot, Works]),
    ("self", WORK),
    ("Document", WORK),
    ("EventTarget", WORK),
];

/// How a function can be broken so that it neither throws nor works.
pub const LYING: [&str; 1] = ["lying"];

/// Functions of the language that a page may have replaced by ones that give wrong answers,
/// and what it may have given to all objects or lists, with the promise for each.
pub const LIES: &[(&str, [Promise; 1])] = &[
    ("JSON.stringify", [SaysWhyNot]),
    ("Object.keys", [SaysWhyNot]),
    ("RegExp.prototype.exec", [SaysWhyNot]),
    ("String.prototype.slice", [SaysWhyNot]),
    ("String.prototype.trim", [SaysWhyNot]),
    ("TextDecoder.prototype.decode", [SaysWhyNot]),
    ("TextEncoder.prototype.encode", [SaysWhyNot]),
    ("Uint8Array.prototype.set", [SaysWhyNot]),
    ("Array.prototype.0", [SaysWhyNot]),
    ("Object.prototype.then", [SaysWhyNot]),
];

/// All tests of parts of the language: name, part, way and promise.
#[must_use]
pub fn language_tests() -> Vec<(String, &'static str, &'static str, Promise)> {
    let mut tests = named(&LANGUAGE_WAYS, LANGUAGE);
    tests.extend(named(&LYING, LIES));
    tests
}

/// All tests: name, part, way and promise.
#[must_use]
pub fn tests() -> Vec<(String, &'static str, &'static str, Promise)> {
    named(&WAYS, PARTS)
}

fn named<const COUNT: usize>(
    ways: &'static [&'static str; COUNT],
    parts: &'static [(&'static str, [Promise; COUNT])],
) -> Vec<(String, &'static str, &'static str, Promise)> {
    let of_part = |&(part, promises): &(&'static str, [Promise; COUNT])| {
        ways.iter().zip(promises).map(move |(&way, promise)| {
            let name = format!("{part} {way}: {}", promise.text());
            (name, part, way, promise)
        })
    };
    parts.iter().flat_map(of_part).collect()
}

/// The document that lists these promises.
#[must_use]
pub fn document() -> String {
    let mut text = String::from(
        "# What the tracker promises in which surroundings\n\n\
         A page, or a script on it, may remove or replace what the browser offers. This chapter says what the tracker does then.\n\
         It either works, or it is off and says once why. In no case does an exception reach the page, and no rejected promise\n\
         is left unhandled.\n\n\
         Each cell of the tables is a test, which breaks one part of the page's world before the tracker is loaded. The tests\n\
         of the first table are in `tests/e2e/tests/surroundings`.\n\n\
         - *missing*: the part is deleted, or `undefined`\n\
         - *throwing*: calling it, or reading it, throws\n\
         - *wrong*: a string is in its place\n\
         - *frozen*: it cannot be changed, nor can what it inherits from\n\
         - *element*: it is deleted, and elements of the page have its name\n\n\
         `cargo test --package natero-e2e --lib -- --ignored write` writes this chapter from the names of the tests.\n\n",
    );
    write_table(&mut text, WAYS, PARTS);
    text.push_str(
        "\n## The language itself\n\n\
         `tests/e2e/tests/language.rs` breaks these in the same ways before each of the three builds is loaded.\n\
         `js/test/broken-language.test.mjs` breaks everything else that the language has.\n\n",
    );
    write_table(&mut text, LANGUAGE_WAYS, LANGUAGE);
    text.push_str(
        "\n## Functions that give wrong answers\n\n\
         A replaced function may neither throw nor work, and a page may give all objects a `then`, or all lists an accessor\n\
         of their first item. A new tracker tries what it cannot do without. If an answer is wrong, the tracker is off, and its\n\
         message names the function: otherwise it would read other settings, or send other events, than the page passed.\n\
         `tests/e2e/tests/language.rs` has these, too. *lying*: the function does nothing, and returns an empty value.\n\n",
    );
    write_table(&mut text, LYING, LIES);
    text.push_str(
        "\n## The class on the Rust host\n\n\
         The class `na` (feature `class` of the crate) promises the same of a page's globals, except for those that load its\n\
         module: `fetch`, `Response`, `URL`, `WebAssembly`, `TextEncoder`, `TextDecoder` and `Promise`. It is also off where\n\
         `JSON.parse` is broken. It uses less of the language. Of that, each construction tries what decides about settings and\n\
         events: the conversion of texts, `JSON.parse`, `JSON.stringify`, `Object.keys`, and whether all objects have a `then`.\n\
         Functions that only the glue of wasm-bindgen calls are not tried: no value reaches Rust without them, and the module of\n\
         the class does not load, or its first call throws. A `Tracker` of a front end in Rust tries nothing, since its settings\n\
         are no objects of the page, and the front end itself does not run without the glue.\n",
    );
    text
}

fn write_table<const COUNT: usize>(
    text: &mut String,
    ways: [&str; COUNT],
    parts: &[(&str, [Promise; COUNT])],
) {
    let _ = writeln!(text, "| part | {} |", ways.join(" | "));
    let _ = writeln!(text, "| --- |{}", " --- |".repeat(COUNT));
    for (part, promises) in parts {
        let promises = promises.map(Promise::text).join(" | ");
        let _ = writeln!(text, "| `{part}` | {promises} |");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    const PLACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/surroundings.md");

    #[test]
    fn the_document_lists_what_the_tests_hold() {
        let checked_in = std::fs::read_to_string(PLACE).unwrap_or_default();
        assert!(
            checked_in == super::document(),
            "docs/surroundings.md is not current: it says how it is written"
        );
    }

    #[test]
    #[ignore = "it writes the document"]
    fn write() {
        std::fs::write(Path::new(PLACE), super::document()).expect("docs can be written");
    }
}
