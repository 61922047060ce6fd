//! The two clocks.

use std::cell::Cell;

use natero_engine::{Mono, Now, Wall};
use wasm_bindgen::prelude::*;

use super::page::{call, construct};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    fn performance_now() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Date, js_name = now)]
    fn date_now() -> Result<JsValue, JsValue>;

}

/// The clock behind the monotonic time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Performance,
    /// Used if there is no monotonic clock.
    WallClock,
}

/// If a clock goes back by more than this, in ms, it is treated as a different clock,
/// because the page has set it, as tests of pages do. Smaller steps back come from
/// browsers that blur their clocks.
const BLUR: f64 = 1_000.0;

/// Nearly 30,000 years, in ms. A larger time has too few digits for what is added to it,
/// so that a wait would never end.
const MAX_TIME: f64 = 1e15;

/// A time that never goes back, even if the page replaces its clocks. It then continues
/// from its last value.
#[derive(Debug, Clone, Copy)]
struct SteadyClock {
    source: Source,
    /// The latest reading of the clock.
    reading: f64,
    /// The difference between this time and the reading.
    ahead: f64,
}

impl SteadyClock {
    /// Takes in a reading, and returns the time.
    fn advance(&mut self, source: Source, reading: f64) -> f64 {
        if source != self.source || self.reading - reading > BLUR {
            self.ahead += self.reading - reading;
            self.reading = reading;
            self.source = source;
        }
        if reading > self.reading {
            self.reading = reading;
        }
        self.reading + self.ahead
    }
}

thread_local! {
    static STEADY: Cell<Option<SteadyClock>> = const { Cell::new(None) };
}

/// The current time on both clocks.
pub(crate) fn now() -> Now {
    Now {
        mono: Mono(monotonic()),
        wall: Wall(wall()),
    }
}

/// The monotonic time in ms, derived from the wall clock if there is no monotonic one.
pub(crate) fn monotonic() -> f64 {
    let (source, reading) = match usable_time(performance_now()) {
        Some(reading) => (Source::Performance, reading),
        None => (Source::WallClock, wall()),
    };
    let mut steady = STEADY.get().unwrap_or(SteadyClock {
        source,
        reading,
        ahead: 0.0,
    });
    let now = steady.advance(source, reading);
    STEADY.set(Some(steady));
    now
}

/// The wall time in ms since the epoch; 0 if the page has broken both ways to read it.
pub(crate) fn wall() -> f64 {
    let reading = usable_time(date_now());
    reading
        .or_else(|| {
            usable_time(construct("Date", &[]).and_then(|date| call(&date, "getTime", &[])))
        })
        .unwrap_or(0.0)
}

fn usable_time(answer: Result<JsValue, JsValue>) -> Option<f64> {
    answer
        .ok()?
        .as_f64()
        .filter(|now| (0.0..MAX_TIME).contains(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_time_goes_on_from_where_it_stood_whatever_clock_it_is_made_of() {
        use Source::{Performance, WallClock};

        let mut clock = SteadyClock {
            source: Performance,
            reading: 5_000.0,
            ahead: 0.0,
        };
        for (source, reading, expected) in [
            (Performance, 5_100.0, 5_100.0),
            // The time stands still while a blurred clock goes back.
            (Performance, 5_099.0, 5_100.0),
            (Performance, 5_101.0, 5_101.0),
            // The page has set the clock.
            (Performance, 0.0, 5_101.0),
            (Performance, 10.0, 5_111.0),
            // The page has removed the clock, and later restores it.
            (WallClock, 1.8e12, 5_111.0),
            (WallClock, 1.8e12 + 20.0, 5_131.0),
            (Performance, 30.0, 5_131.0),
            (Performance, 31.0, 5_132.0),
        ] {
            assert_eq!(
                clock.advance(source, reading),
                expected,
                "{source:?} {reading}"
            );
        }
    }
}
