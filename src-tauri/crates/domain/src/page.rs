use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most rows one page may ask for.
const MAX_LIMIT: u32 = 500;

/// One page of a list, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Page_of_{T}")]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass this as `after` for the following page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which page of a list. Keyset paging: the cursor names the last row seen, so
/// a page costs the same wherever it is and never skips or repeats a row.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PageRequest {
    /// How many rows, 1 to 500.
    #[serde(default = "default_limit")]
    pub limit: u32,
    /// The `next` of the page before; absent for the first page.
    #[serde(default)]
    pub after: Option<String>,
}

fn default_limit() -> u32 {
    50
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: default_limit(), after: None }
    }
}

impl PageRequest {
    /// Checks the limit's range.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming `limit`.
    pub fn validate(&self) -> Result<()> {
        if (1..=MAX_LIMIT).contains(&self.limit) {
            Ok(())
        } else {
            Err(Error::invalid(
                "limit",
                format!("limit is {}, and a page has 1 to {MAX_LIMIT} rows.", self.limit),
            ))
        }
    }
}
