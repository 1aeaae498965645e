//! Mermaid flowcharts as pictures within the page. A browser would need Mermaid's
//! own program for them, and nothing is loaded here; what is no flowchart, or a
//! very large one, stays text.

mod draw;
mod layout;
mod parse;

/// More steps than this are no picture that anybody could read.
const MOST_NODES: usize = 80;
/// The same of arrows.
const MOST_EDGES: usize = 240;
/// The longest label, in characters.
const LONGEST_LABEL: usize = 300;

/// How a step looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Box,
    Round,
    Diamond,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    id: String,
    label: String,
    shape: Shape,
}

/// How an arrow's line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Solid,
    Dotted,
    Thick,
    Hidden,
}

/// One arrow, from and to a step by its place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: usize,
    to: usize,
    label: String,
    line: Line,
    /// Whether there is a head at its beginning and at its end.
    heads: (bool, bool),
}

/// Where a chart runs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Down,
    Up,
    Right,
    Left,
}

impl Direction {
    fn is_level(self) -> bool {
        matches!(self, Self::Right | Self::Left)
    }
}

/// A flowchart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chart {
    direction: Direction,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// Draws a Mermaid text as SVG; `None` if it is not a flowchart that can be drawn.
#[must_use]
pub(super) fn picture(source: &str) -> Option<String> {
    let chart = parse::parse(source)?;
    let layout = layout::layout(&chart);
    Some(draw::draw(&chart, &layout))
}

#[cfg(test)]
mod tests;
