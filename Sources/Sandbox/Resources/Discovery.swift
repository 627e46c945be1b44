// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Discovery documents, one list at a time (legacy) and aggregated (KEP-3352).
struct Discovery {
    let registry: ResourceRegistry

    static func version(_ gitVersion: String) -> Value {
        let parts = gitVersion.drop { $0 == "v" }.split(separator: ".")
        let major = parts.first.map(String.init) ?? "1"
        let minor = parts.count > 1 ? String(parts[1]) : "0"
        return [
            "major": .string(major), "minor": .string(minor), "emulationMajor": .string(major),
            "emulationMinor": .string(minor), "minCompatibilityMajor": .string(major),
            "minCompatibilityMinor": .string(String((Int(minor) ?? 1) - 1)), "gitVersion": .string(gitVersion),
            "gitCommit": "$Format:%H$", "gitTreeState": "", "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "go1.27.3", "compiler": "gc", "platform": "linux/amd64",
        ]
    }

    /// Nil where the path is no discovery path.
    func response(_ request: SandboxRequest, _ segments: [String]) -> SandboxResponse? {
        let accept = request.header("accept") ?? ""
        let contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        switch (segments.first, segments.count) {
        case (_, 1):
            if accept.replacing(" ", with: "").contains("as=APIGroupDiscoveryList"), accept.contains("v=v2") {
                let groups = segments == ["api"] ? [("", ["v1"])] : registry.groups.map { ($0.name, $0.versions) }
                let list: Value = [
                    "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
                    "items": .array(groups.map { aggregated($0.0, $0.1) }),
                ]
                let bytes = JSON.bytes(list) + [0x0A]
                var response = OpenAPI.cached(request, bytes, hash: OpenAPI.hash(bytes), contentType: contentType)
                response.headers.append((name: "vary", value: "Accept"))
                return response
            }
            return .json(segments == ["api"] ? Self.versions : groupList)
        case ("api", 2): return resourceList(group: "", version: segments[1])
        case ("apis", 2):
            let group = segments[1]
            guard let entry = registry.groups.first(where: { $0.name == group }) else { return nil }
            var object: Object = ["kind": "APIGroup", "apiVersion": "v1"]
            for pair in Self.group(entry.name, entry.versions).pairs { object[pair.key] = pair.value }
            return .json(.object(object))
        case ("apis", 3): return resourceList(group: segments[1], version: segments[2])
        default: return nil
        }
    }

    private static let versions: Value = [
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"]],
    ]

    private var groupList: Value {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(registry.groups.map { .object(Self.group($0.name, $0.versions)) }),
        ]
    }

    private static func group(_ name: String, _ versions: [String]) -> Object {
        let entries = versions.map { version -> Value in
            ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
        }
        return ["name": .string(name), "versions": .array(entries), "preferredVersion": entries.first ?? .null]
    }

    private func resourceList(group: String, version: String) -> SandboxResponse? {
        let types = registry.resources(group: group, version: version)
        guard !types.isEmpty else { return nil }
        var object: Object = ["kind": "APIResourceList"]
        if !group.isEmpty { object["apiVersion"] = "v1" }
        object["groupVersion"] = .string(group.isEmpty ? version : "\(group)/\(version)")
        object["resources"] = .array(types.flatMap(Self.entries))
        return .json(.object(object))
    }

    private static func entries(_ type: ResourceType) -> [Value] {
        var main: Object = [
            "name": .string(type.plural), "singularName": .string(type.singular), "namespaced": .bool(type.namespaced),
            "kind": .string(type.kind), "verbs": strings(type.verbs),
        ]
        if !type.shortNames.isEmpty { main["shortNames"] = strings(type.shortNames) }
        if !type.categories.isEmpty { main["categories"] = strings(type.categories) }
        if let hash = type.storageVersionHash { main["storageVersionHash"] = .string(hash) }
        return [.object(main)]
            + type.subresources.map { subresource in
                var entry: Object = [
                    "name": .string("\(type.plural)/\(subresource.name)"), "singularName": "",
                    "namespaced": .bool(type.namespaced),
                ]
                if let (group, version) = foreignGroup(subresource.kind) {
                    entry["group"] = .string(group)
                    entry["version"] = .string(version)
                }
                entry["kind"] = .string(subresource.kind)
                entry["verbs"] = strings(subresource.verbs)
                return .object(entry)
            }
    }

    static func foreignGroup(_ kind: String) -> (String, String)? {
        switch kind {
        case "Scale": ("autoscaling", "v1")
        case "Eviction": ("policy", "v1")
        case "TokenRequest": ("authentication.k8s.io", "v1")
        default: nil
        }
    }

    private func aggregated(_ group: String, _ versions: [String]) -> Value {
        let entries = versions.map { version -> Value in
            [
                "version": .string(version),
                "resources": .array(registry.resources(group: group, version: version).map(Self.aggregated)),
                "freshness": "Current",
            ]
        }
        return [
            "metadata": group.isEmpty ? [:] : ["name": .string(group)], "versions": .array(entries),
        ]
    }

    private static func aggregated(_ type: ResourceType) -> Value {
        func kind(_ name: String) -> Value {
            let (group, version) = foreignGroup(name) ?? ("", "")
            return ["group": .string(group), "version": .string(version), "kind": .string(name)]
        }
        let own: Value =
            type.custom == nil
            ? kind(type.kind)
            : ["group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind)]
        var object: Object = [
            "resource": .string(type.plural), "responseKind": own,
            "scope": type.namespaced ? "Namespaced" : "Cluster", "singularResource": .string(type.singular),
            "verbs": strings(type.verbs),
        ]
        if !type.shortNames.isEmpty { object["shortNames"] = strings(type.shortNames) }
        if !type.categories.isEmpty { object["categories"] = strings(type.categories) }
        if !type.subresources.isEmpty {
            object["subresources"] = .array(
                type.subresources.map {
                    [
                        "subresource": .string($0.name),
                        "responseKind": $0.kind == type.kind ? own : kind($0.kind), "verbs": strings($0.verbs),
                    ]
                })
        }
        return .object(object)
    }

    private static func strings(_ texts: [String]) -> Value { .array(texts.map { .string($0) }) }
}
