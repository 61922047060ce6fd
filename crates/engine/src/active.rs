//! How long the user was active, counted once.

/// Where a tab stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Time counts.
    Active,
    /// Visible and last used, but nothing was done for `idleTimeout`.
    Idle,
    /// Hidden, or another tab was used later.
    Away,
}

/// A stopwatch that runs while the page is visible, the user is not idle and
/// this tab is the one last used. All times are monotonic ms.
///
/// **Invariant.** Time is added when it is *confirmed*: by an activity, by
/// leaving the tab, or by a boundary such as a change of module. What lies
/// between the last confirmation and the moment in which idleness is noticed
/// is never added, so a period that ended in idle counts up to its last
/// activity, and nothing already told has to be taken back.
#[derive(Debug)]
pub(crate) struct ActiveTime {
    idle_timeout: f64,
    state: State,
    /// All active time before this is counted.
    counted_to: f64,
    last_activity: f64,
    /// Counted and not yet told, of the module, the session and the page view.
    pub module: Untold,
    pub session: Untold,
    pub page: Untold,
}

/// Counted time that no event has told yet.
#[derive(Debug, Default)]
pub(crate) struct Untold(f64);

impl Untold {
    /// Whole ms to tell now. The rest of a ms stays, so that many short
    /// periods add up to the truth.
    pub fn take(&mut self) -> i64 {
        let whole = self.0 as i64;
        self.0 -= whole as f64;
        whole
    }

    pub fn clear(&mut self) {
        self.0 = 0.0;
    }

    pub fn is_less_than(&self, ms: f64) -> bool {
        self.0 < ms
    }
}

impl ActiveTime {
    pub fn new(idle_timeout: f64) -> ActiveTime {
        ActiveTime {
            idle_timeout,
            state: State::Away,
            counted_to: 0.0,
            last_activity: 0.0,
            module: Untold::default(),
            session: Untold::default(),
            page: Untold::default(),
        }
    }

    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    /// Whether the next activity may find the world changed by other tabs.
    pub fn is_away(&self) -> bool {
        self.state == State::Away
    }

    /// When idleness will be noticed unless something is done.
    pub fn idle_at(&self) -> Option<f64> {
        self.is_active()
            .then_some(self.last_activity + self.idle_timeout)
    }

    /// Confirms the time up to `mono`.
    pub fn count_to(&mut self, mono: f64) {
        if self.is_active() && mono > self.counted_to {
            let more = mono - self.counted_to;
            self.module.0 += more;
            self.session.0 += more;
            self.page.0 += more;
            self.counted_to = mono;
        }
    }

    /// The user did something in this tab. Returns whether the tab came into
    /// use by it.
    pub fn activity(&mut self, mono: f64) -> bool {
        let came_into_use = self.is_away();
        self.count_to(mono);
        self.last_activity = mono;
        if !self.is_active() {
            self.state = State::Active;
            self.counted_to = mono;
        }
        came_into_use
    }

    /// Idleness was noticed.
    pub fn idle(&mut self) {
        self.state = State::Idle;
    }

    /// The tab was left at `mono`.
    pub fn leave(&mut self, mono: f64) {
        self.count_to(mono);
        self.state = State::Away;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_that_ended_in_idle_counts_up_to_the_last_activity() {
        let mut time = ActiveTime::new(60_000.0);
        time.activity(0.0);
        time.activity(30_000.0);
        assert_eq!(time.idle_at(), Some(90_000.0));
        time.idle();
        time.activity(200_000.0);
        time.leave(205_000.0);
        assert_eq!(time.session.take(), 35_000);
    }

    #[test]
    fn parts_of_a_ms_are_not_lost_between_periods() {
        let mut time = ActiveTime::new(60_000.0);
        time.activity(0.0);
        let mut told = 0;
        for step in 1..=1000 {
            time.count_to(f64::from(step) * 0.6);
            told += time.module.take();
        }
        assert_eq!(told, 600);
    }
}
