//! A flowchart that is laid out, as SVG. Colours are the page's.

use super::super::escape;
use super::layout::{LINE, Layout, Point, width, wrapped};
use super::{Chart, Line, Shape};

/// Length and half the width of an arrow's head.
const HEAD: (f64, f64) = (8.0, 4.0);

/// Draws a chart.
pub(super) fn draw(chart: &Chart, layout: &Layout) -> String {
    let Point { x, y } = layout.size;
    let mut out = format!(
        "<div class=\"picture\" role=\"group\" aria-label=\"Flowchart\" tabindex=\"0\"><svg role=\"img\" width=\"{x:.0}\" height=\"{y:.0}\" \
         viewBox=\"0 0 {x:.0} {y:.0}\"><title>{}</title>\n",
        escape(&told(chart))
    );
    let level = chart.direction.is_level();
    for (edge, path) in chart.edges.iter().zip(&layout.paths) {
        let style = match edge.line {
            Line::Solid => "line",
            Line::Dotted => "line dotted",
            Line::Thick => "line thick",
            Line::Hidden => continue,
        };
        let points = if edge.from == edge.to { around(path, level) } else { path.clone() };
        out.push_str(&format!("<path class=\"{style}\" d=\"{}\"/>", curve(&points, level)));
        let back: Vec<Point> = points.iter().rev().copied().collect();
        for (_, path) in
            [(edge.heads.1, &points), (edge.heads.0, &back)].iter().filter(|(is, _)| *is)
        {
            out.push_str(&head(path, level));
        }
        out.push('\n');
    }
    for (edge, path) in chart.edges.iter().zip(&layout.paths).filter(|(e, _)| !e.label.is_empty()) {
        let lines = wrapped(&edge.label);
        let at = middle(path);
        #[expect(clippy::cast_precision_loss, reason = "labels are short")]
        let (w, h) = (width(&lines) + 8.0, lines.len() as f64 * LINE);
        out.push_str(&format!(
            "<rect class=\"behind\" x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/>",
            at.x - w / 2.0,
            at.y - h / 2.0
        ));
        out.push_str(&text(at, &lines));
        out.push('\n');
    }
    for ((node, (at, size)), lines) in chart.nodes.iter().zip(&layout.boxes).zip(&layout.labels) {
        out.push_str(&outline(node.shape, *at, *size));
        out.push_str(&text(*at, lines));
        out.push('\n');
    }
    out.push_str("</svg></div>\n");
    out
}

/// The chart in words, for those who do not see it.
fn told(chart: &Chart) -> String {
    let name = |at: usize| chart.nodes[at].label.replace('\n', " ");
    let shown = chart.edges.iter().filter(|edge| edge.line != Line::Hidden);
    let arrows: Vec<String> =
        shown.map(|edge| format!("{} \u{2192} {}", name(edge.from), name(edge.to))).collect();
    if arrows.is_empty() { "Flowchart".to_owned() } else { arrows.join("; ") }
}

fn outline(shape: Shape, at: Point, size: Point) -> String {
    let (x, y) = (at.x - size.x / 2.0, at.y - size.y / 2.0);
    let (right, below) = (at.x + size.x / 2.0, at.y + size.y / 2.0);
    let radius = match shape {
        Shape::Box => 5.0,
        Shape::Round => size.y.min(44.0) / 2.0,
        Shape::Diamond => {
            return format!(
                "<path class=\"step\" d=\"M{:.1} {y:.1}L{right:.1} {:.1}L{:.1} {below:.1}L{x:.1} {:.1}Z\"/>",
                at.x, at.y, at.x, at.y
            );
        }
    };
    format!(
        "<rect class=\"step\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius:.1}\"/>",
        size.x, size.y
    )
}

fn text(at: Point, lines: &[String]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "labels are short")]
    let top = at.y - (lines.len() as f64 - 1.0) * LINE / 2.0;
    let mut out = format!("<text x=\"{:.1}\" y=\"{top:.1}\" text-anchor=\"middle\">", at.x);
    for (n, line) in lines.iter().enumerate() {
        let down = if n == 0 { 0.0 } else { LINE };
        out.push_str(&format!("<tspan x=\"{:.1}\" dy=\"{down}\">{}</tspan>", at.x, escape(line)));
    }
    out.push_str("</text>");
    out
}

/// A smooth line: it leaves and arrives along the chart's direction.
fn curve(points: &[Point], level: bool) -> String {
    let mut out = String::new();
    for (n, to) in points.iter().enumerate() {
        let Some(from) = n.checked_sub(1).map(|before| points[before]) else {
            out.push_str(&format!("M{:.1} {:.1}", to.x, to.y));
            continue;
        };
        let (a, b) = match level {
            true => {
                let half = (from.x + to.x) / 2.0;
                (Point { x: half, y: from.y }, Point { x: half, y: to.y })
            }
            false => {
                let half = (from.y + to.y) / 2.0;
                (Point { x: from.x, y: half }, Point { x: to.x, y: half })
            }
        };
        out.push_str(&format!(
            "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            a.x, a.y, b.x, b.y, to.x, to.y
        ));
    }
    out
}

/// The head at the end of a line.
fn head(points: &[Point], level: bool) -> String {
    let [.., before, end] = points else { return String::new() };
    let (dx, dy) = match level {
        true => (if end.x < before.x { -1.0 } else { 1.0 }, 0.0),
        false => (0.0, if end.y < before.y { -1.0 } else { 1.0 }),
    };
    let (length, half) = HEAD;
    let foot = Point { x: end.x - dx * length, y: end.y - dy * length };
    format!(
        "<path class=\"head\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\"/>",
        end.x,
        end.y,
        foot.x - dy * half,
        foot.y + dx * half,
        foot.x + dy * half,
        foot.y - dx * half
    )
}

fn middle(points: &[Point]) -> Point {
    let (a, b) = match points.len() {
        0 => return Point::default(),
        n => (points[(n - 1) / 2], points[n / 2]),
    };
    Point { x: (a.x + b.x) / 2.0, y: (a.y + b.y) / 2.0 }
}

/// The way of an arrow from a step to itself.
fn around(path: &[Point], level: bool) -> Vec<Point> {
    let (Some(start), Some(end)) = (path.first(), path.last()) else { return Vec::new() };
    let out = if level {
        Point { x: start.x, y: start.y - 30.0 }
    } else {
        Point { x: start.x + 30.0, y: start.y }
    };
    vec![*start, out, *end]
}
