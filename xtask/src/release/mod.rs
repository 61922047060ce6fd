//! `cargo xtask release --dry-run`: checks everything that must be right before a release.
//!
//! Nothing is uploaded; CONTRIBUTING.md has the commands for that. Each check is a pure
//! function of the data that is read here.

mod addresses;
mod bill;
mod changelog;
mod contents;
mod integrity;
mod licences;
mod sizes;
mod versions;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::build::{self, Mode};
use crate::command::output;
use crate::workspace::{self, read, root};

/// The result of a check: a description of what is right, or each problem with its remedy.
pub type Verdict = std::result::Result<String, Vec<String>>;

/// The verdict: `holds` if there are no problems.
fn verdict(holds: impl Into<String>, wrong: Vec<String>) -> Verdict {
    if wrong.is_empty() {
        Ok(holds.into())
    } else {
        Err(wrong)
    }
}

/// `cargo xtask release --dry-run [--built]`
pub fn task(args: &[&str]) -> Result<()> {
    match args {
        ["--dry-run"] => build::package(Mode::Release)?,
        ["--dry-run", "--built"] | ["--built", "--dry-run"] => {}
        _ => bail!(
            "release takes --dry-run, and --built to take the pkg/ that is there; it publishes \
             nothing: CONTRIBUTING.md has the commands that do"
        ),
    }
    let checks = checks(&root().join("pkg"))?;
    print(&checks);
    let failed = checks.iter().filter(|(_, verdict)| verdict.is_err());
    let failed: Vec<_> = failed.map(|(name, _)| *name).collect();
    ensure!(
        failed.is_empty(),
        "{} of {} checks failed: {}",
        failed.len(),
        checks.len(),
        failed.join(", ")
    );
    println!("\nready; CONTRIBUTING.md has the commands that publish it");
    Ok(())
}

/// Prints a line for each check, and one for each problem.
pub fn print(checks: &[(&str, Verdict)]) {
    println!();
    for (name, verdict) in checks {
        match verdict {
            Ok(holds) => println!("ok    {name:<11}{holds}"),
            Err(wrong) => {
                for line in wrong {
                    println!("FAIL  {name:<11}{line}");
                }
            }
        }
    }
}

/// Runs every check of a built package and of the crates.
///
/// # Errors
/// When something to be checked cannot be read.
pub fn checks(pkg: &Path) -> Result<Vec<(&'static str, Verdict)>> {
    ensure!(
        pkg.is_dir(),
        "there is no {}: leave --built out, and it is made",
        pkg.display()
    );
    let version = workspace::version()?;
    let crates = crates()?;
    let manifest = json(&pkg.join("package.json"))?;
    let packed = packed(pkg)?;
    Ok(vec![
        (
            "versions",
            versions::check(&version, &crates, &told(&manifest)?, &locks()?),
        ),
        (
            "changelog",
            changelog::check(
                &version,
                &read(&root().join("CHANGELOG.md"))?,
                &read(&pkg.join("CHANGELOG.md"))?,
            ),
        ),
        (
            "contents",
            contents::check(&read(&root().join(contents::DECLARED))?, &packed, &manifest),
        ),
        (
            "addresses",
            addresses::check(workspace::repository()?.as_deref(), &manifest, &crates),
        ),
        (
            "licences",
            licences::check(&licences::gather(pkg, &manifest, &crates, &packed)?),
        ),
        ("sbom", bill::check(&bill::gather(pkg, &packed)?)),
        (
            "integrity",
            integrity::check(
                &json(&pkg.join("integrity.json"))?,
                &build::hashes(pkg)?,
                &read(&pkg.join("snippet.js"))?,
            ),
        ),
        ("sizes", sizes::of(pkg)?),
    ])
}

/// A crate of the workspace.
#[derive(Debug)]
struct Crate {
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    /// Whether it is published to a registry.
    is_published: bool,
    folder: PathBuf,
    /// The other crates of the workspace that it depends on, with the required versions.
    asks_for: Vec<(String, String)>,
}

fn crates() -> Result<Vec<Crate>> {
    let metadata = output(Command::new("cargo").current_dir(root()).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    in_metadata(&serde_json::from_str(&metadata)?)
}

fn in_metadata(metadata: &Value) -> Result<Vec<Crate>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let of_one = |package: &Value| {
        let dependencies = package["dependencies"].as_array()?.iter();
        let ours = dependencies.filter(|other| other["path"].is_string() && other["kind"] != "dev");
        Some(Crate {
            name: text(&package["name"])?,
            version: text(&package["version"])?,
            license: text(&package["license"]),
            repository: text(&package["repository"]),
            // An empty list of registries is `publish = false`.
            is_published: package["publish"] != Value::Array(Vec::new()),
            folder: Path::new(package["manifest_path"].as_str()?)
                .parent()?
                .into(),
            asks_for: ours
                .map(|other| Some((text(&other["name"])?, text(&other["req"])?)))
                .collect::<Option<_>>()?,
        })
    };
    let packages = metadata["packages"].as_array();
    packages
        .and_then(|packages| packages.iter().map(of_one).collect())
        .context("cargo metadata has another form than expected")
}

/// The versions in other files, by the name of the file.
fn told(manifest: &Value) -> Result<Vec<(&'static str, Value)>> {
    let openapi = "crates/collector/openapi.json";
    Ok(vec![
        ("pkg/package.json", manifest["version"].clone()),
        (
            openapi,
            json(&root().join(openapi))?["info"]["version"].clone(),
        ),
    ])
}

/// Every Cargo.lock with crates of the workspace, by its path.
fn locks() -> Result<BTreeMap<String, String>> {
    let mut locks = BTreeMap::new();
    for lock in ["Cargo.lock", "tests/oldest/Cargo.lock"] {
        locks.insert(lock.to_owned(), read(&root().join(lock))?);
    }
    for example in fs::read_dir(root().join("examples")).context("cannot read examples/")? {
        let example = example?;
        let place = example.path().join("Cargo.lock");
        if place.is_file() {
            let name = format!(
                "examples/{}/Cargo.lock",
                example.file_name().to_string_lossy()
            );
            locks.insert(name, read(&place)?);
        }
    }
    Ok(locks)
}

/// The files that npm would pack, by their paths within the package.
fn packed(pkg: &Path) -> Result<Vec<String>> {
    let printed = output(
        Command::new("npm")
            .args(["pack", "--dry-run", "--json", "--ignore-scripts"])
            .current_dir(pkg),
    )?;
    let packs: Value = serde_json::from_str(&printed)?;
    let files = packs[0]["files"].as_array();
    files
        .and_then(|files| {
            let paths = files
                .iter()
                .map(|file| file["path"].as_str().map(str::to_owned));
            paths.collect::<Option<_>>()
        })
        .context("npm pack prints another form than expected")
}

fn json(place: &Path) -> Result<Value> {
    serde_json::from_str(&read(place)?).with_context(|| format!("{} is no JSON", place.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_crate_is_published_unless_its_list_of_registries_is_empty() {
        let package = |name: &str, publish: Value| {
            json!({
                "name": name, "version": "1.0.0", "license": "MIT", "repository": null,
                "publish": publish, "manifest_path": format!("/w/{name}/Cargo.toml"),
                "dependencies": [
                    { "name": "serde", "req": "^1", "kind": null },
                    { "name": "event", "req": "^1.0.0", "kind": null, "path": "/w/event" },
                    { "name": "company", "req": "*", "kind": "dev", "path": "/w/company" },
                ],
            })
        };
        let packages = [package("engine", Value::Null), package("xtask", json!([]))];
        let crates = in_metadata(&json!({ "packages": packages })).expect("crates");
        assert!(crates[0].is_published && !crates[1].is_published);
        assert_eq!(crates[0].folder, Path::new("/w/engine"));
        assert_eq!(
            crates[0].asks_for,
            [("event".to_owned(), "^1.0.0".to_owned())]
        );
    }

    #[test]
    fn release_publishes_nothing_and_says_so() {
        let error = task(&[]).expect_err("it takes --dry-run").to_string();
        assert!(error.contains("publishes nothing"), "{error}");
    }
}
