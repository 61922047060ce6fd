//! `cargo xtask demo`: the package, the collector and the example, together.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::build::{self, Mode};
use crate::command::line;
use crate::setup::browsers::{self, Kind};
use crate::setup::debian;
use crate::workspace::root;

/// `cargo xtask demo [--scaled] [--once]`
pub fn task(args: &[&str]) -> Result<ExitCode> {
    if let Some(unknown) = args
        .iter()
        .find(|arg| !["--scaled", "--once"].contains(*arg))
    {
        bail!("demo takes --scaled and --once, not {unknown}");
    }
    if args.contains(&"--scaled") {
        debian::servers()?;
    }
    let chromium = browsers::ensure(Kind::Chromium)?;
    build::package(Mode::Release)?;
    let collector = build::program("natero-collector", "natero-collector")?;
    let mut demo = Command::new(build::program("natero-e2e", "natero-demo")?);
    demo.current_dir(root())
        .args(["--pkg", "pkg", "--collector"])
        .arg(collector)
        .args(args)
        .envs(chromium.env());
    become_program(&mut demo).with_context(|| format!("cannot start `{}`", line(&demo)))
}

/// Replaces this process, so that Ctrl-C and the exit status are the program's own.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    let code = command.status()?.code().unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
