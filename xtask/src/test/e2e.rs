//! End-to-end tests: a page in a browser, and the collector.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{Count, counted_beside};
use super::guides;
use crate::build::{self, Mode};
use crate::setup::{browsers, npm};
use crate::workspace::root;

/// The packed npm package in real browsers, against the real collector.
pub fn suite(bench: &Bench) -> Result<Count> {
    let tarball = bench.package.tarball()?;
    let axe = npm::packages("tests/e2e")?.join("axe-core/axe.min.js");
    in_browsers(bench, &[], |tests| {
        tests
            .env("NATERO_TARBALL", &tarball)
            .env("NATERO_AXE", &axe);
    })
}

/// The same tests for the class on the Rust host; tests/e2e/src/hosts.rs lists the
/// exceptions.
pub fn class(bench: &Bench) -> Result<Count> {
    let class = build::class(Mode::Release)?;
    in_browsers(bench, &[], |tests| {
        tests.env("NATERO_CLASS", &class);
    })
}

/// Builds and uses the Leptos example, and compiles the samples of its guide.
pub fn leptos(bench: &Bench) -> Result<Count> {
    example(bench, "leptos")
}

/// Builds and uses the Yew example, and compiles the samples of its guide.
pub fn yew(bench: &Bench) -> Result<Count> {
    example(bench, "yew")
}

fn example(bench: &Bench, name: &str) -> Result<Count> {
    let app = build::example(name)?;
    let mut count = guides::compile(name)?;
    count.add(in_browsers(bench, &["--test", name], |tests| {
        tests.env(format!("NATERO_{}", name.to_uppercase()), &app);
    })?);
    Ok(count)
}

/// Runs all or the chosen tests in all browsers at the same time, against the real collector.
fn in_browsers(bench: &Bench, chosen: &[&str], set_up: impl Fn(&mut Command)) -> Result<Count> {
    let collector = build::program("natero-collector", "natero-collector")?;
    let mut runs = Vec::new();
    for kind in &bench.browsers {
        let mut tests = Command::new("cargo");
        tests
            .current_dir(root())
            .args(["test", "--package", "natero-e2e", "--no-fail-fast"])
            .args(chosen)
            .env("NATERO_COLLECTOR", &collector)
            .env("NATERO_BROWSER", kind.to_string())
            .envs(browsers::ensure(*kind)?.env());
        set_up(&mut tests);
        runs.push((kind.to_string(), tests));
    }
    counted_beside(bench, runs)
}
