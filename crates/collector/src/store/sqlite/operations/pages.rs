//! Pages of the dashboard.

use std::sync::Arc;

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
        search::{Found, SearchQuestion},
        sqlite::{
            SqliteStore, account_page, named_events, pages, refusals, saved_views, search, tree,
            user_page, visible::VisibleAccounts,
        },
        tree::{LevelQuestion, Tree, TreeEntry},
        user_page::{UserPage, UserPageQuestion},
    },
};

impl PageOperations for SqliteStore {
    fn tree(&self, within: Visibility) -> Answer<'_, Tree> {
        Box::pin(self.read(move |conn| {
            let within = VisibleAccounts::find(conn, &within)?;
            tree::read(conn, within, Vec::new())
        }))
    }

    fn tree_level(&self, question: LevelQuestion) -> Answer<'_, Option<Listed<TreeEntry>>> {
        Box::pin(self.read(move |conn| tree::level(conn, &question)))
    }

    fn search(&self, question: SearchQuestion) -> Answer<'_, Found> {
        Box::pin(self.read(move |conn| {
            let within = VisibleAccounts::find(conn, &question.within)?;
            search::find(conn, &question.text, within, question.limit)
        }))
    }

    fn page_accounts(&self, question: AccountsPageQuestion) -> Answer<'_, AccountsPage> {
        let names = Arc::clone(self.names());
        Box::pin(self.read(move |conn| pages::accounts(conn, question, &names)))
    }

    fn page_usage(&self, question: UsagePageQuestion) -> Answer<'_, AccountPage<UsagePage>> {
        let memo = Arc::clone(self.memo());
        Box::pin(self.read(move |conn| account_page::read_usage(conn, question, &memo)))
    }

    fn page_below(
        &self,
        account: AccountQuestion,
        list: ListQuestion,
    ) -> Answer<'_, AccountPage<Portfolio>> {
        let names = Arc::clone(self.names());
        Box::pin(self.read(move |conn| {
            account_page::page(conn, &account, |subject| {
                pages::list(conn, Some(subject.account), list, &names)
            })
        }))
    }

    fn page_people(&self, question: PeopleQuestion) -> Answer<'_, AccountPage<Vec<Person>>> {
        Box::pin(self.read(move |conn| account_page::read_people(conn, question)))
    }

    fn page_adoption(
        &self,
        account: AccountQuestion,
        span: Span,
    ) -> Answer<'_, AccountPage<Vec<FeatureAdoption>>> {
        Box::pin(self.read(move |conn| account_page::read_adoption(conn, &account, span)))
    }

    fn page_records(
        &self,
        account: AccountQuestion,
        page: Page,
        now: i64,
    ) -> Answer<'_, AccountPage<RecordsPage>> {
        Box::pin(self.read(move |conn| account_page::read_records(conn, &account, page, now)))
    }

    fn page_account_events(
        &self,
        account: AccountQuestion,
        events: NamedEventsQuestion,
    ) -> Answer<'_, AccountPage<NamedEvents>> {
        Box::pin(self.read(move |conn| {
            account_page::page(conn, &account, |subject| {
                named_events::read(conn, subject.within, events)
            })
        }))
    }

    fn page_edit(&self, account: AccountQuestion) -> Answer<'_, AccountPage<Tree>> {
        Box::pin(self.read(move |conn| {
            account_page::page(conn, &account, |subject| {
                tree::read(conn, subject.within, Vec::new())
            })
        }))
    }

    fn page_user(&self, question: UserPageQuestion) -> Answer<'_, Option<UserPage>> {
        Box::pin(self.read(move |conn| user_page::read(conn, question)))
    }

    fn page_events(&self, question: NamedEventsQuestion) -> Answer<'_, (Tree, NamedEvents)> {
        Box::pin(self.read(move |conn| {
            let within = VisibleAccounts::find(conn, &question.within)?;
            let tree = tree::read(conn, within, Vec::new())?;
            Ok((tree, named_events::read(conn, within, question)?))
        }))
    }

    fn named_events(&self, question: NamedEventsQuestion) -> Answer<'_, Option<NamedEvents>> {
        Box::pin(self.read(move |conn| named_events::read_visible(conn, question)))
    }

    fn page_alerts(&self, within: Visibility, page: Page) -> Answer<'_, AlertsPage> {
        Box::pin(self.read(move |conn| pages::alerts(conn, &within, page)))
    }

    fn choices(&self) -> Answer<'_, Choices> {
        let names = Arc::clone(self.names());
        Box::pin(self.read(move |conn| pages::choices(conn, &names)))
    }

    fn page_quality(&self, span: Span) -> Answer<'_, QualityPage> {
        Box::pin(self.read(move |conn| pages::quality(conn, span)))
    }

    fn page_loss(&self, span: Span) -> Answer<'_, LossPage> {
        Box::pin(self.read(move |conn| pages::loss(conn, span)))
    }

    fn clear_refusals(&self) -> Answer<'_, ()> {
        Box::pin(self.write(refusals::clear))
    }

    fn save_view(&self, name: String, address: String, now: i64) -> Answer<'_, bool> {
        Box::pin(self.write(move |tx| saved_views::put(tx, &name, &address, now)))
    }

    fn delete_view(&self, id: i64) -> Answer<'_, ()> {
        Box::pin(self.write(move |tx| saved_views::delete(tx, id)))
    }
}
