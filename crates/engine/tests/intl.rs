//! What Intl and Temporal answer, through the facade.
#![cfg(feature = "intl")]

use spey_engine::script::{Origin, evaluate};
use spey_engine::{Engine, VmConfig, conversion, error};

fn check(program: &str, expected: &str) {
    Engine::new(VmConfig::default()).scope(|s| match evaluate(s, program, &Origin::file("program.js")) {
        Ok(v) => assert_eq!(conversion::to_text(s, v).ok().as_deref(), Some(expected)),
        Err(t) => {
            let e = s.take_exception(t);
            panic!("{}", error::describe(s, e));
        }
    });
}

#[test]
fn texts_have_segments() {
    check(
        "Array.from(new Intl.Segmenter().segment('ab\\u{1F468}\\u200D\\u{1F469}e\\u0301'), x => x.index).join()",
        "0,1,2,7",
    );
    check(
        "const words = new Intl.Segmenter('en', { granularity: 'word' });
         Array.from(words.segment('Hi, you'), x => x.segment + x.isWordLike).join('|')",
        "Hitrue|,false| false|youtrue",
    );
    check("new Intl.Segmenter().segment('abc').containing(1).segment", "b");
    check("new Intl.Segmenter().segment('abc').containing(3) === undefined", "true");
    check("Intl.getCanonicalLocales(['EN-us', 'de']).join()", "en-US,de");
}
#[test]
fn numbers_dates_and_lists_have_locales() {
    check("new Intl.NumberFormat('de').format(1234567.5)", "1.234.567,5");
    check("new Intl.PluralRules('en', { type: 'ordinal' }).select(2)", "two");
    check("new Intl.ListFormat('en').format(['a', 'b', 'c'])", "a, b, and c");
    check("['z', 'ä', 'a'].sort(new Intl.Collator('de').compare).join('')", "aäz");
    check("new Temporal.PlainDate(2024, 2, 28).add({ days: 2 }).toString()", "2024-03-01");
}
