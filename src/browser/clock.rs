//! The two clocks.

use std::cell::Cell;

use natero_engine::{Mono, Now, Wall};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    fn performance_now() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Date, js_name = now)]
    fn date_now() -> Result<JsValue, JsValue>;

    type PageDate;

    #[wasm_bindgen(constructor, catch, js_class = "Date")]
    fn new() -> Result<PageDate, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getTime)]
    fn get_time(this: &PageDate) -> Result<JsValue, JsValue>;
}

/// What the monotonic time is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Performance,
    /// Where there is no other.
    WallClock,
}

/// A clock that goes back by more is another one, in ms: a page has set it, as tests of
/// pages do. Others blur what they tell.
const BLUR: f64 = 1_000.0;

/// Nearly 30,000 years, in ms. What is added to a time that is far beyond is lost in its
/// digits, so that no wait would end.
const MAX_TIME: f64 = 1e15;

/// A time that never goes back, whatever a page puts in the place of its clocks: it goes on
/// from where it stood.
#[derive(Debug, Clone, Copy)]
struct Steady {
    source: Source,
    /// The latest reading.
    told: f64,
    /// What is added to it.
    ahead: f64,
}

impl Steady {
    /// The time by a reading, which is noted.
    fn at(&mut self, source: Source, told: f64) -> f64 {
        if source != self.source || self.told - told > BLUR {
            self.ahead += self.told - told;
            self.told = told;
            self.source = source;
        }
        if told > self.told {
            self.told = told;
        }
        self.told + self.ahead
    }
}

thread_local! {
    static STEADY: Cell<Option<Steady>> = const { Cell::new(None) };
}

/// The time by both clocks.
pub(crate) fn now() -> Now {
    Now {
        mono: Mono(monotonic()),
        wall: Wall(wall()),
    }
}

/// The monotonic time in ms, which is made of the wall clock where there is no such one.
pub(crate) fn monotonic() -> f64 {
    let (source, told) = match reading(performance_now()) {
        Some(told) => (Source::Performance, told),
        None => (Source::WallClock, wall()),
    };
    let mut steady = STEADY.get().unwrap_or(Steady {
        source,
        told,
        ahead: 0.0,
    });
    let now = steady.at(source, told);
    STEADY.set(Some(steady));
    now
}

/// The wall time in ms since the epoch; 0 where the page has taken both ways to it.
pub(crate) fn wall() -> f64 {
    let told = reading(date_now());
    told.or_else(|| reading(PageDate::new().and_then(|date| date.get_time())))
        .unwrap_or(0.0)
}

fn reading(answer: Result<JsValue, JsValue>) -> Option<f64> {
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

        let mut clock = Steady {
            source: Performance,
            told: 5_000.0,
            ahead: 0.0,
        };
        for (source, told, expected) in [
            (Performance, 5_100.0, 5_100.0),
            // A clock that is blurred stands still.
            (Performance, 5_099.0, 5_100.0),
            (Performance, 5_101.0, 5_101.0),
            // The page has set it.
            (Performance, 0.0, 5_101.0),
            (Performance, 10.0, 5_111.0),
            // The page has taken it, and gives it back.
            (WallClock, 1.8e12, 5_111.0),
            (WallClock, 1.8e12 + 20.0, 5_131.0),
            (Performance, 30.0, 5_131.0),
            (Performance, 31.0, 5_132.0),
        ] {
            assert_eq!(clock.at(source, told), expected, "{source:?} {told}");
        }
    }
}
