use super::*;
use crate::finding::Finding;
use crate::report::sample::Sample;

#[test]
fn show() {
    let sample = Sample::seed();
    println!("{}", render(&sample.report(), false, false));
    println!("{}", render(&sample.report(), true, true));
}
