//! Parses the output of `cargo tree`: crates with their licences, and their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

/// The format in which `cargo tree` prints a crate, after its depth: name, version and path;
/// licence; repository.
pub const FORMAT: &str = "{p}\t{l}\t{r}";

/// Marks a crate whose dependencies were printed before.
const REPEATED: &str = " (*)";

/// A name and a version.
pub type Id = (String, String);

/// A linked crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    /// The licence in its Cargo.toml, if any.
    pub license: Option<String>,
    pub repository: Option<String>,
    pub dependencies: BTreeSet<Id>,
}

/// All crates that a crate links, including itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Tree {
    /// The crate at the root.
    pub root: Id,
    pub crates: BTreeMap<Id, Linked>,
}

/// Parses the output of `cargo tree --prefix depth --format FORMAT`.
///
/// # Errors
/// When the text has another format.
pub fn parse(printed: &str) -> Result<Tree> {
    let mut crates: BTreeMap<Id, Linked> = BTreeMap::new();
    // The crates from the root to that of the current line.
    let mut path: Vec<Id> = Vec::new();
    for line in printed.lines() {
        let (depth, id, linked) =
            of_line(line).with_context(|| format!("cargo tree printed {line:?}"))?;
        path.truncate(depth);
        if let Some(parent) = path.last().and_then(|parent| crates.get_mut(parent)) {
            parent.dependencies.insert(id.clone());
        }
        crates.entry(id.clone()).or_insert(linked);
        path.push(id);
    }
    let root = path
        .into_iter()
        .next()
        .context("cargo tree printed nothing")?;
    Ok(Tree { root, crates })
}

fn of_line(line: &str) -> Option<(usize, Id, Linked)> {
    let line = line.strip_suffix(REPEATED).unwrap_or(line);
    let end_of_depth = line.find(|letter: char| !letter.is_ascii_digit())?;
    let (depth, line) = line.split_at(end_of_depth);
    let mut fields = line.split('\t');
    let mut package = fields.next()?.split(' ');
    let name = package.next()?.to_owned();
    let version = package.next()?.strip_prefix('v')?.to_owned();
    let mut some = || {
        let field = fields.next()?.trim();
        (!field.is_empty()).then(|| field.to_owned())
    };
    let linked = Linked {
        license: some(),
        repository: some(),
        dependencies: BTreeSet::new(),
    };
    Some((depth.parse().ok()?, (name, version), linked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> Id {
        (name.into(), "1.0.0".into())
    }

    #[test]
    fn a_crate_links_what_is_printed_one_step_below_it() {
        let printed = "0app v1.0.0 (/home/ann/app)\tMIT\t\n\
                       1left v1.0.0\tMIT OR Apache-2.0\thttps://example.com/left\n\
                       2shared v1.0.0\tISC\t\n\
                       1right v1.0.0\t\t\n\
                       2shared v1.0.0\tISC\t (*)\n";
        let tree = parse(printed).expect("a tree");
        assert_eq!(tree.root, id("app"));
        assert_eq!(tree.crates.len(), 4);
        let links = |name: &str| -> Vec<_> {
            let linked = tree.crates[&id(name)].dependencies.iter();
            linked.map(|(name, _)| name.as_str()).collect()
        };
        assert_eq!(links("app"), ["left", "right"]);
        assert_eq!(links("left"), ["shared"]);
        assert_eq!(links("right"), ["shared"]);
        assert_eq!(links("shared"), [""; 0]);
        let left = &tree.crates[&id("left")];
        assert_eq!(left.license.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(left.repository.as_deref(), Some("https://example.com/left"));
        assert_eq!(tree.crates[&id("right")].license, None);
        assert_eq!(tree.crates[&id("shared")].repository, None);
    }

    #[test]
    fn what_is_no_tree_is_refused_with_the_line() {
        let error = parse("0app v1.0.0\tMIT\t\nwarning: no\n").expect_err("no tree");
        assert!(error.to_string().contains("warning: no"), "{error}");
        assert!(parse("").is_err());
    }
}
