//! Facts: usage added up as finely as any question asks for it, and the form in
//! which many of them are kept in one blob.
//!
//! A fact is what one user did in one session and one hour with one feature of
//! one module of one product. Every breakdown is a sum over facts, and distinct
//! users and sessions stay countable over any set of them: over any subtree,
//! span and dimension.
//!
//! A blob holds facts in the order of their keys, in one block for each hour:
//!
//! ```text
//! block = hour (less that of the block before), bytes of the facts, facts
//! fact  = flags, [user], [session], [product, module], feature,
//!         [events], [features], [module_time], [active_time]
//! ```
//!
//! All numbers are LEB128; what is in brackets is there as `flags` say. A
//! typical fact takes six bytes where the event it came from takes three
//! hundred, which is why ten million of them can be added up while one waits.

use std::ops::Range;

/// Which usage a fact tells of. Numbers are those of rows; 0 stands for "no
/// session", "no product", "no module" and "no feature".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub struct FactKey {
    /// Hours since the Unix epoch.
    pub hour: u32,
    pub user: u32,
    pub session: u32,
    pub product: u32,
    pub module: u32,
    pub feature: u32,
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    /// Events of any action.
    pub events: u64,
    /// Sum of `total` over feature events.
    pub features: f64,
    /// Sum of `time_spent` over `moduleEnd`, in ms.
    pub module_time: u64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: u64,
}

impl Sums {
    /// Adds another sum.
    pub fn add(&mut self, other: &Sums) {
        self.events += other.events;
        self.features += other.features;
        self.module_time = self.module_time.saturating_add(other.module_time);
        self.active_time = self.active_time.saturating_add(other.active_time);
    }
}

/// One fact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fact {
    /// Which usage.
    pub key: FactKey,
    /// How much.
    pub sums: Sums,
}

/// Puts facts in order and adds up those with the same key.
pub fn compact(facts: &mut Vec<Fact>) {
    // Stable, so that floats are added in the order in which they came.
    facts.sort_by_key(|fact| fact.key);
    facts.dedup_by(|next, kept| {
        let is_same = next.key == kept.key;
        if is_same {
            kept.sums.add(&next.sums);
        }
        is_same
    });
}

const SAME_USER: u8 = 1;
const SAME_SESSION: u8 = 1 << 1;
const SAME_PRODUCT_AND_MODULE: u8 = 1 << 2;
const ONE_EVENT: u8 = 1 << 3;
const WHOLE_FEATURES: u8 = 1 << 4;
const OTHER_FEATURES: u8 = 1 << 5;
const MODULE_TIME: u8 = 1 << 6;
const ACTIVE_TIME: u8 = 1 << 7;

/// Whole numbers up to this are exact as floats.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Writes facts that [`compact`] has put in order.
pub fn encode(facts: &[Fact]) -> Vec<u8> {
    let mut data = Vec::with_capacity(facts.len() * 8);
    let mut block = Vec::new();
    let mut hour_before = 0;
    for of_hour in facts.chunk_by(|left, right| left.key.hour == right.key.hour) {
        block.clear();
        let mut before = FactKey {
            hour: 0,
            user: 0,
            session: 0,
            product: 0,
            module: 0,
            feature: 0,
        };
        for fact in of_hour {
            encode_fact(&mut block, fact, &before);
            before = fact.key;
        }
        put(&mut data, u64::from(before.hour - hour_before));
        put(&mut data, block.len() as u64);
        data.extend_from_slice(&block);
        hour_before = before.hour;
    }
    data
}

fn encode_fact(out: &mut Vec<u8>, fact: &Fact, before: &FactKey) {
    let Fact { key, sums } = fact;
    let is_whole = sums.features.fract() == 0.0 && (0.0..=MAX_WHOLE).contains(&sums.features);
    let mut flags = 0;
    let mut flag = |bit, is_set| flags |= if is_set { bit } else { 0 };
    flag(SAME_USER, key.user == before.user);
    flag(SAME_SESSION, key.session == before.session);
    flag(
        SAME_PRODUCT_AND_MODULE,
        key.product == before.product && key.module == before.module,
    );
    flag(ONE_EVENT, sums.events == 1);
    flag(WHOLE_FEATURES, sums.features != 0.0 && is_whole);
    flag(OTHER_FEATURES, !is_whole);
    flag(MODULE_TIME, sums.module_time != 0);
    flag(ACTIVE_TIME, sums.active_time != 0);
    out.push(flags);
    if flags & SAME_USER == 0 {
        put(out, u64::from(key.user));
    }
    if flags & SAME_SESSION == 0 {
        put(out, u64::from(key.session));
    }
    if flags & SAME_PRODUCT_AND_MODULE == 0 {
        put(out, u64::from(key.product));
        put(out, u64::from(key.module));
    }
    put(out, u64::from(key.feature));
    if flags & ONE_EVENT == 0 {
        put(out, sums.events);
    }
    if flags & WHOLE_FEATURES != 0 {
        put(out, sums.features as u64);
    }
    if flags & OTHER_FEATURES != 0 {
        out.extend_from_slice(&sums.features.to_le_bytes());
    }
    if flags & MODULE_TIME != 0 {
        put(out, sums.module_time);
    }
    if flags & ACTIVE_TIME != 0 {
        put(out, sums.active_time);
    }
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A blob that we cannot have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored usage is damaged; `natero-collector rebuild` makes it anew from the events")]
pub struct Damaged;

/// Gives every fact of the blob whose hour is in `hours`, in order.
///
/// # Errors
/// Where the blob is damaged; some facts may have been given by then.
#[inline]
pub fn decode(data: &[u8], hours: Range<u32>, mut give: impl FnMut(&Fact)) -> Result<(), Damaged> {
    let mut rest = Reader { data };
    let mut hour: u32 = 0;
    while !rest.data.is_empty() {
        hour = hour.checked_add(rest.number32()?).ok_or(Damaged)?;
        let length = usize::try_from(rest.number()?).map_err(|_| Damaged)?;
        let block = rest.bytes(length)?;
        if hours.contains(&hour) {
            decode_block(block, hour, &mut give)?;
        }
    }
    Ok(())
}

fn decode_block(block: &[u8], hour: u32, give: &mut impl FnMut(&Fact)) -> Result<(), Damaged> {
    let mut rest = Reader { data: block };
    let mut key = FactKey {
        hour,
        user: 0,
        session: 0,
        product: 0,
        module: 0,
        feature: 0,
    };
    while let [flags, ..] = *rest.data {
        rest.data = &rest.data[1..];
        if flags & SAME_USER == 0 {
            key.user = rest.number32()?;
        }
        if flags & SAME_SESSION == 0 {
            key.session = rest.number32()?;
        }
        if flags & SAME_PRODUCT_AND_MODULE == 0 {
            key.product = rest.number32()?;
            key.module = rest.number32()?;
        }
        key.feature = rest.number32()?;
        let mut sums = Sums {
            events: 1,
            ..Sums::default()
        };
        if flags & ONE_EVENT == 0 {
            sums.events = rest.number()?;
        }
        if flags & WHOLE_FEATURES != 0 {
            sums.features = rest.number()? as f64;
        }
        if flags & OTHER_FEATURES != 0 {
            let bytes = rest.bytes(8)?.try_into().map_err(|_| Damaged)?;
            sums.features = f64::from_le_bytes(bytes);
        }
        if flags & MODULE_TIME != 0 {
            sums.module_time = rest.number()?;
        }
        if flags & ACTIVE_TIME != 0 {
            sums.active_time = rest.number()?;
        }
        give(&Fact { key, sums });
    }
    Ok(())
}

struct Reader<'a> {
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline(always)]
    fn number(&mut self) -> Result<u64, Damaged> {
        // Most numbers have one byte, row numbers three; spelling these out is
        // twice as fast as the loop.
        match *self.data {
            [a, ref rest @ ..] if a < 0x80 => {
                self.data = rest;
                Ok(u64::from(a))
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.data = rest;
                Ok(u64::from(a & 0x7f) | u64::from(b) << 7)
            }
            [a, b, c, ref rest @ ..] if c < 0x80 => {
                self.data = rest;
                Ok(u64::from(a & 0x7f) | u64::from(b & 0x7f) << 7 | u64::from(c) << 14)
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for (at, byte) in self.data.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * at);
            if *byte < 0x80 {
                self.data = &self.data[at + 1..];
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    #[inline(always)]
    fn number32(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.number()?).map_err(|_| Damaged)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (bytes, rest) = self.data.split_at_checked(length).ok_or(Damaged)?;
        self.data = rest;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fact() -> impl Strategy<Value = Fact> {
        let small = 0..4u32;
        let key = (
            0..3u32,
            small.clone(),
            small.clone(),
            small.clone(),
            small,
            any::<u32>(),
        );
        let features = prop_oneof![
            Just(0.0),
            (0..500u32).prop_map(f64::from),
            -1e9..1e9f64,
            Just(f64::MAX),
        ];
        let sums = (1..3u64, features, 0..99_999u64, any::<u32>());
        (key, sums).prop_map(|(key, sums)| Fact {
            key: FactKey {
                hour: 470_000 + key.0,
                user: key.1,
                session: key.2,
                product: key.3,
                module: key.4,
                feature: key.5 % 3,
            },
            sums: Sums {
                events: sums.0,
                features: sums.1,
                module_time: sums.2,
                active_time: u64::from(sums.3) * 100_000,
            },
        })
    }

    proptest! {
        #[test]
        fn facts_read_back_as_they_were(mut facts in proptest::collection::vec(fact(), 0..60)) {
            compact(&mut facts);
            let mut back = Vec::new();
            decode(&encode(&facts), 0..u32::MAX, |fact| back.push(*fact)).unwrap();
            prop_assert_eq!(&back, &facts);

            let mut of_hour = Vec::new();
            decode(&encode(&facts), 470_001..470_002, |fact| of_hour.push(*fact)).unwrap();
            facts.retain(|fact| fact.key.hour == 470_001);
            prop_assert_eq!(of_hour, facts);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&data, 0..u32::MAX, |_| ());
        }
    }

    #[test]
    fn facts_with_the_same_key_become_one() {
        let key = FactKey {
            hour: 1,
            user: 2,
            session: 3,
            product: 0,
            module: 0,
            feature: 4,
        };
        let one = Fact {
            key,
            sums: Sums {
                events: 1,
                features: 1.5,
                ..Sums::default()
            },
        };
        let mut facts = vec![
            one,
            Fact {
                key: FactKey { hour: 0, ..key },
                ..one
            },
            one,
        ];
        compact(&mut facts);
        assert_eq!(facts.len(), 2);
        assert_eq!(facts[1].sums.events, 2);
        assert_eq!(facts[1].sums.features, 3.0);
    }
}
