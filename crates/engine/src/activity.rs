//! Measures how long the user was active. Each moment counts only once.

use crate::{Millis, Mono};

/// Whether time counts in a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    serde(rename_all = "camelCase")
)]
pub enum ClockState {
    /// Time counts.
    Active,
    /// The tab is visible and was used last, but the user did nothing for `idleTimeout`.
    Idle,
    /// The tab is hidden, or another tab was used later.
    Away,
}

/// While the focus is inside a frame, idleness starts only after this multiple of
/// `idleTimeout`. The page cannot see what happens in there: somebody may read or type,
/// or may have left.
const FRAME_IDLE_FACTOR: f64 = 5.0;

/// A stopwatch that runs while the page is visible, the user is not idle and this is the
/// tab used last.
///
/// **Invariant.** Time is added when it is *confirmed*: by an activity, by leaving the
/// tab, or by a boundary such as a change of module. The time between the last
/// confirmation and the moment when idleness is noticed is never added. So a period that
/// ended in idleness counts up to its last activity, and nothing already reported has to
/// be taken back.
#[derive(Debug)]
pub(crate) struct ActiveTime {
    idle_timeout: Millis,
    clock: ClockState,
    /// The focus is inside a frame whose events the host cannot observe.
    focus_in_frame: bool,
    /// Active time before this moment has been counted, here or in another tab.
    counted_to: Mono,
    last_activity: Mono,
    /// Time in the module that is counted and not yet reported.
    pub module: UnreportedTime,
    /// The same for the session.
    pub session: UnreportedTime,
    /// The same for the page view.
    pub page_view: UnreportedTime,
}

/// Counted time that no event has reported yet.
#[derive(Debug, Default)]
pub(crate) struct UnreportedTime(Millis);

impl UnreportedTime {
    /// Takes the whole milliseconds to report now. The fraction stays for the next
    /// report, so that many short periods add up to the right total.
    pub fn take(&mut self) -> i64 {
        let whole = self.0.0 as i64;
        self.0.0 -= whole as f64;
        whole
    }

    pub fn clear(&mut self) {
        self.0 = Millis::ZERO;
    }

    pub fn span(&self) -> Millis {
        self.0
    }

    pub fn is_less_than(&self, span: Millis) -> bool {
        self.0 < span
    }
}

impl ActiveTime {
    pub fn new(idle_timeout: Millis) -> ActiveTime {
        ActiveTime {
            idle_timeout,
            clock: ClockState::Away,
            focus_in_frame: false,
            counted_to: Mono::LONG_AGO,
            last_activity: Mono(0.0),
            module: UnreportedTime::default(),
            session: UnreportedTime::default(),
            page_view: UnreportedTime::default(),
        }
    }

    pub fn clock(&self) -> ClockState {
        self.clock
    }

    /// Time that has passed since the last counted moment; zero unless time counts.
    pub fn running(&self, mono: Mono) -> Millis {
        if self.is_active() {
            (mono - self.counted_to).max(Millis::ZERO)
        } else {
            Millis::ZERO
        }
    }

    pub fn is_active(&self) -> bool {
        self.clock == ClockState::Active
    }

    /// Whether the tab is hidden or not in use. Other tabs may have changed the cookies
    /// meanwhile.
    pub fn is_away(&self) -> bool {
        self.clock == ClockState::Away
    }

    /// When idleness will be noticed unless the user does something.
    pub fn idle_at(&self) -> Mono {
        if !self.is_active() {
            return Mono::NEVER;
        }
        let timeout = if self.focus_in_frame {
            Millis(self.idle_timeout.0 * FRAME_IDLE_FACTOR)
        } else {
            self.idle_timeout
        };
        self.last_activity + timeout
    }

    /// Notes that the focus went into a frame that the host cannot observe, or came out
    /// of it. Taking the focus out counts as an activity, because only the user does
    /// that.
    pub fn frame_focused(&mut self, focused: bool, mono: Mono) {
        if !focused && self.is_active() {
            self.activity(mono);
        }
        self.focus_in_frame = focused;
    }

    /// Confirms the time up to `mono`.
    pub fn count_to(&mut self, mono: Mono) {
        if self.is_active() && mono > self.counted_to {
            let more = mono - self.counted_to;
            for unreported in [&mut self.module, &mut self.session, &mut self.page_view] {
                unreported.0 = unreported.0 + more;
            }
            self.counted_to = mono;
        }
    }

    /// The moment before which nothing is left to count.
    pub fn counted_to(&self) -> Mono {
        self.counted_to
    }

    /// Leaves out the time up to `mono`, which another tab has counted.
    pub fn skip_to(&mut self, mono: Mono) {
        if self.is_active() {
            self.counted_to = self.counted_to.max(mono);
        }
    }

    /// Notes that the user did something in this tab. Returns whether the tab was away
    /// until now.
    pub fn activity(&mut self, mono: Mono) -> bool {
        let was_away = self.is_away();
        self.count_to(mono);
        self.last_activity = mono;
        if !self.is_active() {
            self.clock = ClockState::Active;
            self.counted_to = mono;
        }
        was_away
    }

    /// Notes that the user has been idle since `mono`.
    pub fn idle(&mut self, mono: Mono) {
        // A page whose frame has the focus counts as in use.
        if self.focus_in_frame {
            self.count_to(mono);
        }
        self.clock = ClockState::Idle;
    }

    /// Notes that the tab was left at `mono`.
    pub fn leave(&mut self, mono: Mono) {
        self.count_to(mono);
        self.clock = ClockState::Away;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_that_ended_in_idle_counts_up_to_the_last_activity() {
        let mut time = ActiveTime::new(Millis(60_000.0));
        time.activity(Mono(0.0));
        time.activity(Mono(30_000.0));
        assert_eq!(time.idle_at(), Mono(90_000.0));
        time.idle(Mono(90_000.0));
        time.activity(Mono(200_000.0));
        time.leave(Mono(205_000.0));
        assert_eq!(time.session.take(), 35_000);
    }

    #[test]
    fn fractions_of_a_ms_are_not_lost_between_periods() {
        let mut time = ActiveTime::new(Millis(60_000.0));
        time.activity(Mono(0.0));
        let mut reported = 0;
        for step in 1..=1000 {
            time.count_to(Mono(f64::from(step) * 0.6));
            reported += time.module.take();
        }
        assert_eq!(reported, 600);
    }
}
