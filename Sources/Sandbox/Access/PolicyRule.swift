// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A rule of a Role or ClusterRole.
struct PolicyRule: Sendable, Equatable {
    var verbs: [String]
    var apiGroups: [String] = []
    var resources: [String] = []
    var resourceNames: [String] = []
    var nonResourceURLs: [String] = []

    static let everything = [
        PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]),
        PolicyRule(verbs: ["*"], nonResourceURLs: ["*"]),
    ]

    func allows(_ attributes: AccessAttributes) -> Bool {
        guard verbs.contains("*") || verbs.contains(attributes.verb) else { return false }
        switch attributes.target {
        case .path(let path): return nonResourceURLs.contains { Self.matches($0, path) }
        case .resource(let group, let resource, let subresource, _, let name):
            let full = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
            return (apiGroups.contains("*") || apiGroups.contains(group))
                && resources.contains { $0 == "*" || $0 == full || (!subresource.isEmpty && $0 == "*/\(subresource)") }
                && (resourceNames.isEmpty || resourceNames.contains(name))
        }
    }

    /// `*` at the end of a path stands for anything.
    static func matches(_ pattern: String, _ path: String) -> Bool {
        guard pattern.hasSuffix("*") else { return pattern == path }
        var prefix = pattern[...]
        while prefix.hasSuffix("*") { prefix = prefix.dropLast() }
        return path.hasPrefix(prefix)
    }
}

extension PolicyRule {
    init(_ value: Value) {
        func list(_ key: String) -> [String] { (value[key]?.array ?? []).compactMap(\.string) }
        self.init(
            verbs: list("verbs"), apiGroups: list("apiGroups"), resources: list("resources"),
            resourceNames: list("resourceNames"), nonResourceURLs: list("nonResourceURLs"))
    }

    static func rules(of role: Object) -> [PolicyRule] { (role["rules"]?.array ?? []).map { PolicyRule($0) } }

    var value: Value {
        var object: Object = ["verbs": Self.list(verbs)]
        if !apiGroups.isEmpty { object["apiGroups"] = Self.list(apiGroups) }
        if !resources.isEmpty { object["resources"] = Self.list(resources) }
        if !resourceNames.isEmpty { object["resourceNames"] = Self.list(resourceNames) }
        if !nonResourceURLs.isEmpty { object["nonResourceURLs"] = Self.list(nonResourceURLs) }
        return .object(object)
    }

    private static func list(_ texts: [String]) -> Value { .array(texts.map { .string($0) }) }
}
