//! The sums of a group or a fact in a blob.

use crate::store::sqlite::{
    facts::Sums,
    leb128::{DamagedBlob, Reader, put},
};

// Flags of groups and facts, about their sums.
const ONE_EVENT: u8 = 1 << 3;
const WHOLE_FEATURES: u8 = 1 << 4;
const OTHER_FEATURES: u8 = 1 << 5;
const MODULE_TIME: u8 = 1 << 6;
const ACTIVE_TIME: u8 = 1 << 7;

/// The largest number up to which a float represents every whole number exactly.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// The flags of groups and facts about their sums.
pub(super) fn sums_flags(sums: &Sums) -> u8 {
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

/// Writes sums that have these flags.
pub(super) fn put_sums(out: &mut Vec<u8>, flags: u8, sums: &Sums) {
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

/// Reads sums that have these flags.
///
/// # Errors
/// Fails when the blob is damaged.
#[inline(always)]
pub(in crate::store::sqlite) fn read_sums(
    rest: &mut Reader<'_>,
    flags: u8,
) -> Result<Sums, DamagedBlob> {
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
