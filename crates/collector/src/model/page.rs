//! One page of a list.

/// The part of a list that a client requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Records on a page.
    pub limit: i64,
    /// Number of the page, from 1.
    pub number: i64,
}

impl Page {
    /// Number of records on the pages before this one.
    pub fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.limit)
    }
}

/// Collects one page of records that are found one by one, and counts all of them.
#[derive(Debug)]
pub struct Pager<T> {
    page: Page,
    records: Vec<T>,
    total: i64,
}

impl<T> Pager<T> {
    /// Collects this page.
    pub fn new(page: Page) -> Self {
        Pager {
            page,
            records: Vec::new(),
            total: 0,
        }
    }

    /// Counts a record that was found. Returns whether it belongs to the page and must be
    /// [added](Self::add).
    pub fn is_on_page(&mut self) -> bool {
        let before = self.total;
        self.total += 1;
        let first = self.page.offset();
        before >= first && before < first.saturating_add(self.page.limit)
    }

    /// Adds a record of the page.
    pub fn add(&mut self, record: T) {
        self.records.push(record);
    }

    /// The records of the page, and the number of all records.
    pub fn finish(self) -> (Vec<T>, i64) {
        (self.records, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_part_of_what_was_found_and_all_is_counted() {
        let mut pager = Pager::new(Page {
            limit: 2,
            number: 2,
        });
        for record in 0..7 {
            if pager.is_on_page() {
                pager.add(record);
            }
        }
        assert_eq!(pager.finish(), (vec![2, 3], 7));
    }
}
