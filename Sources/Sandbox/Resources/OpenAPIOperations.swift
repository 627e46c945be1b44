// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The operations on the resources of one group version, as its document lists them.
struct OpenAPIOperations {
    /// A path and what can be done there.
    struct Item {
        var path: String
        var value: Value
    }

    let group: String
    let version: String
    private let isCustom: Bool

    init(group: String, version: String, isCustom: Bool) {
        self.group = group
        self.version = version
        self.isCustom = isCustom
    }

    private var prefix: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }

    /// The group as operations name it: `rbac.authorization.k8s.io` is `rbacAuthorization`.
    private var groupName: String {
        if group.isEmpty { return "core" }
        let text = group.hasSuffix(".k8s.io") ? String(group.dropLast(".k8s.io".count)) : group
        let parts = text.split(separator: ".")
        return ([String(parts.first ?? "")] + parts.dropFirst().map { Self.capitalized($0) }).joined()
    }

    var tag: String { "\(groupName)_\(version)" }
    var camelGroup: String { Self.capitalized(groupName[...]) + Self.capitalized(version[...]) }

    static func capitalized(_ text: Substring) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    // MARK: Paths

    var root: Value {
        let list = OpenAPINames.reference(OpenAPINames.meta + "APIResourceList")
        return [
            "get": .object([
                "tags": [.string(tag)], "description": "get available resources",
                "operationId": .string("get\(camelGroup)APIResources"),
                "responses": OpenAPIResponses.of(list, codes: [200], watch: false, isCustom: isCustom),
            ])
        ]
    }

    /// Paths that belong to no resource: lists of groups and versions, and the like.
    static func fixed(_ path: String) -> Value {
        let words: (tag: String, description: String, id: String, schema: String)
        let parts = path.split(separator: "/")
        switch path {
        case "api": words = ("core", "get available API versions", "getCoreAPIVersions", "meta.v1.APIVersions")
        case "apis": words = ("apis", "get available API versions", "getAPIVersions", "meta.v1.APIGroupList")
        case "version":
            words = ("version", "get the version information for this server", "getCodeVersion", "pkg.version.Info")
        case ".well-known/openid-configuration":
            words = (
                "WellKnown",
                "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
                "getServiceAccountIssuerOpenIDConfiguration", ""
            )
        case "openid/v1/jwks":
            words = (
                "openid",
                "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
                "getServiceAccountIssuerOpenIDKeyset", ""
            )
        default:
            let operations = OpenAPIOperations(group: String(parts.last ?? ""), version: "", isCustom: false)
            words = (
                operations.groupName, "get information of a group",
                "get\(capitalized(operations.groupName[...]))APIGroup", "meta.v1.APIGroup"
            )
        }
        let media = path.hasPrefix("openid") ? "application/jwk-set+json" : "application/json"
        let responses: Value =
            switch words.schema {
            case "", "pkg.version.Info":
                [
                    "200": [
                        "description": "OK",
                        "content": .object(
                            [
                                media: [
                                    "schema": words.schema.isEmpty
                                        ? ["type": "string"] : OpenAPINames.reference(OpenAPINames.full(words.schema))
                                ]
                            ]),
                    ],
                    "401": ["description": "Unauthorized"],
                ]
            default:
                OpenAPIResponses.of(
                    OpenAPINames.reference(OpenAPINames.full(words.schema)), codes: [200], watch: false,
                    isCustom: false)
            }
        return [
            "get": [
                "tags": [.string(words.tag)], "description": .string(words.description),
                "operationId": .string(words.id), "responses": responses,
            ]
        ]
    }

    func items(_ type: ResourceType) -> [Item] {
        let scope = type.namespaced ? "\(prefix)/namespaces/{namespace}" : prefix
        let inScope = type.namespaced ? ["namespace"] : []
        let all = type.namespaced ? list(type, everywhere: true) : nil
        var items = [
            item("\(prefix)/\(type.plural)", [("get", all)], []),
            item(
                "\(scope)/\(type.plural)",
                [
                    ("get", list(type, everywhere: false)), ("post", create(type)),
                    ("delete", deleteCollection(type)),
                ], inScope),
            item(
                "\(scope)/\(type.plural)/{name}",
                [("get", read(type)), ("put", replace(type)), ("delete", delete(type)), ("patch", patch(type))],
                inScope + ["name"]),
        ]
        for subresource in type.subresources {
            let verbs = subresource.verbs
            let kind = SubresourceKind(subresource, of: type)
            items.append(
                item(
                    "\(scope)/\(type.plural)/{name}/\(subresource.name)",
                    [
                        ("get", verbs.contains("get") && kind.isRead ? read(type, kind) : nil),
                        ("put", verbs.contains("update") && kind.isRead ? replace(type, kind) : nil),
                        ("post", verbs == ["create"] ? create(type, kind) : nil),
                        ("patch", verbs.contains("patch") && kind.isRead ? patch(type, kind) : nil),
                    ], inScope + ["name"]))
        }
        items += connections(type, scope: scope, inPath: inScope)
        if type.verbs.contains("watch") {
            let watch = "\(prefix)/watch"
            let watchScope = type.namespaced ? "\(watch)/namespaces/{namespace}" : watch
            if type.namespaced {
                items.append(item("\(watch)/\(type.plural)", [("get", watchList(type, everywhere: true))], []))
            }
            items.append(
                item("\(watchScope)/\(type.plural)", [("get", watchList(type, everywhere: false))], inScope))
            items.append(
                item("\(watchScope)/\(type.plural)/{name}", [("get", watchOne(type))], inScope + ["name"]))
        }
        return items.compactMap { $0 }
    }

    /// What all operations of a path take is said once, for the path.
    private func item(_ path: String, _ operations: [(String, Operation?)], _ inPath: [String]) -> Item? {
        let operations = operations.compactMap { pair in pair.1.map { (pair.0, $0) } }
        guard let first = operations.first?.1 else { return nil }
        let own = ["pretty"] + inPath
        let common = first.parameters.filter { name in
            operations.allSatisfy { $0.1.parameters.contains(name) }
        }
        var value = Object()
        for (method, operation) in operations {
            value[method] = .object(
                operation.value(tag, parameters: operation.parameters.filter { !common.contains($0) }))
        }
        value["parameters"] = OpenAPIParameters.values((own + common).sorted())
        return Item(path: path, value: .object(value))
    }

    // MARK: Operations

    /// A subresource: whose kind it answers with, and how operations name it.
    private struct SubresourceKind {
        var name: String
        var kind: GroupVersionKind
        /// Read and written as an object, rather than connected to.
        var isRead: Bool
        var camel: String { OpenAPIOperations.capitalized(name[...]) }

        init(_ subresource: ResourceType.Subresource, of type: ResourceType) {
            name = subresource.name
            let (group, version) = Discovery.foreignGroup(subresource.kind) ?? (type.group, type.version)
            kind = GroupVersionKind(group: group, version: version, kind: subresource.kind)
            isRead = !OpenAPIOperations.isConnection(name)
        }
    }

    private func id(_ verb: String, _ type: ResourceType, _ suffix: String = "") -> String {
        "\(verb)\(camelGroup)\(type.namespaced ? "Namespaced" : "")\(type.kind)\(suffix)"
    }

    private func operation(
        _ type: ResourceType, _ action: String, _ description: String, _ id: String, parameters: [String],
        kind: GroupVersionKind? = nil, body: Value? = nil, responses: Value
    ) -> Operation {
        Operation(
            action: action, description: description, id: id, parameters: parameters, body: body,
            responses: responses, kind: kind ?? type.groupVersionKind)
    }

    private func responses(_ schema: String, _ codes: [Int], watch: Bool = false) -> Value {
        OpenAPIResponses.of(OpenAPINames.reference(schema), codes: codes, watch: watch, isCustom: isCustom)
    }

    private func body(_ schema: String, required: Bool = true) -> Value {
        let content: Value =
            isCustom
            ? [
                "application/json": ["schema": OpenAPINames.reference(schema)],
                "application/yaml": ["schema": OpenAPINames.reference(schema)],
            ] : ["*/*": ["schema": OpenAPINames.reference(schema)]]
        return required ? ["content": content, "required": true] : ["content": content]
    }

    private func list(_ type: ResourceType, everywhere: Bool) -> Operation? {
        guard type.verbs.contains("list") else { return nil }
        return operation(
            type, "list", "list or watch objects of kind \(type.kind)",
            everywhere ? "list\(camelGroup)\(type.kind)ForAllNamespaces" : id("list", type),
            parameters: OpenAPIParameters.list,
            responses: responses(OpenAPINames.list(type), [200], watch: true))
    }

    private func create(_ type: ResourceType, _ subresource: SubresourceKind? = nil) -> Operation? {
        guard subresource != nil || type.verbs.contains("create") else { return nil }
        let schema = subresource.map(schema) ?? OpenAPINames.schema(type)
        let article = "AEIOU".contains(type.kind.prefix(1)) ? "an" : "a"
        return operation(
            type, "post",
            subresource.map { "create \($0.name) of \(article) \(type.kind)" } ?? "create \(article) \(type.kind)",
            id("create", type, subresource?.camel ?? ""),
            parameters: ["dryRun", "fieldManager", "fieldValidation"], kind: subresource?.kind, body: body(schema),
            responses: responses(schema, [200, 201, 202]))
    }

    private func deleteCollection(_ type: ResourceType) -> Operation? {
        guard type.verbs.contains("deletecollection") else { return nil }
        return operation(
            type, "deletecollection", "delete collection of \(type.kind)",
            "delete\(camelGroup)Collection\(type.namespaced ? "Namespaced" : "")\(type.kind)",
            parameters: OpenAPIParameters.deleteCollection,
            body: body(OpenAPINames.meta + "DeleteOptions", required: false),
            responses: responses(OpenAPINames.meta + "Status", [200]))
    }

    private func read(_ type: ResourceType, _ subresource: SubresourceKind? = nil) -> Operation? {
        guard subresource != nil || type.verbs.contains("get") else { return nil }
        return operation(
            type, "get", "read \(subresource.map { "\($0.name) of " } ?? "")the specified \(type.kind)",
            id("read", type, subresource?.camel ?? ""), parameters: [], kind: subresource?.kind,
            responses: responses(subresource.map(schema) ?? OpenAPINames.schema(type), [200]))
    }

    private func replace(_ type: ResourceType, _ subresource: SubresourceKind? = nil) -> Operation? {
        guard subresource != nil || type.verbs.contains("update") else { return nil }
        let schema = subresource.map(schema) ?? OpenAPINames.schema(type)
        return operation(
            type, "put", "replace \(subresource.map { "\($0.name) of " } ?? "")the specified \(type.kind)",
            id("replace", type, subresource?.camel ?? ""), parameters: ["dryRun", "fieldManager", "fieldValidation"],
            kind: subresource?.kind, body: body(schema), responses: responses(schema, [200, 201]))
    }

    private func delete(_ type: ResourceType) -> Operation? {
        guard type.verbs.contains("delete") else { return nil }
        let article = "AEIOU".contains(type.kind.prefix(1)) ? "an" : "a"
        return operation(
            type, "delete", "delete \(article) \(type.kind)", id("delete", type),
            parameters: OpenAPIParameters.delete,
            body: body(OpenAPINames.meta + "DeleteOptions", required: false),
            responses: responses(
                type.returnsDeleted ? OpenAPINames.schema(type) : OpenAPINames.meta + "Status", [200, 202]))
    }

    private func patch(_ type: ResourceType, _ subresource: SubresourceKind? = nil) -> Operation? {
        guard subresource != nil || type.verbs.contains("patch") else { return nil }
        let media =
            ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]
            + (isCustom ? [] : ["application/strategic-merge-patch+json"])
        let patch: Value = ["schema": OpenAPINames.reference(OpenAPINames.meta + "Patch")]
        return operation(
            type, "patch",
            "partially update \(subresource.map { "\($0.name) of " } ?? "")the specified \(type.kind)",
            id("patch", type, subresource?.camel ?? ""),
            parameters: ["dryRun", "fieldManager", "fieldValidation", "force"], kind: subresource?.kind,
            body: ["content": .object(Object(media.map { ($0, patch) })), "required": true],
            responses: responses(
                subresource.map(schema) ?? OpenAPINames.schema(type), isCustom ? [200] : [200, 201]))
    }

    private func watchList(_ type: ResourceType, everywhere: Bool) -> Operation {
        operation(
            type, "watchlist",
            "watch individual changes to a list of \(type.kind). deprecated: use the 'watch' parameter with a list "
                + "operation instead.",
            everywhere ? "watch\(camelGroup)\(type.kind)ListForAllNamespaces" : id("watch", type, "List"),
            parameters: OpenAPIParameters.list,
            responses: responses(OpenAPINames.meta + "WatchEvent", [200], watch: true))
    }

    private func watchOne(_ type: ResourceType) -> Operation {
        operation(
            type, "watch",
            "watch changes to an object of kind \(type.kind). deprecated: use the 'watch' parameter with a list "
                + "operation instead, filtered to a single item with the 'fieldSelector' parameter.",
            id("watch", type), parameters: OpenAPIParameters.list,
            responses: responses(OpenAPINames.meta + "WatchEvent", [200], watch: true))
    }

    private func schema(_ subresource: SubresourceKind) -> String {
        TypeTable.builtIn.type(for: subresource.kind).map { OpenAPINames.full($0.name) }
            ?? OpenAPINames.custom(subresource.kind)
    }
}

extension OpenAPIOperations {
    /// One operation on a path.
    struct Operation {
        var action: String
        var description: String
        var id: String
        /// Query parameters, sorted.
        var parameters: [String]
        var body: Value?
        var responses: Value
        var kind: GroupVersionKind

        func value(_ tag: String, parameters: [String]) -> Object {
            var object: Object = [
                "tags": [.string(tag)], "description": .string(description), "operationId": .string(id),
            ]
            if !parameters.isEmpty { object["parameters"] = OpenAPIParameters.values(parameters) }
            if let body { object["requestBody"] = body }
            object["responses"] = responses
            object["x-kubernetes-action"] = .string(action)
            object["x-kubernetes-group-version-kind"] = [
                "group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind),
            ]
            return object
        }
    }
}
