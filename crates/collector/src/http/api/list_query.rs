//! Parameters of the lists of accounts and users.

use serde_json::{Map, Value};

use crate::{
    http::{error::ApiError, extract::Query},
    model::{account::settle_record, read_value::flag as read_flag},
    store::{
        accounts::{AccountsQuestion, UsersQuestion},
        list_filter::ListFilter,
        portfolio::dimension_text,
    },
};

/// The dimensions of accounts by which lists can be filtered without the prefix `d.`.
const NAMED: [&str; 7] = [
    "tier",
    "stage",
    "industry",
    "csm",
    "employees",
    "renewal_date",
    "is_churned",
];

/// All parameters of a request, in their order.
pub type Parameters = Query<Vec<(String, String)>>;

/// Reads the parameters of a list of accounts. An unknown parameter is refused: ignoring it
/// would return accounts that the client meant to exclude.
///
/// # Errors
/// 400 for a parameter that is unknown or invalid.
pub fn accounts(Query(parameters): Parameters) -> Result<AccountsQuestion, ApiError> {
    let mut question = AccountsQuestion::default();
    for (name, value) in parameters {
        match name.as_str() {
            "roots" => question.roots_only = flag("roots", &value)?.unwrap_or(false),
            "is_leaf" => question.is_leaf = flag("is_leaf", &value)?,
            "hierarchy_label" => question.hierarchy_label = text(&value),
            _ if NAMED.contains(&name.as_str()) => {
                let (name, value) = dimension(&name, &value)?;
                question.filter.dimensions.insert(name, value);
            }
            _ => shared(&mut question.filter, &name, &value)?,
        }
    }
    Ok(question)
}

/// Reads the parameters of a list of users.
///
/// # Errors
/// As [`accounts`].
pub fn users(Query(parameters): Parameters) -> Result<UsersQuestion, ApiError> {
    let mut question = UsersQuestion::default();
    for (name, value) in parameters {
        match name.as_str() {
            "account_id" => question.account_id = Some(natero_event::trim(&value).to_owned()),
            _ => shared(&mut question.filter, &name, &value)?,
        }
    }
    Ok(question)
}

/// Reads a parameter that both lists have.
fn shared(filter: &mut ListFilter, name: &str, value: &str) -> Result<(), ApiError> {
    match name {
        // These are read elsewhere.
        "limit" | "page" | "api_key" => {}
        "search" => filter.search = text(value),
        "is_deleted" => filter.is_deleted = flag("is_deleted", value)?,
        _ => match name.strip_prefix("d.") {
            Some(of) if !of.is_empty() => {
                let (name, value) = dimension(of, value)?;
                filter.dimensions.insert(name, value);
            }
            Some(_) | None => {
                return Err(ApiError::BadRequest(format!(
                    "this list has no parameter {name:?}; d.NAME=VALUE filters by any dimension, and /openapi.json lists the others"
                )));
            }
        },
    }
    Ok(())
}

fn text(value: &str) -> Option<String> {
    let text = value.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Reads a boolean. An empty value counts as absent.
fn flag(name: &str, value: &str) -> Result<Option<bool>, ApiError> {
    match text(value) {
        None => Ok(None),
        Some(text) => match read_flag(&text.into()) {
            Some(flag) => Ok(Some(flag)),
            None => Err(ApiError::BadRequest(format!("{name} is true or false"))),
        },
    }
}

/// A value of a dimension, in the form in which accounts store it.
fn dimension(name: &str, value: &str) -> Result<(String, String), ApiError> {
    let mut details = Map::from_iter([(name.to_owned(), Value::from(value.trim()))]);
    settle_record(&mut details).map_err(|invalid| ApiError::BadRequest(invalid.to_string()))?;
    let text = details.get(name).and_then(dimension_text);
    Ok((name.to_owned(), text.unwrap_or_default()))
}
