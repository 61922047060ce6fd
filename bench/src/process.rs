//! Processes of the browser: found, measured, and killed as in a crash. Works on Linux only,
//! because it reads `/proc`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A process, identified by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process(u32);

impl Process {
    /// A process that this program started.
    pub fn new(number: u32) -> Self {
        Self(number)
    }

    /// Kills it at once, without letting it clean up.
    ///
    /// # Errors
    /// When it has already ended.
    pub fn kill(self) -> Result<()> {
        let killed = Command::new("kill")
            .args(["-9", &self.0.to_string()])
            .status()?;
        ensure!(killed.success(), "cannot kill process {}", self.0);
        Ok(())
    }

    /// Its processor time so far, in ticks.
    pub fn ticks(self) -> u64 {
        let fields = stat(self.0).unwrap_or_default();
        [11, 12]
            .iter()
            .filter_map(|index| fields.get(*index)?.parse::<u64>().ok())
            .sum()
    }
}

/// The renderer processes among the direct and indirect children of this program.
///
/// # Errors
/// Where there is no `/proc`.
pub fn renderers() -> Result<Vec<Process>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").context("a renderer can be killed on Linux alone")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let parent = stat(number).and_then(|fields| fields.get(1)?.parse::<u32>().ok());
        if let Some(parent) = parent {
            parents.push((number, parent));
        }
    }
    let mut ours = vec![std::process::id()];
    let mut next = 0;
    while let Some(&parent) = ours.get(next) {
        ours.extend(
            parents
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(number, _)| *number),
        );
        next += 1;
    }
    Ok(ours
        .into_iter()
        .filter(|number| {
            fs::read_to_string(format!("/proc/{number}/cmdline"))
                .is_ok_and(|line| line.contains("--type=renderer"))
        })
        .map(Process)
        .collect())
}

/// The fields of `/proc/N/stat` after the process name. The name may contain any character.
fn stat(number: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
