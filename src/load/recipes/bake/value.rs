//! What an expression of a Bake file is: its pure functions are worked out, and what depends on anything else is unknown
//! (buildx `bake/hclparser`).

use crate::parse::hcl::{Body, Expr, Kind};
use indexmap::IndexMap;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Steps and bytes that one set of files may take.
const MOST: usize = 1 << 20;
/// How deep variables and functions may rest on each other.
const DEEP: usize = 64;
/// How deep expressions may be within each other, through variables and functions.
const NESTED: usize = 256;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Value>),
    Map(IndexMap<String, Value>),
    /// Not known, and why.
    Unknown(String),
}

impl Value {
    /// The text of a scalar as HCL puts it into a template.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    fn len(&self) -> usize {
        match self {
            Value::Text(text) | Value::Number(text) | Value::Unknown(text) => text.len(),
            Value::List(items) => items.iter().map(Value::len).sum::<usize>() + items.len(),
            Value::Map(map) => map.iter().map(|(name, value)| name.len() + value.len()).sum(),
            Value::Null | Value::Bool(_) => 1,
        }
    }

    fn unknown(why: &str) -> Self {
        Value::Unknown(why.to_owned())
    }
}

/// Names that hold in one place only: of a matrix, or of a function's arguments.
pub(super) type Local = IndexMap<String, Value>;

/// The variables and functions of a set of files.
pub(super) struct Scope<'a> {
    /// The default of each variable, where it has one, or the value of a name of the file.
    variables: HashMap<&'a str, (Option<&'a Expr>, bool)>,
    functions: HashMap<&'a str, &'a Body>,
    known: RefCell<HashMap<&'a str, (Value, bool)>>,
    left: Cell<usize>,
    depth: Cell<usize>,
    nested: Cell<usize>,
    /// Whether a default was used that the environment may replace.
    assumed: Cell<bool>,
}

impl<'a> Scope<'a> {
    /// Of these files, later ones over earlier ones.
    pub(super) fn of(files: &'a [Body]) -> Self {
        let mut scope = Self {
            variables: HashMap::new(),
            functions: HashMap::new(),
            known: RefCell::default(),
            left: Cell::new(MOST),
            depth: Cell::new(0),
            nested: Cell::new(0),
            assumed: Cell::new(false),
        };
        for file in files {
            for (name, value) in &file.attributes {
                scope.variables.insert(&name.value, (Some(value), false));
            }
            for block in &file.blocks {
                let name = block.label.value.as_str();
                match block.kind.as_str() {
                    "variable" => {
                        let before = scope.variables.get(name).and_then(|(before, _)| *before);
                        let value = block.body.get("default").or(before);
                        scope.variables.insert(name, (value, true));
                    }
                    "function" => {
                        scope.functions.insert(name, &block.body);
                    }
                    _ => {}
                }
            }
        }
        scope
    }

    /// What an expression is, and whether it holds only as long as a variable is not set.
    pub(super) fn value(&self, expr: &Expr, local: &Local) -> (Value, bool) {
        let before = self.assumed.replace(false);
        let value = self.eval(expr, local);
        let assumed = self.assumed.replace(before);
        self.assumed.set(before || assumed);
        (value, assumed)
    }

    /// Takes steps or bytes of what may be taken.
    pub(super) fn take(&self, count: usize) -> bool {
        let left = self.left.get().checked_sub(count);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    fn eval(&self, expr: &Expr, local: &Local) -> Value {
        if !self.take(1) || self.nested.get() >= NESTED {
            return Value::unknown("the file has too many values to follow");
        }
        self.nested.set(self.nested.get() + 1);
        let value = self.worked_out(expr, local);
        self.nested.set(self.nested.get() - 1);
        value
    }

    fn worked_out(&self, expr: &Expr, local: &Local) -> Value {
        let value = match &expr.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::Text(text.clone()),
            Kind::Template(parts) => self.template(parts, local),
            Kind::List(items) => Value::List(items.iter().map(|item| self.eval(item, local)).collect()),
            Kind::Object(pairs) => self.object(pairs, local),
            Kind::Variable(name) => local.get(name).cloned().unwrap_or_else(|| self.variable(name)),
            Kind::Get(from, steps) => self.get(from, steps, local),
            Kind::Call(name, arguments, spread) => self.call(name, arguments, *spread, local),
            Kind::Not(inner) => match self.eval(inner, local) {
                Value::Bool(value) => Value::Bool(!value),
                other => unknown_or(other, "`!` of something else than a boolean"),
            },
            Kind::Equal(left, right, wanted) => match (self.eval(left, local), self.eval(right, local)) {
                (Value::Unknown(why), _) | (_, Value::Unknown(why)) => Value::Unknown(why),
                (left, right) => Value::Bool((left == right) == *wanted),
            },
            Kind::Both(left, right, both) => match (self.eval(left, local), self.eval(right, local)) {
                (Value::Bool(one), _) | (_, Value::Bool(one)) if one != *both => Value::Bool(one),
                (Value::Bool(_), Value::Bool(_)) => Value::Bool(*both),
                (Value::Unknown(why), _) | (_, Value::Unknown(why)) => Value::Unknown(why),
                _ => Value::unknown("it joins something else than booleans"),
            },
            Kind::If(condition, yes, no) => match self.eval(condition, local) {
                Value::Bool(true) => self.eval(yes, local),
                Value::Bool(false) => self.eval(no, local),
                other => unknown_or(other, "its condition is no boolean"),
            },
            Kind::Other => Value::unknown("it holds an expression that is not followed"),
        };
        match self.take(value.len()) {
            true => value,
            false => Value::unknown("the file has too many values to follow"),
        }
    }

    fn template(&self, parts: &[Expr], local: &Local) -> Value {
        // `"${list}"` is the list.
        if let [part] = parts {
            return self.eval(part, local);
        }
        let mut text = String::new();
        for part in parts {
            match self.eval(part, local) {
                Value::Unknown(why) => return Value::Unknown(why),
                value => match value.text() {
                    Some(part) => text.push_str(&part),
                    None => return Value::unknown("something else than a text is put into a text"),
                },
            }
        }
        Value::Text(text)
    }

    fn object(&self, pairs: &[(Expr, Expr)], local: &Local) -> Value {
        let mut map = IndexMap::new();
        for (key, value) in pairs {
            match self.eval(key, local).text() {
                Some(key) => map.insert(key, self.eval(value, local)),
                None => return Value::unknown("a key of it is not known"),
            };
        }
        Value::Map(map)
    }

    fn variable(&self, name: &str) -> Value {
        let Some((&name, &(written, is_given))) = self.variables.get_key_value(name) else {
            return Value::Unknown(format!("`{}` is not defined in the file", shown(name)));
        };
        if let Some((value, assumed)) = self.known.borrow().get(name) {
            self.assumed.set(self.assumed.get() || *assumed);
            return value.clone();
        }
        let outer = self.assumed.replace(is_given);
        let value = match written {
            Some(written) => self.deeper(|| self.eval(written, &Local::new())),
            None => Value::Unknown(format!("the variable `{}` has no default", shown(name))),
        };
        let assumed = self.assumed.get();
        self.assumed.set(outer || assumed);
        self.known.borrow_mut().insert(name, (value.clone(), assumed));
        value
    }

    /// One level further down; circles end there.
    fn deeper(&self, work: impl FnOnce() -> Value) -> Value {
        if self.depth.get() >= DEEP {
            return Value::unknown("variables rest on each other too deeply, or in a circle");
        }
        self.depth.set(self.depth.get() + 1);
        let value = work();
        self.depth.set(self.depth.get() - 1);
        value
    }

    fn get(&self, from: &Expr, steps: &[Expr], local: &Local) -> Value {
        if matches!(&from.kind, Kind::Variable(name) if name == "target") {
            return Value::unknown("it is taken from another target");
        }
        let mut value = self.eval(from, local);
        for step in steps {
            let step = self.eval(step, local).text();
            let next = match (&value, step) {
                (Value::Unknown(_), _) => return value,
                (Value::Map(map), Some(step)) => map.get(&step).cloned(),
                (Value::List(items), Some(step)) => step.parse().ok().and_then(|at: usize| items.get(at).cloned()),
                _ => None,
            };
            match next {
                Some(next) if self.take(1 + next.len()) => value = next,
                Some(_) => return Value::unknown("the file has too many values to follow"),
                None => return Value::unknown("what is taken out of it does not exist"),
            }
        }
        value
    }

    fn call(&self, name: &str, arguments: &[Expr], spread: bool, local: &Local) -> Value {
        let mut values: Vec<Value> = arguments.iter().map(|argument| self.eval(argument, local)).collect();
        if spread {
            match values.pop() {
                Some(Value::List(items)) => values.extend(items),
                _ => return Value::unknown("its arguments are not known"),
            }
        }
        if let Some(body) = self.functions.get(name) {
            return self.own(body, values);
        }
        super::functions::call(name, values)
            .unwrap_or_else(|| Value::Unknown(format!("the function `{}` is not followed", shown(name))))
    }

    /// A function of the file: `params`, perhaps `variadic_params`, and `result`.
    fn own(&self, body: &Body, values: Vec<Value>) -> Value {
        let name = |expr: &Expr| match &expr.kind {
            Kind::Variable(name) | Kind::Text(name) => Some(name.clone()),
            _ => None,
        };
        let names: Option<Vec<String>> = match body.get("params").map(|params| &params.kind) {
            Some(Kind::List(params)) => params.iter().map(name).collect(),
            _ => None,
        };
        let (Some(names), Some(result)) = (names, body.get("result")) else {
            return Value::unknown("a function of the file has no `params` or no `result`");
        };
        let rest = body.get("variadic_params").and_then(name);
        if values.len() < names.len() || rest.is_none() && values.len() > names.len() {
            return Value::unknown("a function of the file is called with other arguments than it has");
        }
        let mut values = values.into_iter();
        let mut local: Local = names.into_iter().zip(values.by_ref()).collect();
        if let Some(rest) = rest {
            local.insert(rest, Value::List(values.collect()));
        }
        self.deeper(|| self.eval(result, &local))
    }
}

fn unknown_or(value: Value, why: &str) -> Value {
    match value {
        Value::Unknown(why) => Value::Unknown(why),
        _ => Value::unknown(why),
    }
}

fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}
