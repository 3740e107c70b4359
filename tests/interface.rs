//! What the public interface promises by its types: what may cross threads, and whose types are in it.

/// What a program holds across an `await`, or in a task of its own.
#[cfg(all(feature = "mock", feature = "cdnfly", feature = "kiwivm"))]
#[test]
fn clients_calls_errors_and_streams_may_cross_threads() {
    use hosting_apis::*;

    fn shared<T: Send + Sync + Unpin + 'static>() {}
    fn sent<T: Send>(_: T) {}

    shared::<Error>();
    shared::<ErrorKind>();
    shared::<IncompleteList<cdnfly::types::Site>>();
    shared::<Secret>();
    shared::<RetryPolicy>();
    shared::<Response<kiwivm::types::ServiceInfo>>();
    shared::<Untyped>();
    shared::<kiwivm::Client>();
    shared::<kiwivm::Credentials>();
    shared::<ClientBuilder<cdnfly::Credentials>>();
    shared::<cdnfly::Client>();
    shared::<cdnfly::Credentials>();
    shared::<cdnfly::builder::ListSites<'static>>();
    shared::<mock::Answer>();
    shared::<mock::Server>();

    // Nothing is polled, so nothing is sent.
    let credentials = cdnfly::Credentials::login("account", "password");
    let client = cdnfly::Client::builder(credentials).base_url("https://cdn.example.com");
    let client = client.build().unwrap();
    sent(client.list_sites().into_future());
    sent(client.list_sites().send());
    sent(client.list_sites().json());
    sent(client.request(Method::GET, "/new"));
    sent(client.request(Method::GET, "/new").send());
    sent(client.list_sites().stream());
    sent(async { client.list_sites().stream().next().await });
}

/// A type of another crate in the interface ties this crate's versions to that crate's.
mod foreign_types {
    use std::collections::{BTreeMap, BTreeSet};
    use std::{fs, path::Path};

    use syn::visit::{self, Visit};
    use syn::{
        Attribute, Fields, File, ImplItem, Item, ItemImpl, ItemTrait, Signature, Type, UseTree,
        Visibility,
    };

    /// All that there may be, and why.
    const ALLOWED: &[(&str, &str)] = &[
        ("futures_core::Stream", "what lists are"),
        ("reqwest::Client", "the pool that callers may bring"),
        ("reqwest::HeaderMap", "of what `send` gives"),
        (
            "reqwest::Method",
            "of a call that no operation stands for, under a name of this crate",
        ),
        ("reqwest::Request", "in `Api`, which nobody else implements"),
        (
            "reqwest::StatusCode",
            "of errors, under a name of this crate",
        ),
        ("serde::Deserialize", "a trait"),
        ("serde::Deserializer", "the trait's"),
        ("serde::Serialize", "a trait"),
        ("serde::Serializer", "the trait's"),
        (
            "serde_json::Value",
            "JSON without a form, and the details of errors",
        ),
    ];

    #[test]
    fn only_a_few_are_in_the_interface() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = BTreeSet::new();
        for source in files(&sources) {
            let text = fs::read_to_string(&source).unwrap();
            let file: File = syn::parse_str(&text).unwrap();
            let mut names = BTreeMap::new();
            imports(&file.items, &mut names);
            let mut interface = Interface {
                names,
                own: public_types(&file.items),
                found: &mut found,
            };
            let shown = file
                .items
                .iter()
                .filter(|item| !is_hidden(attributes(item)));
            shown.for_each(|item| interface.item(item));
        }
        let allowed: BTreeSet<String> = ALLOWED.iter().map(|(ty, _)| (*ty).to_owned()).collect();
        assert_eq!(found, allowed, "found on the left, allowed on the right");
    }

    fn files(directory: &Path) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("src/bin") {
                // A command has no interface in Rust.
            } else if path.is_dir() {
                found.extend(files(&path));
            } else {
                found.push(path);
            }
        }
        found
    }

    /// The crates whose types aren't Rust's own or this crate's.
    fn is_foreign(krate: &str) -> bool {
        !["std", "core", "alloc", "crate", "self", "super"].contains(&krate)
    }

    /// What the names in a file stand for.
    fn imports(items: &[Item], names: &mut BTreeMap<String, String>) {
        fn read(tree: &UseTree, path: String, names: &mut BTreeMap<String, String>) {
            let join = |ident: &syn::Ident| match path.as_str() {
                "" => ident.to_string(),
                path => format!("{path}::{ident}"),
            };
            match tree {
                UseTree::Path(inner) => read(&inner.tree, join(&inner.ident), names),
                UseTree::Name(name) => {
                    drop(names.insert(name.ident.to_string(), join(&name.ident)))
                }
                UseTree::Rename(name) => {
                    names.insert(name.rename.to_string(), join(&name.ident));
                }
                UseTree::Group(group) => {
                    let each = group.items.iter();
                    each.for_each(|inner| read(inner, path.clone(), names));
                }
                UseTree::Glob(_) => {}
            }
        }
        for item in items {
            if let Item::Use(item) = item {
                read(&item.tree, String::new(), names);
            }
        }
    }

    /// The types in signatures and fields that users can see.
    struct Interface<'a> {
        names: BTreeMap<String, String>,
        /// The public types of the file.
        own: BTreeSet<String>,
        found: &'a mut BTreeSet<String>,
    }

    /// The names of the types in a file that users can name.
    fn public_types(items: &[Item]) -> BTreeSet<String> {
        let names = items.iter().filter_map(|item| match item {
            Item::Struct(item) if is_public(&item.vis) => Some(item.ident.to_string()),
            Item::Enum(item) if is_public(&item.vis) => Some(item.ident.to_string()),
            _ => None,
        });
        names.collect()
    }

    fn attributes(item: &Item) -> &[Attribute] {
        match item {
            Item::Struct(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Type(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            _ => &[],
        }
    }

    /// Whether documentation leaves it out, which says that it is no part of the interface.
    fn is_hidden(attributes: &[Attribute]) -> bool {
        let hidden = |attr: &Attribute| {
            attr.path().is_ident("doc")
                && attr.parse_args::<syn::Ident>().is_ok_and(|w| w == "hidden")
        };
        attributes.iter().any(hidden)
    }

    fn is_public(visibility: &Visibility) -> bool {
        matches!(visibility, Visibility::Public(_))
    }

    impl Interface<'_> {
        fn item(&mut self, item: &Item) {
            match item {
                Item::Struct(item) if is_public(&item.vis) => self.fields(&item.fields),
                Item::Enum(item) if is_public(&item.vis) => {
                    let variants = item.variants.iter();
                    variants.for_each(|variant| self.visit_fields(&variant.fields));
                }
                Item::Fn(item) if is_public(&item.vis) => self.visit_signature(&item.sig),
                Item::Type(item) if is_public(&item.vis) => self.visit_type(&item.ty),
                Item::Use(item) if is_public(&item.vis) => self.reexport(&item.tree, ""),
                Item::Trait(item) if is_public(&item.vis) => self.of_trait(item),
                Item::Impl(item) => self.of_impl(item),
                _ => {}
            }
        }

        fn fields(&mut self, fields: &Fields) {
            for field in fields.iter().filter(|field| is_public(&field.vis)) {
                self.visit_type(&field.ty);
            }
        }

        fn of_trait(&mut self, item: &ItemTrait) {
            for item in &item.items {
                if let syn::TraitItem::Fn(item) = item {
                    self.visit_signature(&item.sig);
                }
            }
        }

        fn of_impl(&mut self, item: &ItemImpl) {
            let of = match &*item.self_ty {
                Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
                _ => None,
            };
            if !of.is_some_and(|of| self.own.contains(&of)) {
                return;
            }
            // Of a trait, its arguments are what users can call it with.
            if let Some(path) = trait_of(item) {
                self.visit_path(path);
            }
            for inner in &item.items {
                match inner {
                    ImplItem::Fn(function)
                        if is_public(&function.vis) || trait_of(item).is_some() =>
                    {
                        self.visit_signature(&function.sig);
                    }
                    _ => {}
                }
            }
        }

        fn reexport(&mut self, tree: &UseTree, krate: &str) {
            match tree {
                UseTree::Path(inner) if krate.is_empty() => {
                    self.reexport(&inner.tree, &inner.ident.to_string());
                }
                UseTree::Group(group) => {
                    let each = group.items.iter();
                    each.for_each(|inner| self.reexport(inner, krate));
                }
                UseTree::Name(name) if is_known_crate(krate) => {
                    self.found.insert(format!("{krate}::{}", name.ident));
                }
                _ => {}
            }
        }
    }

    fn trait_of(item: &ItemImpl) -> Option<&syn::Path> {
        item.trait_.as_ref().map(|(path, _)| path)
    }

    /// The crates that this one depends on, as code spells them.
    fn is_known_crate(krate: &str) -> bool {
        let manifest = include_str!("../Cargo.toml");
        let (_, rest) = manifest.split_once("[dependencies]").unwrap();
        let (dependencies, _) = rest.split_once("\n[").unwrap();
        let mut names = dependencies
            .lines()
            .filter_map(|line| line.split_once(" = "));
        is_foreign(krate) && names.any(|(name, _)| name.replace('-', "_") == krate)
    }

    impl<'ast> Visit<'ast> for Interface<'_> {
        fn visit_signature(&mut self, signature: &'ast Signature) {
            visit::visit_generics(self, &signature.generics);
            signature
                .inputs
                .iter()
                .for_each(|input| self.visit_fn_arg(input));
            self.visit_return_type(&signature.output);
        }

        fn visit_path(&mut self, path: &'ast syn::Path) {
            let written: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            let first = &written[0];
            let rest = written[1..].iter().map(|segment| format!("::{segment}"));
            let start = self.names.get(first).unwrap_or(first);
            let whole = format!("{start}{}", rest.collect::<String>());
            let segments: Vec<&str> = whole.split("::").collect();
            if is_known_crate(segments[0]) && segments.len() > 1 {
                let last = segments.iter().find(|s| s.starts_with(char::is_uppercase));
                if let Some(last) = last {
                    self.found.insert(format!("{}::{last}", segments[0]));
                }
            }
            visit::visit_path(self, path);
        }
    }
}
