//! Looks into syntax trees.

use syn::{Expr, FnArg, Ident, Type, parse_quote};

/// The arguments of `Option<…>`, `Vec<…>` or `BTreeMap<…>`, however the path is written.
pub fn generic(ty: &Type, name: &str) -> Option<Vec<Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident == name)?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    Some(types.collect())
}

/// How a function takes a value of this type from its caller, and what makes it that type: text for
/// a `String`, any iterator for a list or a map.
pub fn argument(name: &Ident, ty: &Type) -> (FnArg, Expr) {
    if let Some([item]) = generic(ty, "Vec").as_deref() {
        (
            parse_quote!(#name: impl IntoIterator<Item = impl Into<#item>>),
            parse_quote!(#name.into_iter().map(Into::into).collect()),
        )
    } else if let Some([key, value]) = generic(ty, "BTreeMap").as_deref() {
        (
            parse_quote!(#name: impl IntoIterator<Item = (impl Into<#key>, impl Into<#value>)>),
            parse_quote!(#name.into_iter().map(|(k, v)| (k.into(), v.into())).collect()),
        )
    } else {
        (
            parse_quote!(#name: impl Into<#ty>),
            parse_quote!(#name.into()),
        )
    }
}
