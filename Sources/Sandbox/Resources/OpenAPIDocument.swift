// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Builds the OpenAPI v3 documents. Fields and parameters have no descriptions: the tables that they come from have none.
struct OpenAPIDocument {
    let registry: ResourceRegistry
    let options: SandboxOptions

    /// Every document, in the index's order.
    static func paths(_ registry: ResourceRegistry) -> [String] {
        var paths = [".well-known/openid-configuration", "api", "api/v1", "apis", "openid/v1/jwks", "version"]
        for group in registry.groups {
            let isCustom = registry.resources(group: group.name, version: group.versions[0]).allSatisfy {
                $0.custom != nil
            }
            if !isCustom { paths.append("apis/\(group.name)") }
            paths += group.versions.map { "apis/\(group.name)/\($0)" }
        }
        return paths.sorted()
    }

    /// Changes when the document does.
    func fingerprint(_ path: String) -> [UInt8] {
        var text = "\(options.gitVersion)\n\(path)\n"
        for type in types(path) {
            text += "\(type.plural) \(type.kind) \(type.listKind) \(type.namespaced) \(type.verbs)"
            text += " \(type.subresources.map(\.name))"
            if let custom = type.custom { text += JSON.text(custom.schema) }
            text += "\n"
        }
        return Array(text.utf8)
    }

    private func types(_ path: String) -> [ResourceType] {
        let segments = path.split(separator: "/").map(String.init)
        switch (segments.first, segments.count) {
        case ("api", 2): return registry.resources(group: "", version: segments[1])
        case ("apis", 3): return registry.resources(group: segments[1], version: segments[2])
        default: return []
        }
    }

    func value(_ path: String) -> Value {
        let types = types(path)
        var schemas = OpenAPISchemas(types)
        var paths = Object()
        if let root = types.first {
            let operations = OpenAPIOperations(
                group: root.group, version: root.version, isCustom: root.custom != nil)
            paths["/\(path)/"] = operations.root
            for item in types.flatMap(operations.items).sorted(by: { $0.path < $1.path }) {
                paths[item.path] = item.value
            }
        } else {
            paths["/\(path)/"] = OpenAPIOperations.fixed(path)
        }
        schemas.addReferences(in: .object(paths))
        return [
            "openapi": "3.0.0", "info": info, "paths": .object(paths),
            "components": [
                "schemas": .object(schemas.result),
                "securitySchemes": [
                    "BearerToken": [
                        "type": "apiKey", "description": "Bearer Token authentication", "name": "authorization",
                        "in": "header",
                    ]
                ],
            ],
        ]
    }

    private var info: Value {
        let version = options.gitVersion.drop { $0 == "v" }.split(separator: ".").prefix(2).joined(separator: ".")
        return ["title": "Kubernetes", "version": .string(version)]
    }
}
