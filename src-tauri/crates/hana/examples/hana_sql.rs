//! Prints every statement that the dialect for SAP HANA can produce, one a line.

use nopenai_domain::ServerKind;
use nopenai_hana::dialect::{catalogue, dialect};

fn main() {
    for statement in catalogue(dialect(ServerKind::Hana), "NOPENAI") {
        println!("{statement}");
    }
}
