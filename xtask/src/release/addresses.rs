//! Checks the addresses in manifests.

use serde_json::Value;

use super::{Crate, Verdict, verdict};

/// Fields that package.json must always have.
const ALWAYS: [&str; 5] = ["description", "engines", "license", "unpkg", "jsdelivr"];

/// Fields that it must have when the sources are published.
const OF_SOURCES: [&str; 3] = ["repository", "homepage", "bugs"];

/// Checks that package.json and the crates have the address of the repository, if Cargo.toml
/// has it.
pub fn check(repository: Option<&str>, manifest: &Value, crates: &[Crate]) -> Verdict {
    let mut wrong: Vec<_> = ALWAYS
        .iter()
        .filter(|field| manifest[**field].is_null())
        .map(|field| {
            format!("package.json has no `{field}`: write it into pkg-template/package.json")
        })
        .collect();
    let Some(repository) = repository else {
        let note = "none of the sources: name them as `repository` under [workspace.package] of Cargo.toml \
                    once they are public, and package.json leads there";
        return verdict(note, wrong);
    };
    for field in OF_SOURCES {
        if !manifest[field].to_string().contains(repository) {
            wrong.push(format!(
                "`{field}` of package.json is not at {repository}: leave --built out, and it is made anew"
            ));
        }
    }
    for one in crates.iter().filter(|one| one.is_published) {
        if one.repository.as_deref() != Some(repository) {
            wrong.push(format!(
                "{} names no such repository: write `repository.workspace = true` in its Cargo.toml",
                one.name
            ));
        }
    }
    verdict(repository, wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLACE: &str = "https://example.com/a";

    fn manifest() -> Value {
        json!({ "description": "a", "engines": {}, "license": "MIT", "unpkg": "a.js", "jsdelivr": "a.js" })
    }

    fn one(repository: Option<&str>) -> Crate {
        Crate {
            name: "event".into(),
            version: "1.0.0".into(),
            license: None,
            repository: repository.map(str::to_owned),
            is_published: true,
            folder: "event".into(),
            asks_for: Vec::new(),
        }
    }

    #[test]
    fn sources_that_are_not_published_are_asked_for_and_nothing_fails() {
        let held = check(None, &manifest(), &[one(None)]).expect("nothing is wrong");
        assert!(held.contains("[workspace.package]"), "{held}");
        let mut without = manifest();
        without["engines"].take();
        assert!(check(None, &without, &[]).expect_err("no engines")[0].contains("`engines`"));
    }

    #[test]
    fn a_repository_is_in_package_json_and_in_every_crate_that_is_published() {
        let wrong = check(Some(PLACE), &manifest(), &[one(None)]).expect_err("it is nowhere");
        assert_eq!(wrong.len(), 4, "{wrong:?}");
        let mut full = manifest();
        full["repository"] = json!({ "url": "git+https://example.com/a.git" });
        full["homepage"] = json!("https://example.com/a#readme");
        full["bugs"] = json!("https://example.com/a/issues");
        assert_eq!(
            check(Some(PLACE), &full, &[one(Some(PLACE))]),
            Ok(PLACE.into())
        );
    }
}
