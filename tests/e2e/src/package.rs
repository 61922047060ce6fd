//! The npm package, installed as a user installs it.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use crate::hosts;

/// The packed package, installed in a project of its own. Deleted on drop.
pub struct Package {
    project: TempDir,
    path: PathBuf,
}

impl Package {
    /// Installs the tarball that `NATERO_TARBALL` names with npm into a new folder. If the
    /// class is tested, puts that in its place.
    ///
    /// # Errors
    /// When the variable is missing or npm fails; the message has npm's output.
    pub async fn install() -> Result<Self> {
        if let Some(class) = hosts::class() {
            let project = TempDir::with_prefix("natero-class-")?;
            let path = project.path().join("natero-wasm");
            hosts::stand_in(&class, &path)?;
            return Ok(Self { project, path });
        }
        let tarball = env::var_os("NATERO_TARBALL").context(
            "NATERO_TARBALL is not set: run `cargo xtask test`, which packs the npm package \
             and points the end-to-end tests at it",
        )?;
        let tarball = PathBuf::from(tarball)
            .canonicalize()
            .context("NATERO_TARBALL points at no file: run `cargo xtask test` to pack it anew")?;
        let project = TempDir::with_prefix("natero-package-")?;
        std::fs::write(
            project.path().join("package.json"),
            r#"{"name":"a-host-page","private":true,"type":"module"}"#,
        )?;
        let npm = Command::new("npm")
            // The tarball has no dependencies.
            .args(["install", "--offline", "--ignore-scripts"])
            .args(["--no-audit", "--no-fund", "--no-update-notifier"])
            .arg(&tarball)
            .current_dir(project.path())
            .output()
            .await
            .context("run npm: `cargo xtask setup` says how to install it")?;
        ensure!(
            npm.status.success(),
            "npm install {} failed:\n{}",
            tarball.display(),
            String::from_utf8_lossy(&npm.stderr)
        );
        let path = project.path().join("node_modules/natero-wasm");
        ensure!(
            path.is_dir(),
            "the tarball holds another package than natero-wasm"
        );
        Ok(Self { project, path })
    }

    /// The installed package's folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the project in which it is installed, from which Node resolves it by
    /// name.
    #[must_use]
    pub fn project(&self) -> &Path {
        self.project.path()
    }
}
