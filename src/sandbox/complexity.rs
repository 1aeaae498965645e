//! GitLab's estimate of what a document costs. Must not know of data.

use std::collections::BTreeMap;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::Schema;
use apollo_compiler::executable::{Field, Operation, Selection};
use apollo_compiler::response::JsonMap;

use super::connection::PAGE;

/// Fields looked at before a document counts as endless.
const PATIENCE: usize = 50_000;

/// Cost and depth of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) score: u64,
    pub(super) depth: u64,
}

struct Estimator<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    patience: usize,
}

/// Estimates an operation.
pub(super) fn estimate(
    schema: &Schema,
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> Cost {
    let mut estimator = Estimator { schema, document, variables, patience: PATIENCE };
    let root = operation.object_type().as_str();
    let cost = estimator.selections(&[&operation.selection_set.selections], root);
    if estimator.patience == 0 {
        return Cost { score: u64::MAX, depth: cost.depth };
    }
    cost
}

impl<'a> Estimator<'a> {
    /// Costs what stands in these selections on a type: the dearest of its concrete types.
    fn selections(&mut self, sets: &[&'a [Selection]], type_name: &str) -> Cost {
        let mut dearest = Cost { score: 0, depth: 0 };
        for concrete in self.concrete_types(type_name) {
            let mut fields = BTreeMap::new();
            for set in sets {
                self.collect(set, &concrete, &mut fields);
            }
            let mut total = Cost { score: 0, depth: 0 };
            for same in fields.values() {
                let cost = self.field(same);
                total.score = total.score.saturating_add(cost.score);
                total.depth = total.depth.max(cost.depth);
            }
            dearest.score = dearest.score.max(total.score);
            dearest.depth = dearest.depth.max(total.depth);
        }
        dearest
    }

    fn concrete_types(&self, type_name: &str) -> Vec<String> {
        if self.schema.get_object(type_name).is_some() {
            return vec![type_name.to_owned()];
        }
        self.schema
            .types
            .iter()
            .filter(|(_, def)| {
                def.as_object().is_some_and(|object| {
                    object
                        .implements_interfaces
                        .iter()
                        .any(|interface| interface.as_str() == type_name)
                })
            })
            .map(|(name, _)| name.to_string())
            .collect()
    }

    /// Gathers the fields that apply to a concrete type, by response key.
    fn collect(
        &mut self,
        set: &'a [Selection],
        concrete: &str,
        fields: &mut BTreeMap<String, Vec<&'a Field>>,
    ) {
        for selection in set {
            if self.patience == 0 {
                return;
            }
            self.patience -= 1;
            match selection {
                Selection::Field(field) => {
                    fields.entry(field.response_key().to_string()).or_default().push(field);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_ref();
                    if condition.is_none_or(|name| self.applies(name, concrete)) {
                        self.collect(&fragment.selection_set.selections, concrete, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let document = self.document;
                    if let Some(fragment) = document.fragments.get(&spread.fragment_name)
                        && self.applies(&fragment.selection_set.ty, concrete)
                    {
                        self.collect(&fragment.selection_set.selections, concrete, fields);
                    }
                }
            }
        }
    }

    fn applies(&self, condition: &str, concrete: &str) -> bool {
        condition == concrete
            || self.schema.get_object(concrete).is_some_and(|object| {
                object.implements_interfaces.iter().any(|interface| interface.as_str() == condition)
            })
    }

    /// Costs one field of the answer, which may stand several times in the document.
    fn field(&mut self, same: &[&'a Field]) -> Cost {
        let Some(field) = same.first() else {
            return Cost { score: 0, depth: 0 };
        };
        if field.name.starts_with("__schema") || field.name.starts_with("__type") {
            return Cost { score: 0, depth: 1 };
        }
        let sets: Vec<&[Selection]> =
            same.iter().map(|field| field.selection_set.selections.as_slice()).collect();
        let type_name = field.definition.ty.inner_named_type().as_str();
        let inner = if field.selection_set.selections.is_empty() {
            Cost { score: 0, depth: 0 }
        } else {
            self.selections(&sets, type_name)
        };
        let own = self.own_cost(field, type_name);
        let score = inner.score.saturating_add(own);
        let score = match self.page(field, type_name) {
            Some(page) => score.saturating_add(score.saturating_mul(page) / 100),
            None => score,
        };
        Cost { score, depth: inner.depth + 1 }
    }

    fn own_cost(&self, field: &Field, type_name: &str) -> u64 {
        if field.name == "type" && type_name == "WorkItemWidgetType" {
            return 0;
        }
        1 + u64::from(self.given(field, "sort")) + 5 * u64::from(self.given(field, "search"))
    }

    /// Returns the page size of a connection; none where numbers within the place are given.
    fn page(&self, field: &Field, type_name: &str) -> Option<u64> {
        if !type_name.ends_with("Connection")
            || self.given(field, "iid")
            || self.given(field, "iids")
        {
            return None;
        }
        let page = PAGE as u64;
        Some(self.number(field, "first").map_or(page, |first| first.min(page)))
    }

    /// Tells whether an argument is there and not null.
    fn given(&self, field: &Field, name: &str) -> bool {
        let Some(argument) = field.arguments.iter().find(|argument| argument.name == name) else {
            return false;
        };
        match argument.value.as_variable() {
            Some(variable) => {
                self.variables.get(variable.as_str()).is_some_and(|value| !value.is_null())
            }
            None => !argument.value.is_null(),
        }
    }

    fn number(&self, field: &Field, name: &str) -> Option<u64> {
        let argument = field.arguments.iter().find(|argument| argument.name == name)?;
        match argument.value.as_variable() {
            Some(variable) => self.variables.get(variable.as_str())?.as_u64(),
            None => {
                let number = argument.value.to_i32()?;
                u64::try_from(number).ok()
            }
        }
    }
}
