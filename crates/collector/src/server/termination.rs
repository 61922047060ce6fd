//! The signals that end the collector.

use std::future::Future;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Returns a future that completes at SIGTERM, SIGINT or, when the terminal closes, SIGHUP.
///
/// A process that was started with `nohup` ignores SIGHUP, and keeps doing so.
///
/// # Errors
/// When no signal handler can be installed.
pub fn termination() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = match ignores_hang_up() {
        Some(false) => Some(signal(SignalKind::hangup())?),
        Some(true) | None => None,
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = received(hang_up.as_mut()) => {}
        }
    })
}

async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether this process ignores SIGHUP; `None` where the system does not tell. A handler would end
/// the ignoring.
fn ignores_hang_up() -> Option<bool> {
    ignores(
        &std::fs::read_to_string("/proc/self/status").ok()?,
        SignalKind::hangup(),
    )
}

/// Whether a process with this status, as Linux writes it, ignores a signal.
fn ignores(status: &str, signal: SignalKind) -> Option<bool> {
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let ignored = u128::from_str_radix(ignored.trim(), 16).ok()?;
    let bit = u32::try_from(signal.as_raw_value()).ok()?.checked_sub(1)?;
    Some(ignored.checked_shr(bit)? & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_status() {
        let is_ignored = |mask: &str| {
            let status = format!("Name:\tx\nSigBlk:\tffff\nSigIgn:\t{mask}\nSigCgt:\t0\n");
            ignores(&status, SignalKind::hangup())
        };
        assert_eq!(is_ignored("0000000000001001"), Some(true));
        assert_eq!(is_ignored("0000000000001000"), Some(false));
        assert_eq!(is_ignored("none"), None);
        assert_eq!(ignores("Name:\tx\n", SignalKind::hangup()), None);
    }
}
