//! The packed package in projects of others: tests/packaging.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{self, Count};
use super::package::files;
use crate::build;
use crate::command::tee;
use crate::setup::browsers::{self, Kind};
use crate::setup::npm;
use crate::workspace::root;

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What takes seconds.
    Quick,
    /// Bundlers, frameworks and test runners, which take minutes to install.
    Matrix,
}

impl Part {
    /// The folders of the tests, and of the lock that names what they need.
    fn folders(self) -> (PathBuf, &'static str) {
        let folder = root().join("tests/packaging");
        match self {
            Part::Quick => (folder.join("quick"), "tests/packaging"),
            Part::Matrix => (folder.join("matrix"), "tests/packaging/matrix"),
        }
    }
}

/// Which tests of a part are run, and what becomes of the results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Selection<'a> {
    All,
    /// All, and what held is written into docs/packaging.md.
    Recorded,
    /// Those with this text in their names, whose results are written, too.
    Named(&'a str),
}

/// The quick part.
pub fn suite(bench: &Bench) -> Result<Count> {
    run(Part::Quick, bench.package.tarball()?, Selection::All)
}

/// Runs tests of a part against a tarball.
///
/// # Errors
/// When what it needs cannot be installed.
pub fn run(part: Part, tarball: PathBuf, selection: Selection) -> Result<Count> {
    npm::packages("tests/packaging")?;
    let (tests, lock) = part.folders();
    npm::packages(lock)?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let mut node = Command::new("node");
    node.current_dir(root())
        // Beside each other they would take each other's time.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(match selection {
            Selection::Named(name) => Some(format!("--test-name-pattern={name}")),
            Selection::All | Selection::Recorded => None,
        })
        .args(files(&tests, "test.mjs")?)
        .env("NATERO_TARBALL", tarball)
        .envs(match selection {
            Selection::All => None,
            Selection::Recorded => Some(("NATERO_RESULTS", "all")),
            Selection::Named(_) => Some(("NATERO_RESULTS", "tried")),
        })
        .env("NATERO_COLLECTOR", collector)
        .envs(browsers::ensure(Kind::Chromium)?.env());
    let mut count = Count::default();
    let succeeded = tee(&mut node, |line| count.add(count::node(line)))?;
    Ok(count.with_end(succeeded))
}
