//! The usual fields of an account, with their labels.

use super::format;
pub(super) use crate::model::account::CHURNED;

/// Fields that are stored in the details, with their labels.
pub(super) const DETAILS: [(&str, &str); 7] = [
    ("tier", "Tier"),
    ("stage", "Stage"),
    ("industry", "Industry"),
    ("csm", "Customer success manager"),
    (EMPLOYEES, "Employees"),
    (RENEWAL_DATE, "Renewal date"),
    (CHURNED, "Churned"),
];

/// A day such as `2024-05-01`.
pub(super) const RENEWAL_DATE: &str = "renewal_date";

/// The only numeric field.
pub(super) const EMPLOYEES: &str = "employees";

/// The name of a dimension that a person wrote, which may be the label of a usual field, in any
/// case.
pub(super) fn name_of(written: &str) -> &str {
    let is_written = |text: &str| text.eq_ignore_ascii_case(written);
    let mut usual = DETAILS.into_iter();
    let found = usual.find(|(name, label)| is_written(name) || is_written(label));
    found.map_or(written, |(name, _)| name)
}

/// The label of a dimension in filters and at the head of a column: that of the form, where it
/// is short. The name of any other dimension begins with a capital, as all labels do.
pub(super) fn short_label(name: &str) -> String {
    match DETAILS.into_iter().find(|(of, _)| *of == name) {
        Some(("csm", _)) => "CSM".to_owned(),
        Some((_, label)) => label.to_owned(),
        None => format::capitalised(&name.replace('_', " ")),
    }
}
