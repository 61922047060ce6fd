//! Node, npm, and the npm tools that js/package-lock.json names.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{debian, say};
use crate::command::{on_path, output, run};
use crate::workspace::{read, root};

/// The oldest Node that the npm tools run on.
const OLDEST_NODE: u32 = 18;

/// The folder of the npm tools' programs: esbuild, tsc, wasm-opt.
///
/// # Errors
/// When Node or a tool has to be installed and cannot.
pub fn tools() -> Result<PathBuf> {
    node()?;
    let js = root().join("js");
    let modules = js.join("node_modules");
    let bin = modules.join(".bin");
    let lock = read(&js.join("package-lock.json"))?;
    // A copy of the lock beside what it names: times of files tell little
    // after a checkout.
    let installed = modules.join(".installed-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|copy| copy == lock) {
        return Ok(bin);
    }
    say("installing the npm tools of js/package-lock.json (under a minute)");
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&js))
    .context("cannot install the npm tools")?;
    fs::write(&installed, lock)?;
    Ok(bin)
}

fn node() -> Result<()> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        debian::install(&debian::Need {
            what: "Node with npm",
            packages: &["nodejs", "npm"],
            takes: "about 2 min",
            elsewhere: "Install Node 20 or later from your system's packages.",
        })?;
    }
    let version = output(Command::new("node").arg("--version"))?;
    match major_version(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("Node {version} is too old: install {OLDEST_NODE} or later"),
    }
}

/// `20` of `v20.1.2`.
fn major_version(printed: &str) -> Option<u32> {
    printed.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn a_node_version_is_read_from_what_it_prints() {
        assert_eq!(major_version("v20.20.2"), Some(20));
        assert_eq!(major_version("20.20.2"), None);
    }
}
