//! Checks that no download exceeds its limit.

use std::path::Path;

use anyhow::Result;

use super::{Verdict, verdict};
use crate::size::{self, gate};

/// Checks that each download of a package is within its ceiling.
///
/// # Errors
/// When a file is missing, or xtask/size.json lacks an entry for a download.
pub fn of(pkg: &Path) -> Result<Verdict> {
    let record = gate::record()?;
    let slack = gate::slack(&record)?;
    let weights = gate::weigh(&record, &size::downloads(pkg)?)?;
    let lines = |fit: bool| {
        let chosen = weights
            .iter()
            .filter(move |weight| weight.fits(slack) == fit);
        chosen.map(ToString::to_string)
    };
    let wrong = lines(false)
        .map(|line| format!("{line}: make it smaller; `cargo xtask size` says where its bytes are"))
        .collect();
    Ok(verdict(
        lines(true).collect::<Vec<_>>().join("\n                 "),
        wrong,
    ))
}
