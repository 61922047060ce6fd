//! The format in which a segment stores its facts: two blobs.
//!
//! The first blob holds *groups*: the sums of each session of a user in a quarter of an hour. The
//! second holds the facts of each group, which distinguish products, modules and features. A query
//! that needs none of these reads only the first blob, which has a seventh of the bytes.
//!
//! ```text
//! groups: block = quarter (minus that of the previous block), length of the groups,
//!                 length of their facts in the other blob, groups
//!         group = flags, user (minus that of the previous group), [session], sums
//! facts:  of a group with one fact = product, module, feature
//!         of another               = length of the facts, facts
//!         fact = flags, [product, module], feature, sums
//! sums = [events], [features], [module_time], [active_time]
//! ```
//!
//! Both are ordered by the keys of the facts. All numbers are LEB128. `flags` say which of the
//! bracketed fields are present. If a group has a single fact, the sums of the group are those of
//! the fact. A typical fact takes six bytes, while an event takes 300.

use std::ops::Range;

pub use super::leb128::DamagedBlob;
use super::{
    facts::{Fact, FactKey, Sums},
    leb128::{Reader, put},
    rows::{NameRow, SessionRow, UserRow},
};

// Flags of a group.
pub(super) const HAS_SESSION: u8 = 1;
pub(super) const ONE_FACT: u8 = 1 << 1;

/// Flag of a fact: product and module are those of the previous fact in the group.
pub(super) const SAME_PRODUCT_AND_MODULE: u8 = 1;

// Flags of groups and facts, about their sums.
const ONE_EVENT: u8 = 1 << 3;
const WHOLE_FEATURES: u8 = 1 << 4;
const OTHER_FEATURES: u8 = 1 << 5;
const MODULE_TIME: u8 = 1 << 6;
const ACTIVE_TIME: u8 = 1 << 7;

/// The largest number up to which a float represents every whole number exactly.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Everything that one user did in one session and one quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// Quarters of an hour since the Unix epoch.
    pub quarter: u32,
    /// The user.
    pub user: UserRow,
    /// The session, if there is one.
    pub session: Option<SessionRow>,
    /// The sums over its facts.
    pub sums: Sums,
}

/// The rows of a fact's names as the blob stores them: 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Names {
    pub(super) product: u32,
    pub(super) module: u32,
    pub(super) feature: u32,
}

impl Names {
    fn of(key: &FactKey) -> Self {
        let number = |name: Option<NameRow>| name.map_or(0, NameRow::number);
        Names {
            product: number(key.product),
            module: number(key.module),
            feature: number(key.feature),
        }
    }

    #[inline]
    pub(super) fn fact(self, group: &Group, sums: Sums) -> Fact {
        Fact {
            key: FactKey {
                quarter: group.quarter,
                user: group.user,
                session: group.session,
                product: NameRow::from_number(self.product),
                module: NameRow::from_number(self.module),
                feature: NameRow::from_number(self.feature),
            },
            sums,
        }
    }
}

/// Encoded facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blobs {
    /// The sums of each group.
    pub groups: Vec<u8>,
    /// The facts of each group.
    pub facts: Vec<u8>,
}

/// Encodes facts that [`compact`](super::facts::compact) has sorted and merged.
pub fn encode(facts: &[Fact]) -> Blobs {
    let mut blobs = Blobs {
        groups: Vec::with_capacity(facts.len() * 2),
        facts: Vec::with_capacity(facts.len() * 8),
    };
    let (mut block, mut many) = (Vec::new(), Vec::new());
    let mut previous_quarter = 0;
    for of_quarter in facts.chunk_by(|left, right| left.key.quarter == right.key.quarter) {
        block.clear();
        let facts_before = blobs.facts.len();
        let mut previous_user = 0;
        for group in of_quarter.chunk_by(|left, right| {
            (left.key.user, left.key.session) == (right.key.user, right.key.session)
        }) {
            previous_user = encode_group(&mut block, group, previous_user);
            encode_facts(&mut blobs.facts, &mut many, group);
        }
        let quarter = of_quarter.first().map_or(0, |fact| fact.key.quarter);
        let of_facts = blobs.facts.len() - facts_before;
        put(&mut blobs.groups, u64::from(quarter - previous_quarter));
        put(&mut blobs.groups, block.len() as u64);
        put(&mut blobs.groups, of_facts as u64);
        blobs.groups.extend_from_slice(&block);
        previous_quarter = quarter;
    }
    blobs
}

/// Encodes the sums of a group and returns its user.
fn encode_group(out: &mut Vec<u8>, facts: &[Fact], previous_user: u32) -> u32 {
    let Some(first) = facts.first() else {
        return previous_user;
    };
    let mut sums = first.sums;
    facts[1..].iter().for_each(|fact| sums.add(&fact.sums));
    let user = first.key.user.number();
    let flag = |bit: u8, is_set: bool| if is_set { bit } else { 0 };
    let flags = sums_flags(&sums)
        | flag(HAS_SESSION, first.key.session.is_some())
        | flag(ONE_FACT, facts.len() == 1);
    out.push(flags);
    put(out, u64::from(user - previous_user));
    if let Some(session) = first.key.session {
        put(out, u64::from(session.number()));
    }
    put_sums(out, flags, &sums);
    user
}

/// Encodes the facts of a group. `many` is a buffer for them.
fn encode_facts(out: &mut Vec<u8>, many: &mut Vec<u8>, facts: &[Fact]) {
    if let [fact] = facts {
        let names = Names::of(&fact.key);
        put(out, u64::from(names.product));
        put(out, u64::from(names.module));
        put(out, u64::from(names.feature));
        return;
    }
    many.clear();
    let mut previous = Names::default();
    for fact in facts {
        let names = Names::of(&fact.key);
        encode_fact(many, names, previous, &fact.sums);
        previous = names;
    }
    put(out, many.len() as u64);
    out.extend_from_slice(many);
}

fn encode_fact(out: &mut Vec<u8>, names: Names, previous: Names, sums: &Sums) {
    let is_same = (names.product, names.module) == (previous.product, previous.module);
    let flags = sums_flags(sums) | if is_same { SAME_PRODUCT_AND_MODULE } else { 0 };
    out.push(flags);
    if !is_same {
        put(out, u64::from(names.product));
        put(out, u64::from(names.module));
    }
    put(out, u64::from(names.feature));
    put_sums(out, flags, sums);
}

fn sums_flags(sums: &Sums) -> u8 {
    let is_whole = sums.features.fract() == 0.0 && (0.0..=MAX_WHOLE).contains(&sums.features);
    let mut flags = 0;
    let mut flag = |bit, is_set| flags |= if is_set { bit } else { 0 };
    flag(ONE_EVENT, sums.events == 1);
    flag(WHOLE_FEATURES, sums.features != 0.0 && is_whole);
    flag(OTHER_FEATURES, !is_whole);
    flag(MODULE_TIME, sums.module_time != 0);
    flag(ACTIVE_TIME, sums.active_time != 0);
    flags
}

fn put_sums(out: &mut Vec<u8>, flags: u8, sums: &Sums) {
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

#[inline(always)]
pub(super) fn read_sums(rest: &mut Reader<'_>, flags: u8) -> Result<Sums, DamagedBlob> {
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
        let bytes = rest.bytes(8)?.try_into().map_err(|_| DamagedBlob)?;
        sums.features = f64::from_le_bytes(bytes);
    }
    if flags & MODULE_TIME != 0 {
        sums.module_time = rest.number()?;
    }
    if flags & ACTIVE_TIME != 0 {
        sums.active_time = rest.number()?;
    }
    Ok(sums)
}

/// Calls `visit` for every fact of two blobs whose quarter of an hour lies in `quarters`, in order.
///
/// # Errors
/// Fails when a blob is damaged; `visit` may have been called before.
#[inline]
pub fn decode(
    groups: &[u8],
    facts: &[u8],
    quarters: Range<u32>,
    mut visit: impl FnMut(&Fact),
) -> Result<(), DamagedBlob> {
    let mut facts = Reader::new(facts);
    visit_blocks(groups, |block| {
        let mut facts = Reader::new(facts.bytes(block.length_of_facts)?);
        if !quarters.contains(&block.quarter) {
            return Ok(());
        }
        block.visit(|group, flags| {
            if flags & ONE_FACT != 0 {
                let names = Names {
                    product: facts.number32()?,
                    module: facts.number32()?,
                    feature: facts.number32()?,
                };
                visit(&names.fact(group, group.sums));
                return Ok(());
            }
            let length = usize::try_from(facts.number()?).map_err(|_| DamagedBlob)?;
            let mut rest = Reader::new(facts.bytes(length)?);
            let mut names = Names::default();
            while let Some(flags) = rest.byte() {
                if flags & SAME_PRODUCT_AND_MODULE == 0 {
                    names.product = rest.number32()?;
                    names.module = rest.number32()?;
                }
                names.feature = rest.number32()?;
                let sums = read_sums(&mut rest, flags)?;
                visit(&names.fact(group, sums));
            }
            Ok(())
        })
    })
}

/// Calls `visit` for every group of a blob whose quarter of an hour lies in `quarters`, in order.
///
/// # Errors
/// Fails when the blob is damaged; `visit` may have been called before.
#[inline]
pub fn decode_groups(
    groups: &[u8],
    quarters: Range<u32>,
    mut visit: impl FnMut(&Group),
) -> Result<(), DamagedBlob> {
    visit_blocks(groups, |block| {
        if !quarters.contains(&block.quarter) {
            return Ok(());
        }
        block.visit(|group, _| {
            visit(group);
            Ok(())
        })
    })
}

/// The groups of a quarter of an hour.
struct Block<'a> {
    quarter: u32,
    groups: &'a [u8],
    /// Length of their facts in the other blob.
    length_of_facts: usize,
}

#[inline(always)]
fn visit_blocks<'a>(
    groups: &'a [u8],
    mut visit: impl FnMut(Block<'a>) -> Result<(), DamagedBlob>,
) -> Result<(), DamagedBlob> {
    let mut rest = Reader::new(groups);
    let mut quarter: u32 = 0;
    while !rest.is_empty() {
        quarter = quarter.checked_add(rest.number32()?).ok_or(DamagedBlob)?;
        let length = usize::try_from(rest.number()?).map_err(|_| DamagedBlob)?;
        let length_of_facts = usize::try_from(rest.number()?).map_err(|_| DamagedBlob)?;
        visit(Block {
            quarter,
            groups: rest.bytes(length)?,
            length_of_facts,
        })?;
    }
    Ok(())
}

impl Block<'_> {
    /// Calls `visit` for every group with its flags.
    #[inline(always)]
    fn visit(
        &self,
        mut visit: impl FnMut(&Group, u8) -> Result<(), DamagedBlob>,
    ) -> Result<(), DamagedBlob> {
        let mut rest = Reader::new(self.groups);
        let mut user: u32 = 0;
        while let Some(flags) = rest.byte() {
            user = user.checked_add(rest.number32()?).ok_or(DamagedBlob)?;
            let session = match flags & HAS_SESSION {
                0 => None,
                _ => SessionRow::from_number(rest.number32()?),
            };
            let group = Group {
                quarter: self.quarter,
                user: UserRow::from_number(user).ok_or(DamagedBlob)?,
                session,
                sums: read_sums(&mut rest, flags)?,
            };
            visit(&group, flags)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::sqlite::facts::compact;

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
                quarter: 1_880_000 + key.0,
                user: UserRow::from_number(key.1).unwrap(),
                session: SessionRow::from_number(key.2),
                product: NameRow::from_number(key.3),
                module: NameRow::from_number(key.4),
                feature: NameRow::from_number(key.5 % 3),
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
        fn facts_round_trip(mut facts in proptest::collection::vec(fact(), 0..60)) {
            compact(&mut facts);
            let mut back = Vec::new();
            let blobs = encode(&facts);
            decode(&blobs.groups, &blobs.facts, 0..u32::MAX, |fact| back.push(*fact)).unwrap();
            prop_assert_eq!(&back, &facts);

            let middle = 1_880_001..1_880_002;
            let mut of_quarter = Vec::new();
            decode(&blobs.groups, &blobs.facts, middle, |fact| of_quarter.push(*fact)).unwrap();
            facts.retain(|fact| fact.key.quarter == 1_880_001);
            prop_assert_eq!(of_quarter, facts);
        }

        #[test]
        fn a_group_has_the_sums_of_its_facts(mut facts in proptest::collection::vec(fact(), 0..60)) {
            compact(&mut facts);
            let mut groups: Vec<Group> = Vec::new();
            for fact in &facts {
                let FactKey { quarter, user, session, .. } = fact.key;
                match groups.last_mut() {
                    Some(group) if (group.quarter, group.user, group.session)
                        == (quarter, user, session) => group.sums.add(&fact.sums),
                    _ => groups.push(Group { quarter, user, session, sums: fact.sums }),
                }
            }
            let mut read = Vec::new();
            decode_groups(&encode(&facts).groups, 0..u32::MAX, |group| read.push(*group)).unwrap();
            prop_assert_eq!(read, groups);
        }

        #[test]
        fn the_decoder_panics_on_no_input(
            groups in proptest::collection::vec(any::<u8>(), 0..200),
            facts in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = decode(&groups, &facts, 0..u32::MAX, |_| ());
            let _ = decode_groups(&groups, 0..u32::MAX, |_| ());
        }
    }
}
