//! `cargo xtask packaging`: tests the package in projects of every bundler and framework.

use anyhow::{Result, bail, ensure};

use crate::test::{Part, Selection, pack, try_packages};

/// `cargo xtask packaging [NAME]`
pub fn task(args: &[&str]) -> Result<()> {
    let selection = match args {
        [] => Selection::Recorded,
        [name] => Selection::Named(name),
        _ => bail!("packaging takes a part of a test's name, or nothing"),
    };
    let tarball = pack()?;
    for part in [Part::Quick, Part::Matrix] {
        let count = try_packages(part, tarball.clone(), selection)?;
        ensure!(count.failed == 0, "{} failed", count.failed);
    }
    Ok(())
}
