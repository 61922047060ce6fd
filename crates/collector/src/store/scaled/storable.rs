//! Texts as PostgreSQL can store them.

use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::model::nul::NUL;

/// A parameter of a statement. NUL in texts is replaced as in `model/nul.rs`. So a look-up by id
/// finds what was stored under that id, and no statement fails because of a NUL.
#[derive(Debug)]
pub(super) struct Storable<'a>(&'a (dyn ToSql + Sync));

impl ToSql for Storable<'_> {
    fn to_sql(
        &self,
        type_: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let start = out.len();
        let is_null = self.0.to_sql_checked(type_, out)?;
        if *type_ == Type::TEXT && out[start..].contains(&0) {
            let text = out.split_off(start);
            for (at, part) in text[..].split(|byte| *byte == 0).enumerate() {
                if at > 0 {
                    out.extend_from_slice(NUL.encode_utf8(&mut [0; 4]).as_bytes());
                }
                out.extend_from_slice(part);
            }
        }
        Ok(is_null)
    }

    /// The wrapped value checks its type itself.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Wraps the parameters of a statement.
pub(super) fn storable<'a>(params: &'a [&'a (dyn ToSql + Sync)]) -> Vec<Storable<'a>> {
    params.iter().map(|value| Storable(*value)).collect()
}

/// The wrapped parameters, in the form that a statement takes.
pub(super) fn as_params<'a>(values: &'a [Storable<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    let values = values.iter();
    values.map(|value| value as &(dyn ToSql + Sync)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::nul::without_nul;

    fn written(value: &(dyn ToSql + Sync), type_: &Type) -> Vec<u8> {
        let mut out = BytesMut::new();
        Storable(value).to_sql_checked(type_, &mut out).unwrap();
        out.to_vec()
    }

    #[test]
    fn a_text_in_a_statement_is_written_as_it_is_stored() {
        for text in ["a\0b\0", "\0", "plain", ""] {
            let stored = without_nul(text.to_owned());
            assert_eq!(written(&text, &Type::TEXT), stored.as_bytes(), "{text:?}");
        }
        let bytes: &[u8] = &[0, 1, 0];
        assert_eq!(written(&bytes, &Type::BYTEA), bytes);
        assert!(
            Storable(&1_i64)
                .to_sql_checked(&Type::TEXT, &mut BytesMut::new())
                .is_err()
        );
    }
}
