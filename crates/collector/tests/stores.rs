//! Checks that only the tests in `sqlite` and `scaled` choose their store.
#![allow(missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where a store may be chosen: in the tests of one store, and in the code that creates
/// stores for all others.
const MAY_CHOOSE: [&str; 4] = ["sqlite", "scaled", "support", "stores.rs"];

/// The names that stand for a specific store.
const NAMES: [&str; 8] = [
    "rusqlite::",
    "store::sqlite",
    "SqliteStore",
    "CommandFile",
    "ScaledStore",
    "Place::file",
    "env(\"NATERO_DB",
    "NATERO_TEST_STORE",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_test_but_those_of_one_store_runs_on_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = Vec::new();
    files(&root, &mut found);
    assert!(found.len() > 60, "{found:?}");
    let mut choosing = Vec::new();
    for file in found {
        let relative = file.strip_prefix(&root).unwrap();
        if MAY_CHOOSE.iter().any(|place| relative.starts_with(place)) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let names = NAMES.iter().filter(|name| text.contains(*name));
        choosing.extend(names.map(|name| format!("{} names {name}", relative.display())));
    }
    assert!(choosing.is_empty(), "{}", choosing.join("\n"));
}
