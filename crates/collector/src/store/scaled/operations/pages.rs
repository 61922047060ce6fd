//! Pages of the dashboard, and what people set on them.

use super::{ask, read, write};
use crate::{
    model::{page::Page, usage::Span, visibility::Visibility},
    store::{
        account_page::{
            AccountPage, AccountQuestion, PeopleQuestion, UsagePage, UsagePageQuestion,
        },
        accounts_page::{AccountsPage, AccountsPageQuestion},
        adoption::FeatureAdoption,
        alerts::{AlertsPage, Choices},
        answer::Answer,
        latest_events::{NamedEvents, NamedEventsQuestion},
        loss::LossPage,
        operations::PageOperations,
        people::Person,
        portfolio::{ListQuestion, Portfolio},
        quality::QualityPage,
        records::{Listed, RecordsPage},
        scaled::{
            ScaledStore,
            pages::{
                account::{self, Subject},
                accounts, alerts, events, quality, search, tree, user,
            },
            refusals, saved_views,
            visible::VisibleAccounts,
        },
        search::{Found, SearchQuestion},
        tree::{LevelQuestion, Tree, TreeEntry},
        user_page::{UserPage, UserPageQuestion},
    },
};

/// A page of one account: `None` when it is unknown or the caller may not see it.
macro_rules! of_account {
    ($store:expr, $tx:ident, $question:expr, $subject:ident => $work:expr) => {
        ask!($store, $tx => match Subject::find($tx, $question).await? {
            None => None,
            Some($subject) => {
                let page = $work;
                Some(($subject.header, page))
            }
        })
    };
}

impl PageOperations for ScaledStore {
    fn tree(&self, within: Visibility) -> Answer<'_, Tree> {
        read!(self, tx => tree::first_level(tx, VisibleAccounts::find(tx, &within).await?).await?)
    }

    fn tree_level(&self, question: LevelQuestion) -> Answer<'_, Option<Listed<TreeEntry>>> {
        read!(self, tx => tree::level(tx, &question).await?)
    }

    fn search(&self, question: SearchQuestion) -> Answer<'_, Found> {
        read!(self, tx => {
            let within = VisibleAccounts::find(tx, &question.within).await?;
            search::find(tx, &question.text, within, question.limit).await?
        })
    }

    fn page_accounts(&self, question: AccountsPageQuestion) -> Answer<'_, AccountsPage> {
        ask!(self, tx => accounts::read(tx, &self.nodes, &self.names, &question).await?)
    }

    fn page_usage(&self, question: UsagePageQuestion) -> Answer<'_, AccountPage<UsagePage>> {
        of_account!(self, tx, &question.account, subject => {
            account::usage(tx, &self.nodes, &subject, &question).await?
        })
    }

    fn page_below(
        &self,
        account: AccountQuestion,
        list: ListQuestion,
    ) -> Answer<'_, AccountPage<Portfolio>> {
        of_account!(self, tx, &account, subject => {
            accounts::list(tx, &self.nodes, &self.names, Some(subject.account), &list).await?
        })
    }

    fn page_people(&self, question: PeopleQuestion) -> Answer<'_, AccountPage<Vec<Person>>> {
        of_account!(self, tx, &question.account, subject => {
            account::users(tx, &self.nodes, &subject, &question).await?
        })
    }

    fn page_adoption(
        &self,
        account: AccountQuestion,
        span: Span,
    ) -> Answer<'_, AccountPage<Vec<FeatureAdoption>>> {
        of_account!(self, tx, &account, subject => {
            account::features(tx, &self.nodes, &subject, span).await?
        })
    }

    fn page_records(
        &self,
        account: AccountQuestion,
        page: Page,
        now: i64,
    ) -> Answer<'_, AccountPage<RecordsPage>> {
        of_account!(self, tx, &account, subject => {
            account::records(tx, &subject, page, now).await?
        })
    }

    fn page_account_events(
        &self,
        account: AccountQuestion,
        events: NamedEventsQuestion,
    ) -> Answer<'_, AccountPage<NamedEvents>> {
        of_account!(self, tx, &account, subject => {
            events::read(tx, subject.within, &events).await?
        })
    }

    fn page_edit(&self, account: AccountQuestion) -> Answer<'_, AccountPage<Tree>> {
        of_account!(self, tx, &account, subject => {
            tree::first_level(tx, subject.within).await?
        })
    }

    fn page_user(&self, question: UserPageQuestion) -> Answer<'_, Option<UserPage>> {
        ask!(self, tx => user::read(tx, &self.nodes, &question).await?)
    }

    fn page_events(&self, question: NamedEventsQuestion) -> Answer<'_, (Tree, NamedEvents)> {
        read!(self, tx => {
            let within = VisibleAccounts::find(tx, &question.within).await?;
            let tree = tree::first_level(tx, within).await?;
            (tree, events::read(tx, within, &question).await?)
        })
    }

    fn named_events(&self, question: NamedEventsQuestion) -> Answer<'_, Option<NamedEvents>> {
        read!(self, tx => events::read_visible(tx, &question).await?)
    }

    fn page_alerts(&self, within: Visibility, page: Page) -> Answer<'_, AlertsPage> {
        ask!(self, tx => alerts::read(tx, &self.nodes, &within, page).await?)
    }

    fn choices(&self) -> Answer<'_, Choices> {
        ask!(self, tx => alerts::choices(tx, &self.nodes, &self.names).await?)
    }

    fn page_quality(&self, span: Span) -> Answer<'_, QualityPage> {
        ask!(self, tx => quality::read(tx, &self.nodes, span).await?)
    }

    fn page_loss(&self, span: Span) -> Answer<'_, LossPage> {
        ask!(self, tx => quality::loss(tx, &self.nodes, span).await?)
    }

    fn clear_refusals(&self) -> Answer<'_, ()> {
        write!(self, tx => refusals::clear(tx).await?)
    }

    fn save_view(&self, name: String, address: String, now: i64) -> Answer<'_, bool> {
        write!(self, tx => saved_views::put(tx, &name, &address, now).await?)
    }

    fn delete_view(&self, id: i64) -> Answer<'_, ()> {
        write!(self, tx => saved_views::delete(tx, id).await?)
    }
}
