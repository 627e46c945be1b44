// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// One thing that somebody may or may not do (kubernetes, SubjectAccessReview).
package struct AccessRight: Sendable, Hashable {
    package var verb: String
    package var group: String
    /// The plural, with its subresource: `services/proxy`.
    package var resource: String
    /// Empty for cluster-scoped kinds.
    package var namespace: String

    package init(verb: String, group: String, resource: String, namespace: String) {
        self.verb = verb
        self.group = group
        self.resource = resource
        self.namespace = namespace
    }
}

/// What the caller may do in a namespace, as a SelfSubjectRulesReview tells it. Authorizers that cannot list their rules
/// make it incomplete: what it does not hold may be allowed all the same.
package struct AccessRules: Sendable {
    private var rules: [(verbs: [String], groups: [String], resources: [String])]

    package static let everything = AccessRules(rules: [(["*"], ["*"], ["*"])])

    private init(rules: [(verbs: [String], groups: [String], resources: [String])]) { self.rules = rules }

    /// - Parameter status: of the review.
    package init(status: Value?) {
        func words(_ rule: Value, _ key: String) -> [String] { (rule[key]?.array ?? []).compactMap(\.string) }
        rules = (status?["resourceRules"]?.array ?? []).prefix(10_000)
            // What is allowed for some names only is not allowed.
            .filter { words($0, "resourceNames").isEmpty }
            .map { (words($0, "verbs"), words($0, "apiGroups"), words($0, "resources")) }
    }

    package func allow(_ right: AccessRight) -> Bool {
        let subresource = right.resource.split(separator: "/").dropFirst().first
        return rules.contains { rule in
            (rule.verbs.contains(right.verb) || rule.verbs.contains("*"))
                && (rule.groups.contains(right.group) || rule.groups.contains("*"))
                && (rule.resources.contains(right.resource) || rule.resources.contains("*")
                    || subresource.map { rule.resources.contains("*/\($0)") } ?? false)
        }
    }
}

extension [AccessRight] {
    /// Why the daemon cannot do these, and the rules that let it. Never empty; of one namespace.
    package var refusal: String {
        let first = self[0]
        let place = first.namespace.isEmpty ? "cluster-wide" : "in the namespace \(first.namespace)"
        let role = first.namespace.isEmpty ? "ClusterRole" : "Role there"
        var rules: [(group: String, resource: String, verbs: [String])] = []
        for right in self {
            if let index = rules.firstIndex(where: { $0.group == right.group && $0.resource == right.resource }) {
                rules[index].verbs.append(right.verb)
            } else {
                rules.append((right.group, right.resource, [right.verb]))
            }
        }
        let shown = rules.prefix(10)
        let words = shown.map { rule in
            let name = rule.group.isEmpty ? rule.resource : "\(rule.resource).\(rule.group)"
            return "\(rule.verbs.joined(separator: ", ")) \(name)"
        }
        let texts = shown.map { rule in
            "{apiGroups: [\(rule.group.isEmpty ? "\"\"" : rule.group)], resources: [\(rule.resource)], verbs: "
                + "[\(rule.verbs.joined(separator: ", "))]}"
        }
        let more = rules.count > shown.count ? " and \(rules.count - shown.count) more" : ""
        return "the daemon may not \(words.joined(separator: "; "))\(more) \(place): add to its \(role): "
            + "\(texts.joined(separator: ", ")); nothing was applied, and the rollout goes on by itself"
    }
}
