//! Checks that the hashes in the package match its files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Verdict, verdict};

/// The script whose hash is in the snippet.
const CLASSIC: &str = "natero.global.js";

/// Checks that `integrity.json` has the hash of every script and of the wasm and no others,
/// and that the snippet has that of the classic script.
pub fn check(published: &Value, files: &BTreeMap<String, String>, snippet: &str) -> Verdict {
    let mut wrong = Vec::new();
    for (file, hash) in files {
        if published[file] != *hash {
            wrong.push(format!(
                "integrity.json has {} for {file}, which is {hash}: leave --built out, and it is made anew",
                published[file]
            ));
        }
    }
    let named = published.as_object().into_iter().flatten();
    for (file, _) in named.filter(|(file, _)| !files.contains_key(*file)) {
        wrong.push(format!(
            "integrity.json names {file}, which is not there: leave --built out, and it is made anew"
        ));
    }
    let hash = files.get(CLASSIC);
    if !hash.is_some_and(|hash| snippet.contains(&json!(hash).to_string())) {
        wrong.push(format!(
            "snippet.js has not the hash of {CLASSIC}: leave --built out, and it is made anew"
        ));
    }
    verdict(
        format!("the hashes of {} files, and the snippet's", files.len()),
        wrong,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> BTreeMap<String, String> {
        BTreeMap::from([(CLASSIC.to_owned(), "sha384-a".to_owned())])
    }

    #[test]
    fn the_hashes_of_all_files_and_of_the_snippet_hold() {
        let held = check(
            &json!({ CLASSIC: "sha384-a" }),
            &files(),
            "load(\"sha384-a\")",
        );
        assert!(held.is_ok(), "{held:?}");
    }

    #[test]
    fn a_hash_that_is_missing_wrong_or_of_nothing_fails() {
        let published = json!({ "gone.js": "sha384-b" });
        let wrong = check(&published, &files(), "load(\"sha384-b\")").expect_err("all of it");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong[0].starts_with("integrity.json has null for natero.global.js"));
        assert!(wrong[1].starts_with("integrity.json names gone.js"));
        assert!(wrong[2].starts_with("snippet.js has not"));
        assert!(
            check(&json!({}), &BTreeMap::new(), "").is_err(),
            "nothing to load"
        );
    }
}
