//! The two clocks, and spans between their readings.

use std::ops::{Add, Sub};

/// A span of time, in ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
#[cfg_attr(feature = "typescript", derive(serde::Serialize, tsify::Tsify))]
pub struct Millis(pub f64);

/// A span of time, in whole seconds, as cookies have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(serde::Serialize, tsify::Tsify))]
pub struct Seconds(pub u32);

/// A reading of a clock that never goes back, in ms since any moment. Durations
/// are measured with it.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
#[cfg_attr(feature = "typescript", derive(serde::Serialize, tsify::Tsify))]
pub struct Mono(pub f64);

/// A reading of the wall clock, in ms since the Unix epoch. The clock may jump. So a
/// reading is only written into events and cookies, and compared with readings that other
/// tabs and pages took of the same clock.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Wall(pub f64);

/// A moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// The clock that never goes back.
    pub mono: Mono,
    /// The wall clock.
    pub wall: Wall,
}

impl Millis {
    /// No time.
    pub const ZERO: Millis = Millis(0.0);

    /// The shorter of two spans.
    pub fn min(self, other: Millis) -> Millis {
        Millis(self.0.min(other.0))
    }

    /// The longer of two spans.
    pub fn max(self, other: Millis) -> Millis {
        Millis(self.0.max(other.0))
    }
}

/// How far the wall clock may seem to go back without having been set. Browsers blur both
/// clocks, each by itself, by up to 100 ms.
pub(crate) const BLUR: Millis = Millis(100.0);

impl Now {
    /// The monotonic time of a past moment of the wall clock. It is now if the moment
    /// seems to come, because the clock was set back.
    pub(crate) fn at(self, past: Wall) -> Mono {
        self.mono - (self.wall - past).max(Millis::ZERO)
    }
}

impl Wall {
    /// The time for an event that follows one dated `earlier`. Events are dated in the
    /// order in which they were recorded, unless the clock was really set back.
    pub(crate) fn unblurred(self, earlier: Wall) -> Wall {
        if self.0 < earlier.0 && earlier - self <= BLUR {
            earlier
        } else {
            self
        }
    }

    /// Reads whole milliseconds in decimal digits. `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Wall> {
        let mut ms = 0.0;
        for digit in text.bytes() {
            if !digit.is_ascii_digit() {
                return None;
            }
            ms = ms * 10.0 + f64::from(digit - b'0');
        }
        Some(Wall(ms))
    }
}

impl Mono {
    /// Later than every other reading.
    pub(crate) const NEVER: Mono = Mono(f64::INFINITY);

    /// Earlier than every other reading.
    pub(crate) const LONG_AGO: Mono = Mono(f64::NEG_INFINITY);

    /// `None` for [`Mono::NEVER`].
    pub(crate) fn to_option(self) -> Option<Mono> {
        (self < Mono::NEVER).then_some(self)
    }

    /// The earlier of two readings.
    pub fn min(self, other: Mono) -> Mono {
        Mono(self.0.min(other.0))
    }

    /// The later of two readings.
    pub fn max(self, other: Mono) -> Mono {
        Mono(self.0.max(other.0))
    }
}

impl Add<Millis> for Mono {
    type Output = Mono;

    fn add(self, span: Millis) -> Mono {
        Mono(self.0 + span.0)
    }
}

impl Sub<Millis> for Mono {
    type Output = Mono;

    fn sub(self, span: Millis) -> Mono {
        Mono(self.0 - span.0)
    }
}

impl Sub for Mono {
    type Output = Millis;

    fn sub(self, earlier: Mono) -> Millis {
        Millis(self.0 - earlier.0)
    }
}

impl Add<Millis> for Wall {
    type Output = Wall;

    fn add(self, span: Millis) -> Wall {
        Wall(self.0 + span.0)
    }
}

impl Sub<Millis> for Wall {
    type Output = Wall;

    fn sub(self, span: Millis) -> Wall {
        Wall(self.0 - span.0)
    }
}

impl Sub for Wall {
    type Output = Millis;

    fn sub(self, earlier: Wall) -> Millis {
        Millis(self.0 - earlier.0)
    }
}

impl Add<Millis> for Millis {
    type Output = Millis;

    fn add(self, span: Millis) -> Millis {
        Millis(self.0 + span.0)
    }
}
