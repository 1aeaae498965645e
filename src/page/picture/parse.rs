//! Reads the part of Mermaid's flowcharts that is drawn: steps, arrows, their labels.

use super::{Chart, Direction, Edge, LONGEST_LABEL, Line, MOST_EDGES, MOST_NODES, Node, Shape};

/// What opens and closes a label, longest first, and how the step then looks.
const SHAPES: &[(&str, &str, Shape)] = &[
    ("(((", ")))", Shape::Round),
    ("([", "])", Shape::Round),
    ("((", "))", Shape::Round),
    ("[[", "]]", Shape::Box),
    ("[(", ")]", Shape::Round),
    ("{{", "}}", Shape::Diamond),
    ("[", "]", Shape::Box),
    ("(", ")", Shape::Round),
    ("{", "}", Shape::Diamond),
    (">", "]", Shape::Box),
];
/// Statements about looks and clicks, which this picture does without.
const LOOKS: &[&str] =
    &["classDef ", "class ", "style ", "linkStyle ", "click ", "accTitle", "accDescr"];

/// Reads a flowchart; `None` if there is anything else in it.
pub(super) fn parse(source: &str) -> Option<Chart> {
    let lines = source.lines().map(|line| line.split("%%").next().unwrap_or_default().trim());
    let mut lines = lines.filter(|line| !line.is_empty());
    let mut words = lines.next()?.trim_end_matches(';').split_whitespace();
    if !matches!(words.next()?, "flowchart" | "graph") {
        return None;
    }
    let direction = match words.next() {
        None | Some("TB" | "TD") => Direction::Down,
        Some("BT") => Direction::Up,
        Some("LR") => Direction::Right,
        Some("RL") => Direction::Left,
        Some(_) => return None,
    };
    let mut chart = Chart { direction, nodes: Vec::new(), edges: Vec::new() };
    for line in lines.filter(|line| !LOOKS.iter().any(|word| line.starts_with(word))) {
        let mut rest = line;
        while !rest.is_empty() {
            rest = statement(&mut chart, rest)?;
        }
    }
    (!chart.nodes.is_empty()).then_some(chart)
}

/// Steps, joined by `&`, and arrows between them; gives what is behind.
fn statement<'a>(chart: &mut Chart, line: &'a str) -> Option<&'a str> {
    let (mut from, mut rest) = group(chart, line)?;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(';') {
            return Some(behind.trim_start());
        }
        let (arrow, behind) = arrow(rest)?;
        let (to, behind) = group(chart, behind.trim_start())?;
        for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
            chart.edges.push(Edge { from, to, ..arrow.clone() });
        }
        if chart.edges.len() > MOST_EDGES {
            return None;
        }
        (from, rest) = (to, behind);
    }
    Some("")
}

fn group<'a>(chart: &mut Chart, text: &'a str) -> Option<(Vec<usize>, &'a str)> {
    let (first, mut rest) = node(chart, text)?;
    let mut all = vec![first];
    while let Some(behind) = rest.strip_prefix('&') {
        let (next, behind) = node(chart, behind.trim_start())?;
        all.push(next);
        rest = behind;
    }
    Some((all, rest))
}

fn node<'a>(chart: &mut Chart, text: &'a str) -> Option<(usize, &'a str)> {
    let (id, mut rest) = text.split_at(id_length(text));
    if id.is_empty() || matches!(id, "subgraph" | "end" | "direction") {
        return None;
    }
    let at = chart.nodes.iter().position(|node| node.id == id).unwrap_or_else(|| {
        let node = Node { id: id.to_owned(), label: id.to_owned(), shape: Shape::Box };
        chart.nodes.push(node);
        chart.nodes.len() - 1
    });
    if chart.nodes.len() > MOST_NODES {
        return None;
    }
    if let Some((open, close, shape)) = SHAPES.iter().find(|(open, ..)| rest.starts_with(open)) {
        let (text, behind) = label(&rest[open.len()..], close)?;
        let node = &mut chart.nodes[at];
        (node.label, node.shape) = (text, *shape);
        rest = behind;
    }
    if let Some(class) = rest.strip_prefix(":::") {
        rest = &class[id_length(class)..];
    }
    Some((at, rest.trim_start()))
}

/// Bytes of a name: a hyphen or full stop belongs to it only between letters.
fn id_length(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let next = text[at + c.len_utf8()..].chars().next();
        let joins = matches!(c, '-' | '.') && at > 0 && next.is_some_and(char::is_alphanumeric);
        if !(c.is_alphanumeric() || c == '_' || joins) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// A label up to what closes it, and what is behind.
fn label<'a>(text: &'a str, close: &str) -> Option<(String, &'a str)> {
    let (raw, behind) = match text.trim_start().strip_prefix('"') {
        Some(quoted) => {
            let (raw, behind) = quoted.split_once('"')?;
            (raw, behind.trim_start().strip_prefix(close)?)
        }
        None => text.split_once(close)?,
    };
    Some((plain(raw)?, behind))
}

/// A label as people read it.
fn plain(raw: &str) -> Option<String> {
    let raw = raw.trim().trim_matches('`');
    let raw = ["<br/>", "<br />", "<br>", "\\n"]
        .iter()
        .fold(raw.to_owned(), |text, line| text.replace(line, "\n"));
    let mut out = String::new();
    let mut parts = raw.split('#');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let coded = part.split_once(';').and_then(|(code, rest)| Some((decoded(code)?, rest)));
        match coded {
            Some((c, rest)) => out.extend([c.to_string().as_str(), rest]),
            None => out.extend(["#", part]),
        }
    }
    (out.chars().count() <= LONGEST_LABEL).then_some(out)
}

fn decoded(code: &str) -> Option<char> {
    match code {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        code => char::from_u32(code.parse().ok()?),
    }
}

/// An arrow, its label included; its ends are not known yet.
fn arrow(text: &str) -> Option<(Edge, &str)> {
    let back = ["<-", "<=", "x-", "o-"].iter().any(|start| text.starts_with(start));
    let body = if back { &text[1..] } else { text };
    let (line, strokes) = match body {
        body if body.starts_with("~~~") => (Line::Hidden, "~"),
        body if body.starts_with("==") => (Line::Thick, "="),
        body if body.starts_with("-.") => (Line::Dotted, ".-"),
        body if body.starts_with("--") => (Line::Solid, "-"),
        _ => return None,
    };
    let is_stroke = |c: char| strokes.contains(c);
    let end = body.find(|c| !is_stroke(c)).unwrap_or(body.len());
    let (stroke, mut rest) = body.split_at(end);
    let mut head = heads(rest);
    let mut text = String::new();
    let whole = match line {
        Line::Dotted => stroke.len() > 2,
        Line::Solid | Line::Thick | Line::Hidden => stroke.len() > 2 || head,
    };
    if whole {
        rest = &rest[usize::from(head)..];
        if let Some(labelled) = rest.trim_start().strip_prefix('|') {
            (text, rest) = label(labelled, "|")?;
        }
    } else {
        // `-- text -->`: the label stands within the stroke.
        let close = if line == Line::Dotted { ".-" } else { &stroke[..2] };
        let at = rest.find(close)?;
        text = plain(rest[..at].trim().trim_matches('"'))?;
        rest = rest[at..].trim_start_matches(is_stroke);
        head = heads(rest);
        rest = &rest[usize::from(head)..];
    }
    let edge = Edge { from: 0, to: 0, label: text, line, heads: (back, head) };
    Some((edge, rest))
}

/// Tells whether an arrow's head stands here; `x` and `o` are heads only before a blank.
fn heads(rest: &str) -> bool {
    rest.starts_with('>') || ["x ", "o "].iter().any(|head| rest.starts_with(head))
}
