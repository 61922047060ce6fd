//! A Rust toolchain that builds for wasm32.
//!
//! It is the current one if that can; otherwise one from rustup, if downloads are possible;
//! otherwise Debian's packages. These have no std for wasm32, so it is built from their own
//! sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{debian, say, wasm_std};
use crate::command::{on_path, output, path_with, run_within};
use crate::workspace::rust_version;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler, with what is needed to build std for wasm32.
const PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "libstd-rust-web-dev",
    "rust-web-src",
    "rust-web-llvm",
];

/// Time limit for rustup, which waits for ever for a mirror that does not answer.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// A toolchain that builds for wasm32.
pub struct Toolchain {
    /// The folder of its programs, if they are not the first on PATH.
    folder: Option<PathBuf>,
    /// Whether the sources of std are available, for rebuilding it for size.
    pub has_sources: bool,
}

/// The toolchain for all builds for wasm32.
///
/// # Errors
/// When none was found and none can be installed; the message has the commands to type.
pub fn wasm() -> Result<Toolchain> {
    let found = || {
        [None, debian_folder()]
            .into_iter()
            .filter_map(Toolchain::with_target)
    };
    if let Some(complete) = found().find(|toolchain| toolchain.has_sources) {
        return Ok(complete);
    }
    if on_path("rustup").is_some() {
        if let Err(error) = add_with_rustup() {
            say(&format!("rustup could not: {error:#}"));
        } else if let Some(complete) = found().find(|toolchain| toolchain.has_sources) {
            return Ok(complete);
        }
    }
    if debian::installs() {
        return from_debian();
    }
    found().next().context(
        "the Rust target wasm32-unknown-unknown is missing. Type:\n  \
         rustup target add wasm32-unknown-unknown && rustup component add rust-src\n\
         or, on Debian where rustup can download nothing:\n  \
         sudo apt-get update && sudo apt-get install -y rustc-web cargo-web \
         libstd-rust-web-dev rust-web-src rust-web-llvm\n\
         and then as root, once:\n  cargo xtask setup",
    )
}

/// The oldest toolchain that the workspace supports: the current one if it has that version,
/// otherwise Debian's if it has, otherwise one from rustup.
///
/// # Errors
/// When none was found and none can be installed; the message has the command to type.
pub fn oldest() -> Result<Toolchain> {
    let (major, minor) = rust_version()?;
    let is_oldest = |toolchain: &Toolchain| {
        toolchain.compiler().ok().and_then(|it| minor_version(&it)) == Some((major, minor))
    };
    let at = |folder| Toolchain {
        folder,
        has_sources: false,
    };
    let at_hand = [
        Some(at(None)),
        debian_folder().map(|folder| at(Some(folder))),
    ];
    if let Some(found) = at_hand.into_iter().flatten().find(is_oldest) {
        return Ok(found);
    }
    let named = || -> Option<Toolchain> {
        let list = output(rustup().args(["toolchain", "list"])).ok()?;
        let name = toolchain_of((major, minor), &list)?;
        let sysroot = output(rustup().args(["run", name, "rustc", "--print", "sysroot"])).ok()?;
        Some(at(Some(Path::new(&sysroot).join("bin")))).filter(is_oldest)
    };
    if let Some(found) = named() {
        return Ok(found);
    }
    let version = format!("{major}.{minor}.0");
    let install = ["toolchain", "install", &version, "--profile", "minimal"];
    if on_path("rustup").is_some() {
        say(&format!(
            "adding Rust {version}, the oldest that is promised, with rustup (about a minute)"
        ));
        if let Err(error) = run_within(RUSTUP_LIMIT, rustup().args(install)) {
            say(&format!("rustup could not: {error:#}"));
        } else if let Some(found) = named() {
            return Ok(found);
        }
    }
    bail!(
        "Rust {major}.{minor} is missing, which Cargo.toml promises to build with. Type:\n  \
         rustup {}",
        install.join(" ")
    )
}

/// Makes sure that `cargo fmt` and `cargo clippy` work, for this machine and for wasm32.
///
/// # Errors
/// When they are missing and cannot be installed.
pub fn lints(wasm: &Toolchain) -> Result<String> {
    let host = Toolchain {
        folder: None,
        has_sources: false,
    };
    let lacking = || {
        let asked = [(&host, "fmt"), (&host, "clippy"), (wasm, "clippy")];
        let mut lacking = asked
            .into_iter()
            .filter(|(toolchain, tool)| !toolchain.has(tool));
        lacking.next().map(|(toolchain, _)| toolchain)
    };
    let Some(toolchain) = lacking() else {
        return output(host.command("cargo").args(["clippy", "--version"]));
    };
    if toolchain.folder.is_none() && on_path("rustup").is_some() {
        say("adding rustfmt and clippy with rustup (under a minute)");
        run_within(
            RUSTUP_LIMIT,
            rustup().args(["component", "add", "rustfmt", "clippy"]),
        )?;
    }
    if lacking().is_some() {
        debian::install(&debian::Need {
            what: "rustfmt or clippy",
            packages: &["rustfmt-web", "rust-web-clippy"],
            takes: "under a minute",
            elsewhere: "Type:\n  rustup component add rustfmt clippy",
        })?;
    }
    output(host.command("cargo").args(["clippy", "--version"]))
}

impl Toolchain {
    /// A command for a program of this toolchain, or for one that calls such programs by
    /// name.
    pub fn command(&self, program: &str) -> Command {
        self.command_beside(Path::new(program), None)
    }

    /// As [`Self::command`], for a program that also needs others from some folders.
    pub fn command_beside<'a>(
        &'a self,
        program: &Path,
        beside: impl IntoIterator<Item = &'a Path>,
    ) -> Command {
        let mut command = Command::new(program);
        command.env(
            "PATH",
            path_with(self.folder.as_deref().into_iter().chain(beside)),
        );
        if self.folder.is_some() {
            // Removes variables that the toolchain which runs this task has set for itself.
            command
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("CARGO")
                .env_remove("LD_LIBRARY_PATH");
        }
        command
    }

    /// Whether cargo has this subcommand.
    fn has(&self, tool: &str) -> bool {
        match &self.folder {
            // Cargo would use the subcommand of another toolchain further down PATH.
            Some(folder) => folder.join(format!("cargo-{tool}")).is_file(),
            None => output(self.command("cargo").args([tool, "--version"])).is_ok(),
        }
    }

    /// Name and version of its compiler.
    ///
    /// # Errors
    /// When the compiler cannot be run.
    pub fn compiler(&self) -> Result<String> {
        output(self.command("rustc").arg("--version"))
    }

    /// Its version and path, for people.
    pub fn describe(&self) -> Result<String> {
        let version = self.compiler()?;
        let sources = if self.has_sources {
            ""
        } else {
            ", without std's sources"
        };
        Ok(format!(
            "{version}, {}{sources}",
            self.print("target-libdir")?.display()
        ))
    }

    /// The folder for std for wasm32, which may not exist.
    pub fn target_libdir(&self) -> Result<PathBuf> {
        self.print("target-libdir")
    }

    /// Whether it has std for wasm32.
    pub fn builds_for_wasm(&self) -> bool {
        Self::with_target(self.folder.clone()).is_some()
    }

    fn with_target(folder: Option<PathBuf>) -> Option<Self> {
        let mut toolchain = Self {
            folder,
            has_sources: false,
        };
        // Compiling and linking is a better test than checking the folder, whose contents
        // may be from an earlier version of the compiler.
        let probe = std::env::temp_dir().join(format!("wasm-probe-{}.wasm", std::process::id()));
        let mut rustc = toolchain.command("rustc");
        rustc
            .args(["--target", TARGET, "--crate-type", "cdylib"])
            .args(["--crate-name", "probe", "-o"])
            .arg(&probe)
            .arg("-")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let builds = rustc.status().is_ok_and(|status| status.success());
        // The file does not exist if the build failed.
        let _ = fs::remove_file(&probe);
        if !builds {
            return None;
        }
        let sysroot = toolchain.print("sysroot").ok()?;
        let std = sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml");
        toolchain.has_sources = std.is_file();
        Some(toolchain)
    }

    fn print(&self, what: &str) -> Result<PathBuf> {
        let mut rustc = self.command("rustc");
        Ok(output(rustc.args(["--target", TARGET, "--print", what]))?.into())
    }
}

/// The folder of Debian's compiler, if there is one that is recent enough.
fn debian_folder() -> Option<PathBuf> {
    let folder = PathBuf::from("/usr/bin");
    if !debian::is_debian() || !folder.join("cargo").is_file() {
        return None;
    }
    let version = output(Command::new(folder.join("rustc")).arg("--version")).ok()?;
    (minor_version(&version)? >= rust_version().ok()?).then_some(folder)
}

fn add_with_rustup() -> Result<()> {
    say(
        "adding the wasm32 target and std's sources with rustup (under a minute; given up after 3)",
    );
    run_within(RUSTUP_LIMIT, rustup().args(["target", "add", TARGET]))?;
    run_within(
        RUSTUP_LIMIT,
        rustup().args(["component", "add", "rust-src"]),
    )
}

fn rustup() -> Command {
    let mut rustup = Command::new("rustup");
    // Otherwise rustup adds a backtrace to the error of a download.
    rustup.env("RUST_BACKTRACE", "0");
    rustup
}

fn from_debian() -> Result<Toolchain> {
    debian::install(&debian::Need {
        what: "a Rust compiler for wasm32",
        packages: &PACKAGES,
        takes: "about 2 min",
        elsewhere: "See rustup.",
    })?;
    let Some(folder) = debian_folder() else {
        let (major, minor) = rust_version()?;
        bail!("Debian's rustc-web is older than {major}.{minor}: enable Debian's security updates");
    };
    linker(&folder)?;
    if let Some(toolchain) = Toolchain::with_target(Some(folder.clone())) {
        return Ok(toolchain);
    }
    let bare = Toolchain {
        folder: Some(folder.clone()),
        has_sources: true,
    };
    wasm_std::install(&bare)?;
    Toolchain::with_target(Some(folder)).context("std for wasm32 was built but rustc cannot use it")
}

/// Debian's rust-lld is a link to the lld of one LLVM version, in a package that no other
/// depends on.
fn linker(folder: &Path) -> Result<()> {
    let link = folder.join("rust-lld");
    if link.exists() {
        return Ok(());
    }
    let lld = fs::read_link(&link).with_context(|| format!("there is no {}", link.display()))?;
    debian::install(&debian::Need {
        what: "the linker for wasm32",
        packages: &[&lld.to_string_lossy()],
        takes: "under a minute",
        elsewhere: "See rustup.",
    })
}

/// `(1, 96)` for `rustc 1.96.0 (…)`.
fn minor_version(printed: &str) -> Option<(u32, u32)> {
    let mut parts = printed.split_whitespace().nth(1)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The name of a toolchain with this version, from the output of `rustup toolchain list`.
fn toolchain_of((major, minor): (u32, u32), list: &str) -> Option<&str> {
    let version = format!("{major}.{minor}");
    list.lines()
        .filter_map(|line| line.split_whitespace().next())
        .find(|name| {
            let rest = name.strip_prefix(&version);
            rest.is_some_and(|rest| rest.starts_with(['.', '-']))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_version_is_read_from_what_it_prints() {
        assert_eq!(
            minor_version("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"),
            Some((1, 96))
        );
        assert_eq!(
            minor_version("rustc 1.103.0-nightly (abc 2026-05-25)"),
            Some((1, 103))
        );
        assert_eq!(minor_version("nothing"), None);
    }

    #[test]
    fn a_toolchain_is_found_by_its_version_and_no_other() {
        let list = "stable-x86_64-unknown-linux-gnu (active, default)\n\
                    1.9.0-x86_64-unknown-linux-gnu\n1.95.0-x86_64-unknown-linux-gnu\n";
        let found = toolchain_of((1, 95), list);
        assert_eq!(found, Some("1.95.0-x86_64-unknown-linux-gnu"));
        let found = toolchain_of((1, 9), list);
        assert_eq!(found, Some("1.9.0-x86_64-unknown-linux-gnu"));
        assert_eq!(toolchain_of((1, 96), list), None);
    }
}
