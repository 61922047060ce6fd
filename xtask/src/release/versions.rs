//! Checks that the version is the same everywhere.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Crate, Verdict, verdict};

/// Checks that crates, their dependencies on each other, lock files and documents have the
/// version of the workspace. `told` has the versions by the name of a file, `locks` the text
/// of each Cargo.lock.
pub fn check(
    version: &str,
    crates: &[Crate],
    told: &[(&str, Value)],
    locks: &BTreeMap<String, String>,
) -> Verdict {
    let mut wrong = Vec::new();
    for one in crates {
        let name = &one.name;
        if one.version != version {
            wrong.push(format!(
                "{name} is {}, the workspace {version}: write `version.workspace = true` in its Cargo.toml",
                one.version
            ));
        }
        // A crate that is not published finds others by their path alone, without a version.
        for (other, asked) in one.asks_for.iter().filter(|_| one.is_published) {
            if *asked != format!("^{version}") {
                wrong.push(format!(
                    "{name} asks for {other} {asked}: write version = \"{version}\" for {other} under \
                     [workspace.dependencies] of Cargo.toml"
                ));
            }
        }
    }
    for (file, found) in told {
        if found != version {
            let mend = if file.starts_with("pkg/") {
                "leave --built out, and it is made anew"
            } else {
                "write it there"
            };
            wrong.push(format!("{file} says {found}, Cargo.toml {version}: {mend}"));
        }
    }
    for (file, lock) in locks {
        for (name, found) in locked(lock) {
            let is_ours = crates.iter().any(|one| one.name == name);
            if is_ours && found != version {
                let folder = file.trim_end_matches("Cargo.lock");
                wrong.push(format!(
                    "{file} has {name} {found}, Cargo.toml {version}: run `cargo update --workspace \
                     --manifest-path {folder}Cargo.toml`"
                ));
            }
        }
    }
    let files = told.len() + locks.len();
    verdict(
        format!("{version} in {} crates and {files} files", crates.len()),
        wrong,
    )
}

/// The crates in a lock file that come from no registry, with their versions.
fn locked(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    lock.split("[[package]]").filter_map(|package| {
        let value = |key: &str| {
            let mut lines = package.lines();
            let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
            Some(value.trim_matches('"'))
        };
        let is_registered = value("source").is_some();
        (!is_registered).then(|| Some((value("name")?, value("version")?)))?
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(version: &str, asked: &str) -> Crate {
        Crate {
            name: "engine".into(),
            version: version.into(),
            license: None,
            repository: None,
            is_published: true,
            folder: "engine".into(),
            asks_for: vec![("event".into(), asked.into())],
        }
    }

    fn lock(version: &str) -> BTreeMap<String, String> {
        let text = format!(
            "version = 4\n\n[[package]]\nname = \"engine\"\nversion = \"{version}\"\n\n\
             [[package]]\nname = \"engine\"\nversion = \"9.9.9\"\nsource = \"registry\"\n\n\
             [[package]]\nname = \"example\"\nversion = \"0.0.0\"\n"
        );
        BTreeMap::from([("examples/yew/Cargo.lock".into(), text)])
    }

    #[test]
    fn what_is_no_crate_of_the_workspace_may_have_another_version() {
        let told = [("pkg/package.json", json!("1.2.3"))];
        let held = check("1.2.3", &[one("1.2.3", "^1.2.3")], &told, &lock("1.2.3"));
        assert_eq!(held, Ok("1.2.3 in 1 crates and 2 files".into()));
    }

    #[test]
    fn each_place_with_another_version_is_named_with_its_mend() {
        let told = [
            ("pkg/package.json", json!("1.2.2")),
            ("openapi.json", Value::Null),
        ];
        let crates = [one("1.2.2", "^1.2.2")];
        let wrong = check("1.2.3", &crates, &told, &lock("1.2.2")).expect_err("all are older");
        let begins = [
            "engine is 1.2.2, the workspace 1.2.3: write",
            "engine asks for event ^1.2.2: write version = \"1.2.3\"",
            "pkg/package.json says \"1.2.2\", Cargo.toml 1.2.3: leave --built out",
            "openapi.json says null, Cargo.toml 1.2.3: write it",
            "examples/yew/Cargo.lock has engine 1.2.2, Cargo.toml 1.2.3: run `cargo update",
        ];
        assert_eq!(wrong.len(), begins.len(), "{wrong:?}");
        for (line, begin) in wrong.iter().zip(begins) {
            assert!(line.starts_with(begin), "{line}");
        }
    }
}
