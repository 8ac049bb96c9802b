//! The functions of Bake that make names, arguments and lists out of others (buildx `bake/hclparser/stdlib.go`, go-cty
//! `function/stdlib`).

use super::value::Value;

/// Bytes that a function may add to what it is given.
const MOST: usize = 1 << 20;

/// What a function makes of its arguments; `None` for one that is not followed, or that takes others.
pub(super) fn call(name: &str, values: Vec<Value>) -> Option<Value> {
    if name == "coalesce" {
        let mut values = values.into_iter();
        return values.find(|value| *value != Value::Null);
    }
    let unknown = |value: &Value| match value {
        Value::Unknown(why) => Some(Value::Unknown(why.clone())),
        _ => None,
    };
    if let Some(unknown) = values.iter().find_map(unknown) {
        return Some(unknown);
    }
    let texts: Option<Vec<String>> = values.iter().map(Value::text).collect();
    let texts = texts.as_deref();
    Some(match (name, values.as_slice()) {
        ("and", [Value::Bool(one), Value::Bool(other)]) => Value::Bool(*one && *other),
        ("or", [Value::Bool(one), Value::Bool(other)]) => Value::Bool(*one || *other),
        ("not", [Value::Bool(value)]) => Value::Bool(!value),
        ("equal", [one, other]) => Value::Bool(one == other),
        ("notequal", [one, other]) => Value::Bool(one != other),
        ("lower", _) => Value::Text(one(texts)?.to_lowercase()),
        ("upper", _) => Value::Text(one(texts)?.to_uppercase()),
        ("trimspace", _) => Value::Text(one(texts)?.trim().to_owned()),
        ("trimprefix" | "trimsuffix" | "split" | "replace" | "format", _) => of_texts(name, texts?)?,
        ("join", [separator, Value::List(items)]) => {
            let separator = separator.text().filter(|text| text.len() * items.len() < MOST)?;
            let items: Option<Vec<String>> = items.iter().map(Value::text).collect();
            Value::Text(items?.join(&separator))
        }
        ("concat", lists) => Value::List(items(lists)?),
        ("flatten", [Value::List(lists)]) if lists.iter().all(|list| matches!(list, Value::List(_))) => {
            Value::List(items(lists)?)
        }
        ("compact", [Value::List(items)]) => {
            let is_kept = |item: &&Value| item.text().is_some_and(|text| !text.is_empty());
            Value::List(items.iter().filter(is_kept).cloned().collect())
        }
        ("lookup", [Value::Map(map), name, rest @ ..]) if rest.len() < 2 => {
            map.get(&name.text()?).or(rest.first()).cloned()?
        }
        ("contains", [Value::List(items), wanted]) => Value::Bool(items.contains(wanted)),
        ("length", [Value::List(items)]) => Value::Number(items.len().to_string()),
        ("merge", maps) => {
            let mut merged = indexmap::IndexMap::new();
            for map in maps {
                let Value::Map(map) = map else { return None };
                merged.extend(map.clone());
            }
            Value::Map(merged)
        }
        _ => return None,
    })
}

fn one(texts: Option<&[String]>) -> Option<&str> {
    match texts? {
        [text] => Some(text),
        _ => None,
    }
}

fn items(lists: &[Value]) -> Option<Vec<Value>> {
    let mut all = Vec::new();
    for list in lists {
        let Value::List(items) = list else { return None };
        all.extend(items.iter().cloned());
    }
    Some(all)
}

fn of_texts(name: &str, texts: &[String]) -> Option<Value> {
    Some(match (name, texts) {
        ("trimprefix", [text, start]) => Value::Text(text.strip_prefix(start).unwrap_or(text).to_owned()),
        ("trimsuffix", [text, end]) => Value::Text(text.strip_suffix(end).unwrap_or(text).to_owned()),
        ("split", [separator, text]) if !separator.is_empty() => {
            Value::List(text.split(separator).map(|part| Value::Text(part.to_owned())).collect())
        }
        // An empty text stands between any two letters.
        ("replace", [text, from, to]) if !from.is_empty() && text.len() * to.len() < MOST => {
            Value::Text(text.replace(from, to))
        }
        ("format", [form, rest @ ..]) => Value::Text(format(form, rest)?),
        _ => return None,
    })
}

/// `%s`, `%v`, `%d` and `%%`; other verbs are not followed.
fn format(form: &str, values: &[String]) -> Option<String> {
    let mut made = String::new();
    let mut values = values.iter();
    let mut letters = form.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => match letters.next()? {
                's' | 'v' | 'd' => made.push_str(values.next()?),
                '%' => made.push('%'),
                _ => return None,
            },
            letter => made.push(letter),
        }
    }
    values.next().is_none().then_some(made)
}
