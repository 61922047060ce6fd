//! The parts of the package: functions of the wasm, and modules of the JavaScript.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::output;
use crate::setup::npm;
use crate::workspace::{read, root, target};

/// Bytes by the name of the part, before compression.
pub type Parts = BTreeMap<String, u64>;

/// The functions of a wasm that includes their names.
///
/// # Errors
/// When wasm-opt cannot read it.
pub fn of_wasm(named: &Path) -> Result<Parts> {
    let metrics = output(
        Command::new(npm::tools()?.join("wasm-opt"))
            .arg(named)
            .args(["--all-features", "--func-metrics"]),
    )?;
    Ok(functions(&metrics))
}

/// The modules that the scripts of the ES module were bundled from.
///
/// # Errors
/// When the package was not built.
pub fn of_js() -> Result<Parts> {
    let mut parts = Parts::new();
    for script in ["index.js", "host.js"] {
        let file = target().join(format!("{script}.meta.json"));
        add_modules(&mut parts, &serde_json::from_str(&read(&file)?)?)?;
    }
    Ok(parts)
}

/// A module that is in both scripts counts twice, because it is downloaded twice.
fn add_modules(parts: &mut Parts, meta: &Value) -> Result<()> {
    for script in meta["outputs"].as_object().context("no outputs")?.values() {
        for (name, part) in script["inputs"].as_object().context("no inputs")? {
            *parts.entry(name.clone()).or_default() += part["bytesInOutput"].as_u64().unwrap_or(0);
        }
    }
    Ok(())
}

/// Parses `func: NAME`, followed by a line ` [binary-bytes] : BYTES`.
fn functions(metrics: &str) -> Parts {
    let mut parts = Parts::new();
    let mut name = None;
    for line in metrics.lines() {
        if let Some(mangled) = line.strip_prefix("func: ") {
            name = Some(readable(mangled));
        } else if let (Some(bytes), Some(name)) = (line.strip_prefix(" [binary-bytes]"), &name) {
            let bytes = bytes.trim_matches([' ', ':']).parse().unwrap_or(0);
            *parts.entry(name.clone()).or_default() += bytes;
        }
    }
    parts
}

/// A name without the parts that differ between compilers.
fn readable(mangled: &str) -> String {
    // Copies are numbered: `name_1`, `name[1]`.
    let name = mangled.split('[').next().unwrap_or(mangled);
    format!("{:#}", rustc_demangle::demangle(name))
}

/// The parts that grew most or are new: the name, the previous size and the current size in
/// bytes.
pub fn grown(before: &Parts, now: &Parts) -> Vec<(String, u64, u64)> {
    let mut grown: Vec<_> = now
        .iter()
        .map(|(name, bytes)| (name.clone(), before.get(name).copied().unwrap_or(0), *bytes))
        .filter(|(_, before, now)| now > before)
        .collect();
    grown.sort_by_key(|(_, before, now)| std::cmp::Reverse(now - before));
    grown
}

/// The path of the file with the recorded parts.
pub fn record() -> std::path::PathBuf {
    root().join("xtask/size.json")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn functions_are_read_with_their_bytes_and_without_hashes() {
        let metrics = "Metrics\nglobal\n [funcs]        : 2       \n\
                       func: _RNvMNtCs3DdRzjyEytK_13natero_engine6engineNtB2_6Engine5draft\n \
                       [binary-bytes] : 1034    \n [total]        : 86      \n\
                       func: handle\n [binary-bytes] : 155     \n";
        let parts = functions(metrics);
        assert_eq!(parts["handle"], 155);
        assert_eq!(parts["<natero_engine::engine::Engine>::draft"], 1034);
    }

    #[test]
    fn modules_of_all_scripts_are_listed() {
        let script =
            |file: &str, inputs: Value| json!({ "outputs": { file: { "inputs": inputs } } });
        let bytes = |count: u64| json!({ "bytesInOutput": count });
        let mut parts = Parts::new();
        for meta in [
            script(
                "index.js",
                json!({ "js/na.ts": bytes(7), "js/both.ts": bytes(2) }),
            ),
            script(
                "host.js",
                json!({ "js/host.ts": bytes(5), "js/both.ts": bytes(1) }),
            ),
        ] {
            add_modules(&mut parts, &meta).expect("modules");
        }
        let expected = [("js/both.ts", 3), ("js/host.ts", 5), ("js/na.ts", 7)];
        assert!(
            parts
                .iter()
                .map(|(name, bytes)| (name.as_str(), *bytes))
                .eq(expected)
        );
    }

    #[test]
    fn what_grew_most_is_named_first_and_what_shrank_not_at_all() {
        let parts = |list: &[(&str, u64)]| -> Parts {
            list.iter()
                .map(|(name, n)| ((*name).to_owned(), *n))
                .collect()
        };
        let before = parts(&[("a", 10), ("b", 10), ("c", 10)]);
        let now = parts(&[("a", 11), ("b", 9), ("c", 30), ("d", 5)]);
        let names: Vec<_> = grown(&before, &now)
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
        assert_eq!(names, ["c", "d", "a"]);
    }
}
