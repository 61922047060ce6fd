//! Randomness from an injected seed.

use natero_event::json::push_ascii;

/// sfc32: small, fast, and good enough for jitter and for ids whose uniqueness comes from
/// the seed. Not for secrets.
#[derive(Debug)]
pub(crate) struct Random([u32; 4]);

/// 128 random bits from a source that never repeats, such as `crypto.getRandomValues`.
/// Ids are unique because the seed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u32; 4]);

impl Random {
    pub fn new(Seed(seed): Seed) -> Random {
        let mut random = Random(seed);
        // The author of sfc32 recommends 12 rounds before the first use.
        for _ in 0..12 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u32 {
        let [a, b, c, counter] = self.0;
        let out = a.wrapping_add(b).wrapping_add(counter);
        self.0 = [
            b ^ (b >> 9),
            c.wrapping_add(c << 3),
            c.rotate_left(21).wrapping_add(out),
            counter.wrapping_add(1),
        ];
        out
    }

    /// A random number from 0 up to, but not including, 1.
    pub fn fraction(&mut self) -> f64 {
        f64::from(self.next()) / 4_294_967_296.0
    }

    /// 16 characters of 6 bits each. With 96 bits, a billion ids collide with a chance of
    /// one in 10^11. Safe in cookies and addresses.
    pub fn id(&mut self) -> String {
        const LETTERS: &[u8; 64] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
        let mut id = String::new();
        for _ in 0..4 {
            let mut bits = self.next();
            for _ in 0..4 {
                push_ascii(&mut id, LETTERS[(bits & 63) as usize]);
                bits >>= 6;
            }
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_differ_between_seeds_and_within_one() {
        let ids: HashSet<String> = (0..100)
            .flat_map(|seed| {
                let mut random = Random::new(Seed([seed, 0, 0, 1]));
                (0..100).map(move |_| random.id())
            })
            .collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn fractions_stay_below_one_and_spread() {
        let mut random = Random::new(Seed([9, 9, 9, 9]));
        let drawn: Vec<f64> = (0..1000).map(|_| random.fraction()).collect();
        assert!(drawn.iter().all(|x| (0.0..1.0).contains(x)));
        assert!((450..550).contains(&drawn.iter().filter(|x| **x < 0.5).count()));
    }
}
