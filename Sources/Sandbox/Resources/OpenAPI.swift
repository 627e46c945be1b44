// SPDX-License-Identifier: Apache-2.0

import Manifests

/// OpenAPI documents, as small as clients accept: paths and kinds, with no field schemas.
enum OpenAPI {
    static func response(_ target: RequestTarget, registry: ResourceRegistry) -> SandboxResponse? {
        switch target.segments {
        case ["openapi", "v3"]: return index(registry)
        case ["openapi", "v2"]:
            return .json(["swagger": "2.0", "info": info, "paths": [:], "definitions": [:]])
        default:
            guard target.segments.starts(with: ["openapi", "v3"]) else { return nil }
            return document(Array(target.segments.dropFirst(2)), registry)
        }
    }

    private static let info: Value = ["title": "Kubernetes", "version": "v1.36.2"]

    private static func index(_ registry: ResourceRegistry) -> SandboxResponse {
        var paths = Object()
        paths["api/v1"] = ["serverRelativeURL": "/openapi/v3/api/v1"]
        for group in registry.groups {
            for version in group.versions {
                let path = "apis/\(group.name)/\(version)"
                paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)")]
            }
        }
        return .json(["paths": .object(paths)])
    }

    /// Kinds with the query parameters that clients look up (`fieldValidation`, `dryRun`).
    private static func document(_ segments: [String], _ registry: ResourceRegistry) -> SandboxResponse? {
        let types: [ResourceType]
        switch (segments.first, segments.count) {
        case ("api", 2): types = registry.resources(group: "", version: segments[1])
        case ("apis", 3): types = registry.resources(group: segments[1], version: segments[2])
        default: return nil
        }
        guard !types.isEmpty else { return nil }
        var paths = Object()
        var schemas = Object()
        for type in types {
            let root = type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.apiVersion)"
            let path = "\(root)\(type.namespaced ? "/namespaces/{namespace}" : "")/\(type.plural)/{name}"
            let kind: Value = [
                "group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind),
            ]
            let parameters: Value = .array(
                ["dryRun", "fieldManager", "fieldValidation", "force"].map {
                    ["name": .string($0), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
                })
            paths[path] = [
                "patch": [
                    "parameters": parameters, "x-kubernetes-action": "patch",
                    "x-kubernetes-group-version-kind": kind,
                ]
            ]
            schemas["\(type.qualifiedKind).\(type.version)"] = [
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                "x-kubernetes-group-version-kind": [kind],
            ]
        }
        return .json([
            "openapi": "3.0.0", "info": info, "paths": .object(paths), "components": ["schemas": .object(schemas)],
        ])
    }
}
