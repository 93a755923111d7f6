use super::*;
use proptest::prelude::*;

fn message(role: Role, content: &str) -> Message {
    Message { role, content: content.to_owned() }
}

/// Like a real tokenizer and template: some tokens per message, and some per
/// text.
fn tokens(messages: &[Message]) -> u32 {
    let of = |message: &Message| 3 + message.content.chars().count().div_ceil(4) as u32;
    2 + messages.iter().map(of).sum::<u32>()
}

fn fitted(messages: &[Message], policy: ContextPolicy, budget: u32) -> (Fitted, u32) {
    let mut counts = 0;
    let count = |messages: Vec<Message>| {
        counts += 1;
        std::future::ready(Ok(tokens(&messages)))
    };
    let fitted = finish(fit(messages.to_vec(), policy, budget, count)).unwrap();
    (fitted, counts)
}

fn finish<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn conversation(turns: &[(String, String)], last: &str) -> Vec<Message> {
    let before = turns
        .iter()
        .flat_map(|(asked, said)| [message(Role::User, asked), message(Role::Assistant, said)]);
    let system = message(Role::System, "Be brief.");
    [system].into_iter().chain(before).chain([message(Role::User, last)]).collect()
}

fn contents(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.content.as_str()).collect()
}

#[test]
fn the_oldest_turns_roll_out_whole() {
    let turns: Vec<_> =
        (0..4).map(|turn| (format!("question {turn}"), format!("answer {turn}"))).collect();
    let whole = conversation(&turns, "last");
    let (fit, _) = fitted(&whole, ContextPolicy::Rolling, tokens(&whole) - 1);
    assert_eq!(fit.left_out, 2);
    assert_eq!(contents(&fit.messages)[..3], ["Be brief.", "question 1", "answer 1"]);
    let (fit, _) = fitted(&whole, ContextPolicy::Rolling, 16);
    assert_eq!((contents(&fit.messages), fit.left_out), (vec!["Be brief.", "last"], 8));
    assert_eq!(fit.cut_characters, 4 * 18);
}

#[test]
fn the_middle_is_cut_out_and_a_line_says_where() {
    let long = (0..400).map(|number| format!("{number} ")).collect::<String>();
    let turns = [("first question".to_owned(), long), ("second".to_owned(), "end".to_owned())];
    let whole = conversation(&turns, "last");
    let (fit, _) = fitted(&whole, ContextPolicy::TruncateMiddle, 120);
    let sent = contents(&fit.messages);
    assert_eq!((sent[1], sent[3], sent[4], sent[5]), ("first question", "second", "end", "last"));
    assert!(sent[2].starts_with("0 1 2 ") && sent[2].ends_with("398 399 "), "{}", sent[2]);
    let marker = format!("\n[… {} characters left out …]\n", fit.cut_characters);
    assert_eq!(sent[2].matches(&marker).count(), 1);
    assert_eq!(fit.left_out, 0);
}

#[test]
fn nothing_is_left_out_where_it_fits_or_is_to_be_refused() {
    let whole = conversation(&[("a".to_owned(), "b".to_owned())], "c");
    for (policy, budget) in [
        (ContextPolicy::Rolling, tokens(&whole)),
        (ContextPolicy::TruncateMiddle, tokens(&whole)),
        (ContextPolicy::Refuse, 1),
    ] {
        let (fit, counts) = fitted(&whole, policy, budget);
        assert_eq!((fit.messages, fit.left_out, fit.cut_characters), (whole.clone(), 0, 0));
        assert_eq!(counts, 1);
    }
}

#[test]
fn the_room_for_the_answer_is_what_it_may_have_up_to_a_quarter() {
    assert_eq!(room_for_answer(512, 8192), 512);
    assert_eq!(room_for_answer(4096, 8192), 2048);
    assert_eq!(room_for_answer(512, 256), 64);
}

proptest! {
    #[test]
    fn what_is_sent_fits_and_keeps_its_ends(
        turns in proptest::collection::vec(("\\PC{0,80}", "\\PC{0,400}"), 0..12),
        last in "\\PC{1,40}",
        budget in 10..900_u32,
        rolling in any::<bool>(),
    ) {
        let whole = conversation(&turns, &last);
        let policy = if rolling { ContextPolicy::Rolling } else { ContextPolicy::TruncateMiddle };
        let (fit, counts) = fitted(&whole, policy, budget);
        let sent = &fit.messages;
        prop_assert_eq!(&sent[0], &whole[0]);
        prop_assert_eq!(sent.last(), whole.last());
        prop_assert_eq!(fit.used, tokens(sent));
        prop_assert!(fit.used <= budget || sent.len() == 2, "only what always stays may not fit");
        prop_assert!(counts <= 26, "{counts} counts");
        for pair in sent.windows(2) {
            prop_assert_ne!(pair[0].role, pair[1].role, "question and answer by turns");
        }
        let markers = sent.iter().filter(|message| message.content.contains("characters left out"));
        if rolling {
            prop_assert_eq!(markers.count(), 0);
            prop_assert_eq!(&sent[1..], &whole[1 + fit.left_out as usize..]);
            prop_assert_eq!(fit.left_out % 2, 0, "whole turns");
        } else {
            let in_part = fit.cut_characters > 0 && sent.len() > 2;
            prop_assert_eq!(markers.count(), usize::from(in_part));
        }
        if fit.left_out == 0 && fit.cut_characters == 0 && sent.len() > 2 {
            prop_assert_eq!(sent, &whole);
        }
    }

    #[test]
    fn as_much_stays_as_fits(
        turns in proptest::collection::vec(("[a-z ]{1,40}", "[a-z ]{1,200}"), 2..10),
        budget in 60..500_u32,
    ) {
        let whole = conversation(&turns, "last");
        let (fit, _) = fitted(&whole, ContextPolicy::Rolling, budget);
        if fit.left_out > 0 && fit.used <= budget {
            let start = 1 + fit.left_out as usize - 2;
            let one_more: Vec<Message> =
                [&whole[..1], &whole[start..]].concat();
            prop_assert!(tokens(&one_more) > budget, "one more turn would have fitted");
        }
    }
}
