//! Counts what the fault scenarios of the end-to-end tests lose and duplicate.

use anyhow::{Result, bail};
use natero_e2e::scenarios;
use natero_e2e::stage::Stage;

/// Runs all scenarios, and prints how many events were lost and duplicated.
///
/// # Errors
/// When a scenario cannot run, or when one lost or duplicated an event.
pub async fn run() -> Result<()> {
    let stage = Stage::default();
    println!(
        "{:<46}{:>8}{:>10}{:>7}{:>9}{:>18}",
        "scenario", "made", "received", "lost", "doubled", "came again, known"
    );
    let mut exact = true;
    for (name, play) in scenarios::ALL {
        match play(&stage).await {
            Ok(outcome) => {
                exact &= outcome.is_exact().is_ok();
                println!(
                    "{name:<46}{:>8}{:>10}{:>7}{:>9}{:>18}",
                    outcome.made, outcome.received, outcome.lost, outcome.doubled, outcome.again
                );
            }
            Err(error) => {
                exact = false;
                println!("{name:<46}  failed: {error:#}");
            }
        }
    }
    if !exact {
        bail!("events were lost or doubled, or a scenario failed");
    }
    Ok(())
}
