mod cases;
mod more;
mod owners;
mod support;
mod trees;
