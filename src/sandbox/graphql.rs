//! From the body of a POST to the body of its answer: limits, validation, execution. Must not
//! know of connections.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use apollo_compiler::collections::HashMap;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{GraphQLError, JsonMap, JsonValue};
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Schema};
use serde_json::{Value, json};

use super::complexity::{self, Cost};
use super::error::SandboxError;
use super::handle::State;
use super::mutations::MutationRoot;
use super::node::{Node, Scene};
use super::seed::Edition;
use super::store::{Id, World};

/// The schema file that client and sandbox share.
pub const SDL: &str = include_str!("../gitlab/schema.graphql");

const QUERY_CHARACTERS: usize = 10_000;
const REPORTED_ERRORS: usize = 5;
const KEPT_DOCUMENTS: usize = 500;

/// An answer before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// Headers beside the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body.
    pub body: String,
    /// How much of it arrives.
    pub delivery: Delivery,
}

/// What becomes of an answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Whole,
    /// Half of it arrives, then the connection closes.
    Truncated,
    /// The connection closes without an answer.
    Severed,
    /// It never comes.
    Hanging,
}

impl Reply {
    /// Returns a JSON answer.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json; charset=utf-8",
            headers: Vec::new(),
            body: body.to_string(),
            delivery: Delivery::Whole,
        }
    }

    /// Returns a JSON answer with one error.
    pub(super) fn error(status: u16, message: &str) -> Self {
        Self::json(status, &errors(&[message]))
    }
}

fn errors(messages: &[&str]) -> Value {
    let errors: Vec<Value> = messages.iter().map(|message| json!({ "message": message })).collect();
    json!({ "errors": errors })
}

/// The schema of one kind of build, ready to run documents.
pub(super) struct Engine {
    schema: Valid<Schema>,
    implementers: HashMap<Name, Implementers>,
    /// Documents that were found valid, by their text: clients send the same few.
    valid: Mutex<BTreeMap<String, Arc<Valid<ExecutableDocument>>>>,
}

/// A built schema, or why it could not be built.
type Built = Result<Arc<Engine>, String>;

static ENTERPRISE: LazyLock<Built> = LazyLock::new(|| Engine::build(SDL));
static OLDER: LazyLock<Built> = LazyLock::new(|| Engine::build(&super::older_sdl(SDL)));
static COMMUNITY: LazyLock<Built> = LazyLock::new(|| Engine::build(&super::community_sdl(SDL)));

impl Engine {
    /// Returns the schema of an edition; each is built once. Of Community builds there is one only.
    pub(super) fn of(edition: &Edition) -> Result<Arc<Self>, SandboxError> {
        let older = edition.version.starts_with("18.1.") || edition.version.starts_with("18.2.");
        let built = match (edition.enterprise, older) {
            (true, false) => &*ENTERPRISE,
            (true, true) => &*OLDER,
            (false, _) => &*COMMUNITY,
        };
        built.clone().map_err(SandboxError::Schema)
    }

    fn build(sdl: &str) -> Built {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .map_err(|error| error.errors.to_string())?;
        let implementers = schema.implementers_map();
        Ok(Arc::new(Self { schema, implementers, valid: Mutex::default() }))
    }

    /// Parses and validates a document; an `Err` is the answer that says why not.
    fn document(&self, text: &str) -> Result<Arc<Valid<ExecutableDocument>>, Value> {
        let valid = || self.valid.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = valid().get(text) {
            return Ok(Arc::clone(known));
        }
        let document = ExecutableDocument::parse_and_validate(&self.schema, text, "query")
            .map_err(|found| {
                let found: Vec<GraphQLError> = found
                    .errors
                    .iter()
                    .take(REPORTED_ERRORS)
                    .map(|error| in_gitlabs_words(error.to_json()))
                    .collect();
                json!({ "errors": found })
            })?;
        let document = Arc::new(document);
        let mut valid = valid();
        if valid.len() >= KEPT_DOCUMENTS {
            valid.clear();
        }
        valid.insert(text.to_owned(), Arc::clone(&document));
        Ok(document)
    }
}

/// One operation of a request body.
struct Request {
    query: String,
    variables: JsonMap,
    operation: Option<String>,
}

/// A request body that was understood.
pub(super) struct Requests {
    all: Vec<Request>,
    batch: bool,
}

/// What a request asked for, for the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    pub(super) operation: String,
    pub(super) mutation: bool,
    pub(super) fields: Vec<String>,
}

/// Reads a body: one request or an array of them.
pub(super) fn read(body: &[u8]) -> Result<Requests, Reply> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| Reply::error(400, "There was a problem in the JSON you submitted"))?;
    let (values, batch) = match value {
        Value::Array(values) => (values, true),
        value => (vec![value], false),
    };
    let all = values.into_iter().map(request).collect::<Result<Vec<_>, Reply>>()?;
    let characters: usize = all.iter().map(|one| one.query.chars().count()).sum();
    if characters > QUERY_CHARACTERS {
        return Err(Reply::error(422, "Query too large"));
    }
    Ok(Requests { all, batch })
}

fn request(value: Value) -> Result<Request, Reply> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let variables = match value.get("variables") {
        None | Some(Value::Null) => JsonMap::new(),
        Some(Value::String(text)) if text.trim().is_empty() => JsonMap::new(),
        Some(Value::String(text)) => {
            serde_json::from_str(text).ok().and_then(object).ok_or_else(broken_variables)?
        }
        Some(other) => object(other.clone()).ok_or_else(broken_variables)?,
    };
    Ok(Request {
        query: text("query").unwrap_or_default(),
        variables,
        operation: text("operationName").filter(|name| !name.is_empty()),
    })
}

fn object(value: Value) -> Option<JsonMap> {
    match JsonValue::from(value) {
        JsonValue::Object(map) => Some(map),
        _ => None,
    }
}

fn broken_variables() -> Reply {
    Reply::error(422, "Unexpected parameter: variables")
}

/// A document that may run.
struct Prepared<'a> {
    document: Arc<Valid<ExecutableDocument>>,
    operation: Option<&'a str>,
    variables: Valid<JsonMap>,
    cost: Cost,
}

impl Prepared<'_> {
    fn operation(&self) -> Option<&Operation> {
        let found = self.document.operations.get(self.operation);
        found.ok().map(AsRef::as_ref)
    }
}

/// Runs a request body for a viewer; queries read `reading`.
pub(super) fn run(
    state: &State,
    requests: &Requests,
    viewer: Option<Id>,
    reading: Option<&Arc<World>>,
    by_get: bool,
) -> (Reply, Summary) {
    let prepared: Vec<_> =
        requests.all.iter().map(|request| prepare(&state.engine, request)).collect();
    let summary = summarise(&prepared);
    if by_get && summary.mutation {
        return (Reply::error(422, "Mutations are forbidden over GET"), summary);
    }
    let limit = if viewer.is_some() { 250 } else { 200 };
    let good = prepared.iter().flatten();
    let total = good.fold(0_u64, |sum, one| sum.saturating_add(one.cost.score));
    let mut answers: Vec<Value> = prepared
        .iter()
        .map(|one| match one {
            Ok(_) if total > limit => too_complex(total, limit),
            Ok(one) => execute(state, one, viewer, reading, limit),
            Err(answer) => answer.clone(),
        })
        .collect();
    let body =
        if requests.batch { Value::Array(answers) } else { answers.pop().unwrap_or(Value::Null) };
    (Reply::json(200, &body), summary)
}

fn too_complex(score: u64, limit: u64) -> Value {
    errors(&[&format!("Query has complexity of {score}, which exceeds max complexity of {limit}")])
}

/// Validates a request; an `Err` is the answer that says why not.
fn prepare<'a>(engine: &Engine, request: &'a Request) -> Result<Prepared<'a>, Value> {
    if request.query.trim().is_empty() {
        return Err(errors(&["No query string was present"]));
    }
    let document = engine.document(&request.query)?;
    let operation = document
        .operations
        .get(request.operation.as_deref())
        .map_err(|error| errors(&[&error.message().to_string()]))?;
    let variables = coerce_variable_values(&engine.schema, operation, &request.variables)
        .map_err(|error| json!({ "errors": [error.to_graphql_error(&document.sources)] }))?;
    let cost = complexity::estimate(&engine.schema, &document, operation, &variables);
    Ok(Prepared { document, operation: request.operation.as_deref(), variables, cost })
}

/// Rewords the one validation error that clients look for.
fn in_gitlabs_words(mut error: GraphQLError) -> GraphQLError {
    let parts: Vec<&str> = error.message.split('`').collect();
    if let ["type ", type_name, " does not have a field ", field, ""] = parts[..] {
        error.message = format!("Field '{field}' doesn't exist on type '{type_name}'");
    }
    error
}

fn summarise(prepared: &[Result<Prepared<'_>, Value>]) -> Summary {
    let mut summary = Summary::default();
    for one in prepared.iter().flatten() {
        let Some(operation) = one.operation() else {
            continue;
        };
        if let Some(name) = &operation.name {
            summary.operation = name.to_string();
        }
        summary.mutation |= operation.is_mutation();
        let fields = operation.root_fields(&one.document);
        summary.fields.extend(fields.map(|field| field.name.to_string()));
    }
    summary
}

fn execute(
    state: &State,
    prepared: &Prepared<'_>,
    viewer: Option<Id>,
    reading: Option<&Arc<World>>,
    limit: u64,
) -> Value {
    let depth_limit = if viewer.is_some() { 20 } else { 15 };
    let depth = prepared.cost.depth;
    if depth > depth_limit {
        let text = format!("Query has depth of {depth}, which exceeds max depth of {depth_limit}");
        return errors(&[&text]);
    }
    let Some(operation) = prepared.operation() else {
        return errors(&["No operation to execute"]);
    };
    let scene = Arc::new(Scene {
        world: reading.map_or_else(|| state.world(), Arc::clone),
        config: Arc::clone(&state.config),
        viewer,
        url: state.url(),
        complexity: (prepared.cost.score, limit),
    });
    let execution = Execution::new(&state.engine.schema, &prepared.document)
        .operation(operation)
        .implementers_map(&state.engine.implementers)
        .coerced_variable_values(&prepared.variables)
        .enable_schema_introspection(true);
    let done = if operation.is_mutation() {
        execution.execute_sync(&MutationRoot { state, scene })
    } else {
        execution.execute_sync(&Node::Query(scene))
    };
    match done {
        Ok(mut response) => {
            for error in &mut response.errors {
                let bare = error.message.strip_prefix("resolver error: ");
                if let Some(bare) = bare.map(str::to_owned) {
                    error.message = bare;
                }
            }
            json!(response)
        }
        Err(error) => errors(&[&error.message().to_string()]),
    }
}

/// Reads what a body asks for, without running it.
pub(super) fn outline(state: &State, body: &[u8]) -> Summary {
    let Ok(requests) = read(body) else {
        return Summary::default();
    };
    let prepared: Vec<_> =
        requests.all.iter().map(|request| prepare(&state.engine, request)).collect();
    summarise(&prepared)
}
