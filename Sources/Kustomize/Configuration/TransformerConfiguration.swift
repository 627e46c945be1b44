// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Which fields each transformation changes: kustomize's own specifications and those that `configurations` and `crds`
/// add. It travels with the resources from a base to whatever builds on it.
struct TransformerConfiguration: Sendable {
    var namePrefix = FieldSpecs()
    var nameSuffix = FieldSpecs()
    var namespace = FieldSpecs()
    var commonLabels = FieldSpecs()
    /// For every entry of `labels`.
    var labels = FieldSpecs()
    /// For entries of `labels` with `includeTemplates`.
    var templateLabels = FieldSpecs()
    var commonAnnotations = FieldSpecs()
    var nameReferences: [NameReferenceRule] = []
    var varReference = FieldSpecs()
    var images = FieldSpecs()
    var replicas = FieldSpecs()

    private var state = State.empty

    private enum State { case empty, builtIn, extended }

    /// The lists of fields by the names that configuration files give them, in the order in which they merge.
    static let lists: [(name: String, list: any WritableKeyPath<TransformerConfiguration, FieldSpecs> & Sendable)] = [
        ("namePrefix", \.namePrefix), ("nameSuffix", \.nameSuffix), ("namespace", \.namespace),
        ("commonAnnotations", \.commonAnnotations), ("commonLabels", \.commonLabels), ("labels", \.labels),
        ("templateLabels", \.templateLabels), ("varReference", \.varReference), ("images", \.images),
        ("replicas", \.replicas),
    ]

    /// An empty configuration, or one whose lists are set one by one.
    init() {}

    /// - Throws: `ConfigurationConflict` where both name a field and one of them creates it.
    mutating func merge(_ other: TransformerConfiguration) throws(ConfigurationConflict) {
        // Most kustomizations bring nothing but what is there already.
        switch (state, other.state) {
        case (.builtIn, .builtIn): return
        case (.empty, .builtIn):
            self = other
            return
        default: break
        }
        for (name, list) in Self.lists { try merge(other[keyPath: list], into: list, called: name) }
        for rule in other.nameReferences { try merge(rule) }
        for (_, list) in Self.lists { self[keyPath: list].sort() }
        sortRules()
        state = .extended
    }

    mutating func merge(_ rule: NameReferenceRule) throws(ConfigurationConflict) {
        state = .extended
        guard let place = nameReferences.firstIndex(where: { $0.target == rule.target }) else {
            nameReferences.append(rule)
            return
        }
        do throws(FieldConflict) {
            try nameReferences[place].referrers.merge(rule.referrers)
        } catch {
            throw ConfigurationConflict(list: "nameReference", field: error.field)
        }
    }

    mutating func merge(
        _ fields: FieldSpecs, into list: WritableKeyPath<TransformerConfiguration, FieldSpecs>, called name: String
    ) throws(ConfigurationConflict) {
        state = .extended
        do throws(FieldConflict) {
            try self[keyPath: list].merge(fields)
        } catch {
            throw ConfigurationConflict(list: name, field: error.field)
        }
    }

    private mutating func sortRules() {
        let keys = nameReferences.enumerated().map { (key: $0.element.target.sortKey, place: $0.offset) }
        nameReferences = keys.sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map { nameReferences[$0.place] }
    }

    /// What kustomize 5.8 brings. Read once, at first use.
    static let builtIn: TransformerConfiguration = {
        var configuration = TransformerConfiguration(parsing: builtInData)
        for (_, list) in lists { configuration[keyPath: list].sort() }
        configuration.sortRules()
        configuration.state = .builtIn
        return configuration
    }()

    var isBuiltIn: Bool { state == .builtIn }
}

/// Where objects name objects of one kind.
struct NameReferenceRule: Sendable {
    /// The kind that is named.
    var target: KindSelector
    /// The fields that name it.
    var referrers: FieldSpecs
}

/// Two configurations that cannot be merged.
struct ConfigurationConflict: Error {
    /// As configuration files call it.
    var list: String
    var field: FieldSpec

    var description: String {
        let kind = field.selector.kind.isEmpty ? "every kind" : field.selector.kind
        return "\(list): \(field.path.joined(separator: "/")) of \(kind) is both created where it is missing and not"
    }
}
