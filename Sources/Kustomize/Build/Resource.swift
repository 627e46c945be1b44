// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A key of several maps whose values are one.
struct SharedPair {
    var key: String
    /// Paths of the maps.
    var paths: [[String]]
}

/// An object on its way through kustomizations, with what reference fixing has to know about its past.
struct Resource {
    var object: Object
    var origin: Origin
    /// Among the resources of the outermost kustomization, as loaded.
    var place = 0
    /// True for generated objects whose name gets a hash of the contents at the end.
    var needsHash = false
    private var past = Past.none

    init(object: Object, origin: Origin) {
        self.object = object
        self.origin = origin
    }

    /// What is known besides the object. Resources are copied often and their history is changed rarely: in a box of its
    /// own it is one thing to copy, not many.
    private final class Past: Sendable {
        static let none = Past(History())

        let history: History

        init(_ history: History) { self.history = history }
    }

    private struct History: Sendable {
        var previousIDs: [ResourceID] = []
        var prefixes: [String] = []
        var suffixes: [String] = []
        var provenance: Provenance?
        var isTracked = false
        var transformations: [Provenance] = []
        var variables: [String] = []
        var sharedPairs: [SharedPair] = []
        var isGenerated = false
    }

    private var history: History {
        get { past.history }
        set { past = Past(newValue) }
    }

    /// Every identity it had before the present one, oldest first.
    private(set) var previousIDs: [ResourceID] {
        get { history.previousIDs }
        set { history.previousIDs = newValue }
    }

    /// What was put before and after its name, innermost first.
    private(set) var prefixes: [String] {
        get { history.prefixes }
        set { history.prefixes = newValue }
    }

    private(set) var suffixes: [String] {
        get { history.suffixes }
        set { history.suffixes = newValue }
    }

    /// Where it comes from, and what changed it, as `buildMetadata` tells if `isTracked`.
    var provenance: Provenance? {
        get { history.provenance }
        set { history.provenance = newValue }
    }

    var isTracked: Bool {
        get { history.isTracked }
        set { history.isTracked = newValue }
    }

    private(set) var transformations: [Provenance] {
        get { history.transformations }
        set { history.transformations = newValue }
    }

    /// The names of the `vars` that read this object.
    var variables: [String] {
        get { history.variables }
        set { history.variables = newValue }
    }

    /// Labels and annotations that one transformation made new in several fields. Kustomize puts one node of YAML in all of
    /// them, so that a later transformation of one changes them all, until a JSON patch writes the object anew.
    var sharedPairs: [SharedPair] {
        get { history.sharedPairs }
        set { history.sharedPairs = newValue }
    }

    /// True for what a generator of ConfigMaps or Secrets made, unless it took the place of something else.
    var isGenerated: Bool {
        get { history.isGenerated }
        set { history.isGenerated = newValue }
    }

    var id: ResourceID { ResourceID(object) }
    /// Past and present.
    var allIDs: [ResourceID] { previousIDs + [id] }
    var originalID: ResourceID { previousIDs.first ?? id }
    var originalKind: GroupVersionKind { previousIDs.first?.groupVersionKind ?? groupVersionKind }
    var originalName: String { previousIDs.first?.name ?? object.name }
    var groupVersionKind: GroupVersionKind { object.groupVersionKind }
    var isClusterScoped: Bool { ScopeTable.isClusterScoped(groupVersionKind.groupKind) }

    func isOrWasCalled(_ name: String) -> Bool {
        object.name == name || previousIDs.contains { $0.name == name }
    }

    /// Called before a change of name, namespace or kind, so that references to the present identity are still understood.
    mutating func rememberID() {
        let id = id
        if previousIDs.last != id { previousIDs.append(id) }
    }

    /// Called before its name gets a prefix or a suffix.
    mutating func rememberAffix(_ text: String, at place: AffixTransformer.Place) {
        rememberID()
        switch place {
        case .prefix: prefixes.append(text)
        case .suffix: suffixes.append(text)
        }
    }

    /// Puts the hash of its contents after a generated object's name. Referrers' names get none, so this is no suffix that
    /// they could share.
    mutating func addHash() {
        rememberID()
        object.set(.string("\(object.name)-\(ContentHash.suffix(of: object))"), at: "metadata", "name")
    }

    /// Takes over the past of a resource that this one stands for from now on.
    mutating func inheritPast(of other: Resource) {
        var inherited = other.history
        inherited.sharedPairs = sharedPairs
        history = inherited
    }

    /// Writes down a transformer; the first one is what an object comes from that has forgotten it.
    mutating func passed(_ transformer: Provenance) {
        if provenance == nil { provenance = transformer } else { transformations.append(transformer) }
    }

    /// Forgets where it comes from and what has changed it.
    mutating func forgetProvenance() {
        guard isTracked else { return }
        provenance = nil
        transformations = []
    }

    /// Forgets everything, the hash for its name too.
    mutating func forgetPast() {
        let (isTracked, variables, sharedPairs) = (isTracked, variables, sharedPairs)
        history = History(isTracked: isTracked, variables: variables, sharedPairs: sharedPairs)
        needsHash = false
    }

    /// True when both went through the same outermost renamings.
    ///
    /// - Parameter emptyMatches: resources that were never renamed match too.
    func sharesRenamings(with other: Resource, emptyMatches: Bool) -> Bool {
        func same(_ left: [String], _ right: [String]) -> Bool {
            if emptyMatches, left.isEmpty || right.isEmpty { return true }
            let count = min(left.count, right.count)
            return left.suffix(count) == right.suffix(count) && (count > 0 || left.isEmpty && right.isEmpty)
        }
        return same(prefixes, other.prefixes) && same(suffixes, other.suffixes)
    }
}
