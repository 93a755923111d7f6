//! Which addresses are connected to.

use nopenai_domain::{Error, Place, Result};
use reqwest::Url;

const FIELD: &str = "base_url";

/// What people paste with the address, and what is added to it again.
const ENDINGS: [&str; 3] = ["/chat/completions", "/completions", "/models"];

/// An endpoint's address as it is kept: over https, or over http to this
/// computer or a private address, without what is added to it.
///
/// # Errors
/// [`nopenai_domain::Code::InvalidInput`] for the field `base_url`, saying what
/// is wrong.
pub fn check_address(typed: &str) -> Result<String> {
    let refused = |message: &str| Error::invalid(FIELD, message);
    let url = Url::parse(typed.trim())
        .map_err(|_| refused("This is no address: one begins with https:// and a host."))?;
    let host = url.host_str().ok_or_else(|| refused("The address names no host."))?;
    match url.scheme() {
        "https" => {}
        "http" if Place::of(host) != Place::Internet => {}
        "http" => {
            return Err(refused(
                "Over http:// anybody on the way reads the prompts, the answers and the key. It \
                 is possible to this computer and to private addresses (192.168.…, 10.…) only: \
                 write https://.",
            ));
        }
        _ => return Err(refused("The address must begin with https://.")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "The address has a user's name or password in it: give the key in its own field.",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused(
            "The address has a part after ? or #: only host and path are expected.",
        ));
    }
    let text = url.as_str().trim_end_matches('/');
    let bare = ENDINGS.iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text);
    Ok(bare.trim_end_matches('/').to_owned())
}

/// What is below an address that was checked.
///
/// # Errors
/// As [`check_address`].
pub(crate) fn below(base_url: &str, path: &str) -> Result<Url> {
    Url::parse(&format!("{base_url}/{path}"))
        .map_err(|_| Error::invalid(FIELD, "The address leads nowhere: check it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_are_kept() {
        for (typed, kept) in [
            ("https://api.example.com/v1/", "https://api.example.com/v1"),
            (" https://API.example.com ", "https://api.example.com"),
            ("https://a.example/v1/chat/completions", "https://a.example/v1"),
            ("http://localhost:11434/v1", "http://localhost:11434/v1"),
            ("http://192.168.1.5:8000/v1", "http://192.168.1.5:8000/v1"),
            ("http://[fd00::5]:8000/v1/models", "http://[fd00::5]:8000/v1"),
            // Other ways of writing 127.0.0.1, and nothing else.
            ("http://0x7f.1/v1", "http://127.0.0.1/v1"),
        ] {
            assert_eq!(check_address(typed).unwrap(), kept, "{typed}");
        }
        for typed in [
            "",
            "api.example.com",
            "http://api.example.com/v1",
            "http://8.8.8.8/v1",
            "http://localhost.example.com",
            "http://10.0.0.1.example.com",
            "ftp://10.0.0.1",
            "file:///etc/passwd",
            "https://user:secret@a.example",
            "https://a.example/?key=secret",
            "https://a.example/#x",
        ] {
            let error = check_address(typed).unwrap_err();
            assert_eq!(error.details["field"], "base_url", "{typed}");
            assert!(!error.message.contains("secret"), "{error}");
        }
    }
}
