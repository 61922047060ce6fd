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

mod decode;
mod encode;
mod group;
mod sums;

pub use self::{
    decode::{decode, decode_groups},
    encode::{Blobs, encode},
    group::Group,
};
pub(super) use self::{
    group::{HAS_SESSION, Names, ONE_FACT, SAME_PRODUCT_AND_MODULE},
    sums::read_sums,
};
pub use super::leb128::DamagedBlob;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::sqlite::{
        facts::{Fact, FactKey, Sums, compact},
        rows::{NameRow, SessionRow, UserRow},
    };

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
