//! What callers of a generated client see: its calls with what they take and give, and its types.
//!
//! It is read off the generated tree, since that is what a caller compiles against; the spec only
//! says what was meant. The snapshots under `tests/codegen` list it, and [`diff`](super::diff)
//! compares two of them.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, ExprLit, File, FnArg, GenericArgument, ImplItem, ImplItemFn, Item, ItemMod,
    ItemStruct, Lit, Member, Meta, Pat, Path, PathArguments, ReturnType, Stmt,
};

/// All of it, in the order of the generated module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// The calls of the client, one an operation.
    pub calls: Vec<Call>,
    /// The types of requests and replies.
    pub types: Vec<Type>,
}

/// A method of the client with the builder that it gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The method, such as `get_service_info`.
    pub method: String,
    /// The spec's `operationId`, such as `getServiceInfo`.
    pub id: String,
    /// The method and path on the wire, such as `POST /getServiceInfo`.
    pub route: String,
    /// What awaiting it gives.
    pub payload: String,
    /// What can be set, that of the whole body included.
    pub setters: Vec<Setter>,
    /// The item of `stream()`, where the spec paginates.
    pub stream: Option<String>,
    /// Whether the compiler warns of its use.
    pub deprecated: bool,
    /// Whether it may be sent again after a failure.
    pub idempotent: bool,
    /// Whether the credentials go with it.
    pub authorized: bool,
    /// How its reply says failure, as the table of operations has it.
    pub envelope: String,
}

/// What sets one thing that a call sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setter {
    /// The function.
    pub name: String,
    /// The parameter's name on the wire.
    pub wire: String,
    /// What it holds.
    pub ty: String,
    /// Whether the call can't be made without it.
    pub required: bool,
    /// Whether the compiler warns of its use.
    pub deprecated: bool,
}

/// A type of the module `types`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// An object.
    Struct(Struct),
    /// A text of which some values are known.
    Enum(Enum),
}

impl Type {
    /// The name in `types`.
    pub fn name(&self) -> &str {
        match self {
            Type::Struct(item) => &item.name,
            Type::Enum(item) => &item.name,
        }
    }
}

/// A struct, with public fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// The name in `types`.
    pub name: String,
    /// Whether fields may be added without breaking a caller.
    pub non_exhaustive: bool,
    /// Whether it has a `default()`.
    pub default: bool,
    /// Whether a function sets each field, because callers make it.
    pub built: bool,
    /// Whether it can be decoded, because replies have it.
    pub read: bool,
    /// What may stand on the wire in its place.
    pub stand_ins: Vec<StandIn>,
    /// What `new` takes, if there is one: the names and types of fields.
    pub new: Option<Vec<(String, String)>>,
    /// The fields.
    pub fields: Vec<Field>,
}

/// What a struct is read from besides an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// A bare list, which becomes this field.
    List(String),
    /// Bare text, which becomes this field.
    Text(String),
    /// An item of a list that stands for a map, with its key in this property.
    Keyed(String),
}

impl fmt::Display for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StandIn::List(field) => write!(f, "a bare list, as {field}"),
            StandIn::Text(field) => write!(f, "bare text, as {field}"),
            StandIn::Keyed(property) => write!(f, "in a list, by its {property}"),
        }
    }
}

/// A public field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in Rust.
    pub name: String,
    /// The name on the wire.
    pub wire: String,
    /// The type.
    pub ty: String,
    /// Whether its text is base64 on the wire, and plain here.
    pub base64: bool,
    /// Whether it is JSON inside of a text on the wire.
    pub json_text: bool,
    /// Whether it holds what the spec doesn't name.
    pub rest: bool,
    /// Whether the compiler warns of its use.
    pub deprecated: bool,
}

/// An enum that keeps the values it doesn't know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// The name in `types`.
    pub name: String,
    /// The variants, each with its value on the wire.
    pub variants: Vec<(String, String)>,
}

impl Surface {
    /// Reads it off what [`generate_tree`](super::generate_tree) gives.
    pub fn of(tree: &File) -> Surface {
        Surface {
            calls: calls(tree),
            types: types(&items(tree, "types")),
        }
    }
}

fn calls(tree: &File) -> Vec<Call> {
    let builders = items(tree, "builder");
    let table = table(&items(tree, "operations"));
    let wires = wires(tree);
    let mut calls = Vec::new();
    for method in methods(&tree.items) {
        let Some(builder) = returned(method).filter(|ty| ty.starts_with("builder::")) else {
            continue;
        };
        let builder = builder.trim_start_matches("builder::");
        let builder = builder.split('<').next().unwrap_or_default();
        let name = method.sig.ident.to_string();
        // A method with the name of a keyword has a line behind it.
        let entry = table.get(name.trim_end_matches('_'));
        let entry = |key: &str| entry.and_then(|entry| entry.get(key)).cloned();
        let text = |key: &str| {
            let literal = entry(key).and_then(|text| syn::parse_str::<syn::LitStr>(&text).ok());
            literal.map(|literal| literal.value()).unwrap_or_default()
        };
        let id = text("id");
        let mut setters = setters(&builders, builder);
        for setter in &mut setters {
            if let Some(wire) = wires.get(&(id.clone(), setter.name.clone())) {
                setter.wire.clone_from(wire);
            }
        }
        calls.push(Call {
            route: format!("{} {}", text("method"), text("path")),
            payload: payload(&builders, builder),
            stream: methods_of(&builders, builder)
                .into_iter()
                .find_map(streamed),
            deprecated: is_deprecated(&method.attrs),
            idempotent: entry("idempotent").as_deref() == Some("true"),
            authorized: entry("authorized").as_deref() == Some("true"),
            envelope: entry("envelope").unwrap_or_default(),
            method: name,
            setters,
            id,
        });
    }
    calls
}

fn types(items: &[Item]) -> Vec<Type> {
    let readers = readers(items);
    let mut types = Vec::new();
    for item in items {
        match item {
            Item::Struct(item) => types.push(Type::Struct(structure(item, items, &readers))),
            Item::Macro(item) if ends(&item.mac.path, "open_enum") => {
                types.push(Type::Enum(choice(item.mac.tokens.clone())));
            }
            _ => {}
        }
    }
    types
}

/// The items of a module of the client.
fn items(tree: &File, name: &str) -> Vec<Item> {
    let module = tree.items.iter().find_map(|item| match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) if ident == name => Some(items.clone()),
        _ => None,
    });
    module.unwrap_or_default()
}

/// All functions of all impls.
fn methods(items: &[Item]) -> impl Iterator<Item = &ImplItemFn> {
    let impls = items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(item),
        _ => None,
    });
    impls
        .flat_map(|item| &item.items)
        .filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        })
}

/// Those of one type.
fn methods_of<'a>(items: &'a [Item], name: &str) -> Vec<&'a ImplItemFn> {
    let own = items.iter().filter(|item| match item {
        Item::Impl(item) if item.trait_.is_none() => match &*item.self_ty {
            syn::Type::Path(path) => ends(&path.path, name),
            _ => false,
        },
        _ => false,
    });
    own.flat_map(|item| methods(std::slice::from_ref(item)))
        .collect()
}

fn ends(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

fn returned(method: &ImplItemFn) -> Option<String> {
    match &method.sig.output {
        ReturnType::Type(_, ty) => Some(written(&**ty)),
        ReturnType::Default => None,
    }
}

/// What `send` gives inside of its `Result` and `Response`.
fn payload(builders: &[Item], name: &str) -> String {
    let send = methods_of(builders, name)
        .into_iter()
        .find(|method| method.sig.ident == "send");
    let payload = send.and_then(|send| match &send.sig.output {
        ReturnType::Type(_, ty) => argument(argument(ty, "Result")?, "Response"),
        ReturnType::Default => None,
    });
    payload.map_or_else(|| "?".to_owned(), short)
}

/// `T` of `Name<T>`, `Name<T, …>` or `Name<'a, T>`.
fn argument<'a>(ty: &'a syn::Type, name: &str) -> Option<&'a syn::Type> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == name)?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// The setters of a builder, with the type of the field that each sets.
fn setters(builders: &[Item], name: &str) -> Vec<Setter> {
    let item = builders.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(item),
        _ => None,
    });
    let fields = item.into_iter().flat_map(|item| &item.fields);
    let fields: BTreeMap<String, String> = fields
        .filter_map(|field| {
            let ty = argument(&field.ty, "Option")?;
            Some((field.ident.as_ref()?.to_string(), short(ty)))
        })
        .collect();
    let setter = |method: &ImplItemFn| {
        let inputs: Vec<&FnArg> = method.sig.inputs.iter().collect();
        let [FnArg::Receiver(_), FnArg::Typed(argument)] = inputs.as_slice() else {
            return None;
        };
        let name = method.sig.ident.to_string();
        // Every call has these.
        if ["timeout", "retry"].contains(&name.as_str()) {
            return None;
        }
        let ty = fields.get(&name).cloned();
        Some(Setter {
            ty: ty.unwrap_or_else(|| short(&argument.ty)),
            required: documentation(&method.attrs).last().map(String::as_str) == Some("Required."),
            deprecated: is_deprecated(&method.attrs),
            wire: name.clone(),
            name,
        })
    };
    let methods = methods_of(builders, name).into_iter();
    methods.filter_map(setter).collect()
}

/// `T` of a `stream()` that gives `Items<'a, T>`.
fn streamed(method: &ImplItemFn) -> Option<String> {
    let ReturnType::Type(_, ty) = &method.sig.output else {
        return None;
    };
    (method.sig.ident == "stream").then(|| argument(ty, "Items").map_or("?".to_owned(), short))
}

/// A struct, its constructor, its fields, and what else may stand for it.
fn structure(
    item: &ItemStruct,
    items: &[Item],
    readers: &BTreeMap<String, Vec<StandIn>>,
) -> Struct {
    let name = item.ident.to_string();
    let own = methods_of(items, &name);
    let fields: Vec<Field> = item.fields.iter().map(field).collect();
    let new = own.iter().find(|method| method.sig.ident == "new");
    let new = new.map(|new| {
        let names = new.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(argument) => Some(written(&argument.pat)),
            FnArg::Receiver(_) => None,
        });
        let ty = |name: &String| fields.iter().find(|field| field.name == *name);
        names
            .map(|name| {
                let ty = ty(&name).map_or_else(|| "?".to_owned(), |field| field.ty.clone());
                (name, ty)
            })
            .collect()
    });
    Struct {
        non_exhaustive: has(&item.attrs, "non_exhaustive"),
        default: derives(&item.attrs, "Default"),
        built: own.iter().any(|method| method.sig.receiver().is_some()),
        read: readers.contains_key(&name),
        stand_ins: readers.get(&name).cloned().unwrap_or_default(),
        new,
        fields,
        name,
    }
}

fn field(field: &syn::Field) -> Field {
    let words: String = field
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("serde"))
        .map(|attr| attr.meta.to_token_stream().to_string())
        .collect();
    let name = field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let renamed = words
        .split("rename = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    Field {
        wire: renamed.map_or_else(|| name.clone(), str::to_owned),
        ty: short(&field.ty),
        base64: words.contains("base64_text"),
        json_text: words.contains("json_text"),
        rest: words.contains("flatten"),
        deprecated: is_deprecated(&field.attrs),
        name,
    }
}

/// An enum, as `open_enum!` is told.
fn choice(tokens: TokenStream) -> Enum {
    let mut item = Enum {
        name: String::new(),
        variants: Vec::new(),
    };
    for token in tokens {
        match token {
            TokenTree::Ident(name) => item.name = name.to_string(),
            TokenTree::Group(values) => item.variants = variants(values.stream()),
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
    item
}

/// The names of `"value" => Name, …`, each with its value.
fn variants(tokens: TokenStream) -> Vec<(String, String)> {
    let mut variants = Vec::new();
    let mut value = String::new();
    for token in tokens {
        match token {
            TokenTree::Literal(text) => value = unquoted(text),
            TokenTree::Ident(name) => variants.push((name.to_string(), mem::take(&mut value))),
            TokenTree::Group(_) | TokenTree::Punct(_) => {}
        }
    }
    variants
}

/// The table of operations: by the name of the constant in lower case, which is that of the method,
/// the fields of each.
fn table(operations: &[Item]) -> BTreeMap<String, BTreeMap<String, String>> {
    let entries = operations.iter().filter_map(|item| match item {
        Item::Const(item) => match &*item.expr {
            Expr::Struct(entry) => Some((item.ident.to_string().to_lowercase(), entry)),
            _ => None,
        },
        _ => None,
    });
    entries
        .map(|(method, entry)| {
            let fields = entry.fields.iter().filter_map(|field| match &field.member {
                Member::Named(name) => {
                    let value = field.expr.to_token_stream().to_string();
                    Some((name.to_string(), value))
                }
                Member::Unnamed(_) => None,
            });
            (method, fields.collect())
        })
        .collect()
}

/// What each setter sets, by the id of the operation and the setter's name, as the call by id has
/// it: `call.ip_address = parameters.take("ipAddress")?;`
fn wires(tree: &File) -> BTreeMap<(String, String), String> {
    let mut wires = BTreeMap::new();
    let call = methods(&tree.items).find(|method| method.sig.ident == "call");
    let arms = call.and_then(|call| match call.block.stmts.last() {
        Some(Stmt::Expr(Expr::Match(of_id), None)) => Some(&of_id.arms),
        _ => None,
    });
    for arm in arms.into_iter().flatten() {
        let (
            Pat::Lit(ExprLit {
                lit: Lit::Str(id), ..
            }),
            Expr::Block(block),
        ) = (&arm.pat, &*arm.body)
        else {
            continue;
        };
        let set = block.block.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Expr(Expr::Assign(assign), _) => match (&*assign.left, &*assign.right) {
                (Expr::Field(field), Expr::Try(taken)) => Some((&field.member, &*taken.expr)),
                _ => None,
            },
            _ => None,
        });
        for (setter, taken) in set {
            if let Expr::MethodCall(take) = taken
                && let Some(wire) = take.args.first().and_then(literal)
            {
                wires.insert((id.value(), setter.to_token_stream().to_string()), wire);
            }
        }
    }
    wires
}

/// The structs that can be decoded, each with what stands in for it, as `lenient!` is told.
fn readers(types: &[Item]) -> BTreeMap<String, Vec<StandIn>> {
    let readers = types.iter().filter_map(|item| match item {
        Item::Macro(item) if ends(&item.mac.path, "lenient") => Some(item.mac.tokens.clone()),
        _ => None,
    });
    readers.map(reader).collect()
}

fn reader(tokens: TokenStream) -> (String, Vec<StandIn>) {
    let (mut name, mut sign) = (String::new(), ' ');
    let mut stand_ins = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if name.is_empty() => name = ident.to_string(),
            TokenTree::Ident(_) => {}
            TokenTree::Punct(punct) => sign = punct.as_char(),
            TokenTree::Literal(field) => {
                let field = unquoted(field);
                stand_ins.push(match sign {
                    '=' => StandIn::List(field),
                    '~' => StandIn::Text(field),
                    _ => StandIn::Keyed(field),
                });
            }
            TokenTree::Group(_) => {}
        }
    }
    (name, stand_ins)
}

fn unquoted(literal: Literal) -> String {
    match Lit::new(literal) {
        Lit::Str(text) => text.value(),
        other => other.to_token_stream().to_string(),
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
}

fn is_deprecated(attrs: &[Attribute]) -> bool {
    has(attrs, "deprecated")
}

fn derives(attrs: &[Attribute], name: &str) -> bool {
    let derives = attrs.iter().filter(|attr| attr.path().is_ident("derive"));
    let mut tokens = derives.filter_map(|attr| match &attr.meta {
        Meta::List(list) => Some(list.tokens.clone()),
        _ => None,
    });
    tokens.any(|tokens| {
        let mut tokens = tokens.into_iter();
        tokens.any(|token| matches!(token, TokenTree::Ident(ident) if ident == name))
    })
}

/// The lines of the documentation.
fn documentation(attrs: &[Attribute]) -> Vec<String> {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => literal(&meta.value),
        _ => None,
    });
    lines.map(|line| line.trim().to_owned()).collect()
}

/// A type without its modules.
fn short(ty: &syn::Type) -> String {
    struct Shorten;
    impl VisitMut for Shorten {
        fn visit_path_mut(&mut self, path: &mut Path) {
            path.leading_colon = None;
            path.segments = path.segments.pop().into_iter().collect();
            visit_mut::visit_path_mut(self, path);
        }
    }
    let mut ty = ty.clone();
    Shorten.visit_type_mut(&mut ty);
    written(&ty)
}

/// Tokens as a person writes them.
fn written(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    text.replace(' ', "").replace(',', ", ").replace('+', " + ")
}
