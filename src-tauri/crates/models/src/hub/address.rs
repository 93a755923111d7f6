use super::Failure;
use nopenai_domain::{Code, Error, Result};
use reqwest::Url;
use std::fmt;

/// Where Hugging Face keeps files: these, and hosts below them.
const STORAGE: [&str; 2] = ["hf.co", "huggingface.co"];

/// Where the hub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubAddress {
    hub: Url,
}

impl HubAddress {
    /// Hugging Face, or what `HF_ENDPOINT` names in its place: a mirror over
    /// https, or over http on this machine.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for what is no such address.
    pub fn of(endpoint: Option<&str>) -> Result<Self> {
        let endpoint = endpoint.unwrap_or("https://huggingface.co");
        let refused = |reason: &str| {
            let message = format!("HF_ENDPOINT is \"{endpoint}\", which {reason}.");
            Error::new(Code::InvalidInput, message).with("field", "HF_ENDPOINT")
        };
        let hub =
            Url::parse(endpoint.trim_end_matches('/')).map_err(|_| refused("is no address"))?;
        let is_open = hub.scheme() == "http" && is_loopback(&hub);
        if hub.scheme() != "https" && !is_open {
            return Err(refused("is not encrypted: it must begin with https://"));
        }
        if !hub.username().is_empty() || hub.password().is_some() {
            return Err(refused("has a user's name in it"));
        }
        if hub.query().is_some() || hub.fragment().is_some() {
            return Err(refused("has more than a host and a path"));
        }
        Ok(Self { hub })
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.hub)
    }

    /// Whether `url` is of the hub itself, which alone gets the token.
    pub(crate) fn is_hub(&self, url: &Url) -> bool {
        url.origin() == self.hub.origin()
    }

    /// Refuses hosts that the hub doesn't keep files at, and unencrypted ones.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Failure> {
        let host = url.host_str().unwrap_or_default();
        let is_storage = STORAGE.iter().any(|known| {
            host == *known || host.strip_suffix(known).is_some_and(|h| h.ends_with('.'))
        });
        let is_encrypted = url.scheme() == "https" && url.port_or_known_default() == Some(443);
        if self.is_hub(url) || is_storage && is_encrypted {
            return Ok(());
        }
        let what = if is_storage || Some(host) == self.hub.host_str() {
            "another port or an unencrypted connection"
        } else {
            "another host"
        };
        Err(Failure::lasting(format!(
            "The hub's answer leads to {what} ({}), which was not followed.",
            url.origin().ascii_serialization()
        )))
    }

    /// The address of `path` below the hub's, each part of it encoded.
    pub(crate) fn join<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.hub.clone();
        // Only addresses like "mailto:" have no path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// The address of a repository's file at a revision.
    pub(crate) fn file(&self, repository: &str, revision: &str, path: &str) -> Url {
        let whole = repository.split('/').chain(["resolve", revision]).chain(path.split('/'));
        self.join(whole)
    }
}

impl fmt::Display for HubAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hub.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_the_hub_and_its_storage_are_asked() {
        let hub = HubAddress::of(None).unwrap();
        for good in [
            "https://huggingface.co/a/b",
            "https://cdn-lfs-us-1.hf.co/x?y=z",
            "https://cas-bridge.xethub.hf.co/x",
            "https://cdn-lfs.huggingface.co/x",
        ] {
            assert!(hub.check(&url(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://huggingface.co/a/b",
            "http://cdn-lfs.hf.co/x",
            "https://cdn-lfs.hf.co:8443/x",
            "https://hf.co.evil.example/x",
            "https://evilhf.co/x",
            "https://127.0.0.1/x",
            "file:///etc/passwd",
            "https://huggingface.co.evil.example/",
        ] {
            assert!(hub.check(&url(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_token_is_for_the_hub_alone() {
        let hub = HubAddress::of(None).unwrap();
        assert!(hub.is_hub(&url("https://huggingface.co/api/models")));
        for other in [
            "https://cdn-lfs.hf.co/x",
            "https://cdn-lfs.huggingface.co/x",
            "http://huggingface.co/x",
            "https://huggingface.co:444/x",
        ] {
            assert!(!hub.is_hub(&url(other)), "{other}");
        }
    }

    #[test]
    fn another_hub_is_encrypted_or_here() {
        for good in [
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:1",
            "https://m.example/api/hf/",
        ] {
            assert!(HubAddress::of(Some(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://m.example",
            "ftp://127.0.0.1",
            "m.example",
            "https://u:p@m.example",
            "https://m.example/?a",
        ] {
            let error = HubAddress::of(Some(bad)).expect_err(bad);
            assert_eq!(error.code, Code::InvalidInput);
        }
        let mirror = HubAddress::of(Some("https://m.example/api/hf/")).unwrap();
        let file = mirror.file("a/b", "main", "x y/ü?.gguf");
        assert_eq!(file.as_str(), "https://m.example/api/hf/a/b/resolve/main/x%20y/%C3%BC%3F.gguf");
        assert!(mirror.check(&url("http://m.example/x")).is_err());
    }
}
