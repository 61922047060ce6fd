//! Checks that everything published names its licence and includes the text.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use super::{Crate, Verdict, verdict};
use crate::build;
use crate::command::output;
use crate::workspace::{read, root};

/// The files with the texts of the licences.
const TEXTS: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The snippet, which is pasted into pages. It has no banner, because each byte counts there.
const PASTED: &str = "snippet.js";

/// The licence data of everything that is published.
pub struct Found {
    /// The texts in the repository, by the names of their files.
    texts: Vec<(&'static str, String)>,
    /// The comment at the start of scripts.
    banner: String,
    /// The published parts: the package and the crates.
    parts: Vec<Part>,
    /// The scripts of the package that must begin with the banner, with their first lines.
    scripts: Vec<(String, String)>,
}

/// The package, or a crate.
pub struct Part {
    name: String,
    license: Option<String>,
    /// Its copy of each text, if it has one.
    texts: Vec<Option<String>>,
}

/// Reads the data to check.
///
/// # Errors
/// When cargo fails or a script cannot be read.
pub fn gather(pkg: &Path, manifest: &Value, crates: &[Crate], packed: &[String]) -> Result<Found> {
    let mut texts = Vec::new();
    for name in TEXTS {
        texts.push((name, read(&root().join(name))?));
    }
    let mut parts = vec![Part {
        name: "the npm package".into(),
        license: manifest["license"].as_str().map(str::to_owned),
        texts: read_texts(pkg, packed),
    }];
    for one in crates.iter().filter(|one| one.is_published) {
        let list = output(Command::new("cargo").current_dir(root()).args([
            "package",
            "--list",
            "--allow-dirty",
            "--package",
            &one.name,
        ]))?;
        let list: Vec<_> = list.lines().map(str::to_owned).collect();
        parts.push(Part {
            name: one.name.clone(),
            license: one.license.clone(),
            texts: read_texts(&one.folder, &list),
        });
    }
    let mut scripts = Vec::new();
    for file in packed {
        let is_script = file.ends_with(".js") || file.ends_with(".cjs");
        if is_script && file != PASTED && !build::PARTS.contains(&file.as_str()) {
            let script = read(&pkg.join(file))?;
            let first = script.lines().next().unwrap_or_default();
            scripts.push((file.clone(), first.to_owned()));
        }
    }
    Ok(Found {
        texts,
        banner: build::banner()?,
        parts,
        scripts,
    })
}

/// The licence texts in a folder that are published with it.
fn read_texts(folder: &Path, published: &[String]) -> Vec<Option<String>> {
    let of_one = |name: &&str| {
        let is_published = published.iter().any(|file| file == name);
        is_published.then(|| fs::read_to_string(folder.join(name)).ok())?
    };
    TEXTS.iter().map(of_one).collect()
}

/// Checks that every part names the same licence and has its texts, and that scripts begin
/// with the banner.
pub fn check(found: &Found) -> Verdict {
    let mut wrong = Vec::new();
    let license = found.parts.first().and_then(|part| part.license.as_deref());
    for part in &found.parts {
        let name = &part.name;
        if license.is_none() || part.license.as_deref() != license {
            wrong.push(format!(
                "{name} is under {:?}: name the licence of [workspace.package] of Cargo.toml in \
                 pkg-template/package.json, and `license.workspace = true` in crates",
                part.license
            ));
        }
        for ((file, text), has) in found.texts.iter().zip(&part.texts) {
            if has.as_ref() != Some(text) {
                wrong.push(format!(
                    "{name} comes without the {file} of the repository: put it into pkg-template/, or as a \
                     copy beside the crate's Cargo.toml"
                ));
            }
        }
    }
    for (script, first) in &found.scripts {
        if *first != found.banner {
            wrong.push(format!(
                "{script} does not begin with `{}`: build it anew",
                found.banner
            ));
        }
    }
    if let Some(license) = license.filter(|license| !found.banner.contains(license)) {
        wrong.push(format!(
            "the banner of xtask/src/build/bundle.rs does not name {license}: write it there"
        ));
    }
    verdict(
        format!(
            "{} in {} parts and {} scripts",
            license.unwrap_or_default(),
            found.parts.len(),
            found.scripts.len()
        ),
        wrong,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANNER: &str = "/*! app 1.0.0 | MIT */";

    fn found(license: Option<&str>, text: Option<&str>, first: &str) -> Found {
        let part = |license: Option<&str>, text: Option<&str>| Part {
            name: "event".into(),
            license: license.map(str::to_owned),
            texts: vec![text.map(str::to_owned)],
        };
        Found {
            texts: vec![("LICENSE-MIT", "permission".into())],
            banner: BANNER.into(),
            parts: vec![part(Some("MIT"), Some("permission")), part(license, text)],
            scripts: vec![("inline.js".into(), first.into())],
        }
    }

    #[test]
    fn every_part_has_the_licence_its_text_and_every_script_a_banner() {
        let held = check(&found(Some("MIT"), Some("permission"), BANNER));
        assert_eq!(held, Ok("MIT in 2 parts and 1 scripts".into()));
    }

    #[test]
    fn what_lacks_one_of_them_is_named() {
        let fails = |found: Found, with: &str| {
            let wrong = check(&found).expect_err("something is missing");
            assert!(wrong.len() == 1 && wrong[0].contains(with), "{wrong:?}");
        };
        fails(
            found(Some("ISC"), Some("permission"), BANNER),
            "event is under Some(\"ISC\")",
        );
        fails(
            found(None, Some("permission"), BANNER),
            "event is under None",
        );
        fails(
            found(Some("MIT"), None, BANNER),
            "event comes without the LICENSE-MIT",
        );
        fails(
            found(Some("MIT"), Some("another"), BANNER),
            "event comes without",
        );
        fails(
            found(Some("MIT"), Some("permission"), "var a"),
            "inline.js does not begin",
        );
    }

    #[test]
    fn the_banner_names_the_licence_of_the_package() {
        let mut other = found(Some("MIT"), Some("permission"), "/*! app */");
        other.banner = "/*! app */".into();
        assert!(check(&other).expect_err("no licence")[0].contains("banner"));
    }
}
