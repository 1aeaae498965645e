mod cases;
mod comments;
mod more;
mod relabel;
mod support;
mod trees;
