//! Where the steps of a flowchart stand: in layers along its direction, as few
//! arrows crossing as some sweeps over the layers can find.

use unicode_width::UnicodeWidthStr;

use super::{Chart, Shape};

/// Sizes in pixels.
pub(super) const LINE: f64 = 18.0;
const LETTER: f64 = 7.3;
const PADDING: (f64, f64) = (14.0, 9.0);
const MARGIN: f64 = 12.0;
/// Between two layers, and between two steps of one.
const GAPS: (f64, f64) = (46.0, 18.0);
/// Columns after which a label goes on below.
const WRAP: usize = 24;
const SWEEPS: usize = 8;

/// A place or a size.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A chart laid out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) size: Point,
    /// Middle and size of each step.
    pub(super) boxes: Vec<(Point, Point)>,
    /// The labels of the steps, line by line.
    pub(super) labels: Vec<Vec<String>>,
    /// The points each arrow goes through, its ends included.
    pub(super) paths: Vec<Vec<Point>>,
}

/// A step, or a point that an arrow goes through in a layer.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    layer: usize,
    /// Extent along the chart's direction and across it.
    along: f64,
    across: f64,
    /// Its middle across the direction.
    at: f64,
}

/// Lays a chart out.
pub(super) fn layout(chart: &Chart) -> Layout {
    let labels: Vec<Vec<String>> = chart.nodes.iter().map(|node| wrapped(&node.label)).collect();
    let sizes: Vec<Point> =
        chart.nodes.iter().zip(&labels).map(|(node, lines)| size(node.shape, lines)).collect();
    let level = chart.direction.is_level();
    let layers = layers(chart);
    let mut slots: Vec<Slot> = sizes
        .iter()
        .zip(&layers)
        .map(|(size, layer)| {
            let (along, across) = if level { (size.x, size.y) } else { (size.y, size.x) };
            Slot { layer: *layer, along, across, at: 0.0 }
        })
        .collect();
    let chains = chains(chart, &mut slots);
    let rows = order(&slots, &chains);
    place(&mut slots, &rows, &chains);
    finish(chart, &slots, &rows, &chains, sizes, labels)
}

/// A label in lines.
pub(super) fn wrapped(label: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in label.split('\n') {
        let mut line = String::new();
        for word in part.split_whitespace() {
            if !line.is_empty() && line.width() + 1 + word.width() > WRAP {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Pixels that the widest of some lines takes.
pub(super) fn width(lines: &[String]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "labels are short")]
    lines.iter().map(|line| line.width() as f64 * LETTER).fold(LETTER, f64::max)
}

fn size(shape: Shape, lines: &[String]) -> Point {
    #[expect(clippy::cast_precision_loss, reason = "labels are short")]
    let text = Point { x: width(lines), y: lines.len() as f64 * LINE };
    let (x, y) = (text.x + 2.0 * PADDING.0, text.y + 2.0 * PADDING.1);
    match shape {
        Shape::Box | Shape::Round => Point { x, y },
        Shape::Diamond => Point { x: x + text.y * 1.4, y: y * 1.6 },
    }
}

/// The layer of each step: behind all that lead to it, arrows that close a circle left aside.
fn layers(chart: &Chart) -> Vec<usize> {
    let forward = forward(chart);
    let count = chart.nodes.len();
    let mut layers = vec![0; count];
    // The longest way takes at most as many rounds as there are steps.
    for _ in 0..count {
        let mut moved = false;
        for (from, to) in &forward {
            if layers[*to] <= layers[*from] {
                layers[*to] = layers[*from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    // What nothing leads to stands just before what it leads to.
    for node in (0..count).filter(|node| forward.iter().all(|(_, to)| to != node)) {
        let next = forward.iter().filter(|(from, _)| *from == node).map(|(_, to)| layers[*to]);
        layers[node] = next.min().map_or(0, |next| next - 1);
    }
    layers
}

/// The arrows as pairs without circles: one that leads back to where the way came from is turned.
fn forward(chart: &Chart) -> Vec<(usize, usize)> {
    let count = chart.nodes.len();
    let next = |node: usize| -> Vec<usize> {
        chart.edges.iter().rev().filter(|edge| edge.from == node).map(|edge| edge.to).collect()
    };
    let (mut done, mut on_way) = (vec![false; count], vec![false; count]);
    let mut pairs = Vec::new();
    for start in 0..count {
        if done[start] {
            continue;
        }
        on_way[start] = true;
        let mut way = vec![(start, next(start))];
        while let Some((node, open)) = way.last_mut() {
            let node = *node;
            let Some(to) = open.pop() else {
                (done[node], on_way[node]) = (true, false);
                way.pop();
                continue;
            };
            if to == node {
                continue;
            }
            pairs.push(if on_way[to] { (to, node) } else { (node, to) });
            if !done[to] && !on_way[to] {
                on_way[to] = true;
                way.push((to, next(to)));
            }
        }
    }
    pairs
}

/// The slots of each arrow from the earlier to the later layer; long ones get points between.
fn chains(chart: &Chart, slots: &mut Vec<Slot>) -> Vec<Vec<usize>> {
    let chain = |edge: &super::Edge| {
        let (a, b) = (edge.from, edge.to);
        let (first, last) = if slots[a].layer <= slots[b].layer { (a, b) } else { (b, a) };
        let between = slots[first].layer + 1..slots[last].layer;
        let mut chain = vec![first];
        for layer in between {
            chain.push(slots.len());
            slots.push(Slot { layer, across: 8.0, ..Slot::default() });
        }
        chain.push(last);
        chain
    };
    chart.edges.iter().map(chain).collect()
}

/// Neighbours of each slot in the layer before and behind.
fn neighbours(slots: &[Slot], chains: &[Vec<usize>]) -> Vec<[Vec<usize>; 2]> {
    let mut all = vec![[Vec::new(), Vec::new()]; slots.len()];
    for (a, b) in chains.iter().flat_map(|chain| chain.windows(2)).map(|pair| (pair[0], pair[1])) {
        if a != b {
            all[a][1].push(b);
            all[b][0].push(a);
        }
    }
    all
}

/// The slots of each layer in order: sweeps there and back, the order with the fewest crossings.
fn order(slots: &[Slot], chains: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let last = slots.iter().map(|slot| slot.layer).max().unwrap_or_default();
    let mut rows = vec![Vec::new(); last + 1];
    slots.iter().enumerate().for_each(|(at, slot)| rows[slot.layer].push(at));
    let near = neighbours(slots, chains);
    let mut best = (crossings(&rows, &near), rows.clone());
    for sweep in 0..SWEEPS {
        let back = sweep % 2 == 1;
        for step in 1..=last {
            let row = if back { last - step } else { step };
            let beside = if back { row + 1 } else { row - 1 };
            let place = positions(&rows[beside], slots.len());
            let mean = |slot: usize, now: usize| -> (f64, usize) {
                let near = &near[slot][usize::from(back)];
                #[expect(clippy::cast_precision_loss, reason = "a layer has few steps")]
                match near.len() {
                    0 => (now as f64, now),
                    n => {
                        (near.iter().map(|other| place[*other] as f64).sum::<f64>() / n as f64, now)
                    }
                }
            };
            let mut keyed: Vec<((f64, usize), usize)> =
                rows[row].iter().enumerate().map(|(now, slot)| (mean(*slot, now), *slot)).collect();
            keyed.sort_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            rows[row] = keyed.into_iter().map(|(_, slot)| slot).collect();
        }
        let count = crossings(&rows, &near);
        if count < best.0 {
            best = (count, rows.clone());
        }
    }
    best.1
}

fn positions(row: &[usize], slots: usize) -> Vec<usize> {
    let mut positions = vec![0; slots];
    row.iter().enumerate().for_each(|(at, slot)| positions[*slot] = at);
    positions
}

/// How many pairs of arrows between two layers cross.
fn crossings(rows: &[Vec<usize>], near: &[[Vec<usize>; 2]]) -> usize {
    rows.windows(2)
        .map(|pair| {
            let place = positions(&pair[1], near.len());
            let mut ends: Vec<usize> = Vec::new();
            let mut count = 0;
            for slot in &pair[0] {
                let mine: Vec<usize> = near[*slot][1].iter().map(|to| place[*to]).collect();
                count += mine
                    .iter()
                    .map(|to| ends.iter().filter(|end| *end > to).count())
                    .sum::<usize>();
                ends.extend(mine);
            }
            count
        })
        .sum()
}

/// Puts the slots of each layer beside each other, each as near to its neighbours as the order lets it.
fn place(slots: &mut [Slot], rows: &[Vec<usize>], chains: &[Vec<usize>]) {
    let near = neighbours(slots, chains);
    for row in rows {
        let mut at = 0.0;
        for slot in row {
            slots[*slot].at = at + slots[*slot].across / 2.0;
            at += slots[*slot].across + GAPS.1;
        }
        row.iter().for_each(|slot| slots[*slot].at -= at / 2.0);
    }
    for sweep in 0..SWEEPS {
        let side = sweep % 2;
        let rows: Vec<&Vec<usize>> =
            if side == 0 { rows.iter().collect() } else { rows.iter().rev().collect() };
        for row in rows {
            let wanted: Vec<f64> = row
                .iter()
                .map(|slot| {
                    let near = &near[*slot][side];
                    #[expect(clippy::cast_precision_loss, reason = "a step has few neighbours")]
                    match near.len() {
                        0 => slots[*slot].at,
                        n => near.iter().map(|other| slots[*other].at).sum::<f64>() / n as f64,
                    }
                })
                .collect();
            spread(slots, row, &wanted);
        }
    }
}

/// Gives each slot of a row its wanted place; those that would touch share theirs evenly.
fn spread(slots: &mut [Slot], row: &[usize], wanted: &[f64]) {
    struct Block {
        first: usize,
        count: f64,
        /// Sum of the wanted places, each less its offset in the block.
        sum: f64,
        length: f64,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (at, slot) in row.iter().enumerate() {
        let across = slots[*slot].across + GAPS.1;
        let mut block =
            Block { first: at, count: 1.0, sum: wanted[at] - across / 2.0, length: across };
        while let Some(before) = blocks
            .pop_if(|before| before.sum / before.count + before.length > block.sum / block.count)
        {
            block = Block {
                first: before.first,
                sum: before.sum + block.sum - block.count * before.length,
                count: before.count + block.count,
                length: before.length + block.length,
            };
        }
        blocks.push(block);
    }
    let ends =
        blocks.iter().skip(1).map(|block| block.first).chain([row.len()]).collect::<Vec<_>>();
    for (block, end) in blocks.iter().zip(ends) {
        let mut at = block.sum / block.count;
        for slot in &row[block.first..end] {
            let across = slots[*slot].across + GAPS.1;
            slots[*slot].at = at + across / 2.0;
            at += across;
        }
    }
}

/// Turns layers and places into points of the picture.
fn finish(
    chart: &Chart,
    slots: &[Slot],
    rows: &[Vec<usize>],
    chains: &[Vec<usize>],
    sizes: Vec<Point>,
    labels: Vec<Vec<String>>,
) -> Layout {
    let level = chart.direction.is_level();
    let reversed = matches!(chart.direction, super::Direction::Up | super::Direction::Left);
    let gap = chart.edges.iter().map(|edge| label_room(&edge.label, level)).fold(GAPS.0, f64::max);
    let deepest = |row: &Vec<usize>| row.iter().map(|slot| slots[*slot].along).fold(0.0, f64::max);
    let depths: Vec<f64> = rows.iter().map(deepest).collect();
    let mut middles = Vec::new();
    let mut along = MARGIN;
    for depth in &depths {
        middles.push(along + depth / 2.0);
        along += depth + gap;
    }
    let length = along - gap + MARGIN;
    let edge = |slot: &Slot, sign: f64| slot.at + sign * slot.across / 2.0;
    let low = slots.iter().map(|slot| edge(slot, -1.0)).fold(f64::MAX, f64::min);
    let high = slots.iter().map(|slot| edge(slot, 1.0)).fold(f64::MIN, f64::max);
    let point = |along: f64, across: f64| {
        let along = if reversed { length - along } else { along };
        let across = across - low + MARGIN;
        if level { Point { x: along, y: across } } else { Point { x: across, y: along } }
    };
    let boxes = slots[..sizes.len()]
        .iter()
        .zip(sizes)
        .map(|(slot, size)| (point(middles[slot.layer], slot.at), size))
        .collect();
    let path = |(edge, chain): (&super::Edge, &Vec<usize>)| {
        let mut path: Vec<Point> = Vec::new();
        for (at, slot) in chain.iter().map(|slot| &slots[*slot]).enumerate() {
            let middle = middles[slot.layer];
            let (arrives, leaves) = (at > 0, at + 1 < chain.len());
            // Between two layers' steps an arrow runs straight, so that it touches none.
            let half = if arrives && leaves { depths[slot.layer] } else { slot.along } / 2.0;
            let sides = [(arrives, -half), (leaves, half)];
            path.extend(
                sides.iter().filter(|(is, _)| *is).map(|(_, side)| point(middle + side, slot.at)),
            );
        }
        if chain.first() != Some(&edge.from) {
            path.reverse();
        }
        path
    };
    let paths = chart.edges.iter().zip(chains).map(path).collect();
    let across = high - low + 2.0 * MARGIN;
    let size = if level { Point { x: length, y: across } } else { Point { x: across, y: length } };
    Layout { size, boxes, labels, paths }
}

/// Room along the direction for an arrow's label.
fn label_room(label: &str, level: bool) -> f64 {
    let lines = wrapped(label);
    match (label.is_empty(), level) {
        (true, _) => 0.0,
        (false, true) => width(&lines) + 40.0,
        #[expect(clippy::cast_precision_loss, reason = "labels are short")]
        (false, false) => lines.len() as f64 * LINE + 34.0,
    }
}
