//! The bill of materials says what is within, and all of it.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Verdict, json, verdict};
use crate::sbom;

/// What is to be compared.
pub struct Found {
    /// The document in the package, if it is there.
    packed: Option<Value>,
    /// What cargo says now.
    package: Value,
    collector: Value,
    /// What each script was made of, by its source map.
    sources: Vec<(String, Vec<String>)>,
}

/// Reads what is to be checked.
///
/// # Errors
/// When cargo fails or a source map cannot be read.
pub fn gather(pkg: &Path, packed: &[String]) -> Result<Found> {
    let mut sources = Vec::new();
    for file in packed.iter().filter(|file| file.ends_with(".map")) {
        let map = json(&pkg.join(file))?;
        let names = map["sources"].as_array().and_then(|names| {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<Vec<_>>>()
        });
        let names = names.with_context(|| format!("{file} names no sources"))?;
        sources.push((file.clone(), names));
    }
    let place = pkg.join(sbom::FILE);
    Ok(Found {
        packed: place.is_file().then(|| json(&place)).transpose()?,
        package: sbom::of_package()?,
        collector: sbom::of_collector()?,
        sources,
    })
}

/// That the packed document is current, that every component has a licence, and that scripts
/// are made of our own sources: a bill of crates says nothing of packages of npm.
pub fn check(found: &Found) -> Verdict {
    let mut wrong = Vec::new();
    if found.packed.as_ref() != Some(&found.package) {
        wrong.push(format!(
            "{} is not what cargo says of the package now: leave --built out, and it is made anew",
            sbom::FILE
        ));
    }
    let mut counts = Vec::new();
    for (name, bill) in [
        ("the package", &found.package),
        ("the collector", &found.collector),
    ] {
        let components = bill["components"].as_array().map_or(&[][..], Vec::as_slice);
        counts.push(format!("{} components in {name}", components.len()));
        for component in components {
            if component["licenses"].is_null() {
                wrong.push(format!(
                    "{} in {name} names no licence: clarify it in xtask/src/sbom.rs, or link something else",
                    component["bom-ref"]
                ));
            }
        }
    }
    for (map, sources) in &found.sources {
        for source in sources.iter().filter(|source| !is_ours(source)) {
            wrong.push(format!(
                "{map} has {source} within: keep it out, or have xtask/src/sbom.rs name packages of npm, too"
            ));
        }
    }
    verdict(counts.join(", "), wrong)
}

/// Whether a source lies in `js/`, or is what the build made, which has no folder.
fn is_ours(source: &str) -> bool {
    let is_made = !source.contains('/');
    is_made || (source.starts_with("js/") && !source.contains("node_modules/"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bill(license: Value) -> Value {
        json!({ "components": [{ "bom-ref": "pkg:cargo/a@1.0.0", "licenses": license }] })
    }

    fn found(packed: Option<Value>, source: &str) -> Found {
        let licensed = bill(json!([{ "expression": "MIT" }]));
        Found {
            packed,
            package: licensed.clone(),
            collector: licensed,
            sources: vec![("index.js.map".into(), vec![source.into()])],
        }
    }

    fn current() -> Option<Value> {
        Some(bill(json!([{ "expression": "MIT" }])))
    }

    #[test]
    fn a_current_bill_of_licensed_components_holds() {
        for source in ["js/na.ts", "wasm-inside.js"] {
            let held = check(&found(current(), source));
            assert_eq!(
                held,
                Ok("1 components in the package, 1 components in the collector".into())
            );
        }
    }

    #[test]
    fn a_bill_that_is_missing_or_old_fails() {
        for packed in [None, Some(json!({}))] {
            let wrong = check(&found(packed, "js/na.ts")).expect_err("not current");
            assert!(wrong[0].contains("is not what cargo says"), "{wrong:?}");
        }
    }

    #[test]
    fn a_component_without_a_licence_fails() {
        let mut without = found(current(), "js/na.ts");
        without.collector = bill(Value::Null);
        let wrong = check(&without).expect_err("no licence");
        assert!(
            wrong[0].contains("pkg:cargo/a@1.0.0\" in the collector"),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_script_with_a_package_of_npm_within_fails() {
        let wrong = check(&found(current(), "js/node_modules/react/index.js"));
        assert!(wrong.expect_err("it is not in the bill")[0].contains("react"));
    }
}
