// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Follows renamed objects: wherever one object names another by a name that it had before, the present name is put.
struct ReferenceFixer {
    private let resources: [Resource]
    /// Places of resources by the names they had.
    private let placesByPastName: [String: [Int]]
    private(set) var problems: [RenderError] = []

    private init(_ resources: [Resource]) {
        self.resources = resources
        var places: [String: [Int]] = [:]
        for (place, resource) in resources.enumerated() {
            var seen: Set<String> = []
            for id in resource.previousIDs where seen.insert(id.name).inserted {
                places[id.name, default: []].append(place)
            }
        }
        placesByPastName = places
    }

    /// The resources with their references fixed, and the references that could mean more than one object.
    static func fix(_ resources: [Resource]) -> (resources: [Resource], problems: [RenderError]) {
        var fixer = ReferenceFixer(resources)
        var fixed = resources
        guard !fixer.placesByPastName.isEmpty else { return (fixed, []) }
        for place in fixed.indices { fixer.fix(&fixed[place]) }
        return (fixed, fixer.problems)
    }

    private mutating func fix(_ referrer: inout Resource) {
        let rules = NameReferences.rules(for: referrer.originalID.groupVersionKind)
        guard !rules.isEmpty else { return }
        let unchanged = referrer
        for rule in rules {
            var field = rule.field
            field.selector = KindSelector()
            field.update(&referrer.object) { value in self.follow(&value, in: unchanged, rule) }
        }
    }

    private mutating func follow(_ value: inout Value, in referrer: Resource, _ rule: NameReferences.Rule) {
        switch value {
        case .string(let name):
            let candidates = placesByPastName[name] ?? []
            guard let target = select(name, candidates, in: referrer, rule, compareNamespaces: false) else { return }
            value = .string(target.object.name)
        case .object(var reference):
            guard follow(&reference, in: referrer, rule) else { return }
            value = .object(reference)
        case .array(var elements):
            for index in elements.indices { follow(&elements[index], in: referrer, rule) }
            value = .array(elements)
        default: return
        }
    }

    /// A reference that is a map of name and namespace: both follow.
    private mutating func follow(_ reference: inout Object, in referrer: Resource, _ rule: NameReferences.Rule) -> Bool
    {
        guard let name = reference["name"]?.string else { return false }
        var candidates = placesByPastName[name] ?? []
        if let namespace = reference["namespace"]?.string {
            let original = candidates.filter { resources[$0].originalID.namespace == namespace }
            candidates = original.isEmpty ? candidates.filter { resources[$0].id.namespace == namespace } : original
        }
        guard let target = select(name, candidates, in: referrer, rule, compareNamespaces: true) else { return false }
        reference["name"] = .string(target.object.name)
        if !target.object.namespace.isEmpty { reference["namespace"] = .string(target.object.namespace) }
        return true
    }

    private mutating func select(
        _ name: String, _ candidates: [Int], in referrer: Resource, _ rule: NameReferences.Rule, compareNamespaces: Bool
    ) -> Resource? {
        var targets = candidates.map { resources[$0] }.filter { candidate in
            candidate.previousIDs.contains { rule.target.selects($0.groupVersionKind) }
                && isReachable(candidate, from: referrer) && fitsRoleReference(candidate, of: referrer, rule)
        }
        if targets.count > 1 { targets = targets.filter { $0.sharesRenamings(with: referrer, emptyMatches: true) } }
        if targets.count > 1 { targets = targets.filter { $0.sharesRenamings(with: referrer, emptyMatches: false) } }
        guard let first = targets.first else { return nil }
        let same = targets.allSatisfy {
            $0.object.name == first.object.name
                && (!compareNamespaces || $0.object.namespace == first.object.namespace)
        }
        guard same else {
            let places = targets.map { "\($0.object.objectID) (\($0.origin))" }.joined(separator: ", ")
            problems.append(
                RenderError(
                    .ambiguous, at: referrer.origin,
                    "\(referrer.object.objectID) names \(rule.target.kind) \(name), which could be \(places)",
                    hint: "give one of them another name, or put them in different namespaces"))
            return nil
        }
        return first
    }

    /// Objects of different namespaces cannot name each other; service accounts of role bindings can.
    private func isReachable(_ candidate: Resource, from referrer: Resource) -> Bool {
        if referrer.isClusterScoped || candidate.isClusterScoped { return true }
        if candidate.id.namespace == referrer.id.namespace { return true }
        guard candidate.object.kind == "ServiceAccount", referrer.object.kind == "RoleBinding" else { return false }
        return referrer.object["subjects"]?.array?.contains { subject in
            subject["kind"]?.string == "ServiceAccount" && subject["namespace"]?.string == candidate.object.namespace
        } ?? false
    }

    /// A `roleRef` says itself whether it means a Role or a ClusterRole.
    private func fitsRoleReference(_ candidate: Resource, of referrer: Resource, _ rule: NameReferences.Rule) -> Bool {
        guard rule.field.path.first == "roleRef", let reference = referrer.object["roleRef"]?.object,
            let group = reference["apiGroup"]?.string, let kind = reference["kind"]?.string
        else { return true }
        let selector = KindSelector(group: group, kind: kind)
        return candidate.previousIDs.contains { selector.selects($0.groupVersionKind) }
    }
}
