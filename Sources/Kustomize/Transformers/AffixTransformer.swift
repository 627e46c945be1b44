// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Puts a prefix before names, or a suffix after them. Some kinds' names mean something and stay.
struct AffixTransformer {
    enum Place { case prefix, suffix }

    var place: Place
    var text: String
    var fields: FieldSpecs

    func apply(to resource: inout Resource) throws(FieldMismatch) {
        let kind = resource.originalID.groupVersionKind
        guard !text.isEmpty, !Self.keepsName(kind) else { return }
        for field in fields.matching(resource.groupVersionKind) where field.selector.selects(kind) {
            if field.path == ["metadata", "name"] {
                resource.rememberAffix(text, at: place)
            }
            try field.update(&resource.object, empty: "") { value throws(FieldMismatch) in
                guard let old = value.isNull ? "null" : value.plainText else {
                    throw FieldMismatch(field: field, expected: "a plain value", found: value)
                }
                value = .string(place == .prefix ? text + old : old + text)
            }
        }
    }

    private static func keepsName(_ kind: GroupVersionKind) -> Bool {
        switch kind.kind {
        case "CustomResourceDefinition", "Namespace": true
        case "APIService": kind.group == "apiregistration.k8s.io"
        default: false
        }
    }
}
