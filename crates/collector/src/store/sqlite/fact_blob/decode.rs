//! Reads the facts of two blobs, or only the sums of their groups.

use std::ops::Range;

use super::{
    group::{Group, HAS_SESSION, Names, ONE_FACT, SAME_PRODUCT_AND_MODULE},
    sums::read_sums,
};
use crate::store::sqlite::{
    facts::Fact,
    leb128::{DamagedBlob, Reader},
    rows::{SessionRow, UserRow},
};

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
