//! `cargo xtask screenshots`: pictures of every view of the dashboard.

use std::process::Command;

use anyhow::{Result, bail};

use crate::build;
use crate::command::run;
use crate::setup::browsers::{self, Kind};
use crate::workspace::{root, target};

/// `cargo xtask screenshots [FOLDER] [VIEW]`
pub fn task(args: &[&str]) -> Result<()> {
    let usual = target().join("screenshots");
    let (folder, only) = match args {
        [] => (usual, ""),
        [folder] => (root().join(folder), ""),
        [folder, only] => (root().join(folder), *only),
        _ => bail!("screenshots takes a folder and the name of a view"),
    };
    let chromium = browsers::ensure(Kind::Chromium)?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let program = build::program("natero-e2e", "natero-screenshots")?;
    run(Command::new(program)
        .arg(folder)
        .arg(only)
        .env("NATERO_COLLECTOR", collector)
        .envs(chromium.env()))
}
