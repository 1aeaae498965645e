//! Compiles every template and expression of a blueprint once, and runs them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tera::{Context, ErrorKind, Tera};

use super::about::About;
use super::bounded::{Bounded, MAX_TEXT, TOO_LARGE};
use super::comments::comment_pieces;
use super::filters;
use super::lints::lint_pieces;
use super::measures::measure_pieces;
use super::pulse::Pulse;
use super::tokens::{Word, tags, words};
use crate::assets::Assets;
use crate::blueprint::{Blueprint, Code, LabelUse, NodeRule, RowRule};
use crate::problem::{Problem, Problems, Sources};
use crate::source::Span;
use crate::text::{SLOT_CLOSE, SLOT_OPEN};

/// All templates and expressions of a workspace's blueprint, compiled.
#[derive(Debug)]
pub struct Engine {
    tera: Tera,
    /// Name within Tera by place: the offset tells most of them apart.
    codes: BTreeMap<(usize, Arc<str>), String>,
    /// Place by name within Tera.
    places: BTreeMap<String, Span>,
    /// Texts of the template files by name.
    pub(super) templates: BTreeMap<String, String>,
    pulse: Pulse,
}

/// Opens a compiled condition; its length is how far errors in it are shifted.
const OPEN: &str = "{% if ";
const CLOSE: &str = " %}1{% endif %}";

/// The most `elif` in a row that are compiled: Tera goes one deeper for each, and knows no bound.
const MAX_ELIF: usize = 200;
/// The most templates with mistakes that are looked for: each costs compiling all of them again.
const MAX_BROKEN: usize = 50;

/// A code of a blueprint, what it is, and whether it is a condition.
pub(super) struct Piece<'b> {
    /// What it is, for names and messages.
    pub(super) what: String,
    /// The text.
    pub(super) code: &'b Code,
    /// Whether it is an expression that is true or false.
    pub(super) condition: bool,
}

impl Engine {
    /// Compiles the templates and a blueprint's expressions; what does not compile is reported.
    pub fn new(
        blueprint: &Blueprint,
        assets: &Assets,
        pulse: &Pulse,
        out: &mut Problems,
        sources: &mut Sources,
    ) -> Option<Self> {
        let mut engine = Self {
            tera: Tera::new(),
            codes: BTreeMap::new(),
            places: BTreeMap::new(),
            templates: templates(assets, out, sources),
            pulse: pulse.clone(),
        };
        engine.tera.autoescape_on(Vec::<&'static str>::new());
        filters::register(&mut engine.tera);
        let mut all: BTreeMap<String, String> = engine.templates.clone();
        for piece in pieces(blueprint) {
            let file = piece.code.span.file.rsplit('/').next().unwrap_or_default();
            let mut name = format!("{file}: {}", piece.what);
            while all.contains_key(&name) {
                name.push('\'');
            }
            let text = match piece.condition {
                true => format!("{OPEN}{}{CLOSE}", piece.code.value),
                false => piece.code.value.clone(),
            };
            let place = (piece.code.span.range.start, Arc::clone(&piece.code.span.file));
            engine.codes.insert(place, name.clone());
            engine.places.insert(name.clone(), piece.code.span.clone());
            all.insert(name, text);
        }
        let compiled = engine.compile(all, out);
        super::names::check(blueprint, &engine, out);
        compiled.then_some(engine)
    }

    /// Where it tells what it renders.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// The texts of all template files.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.templates.values().map(String::as_str)
    }

    /// Adds all templates; one that fails is reported and emptied, so that the others are still checked.
    fn compile(&mut self, mut all: BTreeMap<String, String>, out: &mut Problems) -> bool {
        let mut usable = self.shallow(&mut all, out);
        for round in 0..=all.len() {
            let Err(error) = self.tera.add_raw_templates(all.iter()) else {
                break;
            };
            let problems = self.compile_problems(&error, &all);
            let names: Vec<String> = problems.iter().map(|(name, _)| name.clone()).collect();
            let known = names.iter().any(|name| all.get(name).is_some_and(|text| !text.is_empty()));
            out.extend(problems.into_iter().map(|(_, problem)| problem));
            if !known || round == MAX_BROKEN {
                return false;
            }
            usable &= names.iter().all(|name| self.templates.contains_key(name));
            for name in names {
                all.insert(name, String::new());
            }
        }
        usable
    }

    /// Empties what Tera could not compile without exhausting the stack; `false` if there is any.
    fn shallow(&self, all: &mut BTreeMap<String, String>, out: &mut Problems) -> bool {
        let mut shallow = true;
        for (name, text) in all {
            let is_elif = |inside: &[(usize, Word<'_>)]| {
                inside.iter().take(2).any(|(_, word)| *word == Word::Name("elif"))
            };
            let tags = tags(text).into_iter().filter(|tag| tag.statement);
            let mut elifs = tags.filter(|tag| is_elif(&words(text, tag.start, tag.end)));
            if let Some(tag) = elifs.nth(MAX_ELIF) {
                let message = format!("the template has more than {MAX_ELIF} `elif`");
                let problem = self.problem(name, Some(tag.start..tag.end), message);
                out.push(problem.hint("use a table of values, or several templates"));
                text.clear();
                shallow = false;
            }
        }
        shallow
    }

    fn compile_problems(
        &self,
        error: &tera::Error,
        all: &BTreeMap<String, String>,
    ) -> Vec<(String, Problem)> {
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                let name = report.filename().to_owned();
                let range = Some(report.span().range.clone());
                let problem = self.problem(&name, range, plain(report.message()));
                vec![(name, problem.hint("mend the template"))]
            }
            ErrorKind::CircularExtend { tpl, inheritance_chain: chain } => {
                let message = format!("templates extend each other: {}", chain.join(" → "));
                vec![(tpl.clone(), self.problem(tpl, None, message).hint("use `include`"))]
            }
            ErrorKind::CircularInclude { tpl, include_chain } => {
                let message =
                    format!("templates include each other: {}", include_chain.join(" → "));
                vec![(tpl.clone(), self.problem(tpl, None, message).hint("take out one `include`"))]
            }
            ErrorKind::MissingParent { current, parent } => {
                let message = format!("it extends `{parent}`, which does not exist");
                vec![(current.clone(), self.problem(current, None, message).hint("use `include`"))]
            }
            kind => {
                let text = kind.to_string();
                let named = all
                    .keys()
                    .filter(|name| text.contains(name.as_str()))
                    .max_by_key(|name| name.len());
                let name = named.cloned().unwrap_or_default();
                let problem = self.problem(&name, self.named_in(&name, &text), plain(&text));
                vec![(name.clone(), problem.hint("mend the template"))]
            }
        }
    }

    /// The bytes of the name in backquotes that a message is about.
    fn named_in(&self, name: &str, message: &str) -> Option<std::ops::Range<usize>> {
        let text = self.templates.get(name)?;
        message.split(['`', '\'', '"']).skip(1).step_by(2).find_map(|word| {
            let at = (word != name).then(|| text.find(word)).flatten()?;
            Some(at..at + word.len())
        })
    }

    /// A problem in a template file or in a code of the blueprint.
    pub(super) fn problem(
        &self,
        name: &str,
        range: Option<std::ops::Range<usize>>,
        message: impl Into<String>,
    ) -> Problem {
        match self.places.get(name) {
            Some(span) => {
                span.error(message).label(name.split_once(": ").map_or("", |(_, what)| what))
            }
            None => {
                let length = self.templates.get(name).map_or(0, String::len);
                let range = range.map(|r| r.start.min(length)..r.end.min(length));
                Problem::error(&format!("templates/{name}"), range, message)
            }
        }
    }

    /// Runs a template file.
    pub(super) fn template(
        &self,
        name: &str,
        context: &Context,
        about: About<'_>,
    ) -> Result<String, Box<Problem>> {
        self.run(name, context, about)
    }

    /// Runs a text of the blueprint.
    pub(super) fn text(
        &self,
        code: &Code,
        context: &Context,
        about: About<'_>,
    ) -> Result<String, Box<Problem>> {
        if !code.value.contains('{') {
            return Ok(code.value.clone());
        }
        self.run(self.name(code), context, about)
    }

    /// Runs a condition of the blueprint; an absent one holds.
    pub(super) fn holds(
        &self,
        code: Option<&Code>,
        context: &Context,
        about: About<'_>,
    ) -> Result<bool, Box<Problem>> {
        match code {
            None => Ok(true),
            Some(code) => Ok(self.run(self.name(code), context, about)? == "1"),
        }
    }

    /// The name of a code within Tera.
    pub(super) fn name(&self, code: &Code) -> &str {
        let place = (code.span.range.start, Arc::clone(&code.span.file));
        self.codes.get(&place).map_or("", String::as_str)
    }

    fn run(&self, name: &str, context: &Context, about: About<'_>) -> Result<String, Box<Problem>> {
        let mut text = Bounded::default();
        let folder = if self.templates.contains_key(name) { "templates/" } else { "" };
        self.pulse
            .during(format_args!("{folder}{name} (for {about})"), || {
                self.tera.render_to(name, context, &mut text)
            })
            .map_err(|error| Box::new(self.failed(&error, name, about)))?;
        Ok(String::from_utf8(text.0)
            .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned()))
    }

    fn failed(&self, error: &tera::Error, name: &str, about: About<'_>) -> Problem {
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                let text = plain(report.message());
                let range = Some(report.span().range.clone());
                self.problem(report.filename(), range, format!("{text} (for {about})"))
                    .hint("every declared field exists; guard what may be absent with `{% if … %}`")
            }
            ErrorKind::Io(kind) if *kind == TOO_LARGE => {
                let message =
                    format!("the text is larger than {} MiB (for {about})", MAX_TEXT >> 20);
                self.problem(name, None, message)
                    .hint("look for a loop that runs too often; GitLab takes no more")
            }
            kind => {
                let text = format!("{} (for {about})", plain(&kind.to_string()));
                self.problem(name, None, text).hint("mend the template")
            }
        }
    }
}

/// A sentence of Tera's as ours are: one line without a word before it and a full stop after it.
fn plain(message: &str) -> String {
    let lines = message.lines().map(str::trim).find(|line| !line.is_empty());
    let line = lines.unwrap_or("the template does not compile");
    let line = line.strip_prefix("error: ").unwrap_or(line).trim_end_matches([':', '.']);
    let mut letters = line.chars();
    letters.next().map_or_else(String::new, |c| c.to_lowercase().chain(letters).collect())
}

fn templates(
    assets: &Assets,
    out: &mut Problems,
    sources: &mut Sources,
) -> BTreeMap<String, String> {
    let mut templates = BTreeMap::new();
    for (path, text) in assets.under("templates/") {
        let name = path.trim_start_matches("templates/").to_owned();
        sources.insert(path, text);
        if text.contains([SLOT_OPEN, SLOT_CLOSE]) || text.contains("<!--epictree") {
            let message =
                "the template holds a marker or a character that epictree keeps for itself";
            out.push(
                Problem::error(path, None, message)
                    .hint("take it out; epictree adds markers itself"),
            );
        }
        templates.insert(name, text.replace("\r\n", "\n"));
    }
    templates
}

/// All texts and conditions of a blueprint.
pub(super) fn pieces(blueprint: &Blueprint) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    for rule in &blueprint.nodes {
        all.extend(node_pieces(rule));
    }
    for row in &blueprint.rows {
        all.extend(row_pieces(row));
    }
    all.extend(blueprint.comments.iter().flat_map(comment_pieces));
    all.extend(blueprint.lints.iter().flat_map(lint_pieces));
    all.extend(blueprint.measures.iter().flat_map(measure_pieces));
    for (list, entries) in &blueprint.schema.data {
        for entry in entries {
            if let Some(code) = &entry.when {
                all.push(Piece {
                    what: format!("data {list} {}, when", entry.id),
                    code,
                    condition: true,
                });
            }
        }
    }
    all
}

/// The texts and conditions of a node.
pub(super) fn node_pieces(rule: &NodeRule) -> Vec<Piece<'_>> {
    let key = &rule.key.value;
    let piece = |what: String, code, condition| Piece {
        what: format!("node {key}, {what}"),
        code,
        condition,
    };
    let mut pieces =
        vec![piece("key".into(), &rule.key, false), piece("title".into(), &rule.title, false)];
    let single = [
        ("when", &rule.when, true),
        ("creates", &rule.creates, true),
        ("parent", &rule.parent, false),
        ("weight", &rule.weight, false),
        ("milestone", &rule.milestone, false),
        ("start", &rule.start, false),
        ("due", &rule.due, false),
    ];
    for (what, code, condition) in single {
        pieces.extend(code.as_ref().map(|code| piece(what.into(), code, condition)));
    }
    pieces.extend(rule.assignees.iter().map(|code| piece("assignees".into(), code, false)));
    pieces.extend(rule.was.iter().map(|code| piece("was".into(), code, false)));
    for depends in &rule.depends_on {
        pieces.push(piece("depends-on".into(), &depends.key, false));
        pieces
            .extend(depends.when.as_ref().map(|code| piece("depends-on, when".into(), code, true)));
    }
    for (what, labels) in [("labels", &rule.labels), ("labels-once", &rule.labels_once)] {
        for LabelUse { title, when } in labels {
            pieces.push(piece(what.into(), title, false));
            pieces.extend(when.as_ref().map(|code| piece(format!("{what}, when"), code, true)));
        }
    }
    pieces
}

/// The texts and conditions of a row.
pub(super) fn row_pieces(row: &RowRule) -> Vec<Piece<'_>> {
    let piece = |what: &str, code, condition| Piece {
        what: format!("table-row {}, {what}", row.node.value),
        code,
        condition,
    };
    let mut pieces = vec![piece("node", &row.node, false), piece("heading", &row.heading, false)];
    pieces.extend(row.link.as_ref().map(|code| piece("link", code, false)));
    pieces.extend(row.when.as_ref().map(|code| piece("when", code, true)));
    pieces.extend(row.cells.iter().map(|(column, code)| piece(column, code, false)));
    pieces
}
