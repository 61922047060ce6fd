//! Checks which files the package consists of.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Verdict, verdict};

/// The list of all files that the package must have, one path per line.
pub const DECLARED: &str = "xtask/contents.txt";

/// Fields in which package.json refers to files. Globs are not supported.
const LEADING: [&str; 6] = ["exports", "main", "module", "types", "unpkg", "jsdelivr"];

/// Checks that the packed files are the declared ones, and that the manifest refers to no
/// others.
pub fn check(declared: &str, packed: &[String], manifest: &Value) -> Verdict {
    let declared: BTreeSet<&str> = declared.lines().map(str::trim).collect();
    let packed: BTreeSet<&str> = packed.iter().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for file in declared.difference(&packed).filter(|file| !file.is_empty()) {
        let needs = if file.starts_with("host-script.") {
            " (it needs std's sources: rustup component add rust-src)"
        } else {
            ""
        };
        wrong.push(format!(
            "{file} is declared and not packed: have the build make it{needs} and `files` of \
             pkg-template/package.json name it, or take it out of {DECLARED}"
        ));
    }
    for file in packed.difference(&declared) {
        wrong.push(format!(
            "{file} is packed and not declared: write it into {DECLARED}, or keep it out of `files` of \
             pkg-template/package.json"
        ));
    }
    for field in LEADING {
        let mut files = BTreeSet::new();
        files_in(&manifest[field], &mut files);
        for file in files.difference(&packed) {
            wrong.push(format!(
                "`{field}` of package.json leads to {file}, which is not packed: mend it in \
                 pkg-template/package.json"
            ));
        }
    }
    verdict(format!("the {} files of {DECLARED}", packed.len()), wrong)
}

/// Every path in a value, without its leading `./`.
fn files_in<'a>(value: &'a Value, files: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(path) => {
            files.insert(path.trim_start_matches("./"));
        }
        Value::Object(conditions) => conditions.values().for_each(|value| files_in(value, files)),
        Value::Array(choices) => choices.iter().for_each(|value| files_in(value, files)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn packed(files: &[&str]) -> Vec<String> {
        files.iter().map(|&file| file.to_owned()).collect()
    }

    #[test]
    fn what_is_packed_is_what_is_declared_and_all_that_the_manifest_leads_to() {
        let manifest = json!({
            "main": "./a.cjs",
            "exports": { ".": { "require": { "default": "./a.cjs" }, "default": "./a.js" } },
            "files": ["*.js"],
        });
        let held = check("a.cjs\na.js\n", &packed(&["a.js", "a.cjs"]), &manifest);
        assert_eq!(held, Ok("the 2 files of xtask/contents.txt".into()));
    }

    #[test]
    fn a_file_that_is_missing_too_many_or_led_to_in_vain_is_named() {
        let manifest = json!({ "unpkg": "./c.js" });
        let wrong = check("a.js\n", &packed(&["b.js"]), &manifest).expect_err("three mistakes");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong[0].starts_with("a.js is declared and not packed"));
        assert!(wrong[1].starts_with("b.js is packed and not declared"));
        assert!(wrong[2].starts_with("`unpkg` of package.json leads to c.js"));
    }
}
