//! Pages of the dashboard, which this store does not have yet, and what people set on them.

use super::{unsupported, write};
use crate::{
    model::{page::Page, usage::Span, visibility::Visibility},
    store::{
        account_page::{
            AccountPage, AccountQuestion, PeopleQuestion, UsagePage, UsagePageQuestion,
        },
        accounts_page::{AccountsPage, AccountsPageQuestion},
        adoption::FeatureAdoption,
        alerts::AlertsPage,
        answer::Answer,
        latest_events::{NamedEvents, NamedEventsQuestion},
        loss::LossPage,
        operations::PageOperations,
        people::Person,
        portfolio::{ListQuestion, Portfolio},
        quality::QualityPage,
        records::{Listed, RecordsPage},
        scaled::{ScaledStore, refusals, saved_views},
        search::{Found, SearchQuestion},
        tree::{LevelQuestion, Tree, TreeEntry},
        user_page::{UserPage, UserPageQuestion},
    },
};

impl PageOperations for ScaledStore {
    fn tree(&self, _: Visibility) -> Answer<'_, Tree> {
        unsupported("the account tree")
    }

    fn tree_level(&self, _: LevelQuestion) -> Answer<'_, Option<Listed<TreeEntry>>> {
        unsupported("the account tree")
    }

    fn search(&self, _: SearchQuestion) -> Answer<'_, Found> {
        unsupported("the search")
    }

    fn page_accounts(&self, _: AccountsPageQuestion) -> Answer<'_, AccountsPage> {
        unsupported("the list of accounts")
    }

    fn page_usage(&self, _: UsagePageQuestion) -> Answer<'_, AccountPage<UsagePage>> {
        unsupported("the page of an account")
    }

    fn page_below(
        &self,
        _: AccountQuestion,
        _: ListQuestion,
    ) -> Answer<'_, AccountPage<Portfolio>> {
        unsupported("the page of an account")
    }

    fn page_people(&self, _: PeopleQuestion) -> Answer<'_, AccountPage<Vec<Person>>> {
        unsupported("the page of an account")
    }

    fn page_adoption(
        &self,
        _: AccountQuestion,
        _: Span,
    ) -> Answer<'_, AccountPage<Vec<FeatureAdoption>>> {
        unsupported("the page of an account")
    }

    fn page_records(
        &self,
        _: AccountQuestion,
        _: Page,
        _: i64,
    ) -> Answer<'_, AccountPage<RecordsPage>> {
        unsupported("the page of an account")
    }

    fn page_account_events(
        &self,
        _: AccountQuestion,
        _: NamedEventsQuestion,
    ) -> Answer<'_, AccountPage<NamedEvents>> {
        unsupported("the page of an account")
    }

    fn page_edit(&self, _: AccountQuestion) -> Answer<'_, AccountPage<Tree>> {
        unsupported("the page of an account")
    }

    fn page_user(&self, _: UserPageQuestion) -> Answer<'_, Option<UserPage>> {
        unsupported("the page of a user")
    }

    fn page_events(&self, _: NamedEventsQuestion) -> Answer<'_, (Tree, NamedEvents)> {
        unsupported("the page of events")
    }

    fn named_events(&self, _: NamedEventsQuestion) -> Answer<'_, Option<NamedEvents>> {
        unsupported("the page of events")
    }

    fn page_alerts(&self, _: Visibility, _: Page) -> Answer<'_, AlertsPage> {
        unsupported("the page of alerts")
    }

    fn page_quality(&self, _: Span) -> Answer<'_, QualityPage> {
        unsupported("the page of the quality of the data")
    }

    fn page_loss(&self, _: Span) -> Answer<'_, LossPage> {
        unsupported("the page of losses")
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
