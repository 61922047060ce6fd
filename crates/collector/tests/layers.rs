//! The layers of the crate: which module may use which others, checked against the `use`
//! declarations and paths of the source.
#![allow(missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each module of the crate root may use, besides itself. `lib.rs` and
/// `main.rs` are the roots of the two crates and may use everything.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("clock", &[]),
    ("config", &["model"]),
    ("metrics", &[]),
    ("model", &[]),
    ("store", &["clock", "metrics", "model"]),
    ("http", &["clock", "config", "metrics", "model", "store"]),
    ("dashboard", &["clock", "http", "model", "store"]),
    ("router", &["dashboard", "http", "model"]),
    ("server", &["clock", "config", "http", "router", "store"]),
    ("cli", &["clock", "config", "model", "server", "store"]),
];

/// Modules besides the store itself that may name a specific store, because they open it.
const MAY_OPEN: [&str; 2] = ["cli", "http::state"];

/// A path in the source, from the root of the crate, such as `store::users::find`.
type ModulePath = Vec<String>;

/// A module of the crate and the paths that its file mentions.
#[derive(Debug)]
struct Module {
    path: ModulePath,
    file: PathBuf,
    used: BTreeSet<ModulePath>,
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn modules() -> Vec<Module> {
    let mut files = Vec::new();
    list_files(&source_folder(), &mut files);
    let paths: Vec<_> = files.iter().map(|file| module_path(file)).collect();
    files
        .into_iter()
        .zip(&paths)
        .map(|(file, path)| {
            let source = fs::read_to_string(&file).unwrap();
            let is_folder = file.file_name().is_some_and(|name| name == "mod.rs");
            let used = used_paths(&without_tests(&source), path, is_folder);
            Module {
                path: path.clone(),
                file,
                used,
            }
        })
        .collect()
}

fn list_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["lib.rs", "main.rs"]
                .iter()
                .any(|root| path.ends_with(root))
        {
            files.push(path);
        }
    }
}

fn module_path(file: &Path) -> ModulePath {
    let relative = file.strip_prefix(source_folder()).unwrap();
    let mut path: ModulePath = relative
        .with_extension("")
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// Tests may use whatever they need.
fn without_tests(source: &str) -> String {
    source
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Every path that begins with `crate`, `super`, `self` or the name of a child module.
fn used_paths(source: &str, module: &ModulePath, is_folder: bool) -> BTreeSet<ModulePath> {
    let parent = &module[..module.len() - 1];
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices(char::is_alphabetic) {
        let is_start = !code[..at].ends_with(|before: char| {
            before.is_alphanumeric() || matches!(before, '_' | ':' | '"' | '\'')
        });
        // A visibility such as `pub(in …)` is not an import.
        if !is_start || code[..at].ends_with("pub(in ") {
            continue;
        }
        for tree in path_tree(&code[at..]) {
            let (first, rest) = tree.split_first().unwrap();
            let base: &[String] = match first.as_str() {
                "crate" => &[],
                "super" => parent,
                "self" => module,
                // In the file of a folder, its child modules are in scope by their names.
                child if is_folder && has_child(module, child) => {
                    used.insert([module.as_slice(), &tree].concat());
                    continue;
                }
                _ => continue,
            };
            if !rest.is_empty() {
                used.insert([base, rest].concat());
            }
        }
    }
    used
}

fn has_child(module: &ModulePath, child: &str) -> bool {
    let folder: PathBuf = source_folder().join(module.iter().collect::<PathBuf>());
    folder.join(child).is_dir() || folder.join(format!("{child}.rs")).is_file()
}

/// The paths at the start of `code`: one, or several if it has braces. None if it does not
/// begin with a path of at least two parts.
fn path_tree(code: &str) -> Vec<ModulePath> {
    fn parse(code: &str, prefix: &ModulePath, found: &mut Vec<ModulePath>) -> usize {
        let end = code
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(code.len());
        let mut path = prefix.clone();
        path.push(code[..end].to_owned());
        let Some(rest) = code[end..].strip_prefix("::") else {
            found.push(path);
            return end;
        };
        if !rest.starts_with('{') {
            return end + 2 + parse(rest, &path, found);
        }
        let mut at = 1;
        loop {
            let skipped = rest[at..]
                .find(|letter: char| letter.is_alphanumeric() || letter == '}')
                .expect("braces are closed");
            at += skipped;
            if rest[at..].starts_with('}') {
                return end + 2 + at + 1;
            }
            let length = parse(&rest[at..], &path, found);
            // A renamed import: `keys as stored_keys`.
            at += length;
            if let Some(alias) = rest[at..].strip_prefix(" as ") {
                at += 4 + alias.find([',', '}', '\n']).expect("braces are closed");
            }
        }
    }
    let mut found = Vec::new();
    let end = code
        .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .unwrap_or(code.len());
    if code[end..].starts_with("::") {
        parse(code, &Vec::new(), &mut found);
    }
    found
}

#[test]
fn a_layer_uses_only_layers_below_it() {
    let allowed: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    let mut upwards = Vec::new();
    for module in modules() {
        let layer = module.path[0].as_str();
        let below = allowed
            .get(layer)
            .unwrap_or_else(|| panic!("give the module `{layer}` a place among the layers"));
        for used in &module.used {
            let target = used[0].as_str();
            if target != layer && !below.contains(&target) {
                upwards.push(format!(
                    "{} uses {}",
                    module.file.display(),
                    used.join("::")
                ));
            }
        }
    }
    assert!(upwards.is_empty(), "{}", upwards.join("\n"));
}

fn is_of_sqlite(path: &[String]) -> bool {
    path.starts_with(&["store".to_owned(), "sqlite".to_owned()])
}

#[test]
fn only_the_store_on_sqlite_names_the_library_for_it() {
    let outside: Vec<_> = modules()
        .into_iter()
        .filter(|module| !is_of_sqlite(&module.path))
        .filter(|module| {
            let source = fs::read_to_string(&module.file).unwrap();
            source.contains("rusqlite")
        })
        .map(|module| module.path.join("::"))
        .collect();
    assert!(outside.is_empty(), "{}", outside.join("\n"));
}

#[test]
fn only_the_store_on_servers_names_the_libraries_for_them() {
    let scaled = ["store".to_owned(), "scaled".to_owned()];
    let outside: Vec<_> = modules()
        .into_iter()
        .filter(|module| !module.path.starts_with(&scaled))
        .filter(|module| {
            let source = fs::read_to_string(&module.file).unwrap();
            let names = ["tokio_postgres", "deadpool", "hyper_util::client"];
            let names_it = module.used.iter().any(|used| used.starts_with(&scaled));
            names.iter().any(|name| source.contains(name)) || names_it && !may_open(&module.path)
        })
        .map(|module| module.path.join("::"))
        .collect();
    assert!(outside.is_empty(), "{}", outside.join("\n"));
}

/// Whether a module may open stores.
fn may_open(module: &ModulePath) -> bool {
    let path = module.join("::");
    MAY_OPEN
        .iter()
        .any(|place| path == *place || path.starts_with(&format!("{place}::")))
}

#[test]
fn the_store_on_sqlite_is_named_only_where_it_is_opened() {
    let mut outside = Vec::new();
    for module in modules() {
        let path = module.path.join("::");
        if is_of_sqlite(&module.path) || may_open(&module.path) {
            continue;
        }
        let used = module.used.iter().filter(|used| is_of_sqlite(used));
        outside.extend(used.map(|used| format!("{path} uses {}", used.join("::"))));
    }
    assert!(outside.is_empty(), "{}", outside.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let modules = modules();
    let files: BTreeSet<&ModulePath> = modules.iter().map(|module| &module.path).collect();
    let mut uses: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = BTreeMap::new();
    for module in &modules {
        for used in &module.used {
            // The longest prefix of the path that is a file of its own.
            let target = (1..=used.len())
                .rev()
                .find_map(|length| files.get(&used[..length].to_vec()));
            if let Some(target) = target.filter(|target| ***target != module.path) {
                uses.entry(&module.path).or_default().insert(target);
            }
        }
    }
    // Files that use none of the remaining ones, and files that none of them uses, are
    // removed until only cycles and the files between them remain.
    let mut remaining = files;
    loop {
        let used: BTreeSet<_> = remaining
            .iter()
            .filter_map(|file| uses.get(file))
            .flatten()
            .copied()
            .collect();
        let ends: Vec<_> = remaining
            .iter()
            .copied()
            .filter(|file| {
                let uses_none = uses
                    .get(file)
                    .is_none_or(|used| used.is_disjoint(&remaining));
                uses_none || !used.contains(file)
            })
            .collect();
        if ends.is_empty() {
            break;
        }
        for file in ends {
            remaining.remove(file);
        }
    }
    let in_circles: Vec<_> = remaining
        .iter()
        .map(|file| {
            let used: Vec<_> = uses[*file]
                .intersection(&remaining)
                .map(|used| used.join("::"))
                .collect();
            format!("{} uses {}", file.join("::"), used.join(", "))
        })
        .collect();
    assert!(in_circles.is_empty(), "{}", in_circles.join("\n"));
}

#[test]
fn paths_are_read_with_their_braces_and_aliases() {
    let module = vec!["store".to_owned(), "users".to_owned()];
    let source = "use super::{accounts::{self, Row}, keys as stored};\n// use crate::http;\n\
                  fn f() -> crate::model::User { serde_json::json!(1) }";
    let used: Vec<_> = used_paths(source, &module, false)
        .into_iter()
        .map(|path| path.join("::"))
        .collect();
    assert_eq!(
        used,
        [
            "model::User",
            "store::accounts::Row",
            "store::accounts::self",
            "store::keys"
        ]
    );
}
