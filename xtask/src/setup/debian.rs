//! Packages of the operating system. They are installed if this runs as root on Debian;
//! otherwise an error names them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

use anyhow::{Context, Result, bail};

use super::say;
use crate::command::{on_path, output, run};

/// Something that is installed from Debian packages.
pub struct Need<'a> {
    /// What is missing, in words for people.
    pub what: &'a str,
    pub packages: &'a [&'a str],
    /// How long the installation may take, in words.
    pub takes: &'a str,
    /// Instructions for other systems.
    pub elsewhere: &'a str,
}

/// Installs the packages if this is Debian and runs as root.
///
/// # Errors
/// When that fails; and on other systems or without root, with the exact command.
pub fn install(need: &Need) -> Result<()> {
    let Need {
        what,
        packages,
        takes,
        elsewhere,
    } = need;
    if !is_debian() {
        bail!("{what} is missing. {elsewhere}");
    }
    if !is_root() {
        bail!(
            "{what} is missing. Type:\n  sudo apt-get update && sudo apt-get install -y {}",
            packages.join(" ")
        );
    }
    say(&format!(
        "installing {} with apt ({takes})",
        packages.join(" ")
    ));
    static UPDATE: Once = Once::new();
    let mut updated = Ok(());
    // An outdated package list refers to versions that no longer exist.
    UPDATE.call_once(|| updated = run(apt_get().args(["-qq", "update"])));
    updated?;
    // Removals are not allowed, because somebody installed these packages on purpose.
    run(apt_get()
        .args([
            "-qq",
            "install",
            "-y",
            "--no-install-recommends",
            "--no-remove",
        ])
        .args(*packages))
    .with_context(|| format!("cannot install {what}"))
}

/// PostgreSQL and ClickHouse, for tests that start both with their own data.
///
/// # Errors
/// As [`install`].
pub fn servers() -> Result<()> {
    let is_there = |name: &str| {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        on_path(name).is_some()
            || Path::new("/usr/sbin").join(name).is_file()
            || versions
                .flatten()
                .any(|version| version.path().join("bin").join(name).is_file())
    };
    if ["initdb", "postgres", "clickhouse-server"]
        .into_iter()
        .all(is_there)
    {
        return Ok(());
    }
    install(&Need {
        what: "PostgreSQL or ClickHouse",
        packages: &["postgresql", "clickhouse-server"],
        takes: "about 1 min",
        elsewhere: "Install both from your system's packages.",
    })
}

/// A C++ compiler, which libFuzzer needs.
///
/// # Errors
/// As [`install`].
pub fn cpp_compiler() -> Result<()> {
    // `CXX` selects a compiler for the builds of crates.
    if std::env::var_os("CXX").is_some() || on_path("c++").is_some() {
        return Ok(());
    }
    install(&Need {
        what: "a C++ compiler",
        packages: &["g++"],
        takes: "about 1 min",
        elsewhere: "Install g++ or clang from your system's packages.",
    })
}

/// Whether [`install`] installs packages instead of returning an error with instructions.
pub fn installs() -> bool {
    is_debian() && is_root()
}

pub fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| names_debian(&text))
}

/// Whether this is Debian itself. Its derivatives lack some of the packages, or have snaps in
/// their place.
fn names_debian(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID="))
        .any(|id| id.trim_matches('"') == "debian")
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        // Another installation may hold the lock for a while.
        .args(["-o", "DPkg::Lock::Timeout=300"]);
    command
}

#[cfg(test)]
mod tests {
    use super::names_debian;

    #[test]
    fn debian_is_told_from_its_derivatives() {
        assert!(names_debian(
            "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"
        ));
        assert!(names_debian("ID=\"debian\"\n"));
        assert!(!names_debian("ID=ubuntu\nID_LIKE=debian\n"));
        assert!(!names_debian("VERSION_ID=\"12\"\nHOME_URL=\"debian\"\n"));
    }
}
