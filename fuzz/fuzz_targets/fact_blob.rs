//! Blobs of facts, in the format of the database: valid ones, and damaged ones.
//!
//! Decoding must not panic, and the result must survive sorting, encoding and decoding again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use natero_collector::store::sqlite::{
    fact_blob::{Blobs, DamagedBlob, decode, decode_groups, encode},
    facts::{Fact, compact},
};

fuzz_target!(|data: &[u8]| {
    // The first byte is the length of the groups.
    let Some((length, rest)) = data.split_first() else {
        return;
    };
    let (groups, facts) = rest.split_at(rest.len().min(usize::from(*length)));
    let blobs = Blobs {
        groups: groups.to_vec(),
        facts: facts.to_vec(),
    };
    let mut facts = Vec::new();
    let decoded = read(&blobs, |fact| facts.push(*fact));

    // The facts that were decoded before the damage was found are valid, too.
    compact(&mut facts);
    let encoded = encode(&facts);
    let mut again = Vec::new();
    read(&encoded, |fact| again.push(*fact)).expect("what we wrote is not damaged");
    // Compared as bytes, because a damaged blob may hold a NaN.
    assert_eq!(encode(&again), encoded);
    assert_eq!(again.len(), facts.len());
    check_groups(&encoded.groups, &again);

    if decoded.is_ok() {
        check_quarters(&blobs);
    }
});

fn read(blobs: &Blobs, visit: impl FnMut(&Fact)) -> Result<(), DamagedBlob> {
    decode(&blobs.groups, &blobs.facts, 0..u32::MAX, visit)
}

/// Reading a span gives exactly the facts of its quarters of an hour.
fn check_quarters(blobs: &Blobs) {
    let quarters_of = |quarters| {
        let mut found = Vec::new();
        let note = |fact: &Fact| found.push(fact.key.quarter);
        decode(&blobs.groups, &blobs.facts, quarters, note).expect("it was not damaged");
        found
    };
    let all = quarters_of(0..u32::MAX);
    let Some(middle) = all.get(all.len() / 2).copied() else {
        return;
    };
    let before = quarters_of(0..middle);
    let after = quarters_of(middle..u32::MAX);
    assert_eq!([before, after].concat(), all);
}

/// In blobs that we encoded, the groups have as many events as their facts.
fn check_groups(groups: &[u8], facts: &[Fact]) {
    let (mut events, mut count) = (0_u64, 0);
    decode_groups(groups, 0..u32::MAX, |group| {
        events = events.saturating_add(group.sums.events);
        count += 1;
    })
    .expect("what we wrote is not damaged");
    let of_facts = facts
        .iter()
        .fold(0_u64, |sum, fact| sum.saturating_add(fact.sums.events));
    assert_eq!(events, of_facts);
    assert!(count <= facts.len());
}
