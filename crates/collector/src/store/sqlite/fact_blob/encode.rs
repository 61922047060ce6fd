//! Writes facts as two blobs.

use super::{
    group::{HAS_SESSION, Names, ONE_FACT, SAME_PRODUCT_AND_MODULE},
    sums::{put_sums, sums_flags},
};
use crate::store::sqlite::{
    facts::{Fact, Sums},
    leb128::put,
};

/// Encoded facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blobs {
    /// The sums of each group.
    pub groups: Vec<u8>,
    /// The facts of each group.
    pub facts: Vec<u8>,
}

/// Encodes facts that [`compact`](crate::store::sqlite::facts::compact) has sorted and merged.
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
