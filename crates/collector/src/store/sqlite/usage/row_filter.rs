//! A usage filter with row numbers in place of texts.

use rusqlite::Connection;

use crate::{
    model::usage::Filter,
    store::sqlite::{
        dimensions,
        facts::FactKey,
        rows::{NameRow, UserRow},
        users,
    },
};

/// A filter whose names and user have been looked up.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::store::sqlite) struct RowFilter {
    product: Selection,
    module: Selection,
    feature: Selection,
    user: Option<UserRow>,
}

/// The values of a dimension that pass the filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Selection {
    #[default]
    All,
    /// Facts without a value.
    Absent,
    One(NameRow),
}

impl Selection {
    #[inline]
    fn contains(self, value: Option<NameRow>) -> bool {
        match self {
            Selection::All => true,
            Selection::Absent => value.is_none(),
            Selection::One(name) => value == Some(name),
        }
    }
}

impl RowFilter {
    /// Looks up the values of a filter. `None` when no event can pass it, because no event has ever
    /// had one of the values.
    pub(in crate::store::sqlite) fn find(
        conn: &Connection,
        filter: &Filter,
    ) -> rusqlite::Result<Option<Self>> {
        let select = |name: &Option<String>| -> rusqlite::Result<Option<Selection>> {
            match name.as_deref() {
                None => Ok(Some(Selection::All)),
                Some("") => Ok(Some(Selection::Absent)),
                Some(name) => Ok(dimensions::find_name(conn, name)?.map(Selection::One)),
            }
        };
        let user = match &filter.user {
            None => Some(None),
            Some(user_id) => users::find_with_account(conn, user_id)?.map(|(user, _)| Some(user)),
        };
        let (Some(product), Some(module), Some(feature), Some(user)) = (
            select(&filter.product)?,
            select(&filter.module)?,
            select(&filter.feature)?,
            user,
        ) else {
            return Ok(None);
        };
        Ok(Some(RowFilter {
            product,
            module,
            feature,
            user,
        }))
    }

    /// Whether it compares products, modules or features.
    pub(in crate::store::sqlite) fn needs_names(&self) -> bool {
        [self.product, self.module, self.feature]
            .iter()
            .any(|selection| *selection != Selection::All)
    }

    /// Whether a fact has the product of the filter.
    #[inline]
    pub(in crate::store::sqlite) fn has_product(&self, key: &FactKey) -> bool {
        self.product.contains(key.product)
    }

    /// Whether a fact has the module of the filter.
    #[inline]
    pub(in crate::store::sqlite) fn has_module(&self, key: &FactKey) -> bool {
        self.module.contains(key.module)
    }

    /// Whether a fact passes the filter.
    #[inline]
    pub(in crate::store::sqlite) fn contains(&self, key: &FactKey) -> bool {
        self.product.contains(key.product)
            && self.module.contains(key.module)
            && self.feature.contains(key.feature)
            && self.user.is_none_or(|user| user == key.user)
    }
}
