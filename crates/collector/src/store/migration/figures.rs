//! Figures whose events were deleted, converted into rows of events.
//!
//! The figures of `n` events become `n` rows that add up to the same sums. Only the first rows
//! carry sums; the others exist to be counted. So code that adds up events also adds up these rows,
//! without knowing about them.

use natero_event::ActionKind;
use sha2::{Digest, Sha256};

use super::cell::{Cell, Row};
use crate::{model::quarter::QUARTER_MS, store::sums::Sums};

const DAY_MS: i64 = 86_400_000;

/// The figures of one user in one session, one quarter of an hour and one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures<'a> {
    /// The account.
    pub account_id: &'a str,
    /// Whether the user belongs to another account, so that the figures do not count.
    pub is_set_aside: bool,
    /// The quarter of an hour, counted from the Unix epoch.
    pub quarter: u32,
    /// The user.
    pub user_id: &'a str,
    /// The session.
    pub session_id: Option<&'a str>,
    /// The product.
    pub product: Option<&'a str>,
    /// The module.
    pub module: Option<&'a str>,
    /// The feature.
    pub feature: Option<&'a str>,
    /// The sums of the events.
    pub(in crate::store) sums: Sums,
}

/// The part of the figures that one row carries.
#[derive(Debug, Default)]
struct Share {
    action: &'static str,
    total: Option<f64>,
    time_spent: Option<i64>,
    active_duration: Option<i64>,
}

impl Figures<'_> {
    /// The rows of [`EVENTS`](super::EVENTS) that add up to these figures. Their number is 0, which
    /// no event has, because they have no place in the order of arrival.
    pub fn rows(&self) -> Vec<Row> {
        let hash = self.hash();
        let shares = self.shares();
        shares
            .into_iter()
            .zip(0u32..)
            .map(|(share, at)| self.row(share, &hash, at))
            .collect()
    }

    /// An event adds to at most one sum, so there are never more sums than events.
    fn shares(&self) -> Vec<Share> {
        let whole = |number: u64| Some(i64::try_from(number).unwrap_or(i64::MAX));
        let mut shares = Vec::new();
        if self.sums.features != 0.0 {
            shares.push(Share {
                action: ActionKind::Feature.name(),
                total: Some(self.sums.features),
                ..Share::default()
            });
        }
        if self.sums.module_time != 0 {
            shares.push(Share {
                action: ActionKind::ModuleEnd.name(),
                time_spent: whole(self.sums.module_time),
                ..Share::default()
            });
        }
        if self.sums.active_time != 0 {
            shares.push(Share {
                action: ActionKind::SessionSync.name(),
                active_duration: whole(self.sums.active_time),
                ..Share::default()
            });
        }
        let events = usize::try_from(self.sums.events).unwrap_or(usize::MAX);
        while shares.len() < events {
            shares.push(Share::default());
        }
        shares
    }

    fn row(&self, share: Share, hash: &[u8; 12], at: u32) -> Row {
        let text = |text: Option<&str>| Cell::text(text.map(str::to_owned));
        let created_at = i64::from(self.quarter) * QUARTER_MS;
        let day = i32::try_from(created_at.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
        let mut key = hash.to_vec();
        key.extend(at.to_be_bytes());
        vec![
            Cell::Small(day),
            Cell::Bytes(key),
            Cell::Number(0),
            Cell::Text(String::new()),
            Cell::Text(self.account_id.to_owned()),
            Cell::Text(self.user_id.to_owned()),
            text(self.session_id),
            Cell::Number(created_at),
            Cell::Text(share.action.to_owned()),
            text(self.feature),
            text(self.module),
            text(self.product),
            share.total.map_or(Cell::Null, Cell::Float),
            share.time_spent.map_or(Cell::Null, Cell::Number),
            share.active_duration.map_or(Cell::Null, Cell::Number),
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Number(created_at),
            Cell::Number(0),
            Cell::Flag(self.is_set_aside),
        ]
    }

    /// A hash that no other figures have.
    fn hash(&self) -> [u8; 12] {
        // No text begins with this byte, so the id of an event never has this hash.
        let mut hash = Sha256::new_with_prefix(b"\xfefigures");
        hash.update([u8::from(self.is_set_aside)]);
        hash.update(self.quarter.to_be_bytes());
        for text in [
            Some(self.account_id),
            Some(self.user_id),
            self.session_id,
            self.product,
            self.module,
            self.feature,
        ] {
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            hash.update(length.to_be_bytes());
            hash.update(text.unwrap_or_default());
        }
        let mut first = [0; 12];
        first.copy_from_slice(&hash.finalize()[..12]);
        first
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::{migration::tables::EVENTS, sums::event_sums};

    fn figures(sums: Sums) -> Figures<'static> {
        Figures {
            account_id: "a",
            is_set_aside: false,
            quarter: 1_888_888,
            user_id: "u",
            session_id: Some("s"),
            product: None,
            module: Some("m"),
            feature: Some("f"),
            sums,
        }
    }

    /// The sums of the rows, computed as for events.
    fn sum(rows: &[Row]) -> Sums {
        let mut sums = Sums::default();
        for row in rows {
            let Cell::Text(action) = &row[8] else {
                panic!("{row:?}")
            };
            let number = |at: usize| match row[at] {
                Cell::Number(number) => Some(number),
                _ => None,
            };
            let total = match row[12] {
                Cell::Float(total) => Some(total),
                _ => None,
            };
            let kind = ActionKind::from_name(action);
            sums.add(&event_sums(kind, total, number(13), number(14)));
        }
        sums
    }

    #[test]
    fn rows_add_up_to_their_figures() {
        for (events, features, module_time, active_time) in [
            (1, 0.0, 0, 0),
            (1, 2.5, 0, 0),
            (3, 0.0, 7, 9),
            (9, -1.5, 7, 900),
        ] {
            let sums = Sums {
                events,
                features,
                module_time,
                active_time,
            };
            let rows = figures(sums).rows();
            assert_eq!(sum(&rows), sums);
            let keys: BTreeSet<String> = rows.iter().map(|row| format!("{:?}", row[1])).collect();
            assert_eq!(keys.len(), rows.len());
            assert!(rows.iter().all(|row| row.len() == EVENTS.columns.len()));
        }
    }

    #[test]
    fn other_figures_have_other_keys() {
        let sums = Sums {
            events: 1,
            ..Sums::default()
        };
        let one = figures(sums);
        let keys: BTreeSet<String> = [
            one.clone(),
            Figures {
                is_set_aside: true,
                ..one.clone()
            },
            Figures {
                session_id: None,
                product: Some("s"),
                ..one.clone()
            },
            Figures {
                session_id: Some(""),
                ..one.clone()
            },
            Figures {
                session_id: None,
                ..one.clone()
            },
        ]
        .iter()
        .map(|figures| format!("{:?}", figures.rows()[0][1]))
        .collect();
        assert_eq!(keys.len(), 5);
    }
}
