//! Checks of the npm package and of the TypeScript from which it is made.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use super::Bench;
use super::count::{self, Count};
use super::samples;
use crate::build::{self, Mode};
use crate::command::{run, succeeds, tee};
use crate::release;
use crate::setup::npm;
use crate::size;
use crate::workspace::{root, target, version};

/// The package, which is built when the first suite needs it.
#[derive(Default)]
pub struct Package {
    tarball: OnceCell<Result<PathBuf, String>>,
}

impl Package {
    /// Builds `pkg/` and packs it. Returns the tarball.
    ///
    /// # Errors
    /// When either fails; each suite that needs it gets the error.
    pub fn tarball(&self) -> Result<PathBuf> {
        let made = self
            .tarball
            .get_or_init(|| pack().map_err(|error| format!("{error:#}")));
        made.clone()
            .map_err(|error| anyhow!("there is no package to test: {error}"))
    }
}

/// Builds `pkg/` and packs it as npm would. Returns the tarball.
///
/// # Errors
/// When either fails.
pub fn pack() -> Result<PathBuf> {
    build::package(Mode::Release)?;
    run(Command::new("npm")
        .args(["pack", "--silent", "--pack-destination"])
        .arg(target())
        .current_dir(root().join("pkg")))?;
    Ok(target().join(format!("natero-wasm-{}.tgz", version()?)))
}

/// Checks that the package can be built and packed, that the generated TypeScript equals the
/// committed one, that the downloads are within the recorded budget, and that the package
/// could be released.
pub fn build(bench: &Bench) -> Result<Count> {
    let checked_in = build::generated()?;
    bench.package.tarball()?;
    let mut count = Count::one(true);
    let is_current = build::generated()? == checked_in;
    if !is_current {
        println!("js/generated was not current; it is now: check it in");
    }
    count.add(Count::one(is_current));
    let fits = size::gate::holds()?;
    count.add(fits.map_or_else(Count::skipped, Count::one));
    // Without the sources of std, the package is not the one that is released.
    if fits.is_some() {
        let checks = release::checks(&root().join("pkg"))?;
        release::print(&checks);
        for (_, verdict) in &checks {
            count.add(Count::one(verdict.is_ok()));
        }
    }
    Ok(count)
}

/// Checks that the wasm-pack command in README.md builds the class `na`, and that the class
/// is within its size limit if std was rebuilt for size.
pub fn class(_: &Bench) -> Result<Count> {
    build::packed()?;
    let mut count = Count::one(true);
    let class = build::class(Mode::Release)?;
    count.add(Count::one(size::class_fits(&class)?));
    Ok(count)
}

/// Checks the types of our own TypeScript.
pub fn typescript(_: &Bench) -> Result<Count> {
    let mut tsc = Command::new(npm::tools()?.join("tsc"));
    tsc.current_dir(root())
        .args(["--project", "js/tsconfig.json", "--noEmit"]);
    Ok(Count::one(succeeds(&mut tsc)?))
}

/// Checks the types from the point of view of a user: compiles js/test/types and the samples
/// of the documents against the packed package, with module resolution as in a bundler and as
/// in Node.
pub fn types(bench: &Bench) -> Result<Count> {
    let tarball = bench.package.tarball()?;
    let tsc = npm::tools()?.join("tsc");
    let sources = files(&root().join("js/test/types"), "ts")?;
    let place = target().join("types-test");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    fs::write(
        place.join("package.json"),
        "{ \"private\": true, \"type\": \"module\" }\n",
    )?;
    run(Command::new("npm")
        .args([
            "install",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ])
        .arg(&tarball)
        .current_dir(&place))?;
    let mut names = Vec::new();
    for source in &sources {
        let name = source.file_name().context("a file without a name")?;
        fs::copy(source, place.join(name))?;
        names.push(name.to_owned());
    }
    for samples::Sample { name, code } in samples::all("ts")? {
        fs::write(place.join(&name), code)?;
        names.push(name.into());
    }
    let mut count = Count::default();
    for module in [["--module", "nodenext"], ["--module", "preserve"]] {
        let mut command = Command::new(&tsc);
        command
            .current_dir(&place)
            .args([
                "--noEmit",
                "--strict",
                "--exactOptionalPropertyTypes",
                "--target",
                "es2022",
            ])
            .args(["--lib", "es2022,dom", "--skipLibCheck", "false"])
            .args(module)
            .args(&names);
        count.add(Count::one(succeeds(&mut command)?));
    }
    Ok(count)
}

/// Runs js/test/*.test.mjs against `pkg/`.
pub fn node(bench: &Bench) -> Result<Count> {
    bench.package.tarball()?;
    let tests = files(&root().join("js/test"), "test.mjs")?;
    let mut node = Command::new("node");
    node.current_dir(root())
        .args(["--test", "--test-reporter=spec"])
        .args(tests);
    let mut count = Count::default();
    let succeeded = tee(&mut node, |line| count.add(count::node(line)))?;
    Ok(count.with_end(succeeded))
}

/// The files in a folder whose names end with `end`.
///
/// # Errors
/// When there are none, which means that the search for tests is wrong.
pub fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>> {
    let end = format!(".{end}");
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path
            .file_name()
            .and_then(OsStr::to_str)
            .is_some_and(|name| name.ends_with(&end))
        {
            found.push(path);
        }
    }
    found.sort();
    anyhow::ensure!(
        !found.is_empty(),
        "there is no *{end} in {}",
        folder.display()
    );
    Ok(found)
}
