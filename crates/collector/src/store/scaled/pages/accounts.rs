//! The contents of the first page: all customers, or a search.

use super::{search, tree};
use crate::{
    model::usage::Filter,
    store::{
        accounts_page::{AccountsContent, AccountsPage, AccountsPageQuestion, Wanted},
        portfolio::{ListQuestion, Portfolio},
        scaled::{
            account_tree, failure::Result, name_cache::NameCache, nodes::Nodes, portfolio,
            postgres::Tx, saved_views, visible::VisibleAccounts,
        },
    },
};

/// Reads the first page.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    nodes: &Nodes,
    names: &NameCache,
    question: &AccountsPageQuestion,
) -> Result<AccountsPage> {
    let within = VisibleAccounts::find(tx, &question.within).await?;
    let tree = tree::first_level(tx, within).await?;
    let root = within.root()?;
    let (accounts, users) = account_tree::counts(tx, root).await?;
    let content = match &question.wanted {
        Wanted::Found { text, limit } => {
            AccountsContent::Found(search::find(tx, text, within, *limit).await?)
        }
        Wanted::List(question) => AccountsContent::List(
            Box::new(list(tx, nodes, names, root, question).await?),
            saved_views::list(tx).await?,
        ),
    };
    Ok(AccountsPage {
        tree,
        accounts,
        users,
        content,
    })
}

/// Reads a list of accounts: all of them, or those of one subtree.
pub(in crate::store::scaled) async fn list(
    tx: &Tx<'_>,
    nodes: &Nodes,
    names: &NameCache,
    within: Option<i64>,
    question: &ListQuestion,
) -> Result<Portfolio> {
    let portfolio = portfolio::read(tx, nodes, within, question).await?;
    // A caller who sees only some accounts must not be offered the names of others.
    let names = if within.is_some() || question.filter != Filter::default() {
        portfolio::names(tx, nodes, within, question).await?
    } else {
        (*names.get(tx, nodes).await?).clone()
    };
    Ok(Portfolio { names, ..portfolio })
}
