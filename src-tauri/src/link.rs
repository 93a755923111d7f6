//! Deep links: `nopenai://prompt-testing/RUN` names a place in the window.

/// The scheme of our links.
const SCHEME: &str = "nopenai://";

/// The longest link.
const MAX_LENGTH: usize = 200;

/// The place in the window that `link` names, as the fragment of its address
/// (`#/prompt-testing/RUN`); `None` for what is no link of ours. Only lower-case
/// letters, digits, `-` and `/` may stand in it, so that it is harmless
/// wherever it is put.
pub fn fragment(link: &str) -> Option<String> {
    let place = link.strip_prefix(SCHEME)?.trim_end_matches('/');
    let harmless =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/".contains(&byte);
    (place.len() <= MAX_LENGTH && place.bytes().all(harmless)).then(|| format!("#/{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_place() {
        let run = "0193d5e2-7c00-7000-8000-000000000001";
        let link = format!("nopenai://prompt-testing/{run}");
        assert_eq!(fragment(&link), Some(format!("#/prompt-testing/{run}")));
        assert_eq!(fragment("nopenai://prompt-testing/"), Some("#/prompt-testing".to_owned()));
    }

    #[test]
    fn what_is_no_link_of_ours_is_refused() {
        for text in ["https://example.com", "nopenai:prompt", "nopenai://a'b", "nopenai://%27", ""]
        {
            assert_eq!(fragment(text), None, "{text}");
        }
        assert_eq!(fragment(&format!("nopenai://{}", "a".repeat(300))), None);
    }
}
