//! Node, npm, and the npm tools in js/package-lock.json.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{debian, say};
use crate::command::{on_path, output, run};
use crate::workspace::{read, root};

/// The oldest major version of Node that the npm tools support.
const OLDEST_NODE: u32 = 18;

/// The folder with the programs of the npm tools: esbuild, terser, tsc, wasm-opt.
///
/// # Errors
/// When Node or a tool has to be installed and the installation fails.
pub fn tools() -> Result<PathBuf> {
    Ok(packages("js")?.join(".bin"))
}

/// Installs the npm packages from the lock file in a folder of the workspace, and returns
/// their `node_modules`.
///
/// # Errors
/// When Node or a package has to be installed and the installation fails.
pub fn packages(folder: &str) -> Result<PathBuf> {
    node()?;
    let folder = root().join(folder);
    let modules = folder.join("node_modules");
    let place = folder.join("package-lock.json");
    let lock = read(&place)?;
    // A copy of the lock file next to the installed packages. File times are not reliable
    // after a checkout.
    let installed = modules.join(".installed-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|copy| copy == lock) {
        return Ok(modules);
    }
    let place = place.display();
    say(&format!("installing what {place} names (under a minute)"));
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder))
    .with_context(|| format!("cannot install what {place} names"))?;
    fs::write(&installed, lock)?;
    Ok(modules)
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

/// `20` for `v20.1.2`.
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
