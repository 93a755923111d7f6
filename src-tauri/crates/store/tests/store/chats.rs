//! Conversations: their list, their branches, their deletion, and what a killed
//! process leaves.

use crate::fixture::{a_run, ended, new, open, place};
use nopenai_domain::{
    Attachment, Chat, ChatId, ChatMessage, ChatSettings, Code, ContextPolicy, ContextUse, Error,
    MessageId, ModeId, ModelId, PageRequest, ParameterOverrides, Role, Run, Timestamp,
};
use nopenai_store::{Chats, Store};

fn said(chat: ChatId, parent: Option<MessageId>, role: Role, text: &str) -> ChatMessage {
    ChatMessage {
        id: MessageId::generate(),
        chat,
        parent,
        role,
        text: text.to_owned(),
        attachments: Vec::new(),
        run: None,
        created_at: Timestamp(1),
    }
}

async fn begun(chats: &Chats, title: &str) -> Chat {
    let settings = ChatSettings { title: title.to_owned(), ..ChatSettings::default() };
    chats.create(settings).await.unwrap()
}

/// A question and its answer, which is whole.
async fn turn(chats: &Chats, chat: ChatId, parent: Option<MessageId>, text: &str) -> ChatMessage {
    let question = said(chat, parent, Role::User, text);
    chats.ask(question.clone()).await.unwrap();
    let answer = said(chat, Some(question.id), Role::Assistant, &format!("{text}: answered"));
    chats.begin_answer(ChatMessage { text: String::new(), ..answer.clone() });
    chats.end_answer(answer.clone()).await.unwrap();
    answer
}

async fn titles(chats: &Chats, search: Option<&str>) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let request = PageRequest { limit: 2, after };
        let page = chats.page(search.map(str::to_owned), request).await.unwrap();
        seen.extend(page.items.into_iter().map(|chat| chat.settings.title));
        match page.next {
            Some(next) => after = Some(next),
            None => return seen,
        }
    }
}

fn code<T: std::fmt::Debug>(result: nopenai_store::Result<T>) -> Code {
    Error::from(result.unwrap_err()).code
}

#[tokio::test]
async fn settings_and_messages_are_given_back_as_they_were() {
    let (_folder, store) = new();
    let chats = store.chats();
    let settings = ChatSettings {
        title: "Ein Titel".to_owned(),
        model: Some(ModelId("a.gguf".to_owned())),
        mode: Some(ModeId("fast".to_owned())),
        parameters: ParameterOverrides {
            system_prompt: Some("كن موجزا".to_owned()),
            max_tokens: Some(7),
            ..ParameterOverrides::default()
        },
        context_policy: ContextPolicy::TruncateMiddle,
    };
    let chat = chats.create(settings.clone()).await.unwrap();
    assert_eq!(chat.settings, settings);
    let attachment = Attachment { name: "x.txt".to_owned(), text: "zeile\n".to_owned(), bytes: 6 };
    let question =
        ChatMessage { attachments: vec![attachment], ..said(chat.id, None, Role::User, "Wer?") };
    chats.ask(question.clone()).await.unwrap();
    let contents = chats.get(chat.id).await.unwrap();
    assert_eq!(
        (&contents.messages[..], contents.chat.leaf),
        (&[question.clone()][..], Some(question.id))
    );
    assert_eq!(contents.chat.settings, settings, "its title is a person's");

    let changed = ChatSettings { mode: None, ..ChatSettings::default() };
    assert_eq!(chats.update(chat.id, changed.clone()).await.unwrap().settings, changed);
    let long = ChatSettings { title: "x".repeat(201), ..ChatSettings::default() };
    assert_eq!(code(chats.update(chat.id, long).await), Code::InvalidInput);
    assert_eq!(code(chats.update(ChatId::generate(), changed).await), Code::NotFound);
    assert_eq!(code(chats.get(ChatId::generate()).await), Code::NotFound);
}

#[tokio::test]
async fn a_chat_is_called_by_its_first_words_and_stands_where_it_was_last_spoken_in() {
    let (_folder, store) = new();
    let chats = store.chats();
    let first = begun(&chats, "").await;
    for title in ["b", "100% sure", "c_d"] {
        begun(&chats, title).await;
    }
    assert_eq!(titles(&chats, None).await, ["c_d", "100% sure", "b", ""]);
    turn(&chats, first.id, None, "Who built the lighthouse?").await;
    let all = titles(&chats, None).await;
    assert_eq!(all, ["Who built the lighthouse?", "c_d", "100% sure", "b"]);
    assert_eq!(titles(&chats, Some("0%")).await, ["100% sure"], "no wildcard");
    assert_eq!(titles(&chats, Some("C_D")).await, ["c_d"]);
    assert_eq!(
        titles(&chats, Some("answered")).await,
        ["Who built the lighthouse?"],
        "what was said"
    );
    assert_eq!(titles(&chats, Some(" ")).await.len(), 4);
    let foreign = PageRequest { limit: 2, after: Some("up~1".to_owned()) };
    assert_eq!(code(chats.page(None, foreign).await), Code::InvalidInput);
}

#[tokio::test]
async fn branches_are_chosen_and_followed_to_their_end() {
    let (_folder, store) = new();
    let chats = store.chats();
    let chat = begun(&chats, "x").await;
    let first = turn(&chats, chat.id, None, "one").await;
    let second = turn(&chats, chat.id, Some(first.id), "two").await;
    let edited = turn(&chats, chat.id, None, "one, said otherwise").await;
    let contents = chats.get(chat.id).await.unwrap();
    assert_eq!(contents.chat.leaf, Some(edited.id));
    assert_eq!(contents.branch(contents.chat.leaf).len(), 2);
    let chosen = chats.select(chat.id, first.parent.unwrap()).await.unwrap();
    assert_eq!(chosen.leaf, Some(second.id));
    assert_eq!(code(chats.select(chat.id, MessageId::generate()).await), Code::NotFound);
    let other = begun(&chats, "y").await;
    assert_eq!(code(chats.select(other.id, first.id).await), Code::NotFound);
}

#[tokio::test]
async fn nothing_is_asked_or_deleted_while_an_answer_is_under_way() {
    let (_folder, store) = new();
    let chats = store.chats();
    let chat = begun(&chats, "x").await;
    let question = said(chat.id, None, Role::User, "one");
    chats.ask(question.clone()).await.unwrap();
    let answer = said(chat.id, Some(question.id), Role::Assistant, "");
    chats.begin_answer(answer.clone());
    let next = said(chat.id, Some(answer.id), Role::User, "two");
    assert_eq!(code(chats.ask(next.clone()).await), Code::Busy);
    assert_eq!(code(chats.delete(vec![chat.id]).await), Code::Busy);
    chats.end_answer(ChatMessage { text: "done".to_owned(), ..answer }).await.unwrap();
    chats.ask(next).await.unwrap();
    let empty = said(chat.id, None, Role::User, " \n");
    assert_eq!(code(chats.ask(empty).await), Code::InvalidInput);
}

#[tokio::test]
async fn a_deletion_is_undone_until_the_next_start() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    let chats = store.chats();
    let (kept, gone) = (begun(&chats, "kept").await, begun(&chats, "gone").await);
    turn(&chats, gone.id, None, "one").await;
    let deletion = chats.delete(vec![gone.id, ChatId::generate()]).await.unwrap();
    assert_eq!((deletion.chats, titles(&chats, None).await), (1, vec!["kept".to_owned()]));
    assert_eq!(code(chats.get(gone.id).await), Code::NotFound);
    assert_eq!(chats.restore(deletion.deletion).await.unwrap(), 1);
    assert_eq!(chats.get(gone.id).await.unwrap().messages.len(), 2);
    let deletion = chats.delete(vec![gone.id]).await.unwrap();
    drop((chats, store));
    let store = open(&path).unwrap();
    assert_eq!(store.chats().restore(deletion.deletion).await.unwrap(), 0);
    assert_eq!(titles(&store.chats(), None).await, ["kept"]);
    let left = crate::fixture::number(&store, "SELECT count(*) FROM chat_message").await;
    assert_eq!(left, 0, "its messages went with it");
    assert_eq!(store.chats().get(kept.id).await.unwrap().chat, kept);
}

async fn answering(store: &Store, chat: ChatId, before: &str) -> (ChatMessage, Run) {
    let run = Run { chat: Some(chat), ..a_run(1) };
    store.history().start(run.clone()).await.unwrap();
    let question = said(chat, None, Role::User, "one");
    store.chats().ask(question.clone()).await.unwrap();
    let answer = said(chat, Some(question.id), Role::Assistant, before);
    let answer = ChatMessage { run: Some(run.id), ..answer };
    store.chats().begin_answer(answer.clone());
    (answer, run)
}

#[tokio::test]
async fn a_process_that_ends_leaves_the_question_and_what_had_come_of_the_answer() {
    let (_folder, path) = place();
    let store = open(&path).unwrap();
    let chat = begun(&store.chats(), "x").await;
    let (answer, run) = answering(&store, chat.id, "before. ").await;
    for (number, piece) in ["what ", "had come"].into_iter().enumerate() {
        store.history().append(run.id, number as u64, piece.to_owned());
    }
    let context = ContextUse {
        policy: ContextPolicy::Rolling,
        left_out: 2,
        cut_characters: 9,
        used: 200,
        available: 256,
    };
    store.history().note_context(run.id, context);
    drop(store);
    let store = open(&path).unwrap();
    let contents = store.chats().get(chat.id).await.unwrap();
    let stored = contents.message(answer.id).unwrap();
    assert_eq!(stored.text, "before. what had come");
    let run = contents.run_of(stored).unwrap();
    assert_eq!((run.outcome, run.context), (nopenai_domain::Outcome::Interrupted, Some(context)));
    drop(store);
    let again = open(&path).unwrap().chats().get(chat.id).await.unwrap();
    assert_eq!(again, contents, "once only");
}

#[tokio::test]
async fn an_answer_shows_its_run_until_that_is_deleted() {
    let (_folder, store) = new();
    let chat = begun(&store.chats(), "x").await;
    let (answer, run) = answering(&store, chat.id, "").await;
    let run = ended(&run, "42");
    store.history().finish(run.clone()).await.unwrap();
    assert_eq!(store.history().get(run.id).await.unwrap().chat, Some(chat.id));
    store
        .chats()
        .end_answer(ChatMessage { text: "42".to_owned(), ..answer.clone() })
        .await
        .unwrap();
    let contents = store.chats().get(chat.id).await.unwrap();
    assert_eq!(contents.runs[0].measures, run.measures);
    store.history().delete(vec![run.id]).await.unwrap();
    let contents = store.chats().get(chat.id).await.unwrap();
    assert_eq!(
        (contents.runs.len(), contents.message(answer.id).unwrap().text.as_str()),
        (0, "42")
    );
}
