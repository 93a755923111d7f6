//! Texts as points, and models in other forms.

use crate::fixture::{App, MODEL, expect};
use nopenai_studio::Code;
use serde_json::{Value, json};
use std::fs;

fn product(a: &Value, b: &Value) -> f64 {
    let coordinates = |point: &Value| -> Vec<f64> {
        point["vector"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    coordinates(a).iter().zip(coordinates(b)).map(|(x, y)| x * y).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_mean_alike_are_nearer() {
    let app = App::start_on("llama_cpp").await;
    let texts = [
        "The cat sleeps on the warm sofa.",
        "A kitten is napping on the couch.",
        "Quarterly revenue grew by eleven percent.",
    ];
    let input = json!({ "model": MODEL, "texts": texts });
    let points = app.call("embed_texts", input.clone()).await.unwrap();
    let points = points.as_array().unwrap();
    assert_eq!(points.len(), 3);
    for point in points {
        assert!((product(point, point) - 1.0).abs() < 1e-5, "length 1");
        assert!(point["tokens"].as_u64() > Some(5));
        assert_eq!(point["vector"].as_array().unwrap().len(), 576);
    }
    let (near, far) = (product(&points[0], &points[1]), product(&points[0], &points[2]));
    assert!(near > far, "{near} and {far}");
    let again = app.call("embed_texts", input).await.unwrap();
    assert_eq!(&again.as_array().unwrap()[..], &points[..]);
    // Runs go on as before.
    let input = json!({ "model": MODEL, "prompt": "Hi", "parameters": { "max_tokens": 2 } });
    assert_eq!(app.run(input).await.0.unwrap()["outcome"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_cannot_be_points_are_refused() {
    let app = App::start_on("llama_cpp").await;
    let embed = |texts: Value| app.call("embed_texts", json!({ "model": MODEL, "texts": texts }));
    for texts in [json!([]), json!(["a", " "]), json!(vec!["a"; 257])] {
        assert_eq!(expect(embed(texts).await, Code::InvalidInput).details["field"], "texts");
    }
    let long = expect(embed(json!(["word ".repeat(3000)])).await, Code::EngineFailed);
    assert!(long.message.contains("2048"), "{long}");
    app.want("mistral_rs").await;
    let other = expect(embed(json!(["a"])).await, Code::UnsupportedModel);
    assert!(other.message.contains("llama.cpp"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_form_is_kept_where_the_model_is_as_good_in_it() {
    let app = App::start_on("llama_cpp").await;
    let input = json!({ "model": MODEL, "form": "q8_0" });
    let written = app.call("requantize_model", input.clone()).await.unwrap();
    let figure = |name: &str| written[name].as_f64().unwrap();
    let (before, after) = (figure("perplexity_before"), figure("perplexity_after"));
    assert!(before > 1.0 && after > 1.0, "{written:#}");
    assert!(after < before * 1.01, "{written:#}");
    let file = written["file"].as_str().unwrap().to_owned();
    assert_eq!(file, "starter.Q8_0.gguf");
    app.until_models("listed", |models| models.iter().any(|model| model["id"] == file.as_str()))
        .await;
    let asked = json!({ "model": file, "prompt": "Hi", "parameters": { "max_tokens": 2 } });
    assert_eq!(app.run(asked).await.0.unwrap()["outcome"], "completed");
    expect(app.call("requantize_model", input).await, Code::AlreadyExists);
    let same = json!({ "model": file, "form": "q8_0" });
    expect(app.call("requantize_model", same).await, Code::UnsupportedModel);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_worse_leaves_nothing() {
    let app = App::start_on("llama_cpp").await;
    let input = json!({ "model": MODEL, "form": "q4_0" });
    let worse = expect(app.call("requantize_model", input).await, Code::UnsupportedModel);
    let (before, after) = (&worse.details["before"], &worse.details["after"]);
    assert!(after.as_f64().unwrap() > before.as_f64().unwrap() * 1.01, "{worse}");
    let left = fs::read_dir(app.folder.path().join("models")).unwrap().flatten();
    let names: Vec<_> = left.map(|file| file.file_name()).collect();
    assert_eq!(names, [MODEL]);
}
