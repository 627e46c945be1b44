// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The names of schemas: `TypeTable`'s, in full.
enum OpenAPINames {
    static let objectMeta = meta + "ObjectMeta"
    static let listMeta = meta + "ListMeta"
    static let time = meta + "Time"
    static let microTime = meta + "MicroTime"
    static let quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"
    static let intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
    static let rawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension"
    static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."

    /// The last three parts of a name are what `TypeTable` calls a type; what stands before them, by the first of these.
    private static let prefixes = [
        ("meta", "io.k8s.apimachinery.pkg.apis."), ("pkg", "io.k8s.apimachinery."),
        ("apiextensions", "io.k8s.apiextensions-apiserver.pkg.apis."),
        ("apiregistration", "io.k8s.kube-aggregator.pkg.apis."),
    ]

    static func full(_ type: String) -> String {
        let package = type.prefix { $0 != "." }
        return (prefixes.first { $0.0 == package }?.1 ?? "io.k8s.api.") + type
    }

    static func short(_ name: String) -> String { name.split(separator: ".").suffix(3).joined(separator: ".") }

    static func reference(_ name: String) -> Value { ["$ref": .string("#/components/schemas/\(name)")] }

    /// Types of definitions' schemas that may hold anything.
    static func isJSON(_ name: String) -> Bool {
        ["JSON", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray"]
            .contains { name == full("apiextensions.v1.\($0)") }
    }

    static func schema(_ type: ResourceType) -> String { name(type, type.kind) }
    static func list(_ type: ResourceType) -> String { name(type, type.listKind) }

    private static func name(_ type: ResourceType, _ kind: String) -> String {
        if type.custom == nil,
            let type = TypeTable.builtIn.type(
                for: GroupVersionKind(group: type.group, version: type.version, kind: kind))
        {
            return full(type.name)
        }
        return custom(GroupVersionKind(group: type.group, version: type.version, kind: kind))
    }

    /// Custom kinds have their group turned round.
    static func custom(_ kind: GroupVersionKind) -> String {
        let group = kind.group.split(separator: ".").reversed().joined(separator: ".")
        return "\(group).\(kind.version).\(kind.kind)"
    }
}
