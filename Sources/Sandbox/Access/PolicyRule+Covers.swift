// SPDX-License-Identifier: Apache-2.0

/// Whether rules grant no more than others: what keeps people from giving away rights that they do not have
/// (Kubernetes manual, "Privilege escalation prevention and bootstrapping").
extension PolicyRule {
    /// The parts of `rules` that `owned` does not grant, gathered by resource as messages show them.
    static func missing(in owned: [PolicyRule], from rules: [PolicyRule]) -> [PolicyRule] {
        compacted(rules.flatMap(\.parts).filter { part in !owned.contains { $0.covers(part) } })
    }

    /// One rule for each combination.
    private var parts: [PolicyRule] {
        var result: [PolicyRule] = []
        for group in apiGroups {
            for resource in resources {
                for verb in verbs {
                    let names = resourceNames.isEmpty ? [[]] : resourceNames.map { [$0] }
                    for name in names {
                        result.append(
                            PolicyRule(verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: name))
                    }
                }
            }
        }
        for path in nonResourceURLs {
            for verb in verbs { result.append(PolicyRule(verbs: [verb], nonResourceURLs: [path])) }
        }
        return result
    }

    private func covers(_ part: PolicyRule) -> Bool {
        func all(_ wanted: [String], _ own: [String]) -> Bool { own.contains("*") || wanted.allSatisfy(own.contains) }
        return all(part.verbs, verbs) && all(part.apiGroups, apiGroups)
            && part.resources.allSatisfy { resource in
                if resources.contains("*") || resources.contains(resource) { return true }
                guard let slash = resource.firstIndex(of: "/") else { return false }
                return resources.contains("*\(resource[slash...])")
            }
            && part.nonResourceURLs.allSatisfy { path in nonResourceURLs.contains { Self.matches($0, path) } }
            && (resourceNames.isEmpty
                || !part.resourceNames.isEmpty && part.resourceNames.allSatisfy(resourceNames.contains))
    }

    /// Verbs on one resource together.
    private static func compacted(_ parts: [PolicyRule]) -> [PolicyRule] {
        var result: [PolicyRule] = []
        for part in parts {
            let index = result.firstIndex {
                part.nonResourceURLs.isEmpty && $0.apiGroups == part.apiGroups && $0.resources == part.resources
                    && $0.resourceNames == part.resourceNames
            }
            if let index {
                for verb in part.verbs where !result[index].verbs.contains(verb) { result[index].verbs.append(verb) }
            } else {
                result.append(part)
            }
        }
        return result
    }

    /// `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`.
    var compactText: String {
        let fields = [
            ("APIGroups", apiGroups), ("Resources", resources), ("NonResourceURLs", nonResourceURLs),
            ("ResourceNames", resourceNames), ("Verbs", verbs),
        ]
        return "{"
            + fields.filter { !$0.1.isEmpty }.map { "\($0.0):\(GoText.quoted($0.1))" }.joined(separator: ", ") + "}"
    }
}
