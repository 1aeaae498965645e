mod cases;
mod more;
mod support;
mod trees;
