//! Runs other programs.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs a program until it exits, and shows its output.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", line(command));
    }
    Ok(())
}

/// As [`run`], but returns whether the program succeeded.
///
/// # Errors
/// When it cannot be started.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    Ok(status.success())
}

/// As [`succeeds`], and also passes each line of the output to a function.
///
/// # Errors
/// When it cannot be started.
pub fn tee(command: &mut Command, read: impl FnMut(&str)) -> Result<bool> {
    let mut child = piped(command)?;
    each_line(&mut child, read, |bytes| io::stdout().write_all(bytes))?;
    Ok(child.wait()?.success())
}

/// As [`tee`], for a program that runs at the same time as others: each of its lines is shown
/// after a label.
///
/// # Errors
/// When it cannot be started.
pub fn tee_beside(label: &str, command: &mut Command, read: impl FnMut(&str)) -> Result<bool> {
    let mut child = piped(command)?;
    each_line(&mut child, read, |bytes| {
        let mut shown = io::stdout().lock();
        write!(shown, "{label} | ")?;
        shown.write_all(bytes)
    })?;
    Ok(child.wait()?.success())
}

fn piped(command: &mut Command) -> Result<Child> {
    command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", line(command)))
}

/// Shows each line of a program's output, and passes it to a function.
fn each_line(
    child: &mut Child,
    mut read: impl FnMut(&str),
    mut show: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<()> {
    let mut printed = BufReader::new(child.stdout.take().expect("it was piped"));
    let mut bytes = Vec::new();
    // Tests may print bytes that are not UTF-8.
    while printed.read_until(b'\n', &mut bytes)? > 0 {
        show(&bytes)?;
        read(&String::from_utf8_lossy(&bytes));
        bytes.clear();
    }
    Ok(())
}

/// The standard output of a program, trimmed. Its standard error is only shown in the error.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed: {}\n{}",
            line(command),
            output.status,
            said.trim()
        );
    }
    let printed = String::from_utf8(output.stdout).context("it printed no UTF-8")?;
    Ok(printed.trim().to_owned())
}

/// As [`run`], but kills the program when it takes longer than `limit`.
///
/// # Errors
/// As [`run`], and when the time limit was exceeded.
pub fn run_within(limit: Duration, command: &mut Command) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("`{}` failed: {status}", line(command));
            }
            return Ok(());
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!(
                "`{}` was not done after {} s",
                line(command),
                limit.as_secs()
            );
        }
        // The standard library only offers polling, and the exact moment of the end does not
        // matter.
        thread::sleep(Duration::from_millis(50));
    }
}

/// The program with this name on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path)
        .map(|folder| folder.join(&name))
        .find(|program| program.is_file())
}

/// PATH with these folders at the front.
pub fn path_with<'a>(folders: impl IntoIterator<Item = &'a Path>) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = folders.into_iter().map(Path::to_owned);
    env::join_paths(folders.chain(env::split_paths(&path)))
        .expect("no folder of a tool has PATH's separator in its name")
}

/// The command line, as one would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_hangs_is_ended_when_its_time_is_over() {
        let error = run_within(Duration::from_millis(100), Command::new("sleep").arg("60"));
        let error = error.expect_err("sleeps longer than it may").to_string();
        assert!(error.contains("`sleep 60` was not done"), "{error}");
    }

    #[test]
    fn the_error_of_a_failed_program_has_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such thing >&2; exit 3"]);
        let error = output(&mut command).expect_err("exits with 3").to_string();
        assert!(error.contains("no such thing"), "{error}");
    }
}
