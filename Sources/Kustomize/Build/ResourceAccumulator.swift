// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The resources of one kustomization in load order; no two have the same identity.
struct ResourceAccumulator {
    private(set) var resources: [Resource] = []
    /// Which fields transformations change, as the kustomizations so far say.
    var configuration = TransformerConfiguration()
    /// What the kustomizations so far declare under `vars`; no two have the same name.
    var variables: [Variable] = []
    private var places: [ResourceID: Int] = [:]

    var count: Int { resources.count }
    var indices: Range<Int> { resources.indices }

    /// Adds a resource.
    ///
    /// - Returns: the resource that has this identity already, in which case nothing is added.
    mutating func append(_ resource: Resource) -> Resource? {
        let id = resource.id
        if let place = places[id] { return resources[place] }
        places[id] = resources.count
        resources.append(resource)
        return nil
    }

    func place(of id: ResourceID) -> Int? { places[id] }

    /// The places of resources that have this identity, or had it before.
    func places(withPresentOrPastID id: ResourceID) -> [Int] {
        resources.indices.filter { place in
            let resource = resources[place]
            return resource.object.name == id.name && resource.id == id || resource.previousIDs.contains(id)
        }
    }

    /// Changes one resource without changing its identity.
    mutating func change(at place: Int, _ body: (inout Resource) -> Void) { body(&resources[place]) }

    /// Changes all resources; identities may change.
    ///
    /// - Returns: pairs of resources that have the same identity afterwards.
    mutating func changeAll(_ body: (inout Resource) -> Void) -> [(Resource, Resource)] {
        for place in resources.indices { body(&resources[place]) }
        return reindex()
    }

    /// Replaces resources by place, nil removes one; identities may change.
    ///
    /// - Returns: pairs of resources that have the same identity afterwards.
    mutating func replace(_ changes: [(place: Int, resource: Resource?)]) -> [(Resource, Resource)] {
        var keepsIDs = true
        var removed: Set<Int> = []
        for (place, resource) in changes {
            if let resource {
                keepsIDs = keepsIDs && resource.id == resources[place].id
                resources[place] = resource
            } else {
                removed.insert(place)
            }
        }
        guard !keepsIDs || !removed.isEmpty else { return [] }
        if !removed.isEmpty { resources = resources.indices.filter { !removed.contains($0) }.map { resources[$0] } }
        return reindex()
    }

    private mutating func reindex() -> [(Resource, Resource)] {
        var collisions: [(Resource, Resource)] = []
        places = Dictionary(minimumCapacity: resources.count)
        for (place, resource) in resources.enumerated() {
            if let other = places.updateValue(place, forKey: resource.id) {
                collisions.append((resources[other], resource))
            }
        }
        return collisions
    }
}
