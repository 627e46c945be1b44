// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Follows renamed objects: wherever one object names another by a name that it had before, the present name is put.
struct ReferenceFixer {
    private let resources: [Resource]
    /// The resources' present identities.
    private let ids: [ResourceID]
    private let rules: ReferenceRules
    private var rulesByKind: [GroupVersionKind: ReferenceRules.OfKind] = [:]
    /// Places of resources by the names they had.
    private let placesByPastName: [String: [Int]]
    /// Those of these names that lead to another name now.
    private let changedNames: Set<String>
    private(set) var problems: [RenderError] = []

    private init(_ resources: [Resource], _ ids: [ResourceID], _ rules: ReferenceRules) {
        self.resources = resources
        self.ids = ids
        self.rules = rules
        var places: [String: [Int]] = [:]
        for (place, resource) in resources.enumerated() {
            for id in resource.previousIDs { Self.add(place, to: &places[id.name, default: []]) }
        }
        placesByPastName = places
        changedNames = Set(
            places.lazy.filter { name, places in places.contains { ids[$0].name != name } }.map(\.key))
    }

    private static func add(_ place: Int, to places: inout [Int]) {
        if places.last != place { places.append(place) }
    }

    /// Fixes all references.
    ///
    /// - Parameter ids: the resources' identities; a reference may be a part of one.
    /// - Returns: the references that could mean more than one object.
    static func fix(
        _ resources: inout [Resource], _ ids: inout [ResourceID], by configuration: TransformerConfiguration
    ) -> [RenderError] {
        let rules = configuration.isBuiltIn ? ReferenceRules.builtIn : ReferenceRules(configuration)
        var fixer = ReferenceFixer(resources, ids, rules)
        for place in resources.indices where fixer.fix(&resources[place]) { ids[place] = resources[place].id }
        return fixer.problems
    }

    /// False where there was nothing to do.
    private mutating func fix(_ referrer: inout Resource) -> Bool {
        let rules = rules(for: referrer.originalKind)
        // Most fields are not there or name nothing that was renamed: one walk finds those that are and do.
        var concerned: Set<Int> = []
        rules.tree.visit(.object(referrer.object)) { place, value in
            if mayFollow(value, rules.all[place]) { concerned.insert(place) }
        }
        guard !concerned.isEmpty else { return false }
        let unchanged = referrer
        for place in rules.all.indices where concerned.contains(place) {
            let rule = rules.all[place]
            do throws(FieldMismatch) {
                try rule.field.update(&referrer.object) { value throws(FieldMismatch) in
                    try self.follow(&value, in: unchanged, rule)
                }
            } catch {
                problems.append(RenderError(error, of: Manifest(object: unchanged.object, origin: unchanged.origin)))
                return true
            }
            // The new name may mean something to a later rule of the same field.
            concerned.formUnion(rules.related[place])
        }
        return true
    }

    private mutating func rules(for kind: GroupVersionKind) -> ReferenceRules.OfKind {
        if let known = rulesByKind[kind] { return known }
        let rules = ReferenceRules.OfKind(self.rules.rules(for: kind))
        rulesByKind[kind] = rules
        return rules
    }

    /// True where following the value may change it, or say what is wrong with it.
    private func mayFollow(_ value: Value?, _ rule: ReferenceRules.Rule) -> Bool {
        switch value {
        case nil: true
        case .null: false
        case .array(let elements): elements.contains { mayFollow($0, rule) }
        // The namespace may have changed without the name.
        case .object(let reference): reference["name"].map { placesByPastName[$0.plainText ?? ""] != nil } ?? true
        // A number becomes text, even where the name stays.
        case .string(let name): changedNames.contains(name)
        case let value?: value.plainText.map { placesByPastName[$0] != nil } ?? false
        }
    }

    /// The name in a reference that is a map; empty for none that can be followed.
    private func name(in reference: Object, _ rule: ReferenceRules.Rule) throws(FieldMismatch) -> String {
        guard let name = reference["name"] else {
            throw FieldMismatch(field: rule.field, "refers to a \(rule.target.kind) without a name")
        }
        return name.plainText ?? ""
    }

    private mutating func follow(
        _ value: inout Value, in referrer: Resource, _ rule: ReferenceRules.Rule
    ) throws(FieldMismatch) {
        switch value {
        case .null: return
        case .string, .integer, .number, .bool:
            let name = value.plainText ?? ""
            let candidates = placesByPastName[name] ?? []
            guard let target = select(name, candidates, in: referrer, rule, compareNamespaces: false) else { return }
            value = .string(target.object.name)
        case .object(var reference):
            guard try follow(&reference, in: referrer, rule) else { return }
            value = .object(reference)
        case .array(var elements):
            for index in elements.indices { try follow(&elements[index], in: referrer, rule) }
            value = .array(elements)
        }
    }

    /// A reference that is a map of name and namespace: both follow.
    private mutating func follow(
        _ reference: inout Object, in referrer: Resource, _ rule: ReferenceRules.Rule
    ) throws(FieldMismatch) -> Bool {
        let name = try name(in: reference, rule)
        var candidates = placesByPastName[name] ?? []
        if let namespace = reference["namespace"]?.string {
            let original = candidates.filter { resources[$0].originalID.namespace == namespace }
            candidates = original.isEmpty ? candidates.filter { ids[$0].namespace == namespace } : original
        }
        guard let target = select(name, candidates, in: referrer, rule, compareNamespaces: true) else { return false }
        reference["name"] = .string(target.object.name)
        if !target.object.namespace.isEmpty { reference["namespace"] = .string(target.object.namespace) }
        return true
    }

    private mutating func select(
        _ name: String, _ candidates: [Int], in referrer: Resource, _ rule: ReferenceRules.Rule, compareNamespaces: Bool
    ) -> Resource? {
        guard !candidates.isEmpty else { return nil }
        let own = referrer.id
        var targets = candidates.filter { place in
            isReachable(place, from: referrer, own)
                && resources[place].previousIDs.contains { rule.target.selects($0.groupVersionKind) }
                && fitsRoleReference(resources[place], of: referrer, rule)
        }.map { resources[$0] }
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
    private func isReachable(_ place: Int, from referrer: Resource, _ own: ResourceID) -> Bool {
        let id = ids[place]
        if id.namespace == own.namespace || own.isClusterScoped || id.isClusterScoped { return true }
        guard id.groupVersionKind.kind == "ServiceAccount", referrer.object.kind == "RoleBinding" else { return false }
        let candidate = resources[place]
        return referrer.object["subjects"]?.array?.contains { subject in
            subject["kind"]?.string == "ServiceAccount" && subject["namespace"]?.string == candidate.object.namespace
        } ?? false
    }

    /// A `roleRef` says itself whether it means a Role or a ClusterRole.
    private func fitsRoleReference(_ candidate: Resource, of referrer: Resource, _ rule: ReferenceRules.Rule) -> Bool {
        guard rule.field.path.suffix(2) == ["roleRef", "name"], let reference = referrer.object["roleRef"]?.object,
            let group = reference["apiGroup"]?.string, let kind = reference["kind"]?.string
        else { return true }
        let selector = KindSelector(group: group, kind: kind)
        return candidate.previousIDs.contains { selector.selects($0.groupVersionKind) }
    }
}
