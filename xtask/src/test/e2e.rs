//! Tests of the whole: a page in a browser, and the collector.

use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::count::{Count, counted};
use crate::build::{self, Mode};
use crate::setup::{browsers, npm};
use crate::workspace::root;

/// The packed npm package in a real browser, against the real collector.
pub fn suite(bench: &Bench) -> Result<Count> {
    let tarball = bench.package.tarball()?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let axe = npm::packages("tests/e2e")?.join("axe-core/axe.min.js");
    let mut total = Count::default();
    for kind in &bench.browsers {
        println!("--- {kind} ---");
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(root())
            .args(["test", "--package", "natero-e2e", "--no-fail-fast"])
            .env("NATERO_TARBALL", &tarball)
            .env("NATERO_COLLECTOR", &collector)
            .env("NATERO_AXE", &axe)
            .env("NATERO_BROWSER", kind.to_string())
            .envs(browsers::ensure(*kind)?.env());
        total.add(counted(bench, &mut cargo)?);
    }
    Ok(total)
}

/// The same tests of the class on the Rust host; tests/e2e/src/hosts.rs names what it
/// is excepted from.
pub fn class(bench: &Bench) -> Result<Count> {
    let class = build::class(Mode::Release)?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let mut total = Count::default();
    for kind in &bench.browsers {
        println!("--- {kind} ---");
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(root())
            .args(["test", "--package", "natero-e2e", "--no-fail-fast"])
            .env("NATERO_CLASS", &class)
            .env("NATERO_COLLECTOR", &collector)
            .env("NATERO_BROWSER", kind.to_string())
            .envs(browsers::ensure(*kind)?.env());
        total.add(counted(bench, &mut cargo)?);
    }
    Ok(total)
}

/// The example in Leptos, built and used.
pub fn leptos(bench: &Bench) -> Result<Count> {
    example(bench, "leptos")
}

/// The example in Yew, built and used.
pub fn yew(bench: &Bench) -> Result<Count> {
    example(bench, "yew")
}

fn example(bench: &Bench, name: &str) -> Result<Count> {
    let app = build::example(name)?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let mut total = Count::default();
    for kind in &bench.browsers {
        println!("--- {kind} ---");
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(root())
            .args(["test", "--package", "natero-e2e", "--test", name])
            .env(format!("NATERO_{}", name.to_uppercase()), &app)
            .env("NATERO_COLLECTOR", &collector)
            .env("NATERO_BROWSER", kind.to_string())
            .envs(browsers::ensure(*kind)?.env());
        total.add(counted(bench, &mut cargo)?);
    }
    Ok(total)
}
