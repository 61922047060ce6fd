//! The part of the usage that a page shows.

use crate::model::usage::Filter;

/// The part of the usage that a page shows. An empty name stands for events
/// without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The usage of all products.
    #[default]
    All,
    /// The usage of one product.
    Product(String),
    /// The usage of one module, in one product or in all.
    Module {
        product: Option<String>,
        module: String,
    },
    /// The usage of one feature, in one product and module or in all.
    Feature {
        product: Option<String>,
        module: Option<String>,
        feature: String,
    },
}

impl Selection {
    /// The selection with these names.
    pub(crate) fn of(
        product: Option<String>,
        module: Option<String>,
        feature: Option<String>,
    ) -> Self {
        match (product, module, feature) {
            (product, module, Some(feature)) => Selection::Feature {
                product,
                module,
                feature,
            },
            (product, Some(module), None) => Selection::Module { product, module },
            (Some(product), None, None) => Selection::Product(product),
            (None, None, None) => Selection::All,
        }
    }

    /// The selected product.
    pub(crate) fn product(&self) -> Option<&str> {
        match self {
            Selection::All => None,
            Selection::Product(product) => Some(product),
            Selection::Module { product, .. } | Selection::Feature { product, .. } => {
                product.as_deref()
            }
        }
    }

    /// The selected module.
    pub(crate) fn module(&self) -> Option<&str> {
        match self {
            Selection::All | Selection::Product(_) => None,
            Selection::Module { module, .. } => Some(module),
            Selection::Feature { module, .. } => module.as_deref(),
        }
    }

    /// The selected feature.
    pub(crate) fn feature(&self) -> Option<&str> {
        match self {
            Selection::All | Selection::Product(_) | Selection::Module { .. } => None,
            Selection::Feature { feature, .. } => Some(feature),
        }
    }

    /// The selection, as a filter of the store.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            product: self.product().map(str::to_owned),
            module: self.module().map(str::to_owned),
            feature: self.feature().map(str::to_owned),
            user: None,
        }
    }

    /// The selected names, each as a selection with the levels above it, from the widest to
    /// the narrowest.
    pub(crate) fn steps(&self) -> Vec<(&'static str, Selection)> {
        let (product, module) = (self.product(), self.module());
        let owned = |name: Option<&str>| name.map(str::to_owned);
        let mut steps = Vec::new();
        if let Some(product) = product {
            steps.push(("product", Selection::Product(product.to_owned())));
        }
        if let Some(module) = module {
            let module = module.to_owned();
            steps.push((
                "module",
                Selection::Module {
                    product: owned(product),
                    module,
                },
            ));
        }
        if self.feature().is_some() {
            steps.push(("feature", self.clone()));
        }
        steps
    }

    /// The name of its narrowest level, for people.
    pub(crate) fn label(&self) -> String {
        let (name, without) = match self {
            Selection::All => return "All products".to_owned(),
            Selection::Product(product) => (product, "Without a product"),
            Selection::Module { module, .. } => (module, "Without a module"),
            Selection::Feature { feature, .. } => (feature, "Without a feature"),
        };
        if name.is_empty() {
            without.to_owned()
        } else {
            name.clone()
        }
    }
}
