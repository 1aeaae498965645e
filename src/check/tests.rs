mod cases;
mod comments;
mod more;
mod owners;
mod support;
mod trees;
