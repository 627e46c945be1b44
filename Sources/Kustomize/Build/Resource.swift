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
    /// Every identity it had before the present one, oldest first.
    private(set) var previousIDs: [ResourceID] = []
    /// What was put before and after its name, innermost first.
    private(set) var prefixes: [String] = []
    private(set) var suffixes: [String] = []
    /// Where it comes from, and what changed it, as `buildMetadata` tells.
    var provenance: Provenance?
    var transformations: [Provenance] = []
    /// The names of the `vars` that read this object.
    var variables: [String] = []
    /// Labels and annotations that one transformation made new in several fields. Kustomize puts one node of YAML in all of
    /// them, so that a later transformation of one changes them all, until a JSON patch writes the object anew.
    var sharedPairs: [SharedPair] = []
    /// True for generated objects whose name gets a hash of the contents at the end.
    var needsHash = false

    init(object: Object, origin: Origin) {
        self.object = object
        self.origin = origin
    }

    var id: ResourceID { ResourceID(object) }
    /// Past and present.
    var allIDs: [ResourceID] { previousIDs + [id] }
    var originalID: ResourceID { previousIDs.first ?? id }
    var originalName: String { previousIDs.first?.name ?? object.name }
    var groupVersionKind: GroupVersionKind { object.groupVersionKind }
    var isClusterScoped: Bool { ScopeTable.isClusterScoped(groupVersionKind.groupKind) }

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
        previousIDs = other.previousIDs
        prefixes = other.prefixes
        suffixes = other.suffixes
        provenance = other.provenance
        transformations = other.transformations
        variables = other.variables
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
