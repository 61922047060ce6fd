//! The sums of a set of events, without its numbers of users and sessions.

use natero_event::ActionKind;

/// The figures of a set of events.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    /// Number of events of any action.
    pub events: u64,
    /// Sum of `total` over feature events.
    pub features: f64,
    /// Sum of `time_spent` over `moduleEnd`, in ms.
    pub module_time: u64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: u64,
}

impl Sums {
    /// Adds other figures to these.
    pub fn add(&mut self, other: &Sums) {
        self.events = self.events.saturating_add(other.events);
        self.features += other.features;
        self.module_time = self.module_time.saturating_add(other.module_time);
        self.active_time = self.active_time.saturating_add(other.active_time);
    }
}

/// The figures of one event. `action` is `None` for a custom action of a client.
pub(in crate::store) fn event_sums(
    action: Option<ActionKind>,
    total: Option<f64>,
    time_spent: Option<i64>,
    active_duration: Option<i64>,
) -> Sums {
    let ms = |duration: Option<i64>| u64::try_from(duration.unwrap_or(0)).unwrap_or(0);
    let event = Sums {
        events: 1,
        ..Sums::default()
    };
    match action {
        Some(ActionKind::Feature) => Sums {
            features: total.unwrap_or(1.0),
            ..event
        },
        Some(ActionKind::ModuleEnd) => Sums {
            module_time: ms(time_spent),
            ..event
        },
        Some(ActionKind::SessionSync) => Sums {
            active_time: ms(active_duration),
            ..event
        },
        Some(
            ActionKind::SessionIdle
            | ActionKind::PageView
            | ActionKind::PageViewEnd
            | ActionKind::IdentifyUser
            | ActionKind::IdentifyAccount,
        )
        | None => event,
    }
}
