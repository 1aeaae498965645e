mod cases;
mod comments;
mod more;
mod support;
mod trees;
