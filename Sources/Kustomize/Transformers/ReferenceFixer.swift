// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Follows renamed objects: wherever one object names another by a name that it had before, the present name is put.
struct ReferenceFixer {
    private let resources: [Resource]
    private let rules: ReferenceRules
    /// Places of resources by the names they had.
    private let placesByPastName: [String: [Int]]
    private(set) var problems: [RenderError] = []

    private init(_ resources: [Resource], _ rules: ReferenceRules) {
        self.resources = resources
        self.rules = rules
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
    static func fix(
        _ resources: [Resource], by configuration: TransformerConfiguration
    ) -> (resources: [Resource], problems: [RenderError]) {
        let rules = configuration.isBuiltIn ? ReferenceRules.builtIn : ReferenceRules(configuration)
        var fixer = ReferenceFixer(resources, rules)
        var fixed = resources
        for place in fixed.indices { fixer.fix(&fixed[place]) }
        return (fixed, fixer.problems)
    }

    private mutating func fix(_ referrer: inout Resource) {
        let rules = rules.rules(for: referrer.originalID.groupVersionKind)
        guard !rules.isEmpty else { return }
        let unchanged = referrer
        for rule in rules {
            do throws(FieldMismatch) {
                // Most fields are not there or name nothing that was renamed: those are only read.
                var isConcerned = false
                try rule.field.visit(.object(referrer.object)) { value throws(FieldMismatch) in
                    if try mayFollow(value, rule) { isConcerned = true }
                }
                guard isConcerned else { continue }
                try rule.field.update(&referrer.object) { value throws(FieldMismatch) in
                    try self.follow(&value, in: unchanged, rule)
                }
            } catch {
                problems.append(RenderError(error, of: Manifest(object: unchanged.object, origin: unchanged.origin)))
                return
            }
        }
    }

    /// True where the value names something that once had that name.
    private func mayFollow(_ value: Value, _ rule: ReferenceRules.Rule) throws(FieldMismatch) -> Bool {
        switch value {
        case .null: return false
        case .array(let elements):
            for element in elements where try mayFollow(element, rule) { return true }
            return false
        case .object(let reference): return try placesByPastName[name(in: reference, rule)] != nil
        default: return value.plainText.map { placesByPastName[$0] != nil } ?? false
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
            candidates = original.isEmpty ? candidates.filter { resources[$0].id.namespace == namespace } : original
        }
        guard let target = select(name, candidates, in: referrer, rule, compareNamespaces: true) else { return false }
        reference["name"] = .string(target.object.name)
        if !target.object.namespace.isEmpty { reference["namespace"] = .string(target.object.namespace) }
        return true
    }

    private mutating func select(
        _ name: String, _ candidates: [Int], in referrer: Resource, _ rule: ReferenceRules.Rule, compareNamespaces: Bool
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
    private func fitsRoleReference(_ candidate: Resource, of referrer: Resource, _ rule: ReferenceRules.Rule) -> Bool {
        guard rule.field.path.suffix(2) == ["roleRef", "name"], let reference = referrer.object["roleRef"]?.object,
            let group = reference["apiGroup"]?.string, let kind = reference["kind"]?.string
        else { return true }
        let selector = KindSelector(group: group, kind: kind)
        return candidate.previousIDs.contains { selector.selects($0.groupVersionKind) }
    }
}

/// The rules of a configuration by the kinds that refer.
struct ReferenceRules: Sendable {
    struct Rule: Sendable {
        /// The kind that is referred to.
        var target: KindSelector
        var field: FieldSpec
    }

    static let builtIn = ReferenceRules(.builtIn)

    /// Under the empty kind those that any kind has.
    private var byKind: [String: [(place: Int, rule: Rule)]] = [:]

    init(_ configuration: TransformerConfiguration) {
        var place = 0
        for names in configuration.nameReferences {
            for var field in names.referrers.all {
                // A reference that is missing stays so, whatever the specification says.
                field.create = false
                byKind[field.selector.kind, default: []].append((place, Rule(target: names.target, field: field)))
                place += 1
            }
        }
    }

    /// In the configuration's order: where a field may name several kinds, the first that fits counts.
    func rules(for kind: GroupVersionKind) -> [Rule] {
        let own = byKind[kind.kind] ?? []
        let general = byKind[""] ?? []
        let all = general.isEmpty ? own : (own + general).sorted { $0.place < $1.place }
        return all.lazy.map(\.rule).filter { $0.field.selector.selects(kind) }
    }
}
