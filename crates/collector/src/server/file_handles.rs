//! How many connections the limit of file descriptors allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// File descriptors for everything except connections: the listener, the runtime, the log,
/// and two for each connection to the database. A running collector has 25 of them open,
/// besides those that it inherits.
const RESERVED: u64 = 40;

/// Fewest connections that are allowed, however low the limit is. If even these do not fit,
/// `accept` fails occasionally, which is handled.
const FEWEST: u64 = 8;

/// Most connections that are open at the same time. Each takes some KB of memory while idle,
/// and up to 64 KiB while it sends headers.
const MOST: u64 = 4096;

/// Raises the soft limit of file descriptors to the hard limit, and returns the number of
/// connections that fit into it.
pub(super) fn raise_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let handles = if current == maximum || setrlimit(Resource::Nofile, raised).is_ok() {
        maximum
    } else {
        // Some systems report a hard limit that they do not grant.
        current
    };
    let connections = connections_within(handles);
    tracing::info!(handles, connections, "limits");
    connections
}

/// The number of connections within a limit of file descriptors; `None` is no limit.
fn connections_within(handles: Option<u64>) -> usize {
    let connections = handles.map_or(MOST, |handles| {
        handles.saturating_sub(RESERVED).clamp(FEWEST, MOST)
    });
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_handles_for_the_database() {
        assert_eq!(connections_within(Some(64)), 24);
        assert_eq!(connections_within(Some(1024)), 984);
        assert_eq!(connections_within(Some(1 << 20)), 4096);
        assert_eq!(connections_within(Some(3)), 8);
        assert_eq!(connections_within(None), 4096);
    }
}
